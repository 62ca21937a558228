"""When a clock is called to mind, and whom the reminder reaches. Guarantee: a clock rings in time and climbs until
somebody takes it, yet nothing that can wait rings at night, and steps that coincide are one.

What has rung is in the clock's `ring`; what rings next is computed from it, so that a moment that is moved, a filing or
a restart needs no plan to be mended.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.domain.cell import Cell
from bot.domain.clocks import Clock, ClockStatus, Ring
from bot.domain.deadline_rules import USUAL_NUDGES, NudgePlan
from bot.domain.incident import Member
from bot.domain.roles import Role, fall_backs

START, DUE, RECEIPT = "start", "due", "receipt"
DIRECTORS_FROM = 75
"""Per cent of the time elapsed from which the directors are told."""

CLOSEST = timedelta(minutes=10)
"""Steps nearer to each other than this are one; half of what a very short clock lasts, if that is less."""

NIGHT_FROM, NIGHT_TO = time(22), time(6, 30)
CAN_WAIT = timedelta(hours=12)
OVERDUE_EVERY, OVERDUE_FOR = timedelta(hours=1), 24
RECEIPT_EVERY = timedelta(hours=12)
LONGEST_PATIENCE = timedelta(hours=2)
LAST_RUNG = 2


@dataclass(frozen=True, order=True)
class Step:
    """One reminder. `at` is when it is planned; `directors` whether they hear it too."""

    at: datetime
    name: str
    directors: bool = False


def steps(clock: Clock, plan: NudgePlan = USUAL_NUDGES) -> list[Step]:
    """The reminders of a clock that runs, in order; those that coincide are one, which keeps the later name."""
    due = clock.due
    if due is None:
        return []
    start, length = clock.start, due - clock.start
    closest = min(CLOSEST, length / 2)
    wanted = [Step(start + length * part / 100, f"{part}%", part >= DIRECTORS_FROM) for part in plan.elapsed]
    wanted += [Step(due - before, f"-{_length(before)}") for before in plan.before]
    kept = [Step(due, DUE, True)]
    for step in sorted((s for s in wanted if start < s.at < due), reverse=True):
        if kept[-1].at - step.at < closest:
            # What was to be said to the directors is said at the step that stands for this one.
            kept[-1] = replace(kept[-1], directors=kept[-1].directors or step.directors)
        elif step.at - start >= closest:
            kept.append(step)
    begins = max(start, clock.started_at)
    later = [step for step in reversed(kept) if step.at > begins or step.name == DUE]
    first = next((step for step in later if step.directors), None)
    told = [replace(s, directors=clock.climbs and (s is first or s.name == DUE)) for s in later]
    return [Step(begins, START), *told, *_after(clock, due)]


def _after(clock: Clock, due: datetime) -> Iterator[Step]:
    """Once it is past: every hour for a day, where it binds and is measured from a finding."""
    if clock.climbs and clock.official_due is not None:
        for hours in range(1, OVERDUE_FOR + 1):
            yield Step(due + hours * OVERDUE_EVERY, f"+{hours}h", True)


def _receipts(clock: Clock) -> Iterator[Step]:
    """Filed without a receipt: every twelve hours, for a month."""
    if clock.filed_at is not None:
        for number in range(1, 61):
            yield Step(clock.filed_at + number * RECEIPT_EVERY, f"{RECEIPT}{number}")


def remaining(clock: Clock, zone: ZoneInfo) -> Iterator[Step]:
    """The reminders that have not rung yet, at the hour at which each may ring."""
    if clock.status is ClockStatus.RUNNING:
        found: Iterator[Step] = iter(steps(clock))
    elif clock.status is ClockStatus.FILED:
        found = _receipts(clock)
    else:
        return
    since = clock.ring.step_at
    for step in found:
        if since is None or step.at > since:
            yield replace(step, at=waking(clock, step.at, zone))


def waking(clock: Clock, at: datetime, zone: ZoneInfo) -> datetime:
    """That hour, or the end of the night where it can wait: somebody has it, and more than twelve hours are left."""
    waits = clock.status is ClockStatus.FILED or (
        clock.owner is not None and clock.due is not None and clock.due - at > CAN_WAIT
    )
    local = at.astimezone(zone)
    if not waits or NIGHT_TO <= local.time() < NIGHT_FROM:
        return at
    day = local.date() + timedelta(days=1) if local.time() >= NIGHT_FROM else local.date()
    return max(at, datetime.combine(day, NIGHT_TO, zone).astimezone(at.tzinfo))


def due_step(clock: Clock, now: datetime, zone: ZoneInfo) -> Step | None:
    """The last reminder that should have rung by now and has not; what it overtook is not said again.

    The directors hear it if they were to hear any of those that it stands for.
    """
    ready = [step for step in remaining(clock, zone) if step.at <= now]
    return replace(ready[-1], directors=any(step.directors for step in ready)) if ready else None


def climbs_now(clock: Clock, now: datetime, zone: ZoneInfo) -> bool:
    """Whether the last reminder, which nobody took, goes one rung higher now."""
    ring = clock.ring
    if clock.status is not ClockStatus.RUNNING or ring.climb_at is None or ring.held:
        return False
    return waking(clock, ring.climb_at, zone) <= now


def next_at(clock: Clock, zone: ZoneInfo) -> datetime | None:
    """When this clock wants attention again, or None if it never does."""
    times = [step.at for step in list(remaining(clock, zone))]
    ring = clock.ring
    if clock.status is ClockStatus.RUNNING and ring.climb_at is not None and not ring.held:
        times.append(waking(clock, ring.climb_at, zone))
    return min(times, default=None)


def armed(clock: Clock, zone: ZoneInfo) -> Clock:
    """The same clock, knowing when it wants attention again. Whatever changes a clock ends with this."""
    return replace(clock, next_at=next_at(clock, zone))


def rearmed(clock: Clock, now: datetime, zone: ZoneInfo) -> Clock:
    """After its instants have changed: what would already have rung is not rung, but what is past due is."""
    past = clock.due is not None and clock.due <= now
    ring = Ring(step=START, step_at=clock.due - timedelta(seconds=1) if past and clock.due else now)
    return armed(replace(clock, ring=ring), zone)


def patience(clock: Clock, now: datetime, at_least: timedelta) -> timedelta:
    """How long a reminder waits before it climbs: a tenth of what is left, between the least and two hours."""
    tenth = (clock.due - now) / 10 if clock.due is not None else timedelta(0)
    return max(at_least, min(tenth, LONGEST_PATIENCE))


# -- whom --------------------------------------------------------------------------------------------------------------


def responsible(cell: Cell, clock: Clock) -> str | None:
    """Who is rung first: who took it; else who holds its role, those who are here first; else who stands in.

    For the receipt of what is filed it is who filed it.
    """
    if clock.status is ClockStatus.FILED and clock.filed_by in cell.members:
        return clock.filed_by
    if clock.owner is not None and clock.owner in cell.members and cell.members[clock.owner].left_at is None:
        return clock.owner
    for role in (clock.owner_role, *fall_backs(clock.owner_role)):
        holders = sorted(cell.holders(role), key=lambda member: not member.present)
        if holders:
            return holders[0].matrix_id
    return None


def orphan(cell: Cell, clock: Clock) -> bool:
    """Whether nobody took it and nobody holds its role: then it climbs at once."""
    return clock.owner is None and not cell.holders(clock.owner_role)


def on_rung(cell: Cell, clock: Clock, rung: int) -> tuple[str, ...]:
    """Who is rung on that rung and was not rung lower: 1 the deputies, else the coordinator; 2 the directors."""
    first = responsible(cell, clock)
    if rung == 0:
        return (first,) if first else ()
    seconds = _seconds(cell, clock, first)
    if rung == 1:
        return seconds
    known = {first, *seconds}
    return tuple(m.matrix_id for m in cell.holders(Role.DIRECTOR) if m.matrix_id not in known)


def _seconds(cell: Cell, clock: Clock, first: str | None) -> tuple[str, ...]:
    """The deputies of whoever is first who are in the cell; else others of the role; else the coordinator."""
    member = cell.members.get(first) if first else None
    deputies = [d for d in (member.deputies if member else ()) if d in cell.members and cell.members[d].left_at is None]
    others = [m.matrix_id for m in cell.holders(clock.owner_role)]
    for group in (deputies, others, [m.matrix_id for m in _coordinators(cell)]):
        found = tuple(user for user in group if user != first)
        if found:
            return found
    return ()


def _coordinators(cell: Cell) -> list[Member]:
    for role in (Role.COORDINATOR, *fall_backs(Role.COORDINATOR)):
        holders = cell.holders(role)
        if holders:
            return holders
    return []


def last_rung(clock: Clock) -> int:
    """How high it may climb: to the directors if it binds, else to the coordinator."""
    return LAST_RUNG if clock.climbs else LAST_RUNG - 1


def _length(span: timedelta) -> str:
    minutes = span // timedelta(minutes=1)
    return f"{minutes // 60}h" if minutes % 60 == 0 else f"{minutes}m"
