"""Which command a name means. Guarantee: a name that is known is never a slip of another.

The names are those of the declarations; the longest that fits the beginning of the text wins.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from bot.commands.spec import Planned, Spec
from bot.commands.table import BY_NAME, PLANNED, TABLE
from bot.domain.language import LANGUAGES, Language, fold
from bot.reading.nearness import slips

_WORD = re.compile(r"[^\W\d_]+(?:['’\-][^\W\d_]+)*")
_GAP = re.compile(r"\s{1,3}")
_MOST_WORDS = 4
_LONGEST_NAME = 40
_SHORTEST_BEGINNING = 4


@dataclass(frozen=True)
class Named:
    """A command's name: what it means and in which languages."""

    command: Spec | Planned
    languages: frozenset[Language]

    def language(self, preferred: Language) -> Language:
        """Return the language in which the name was typed; the preferred one where both have it."""
        return preferred if preferred in self.languages else next(iter(self.languages))


def _build(commands: Iterable[Spec | Planned]) -> dict[str, Named]:
    found: dict[str, Named] = {}
    for command in commands:
        for language in LANGUAGES:
            for name in command.fr if language == "fr" else command.en:
                key = fold(name) or name
                known = found.get(key)
                if known and known.command is not command:
                    raise ValueError(f"{name!r} names two commands")
                languages = (known.languages if known else frozenset()) | {language}
                found[key] = Named(command, languages)
    return found


NAMES: dict[str, Named] = _build((*TABLE, *PLANNED))


def split(text: str) -> tuple[Named, str] | None:
    """Return the command that the text begins with, and what follows its name; None if it is not a name."""
    if text.startswith("?"):
        return NAMES["?"], text[1:]
    ends: list[int] = []
    position = 0
    while len(ends) < _MOST_WORDS and (word := _WORD.match(text, position, position + _LONGEST_NAME)):
        ends.append(word.end())
        gap = _GAP.match(text, word.end())
        if not gap:
            break
        position = gap.end()
    for end in reversed(ends):
        named = NAMES.get(fold(text[:end]))
        if named:
            return named, text[end:]
    return None


def first_word(text: str) -> str:
    """Return the letters that the text begins with, empty if it begins with none or with too many."""
    found = _WORD.match(text)
    return found[0] if found and len(found[0]) <= _LONGEST_NAME else ""


def nearest(word: str, preferred: Language) -> tuple[Spec | Planned, Language] | None:
    """Return the command of which the word is a slip or the beginning; None where none is near.

    A command that exists wins over one that does not yet, and a slip over a beginning.
    """
    wanted = fold(word)
    best: tuple[tuple[int, bool, bool], Named] | None = None
    for key, named in NAMES.items():
        distance = slips(wanted, key)
        if distance is None:
            continue
        planned = isinstance(named.command, Planned)
        if planned and distance > 1:
            continue
        rank = (distance, planned, key[0] != wanted[0])
        if best is None or rank < best[0]:
            best = (rank, named)
    if best:
        return best[1].command, best[1].language(preferred)
    return _begun(wanted, preferred)


def _begun(wanted: str, preferred: Language) -> tuple[Spec | Planned, Language] | None:
    if len(wanted) < _SHORTEST_BEGINNING:
        return None
    begun = [named for key, named in NAMES.items() if key.startswith(wanted)]
    names = {named.command.name for named in begun}
    return (begun[0].command, begun[0].language(preferred)) if len(names) == 1 else None


def spec_named(name: str) -> Spec:
    """Return the declaration of that canonical name; the name is one of ours."""
    return BY_NAME[name]


def planned_named(name: str) -> Planned | None:
    """Return the command of that canonical name if it is one that is not carried out yet."""
    return next((each for each in PLANNED if each.name == name), None)
