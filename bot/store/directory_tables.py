"""Partners warned: rows of an incident's state, changed in the transaction that logs the change."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

from sqlmodel import Field

from bot.domain.directory import Warned
from bot.store.tables import Base
from bot.store.types import Instant, Key, Words


class WarnedRow(Base, table=True):
    """Who outside was warned of the incident."""

    __tablename__ = "warned"

    incident: str = Field(sa_type=Key, foreign_key="incident.id", primary_key=True)
    name: str = Field(sa_type=Key, primary_key=True)
    at: datetime = Field(sa_type=Instant)
    by: str = Field(sa_type=Key)
    how: str | None = Field(default=None, sa_type=Words)


def warned_row(incident: str, warned: Warned) -> WarnedRow:
    return WarnedRow(incident=incident, **asdict(warned))


def warned(row: WarnedRow) -> Warned:
    return Warned(row.name, row.at, row.by, row.how)
