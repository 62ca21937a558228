"""Entrances, lawyers' rooms, opinions: rows of an incident's state, changed in the transaction that logs the change."""

from __future__ import annotations

from dataclasses import asdict, fields
from datetime import datetime
from typing import Any

from sqlalchemy import and_, select
from sqlmodel import Field, Session, col

from bot.domain.conduct import Entrance, LawyerRoom, Opinion, Stance
from bot.domain.incident import IncidentStatus
from bot.store.incident_tables import IncidentRow, MemberRow
from bot.store.tables import Base
from bot.store.types import Instant, Json, Key, Words


class EntranceRow(Base, table=True):
    """Who was told that everything is kept, and when they said that they had read it."""

    __tablename__ = "entrance"

    incident: str = Field(sa_type=Key, foreign_key="incident.id", primary_key=True)
    user: str = Field(sa_type=Key, primary_key=True)
    told_at: datetime = Field(sa_type=Instant)
    read_at: datetime | None = Field(default=None, sa_type=Instant)


class LawyerRoomRow(Base, table=True):
    """That a room for speaking with a lawyer was made, and that we left it."""

    __tablename__ = "lawyer_room"

    incident: str = Field(sa_type=Key, foreign_key="incident.id", primary_key=True)
    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    name: str = Field(sa_type=Words)
    made_by: str = Field(sa_type=Key)
    made_at: datetime = Field(sa_type=Instant)
    invited: Any = Field(sa_type=Json, nullable=False)
    admins: Any = Field(sa_type=Json, nullable=False)
    present: Any = Field(sa_type=Json, nullable=False)
    left_at: datetime | None = Field(default=None, sa_type=Instant)


class OpinionRow(Base, table=True):
    """What whoever advises said of a clock."""

    __tablename__ = "opinion"

    incident: str = Field(sa_type=Key, foreign_key="incident.id", primary_key=True)
    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    clock: str = Field(sa_type=Key)
    stance: str = Field(sa_type=Key)
    text: str = Field(sa_type=Words)
    by: str = Field(sa_type=Key)
    at: datetime = Field(sa_type=Instant)


def entrance_row(incident: str, entrance: Entrance) -> EntranceRow:
    return EntranceRow(incident=incident, **asdict(entrance))


def entrance(row: EntranceRow) -> Entrance:
    return Entrance(row.user, row.told_at, row.read_at)


def lawyer_row(incident: str, room: LawyerRoom) -> LawyerRoomRow:
    lists = {name: list(getattr(room, name)) for name in ("invited", "admins", "present")}
    return LawyerRoomRow(incident=incident, **{**asdict(room), **lists})


def lawyer(row: LawyerRoomRow) -> LawyerRoom:
    held = {field.name: getattr(row, field.name) for field in fields(LawyerRoom)}
    return LawyerRoom(**{**held, **{name: tuple(held[name]) for name in ("invited", "admins", "present")}})


def opinion_row(incident: str, said: Opinion) -> OpinionRow:
    return OpinionRow(incident=incident, **{**asdict(said), "stance": said.stance.value})


def opinion(row: OpinionRow) -> Opinion:
    return Opinion(row.number, row.clock, Stance(row.stance), row.text, row.by, row.at)


def untold(session: Session) -> list[str]:
    """The incidents, not archived, in which somebody is present who was never told what is kept, oldest first."""
    told = and_(col(EntranceRow.incident) == col(MemberRow.incident), col(EntranceRow.user) == col(MemberRow.matrix_id))
    found = (
        select(col(MemberRow.incident))
        .distinct()
        .join(IncidentRow, col(IncidentRow.id) == col(MemberRow.incident))
        .join(EntranceRow, told, isouter=True)
        .where(
            col(MemberRow.joined_at).is_not(None),
            col(MemberRow.left_at).is_(None),
            col(EntranceRow.user).is_(None),
            col(IncidentRow.status) != IncidentStatus.ARCHIVED.value,
        )
    )
    return sorted(session.scalars(found))


def lifted(session: Session) -> list[tuple[str, datetime]]:
    """The incidents that are lifted and not archived, and since when."""
    found = select(col(IncidentRow.id), col(IncidentRow.closed_at)).where(
        col(IncidentRow.status) == IncidentStatus.CLOSED.value, col(IncidentRow.closed_at).is_not(None)
    )
    return sorted((row[0], row[1]) for row in session.execute(found))


def not_left(session: Session) -> list[tuple[str, int]]:
    """The lawyers' rooms in which we still are, by incident and number."""
    found = select(col(LawyerRoomRow.incident), col(LawyerRoomRow.number)).where(col(LawyerRoomRow.left_at).is_(None))
    return sorted((row[0], row[1]) for row in session.execute(found))
