"""The registers: rows of an incident's state, changed in the transactions that log the change."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index
from sqlmodel import Field

from bot.store.tables import Base
from bot.store.types import Big, Instant, Json, Key, Words


class FactRow(Base, table=True):
    __tablename__ = "fact"

    incident: str = Field(sa_type=Key, foreign_key="incident.id", primary_key=True)
    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    text: str = Field(sa_type=Words)
    said_by: str = Field(sa_type=Key)
    said_at: datetime = Field(sa_type=Instant)
    status: str = Field(sa_type=Key)
    rumour: bool
    source: str | None = Field(default=None, sa_type=Words)
    decided_by: str | None = Field(default=None, sa_type=Key)
    decided_at: datetime | None = Field(default=None, sa_type=Instant)
    reason: str | None = Field(default=None, sa_type=Words)
    replaces: int | None = None
    withdrawn: bool


class DecisionRow(Base, table=True):
    """`asked`: it waits for a confirmation of which its taker has not been reminded yet."""

    __tablename__ = "decision"
    __table_args__ = (Index(None, "asked", "at"),)

    incident: str = Field(sa_type=Key, foreign_key="incident.id", primary_key=True)
    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    text: str = Field(sa_type=Words)
    by: str = Field(sa_type=Key)
    typed_by: str = Field(sa_type=Key)
    at: datetime = Field(sa_type=Instant)
    reasons: str | None = Field(default=None, sa_type=Words)
    set_aside: str | None = Field(default=None, sa_type=Words)
    confirmed_at: datetime | None = Field(default=None, sa_type=Instant)
    denied_at: datetime | None = Field(default=None, sa_type=Instant)
    reminded_at: datetime | None = Field(default=None, sa_type=Instant)
    withdrawn: bool
    asked: bool


class EvidenceRow(Base, table=True):
    __tablename__ = "evidence"
    __table_args__ = (Index(None, "keeping"),)

    incident: str = Field(sa_type=Key, foreign_key="incident.id", primary_key=True)
    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    description: str = Field(sa_type=Words)
    collected_by: str = Field(sa_type=Key)
    collected_at: datetime = Field(sa_type=Instant)
    event_id: str | None = Field(default=None, sa_type=Key)
    file: str | None = Field(default=None, sa_type=Words)
    size: int | None = Field(default=None, sa_type=Big)
    mimetype: str | None = Field(default=None, sa_type=Words)
    sha256: str | None = Field(default=None, sa_type=Key)
    keeping: str = Field(sa_type=Key)
    why: str | None = Field(default=None, sa_type=Words)
    location: str | None = Field(default=None, sa_type=Words)
    custody: Any = Field(sa_type=Json, nullable=False)
    legal_ok: bool | None = None
    legal_by: str | None = Field(default=None, sa_type=Key)
    legal_at: datetime | None = Field(default=None, sa_type=Instant)
    legal_note: str | None = Field(default=None, sa_type=Words)
    place: str | None = Field(default=None, sa_type=Words)
    withdrawn: bool


class PhoneCallRow(Base, table=True):
    __tablename__ = "phone_call"

    incident: str = Field(sa_type=Key, foreign_key="incident.id", primary_key=True)
    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    who: str = Field(sa_type=Words)
    summary: str = Field(sa_type=Words)
    by: str = Field(sa_type=Key)
    at: datetime = Field(sa_type=Instant)
    withdrawn: bool


class RollCallRow(Base, table=True):
    __tablename__ = "roll_call"

    incident: str = Field(sa_type=Key, foreign_key="incident.id", primary_key=True)
    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    at: datetime = Field(sa_type=Instant)
    by: str = Field(sa_type=Key)
    called: Any = Field(sa_type=Json, nullable=False)
    here: Any = Field(sa_type=Json, nullable=False)


class PointRow(Base, table=True):
    __tablename__ = "situation_point"

    incident: str = Field(sa_type=Key, foreign_key="incident.id", primary_key=True)
    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    at: datetime = Field(sa_type=Instant)
    by: str = Field(sa_type=Key)
    next_at: datetime = Field(sa_type=Instant)
    approved_by: str | None = Field(default=None, sa_type=Key)
    approved_at: datetime | None = Field(default=None, sa_type=Instant)
    said: Any = Field(sa_type=Json, nullable=False)
