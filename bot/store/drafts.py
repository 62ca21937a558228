"""Questions about the communications of all incidents at once."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlmodel import Session, col

from bot.store.draft_tables import DraftRow


def approved_before(session: Session, then: datetime) -> list[str]:
    """The incidents, by id, with a text that was wholly approved before that instant and has not been released."""
    found = select(col(DraftRow.incident)).where(col(DraftRow.approved_at) < then).distinct()
    return sorted(session.scalars(found))
