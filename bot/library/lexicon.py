"""The words of a crisis cell, as data. Guarantee: a word is found whatever its case, accents, article or plural, and
each means the same in both languages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from bot.domain.language import LANGUAGES, Language, fold
from bot.domain.playbook import Text
from bot.reading.nearness import near
from bot.resources import data

FOLDER = "lexicon"
MOST_NEAR = 3
_ASKED = re.compile(
    r"\A\W*(?:(?:qu['’]?\s?est[\s-]ce\s+qu['’e]?\s?(?:c['’]est\s+qu['’e]?\s?)?|c['’]?\s?est\s+quoi|what\s+(?:is|are)|what['’]s|"
    r"définition\s+de|definition\s+of|que\s+veut\s+dire|ça\s+veut\s+dire\s+quoi|meaning\s+of)\s+)?"
    r"(?:(?:une?|la|les?|des?|du|an?|the)\s+|l['’]\s?|d['’]\s?)?",
    re.IGNORECASE,
)
_ENDS = " \t\n.,;:!?…«»\"“”'’"


@dataclass(frozen=True)
class Word:
    """One meaning. The first name of each language is the one that is shown."""

    fr: tuple[str, ...]
    en: tuple[str, ...]
    means: Text

    def names(self, language: Language) -> tuple[str, ...]:
        """What it is called in that language, the usual name first."""
        return self.fr if language == "fr" else self.en


class LexiconFault(Exception):  # noqa: N818 - it says what is wrong
    """The lexicon's file is wrong: which word, and why."""


class Lexicon:
    """The words, and how they are found."""

    def __init__(self, words: tuple[Word, ...]) -> None:
        self.words = words
        self._index = dict(_index(words))

    def find(self, typed: str) -> Word | None:
        """The word that this names, with or without an article, in the singular or the plural; else None."""
        asked = _asked(typed)
        return next((self._index[form] for form in _forms(asked) if form in self._index), None)

    def near(self, typed: str, language: Language) -> tuple[str, ...]:
        """The names that are a slip or two away from what was typed, or hold it, the nearest first."""
        asked = fold(_asked(typed))
        names = [name for word in self.words for each in LANGUAGES for name in word.names(each)]
        close = list(near(asked, names, MOST_NEAR))
        if len(asked) > MOST_NEAR:
            close += [w.names(language)[0] for w in self.words if any(asked in fold(n) for n in w.names(language))]
        return tuple(dict.fromkeys(close))[:MOST_NEAR]


def load(folder: Path) -> Lexicon:
    """The words of a folder of playbooks. Raises LexiconFault for what cannot be one."""
    words: list[Word] = []
    for path in sorted((folder / FOLDER).glob("*.yaml")):
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
        if not isinstance(found, list):
            raise LexiconFault(f"{path.name}: a list of words is wanted")
        words += [_word(path.name, number, each) for number, each in enumerate(found, 1)]
    return Lexicon(tuple(words))


@cache
def load_shipped() -> Lexicon:
    """The words that the product brings."""
    return load(data("playbooks"))


def asked_for(typed: str) -> str:
    """The word itself, of a question about it (« c’est quoi un PRA ? »)."""
    return _asked(typed)


def _word(file: str, number: int, held: Any) -> Word:
    try:
        names = {lang: tuple(str(name) for name in held[lang]) for lang in LANGUAGES}
        means = Text(str(held["means"]["fr"]).strip(), str(held["means"]["en"]).strip())
    except (KeyError, TypeError) as fault:
        raise LexiconFault(f"{file}: word {number}: {fault!r} is missing or wrong") from fault
    if not all(names.values()) or not (means.fr and means.en):
        raise LexiconFault(f"{file}: word {number}: a name or a meaning is empty")
    return Word(names["fr"], names["en"], means)


def _index(words: tuple[Word, ...]) -> Iterator[tuple[str, Word]]:
    seen: dict[str, Word] = {}
    for word in words:
        for name in (*word.fr, *word.en):
            folded = fold(name)
            if seen.get(folded, word) is not word:
                raise LexiconFault(f"{name!r} names two words")
            seen[folded] = word
            yield folded, word


def _asked(typed: str) -> str:
    bare = typed.strip(_ENDS)
    return _ASKED.sub("", bare).strip(_ENDS) or bare


def _forms(asked: str) -> Iterator[str]:
    """As it is, then in the singular, then in the plural."""
    folded = fold(asked)
    yield folded
    yield " ".join(word[:-1] if len(word) > len("abc") and word[-1] in "sx" else word for word in folded.split())
    yield f"{folded}s"
