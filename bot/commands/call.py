"""A command as it was understood. Guarantee: every value in a `Call` has the type that its declaration says.

=============  =====================================================================
kind           type of the value
=============  =====================================================================
TASKS          tuple[int, ...], in the order typed, each once; never empty
ENTRY          int, the number of an entry of the register that the argument names
ENTRIES        tuple[int, ...] likewise, in the order typed, each once; never empty
PERSON         Person (an option that may be repeated: tuple[Person, ...])
ROLE           Role
TRACK          Track
PHASE          Phase, or `NEXT_PHASE`
WHEN           When
DURATION       timedelta; as the option of a task, a clock of our own or a question also WorkingDays
TEXT, TITLE    str, as typed, never empty; TEXT holds the following lines too
SCENARIO       str, the scenario's id
SEVERITY       int, 1 to 4
NUMBER         int
CODE           str of four digits
WORD           str
COMMAND        str, a `Spec.name`, or `EVERYTHING`, which the number of a subject and a page may follow (`*3.2`)
LANGUAGE       Language
QUERY          LogQuery
FLAG           True
MOMENT         str, the moment's id
CLOCK          ClockName
TEMPLATE       str, the id of a template of communication
=============  =====================================================================
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from types import MappingProxyType
from typing import TypeVar

from bot.commands.spec import Spec
from bot.domain.language import Language
from bot.domain.roles import Phase, Role, Track
from bot.domain.roster import Person

EVERYTHING = "*"
NEXT_PHASE = "next"

T = TypeVar("T")


@dataclass(frozen=True)
class When:
    """An instant that was typed. `at` is aware UTC; `twice` says that the local hour came twice that night
    (the end of summer time) and that the earlier was taken; `typed` is what was written.
    """

    at: datetime
    typed: str
    twice: bool = False


@dataclass(frozen=True)
class WorkingDays:
    """So many working days, to the end of the last: how long that is the site's calendar says."""

    count: int


@dataclass(frozen=True)
class LogQuery:
    """What to look for in the log; at most one field is set, none means the latest entries."""

    count: int | None = None
    words: str | None = None
    person: Person | None = None
    day: date | None = None


@dataclass(frozen=True)
class ClockName:
    """A clock as it was named: the rule's id, or `E5`; the party, if one was typed."""

    rule: str
    party: str | None = None

    @property
    def own(self) -> bool:
        """Whether it was named by its number, as only a clock of our own is."""
        return self.rule[1:].isdecimal()


Value = (
    str
    | int
    | bool
    | Person
    | tuple[Person, ...]
    | tuple[int, ...]
    | Role
    | Track
    | Phase
    | When
    | timedelta
    | WorkingDays
    | LogQuery
    | ClockName
    | tuple[ClockName, ...]
)


def _nothing() -> Mapping[str, Value]:
    return MappingProxyType({})


@dataclass(frozen=True)
class Call:
    """One command, understood and not yet permitted.

    `language` is that of the name typed (the reader's own where the two languages share it). `actor` is who
    did it, where somebody was named straight after the verb. `incident` is the id typed before the rest.
    `plain` says that it was said in plain words, not typed with the prefix. `left_over` are following lines
    that look like commands and were not read.
    """

    spec: Spec
    args: Mapping[str, Value] = field(default_factory=_nothing)
    options: Mapping[str, Value] = field(default_factory=_nothing)
    actor: Person | None = None
    incident: str | None = None
    raw: str = ""
    language: Language = "fr"
    plain: bool = False
    left_over: tuple[str, ...] = ()

    def get(self, name: str, kind: type[T]) -> T | None:
        """Return the argument, or else the option, of that name if it was given and is of that type."""
        value = self.args.get(name, self.options.get(name))
        return value if isinstance(value, kind) else None

    def numbers(self, name: str = "tasks") -> tuple[int, ...]:
        """Return the numbers typed, none if there were none."""
        value = self.args.get(name, ())
        return tuple(each for each in value if isinstance(each, int)) if isinstance(value, tuple) else ()

    def clocks(self, name: str = "clock") -> tuple[ClockName, ...]:
        """Return the clocks that it is about, none if none was named."""
        value = self.args.get(name, ())
        if isinstance(value, ClockName):
            return (value,)
        return tuple(each for each in value if isinstance(each, ClockName)) if isinstance(value, tuple) else ()

    def people(self, name: str) -> tuple[Person, ...]:
        """Return the people that an option which may be repeated names."""
        value = self.options.get(name, ())
        return tuple(each for each in value if isinstance(each, Person)) if isinstance(value, tuple) else ()
