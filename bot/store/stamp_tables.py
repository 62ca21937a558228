"""Time-stamps of the log's heads: asked for, and held."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKeyConstraint, Index, LargeBinary
from sqlmodel import Field

from bot.store.tables import Base
from bot.store.types import Big, Instant, Key, Words


class StampRow(Base, table=True):
    """`state`: `wanted`, `held`, or `passed`, as a later head has its own. `token` is the authority's answer whole,
    `certificates` the chain up to its root, in PEM."""

    __tablename__ = "stamp"
    __table_args__ = (
        ForeignKeyConstraint(["incident", "seq"], ["log_entry.incident", "log_entry.seq"]),
        Index(None, "state", "again_at"),
    )

    incident: str = Field(sa_type=Key, primary_key=True)
    seq: int = Field(sa_type=Big, primary_key=True, sa_column_kwargs={"autoincrement": False})
    event_id: str = Field(sa_type=Key)
    state: str = Field(sa_type=Key)
    attempts: int = 0
    again_at: datetime = Field(sa_type=Instant)
    error: str | None = Field(default=None, sa_type=Words)
    token: bytes | None = Field(default=None, sa_type=LargeBinary)
    certificates: bytes | None = Field(default=None, sa_type=LargeBinary)
