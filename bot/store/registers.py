"""Questions asked across the incidents' registers: what waits for a word, and what for its bytes."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlmodel import Session, col

from bot.domain.registers import Keeping
from bot.store.received import JournalRow, from_table
from bot.store.register_tables import DecisionRow, EvidenceRow
from bot.store.tables import Journal


def unconfirmed(session: Session, before: datetime) -> list[tuple[str, int]]:
    """Decisions typed before then that wait for their taker, of whom nobody reminded them: incident and number."""
    waiting = (
        select(col(DecisionRow.incident), col(DecisionRow.number))
        .where(col(DecisionRow.asked).is_(True), col(DecisionRow.at) <= before)
        .order_by(col(DecisionRow.at), col(DecisionRow.number))
    )
    return [(row[0], row[1]) for row in session.execute(waiting)]


def wanted(session: Session) -> list[tuple[str, int]]:
    """Exhibits of which the file's bytes are still to be read, oldest first: incident and number."""
    rows = (
        select(col(EvidenceRow.incident), col(EvidenceRow.number))
        .where(col(EvidenceRow.keeping) == Keeping.WANTED.value, col(EvidenceRow.withdrawn).is_(False))
        .order_by(col(EvidenceRow.collected_at), col(EvidenceRow.number))
    )
    return [(row[0], row[1]) for row in session.execute(rows)]


def event(session: Session, event_id: str) -> JournalRow | None:
    """The row in which an event came, or None."""
    row = session.scalars(select(Journal).where(col(Journal.event_id) == event_id)).first()
    return from_table(row) if row else None
