"""The declaration of a command. Guarantee: names, arguments, permission, confirmation and help are said once.

Reading, refusals, suggestions, help and permission checks all take what they need from a `Spec`; nothing
about a command is written anywhere else but in its handler.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from bot.domain.language import Both, Language
from bot.domain.roles import Role


class Kind(StrEnum):
    """What an argument or an option's value is; `bot.commands.call` says as which Python type it arrives."""

    TASKS = "tasks"
    ENTRY = "entry"
    ENTRIES = "entries"
    PERSON = "person"
    ROLE = "role"
    TRACK = "track"
    PHASE = "phase"
    WHEN = "when"
    DURATION = "duration"
    TEXT = "text"
    TITLE = "title"
    SCENARIO = "scenario"
    SEVERITY = "severity"
    NUMBER = "number"
    CODE = "code"
    WORD = "word"
    COMMAND = "command"
    LANGUAGE = "language"
    QUERY = "query"
    FLAG = "flag"
    MOMENT = "moment"
    CLOCK = "clock"
    TEMPLATE = "template"


class Place(StrEnum):
    """A room in which a command may be typed."""

    CELL = "cell"
    ALERT = "alert"
    DIRECT = "direct"
    TRACK = "track"
    GUESTS = "guests"


@dataclass(frozen=True)
class Arg:
    """An argument by position. `name` is its key in `Call.args`; `label` is what people see it called.

    `letter` is that of the ids which an ENTRY or ENTRIES takes: F, D, P, C.
    """

    name: str
    kind: Kind
    label: Both
    optional: bool = False
    letter: str = ""


class Tense(StrEnum):
    """How a time without a date is read: the latest that is not in the future, or the next."""

    PAST = "past"
    FUTURE = "future"


@dataclass(frozen=True)
class Option:
    """A `--name` that may stand under the verbs that declare it. `name` is its key in `Call.options`."""

    name: str
    fr: tuple[str, ...]
    en: tuple[str, ...]
    kind: Kind
    tense: Tense = Tense.PAST
    repeated: bool = False

    def typed(self, language: Language) -> str:
        """Return the option as one types it, dashes included."""
        return "--" + (self.fr if language == "fr" else self.en)[0]


@dataclass(frozen=True)
class Who:
    """Who may give a command. Any one of the conditions is enough; the engine checks them.

    `members`: whoever is in the incident and in the roster (without an incident: in the roster).
    `observers`: whether `members` includes those whose only role is to observe.
    `roles`: holders of one of these. `own_role`: holders of the role that the task belongs to.
    `track_lead`: leads of the task's track. `own_clock`: the clock's owner, their deputies, holders of the role that
    the clock belongs to, and who was rung for it. `author`: who did the thing. `asked`: whom the bot asked.
    """

    members: bool = False
    observers: bool = False
    roles: tuple[Role, ...] = ()
    own_role: bool = False
    track_lead: bool = False
    own_clock: bool = False
    author: bool = False
    asked: bool = False


class Seconding(StrEnum):
    """Whose `!oui` completes a command."""

    NONE = "none"
    SELF = "self"
    ANOTHER = "another"
    ROLES = "roles"


@dataclass(frozen=True)
class Second:
    """Who must confirm, and when: `SELF` the sender; `ANOTHER` someone else who may give the same command;
    `ROLES` someone else who holds one of `roles`. `only` names the case, if it is not every case.
    """

    kind: Seconding = Seconding.NONE
    roles: tuple[Role, ...] = ()
    only: str = ""


@dataclass(frozen=True)
class Spec:
    """A command. The first name in each language is the canonical one; names may hold spaces and accents.

    `dangerous`: never run from a guess, a plain form or a reaction; it is typed. `takes_actor`: a person
    straight after the verb is who did it. `runs_late`: it is carried out however long it waited.
    `needs_incident`: it applies to one incident. `about_clock`: the command that the same verb means where a clock is
    named, `about_enquiry` where an enquiry is (`Q6`), `about_track` where a track is; `about_tasks`: the one that is
    proposed where nothing but numbers of tasks follows. `bare`: the one that the verb alone, or an id alone after it,
    means (a register's list, an entry's card).
    `hidden`: help does not list it.
    """

    name: str
    fr: tuple[str, ...]
    en: tuple[str, ...]
    help: Both
    synopsis: Both
    example: Both
    who: Who
    args: tuple[Arg, ...] = ()
    options: tuple[Option, ...] = ()
    second: Second = Second()
    dangerous: bool = False
    takes_actor: bool = False
    runs_late: bool = False
    needs_incident: bool = True
    where: frozenset[Place] = frozenset({Place.CELL, Place.DIRECT})
    about_clock: str = ""
    about_enquiry: str = ""
    about_draft: str = ""
    """The command that the same verb means where a communication is named (`C2`)."""
    about_track: str = ""
    about_tasks: str = ""
    bare: str = ""
    hidden: bool = False
    more: tuple[Both, ...] = ()
    """Other examples, for the command's own page of help."""

    def verb(self, language: Language) -> str:
        """Return the canonical name in that language, without the prefix."""
        return (self.fr if language == "fr" else self.en)[0]

    def option(self, name: str) -> Option | None:
        """Return the option of that key if this command declares it."""
        return next((each for each in self.options if each.name == name), None)
