"""Clocks that do not agree. Guarantee: a homeserver's clock that differs from ours by more than half a minute, and a
step of our own, are in the log of each open incident, and told once in its room; health says so while it lasts.

Only our own messages are compared: we know between which two instants the homeserver took each, and a slow network, or
a stranger's clock, is mistaken for nothing.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import structlog

from bot import chronicle
from bot.domain.cell import Cell
from bot.ringing import set_clock
from bot.store import cells, journal, meta, outbox, posted
from bot.store.db import Session
from bot.store.journal import JournalRow
from bot.tools import Tools

TOO_MUCH = timedelta(seconds=30)
STEP = timedelta(seconds=5)
"""A clock that is set by less is being kept right, as it should be."""
STATE = "clock_drift"
"""Under this the seconds by which the homeserver's clock is ahead of ours, while that is too much."""
_TOLD = "clock_drift_told:"

logger = structlog.get_logger(__name__)


def seen(session: Session, tools: Tools, row: JournalRow, marker: str | None, now: datetime) -> None:
    """One of our messages came back with the homeserver's time on it."""
    sent = outbox.get(session, marker) if marker else None
    if sent is None or sent.event_id != row.event_id or sent.first_attempt_at is None or row.origin_ts is None:
        return
    try:
        theirs = datetime.fromtimestamp(row.origin_ts / 1000, UTC)
    except (OverflowError, ValueError, OSError):
        return
    # It was taken after we first tried, and before it came back.
    ahead, behind = theirs - row.received_at, sent.first_attempt_at - theirs
    drift = ahead if ahead > TOO_MUCH else -behind if behind > TOO_MUCH else None
    before = meta.get(session, STATE)
    if drift is None:
        if before:
            meta.put(session, STATE, "")
            _log(session, {"action": "clock_drift_over", "server": theirs, "ours": now}, now)
        return
    seconds = round(drift.total_seconds())
    if not before:
        meta.put(session, STATE, json.dumps(seconds))
        logger.error("clock_drift", server_ahead_s=seconds)
    for incident in cells.all_open(session):
        if not meta.get(session, f"{_TOLD}{incident}"):
            meta.put(session, f"{_TOLD}{incident}", now.isoformat())
            _tell(session, tools, incident, seconds, theirs, now)


def standing(session: Session) -> str | None:
    """What health says while the homeserver's clock is too far from ours, or None."""
    held = meta.get(session, STATE)
    if not held:
        return None
    seconds = int(json.loads(held))
    return f"the homeserver's clock is {abs(seconds)} s {'ahead of' if seconds > 0 else 'behind'} ours"


def stepped(session: Session, tools: Tools, by: timedelta, now: datetime) -> bool:
    """Our own clock was set. Returns whether a room was told."""
    logger.error("clock_step", seconds=round(by.total_seconds(), 1))
    if by < timedelta(0):
        set_back(session, now)
    set_clock(session, by, now)
    said = False
    for incident in cells.all_open(session):
        cell = cells.load(session, incident)
        if cell is None:
            continue
        told = {"action": "clock_step", "seconds": round(by.total_seconds()), "before": now - by, "after": now}
        entry = chronicle.system(session, incident, "system", told, now)
        values = {"forward": by > timedelta(0), "by": abs(by), "after": now}
        _say(session, tools, cell, "notices.clock_step", values, f"clock_step:{incident}:{entry.seq}", now)
        said = True
    return said


def set_back(session: Session, now: datetime) -> None:
    """The clock was set back: nothing that waits to be read, done or sent waits for the time that it was."""
    journal.set_back(session, now)
    posted.set_back(session, now)
    outbox.set_back(session, now)


def _tell(session: Session, tools: Tools, incident: str, seconds: int, theirs: datetime, now: datetime) -> None:
    cell = cells.load(session, incident)
    if cell is None:
        return
    told = {"action": "clock_drift", "seconds": seconds, "server": theirs, "ours": now}
    chronicle.system(session, incident, "system", told, now)
    values = {"ahead": seconds > 0, "by": timedelta(seconds=abs(seconds))}
    _say(session, tools, cell, "notices.clock_drift", values, f"clock_drift:{incident}", now)


def _say(
    session: Session, tools: Tools, cell: Cell, template: str, values: dict[str, object], key: str, now: datetime
) -> None:
    tools.voice.say(session, now, cell.incident.room_key, template, cell.incident.language, values, key, cell=cell)


def _log(session: Session, said: dict[str, object], now: datetime) -> None:
    for incident in cells.all_open(session):
        chronicle.system(session, incident, "system", said, now)


class Watch:
    """Notices a step of our own clock, between two looks at it. What is seen is seen again until it is kept."""

    def __init__(self) -> None:
        self._last: tuple[datetime, float] | None = None

    def look(self, now: datetime, elapsed: float) -> timedelta | None:
        """By how much the clock was set since the look that was kept; None if it was not. `elapsed`: seconds by a clock
        that nobody sets, read at the same moment."""
        if self._last is None:
            return None
        before, then = self._last
        step = (now - before) - timedelta(seconds=elapsed - then)
        return step if abs(step) >= STEP else None

    def keep(self, now: datetime, elapsed: float) -> None:
        """What was seen at this look is told: the next compares with it."""
        self._last = (now, elapsed)
