"""Rooms besides the cell's: a track's own, and that of a guest. Guarantee: who belongs in a track's room follows from
the roles that are held and the tasks that were given, and from nothing else; a guest has an end, and is of no cell."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from bot.domain.roles import LEADS, Role, Track, fall_backs

if TYPE_CHECKING:
    from bot.domain.cell import Cell
    from bot.domain.incident import Member


class Rooms(StrEnum):
    """How many rooms an incident has: the cell's alone, or one more for each track."""

    ONE = "one"
    TRACKS = "tracks"


TRACK, GUESTS, SPACE = "track:", "guests:", "space:"
"""What the keys of these rooms begin with."""


@dataclass(frozen=True)
class TrackRoom:
    """The room of one track; `people` are those who were asked in and not put out since."""

    track: Track
    people: tuple[str, ...]

    def key(self, incident: str) -> str:
        """Our own key of the Matrix room."""
        return f"{TRACK}{incident}:{self.track.value}"


@dataclass(frozen=True)
class Guest:
    """Somebody from outside, for a time, in a room of their own: a response firm, a CERT, investigators, a lawyer.

    `room` is that room's number; several guests of one house share it. `hosts`: who of the cell is in it. `second`: the
    other person who wanted them in. `until`: when they are put out. `ended_by`: who ended it before; None at its time.
    """

    number: int
    room: int
    user: str
    name: str
    invited_by: str
    second: str
    invited_at: datetime
    until: datetime
    hosts: tuple[str, ...]
    joined_at: datetime | None = None
    left_at: datetime | None = None
    ended_by: str | None = None

    def key(self, incident: str) -> str:
        """Our own key of the Matrix room."""
        return f"{GUESTS}{incident}:{self.room}"

    @property
    def expected(self) -> bool:
        """Whether they may be in their room."""
        return self.left_at is None


def rooms_of(organisation: str, playbook: str, kind: str, rung: str | None) -> Rooms:
    """How many rooms an incident is to have; a doctor's practice has one, and so has what nobody is to know of."""
    wanted = Rooms.TRACKS in (organisation, playbook)
    return Rooms.TRACKS if wanted and kind != "medical_practice" and rung is not None else Rooms.ONE


def belonging(cell: Cell, track: Track) -> tuple[str, ...]:
    """Who belongs in a track's room, in the order in which they were called: who leads it or stands in for its leads,
    who holds a role that it has tasks for, and who was given one of its tasks."""
    incident = cell.incident
    if not any(task.track is track for task in cell.tasks.values()):
        return ()
    roles = {task.role for task in cell.tasks.values() if task.track is track} | set(LEADS[track])
    owners = {task.owner for task in cell.open_tasks if task.track is track and task.owner}
    here = [member for member in cell.members.values() if member.left_at is None and member.suspended_at is None]
    if not any(set(member.roles) & set(LEADS[track]) for member in here):
        roles |= _standing_in(here, LEADS[track][0])
    return tuple(
        member.matrix_id
        for member in here
        if member.matrix_id not in incident.left_out and (set(member.roles) & roles or member.matrix_id in owners)
    )


def _standing_in(here: list[Member], lead: Role) -> set[Role]:
    held = {role for member in here for role in member.roles}
    return next(({role} for role in fall_backs(lead) if role in held), set())


def leads_of(cell: Cell, track: Track) -> tuple[str, ...]:
    """Who leads a track, to be rung."""
    return tuple(dict.fromkeys(m.matrix_id for role in LEADS[track] for m in cell.holders(role)))


def hosted_by(cell: Cell, user: str) -> list[str]:
    """The keys of the rooms of guests who may still be there, in which somebody of the cell is with them."""
    found = [guest.key(cell.incident.id) for guest in cell.guests.values() if guest.expected and user in guest.hosts]
    return list(dict.fromkeys(found))


def rooms_of_user(cell: Cell, user: str) -> list[str]:
    """The keys of the rooms besides the cell's in which somebody is."""
    incident = cell.incident.id
    found = [room.key(incident) for room in cell.tracks.values() if user in room.people]
    found += [guest.key(incident) for guest in cell.guests.values() if user in (guest.user, *guest.hosts)]
    return [*dict.fromkeys(found), *([f"{SPACE}{incident}"] if cell.tracks else ())]
