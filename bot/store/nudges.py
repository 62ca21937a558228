"""Who was rung, for what, and whether they saw it; and which clocks want attention. Guarantee: what is due is a query,
and a ring that was put in the outbox is a row of the same transaction."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import datetime

from sqlalchemy import bindparam, func, select, update
from sqlmodel import Session, col

from bot.domain.incident import IncidentStatus
from bot.store.clock_tables import ClockRow, NudgeRow
from bot.store.incident_tables import IncidentRow
from bot.store.types import storable_key

# Put together once: it is asked at each heartbeat; the index on `next_at` answers it.
_DUE = (
    select(col(ClockRow.incident))
    .distinct()
    .join(IncidentRow, col(IncidentRow.id) == col(ClockRow.incident))
    .where(col(ClockRow.next_at) <= bindparam("now"), col(IncidentRow.status) != IncidentStatus.ARCHIVED.value)
)


@dataclass(frozen=True)
class Nudge:
    """One person rung for one step of one clock, by one message."""

    incident: str
    clock: str
    step: str
    rung: int
    person: str
    message: str
    rang: bool
    due: datetime
    sent_at: datetime
    seen_at: datetime | None = None


def due_incidents(session: Session, now: datetime) -> list[str]:
    """The incidents, not archived, of which a clock wants attention now."""
    session.flush()
    return sorted(session.connection().execute(_DUE, {"now": now}).scalars())


def running_incidents(session: Session) -> list[str]:
    """The incidents, not archived, that have a clock."""
    having = (
        select(col(ClockRow.incident))
        .distinct()
        .join(IncidentRow, col(IncidentRow.id) == col(ClockRow.incident))
        .where(col(IncidentRow.status) != IncidentStatus.ARCHIVED.value)
    )
    return sorted(session.scalars(having))


def put(session: Session, nudges: Iterable[Nudge]) -> None:
    """Keep who was rung."""
    for nudge in nudges:
        session.add(NudgeRow(**nudge.__dict__))
    session.flush()


def of_message(session: Session, message: str) -> list[tuple[str, str]]:
    """The incident and the clock of each nudge that this message said."""
    query = (
        select(col(NudgeRow.incident), col(NudgeRow.clock))
        .where(col(NudgeRow.message) == storable_key(message))
        .order_by(col(NudgeRow.id))
    )
    return list(dict.fromkeys((row[0], row[1]) for row in session.execute(query)))


def ring_times(session: Session, person: str, since: datetime) -> list[datetime]:
    """When messages have rung for this person since then, in order."""
    query = (
        select(func.max(col(NudgeRow.sent_at)))
        .where(col(NudgeRow.person) == person, col(NudgeRow.sent_at) > since, col(NudgeRow.rang).is_(True))
        .group_by(col(NudgeRow.message))
    )
    return sorted(session.scalars(query))


def seen(session: Session, incident: str, person: str, clocks: Iterable[str], now: datetime) -> None:
    """This person has seen what was pending for them of these clocks."""
    session.execute(
        update(NudgeRow)
        .where(
            col(NudgeRow.incident) == incident,
            col(NudgeRow.person) == person,
            col(NudgeRow.clock).in_(list(clocks)),
            col(NudgeRow.seen_at).is_(None),
        )
        .values(seen_at=now)
    )


def of_incident(session: Session, incident: str) -> list[Nudge]:
    """Every nudge of an incident, in the order in which they were sent."""
    rows = session.scalars(select(NudgeRow).where(col(NudgeRow.incident) == incident).order_by(col(NudgeRow.id)))
    return [Nudge(**{field.name: getattr(row, field.name) for field in fields(Nudge)}) for row in rows]
