"""The log of what happens in an incident's rooms. Guarantee: every Matrix event of those rooms has exactly one entry,
whatever it holds, and one that could not be read has a second when its key comes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from bot import attachments, gist, inbound
from bot.domain import log as chain
from bot.domain.outcome import Record
from bot.domain.registers import Attachment
from bot.inbound import Happening
from bot.store import log, meta, posted, registers
from bot.store.db import Session
from bot.store.journal import JournalRow
from bot.store.posted import Posted


def event(session: Session, incident: str, row: JournalRow, happening: Happening, now: datetime) -> chain.Entry:
    """Log one event of one of the incident's rooms. A known event id appends nothing and gives its entry."""
    if row.late:
        return _append(session, incident, row, happening, "decrypted", now)
    if row.type == "m.room.encrypted" and row.clear is None:
        return _undecryptable(session, incident, row, happening, now)
    return _append(session, incident, row, happening, happening.kind, now)


def _append(
    session: Session, incident: str, row: JournalRow, happening: Happening, kind: str, now: datetime
) -> chain.Entry:
    said = _said(session, row, happening)
    path: str | None = None
    if happening.kind == "file":
        head = log.head(session, incident)
        about, path = attachments.said_of(session, row, happening, head.seq + 1 if head else 1)
        said |= about
    event_id = row.event_id
    if kind == "decrypted":  # it repeats no event id: its target has it
        found = log.seq_of(session, row.event_id) if row.event_id else None
        relates_to, event_id = said.get("target"), None
        said["target"] = found[1] if found else None
        if relates_to is not None:
            said["relates_to"] = relates_to
    written = log.append(
        session,
        incident,
        kind=kind,
        room_id=row.room_id,
        event_id=event_id,
        sender=row.sender,
        origin_ts=chain.safe_integer(row.origin_ts),
        content=said,
        now=now,
    )
    if happening.kind == "file" and row.event_id is not None:
        posted.told(session, row.event_id, written.seq, path if "file" in (written.content or {}) else None)
    return written


def file_came(session: Session, found: Posted, file: Attachment, now: datetime) -> chain.Entry:
    """Log what became of a file whose entry stands already. It repeats no event id: its target has it."""
    head = log.head(session, found.incident)
    assert head is not None
    about, path = attachments.said(file, found, head.seq + 1)
    said = {"target": found.seq, **about}
    written = log.append(session, found.incident, kind="file", content=said, now=now)
    posted.told(session, found.event_id, written.seq, path)
    return written


def record(
    session: Session, incident: str, entry: Record, *, sender: str | None, cause: int | None, now: datetime
) -> chain.Entry:
    """Log a change of state that a decision made."""
    said: dict[str, Any] = {
        "cause": cause,
        "action": entry.action,
        "id": entry.id,
        "before": _plain(entry.before),
        "after": _plain(entry.after),
    }
    if entry.by is not None:
        said["by"] = entry.by
    said.update({name: _plain(value) for name, value in entry.extra.items()})
    return log.append(
        session, incident, kind=entry.kind, sender=sender, occurred_at=entry.occurred_at, content=said, now=now
    )


def system(session: Session, incident: str, kind: str, said: Mapping[str, Any], now: datetime) -> chain.Entry:
    """Log what the bot itself has to say: a start, a stop, a gap, an anchor."""
    return log.append(session, incident, kind=kind, content=_plain(said), now=now)


def _said(session: Session, row: JournalRow, happening: Happening) -> dict[str, Any]:
    provenance = row.provenance
    said: dict[str, Any] = {
        "type": happening.type,
        "content": happening.kept,
        "encrypted": happening.encrypted,
        "device": provenance.device if provenance else None,
        "device_signed": provenance.device_signed if provenance else None,
        "thread": happening.thread,
        "reply_to": happening.reply_to,
    }
    if provenance is not None and not provenance.trusted and provenance.why and happening.kind != "reaction":
        said["untrusted"] = provenance.why
    if happening.state_key is not None:
        said["state_key"] = happening.state_key
    if happening.kind in ("edit", "redaction", "reaction"):
        found = log.seq_of(session, happening.target) if happening.target else None
        said["target"] = found[1] if found else None
        if found is None and happening.kind == "redaction":
            said["target_event"] = happening.target
    if happening.about is not None:
        found = log.seq_of(session, happening.about)
        said["target"] = found[1] if found else None
    if happening.change is not None:
        said["change"] = happening.change
    if happening.withdrawn is not None:
        said["withdrawn"] = dict(happening.withdrawn)
    words = gist.in_words(happening.type, happening.content, _poll_of(session, happening))
    if words is not None:
        said["text"] = words
    return said


def _poll_of(session: Session, happening: Happening) -> Mapping[str, Any] | None:
    """The content of the poll that an event answers, of the same room or not: only its answers' texts are taken."""
    row = registers.event(session, happening.about) if happening.about else None
    return inbound.read(row).content if row is not None else None


def _undecryptable(
    session: Session, incident: str, row: JournalRow, happening: Happening, now: datetime
) -> chain.Entry:
    outer, _ = chain.parse(row.raw)
    sealed = outer.get("content") if isinstance(outer, dict) else None
    sealed = sealed if isinstance(sealed, dict) else {}
    session_id = sealed.get("session_id")
    withheld = meta.get(session, f"withheld:{session_id}") if isinstance(session_id, str) else None
    return log.append(
        session,
        incident,
        kind="undecryptable",
        room_id=row.room_id,
        event_id=row.event_id,
        sender=row.sender,
        origin_ts=chain.safe_integer(row.origin_ts),
        content={
            "type": row.type,
            "session": session_id if isinstance(session_id, str) else None,
            "device": sealed.get("device_id") if isinstance(sealed.get("device_id"), str) else None,
            "withheld": withheld,
            "why": row.provenance.why if row.provenance else None,
            **({"withdrawn": dict(happening.withdrawn)} if happening.withdrawn is not None else {}),
        },
        now=now,
    )


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return chain.to_rfc3339(value)
    if isinstance(value, Mapping):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return value
