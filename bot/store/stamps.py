"""Time-stamps that the log's heads wait for. Guarantee: what is wanted is a row before it is asked for, and stays one
until it is held, or a later head of the same log has its own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, update
from sqlmodel import Session, col

from bot.store.stamp_tables import StampRow

WANTED, HELD, PASSED = "wanted", "held", "passed"


@dataclass(frozen=True)
class Wanted:
    """A head of an incident's log that waits for its time-stamp; `event_id` posted it."""

    incident: str
    seq: int
    event_id: str
    attempts: int


@dataclass(frozen=True)
class Token:
    """A time-stamp as the authority gave it (RFC 3161, 2.4.2), and the certificates that it holds by, in PEM."""

    seq: int
    token: bytes
    certificates: bytes


def want(session: Session, incident: str, seq: int, event_id: str, now: datetime) -> None:
    """Ask for a time-stamp of this entry, once."""
    if session.get(StampRow, (incident, seq)) is None:
        session.add(StampRow(incident=incident, seq=seq, event_id=event_id, state=WANTED, attempts=0, again_at=now))
        session.flush()


def due(session: Session, now: datetime) -> list[Wanted]:
    """What is to be asked for now: of each log its newest head only, as a chain passes through all before."""
    newest = (
        select(col(StampRow.incident), func.max(col(StampRow.seq)).label("seq"))
        .where(col(StampRow.state) == WANTED)
        .group_by(col(StampRow.incident))
        .subquery()
    )
    query = (
        select(StampRow)
        .join(newest, (newest.c.incident == col(StampRow.incident)) & (newest.c.seq == col(StampRow.seq)))
        .where(col(StampRow.again_at) <= now)
        .order_by(col(StampRow.incident))
    )
    return [Wanted(row.incident, row.seq, row.event_id, row.attempts) for row in session.scalars(query)]


def failed(session: Session, wanted: Wanted, error: str, again_at: datetime) -> int:
    """It could not be had: try again then. Returns how often it was tried."""
    row = session.get_one(StampRow, (wanted.incident, wanted.seq))
    row.attempts, row.error, row.again_at = row.attempts + 1, error, again_at
    session.flush()
    return row.attempts


def held(session: Session, wanted: Wanted, token: bytes, certificates: bytes) -> bool:
    """Keep it; what older heads of the log still wait for is let go. False if it was held already."""
    row = session.get_one(StampRow, (wanted.incident, wanted.seq))
    if row.state == HELD:
        return False
    row.state, row.token, row.certificates = HELD, token, certificates
    session.flush()
    older = update(StampRow).where(
        col(StampRow.incident) == wanted.incident, col(StampRow.seq) < wanted.seq, col(StampRow.state) == WANTED
    )
    session.execute(older.values(state=PASSED))
    return True


def tokens(session: Session, incident: str) -> list[Token]:
    """Every time-stamp that this log has, in order."""
    query = select(StampRow).where(col(StampRow.incident) == incident, col(StampRow.state) == HELD)
    rows = session.scalars(query.order_by(col(StampRow.seq)))
    return [Token(row.seq, row.token or b"", row.certificates or b"") for row in rows]
