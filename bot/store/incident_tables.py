"""An incident's state, table by table: ordinary rows, changed in the transaction that logs the change."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field

from bot.store.tables import Base
from bot.store.types import Big, Instant, Json, Key, Words


class IncidentRow(Base, table=True):
    __tablename__ = "incident"
    __table_args__ = (UniqueConstraint("drill", "year", "number"),)

    id: str = Field(sa_type=Key, primary_key=True)
    year: int
    number: int
    drill: bool
    scenario: str = Field(sa_type=Key)
    title: str = Field(sa_type=Words)
    status: str = Field(sa_type=Key, index=True)
    phase: str = Field(sa_type=Key)
    severity: int | None = None
    opened_at: datetime = Field(sa_type=Instant)
    opened_by: str = Field(sa_type=Key)
    organisation: str = Field(sa_type=Words)
    kind: str = Field(sa_type=Key)
    timezone: str = Field(sa_type=Key)
    language: str = Field(sa_type=Key)
    room_key: str = Field(sa_type=Key)
    playbook: Any = Field(sa_type=Json, nullable=False)
    playbook_sha256: str = Field(sa_type=Key)
    closed_at: datetime | None = Field(default=None, sa_type=Instant)
    closed_by: str | None = Field(default=None, sa_type=Key)
    close_reason: str | None = Field(default=None, sa_type=Words)
    rung: str | None = Field(default=None, sa_type=Key)
    left_out: Any = Field(default=None, sa_type=Json, nullable=True)
    rooms: str | None = Field(default=None, sa_type=Key)


class TaskRow(Base, table=True):
    __tablename__ = "task"

    incident: str = Field(sa_type=Key, foreign_key="incident.id", primary_key=True)
    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    code: str | None = Field(default=None, sa_type=Key)
    track: str = Field(sa_type=Key)
    phase: str = Field(sa_type=Key)
    role: str = Field(sa_type=Key)
    title: Any = Field(sa_type=Json, nullable=False)
    opened_at: datetime = Field(sa_type=Instant)
    why: Any = Field(default=None, sa_type=Json, nullable=True)
    how: Any = Field(default=None, sa_type=Json, nullable=True)
    evidence: Any = Field(default=None, sa_type=Json, nullable=True)
    critical: bool
    due: datetime | None = Field(default=None, sa_type=Instant)
    depends_on: Any = Field(sa_type=Json, nullable=False)
    status: str = Field(sa_type=Key)
    owner: str | None = Field(default=None, sa_type=Key)
    done_at: datetime | None = Field(default=None, sa_type=Instant)
    done_by: str | None = Field(default=None, sa_type=Key)
    reason: str | None = Field(default=None, sa_type=Words)
    note: str | None = Field(default=None, sa_type=Words)
    aside: str | None = Field(default=None, sa_type=Words)
    passed: Any = Field(default=None, sa_type=Json, nullable=True)
    put_off: bool = False
    rounds: int = 0
    rung: int = 0
    rung_at: datetime | None = Field(default=None, sa_type=Instant)
    proofs: Any = Field(default=None, sa_type=Json, nullable=True)


class MemberRow(Base, table=True):
    """`place`: the order in which people were called."""

    __tablename__ = "member"

    incident: str = Field(sa_type=Key, foreign_key="incident.id", primary_key=True)
    matrix_id: str = Field(sa_type=Key, primary_key=True, index=True)
    place: int
    name: str = Field(sa_type=Words)
    roles: Any = Field(sa_type=Json, nullable=False)
    called_at: datetime = Field(sa_type=Instant)
    joined_at: datetime | None = Field(default=None, sa_type=Instant)
    left_at: datetime | None = Field(default=None, sa_type=Instant)
    outsider: bool
    deputies: Any = Field(sa_type=Json, nullable=False)
    here_at: datetime | None = Field(default=None, sa_type=Instant)
    resting_since: datetime | None = Field(default=None, sa_type=Instant)
    vouched_by: str | None = Field(default=None, sa_type=Key)
    vouched_at: datetime | None = Field(default=None, sa_type=Instant)
    suspended_at: datetime | None = Field(default=None, sa_type=Instant)
    stands_for: str | None = Field(default=None, sa_type=Key)
    climbed_at: datetime | None = Field(default=None, sa_type=Instant)


class MomentRow(Base, table=True):
    __tablename__ = "moment"

    incident: str = Field(sa_type=Key, foreign_key="incident.id", primary_key=True)
    name: str = Field(sa_type=Key, primary_key=True)
    at: datetime = Field(sa_type=Instant)
    set_by: str | None = Field(default=None, sa_type=Key)
    set_at: datetime = Field(sa_type=Instant)
    reason: str | None = Field(default=None, sa_type=Words)


class BoardRow(Base, table=True):
    __tablename__ = "board"

    incident: str = Field(sa_type=Key, foreign_key="incident.id", primary_key=True)
    name: str = Field(sa_type=Key, primary_key=True)
    generation: int
    digest: str = Field(sa_type=Key)


class UndoRow(Base, table=True):
    """`tasks`, `members`, `clocks`, `entries`: as they were before, so that one's last action can be put back."""

    __tablename__ = "undo"

    incident: str = Field(sa_type=Key, foreign_key="incident.id", primary_key=True)
    author: str = Field(sa_type=Key, primary_key=True)
    at: datetime = Field(sa_type=Instant)
    verb: str = Field(sa_type=Key)
    tasks: Any = Field(sa_type=Json, nullable=False)
    members: Any = Field(sa_type=Json, nullable=False)
    note: str | None = Field(default=None, sa_type=Key)
    clocks: Any = Field(sa_type=Json, nullable=False)
    entries: Any = Field(sa_type=Json, nullable=False)
    was: Any = Field(sa_type=Json, nullable=False)


class PendingRow(Base, table=True):
    __tablename__ = "pending"
    __table_args__ = (Index(None, "expires_at"), {"sqlite_autoincrement": True})

    id: int | None = Field(default=None, sa_type=Big, primary_key=True)
    incident: str | None = Field(default=None, sa_type=Key)
    kind: str = Field(sa_type=Key)
    asked_by: str = Field(sa_type=Key)
    may: Any = Field(sa_type=Json, nullable=False)
    call: Any = Field(sa_type=Json, nullable=False)
    code: str | None = Field(default=None, sa_type=Key)
    room_id: str = Field(sa_type=Key)
    question_key: str | None = Field(default=None, sa_type=Key, index=True)
    created_at: datetime = Field(sa_type=Instant)
    expires_at: datetime = Field(sa_type=Instant)
