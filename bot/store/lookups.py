"""Questions that the engine asks across tables: who can read what, and what stands under a family of keys."""

from __future__ import annotations

import json

from sqlalchemy import func, select
from sqlmodel import Session, col

from bot.store import meta
from bot.store.tables import Journal, LogContent, LogEntry

DRAWN = ("picture:", "print:")
"""Under these stands what is still to be drawn or printed: a purge looks there too."""


def session_of(session: Session, event_id: str) -> str | None:
    """The Megolm session in which this event came, or None if we have not seen it come."""
    return session.scalars(select(col(Journal.session_id)).where(col(Journal.event_id) == event_id)).first()


def newest_session(session: Session, room_id: str, sender: str) -> str | None:
    """The Megolm session in which that person last wrote in that room."""
    newest = (
        select(col(Journal.session_id))
        .where(col(Journal.room_id) == room_id, col(Journal.sender) == sender, col(Journal.session_id).is_not(None))
        .order_by(col(Journal.turn).desc(), col(Journal.id).desc())
        .limit(1)
    )
    return session.scalars(newest).first()


def under(session: Session, prefix: str) -> list[tuple[str, str]]:
    """The `meta` entries whose key begins so, that are not empty, by key."""
    return meta.under(session, prefix)


def forget(session: Session, key: str) -> None:
    """Remove one `meta` entry."""
    meta.forget(session, key)


def last_anchor(session: Session, incident: str) -> tuple[int, str] | None:
    """The number and hash of the entry that was anchored last, as the log itself says, or None."""
    newest = (
        select(col(LogContent.content))
        .join(
            LogEntry,
            (col(LogEntry.incident) == col(LogContent.incident)) & (col(LogEntry.seq) == col(LogContent.seq)),
        )
        .where(col(LogEntry.incident) == incident, col(LogEntry.kind) == "anchor")
        .order_by(col(LogEntry.seq).desc())
        .limit(1)
    )
    found = session.scalars(newest).first()
    said = json.loads(found) if found else None
    return (said["seq"], said["entry_hash"]) if said else None


def added(session: Session, incident: str, after: int, anchor: str | None, bot: str) -> bool:
    """Whether anything came after that entry but what an anchor itself brings (`anchor`: the event that posted it),
    and the bot's edits of its own messages, which say again what stands in the log already."""
    edits = (col(LogEntry.kind) == "edit") & (func.coalesce(col(LogEntry.sender), "") == bot)
    came = select(col(LogEntry.seq)).where(
        col(LogEntry.incident) == incident,
        col(LogEntry.seq) > after,
        col(LogEntry.kind) != "anchor",
        func.coalesce(col(LogEntry.event_id), "") != (anchor or "-"),
        ~edits,
    )
    return session.scalars(came.limit(1)).first() is not None
