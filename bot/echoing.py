"""Our own message comes back, of which data were purged meanwhile. Guarantee: the log never holds what it said, and it
is withdrawn from its room; one that went out after the purge, without the data, stays as it is; and what was hidden
meanwhile is hidden in it too."""

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


def hide_again(session: Session, row: JournalRow, marker: str | None, seq: int | None, now: datetime) -> None:
    """Our own message came back, logged as `seq` if its room has a log: where it says what was hidden since it went
    out, it is hidden as well, until that demand is over."""
    held = echoes.hidden_by(session, marker) if marker else None
    if held is None or not purge.is_asked(session, *held) or row.event_id is None or row.room_id is None:
        return
    incident, request = held
    if seq is not None:
        purge.hide(session, incident, [seq], request, now)
    withdraw(session, [(row.event_id, row.room_id)], now)


def _is_clean(session: Session, marker: str, happening: Happening) -> bool:
    """Whether it says what is left of it since the purge."""
    sent = outbox.get(session, marker)
    left = sent.frozen.get("content") if sent is not None and isinstance(sent.frozen, dict) else None
    return isinstance(left, dict) and all(left.get(each) == happening.content.get(each) for each in _WORDS)
