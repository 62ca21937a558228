"""Our own message comes back, of which data were purged meanwhile. Guarantee: the log never holds what it said, and it
is withdrawn from its room; one that went out after the purge, without the data, stays as it is."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from bot.erasing import withdraw
from bot.inbound import Happening
from bot.store import echoes, meta, outbox, purge
from bot.store.db import Session
from bot.store.journal import JournalRow

_WORDS = ("body", "formatted_body", "m.new_content", "filename")


def without_purged(session: Session, row: JournalRow, happening: Happening, now: datetime) -> Happening:
    """What is logged of our own message that came back."""
    marker = happening.marker
    put = echoes.expected(session, marker) if marker else None
    unread = row.type == "m.room.encrypted" and row.clear is None
    if marker is None or put is None or row.event_id is None or row.room_id is None or unread:
        return happening
    clean = _is_clean(session, marker, happening)
    echoes.came(session, marker, row.id, wipe=not clean)
    if clean:
        return happening
    withdraw(session, [(row.event_id, row.room_id)], now)
    meta.put(session, purge.PENDING, "1")
    said = {"msgtype": "m.notice", "body": put}
    kind = "message" if happening.kind == "file" else happening.kind
    return replace(happening, kind=kind, content=said, kept=said, text=None, html=None)


def _is_clean(session: Session, marker: str, happening: Happening) -> bool:
    """Whether it says what is left of it since the purge."""
    sent = outbox.get(session, marker)
    left = sent.frozen.get("content") if sent is not None and isinstance(sent.frozen, dict) else None
    return isinstance(left, dict) and all(left.get(each) == happening.content.get(each) for each in _WORDS)
