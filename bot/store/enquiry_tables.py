"""Enquiries from outside: rows of an incident's state, changed in the transaction that logs the change."""

from __future__ import annotations

from dataclasses import asdict, fields
from datetime import datetime

from sqlmodel import Field

from bot.domain.enquiries import Asker, Enquiry
from bot.store.tables import Base
from bot.store.types import Instant, Key, Words


class EnquiryRow(Base, table=True):
    """`owner`: who is to answer."""

    __tablename__ = "enquiry"

    incident: str = Field(sa_type=Key, foreign_key="incident.id", primary_key=True)
    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    who: str = Field(sa_type=Words)
    text: str = Field(sa_type=Words)
    asker: str = Field(sa_type=Key)
    by: str = Field(sa_type=Key)
    at: datetime = Field(sa_type=Instant)
    owner: str | None = Field(default=None, sa_type=Key)
    answer: str | None = Field(default=None, sa_type=Words)
    answered_by: str | None = Field(default=None, sa_type=Key)
    answered_at: datetime | None = Field(default=None, sa_type=Instant)
    withdrawn: bool


def enquiry_row(incident: str, enquiry: Enquiry) -> EnquiryRow:
    return EnquiryRow(incident=incident, **{**asdict(enquiry), "asker": enquiry.asker.value})


def enquiry(row: EnquiryRow) -> Enquiry:
    held = {field.name: getattr(row, field.name) for field in fields(Enquiry)}
    return Enquiry(**{**held, "asker": Asker(row.asker)})
