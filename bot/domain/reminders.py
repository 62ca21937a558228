"""When a task is called to mind, and whose. Guarantee: in the first hour nobody is reminded of single tasks; afterwards
its owner is, before and after its time, then a deputy, then the coordinator; at night only of what is critical; and
what nobody does is said again every few hours, by day.

What has been said is in the task's `rung` and `rung_at`; what is said next is computed from them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.domain.cell import Cell
from bot.domain.checklist import FINISHED, after_the_end, ready_at, wanted_at
from bot.domain.incident import IncidentStatus, Member, Task, TaskStatus
from bot.domain.roles import Role, fall_backs

FIRST_HOUR = timedelta(hours=1)
DIGEST_EVERY = timedelta(minutes=15)
AUDIBLE_DIGEST = 2
"""The digest that is heard, at half past: after an hour each is told of their own."""
SOON, DUE, SECOND, COORDINATOR = range(1, 5)
"""The rungs: its owner before its time, and at it; who stands in for them; the coordinator."""
SHORTEST_LEAD, LONGEST_LEAD = timedelta(minutes=10), timedelta(hours=1)
SHORTEST_PATIENCE, LONGEST_PATIENCE = timedelta(minutes=15), timedelta(hours=2)
AGAIN_EVERY, LATER_EVERY = timedelta(hours=4), timedelta(hours=12)
"""How often what nobody does is said again: on the first day that it is late, and afterwards."""
NIGHT_FROM, NIGHT_TO = time(22), time(6, 30)
GESTURES = 5
"""So many tasks are given to each when they are called: a person can hold no more in mind."""


@dataclass(frozen=True)
class Reminder:
    """One person to be reminded of one task; `again`: the whole ladder was climbed, it is said once more by day."""

    person: str
    task: Task
    rung: int
    again: bool = False


def reminders(cell: Cell, now: datetime, zone: ZoneInfo) -> list[Reminder]:
    """Whom to remind of what now, in the order of the tasks' times."""
    if now < cell.incident.opened_at + FIRST_HOUR:
        return []
    night = at_night(now, zone)
    found: list[Reminder] = []
    for task in by_time(cell, cell.open_tasks):
        if not _counts(cell, task) or (night and not task.critical):
            continue
        found += _next(cell, task, now, night=night)
    return found


def _counts(cell: Cell, task: Task) -> bool:
    """Whether it may be reminded of: once the crisis is lifted only what comes after its end."""
    if task.status in FINISHED:
        return False
    if cell.incident.status is IncidentStatus.OPEN:
        return True
    return after_the_end(cell, task)


def _next(cell: Cell, task: Task, now: datetime, *, night: bool) -> list[Reminder]:
    if task.status is TaskStatus.BLOCKED:
        return _stuck(cell, task, now, night=night)
    at = wanted_at(cell, task)
    if at is None:
        return []
    if now < at:
        soon = task.rung == 0 and task.due is not None and now >= at - lead(task)
        return _to(owners(cell, task), task, SOON) if soon else []
    if task.rung < DUE or task.rung_at is None:
        return _to(owners(cell, task), task, DUE) or _climbed(cell, task, DUE)
    if task.rung >= COORDINATOR:
        every = AGAIN_EVERY if now - at < timedelta(days=1) else LATER_EVERY
        over = now - task.rung_at >= every and not night
        return [Reminder(person, task, COORDINATOR, again=True) for person in owners(cell, task)] if over else []
    return _climbed(cell, task, task.rung) if now - task.rung_at >= _waits(cell, task) else []


def _stuck(cell: Cell, task: Task, now: datetime, *, night: bool) -> list[Reminder]:
    """What is stuck was raised to the coordinator at once; by day it is called to their mind."""
    if night or task.rung_at is None or now - task.rung_at < AGAIN_EVERY:
        return []
    return [Reminder(m.matrix_id, task, COORDINATOR, again=True) for m in acting(cell, Role.COORDINATOR)]


def _climbed(cell: Cell, task: Task, rung: int) -> list[Reminder]:
    """The next rung on which there is somebody who was not told on the one below."""
    told = set(owners(cell, task))
    if rung < SECOND:
        seconds = [person for person in stand_ins(cell, task) if person not in told]
        if seconds:
            return _to(seconds, task, SECOND)
    coordinators = [m.matrix_id for m in acting(cell, Role.COORDINATOR)]
    found = _to([person for person in coordinators if person not in told], task, COORDINATOR)
    # Where the owner is the coordinator, there is nobody above: it is said again later.
    return found or _to(told, task, COORDINATOR)


def _to(people: Iterable[str], task: Task, rung: int) -> list[Reminder]:
    return [Reminder(person, task, rung) for person in people]


def lead(task: Task) -> timedelta:
    """How long before its time its owner is reminded: a tenth of what it was given."""
    given = task.due - task.opened_at if task.due else timedelta(0)
    return max(SHORTEST_LEAD, min(given / 10, LONGEST_LEAD))


def patience(task: Task) -> timedelta:
    """How long a reminder waits before it climbs."""
    given = task.due - task.opened_at if task.due else timedelta(0)
    return max(SHORTEST_PATIENCE, min(given / 10, LONGEST_PATIENCE))


