"""What waits for a human's yes or no. Guarantee: a question outlives a restart, and is answered once."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select
from sqlmodel import Session, col

from bot.domain.incident import Pending
from bot.store.incident_tables import PendingRow


def pend(session: Session, pending: Pending) -> int:
    """Keep the question, and return its id."""
    row = PendingRow(
        incident=pending.incident,
        kind=pending.kind,
        asked_by=pending.asked_by,
        may=list(pending.may),
        call=dict(pending.call),
        code=pending.code,
        room_id=pending.room_id,
        question_key=pending.question_key,
        created_at=pending.created_at,
        expires_at=pending.expires_at,
    )
    session.add(row)
    session.flush()
    return _id(row)


def pendings(session: Session, *, user: str, now: datetime, room_id: str | None = None) -> list[Pending]:
    """What this person may answer now, oldest first; in one room, if given."""
    query = select(PendingRow).where(col(PendingRow.expires_at) > now).order_by(col(PendingRow.id))
    if room_id is not None:
        query = query.where(col(PendingRow.room_id) == room_id)
    return [pending for pending in _pendings(session.scalars(query)) if user in pending.may]


def waiting(session: Session, now: datetime) -> list[Pending]:
    """Every question whose time is not over, oldest first, whoever may answer it."""
    query = select(PendingRow).where(col(PendingRow.expires_at) > now).order_by(col(PendingRow.id))
    return _pendings(session.scalars(query))


def questions(session: Session, incident: str, now: datetime) -> frozenset[str]:
    """What the questions of an incident that still wait for an answer are about."""
    query = select(PendingRow).where(col(PendingRow.incident) == incident, col(PendingRow.expires_at) > now)
    return frozenset(str(row.call["about"]) for row in session.scalars(query) if "about" in row.call)


def by_question(session: Session, key: str) -> Pending | None:
    """The question that our own message with this dedupe key asks, or None."""
    query = select(PendingRow).where(col(PendingRow.question_key) == key).order_by(col(PendingRow.id).desc())
    row = session.scalars(query).first()
    return _pending(row) if row else None


def expired(session: Session, now: datetime) -> list[Pending]:
    """Questions whose time is over, oldest first; they stay until they are settled."""
    query = select(PendingRow).where(col(PendingRow.expires_at) <= now).order_by(col(PendingRow.id))
    return _pendings(session.scalars(query))


def settle(session: Session, pending_id: int) -> bool:
    """The question is over; False if it was already."""
    row = session.get(PendingRow, pending_id)
    if row is None:
        return False
    session.delete(row)
    session.flush()
    return True


def _pendings(rows: Iterable[PendingRow]) -> list[Pending]:
    return [_pending(row) for row in rows]


def _pending(row: PendingRow) -> Pending:
    return Pending(
        id=_id(row),
        incident=row.incident,
        kind=row.kind,
        asked_by=row.asked_by,
        may=tuple(row.may),
        call=row.call,
        code=row.code,
        room_id=row.room_id,
        question_key=row.question_key,
        created_at=row.created_at,
        expires_at=row.expires_at,
    )


def _id(row: PendingRow) -> int:
    if row.id is None:
        raise ValueError("a question that is not in the database yet has no id")
    return row.id
