"""The two languages. Guarantee: spellings that differ by case, accents or punctuation fold to one text."""

from __future__ import annotations

import unicodedata
from typing import Literal, NamedTuple, TypeGuard

Language = Literal["fr", "en"]

LANGUAGES: tuple[Language, ...] = ("fr", "en")

_USUAL = 0x3000
"""Below are the alphabets of Europe and the Near East: what is said of each character is kept."""


class _Letters(dict[int, str]):
    """Each character as it is if it is a letter or a digit, nothing if it only adds to one, else a space."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        kept = "" if unicodedata.combining(char) else char if char.isalnum() else " "
        if code < _USUAL:
            self[code] = kept
        return kept


_LETTERS = _Letters()
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
    return " ".join(decomposed.translate(_LETTERS).casefold().split())
