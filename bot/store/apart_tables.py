"""Tracks' rooms and guests: rows of an incident's state, changed in the transaction that logs the change."""

from __future__ import annotations

from dataclasses import asdict, fields
from datetime import datetime
from typing import Any

from sqlalchemy import Index, select
from sqlmodel import Field, Session, col

from bot.domain.apart import Guest, TrackRoom
from bot.domain.roles import Track
from bot.store.tables import Base
from bot.store.types import Instant, Json, Key, Words


class TrackRoomRow(Base, table=True):
    """A track's own room, and who was asked into it."""

    __tablename__ = "track_room"

    incident: str = Field(sa_type=Key, foreign_key="incident.id", primary_key=True)
    track: str = Field(sa_type=Key, primary_key=True)
    people: Any = Field(sa_type=Json, nullable=False)


class GuestRow(Base, table=True):
    """Somebody from outside, until when, and in which room."""

    __tablename__ = "guest"
    __table_args__ = (Index(None, "left_at"),)

    incident: str = Field(sa_type=Key, foreign_key="incident.id", primary_key=True)
    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    room: int
    user: str = Field(sa_type=Key)
    name: str = Field(sa_type=Words)
    invited_by: str = Field(sa_type=Key)
    second: str = Field(sa_type=Key)
    invited_at: datetime = Field(sa_type=Instant)
    until: datetime = Field(sa_type=Instant)
    hosts: Any = Field(sa_type=Json, nullable=False)
    joined_at: datetime | None = Field(default=None, sa_type=Instant)
    left_at: datetime | None = Field(default=None, sa_type=Instant)
    ended_by: str | None = Field(default=None, sa_type=Key)


def track_row(incident: str, room: TrackRoom) -> TrackRoomRow:
    return TrackRoomRow(incident=incident, track=room.track.value, people=list(room.people))


def track(row: TrackRoomRow) -> TrackRoom:
    return TrackRoom(Track(row.track), tuple(row.people))


def guest_row(incident: str, guest: Guest) -> GuestRow:
    return GuestRow(incident=incident, **{**asdict(guest), "hosts": list(guest.hosts)})


def guest(row: GuestRow) -> Guest:
    held = {field.name: getattr(row, field.name) for field in fields(Guest)}
    return Guest(**{**held, "hosts": tuple(row.hosts)})


def with_guests(session: Session) -> list[str]:
    """The incidents in which somebody from outside may be in their room."""
    return sorted(set(session.scalars(select(col(GuestRow.incident)).where(col(GuestRow.left_at).is_(None)))))
