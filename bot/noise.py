"""The budget for noise. Guarantee: nobody is rung more than six times an hour by what reminds, nor a director more than
three; the call at the opening counts."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.domain.cell import Cell
from bot.domain.roles import Role
from bot.store import nudges
from bot.store.db import Session

MOST_AN_HOUR, MOST_FOR_DIRECTORS = 6, 3
HOUR = timedelta(hours=1)


def rings_left(session: Session, cell: Cell, person: str, now: datetime) -> int:
    """How often this person may still be rung within the hour."""
    return _most(cell, person) - len(_rings(session, cell, person, now))


def frees_at(session: Session, cell: Cell, person: str, now: datetime, spare: int = 0) -> datetime:
    """When this person may be rung again, and so many times more: now, unless the hour's budget is spent."""
    rings, most = _rings(session, cell, person, now), _most(cell, person) - spare
    return rings[-most] + HOUR if len(rings) >= most else now


def _most(cell: Cell, person: str) -> int:
    return MOST_FOR_DIRECTORS if Role.DIRECTOR in cell.roles_of(person) else MOST_AN_HOUR


def _rings(session: Session, cell: Cell, person: str, now: datetime) -> list[datetime]:
    rings = nudges.ring_times(session, person, now - HOUR)
    member = cell.members.get(person)
    if member is not None and now - member.called_at < HOUR and person != cell.incident.opened_by:
        rings.append(member.called_at)
    return sorted(rings)
