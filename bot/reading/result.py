"""What reading gives and needs. Guarantee: a text is one of six things, and nothing is half read."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from zoneinfo import ZoneInfo

from bot.commands.call import Call
from bot.commands.spec import Spec
from bot.domain.language import Language
from bot.domain.roster import Person, Roster


def _no_scenario(text: str) -> str | None:
    return None


def _no_scenarios(text: str) -> Sequence[str]:
    return ()


def _no_said(text: str) -> Sequence[tuple[str, str]]:
    return ()


def _no_templates(text: str, language: Language) -> Sequence[str]:
    return ()


@dataclass(frozen=True)
class Context:
    """What the reader knows about a text besides its words.

    `now` is aware; `zone` is the site's; `sender` is the Matrix id of whoever typed. `to_bot`: the text answers the
    bot, holds its pill, or stands in a direct room. `reply`: the event says that it is a reply, so that a
    quoted fallback may precede the text. `task`: the number of the task that the message replied to is about.
    `file`: the message answers a file, or is one's caption. `find_scenario` gives a scenario's id for exactly a
    name, an alias or a code; `near_scenarios` gives names that look like a text, `said_scenarios` the ids of those
    of which a text speaks, with the words that do. `find_rule` gives a deadline
    rule's id for exactly a name; `rule_names` are all of those. `find_template` and `near_templates` likewise
    for communications; `draft` is the number of the one that the message replied to is about, `entry` that of the log's
    entry which it is. `drill`: it is said in a room of a drill, where two plain words stop it.
    """

    roster: Roster
    now: datetime
    zone: ZoneInfo
    language: Language = "fr"
    sender: str = ""
    prefix: str = "!"
    bot_id: str = ""
    bot_name: str = "Tocsin"
    to_bot: bool = False
    reply: bool = False
    task: int | None = None
    draft: int | None = None
    entry: int | None = None
    file: bool = False
    drill: bool = False
    find_scenario: Callable[[str], str | None] = _no_scenario
    near_scenarios: Callable[[str], Sequence[str]] = _no_scenarios
    said_scenarios: Callable[[str], Sequence[tuple[str, str]]] = _no_said
    find_rule: Callable[[str], str | None] = _no_scenario
    rule_names: tuple[str, ...] = ()
    find_template: Callable[[str], str | None] = _no_scenario
    near_templates: Callable[[str, Language], Sequence[str]] = _no_templates


@dataclass(frozen=True)
class Suggestion:
    """A near miss: nothing is done. `text` is what to type, and what is read anew on a yes.

    A `dangerous` one is only shown, and must be typed again.
    """

    text: str
    spec: Spec
    dangerous: bool


@dataclass(frozen=True)
class Asked:
    """The text is clear but for one thing. `kind` and what `values` holds:

    `person`: `typed`; the `people` who match. `hour`: `typed`, a day or a part of one without its hour.
    `task`: which task, where nothing says which. `scenario`: `typed`; `near` are the ids of those that may be meant.
    """

    kind: str
    spec: Spec
    values: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    people: tuple[Person, ...] = ()
    language: Language = "fr"
    near: tuple[str, ...] = ()


@dataclass(frozen=True)
class Refused:
    """A command that cannot be carried out as typed. `near` is what a word may have been.

    Every reason and its `values`:

    | reason | values |
    | --- | --- |
    | `missing` | `argument` (its label, by language of the name typed) |
    | `unexpected` | `typed`: words that the command has no use for |
    | `wrong_kind`, `wrong_entry` | `typed`: `F7` where a task is meant, `T3` where a fact is |
    | `unclear_numbers`, `too_many` | `typed` |
    | `unknown_person`, `unknown_role`, `unknown_track`, `unknown_phase` | `typed`, and `near` |
    | `clock_not_put_off` | `typed`: the deadline's name |
    | `unknown_moment` | `typed`, and `near` |
    | `moment_of_filing` | `typed`, and `clock`: `filed:RULE`, which filing sets |
    | `unknown_clock`, `unknown_scenario`, `unknown_command`, `unknown_option` | `typed`, and `near` |
    | `option_not_here`, `option_twice`, `option_empty` | `option` |
    | `bad_severity`, `bad_number`, `bad_code`, `bad_language`, `bad_duration`, `bad_time` | `typed` |
    | `not_yet` | `typed`: what says that it is not done |
    | `no_such_time`, `no_such_date` | `typed`; `times`: the neighbours that exist, UTC |
    | `in_the_future`, `in_the_past` | `typed`; `times`: the one instant, UTC |
    """

    reason: str
    spec: Spec
    values: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    near: tuple[str, ...] = ()
    times: tuple[datetime, ...] = ()
    language: Language = "fr"


@dataclass(frozen=True)
class Silence:
    """Not for the bot."""


Reading = Call | Suggestion | Asked | Refused | Silence
