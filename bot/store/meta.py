"""Small facts about the bot itself: `sync_token`, `turn`, `user_id`, `device_id`.

Written only here: what was read or written once is not read again, in this transaction and in later ones.
"""

from __future__ import annotations

from sqlalchemy import bindparam, delete, insert, select, update
from sqlmodel import Session

from bot.store.kept import kept
from bot.store.tables import Meta
from bot.store.types import storable

_MOST_KEPT = 1000
_MOST_FAMILIES = 100
# Put together once: every decision needs several of them.
_META = Meta.metadata.tables["meta"]
_GET = select(_META.c.value).where(_META.c.key == bindparam("name"))
_SET = update(_META).where(_META.c.key == bindparam("name")).values(value=bindparam("said"))
_ADD = insert(_META)


def get(session: Session, key: str) -> str | None:
    """The value kept under `key`, or None."""
    read = kept(session, "meta")
    if key not in read:
        if len(read) >= _MOST_KEPT:
            read.clear()
        read[key] = session.connection().execute(_GET, {"name": key}).scalar_one_or_none()
    found: str | None = read[key]
    return found


def put(session: Session, key: str, value: str) -> None:
    """Keep `value` under `key`, in place of what was there."""
    connection = session.connection()
    if not connection.execute(_SET, {"name": key, "said": value}).rowcount:
        connection.execute(_ADD, {"key": key, "value": value})
    kept(session, "meta")[key] = storable(value)
    _changed(session, key)


def under(session: Session, prefix: str) -> list[tuple[str, str]]:
    """What is kept under the keys that begin so, and is not empty, by key."""
    read = kept(session, "families")
    if prefix not in read:
        if len(read) >= _MOST_FAMILIES:
            read.clear()
        found = select(_META.c.key, _META.c.value).where(
            _META.c.key.startswith(prefix, autoescape=True), _META.c.value != ""
        )
        read[prefix] = [(row.key, row.value) for row in session.connection().execute(found.order_by(_META.c.key))]
    return list(read[prefix])


def forget(session: Session, key: str) -> None:
    """Keep nothing under `key`."""
    session.connection().execute(delete(_META).where(_META.c.key == key))
    kept(session, "meta").pop(key, None)
    _changed(session, key)


def forget_under(session: Session, prefix: str) -> None:
    """Keep nothing under the keys that begin so."""
    session.connection().execute(delete(_META).where(_META.c.key.startswith(prefix, autoescape=True)))
    kept(session, "meta").clear()
    kept(session, "families").clear()


def _changed(session: Session, key: str) -> None:
    families = kept(session, "families")
    for prefix in [each for each in families if key.startswith(each)]:
        del families[prefix]
