"""Questions that the engine asks across tables: who was called when, and what stands under a family of keys."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, select
from sqlmodel import Session, col

from bot.store.tables import Device, Meta, Outbox


def invited_at(session: Session, room_key: str, user: str) -> datetime | None:
    """When the homeserver took our latest invitation of this person into that room; None if it has not."""
    sent = (
        select(col(Outbox.sent_at))
        .where(
            col(Outbox.room_key) == room_key,
            col(Outbox.dedupe_key).startswith(f"invite:{room_key}:{user}:", autoescape=True),
        )
        .order_by(col(Outbox.seq).desc())
    )
    return session.scalars(sent).first()


def newest_device(session: Session, user: str) -> datetime | None:
    """When the last device of this person was first seen, or None if none was."""
    seen = (
        select(col(Device.first_seen))
        .where(col(Device.user_id) == user)
        .order_by(col(Device.first_seen).desc())
    )
    return session.scalars(seen).first()


def under(session: Session, prefix: str) -> list[tuple[str, str]]:
    """The `meta` entries whose key begins so, that are not empty, by key."""
    found = select(col(Meta.key), col(Meta.value)).where(
        col(Meta.key).startswith(prefix, autoescape=True), col(Meta.value) != ""
    )
    return [(row[0], row[1]) for row in session.execute(found.order_by(col(Meta.key)))]


def forget(session: Session, key: str) -> None:
    """Remove one `meta` entry."""
    session.execute(delete(Meta).where(col(Meta.key) == key))
