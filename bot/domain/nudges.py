"""When a clock is called to mind, and whom the reminder reaches. Guarantee: a clock rings in time and climbs until
somebody takes it, yet nothing that can wait rings at night, and steps that coincide are one.

What has rung is in the clock's `ring`; what rings next is computed from it, so that a moment that is moved, a filing or
a restart needs no plan to be mended.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from itertools import chain
from zoneinfo import ZoneInfo

from bot.domain.cell import Cell
from bot.domain.clocks import Clock, ClockStatus, Ring
from bot.domain.deadline_rules import Class
from bot.domain.incident import Member
from bot.domain.roles import Role, fall_backs

START, DUE, RECEIPT, MORNING = "start", "due", "receipt", "morning"
DIRECTORS_FROM = 75
"""Per cent of the time elapsed from which the directors are told."""

CLOSEST, CLOSEST_OF_OURS = timedelta(minutes=10), timedelta(minutes=15)
"""Steps nearer to each other than this are one; of a target of ours those nearer than this, or than a sixth of its
time. Half of what a very short clock lasts, if that is less."""

NIGHT_FROM, NIGHT_TO = time(22), time(6, 30)
CAN_WAIT = timedelta(hours=12)
OVERDUE_EVERY, OVERDUE_FOR = timedelta(hours=1), 24
IN_THE_MORNING, MORNINGS = time(8), 366
RECEIPT_EVERY = timedelta(hours=12)
LONGEST_PATIENCE = timedelta(hours=2)
TOGETHER = timedelta(minutes=15)
"""Who is rung hears at the same time what would ring for them within this time."""

OWNER, SECONDS, DIRECTORS, OUTSIDE, ROOM = range(5)
"""The rungs: who answers for it; deputies, else the coordinator; the directors; outside channels; the whole room."""


@dataclass(frozen=True, order=True)
class Step:
    """One reminder. `at` is when it is planned; `directors` whether they hear it too; `climbs` whether it climbs where
    nobody takes it: of what is ours, once three quarters of its time have elapsed, and when it is due."""

    at: datetime
    name: str
    directors: bool = False
    climbs: bool = True

    @property
    def movable(self) -> bool:
        """Whether it may ring a little earlier, beside another: what says how much is left, or how late it is."""
        return self.name[0] in "-+" or self.name.endswith("%")


def steps(clock: Clock) -> list[Step]:
    """The reminders of a clock that runs, in order; those that coincide are one, which keeps the later name.

    The mornings on which it rings after that are not among them: see `remaining`.
    """
    due = clock.due
    if due is None:
        return []
    start, length = clock.start, due - clock.start
    ours = clock.visible is Class.HOUSE
    closest = min(max(CLOSEST_OF_OURS, length / 6) if ours else CLOSEST, length / 2)
    wanted = [Step(start + length * part / 100, f"{part}%", part >= DIRECTORS_FROM) for part in clock.plan.elapsed]
    wanted += [Step(due - before, f"-{_length(before)}") for before in clock.plan.before]
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
    plan = [Step(begins, START, climbs=clock.climbs)]
    for step in later:
        weighs = step is first or step.name == DUE
        plan.append(replace(step, directors=clock.climbs and weighs, climbs=clock.climbs or weighs))
    return [*plan, *_after(clock, due)]


def _after(clock: Clock, due: datetime) -> Iterator[Step]:
    """Once it is past: every hour for a day, where it binds and is measured from a finding."""
    if _repeats(clock):
        for hours in range(1, OVERDUE_FOR + 1):
            yield Step(due + hours * OVERDUE_EVERY, f"+{hours}h", True)


def _repeats(clock: Clock) -> bool:
    """Whether it rings every hour once it is past. By a figure that is ours it is never late: then only while nobody
    has taken it."""
    ours = clock.without_figure and clock.owner is not None
    return clock.climbs and clock.official_due is not None and not ours


def _mornings(clock: Clock, zone: ZoneInfo) -> Iterator[Step]:
    """Then each morning; so too what binds and of which only the prudent instant is past, that nothing goes silent."""
    if not clock.climbs or clock.due is None:
        return
    official = clock.official_due is not None
    begins = clock.due + (OVERDUE_FOR * OVERDUE_EVERY if _repeats(clock) else timedelta(0))
    if clock.ring.step_at is not None:
        begins = max(begins, clock.ring.step_at)
    day = begins.astimezone(zone).date()
    for number in range(MORNINGS):
        at = datetime.combine(day + timedelta(days=number), IN_THE_MORNING, zone).astimezone(begins.tzinfo)
        if at > begins:
            yield Step(at, MORNING, official)


def _receipts(clock: Clock) -> Iterator[Step]:
    """Filed without a receipt: every twelve hours, for a month."""
    if clock.filed_at is not None:
        for number in range(1, 61):
            yield Step(clock.filed_at + number * RECEIPT_EVERY, f"{RECEIPT}{number}")


def remaining(clock: Clock, zone: ZoneInfo) -> Iterator[Step]:
    """The reminders that have not rung yet, in order, at the time for which each is planned."""
    if clock.status is ClockStatus.RUNNING:
        found: Iterator[Step] = chain(steps(clock), _mornings(clock, zone))
    elif clock.status is ClockStatus.FILED:
        found = _receipts(clock)
    else:
        return
    since = clock.ring.step_at
    for step in found:
        if since is None or step.at > since:
            yield step


def waking(clock: Clock, at: datetime, zone: ZoneInfo, *, held: bool = False) -> datetime:
    """That hour, or the end of the night where it can wait: somebody has it, and more than twelve hours are left.

    `held`: its role is held, so that somebody has it though nobody took it. What had twelve hours and more from the
    beginning, by a figure that is ours alone, can wait for the morning even when it is near, or past.
    """
    waits = clock.status is ClockStatus.FILED or ((held or clock.owner is not None) and _can_wait(clock, at))
    local = at.astimezone(zone)
    if not waits or NIGHT_TO <= local.time() < NIGHT_FROM:
        return at
    day = local.date() + timedelta(days=1) if local.time() >= NIGHT_FROM else local.date()
    return max(at, datetime.combine(day, NIGHT_TO, zone).astimezone(at.tzinfo))


def _can_wait(clock: Clock, at: datetime) -> bool:
    if clock.due is None:
        return False
    ours = clock.without_figure or (clock.visible is Class.HOUSE and not clock.own)
    return clock.due - at > CAN_WAIT or (ours and clock.due - clock.start >= CAN_WAIT)


def due_step(clock: Clock, now: datetime, zone: ZoneInfo, *, held: bool = False) -> Step | None:
    """The last reminder that should have rung by now and has not; what it overtook is not said again.

    The directors hear it if they were to hear any of those that it stands for; so too whether it climbs.
    """
    ready: list[Step] = []
    for step in remaining(clock, zone):
        if step.at > now:
            break
        if waking(clock, step.at, zone, held=held) <= now:
            ready.append(step)
    if not ready:
        return None
    heard, climbs = any(step.directors for step in ready), any(step.climbs for step in ready)
    return replace(ready[-1], directors=heard, climbs=climbs)


def climbs_now(clock: Clock, now: datetime, zone: ZoneInfo, *, held: bool = False) -> bool:
    """Whether the last reminder, which nobody took, goes one rung higher now."""
    ring = clock.ring
    if clock.status is not ClockStatus.RUNNING or ring.climb_at is None or ring.held:
        return False
    return waking(clock, ring.climb_at, zone, held=held) <= now


def next_at(clock: Clock, zone: ZoneInfo, *, held: bool = False) -> datetime | None:
    """When this clock wants attention again, or None if it never does."""
    ring = clock.ring
    best: datetime | None = None
    if clock.status is ClockStatus.RUNNING and ring.climb_at is not None and not ring.held:
        best = waking(clock, ring.climb_at, zone, held=held)
    for step in remaining(clock, zone):
        if best is not None and step.at >= best:
            break
        at = waking(clock, step.at, zone, held=held)
        best = at if best is None else min(best, at)
    return best


def armed(clock: Clock, zone: ZoneInfo, *, held: bool = False) -> Clock:
    """The same clock, knowing when it wants attention again. Whatever changes a clock ends with this."""
    return replace(clock, next_at=next_at(clock, zone, held=held))


def rearmed(clock: Clock, now: datetime, zone: ZoneInfo) -> Clock:
    """After its instants have changed: what would already have rung is not rung, but what is past due is."""
    past = clock.due is not None and clock.due <= now
    begun = clock.due - timedelta(seconds=1) if past and clock.due else now
    ring = Ring(step=START, step_at=begun, unheld_told=clock.ring.unheld_told)
    return armed(replace(clock, ring=ring), zone)


def patience(clock: Clock, now: datetime, at_least: timedelta) -> timedelta:
    """How long a reminder waits before it climbs: a tenth of what is left, between the least and two hours."""
    tenth = (clock.due - now) / 10 if clock.due is not None else timedelta(0)
    return max(at_least, min(tenth, LONGEST_PATIENCE))


def clock_set(clock: Clock, by: timedelta, now: datetime, zone: ZoneInfo, ahead_from: datetime | None) -> Clock:
    """The same once our clock was set by so much, to `now`: patience is time that has passed, and goes with it.

    `ahead_from`: the clock had been set forward, to this, and was wrong: what rang since was not due yet, and rings
    when it is. What rang by a clock that was right does not ring again because the clock is put back.
    """
    ring = clock.ring
    if ring.climb_at is not None:
        ring = replace(ring, climb_at=ring.climb_at + by)
    too_early = ring.step_at is not None and ring.step_at > now + TOGETHER
    if too_early and ahead_from is not None and ring.rang_at is not None and ring.rang_at >= ahead_from:
        ring = Ring(step=START, step_at=now, unheld_told=ring.unheld_told)
    return armed(replace(clock, ring=ring), zone)


# -- whom --------------------------------------------------------------------------------------------------------------


def responsible(cell: Cell, clock: Clock) -> str | None:
    """Who is rung first: who took it; else who holds its role, those who are here first; else who stands in.

    For the receipt of what is filed it is who filed it. Who rests is passed over.
    """
    if clock.status is ClockStatus.FILED and clock.filed_by and _awake(cell, clock.filed_by):
        return clock.filed_by
    if clock.owner is not None and _awake(cell, clock.owner):
        return clock.owner
    for role in (clock.owner_role, *fall_backs(clock.owner_role)):
        holders = sorted(awake(cell, role), key=lambda member: not member.present)
        if holders:
            return holders[0].matrix_id
    return None


def awake(cell: Cell, role: Role) -> list[Member]:
    """Who holds that role, has not left and does not rest, in the order in which they were called."""
    return [member for member in cell.holders(role) if member.resting_since is None]


def _awake(cell: Cell, user: str) -> bool:
    member = cell.members.get(user)
    return member is not None and member.left_at is None and member.resting_since is None


def held(cell: Cell, clock: Clock) -> bool:
    """Whether somebody has it, at work or at rest: who took it, who holds its role, or who stands in for that. The
    director does as the last resort for everything, which is nobody in particular, but for who is alone."""
    here = [member for member in cell.members.values() if member.left_at is None]
    if len(here) == 1 or (clock.owner is not None and cell.is_here(clock.owner)):
        return True
    stand_ins = (role for role in fall_backs(clock.owner_role) if role is not Role.DIRECTOR)
    return any(cell.holders(role) for role in (clock.owner_role, *stand_ins))


def orphan(cell: Cell, clock: Clock) -> bool:
    """Whether nobody who is awake took it or holds its role: then it climbs at once."""
    taken = clock.owner is not None and _awake(cell, clock.owner)
    return not taken and not awake(cell, clock.owner_role)


def outside_from(clock: Clock, at: datetime) -> datetime:
    """When a climb that would reach outside channels and the room at that time may: they are for what cannot wait."""
    return at if clock.due is None else max(at, clock.due - CAN_WAIT)


def on_rung(cell: Cell, clock: Clock, rung: int) -> tuple[str, ...]:
    """Who is rung on that rung and was not rung lower. On an outside channel and in the room: everybody who may be."""
    first = responsible(cell, clock)
    if rung == OWNER:
        return (first,) if first else ()
    seconds = _seconds(cell, clock, first)
    if rung == SECONDS:
        return seconds
    known = {first, *seconds}
    if rung == DIRECTORS:
        return tuple(m.matrix_id for m in awake(cell, Role.DIRECTOR) if m.matrix_id not in known)
    if rung == OUTSIDE:
        directors = (m.matrix_id for m in awake(cell, Role.DIRECTOR))
        return tuple(dict.fromkeys(user for user in (first, *seconds, *directors) if user))
    return tuple(m.matrix_id for m in cell.members.values() if m.present and m.resting_since is None)


def _seconds(cell: Cell, clock: Clock, first: str | None) -> tuple[str, ...]:
    """Where it binds: the deputies of whoever is first who are in the cell; else others of the role. Else, and for
    what is ours: the coordinator."""
    member = cell.members.get(first) if first else None
    deputies = [user for user in (member.deputies if member else ()) if _awake(cell, user)]
    others = [m.matrix_id for m in awake(cell, clock.owner_role)]
    coordinators = [m.matrix_id for m in _coordinators(cell)]
    for group in (deputies, others, coordinators) if clock.climbs else (coordinators,):
        found = tuple(user for user in group if user != first)
        if found:
            return found
    return ()


def _coordinators(cell: Cell) -> list[Member]:
    for role in (Role.COORDINATOR, *fall_backs(Role.COORDINATOR)):
        holders = awake(cell, role)
        if holders:
            return holders
    return []


def last_rung(clock: Clock) -> int:
    """How high it may climb: to the room if it binds, else to the coordinator."""
    return ROOM if clock.climbs else SECONDS


def _length(span: timedelta) -> str:
    minutes = span // timedelta(minutes=1)
    return f"{minutes // 60}h" if minutes % 60 == 0 else f"{minutes}m"
