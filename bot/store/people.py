"""What we remember of people: their language, the identity first seen, their devices."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlmodel import Session, col

from bot.store.tables import Device, Person


def language(session: Session, user: str) -> str | None:
    """The language that this person chose, or None."""
    row = session.get(Person, user)
    return row.language if row else None


def set_language(session: Session, user: str, language: str | None) -> None:
    """Answer this person in `language` from now on; None: in the organisation's."""
    _person(session, user).language = language
    session.flush()


def pinned(session: Session, user: str) -> str | None:
    """The master key that was first seen for this person, or None."""
    row = session.get(Person, user)
    return row.master_key if row else None


def pin(session: Session, user: str, master_key: str, now: datetime) -> None:
    """Take this master key for the person's identity."""
    row = _person(session, user)
    row.master_key, row.pinned_at = master_key, now
    session.flush()


def device_seen(session: Session, user: str, device: str, signed: bool, now: datetime) -> bool:
    """Remember the device and whether its owner signed it; True if it is new."""
    row = session.get(Device, (user, device))
    if row is None:
        session.add(Device(user_id=user, device_id=device, signed=signed, first_seen=now))
    else:
        row.signed = signed
    session.flush()
    return row is None


def suspended(session: Session) -> frozenset[str]:
    """The accounts that are taken for somebody else's."""
    return frozenset(session.scalars(select(col(Person.user_id)).where(col(Person.suspended_at).is_not(None))))


def suspend(session: Session, user: str, at: datetime | None) -> None:
    """From now on the account has no rights; None: it has them again."""
    _person(session, user).suspended_at = at
    session.flush()


def _person(session: Session, user: str) -> Person:
    row = session.get(Person, user)
    if row is None:
        row = Person(user_id=user)
        session.add(row)
    return row
