"""What is to be said to whom, kept going as time passes. Guarantee: the plan of the first 72 hours is posted once, when
whoever communicates has come, and rings nobody; a day's message to staff that was missed is asked for again in the
morning."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot import chronicle
from bot.commands import daily
from bot.commands.clocks import record as clock_record
from bot.commands.plan import values
from bot.domain.cell import Cell
from bot.domain.incident import IncidentStatus
from bot.domain.plan import SPAN
from bot.domain.roles import Role
from bot.store import cells, meta
from bot.store.db import Session
from bot.tools import Tools

AFTER = timedelta(minutes=10)
"""For so long it waits for whoever communicates to come."""
_POSTED = "plan:"


def keep(session: Session, tools: Tools, incident: str, now: datetime) -> bool:
    """Post the plan that is due; ask again for what was missed. Returns whether anything was put in the outbox."""
    cell = cells.load(session, incident)
    if cell is None or cell.incident.status is not IncidentStatus.OPEN:
        return False
    _again(session, cell, now)
    if not _is_due(session, cell, now):
        return False
    meta.put(session, f"{_POSTED}{incident}", now.isoformat())
    language = cell.incident.language
    tools.voice.say(
        session, now, cell.incident.room_key, "plan.posted", language, values(cell, tools.templates, language, now),
        f"{_POSTED}{incident}", cell=cell, priority=2,
    )  # fmt: skip
    return True


def _is_due(session: Session, cell: Cell, now: datetime) -> bool:
    """Once, when somebody who communicates has come, or is expected for long enough; not days later."""
    age = now - cell.incident.opened_at
    if age >= SPAN or meta.get(session, f"{_POSTED}{cell.incident.id}"):
        return False
    communicates = cell.holders(Role.COMMUNICATION)
    return any(member.present for member in communicates) or (bool(communicates) and age >= AFTER)


def _again(session: Session, cell: Cell, now: datetime) -> None:
    for before, after in daily.missed(cell, now):
        cells.save(session, cell, cell := cell.with_clocks([after]))
        record = clock_record("move", before, after, missed=before.due)
        chronicle.record(session, cell.incident.id, record, sender=None, cause=None, now=now)
