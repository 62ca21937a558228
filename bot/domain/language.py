"""The two languages. Guarantee: spellings that differ by case, accents or punctuation fold to one text."""

from __future__ import annotations

import unicodedata
from typing import Literal, NamedTuple, TypeGuard

Language = Literal["fr", "en"]

LANGUAGES: tuple[Language, ...] = ("fr", "en")

_LIGATURES = str.maketrans({"œ": "oe", "æ": "ae", "Œ": "oe", "Æ": "ae"})


class Both(NamedTuple):
    """One meaning in the two languages."""

    fr: str
    en: str

    def get(self, language: Language) -> str:
        """Return the text in that language."""
        return self.fr if language == "fr" else self.en


def is_language(text: object) -> TypeGuard[Language]:
    """Tell whether this is the code of a language that Tocsin speaks."""
    return text in LANGUAGES


def fold(text: str) -> str:
    """Return the text without case, accents or punctuation, its words separated by one space.

    For comparing what people type with a name, never for showing.
    """
    decomposed = unicodedata.normalize("NFKD", text.translate(_LIGATURES))
    letters = (c if c.isalnum() else " " for c in decomposed if not unicodedata.combining(c))
    return " ".join("".join(letters).casefold().split())
