"""Clocks, the history of moments, and who was rung: rows of an incident's state, changed in its transactions."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index
from sqlmodel import Field

from bot.store.tables import Base
from bot.store.types import Big, Instant, Json, Key, Words


class ClockRow(Base, table=True):
    """`id` names it within the incident; `next_at` is when it wants attention again."""

    __tablename__ = "clock"
    __table_args__ = (Index(None, "next_at"),)

    incident: str = Field(sa_type=Key, foreign_key="incident.id", primary_key=True)
    id: str = Field(sa_type=Key, primary_key=True)
    rule: str = Field(sa_type=Key)
    party: str = Field(sa_type=Key)
    names: Any = Field(sa_type=Json, nullable=False)
    title: Any = Field(sa_type=Json, nullable=False)
    visible: str = Field(sa_type=Key)
    owner_role: str = Field(sa_type=Key)
    moment: str = Field(sa_type=Key)
    started_at: datetime = Field(sa_type=Instant)
    status: str = Field(sa_type=Key)
    legal_status: str = Field(sa_type=Key)
    without_figure: bool
    authority: Any = Field(default=None, sa_type=Json, nullable=True)
    reference_text: Any = Field(default=None, sa_type=Json, nullable=True)
    waivable: bool
    data_protection: bool
    rests_on: Any = Field(sa_type=Json, nullable=False)
    prudent_from: datetime | None = Field(default=None, sa_type=Instant)
    prudent_due: datetime | None = Field(default=None, sa_type=Instant)
    official_from: datetime | None = Field(default=None, sa_type=Instant)
    official_due: datetime | None = Field(default=None, sa_type=Instant)
    owner: str | None = Field(default=None, sa_type=Key)
    filed_at: datetime | None = Field(default=None, sa_type=Instant)
    filed_by: str | None = Field(default=None, sa_type=Key)
    reached: str | None = Field(default=None, sa_type=Words)
    reference: str | None = Field(default=None, sa_type=Words)
    closed_at: datetime | None = Field(default=None, sa_type=Instant)
    late_reason: str | None = Field(default=None, sa_type=Words)
    waived_by: Any = Field(sa_type=Json, nullable=False)
    waived_at: datetime | None = Field(default=None, sa_type=Instant)
    waive_reason: str | None = Field(default=None, sa_type=Key)
    waive_text: str | None = Field(default=None, sa_type=Words)
    answers: Any = Field(sa_type=Json, nullable=False)
    ring: Any = Field(sa_type=Json, nullable=False)
    next_at: datetime | None = Field(default=None, sa_type=Instant)
    plan: Any = Field(default=None, sa_type=Json, nullable=True)
    contract_minutes: int | None = None
    rounds: int = 0


class MomentChangeRow(Base, table=True):
    """Every recording of a moment, kept beside the moment as it stands."""

    __tablename__ = "moment_change"

    incident: str = Field(sa_type=Key, foreign_key="incident.id", primary_key=True)
    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    name: str = Field(sa_type=Key)
    at: datetime = Field(sa_type=Instant)
    set_by: str | None = Field(default=None, sa_type=Key)
    set_at: datetime = Field(sa_type=Instant)
    reason: str | None = Field(default=None, sa_type=Words)
    previous: datetime | None = Field(default=None, sa_type=Instant)
    typed_by: str | None = Field(default=None, sa_type=Key)


class NudgeRow(Base, table=True):
    """One person rung for one step of one clock. `message` is the outbox key of what said it; `rang` whether it was
    to be heard; `due` when the step was planned."""

    __tablename__ = "nudge"
    __table_args__ = (
        Index(None, "message"),
        Index(None, "person", "sent_at"),
        {"sqlite_autoincrement": True},
    )

    id: int | None = Field(default=None, sa_type=Big, primary_key=True)
    incident: str = Field(sa_type=Key, foreign_key="incident.id")
    clock: str = Field(sa_type=Key)
    step: str = Field(sa_type=Key)
    rung: int
    person: str = Field(sa_type=Key)
    message: str = Field(sa_type=Key)
    rang: bool
    due: datetime = Field(sa_type=Instant)
    sent_at: datetime = Field(sa_type=Instant)
    seen_at: datetime | None = Field(default=None, sa_type=Instant)


class OutsideCallRow(Base, table=True):
    """One attempt to reach one person outside Matrix, for all clocks that climbed to it together.

    `state` is `waiting`, `attempted` (begun: its outcome is not known yet), `sent`, `failed`, `unknown` or `dropped`
    (not wanted any more).
    """

    __tablename__ = "outside_call"
    __table_args__ = (
        Index(None, "state"),
        Index(None, "person", "created_at"),
        {"sqlite_autoincrement": True},
    )

    id: int | None = Field(default=None, sa_type=Big, primary_key=True)
    incident: str = Field(sa_type=Key, foreign_key="incident.id")
    clocks: Any = Field(sa_type=Json, nullable=False)
    step: str = Field(sa_type=Key)
    person: str = Field(sa_type=Key)
    channel: str = Field(sa_type=Key)
    code: str = Field(sa_type=Key)
    state: str = Field(sa_type=Key)
    created_at: datetime = Field(sa_type=Instant)
    attempted_at: datetime | None = Field(default=None, sa_type=Instant)
    settled_at: datetime | None = Field(default=None, sa_type=Instant)
    acknowledged_at: datetime | None = Field(default=None, sa_type=Instant)
