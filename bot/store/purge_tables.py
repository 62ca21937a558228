"""Entries that are hidden while a purge of them is confirmed, and incidents of which nothing may be purged."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Field

from bot.store.tables import Base
from bot.store.types import Big, Instant, Key, Words


class HiddenRow(Base, table=True):
    """An entry that its author withdrew for the data in it: nobody is shown it, and exports withhold it.

    `request`: which demand hid it; one that two demands hid stays hidden until both are over.
    """

    __tablename__ = "hidden"

    incident: str = Field(sa_type=Key, foreign_key="incident.id", primary_key=True)
    seq: int = Field(sa_type=Big, primary_key=True, sa_column_kwargs={"autoincrement": False})
    request: str = Field(sa_type=Key, primary_key=True)
    at: datetime = Field(sa_type=Instant)


class HoldRow(Base, table=True):
    """A legal hold that is on; the row goes when it is lifted, the log keeps both."""

    __tablename__ = "hold"

    incident: str = Field(sa_type=Key, foreign_key="incident.id", primary_key=True)
    by: str = Field(sa_type=Key)
    at: datetime = Field(sa_type=Instant)
    reason: str = Field(sa_type=Words)
