"""Files that people posted in incidents' rooms: what became of each."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index
from sqlmodel import Field

from bot.store.tables import Base
from bot.store.types import Big, Instant, Key, Words


class PostedFile(Base, table=True):
    """`row` is the journal row of its event, `seq` the log's entry that tells of it, once there is one."""

    __tablename__ = "posted_file"
    __table_args__ = (Index(None, "state", "not_before"), Index(None, "incident", "seq"))

    event_id: str = Field(sa_type=Key, primary_key=True)
    incident: str = Field(sa_type=Key, foreign_key="incident.id")
    row: int = Field(sa_type=Big)
    asked_at: datetime = Field(sa_type=Instant)
    state: str = Field(sa_type=Key)
    attempts: int = 0
    not_before: datetime = Field(sa_type=Instant)
    seq: int | None = Field(default=None, sa_type=Big)
    path: str | None = Field(default=None, sa_type=Words)
    size: int | None = Field(default=None, sa_type=Big)
    sha256: str | None = Field(default=None, sa_type=Key)
    why: str | None = Field(default=None, sa_type=Key)
    sealed_size: int | None = Field(default=None, sa_type=Big)
    sealed_sha256: str | None = Field(default=None, sa_type=Key)