def _waits(cell: Cell, task: Task) -> timedelta:
    """The same, for the rung on which it stands. Of what somebody has in hand the coordinator hears no sooner where no
    deputy stands between them."""
    nobody_between = task.rung == DUE and not stand_ins(cell, task)
    return patience(task) * (2 if task.status is TaskStatus.TAKEN and nobody_between else 1)


def at_night(now: datetime, zone: ZoneInfo) -> bool:
    """Whether it is night there, when nothing rings that can wait."""
    local = now.astimezone(zone).time()
    return local >= NIGHT_FROM or local < NIGHT_TO


def awake_between(since: datetime, until: datetime, zone: ZoneInfo) -> timedelta:
    """How much of that time was no night there."""
    total, day = until - since, since.astimezone(zone).date() - timedelta(days=1)
    while (begins := datetime.combine(day, NIGHT_FROM, zone).astimezone(UTC)) < until:
        day += timedelta(days=1)
        ends = datetime.combine(day, NIGHT_TO, zone).astimezone(UTC)
        total -= max(timedelta(0), min(until, ends) - max(since, begins))
    return total


# -- whose -------------------------------------------------------------------------------------------------------------


def owners(cell: Cell, task: Task) -> tuple[str, ...]:
    """Whose it is: who took it or was given it; else the first who acts for its role, those who are here first."""
    if task.owner is not None and _awake(cell.members.get(task.owner)):
        return (task.owner,)
    holders = sorted(acting(cell, task.role), key=lambda member: not member.present)
    return (holders[0].matrix_id,) if holders else ()


def stand_ins(cell: Cell, task: Task) -> tuple[str, ...]:
    """The deputies of whoever has it who are in the cell; else the others who hold its role."""
    first = next(iter(owners(cell, task)), None)
    member = cell.members.get(first) if first else None
    deputies = tuple(d for d in (member.deputies if member else ()) if _awake(cell.members.get(d)))
    return deputies or tuple(m.matrix_id for m in acting(cell, task.role) if m.matrix_id != first)


def acting(cell: Cell, role: Role) -> list[Member]:
    """Who acts for a role and is not at rest: who holds it, else who stands in for it."""
    for each in (role, *fall_backs(role)):
        holders = [member for member in cell.holders(each) if _awake(member)]
        if holders:
            return holders
    return []


def _awake(member: Member | None) -> bool:
    if member is None or member.suspended_at is not None:
        return False
    return member.left_at is None and member.resting_since is None


def present_holder(cell: Cell, task: Task) -> str | None:
    """The first who has it, or acts for its role, and has come; None while nobody has."""
    found = next(iter(owners(cell, task)), None)
    return found if found is not None and cell.members[found].present else None


# -- in which order ----------------------------------------------------------------------------------------------------


def by_time(cell: Cell, tasks: Iterable[Task]) -> list[Task]:
    """The tasks in the order in which they should be done: by time, what has none last."""
    last = datetime.max.replace(tzinfo=cell.incident.opened_at.tzinfo)
    return sorted(tasks, key=lambda t: (wanted_at(cell, t) or last, not t.critical, t.number))


def gestures(cell: Cell, user: str) -> list[Task]:
    """The first five things for somebody: the tasks of the roles for which they act, the most urgent first."""
    acts = {role for role in Role if any(member.matrix_id == user for member in acting(cell, role))}
    mine = [t for t in cell.open_tasks if t.owner == user or (t.owner is None and t.role in acts)]
    return by_time(cell, [t for t in mine if t.due is not None or ready_at(cell, t) is not None])[:GESTURES]


# -- the first hour ----------------------------------------------------------------------------------------------------


def digest_number(cell: Cell, now: datetime) -> int:
    """Which digest of the first hour is due by now: 1 to 4; 0 before the first, and once the hour is over."""
    number = (now - cell.incident.opened_at) // DIGEST_EVERY
    return number if cell.incident.status is IncidentStatus.OPEN and 1 <= number <= FIRST_HOUR // DIGEST_EVERY else 0


@dataclass(frozen=True)
class Digest:
    """The first hour at a glance: how many tasks are done and in hand, which are late, blocked, and due next."""

    done: int
    taken: int
    count: int
    late: tuple[Task, ...]
    blocked: tuple[Task, ...]
    soon: tuple[Task, ...]


def digest(cell: Cell, now: datetime) -> Digest:
    """What the digest says now."""
    tasks = cell.in_order
    open_ = by_time(cell, [t for t in tasks if t.status in (TaskStatus.OPEN, TaskStatus.TAKEN) and t.due is not None])
    late = [t for t in open_ if t.due is not None and t.due < now]
    late.sort(key=lambda t: not t.critical)
    return Digest(
        done=sum(t.status in FINISHED for t in tasks),
        taken=sum(t.status is TaskStatus.TAKEN for t in tasks),
        count=len(tasks),
        late=tuple(late),
        blocked=tuple(t for t in tasks if t.status is TaskStatus.BLOCKED),
        soon=tuple(t for t in open_ if t.due is not None and now <= t.due < now + DIGEST_EVERY),
    )
