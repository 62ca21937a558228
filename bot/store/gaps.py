"""Gaps in a room's timeline. Guarantee: what the homeserver left out is fetched, or its loss told."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlmodel import Session, col

from bot.store.incoming import place_notice
from bot.store.received import Gap
from bot.store.tables import GapRow, Journal


def open_gap(session: Session, room_id: str, since: str | None, prev_batch: str, turn: int) -> int:
    """A timeline was cut: the room waits until the gap is closed. The same gap is not opened twice."""
    same = select(GapRow).where(
        col(GapRow.room_id) == room_id,
        col(GapRow.prev_batch) == prev_batch,
        col(GapRow.since).is_(None) if since is None else col(GapRow.since) == since,
    )
    row = session.scalars(same).first()
    if row is None:
        row = GapRow(room_id=room_id, since=since, prev_batch=prev_batch, position=prev_batch, turn=turn)
        session.add(row)
        session.flush()
    return _number(row)


def gaps(session: Session) -> list[Gap]:
    """The open gaps, oldest first."""
    rows = session.scalars(select(GapRow).where(col(GapRow.open).is_(True)).order_by(col(GapRow.id)))
    return [_gap(row) for row in rows]


def advance_gap(session: Session, gap_id: int, position: str, found: int) -> None:
    """The gap has been walked as far as `position`, and `found` more events were in it."""
    row = session.get_one(GapRow, gap_id)
    row.position = position
    row.found += found
    session.flush()


def close_gap(
    session: Session, gap_id: int, recovered: bool, reason: str | None, *, now: datetime | None = None
) -> None:
    """The room goes on, after a notice `gap` which stands between what was found and the timeline.

    Without `now`, the notice bears the time at which the last thing was received.
    """
    row = session.get_one(GapRow, gap_id)
    if not row.open:
        return
    row.open, row.recovered, row.reason = False, recovered, reason
    payload = {
        "room_id": row.room_id,
        "from": row.since,
        "to": row.prev_batch,
        "found": row.found,
        "recovered": recovered,
        "reason": reason,
    }
    at = now or session.scalars(select(func.max(col(Journal.received_at)))).one()
    if at is None:
        raise ValueError("a gap cannot close before anything was received")
    place_notice(session, "gap", payload, at, row.room_id, turn=row.turn, part=0)


def _gap(row: GapRow) -> Gap:
    return Gap(_number(row), row.room_id, row.since, row.prev_batch, row.position, row.turn, row.found)


def _number(row: GapRow) -> int:
    if row.id is None:
        raise ValueError("a gap that is not in the database yet has no id")
    return row.id
