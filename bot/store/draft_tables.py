"""Communications: rows of an incident's state, changed in its transactions; a version's row is written once."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKeyConstraint, Index
from sqlalchemy import text as sql
from sqlmodel import Field

from bot.store.tables import Base
from bot.store.types import Big, Instant, Json, Key, Words


class DraftRow(Base, table=True):
    """`route` is as it was when the draft was begun: a template that changes later changes no crisis under way."""

    __tablename__ = "draft"

    incident: str = Field(sa_type=Key, foreign_key="incident.id", primary_key=True)
    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    template: str = Field(sa_type=Key)
    title: Any = Field(sa_type=Json, nullable=False)
    language: str = Field(sa_type=Key)
    leaves: bool
    route: Any = Field(sa_type=Json, nullable=False)
    created_at: datetime = Field(sa_type=Instant)
    approvals: Any = Field(sa_type=Json, nullable=False)
    objections: Any = Field(sa_type=Json, nullable=False)
    releases: Any = Field(sa_type=Json, nullable=False)
    approved_at: datetime | None = Field(default=None, sa_type=Instant)
    corrects: int | None = None
    urgent: bool = Field(default=False, sa_column_kwargs={"server_default": sql("false")})
    audience: str | None = Field(default=None, sa_type=Key)
    channel: str | None = Field(default=None, sa_type=Words)
    asides: Any = Field(default=None, sa_type=Json, nullable=True)


class DraftVersionRow(Base, table=True):
    """One exact text; only `posted_at` is ever added to it."""

    __tablename__ = "draft_version"
    __table_args__ = (ForeignKeyConstraint(["incident", "draft"], ["draft.incident", "draft.number"]),)

    incident: str = Field(sa_type=Key, primary_key=True)
    draft: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    text: str = Field(sa_type=Words)
    sha256: str = Field(sa_type=Key)
    author: str = Field(sa_type=Key)
    written_at: datetime = Field(sa_type=Instant)
    facts: Any = Field(sa_type=Json, nullable=False)
    acts: Any = Field(sa_type=Json, nullable=False)
    posted_at: datetime | None = Field(default=None, sa_type=Instant)
    frozen: str | None = Field(default=None, sa_type=Key)
    watched: Any = Field(default=None, sa_type=Json, nullable=True)
    hours: Any = Field(default=None, sa_type=Json, nullable=True)
    days: Any = Field(default=None, sa_type=Json, nullable=True)


class TextSendRow(Base, table=True):
    """One attempt to send one version to one recipient. `address` stands only until the attempt is settled; `reached`
    is what is kept of it, by which it is known again and from which nobody can read it."""

    __tablename__ = "text_send"
    __table_args__ = (
        ForeignKeyConstraint(["incident", "draft"], ["draft.incident", "draft.number"]),
        Index(None, "state"),
        Index(None, "turn", "state", "id"),
        Index(None, "incident", "draft"),
        {"sqlite_autoincrement": True},
    )

    id: int | None = Field(default=None, sa_type=Big, primary_key=True)
    incident: str = Field(sa_type=Key)
    draft: int
    version: int
    sha256: str = Field(sa_type=Key)
    outlet: str = Field(sa_type=Key)
    address: str | None = Field(default=None, sa_type=Words)
    mark: str = Field(sa_type=Key)
    reached: str = Field(sa_type=Key)
    turn: str = Field(sa_type=Key)
    by: str = Field(sa_type=Key)
    state: str = Field(sa_type=Key)
    trial: bool
    created_at: datetime = Field(sa_type=Instant)
    settled_at: datetime | None = Field(default=None, sa_type=Instant)
