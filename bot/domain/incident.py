"""What an incident is made of: plain values, changed only by making new ones.

Owns the meaning of each state word that people, registers and exports rely on. Nothing here knows a database,
a chat server or the time of day.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from typing import Any

from bot.domain.clocks import Clock
from bot.domain.language import Both, Language
from bot.domain.playbook import Playbook, Text, from_snapshot
from bot.domain.registers import Entry
from bot.domain.roles import Phase, Role, Track


class IncidentStatus(StrEnum):
    """`closed`: the crisis is lifted, its clocks may still run; `archived`: nothing runs any more."""

    OPEN = "open"
    CLOSED = "closed"
    ARCHIVED = "archived"


class TaskStatus(StrEnum):
    OPEN = "open"
    TAKEN = "taken"
    BLOCKED = "blocked"
    DONE = "done"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class Task:
    """One thing to do. `number` is what people type (T12); `code` is the playbook's id, or None if added by hand.

    `put_off`: its time was set by hand, and follows no moment any more. `rounds`: how often it has come back. `rung`
    and `rung_at`: how high its reminder has climbed, and when. `proofs`: the numbers of the exhibits that prove it.
    """

    number: int
    code: str | None
    track: Track
    phase: Phase
    role: Role
    title: Text
    opened_at: datetime
    why: Text | None = None
    how: Text | None = None
    evidence: Text | None = None
    critical: bool = False
    due: datetime | None = None
    depends_on: tuple[str, ...] = ()
    status: TaskStatus = TaskStatus.OPEN
    owner: str | None = None
    done_at: datetime | None = None
    done_by: str | None = None
    reason: str | None = None
    note: str | None = None
    put_off: bool = False
    rounds: int = 0
    rung: int = 0
    rung_at: datetime | None = None
    proofs: tuple[int, ...] = ()
    aside: str | None = None
    """Why it was set aside without anybody saying so (`theft=no`); None while it was not."""
    passed: tuple[Mapping[str, Any], ...] = ()
    """The hard stops that were overridden: of each its `code`, `by` and `second`, the `reason`, and when (`at`)."""

    @property
    def id(self) -> str:
        return f"T{self.number}"


@dataclass(frozen=True)
class Member:
    """Somebody called into the incident; the roles are those held in this incident, not in the roster.

    `here_at`: when they last said that they are here; `resting_since`: they said that they rest; `vouched_by`: who has
    seen or heard them (the roster, for who opened); `suspended_at`: their account is taken for somebody else's;
    `stands_for`: whom they were called in place of; `climbed_at`: when somebody was called in place of them.
    """

    matrix_id: str
    name: str
    roles: tuple[Role, ...]
    called_at: datetime
    joined_at: datetime | None = None
    left_at: datetime | None = None
    outsider: bool = False
    deputies: tuple[str, ...] = ()
    here_at: datetime | None = None
    resting_since: datetime | None = None
    vouched_by: str | None = None
    vouched_at: datetime | None = None
    suspended_at: datetime | None = None
    stands_for: str | None = None
    climbed_at: datetime | None = None

    @property
    def vouched(self) -> bool:
        """Whether somebody has said that it is really them."""
        return self.vouched_at is not None

    @property
    def present(self) -> bool:
        return self.joined_at is not None and self.left_at is None


@dataclass(frozen=True)
class Moment:
    """A recorded time that starts clocks (`opened`, `observed`, ...): who set it, when, and why."""

    name: str
    at: datetime
    set_by: str | None
    set_at: datetime
    reason: str | None = None


@dataclass(frozen=True)
class Board:
    """A message of ours that is kept up to date in place.

    `generation` grows when it is posted anew for those who cannot read the first one; `digest` is that of the
    text that was last put in the outbox, so that nothing is sent when nothing changed.
    """

    name: str
    generation: int
    digest: str


@dataclass(frozen=True)
class Undoable:
    """The last action of one person, with what it changed, so that `!annuler` can put it back."""

    author: str
    at: datetime
    verb: str
    tasks: tuple[Task, ...] = ()
    members: tuple[Member, ...] = ()
    note: str | None = None
    """The number of its log entry, where the last action was a note: it cannot be unwritten, only corrected."""
    clocks: tuple[Clock, ...] = ()
    entries: tuple[Entry, ...] = ()
    was: Mapping[str, Any] = field(default_factory=dict)
    """What else it changed, as it was before, in plain JSON: `severity`, `phase`, or `answer:` and a question."""


ROOM_WORDS: Mapping[bool, Both] = {False: Both("Cellule", "Cell"), True: Both("Exercice", "Drill")}
"""The word with which a room's name begins, by whether it is a drill."""


DRILL_IDS = "EXE"
"""What the id of a drill begins with; that of a crisis, with INC."""


@dataclass(frozen=True)
class Incident:
    id: str
    year: int
    number: int
    drill: bool
    scenario: str
    title: str
    status: IncidentStatus
    phase: Phase
    severity: int | None
    opened_at: datetime
    opened_by: str
    organisation: str
    kind: str
    timezone: str
    language: Language
    room_key: str
    playbook: Mapping[str, Any] = field(repr=False)
    playbook_sha256: str
    closed_at: datetime | None = None
    closed_by: str | None = None
    close_reason: str | None = None
    rung: str | None = None
    """How much of the cell is called (`bot.domain.rungs`); None: whom a person names, and nobody else."""
    left_out: tuple[str, ...] = ()
    """Who is never called by the bot, and never told that it exists."""
    rooms: str = "one"
    """`tracks`: each track has a room of its own besides the cell's (`bot.domain.apart`)."""

    @cached_property
    def book(self) -> Playbook:
        """The playbook as it was when the incident was opened."""
        return from_snapshot(self.playbook)

    @property
    def put_away(self) -> bool:
        """Whether nothing in it rings or changes any more."""
        return self.status is IncidentStatus.ARCHIVED

    @cached_property
    def named_roles(self) -> tuple[Role, ...]:
        """The roles that the playbook names for this kind of organisation."""
        named = {task.role for task in self.book.tasks_for(self.kind)}
        return tuple(role for role in Role if role in named)

    @property
    def room_name(self) -> str:
        """What its room is called, in its language. It travels in clear, so it says nothing of what happens there."""
        return room_name(self.drill, self.year, self.number, self.language)


def room_name(drill: bool, year: int, number: int, language: Language) -> str:
    """What an incident's room is called."""
    return f"{ROOM_WORDS[drill].get(language)} {year}-{number:03d}"


@dataclass(frozen=True)
class Line:
    """An incident in one line, for lists and questions. `room_id` is None until its room is made."""

    id: str
    title: str
    room_id: str | None
    scenario: str
    opened_at: datetime
    drill: bool
    status: IncidentStatus
    room_name: str


@dataclass(frozen=True)
class Pending:
    """Something that waits for a human's yes or no.

    `kind` is `suggestion`, `question` (yes, no or "I don't know"), `late` (it waited too long), `self`, `second`
    (another person's yes), `alone` (the same person's, for want of another) or `thinking` (between the two yeses of who
    is alone); `call` is what will be done, as JSON; `may` are the Matrix ids who may answer; `code` the four digits
    that make a typed yes unmistakable, or None.
    """

    id: int | None
    incident: str | None
    kind: str
    asked_by: str
    may: tuple[str, ...]
    call: Mapping[str, Any]
    code: str | None
    room_id: str
    question_key: str | None
    created_at: datetime
    expires_at: datetime
