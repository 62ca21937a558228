"""Small facts about the bot itself: `sync_token`, `turn`, `user_id`, `device_id`."""

from __future__ import annotations

from sqlmodel import Session

from bot.store.tables import Meta


def get(session: Session, key: str) -> str | None:
    """The value kept under `key`, or None."""
    row = session.get(Meta, key)
    return row.value if row else None


def put(session: Session, key: str, value: str) -> None:
    """Keep `value` under `key`, in place of what was there."""
    session.merge(Meta(key=key, value=value))
    session.flush()
