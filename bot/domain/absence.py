"""Who was called and has not answered, and which vital role stays empty. Guarantee: whoever said that they are here, or
that they rest, or came in, is never taken for absent; what is called in their place is in the order of the roster."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain.cell import Cell
from bot.domain.incident import Member
from bot.domain.roles import BYSTANDERS, VITAL, Role, acting_for
from bot.domain.roster import Person, Roster
from bot.domain.rungs import Rung, after, vital

ROLLCALL_FOR = timedelta(hours=12)
"""So long a roll-call waits for an answer."""


@dataclass(frozen=True)
class Patience:
    """How long an answer to a call is waited for, of a vital role and of another; and how long a vital role is empty
    before the director is asked."""

    vital: timedelta = timedelta(minutes=5)
    other: timedelta = timedelta(minutes=10)
    empty: timedelta = timedelta(minutes=15)

    def of(self, member: Member) -> timedelta:
        """Return how long this person's answer is waited for."""
        return self.vital if set(member.roles) & set(VITAL) else self.other


@dataclass(frozen=True)
class Absent:
    """Somebody who has not answered since `since`, the roles that nobody holds for want of them, and who is next:
    somebody to be called, or who is here already; None where there is nobody left."""

    member: Member
    since: datetime
    roles: tuple[Role, ...]
    next: Person | None
    here: bool = False


def summoned(cell: Cell, member: Member) -> datetime | None:
    """Return since when somebody's answer is waited for, None where it is not."""
    if member.left_at is not None or member.suspended_at is not None or member.resting_since is not None:
        return None
    answered = max((at for at in (member.joined_at, member.here_at) if at is not None), default=None)
    asked = member.called_at
    latest = cell.rollcall
    if latest is not None and member.matrix_id in latest.called and member.matrix_id not in latest.here:
        asked = max(asked, latest.at)
    return None if answered is not None and answered >= asked else asked


def absent(cell: Cell, roster: Roster, now: datetime, patience: Patience, barred: Collection[str]) -> list[Absent]:
    """Return who has not answered in time and for whom nobody was called yet, in the order of the call."""
    found: list[Absent] = []
    taken: set[str] = set()
    for member in cell.members.values():
        since = summoned(cell, member)
        if since is None or now - since < patience.of(member) or now - since > ROLLCALL_FOR:
            continue
        if (
            member.climbed_at is not None and member.climbed_at >= since
        ) or member.matrix_id == cell.incident.opened_by:
            continue
        stood_for = cell.members.get(member.stands_for or "") or member
        roles = tuple(
            role
            for role in dict.fromkeys((*stood_for.roles, *member.roles))
            if role not in BYSTANDERS and not any(_at_work(held) for held in cell.holders(role))
        )
        nobody = Absent(member, since, roles, None)
        found.append(_next(cell, stood_for, nobody, roster, {*barred, *taken}) if roles else nobody)
        if found[-1].next is not None:
            taken.add(found[-1].next.matrix_id)
    return found


def _next(cell: Cell, stood_for: Member, nobody: Absent, roster: Roster, barred: Collection[str]) -> Absent:
    for person in after(stood_for.matrix_id, roster, nobody.roles):
        if person.matrix_id in barred or person.matrix_id in cell.incident.left_out:
            continue
        member = cell.members.get(person.matrix_id)
        if member is None or member.left_at is not None:
            return Absent(nobody.member, nobody.since, nobody.roles, person)
        if _at_work(member):
            return Absent(nobody.member, nobody.since, nobody.roles, person, here=True)
    return nobody


def _at_work(member: Member) -> bool:
    """Whether somebody is in the room, and does not rest."""
    return member.present and member.resting_since is None and member.suspended_at is None


def empty(cell: Cell, now: datetime, patience: Patience, named: Collection[Role]) -> Iterator[tuple[Role, ...]]:
    """Yield the vital roles, each with those that will do as well, which nobody present has held for too long."""
    rung = Rung(cell.incident.rung) if cell.incident.rung else None
    for group in vital(rung, named) if rung else ():
        members = [m for m in cell.members.values() if set(m.roles) & set(group)]
        if any(_at_work(m) for m in members):
            continue
        if now - _empty_since(cell, members) >= patience.empty:
            yield group


def _empty_since(cell: Cell, members: Sequence[Member]) -> datetime:
    """Since the last who held it left, else since the first call: deputies called later do not begin the wait anew."""
    left = [at for m in members for at in (m.left_at, m.resting_since) if at is not None]
    return max(left) if left else min((m.called_at for m in members), default=cell.incident.opened_at)


def proposed(cell: Cell, group: Sequence[Role], roster: Roster, barred: Collection[str]) -> Person | None:
    """Return who might take an empty role: who stands in among those present, else whoever of the roster holds it."""
    here = [m for m in cell.members.values() if m.present and m.resting_since is None and m.suspended_at is None]
    known = [m for m in cell.members.values() if m.left_at is None]
    found = acting_for(group[0], here, known)
    if found is not None:
        return roster.by_id(found[0].matrix_id)
    out = {*barred, *cell.incident.left_out, *(m.matrix_id for m in known)}
    return next((p for role in group for p in roster.in_order_of_call(role) if p.matrix_id not in out), None)
