"""What is kept, table by table. Guarantee: every lookup that the running bot makes has its index here.

Tables do not validate: the domain does. Nothing outside `bot.store` sees these classes: its functions
take and return plain values.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import ForeignKeyConstraint, Index, LargeBinary, MetaData, Text, text
from sqlmodel import Field, SQLModel

from bot.store.types import Big, Instant, Json, Key, Words

# One name for each constraint on both databases: migrations must be able to name what they change.
NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(SQLModel):
    metadata: ClassVar[MetaData] = MetaData(naming_convention=NAMES)


class Meta(Base, table=True):
    __tablename__ = "meta"

    key: str = Field(sa_type=Key, primary_key=True)
    value: str = Field(sa_type=Words)


# -- what came in -------------------------------------------------------------------------------------------


_WAITS = "not_before IS NOT NULL"


class Journal(Base, table=True):
    """`locked`: its key is missing; `not_before`: when a row that failed is tried again."""

    __tablename__ = "journal"
    __table_args__ = (
        Index(None, "state", "turn", "part", "id"),
        Index(None, "room_id", "state", "turn", "part", "id"),
        Index(None, "session_id"),
        Index(None, "turn"),
        Index(None, "not_before", sqlite_where=text(_WAITS), postgresql_where=text(_WAITS)),
        {"sqlite_autoincrement": True},
    )

    id: int | None = Field(default=None, sa_type=Big, primary_key=True)
    kind: str = Field(sa_type=Key)
    section: str = Field(sa_type=Key)
    room_id: str | None = Field(default=None, sa_type=Key)
    event_id: str | None = Field(default=None, sa_type=Key, unique=True)
    sender: str | None = Field(default=None, sa_type=Key)
    type: str = Field(sa_type=Key)
    origin_ts: int | None = Field(default=None, sa_type=Big)
    raw: bytes = Field(sa_type=LargeBinary)
    turn: int = Field(sa_type=Big)
    part: int
    received_at: datetime = Field(sa_type=Instant)
    first: bool
    state: str = Field(sa_type=Key)
    session_id: str | None = Field(default=None, sa_type=Key)
    locked: bool = False
    clear: bytes | None = Field(default=None, sa_type=LargeBinary)
    provenance: Any = Field(default=None, sa_type=Json, nullable=True)
    late: bool = False
    attempts: int = 0
    not_before: datetime | None = Field(default=None, sa_type=Instant)
    error: str | None = Field(default=None, sa_type=Words)


class MegolmIndex(Base, table=True):
    """Which event used a message index of a Megolm session first: a second one is a replay."""

    __tablename__ = "megolm_index"

    room_id: str = Field(sa_type=Key, primary_key=True)
    session_id: str = Field(sa_type=Key, primary_key=True)
    index: int = Field(sa_type=Big, primary_key=True, sa_column_kwargs={"autoincrement": False})
    event_id: str = Field(sa_type=Key)


class GapRow(Base, table=True):
    __tablename__ = "gap"
    __table_args__ = (Index(None, "open", "room_id", "turn"), {"sqlite_autoincrement": True})

    id: int | None = Field(default=None, sa_type=Big, primary_key=True)
    room_id: str = Field(sa_type=Key)
    since: str | None = Field(default=None, sa_type=Words)
    prev_batch: str = Field(sa_type=Words)
    position: str = Field(sa_type=Words)
    turn: int = Field(sa_type=Big)
    found: int = 0
    open: bool = True
    recovered: bool | None = None
    reason: str | None = Field(default=None, sa_type=Words)


# -- what goes out ------------------------------------------------------------------------------------------


class Outbox(Base, table=True):
    """`id` is the Matrix transaction id; `seq` the order in which rows were put in."""

    __tablename__ = "outbox"
    __table_args__ = (
        Index(None, "state", "lane", "priority", "seq"),
        Index(None, "room_key", "lane", "retry_at"),
        Index(None, "coalesce", "state"),
        Index(None, "event_id"),
        {"sqlite_autoincrement": True},
    )

    seq: int | None = Field(default=None, sa_type=Big, primary_key=True)
    id: str = Field(sa_type=Key, unique=True)
    room_key: str = Field(sa_type=Key)
    lane: str = Field(sa_type=Key)
    kind: str = Field(sa_type=Key)
    payload: Any = Field(sa_type=Json, nullable=False)
    dedupe_key: str = Field(sa_type=Key)
    priority: int
    coalesce: str | None = Field(default=None, sa_type=Key)
    not_before: datetime | None = Field(default=None, sa_type=Instant)
    created_at: datetime = Field(sa_type=Instant)
    state: str = Field(sa_type=Key)
    attempts: int = 0
    first_attempt_at: datetime | None = Field(default=None, sa_type=Instant)
    attempted_at: datetime | None = Field(default=None, sa_type=Instant)
    device_id: str | None = Field(default=None, sa_type=Key)
    frozen: Any = Field(default=None, sa_type=Json, nullable=True)
    retry_at: datetime | None = Field(default=None, sa_type=Instant)
    error: str | None = Field(default=None, sa_type=Words)
    mxc: str | None = Field(default=None, sa_type=Words)
    upload_keys: Any = Field(default=None, sa_type=Json, nullable=True)
    event_id: str | None = Field(default=None, sa_type=Key)
    sent_at: datetime | None = Field(default=None, sa_type=Instant)
    echoed_at: datetime | None = Field(default=None, sa_type=Instant)


class OutboxKey(Base, table=True):
    """Every dedupe key ever used; a coalesced row has several."""

    __tablename__ = "outbox_key"

    dedupe_key: str = Field(sa_type=Key, primary_key=True)
    seq: int = Field(sa_type=Big, foreign_key="outbox.seq", index=True)


class OutboxTarget(Base, table=True):
    """Our own messages, by dedupe key, that a row speaks of and so must follow."""

    __tablename__ = "outbox_target"

    seq: int = Field(sa_type=Big, foreign_key="outbox.seq", primary_key=True, sa_column_kwargs={"autoincrement": False})
    dedupe_key: str = Field(sa_type=Key, primary_key=True, index=True)


class Blob(Base, table=True):
    __tablename__ = "blob"

    sha256: str = Field(sa_type=Key, primary_key=True)
    data: bytes = Field(sa_type=LargeBinary)


# -- places and people --------------------------------------------------------------------------------------


class RoomRow(Base, table=True):
    __tablename__ = "room"

    key: str = Field(sa_type=Key, primary_key=True)
    room_id: str | None = Field(default=None, sa_type=Key, unique=True)
    kind: str = Field(sa_type=Key)
    incident: str | None = Field(default=None, sa_type=Key, index=True)
    user_id: str | None = Field(default=None, sa_type=Key, index=True)
    encrypted: bool
    left: bool


class Person(Base, table=True):
    __tablename__ = "person"

    user_id: str = Field(sa_type=Key, primary_key=True)
    language: str | None = Field(default=None, sa_type=Key)
    master_key: str | None = Field(default=None, sa_type=Words)
    pinned_at: datetime | None = Field(default=None, sa_type=Instant)
    suspended_at: datetime | None = Field(default=None, sa_type=Instant)


class Device(Base, table=True):
    __tablename__ = "device"

    user_id: str = Field(sa_type=Key, primary_key=True)
    device_id: str = Field(sa_type=Key, primary_key=True)
    signed: bool
    first_seen: datetime = Field(sa_type=Instant)


# -- the action log -----------------------------------------------------------------------------------------


class LogEntry(Base, table=True):
    """Append-only: triggers refuse all but the chain's next entry. Instants are the text that was hashed."""

    __tablename__ = "log_entry"
    __table_args__ = (Index(None, "incident", "kind", "seq"),)

    incident: str = Field(sa_type=Text, primary_key=True)
    seq: int = Field(sa_type=Big, primary_key=True, sa_column_kwargs={"autoincrement": False})
    kind: str = Field(sa_type=Text)
    room_id: str | None = Field(default=None, sa_type=Text)
    event_id: str | None = Field(default=None, sa_type=Text, unique=True)
    sender: str | None = Field(default=None, sa_type=Text)
    origin_ts: int | None = Field(default=None, sa_type=Big)
    logged_at: str = Field(sa_type=Text)
    occurred_at: str | None = Field(default=None, sa_type=Text)
    content_hash: str = Field(sa_type=Text)
    prev_hash: str = Field(sa_type=Text)
    entry_hash: str = Field(sa_type=Text)


class LogContent(Base, table=True):
    """What an entry says. Never updated; deleted only where a later `purge` entry names it.

    Its words stand in the index (see `bot.store.search`), which is no table of ours: each database has its own kind.
    """

    __tablename__ = "log_content"
    __table_args__ = (ForeignKeyConstraint(["incident", "seq"], ["log_entry.incident", "log_entry.seq"]),)

    incident: str = Field(sa_type=Text, primary_key=True)
    seq: int = Field(sa_type=Big, primary_key=True, sa_column_kwargs={"autoincrement": False})
    content: str = Field(sa_type=Text)
    nonce: str = Field(sa_type=Text)


class LogKey(Base, table=True):
    """The log's own Ed25519 key: `seed` sealed with the store's passphrase, `public` in unpadded base64."""

    __tablename__ = "log_key"

    incident: str = Field(sa_type=Key, primary_key=True)
    seed: bytes = Field(sa_type=LargeBinary)
    public: str = Field(sa_type=Words)
    created_at: datetime = Field(sa_type=Instant)
