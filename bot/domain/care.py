"""What works and what does not: services and building, by which everybody sees the same thing.

Guarantee: a service has one state, said by somebody and true since a moment; what was said before stands in the log.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.domain.care_words import BUILDING, CARE, STATES
from bot.domain.language import Both, Language, fold


class ServiceState(StrEnum):
    """How a service works; `diverted`: its patients are sent elsewhere."""

    STOPPED = "stopped"
    DIVERTED = "diverted"
    DEGRADED = "degraded"
    NORMAL = "normal"

    def label(self, language: Language) -> str:
        """The state as people say it."""
        return STATES[self][0].get(language)

    def typed(self, language: Language) -> str:
        """The word that one types for it."""
        return STATES[self][1].get(language)


class MeasureKind(StrEnum):
    """A way round what does not work, or something that is needed and asked for."""

    WORKAROUND = "workaround"
    NEED = "need"


@dataclass(frozen=True)
class Service:
    """A department, or a part of the building. `name` is its key: that of a known one, else what was typed, folded."""

    name: str
    label: str
    building: bool
    state: ServiceState
    since: datetime
    by: str
    at: datetime
    note: str | None = None

    @property
    def troubled(self) -> bool:
        """Whether it does not work as usual."""
        return self.state is not ServiceState.NORMAL

    def title(self, language: Language) -> str:
        """Its name in that language; as it was typed, where we do not know it."""
        known = _KNOWN.get(self.name)
        return known.label.get(language) if known else self.label


@dataclass(frozen=True)
class Measure:
    """A workaround or a reinforcement that was asked for, until it is over or there."""

    number: int
    kind: MeasureKind
    text: str
    by: str
    at: datetime
    ended_at: datetime | None = None
    ended_by: str | None = None
    withdrawn: bool = False

    @property
    def id(self) -> str:
        return f"M{self.number}"

    @property
    def open(self) -> bool:
        """Whether it still counts."""
        return self.ended_at is None and not self.withdrawn


@dataclass(frozen=True)
class Known:
    """A service that every hospital has. `names` are what people type besides the labels."""

    name: str
    label: Both
    names: tuple[str, ...] = ()
    building: bool = False


KNOWN: tuple[Known, ...] = tuple(
    Known(name, label, tuple(filter(None, names.split(", "))), building)
    for words, building in ((CARE, False), (BUILDING, True))
    for name, (label, names) in words.items()
)
_KNOWN = {known.name: known for known in KNOWN}
_BY_WORD = {fold(word): known for known in KNOWN for word in (*known.label, *known.names, known.name.replace("_", " "))}

_STATE_BY_WORD = {
    fold(word): ServiceState(name)
    for name, (label, typed, words) in STATES.items()
    for word in (*label, *typed, *words.split(", "))
}
_MOST_WORDS = 4
_ARTICLE = re.compile(r"\A(?:les?|la|l['’]|the|service(?:\s+(?:des?|du))?|aux?)\b\s*['’]?\s*", re.IGNORECASE)
_IS = re.compile(r"\s+(?:est|sont|is|are|en|in)\s*\Z", re.IGNORECASE)
_EDGES = " \t\n,;:.–—-=>→"
LONGEST_NAME = 40


@dataclass(frozen=True)
class Said:
    """What was typed of a service: its name, its state (None: none was said), and what follows it."""

    name: str
    state: ServiceState | None
    note: str | None


def said(typed: str) -> Said:
    """Take a name, a state and a remark apart: « bloc à l’arrêt, plus d’anesthésie ».

    The first words that mean a state part the name from the remark.
    """
    first, _, below = typed.strip().partition("\n")
    words = list(re.finditer(r"\S+", first))
    for start in range(1, len(words)):
        for count in range(min(_MOST_WORDS, len(words) - start), 0, -1):
            phrase = first[words[start].start() : words[start + count - 1].end()]
            state = _STATE_BY_WORD.get(fold(phrase))
            if state is not None:
                name = _IS.sub("", first[: words[start].start()].strip(_EDGES))
                rest = first[words[start + count - 1].end() :].strip(_EDGES)
                return Said(name.strip(_EDGES), state, "\n".join(filter(None, (rest, below.strip()))) or None)
    for count in range(min(_MOST_WORDS, len(words) - 1), 0, -1):
        state = _STATE_BY_WORD.get(fold(first[: words[count - 1].end()]))
        name = first[words[count - 1].end() :].strip(_EDGES)
        if state is not None and find(name):  # « arrêté urgences »
            return Said(name, state, below.strip() or None)
    return Said(first.strip(_EDGES), None, below.strip() or None)


def is_state(typed: str) -> bool:
    """Whether these words are a state, and name nothing that could be in it."""
    return fold(typed) in _STATE_BY_WORD


def find(typed: str) -> Known | None:
    """The service that every hospital has and that these words name, whatever their case, accents and article."""
    whole = fold(typed)
    return _BY_WORD.get(whole) or _BY_WORD.get(fold(_ARTICLE.sub("", typed)))


def names() -> Iterable[str]:
    """What services are called, for near misses."""
    return (label for known in KNOWN for label in known.label)


def in_order(services: Iterable[Service]) -> list[Service]:
    """What is worst first, the building after the care, the longest first."""
    order = list(ServiceState)
    return sorted(services, key=lambda s: (s.building, order.index(s.state), s.since, s.name))


_ENDS = re.compile(
    r"\AM?\s?(?P<number>\d{1,4})\b[\s:,]*(?:est\s+|is\s+)?"
    r"(?P<word>fin|finie?|terminee?|termin[ée]e?|lev[ée]e?|obtenue?|arriv[ée]e?|re[çc]ue?|ok|l[àa]|annul[ée]e?|"
    r"over|ended|done|received|here|there|obtained|cancelled)\b[\s.!]*\Z",
    re.IGNORECASE,
)


def ending(typed: str) -> int | None:
    """The number of the measure that the text says is over or has come (« M2 obtenu »); None if it says no such."""
    found = _ENDS.match(typed.strip())
    return int(found["number"]) if found else None
