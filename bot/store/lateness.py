"""What came late: asked of the log and the journal once an interruption is over."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from sqlalchemy import func, select
from sqlmodel import Session, col

from bot.domain.log import from_rfc3339
from bot.store.tables import GapRow, Journal, LogEntry, RoomRow

MESSAGES = ("message", "file", "edit", "undecryptable", "call")
"""The kinds of entries that people count as messages."""


@dataclass(frozen=True)
class Late:
    """What waited for us. `median` and `most`: how long from the homeserver's time to its entry; None of nothing."""

    events: int
    messages: int
    median: timedelta | None
    most: timedelta | None


def behind(session: Session, incident: str) -> bool:
    """Whether something of the incident's rooms is still to be fetched, to be opened, or to be logged."""
    here = select(col(RoomRow.room_id)).where(col(RoomRow.incident) == incident, col(RoomRow.room_id).is_not(None))
    gap = select(col(GapRow.id)).where(col(GapRow.open).is_(True), col(GapRow.room_id).in_(here)).limit(1)
    row = (
        select(col(Journal.id))
        .where(col(Journal.room_id).in_(here), col(Journal.state).in_(("sealed", "ready")))
        .limit(1)
    )
    return any(session.scalars(each).first() is not None for each in (gap, row))


def late(session: Session, incident: str, after: int, back: datetime, without: str) -> Late:
    """What the homeserver took before `back`, that stands after entry `after`; the words of `without` left out."""
    rows = session.execute(
        select(col(LogEntry.kind), col(LogEntry.origin_ts), col(LogEntry.logged_at)).where(
            col(LogEntry.incident) == incident,
            col(LogEntry.seq) > after,
            col(LogEntry.event_id).is_not(None),
            col(LogEntry.origin_ts) < int(back.timestamp() * 1000),
            func.coalesce(col(LogEntry.sender), "") != without,
        )
    ).all()
    waits = [max(0.0, from_rfc3339(logged).timestamp() - sent / 1000) for _, sent, logged in rows]
    return Late(
        events=len(rows),
        messages=sum(kind in MESSAGES for kind, _, _ in rows),
        median=timedelta(seconds=round(median(waits))) if waits else None,
        most=timedelta(seconds=round(max(waits))) if waits else None,
    )


def last_before(session: Session, incident: str, room_id: str) -> str | None:
    """When the last event of this room was logged, as the log writes it."""
    newest = (
        select(col(LogEntry.logged_at))
        .where(
            col(LogEntry.incident) == incident,
            col(LogEntry.room_id) == room_id,
            col(LogEntry.event_id).is_not(None),
        )
        .order_by(col(LogEntry.seq).desc())
        .limit(1)
    )
    return session.scalars(newest).first()
