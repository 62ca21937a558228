"""The staff hears something every day. Guarantee: from the first message on there is, while the crisis lasts, a clock
of ours for the next one, even if nothing is new; a release meets it and begins the following day's, and one that is
missed is asked for again the next morning. It rings nobody at night."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.commands.clocks import arm, numbered
from bot.commands.clocks import record as clock_record
from bot.domain import clock_times
from bot.domain.cell import Cell
from bot.domain.clocks import Clock, ClockStatus, Ring
from bot.domain.deadline_rules import NudgePlan
from bot.domain.incident import IncidentStatus
from bot.domain.nudges import START
from bot.domain.outcome import Record
from bot.domain.playbook import Text
from bot.domain.roles import Role

TITLE = Text("Message du jour au personnel, même sans nouveauté", "Daily message to staff, even if nothing is new")
MEETS = frozenset({"TPL-01", "TPL-02"})
"""The templates by which the staff is told what is so today."""
FIRST = "HOUSE-STAFF-MESSAGE"
"""The target of ours that the first of them meets."""
AT = time(10)
"""By the site's clock: always the same hour, that people learn when to look; after the morning's situation point."""
LEAST = timedelta(hours=8)
"""Nearer than this to the last message no other one is due."""
AGAIN_FROM = time(7)
"""From then on, what was missed the day before is asked for anew."""
COUNTED_FROM = timedelta(hours=2)
"""It counts down, and rings first, so long before it is due: not in the evening before, nor at night."""
_NUDGES = NudgePlan((), ())


def is_daily(clock: Clock) -> bool:
    """Whether it is the clock of a day's message to staff."""
    return clock.own and clock.title == TITLE


def awaited(cell: Cell) -> Clock | None:
    """The clock of the next message to staff, if one is awaited."""
    return next((clock for clock in cell.by_urgency if is_daily(clock) and clock.open), None)


def next_of(cell: Cell, template: str) -> Clock | None:
    """The clock of the next message, if a text of that template is one."""
    return awaited(cell) if template in MEETS else None


def due_after(cell: Cell, at: datetime) -> datetime:
    """When the message after one of that time is due."""
    zone = ZoneInfo(cell.incident.timezone)
    day = (at + LEAST).astimezone(zone).date()
    found = datetime.combine(day, AT, zone)
    if found < at + LEAST:
        found = datetime.combine(day + timedelta(days=1), AT, zone)
    return found.astimezone(at.tzinfo)


def released(
    cell: Cell, template: str, proof: str, by: str, now: datetime, at: datetime | None = None
) -> tuple[Cell, tuple[Record, ...], tuple[Clock, ...]]:
    """The cell once a text of that template went out, at `at` if that is told of later: what it meets is closed, and
    the next day's clock runs.

    By a second way, or once more in the same half of a day, it meets nothing that is not due yet.
    """
    waits, out = awaited(cell), at or now
    if template not in MEETS or cell.incident.status is not IncidentStatus.OPEN:
        return cell, (), ()
    if waits is not None and waits.due is not None and waits.due >= due_after(cell, out):
        return cell, (), ()
    closed, records, met = _closed(cell, proof, by, out)
    after, begun = _begun(closed, now, out)
    return after, (*records, *begun), met


def following(before: Cell, after: Cell, now: datetime) -> tuple[Cell, tuple[Record, ...]]:
    """What a decision does to it besides a release: told by word of mouth, it is met, and the next day's begins."""
    if after.incident.status is not IncidentStatus.OPEN:
        return after, ()
    again = before.incident.status is not IncidentStatus.OPEN and any(map(is_daily, after.clocks.values()))
    if awaited(after) is None and (again or any(_met(before, clock) for clock in after.clocks.values())):
        return _begun(after, now)
    return after, ()


def stopped(cell: Cell, now: datetime) -> list[tuple[Clock, Clock]]:
    """What ends with the crisis, before and after: nobody has told the staff anything by that."""
    waits = [clock for clock in cell.clocks.values() if is_daily(clock) and clock.open]
    return [(clock, clock_times.ended(clock, now, None)) for clock in waits]


def unmet(cell: Cell, again: Iterable[Clock], now: datetime) -> list[tuple[Clock, Clock]]:
    """What ends because one of these is to be met anew, before and after: the clock that ran for the day after it."""
    if not any(map(is_daily, again)):
        return []
    return stopped(cell, now)


def missed(cell: Cell, now: datetime) -> list[tuple[Clock, Clock]]:
    """Yesterday's message that never went out, and the same clock as of this morning."""
    zone, clock = ZoneInfo(cell.incident.timezone), awaited(cell)
    if clock is None or clock.due is None or cell.incident.status is not IncidentStatus.OPEN:
        return []
    local = now.astimezone(zone)
    if local.date() <= clock.due.astimezone(zone).date() or local.time() < AGAIN_FROM:
        return []
    due = datetime.combine(local.date(), AT, zone).astimezone(now.tzinfo)
    if due <= now:
        due = due_after(cell, now)
    return [(clock, _counted(cell, replace(clock, started_at=now, official_due=due, owner=None), due, now))]


def _met(before: Cell, clock: Clock) -> bool:
    """Whether it was just done: the first message to staff, or a day's."""
    was = before.clocks.get(clock.id)
    mine = clock.rule == FIRST or is_daily(clock)
    return mine and clock.status is ClockStatus.CLOSED and (was is None or was.status is not ClockStatus.CLOSED)


def _closed(cell: Cell, proof: str, by: str, at: datetime) -> tuple[Cell, tuple[Record, ...], tuple[Clock, ...]]:
    old = [clock for clock in cell.clocks.values() if is_daily(clock) and clock.open]
    new = [
        arm(
            cell,
            replace(clock, status=ClockStatus.CLOSED, closed_at=at, filed_at=at, filed_by=by, reference=proof),
        )
        for clock in old
    ]
    records = tuple(clock_record("done", before, after) for before, after in zip(old, new, strict=True))
    return cell.with_clocks(new), records, tuple(new)


def _begun(cell: Cell, now: datetime, last: datetime | None = None) -> tuple[Cell, tuple[Record, ...]]:
    """`last`: when the one before it went out, if not now."""
    due = due_after(cell, last or now)
    if due <= now:
        due = due_after(cell, now)
    clock = _counted(cell, numbered(cell, now, TITLE, due, Role.COMMUNICATION, plan=_NUDGES), due, now)
    return cell.with_clocks([clock]), (clock_record("start", None, clock),)


def _counted(cell: Cell, clock: Clock, due: datetime, now: datetime) -> Clock:
    return arm(cell, replace(clock, official_from=max(now, due - COUNTED_FROM), ring=Ring(START, now)))
