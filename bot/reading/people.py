"""Whom a text names. Guarantee: somebody is named for certain, or asked about, or refused; never guessed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from bot.domain.language import fold
from bot.domain.roster import Person, Roster
from bot.reading.nearness import near

_WORD = re.compile(r"\S+")
_LEAD = re.compile(r"\A[\s:=>→-]*(?:(?:à|a|au|to|pour|for|par|by)\s+)?", re.IGNORECASE)
_ARTICLE = re.compile(r"\A(?:(?:la|le|the|notre|our)\s+|l['’]\s?)(?=\w)", re.IGNORECASE)
_MATRIX_ID = re.compile(r"\A@[^\s:@]{1,200}:[^\s@,;]{1,200}?(?=[.,;:!?]*(?:\s|\Z))")
_MYSELF = frozenset({"moi", "moi meme", "me", "myself"})
_MOST_WORDS = 5
_EDGES = " \t\n.,;:!?"


@dataclass(frozen=True)
class Named:
    """Whom the text began with: nobody, one, or several who match; `typed` is how they were named."""

    people: tuple[Person, ...]
    typed: str
    rest: str


def read_person(text: str, roster: Roster, sender: str = "") -> Named:
    """Return whom the text begins with; the longest name that somebody has wins."""
    text = _LEAD.sub("", text)
    full = _MATRIX_ID.match(text)
    if full:
        known = roster.by_id(full[0]) or roster.by_id(full[0].lower())
        return Named((known,) if known else (), full[0], text[full.end() :])
    # « la DPO », but somebody may be called Le Gall.
    for line in dict.fromkeys((text, _ARTICLE.sub("", text))):
        for typed, rest in _beginnings(line):
            found = _find(typed, roster, sender)
            if found:
                return Named(found, typed, rest)
    first = _WORD.match(text)
    return Named((), first[0].strip(_EDGES).removeprefix("@") if first else "", text[first.end() :] if first else "")


def near_people(typed: str, roster: Roster) -> tuple[str, ...]:
    """Return the roster names of those whose name, first name or local part is nearly what was typed."""
    spellings: dict[str, str] = {}
    for person in roster:
        for spelling in (person.first_name, person.localpart, person.name, person.name.split()[-1]):
            spellings.setdefault(spelling, person.name)
    return tuple(dict.fromkeys(spellings[each] for each in near(typed, spellings)))


def _find(typed: str, roster: Roster, sender: str) -> tuple[Person, ...]:
    if fold(typed) in _MYSELF:
        myself = roster.by_id(sender)
        return (myself,) if myself else ()
    return tuple(roster.find(typed))


def _beginnings(text: str) -> Iterator[tuple[str, str]]:
    ends: list[int] = []
    for word in _WORD.finditer(text[:200]):
        ends.append(word.end())
        if len(ends) == _MOST_WORDS or word[0][-1] in ".,;:!?":
            break
    for end in reversed(ends):
        typed = text[:end].strip(_EDGES).removeprefix("@")
        if typed:
            yield typed, text[end:]
