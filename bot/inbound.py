"""From a journal row to what happened: a message, an edit, a withdrawal, a reaction, a file, a coming or going.

Owns the reading of Matrix event content, which anybody may fill with anything: nothing here raises, and what is not
understood is still a value that the log keeps raw. Knows no chat library.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot import gist
from bot.domain import log
from bot.domain.registers import Attachment
from bot.store.journal import JournalRow

FILES = frozenset({"m.file", "m.image", "m.audio", "m.video"})
_FALLBACK = re.compile(r"\A(?:> [^\n]*(?:\n|\Z))+\n?")
_REPLY_HTML = re.compile(r"\A\s*<mx-reply>.*?</mx-reply>", re.DOTALL | re.IGNORECASE)


@dataclass(frozen=True)
class Happening:
    """One Matrix event, opened as far as it could be.

    `kind` is the log's word for it. `content` is the clear content, always a mapping; `kept` is what the log keeps of
    it (the same, or its exact bytes where it is not I-JSON). `text` is set only for a fresh text message, and for the
    caption of a file.
    """

    kind: str
    type: str
    sender: str | None
    content: Mapping[str, Any]
    kept: Any
    encrypted: bool
    text: str | None = None
    html: str | None = None
    target: str | None = None
    thread: str | None = None
    reply_to: str | None = None
    state_key: str | None = None
    key: str | None = None
    marker: str | None = None
    forwarded: bool = False
    about: str | None = None
    """The event that this one belongs to without changing it: the poll of an answer."""
    change: str | None = None
    """What a membership event means: join, leave, kick, ban, unban, invite, uninvite, decline, knock, profile."""
    withdrawn: Mapping[str, Any] | None = None
    """By whom, when (milliseconds of the homeserver) and why, if the event had been withdrawn before it came."""


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def read(row: JournalRow) -> Happening:
    """What a journal row says happened. Never raises: bad content becomes empty content, and is kept as bytes."""
    outer, _ = log.parse(row.raw)
    event = _mapping(outer)
    encrypted = row.provenance is not None and row.provenance.encrypted and row.clear is not None
    raw = row.clear if encrypted and row.clear is not None else row.raw
    inner, fault = log.parse(raw)
    clear = _mapping(inner) if encrypted else event
    content = _mapping(clear.get("content"))
    type_ = _text(clear.get("type")) or row.type
    kept: Any = clear.get("content", {})
    if fault:  # it is of the whole event, and so of its content
        kept = log.keep(raw, None, fault)
    if encrypted:
        # What was encrypted is the sender's word; the envelope is the server's, and only fills what is missing.
        content = {**_outer_relation(event), **content}
    relation = _mapping(content.get("m.relates_to"))
    rel_type, related = _text(relation.get("rel_type")), _text(relation.get("event_id"))
    reply_to = _text(_mapping(relation.get("m.in_reply_to")).get("event_id"))
    thread = related if rel_type == "m.thread" else None
    if thread is not None and relation.get("is_falling_back") is True:
        reply_to = None
    kind, target = _kind(type_, event, content, rel_type, related)
    state_key = _text(event.get("state_key"))
    fresh = (kind == "message" and content.get("msgtype") == "m.text") or (kind == "file" and _captioned(content))
    body = _text(content.get("body"))
    html = _text(content.get("formatted_body"))
    return Happening(
        kind=kind,
        type=type_,
        sender=row.sender,
        content=content,
        kept=kept,
        encrypted=encrypted,
        text=_without_fallback(body, reply_to) if fresh and body is not None else None,
        html=_REPLY_HTML.sub("", html) if html is not None else None,
        target=target,
        thread=thread,
        reply_to=reply_to,
        state_key=state_key,
        key=_text(relation.get("key")) if kind == "reaction" else None,
        marker=_text(content.get("fr.tocsin.id")),
        forwarded="m.forwarded" in content or "com.famedly.app.forward" in content,
        about=related if type_ in gist.ABOUT_POLLS else None,
        change=_change(event, content, state_key) if kind == "membership" else None,
        withdrawn=_withdrawn(event),
    )


def new_text(happening: Happening) -> str | None:
    """The text that an edit puts in the place of the old one."""
    return _text(_mapping(happening.content.get("m.new_content")).get("body"))


def attachment(happening: Happening, event_id: str | None) -> Attachment | None:
    """The file that an event posts (Matrix specification, 11.2.1.6), or None if it posts none that could be had."""
    content = happening.content
    key = _mapping(content.get("file"))
    mxc = _text(key.get("url")) or _text(content.get("url"))
    if happening.kind != "file" or event_id is None or mxc is None or happening.sender is None:
        return None
    info = _mapping(content.get("info"))
    size = info.get("size")
    return Attachment(
        event_id=event_id,
        sender=happening.sender,
        name=_text(content.get("filename")) or _text(content.get("body")) or "",
        mimetype=_text(info.get("mimetype")) or "application/octet-stream",
        size=size if isinstance(size, int) and 0 <= size < 2**53 else None,
        mxc=mxc,
        key=key or None,
    )


def wordless(happening: Happening) -> str | None:
    """`voice` or `picture` for a file that says nothing which can be read: no caption; else None."""
    if happening.kind != "file" or _captioned(happening.content):
        return None
    kinds = {"m.audio": "voice", "m.image": "picture", "m.video": "picture"}
    return kinds.get(str(happening.content.get("msgtype")))


def _change(event: Mapping[str, Any], content: Mapping[str, Any], whose: str | None) -> str | None:
    """What a membership event means (Matrix specification, 10.3): the server tells what was before."""
    now = _text(content.get("membership"))
    before = _text(_mapping(_mapping(event.get("unsigned")).get("prev_content")).get("membership"))
    if now == "leave" and event.get("sender") != whose:
        return {"ban": "unban", "invite": "uninvite"}.get(before or "", "kick")
    if now == "leave" and before == "invite":
        return "decline"
    return "profile" if now == before == "join" else now


def _withdrawn(event: Mapping[str, Any]) -> Mapping[str, Any] | None:
    because = _mapping(_mapping(event.get("unsigned")).get("redacted_because"))
    if not because:
        return None
    said = {
        "by": _text(because.get("sender")),
        "at": log.safe_integer(because.get("origin_server_ts")),
        "reason": _text(_mapping(because.get("content")).get("reason")),
    }
    return said if log.ijson_fault(said) is None else {"by": None, "at": None, "reason": None}


def _captioned(content: Mapping[str, Any]) -> bool:
    """Whether a file's body is a caption: it is one where the file's name stands elsewhere."""
    name, body = _text(content.get("filename")), _text(content.get("body"))
    return name is not None and body is not None and name != body


def _outer_relation(event: Mapping[str, Any]) -> dict[str, Any]:
    """Relations stand in clear on the envelope of an encrypted event (Matrix specification, 11.35.1)."""
    relation = _mapping(event.get("content")).get("m.relates_to")
    return {"m.relates_to": relation} if isinstance(relation, dict) else {}


def _without_fallback(body: str, reply_to: str | None) -> str:
    return _FALLBACK.sub("", body) if reply_to else body


def _kind(
    type_: str, event: Mapping[str, Any], content: Mapping[str, Any], rel_type: str | None, related: str | None
) -> tuple[str, str | None]:
    if type_ == "m.room.redaction":
        return "redaction", _text(event.get("redacts")) or _text(content.get("redacts"))
    if type_ == "m.room.member":
        return "membership", None
    if "state_key" in event:
        return "state", None
    if type_ == "m.reaction":
        return "reaction", related
    if rel_type == "m.replace" or "m.new_content" in content:
        # A server that takes the relation away must not make a fresh command out of an edit.
        return "edit", related if rel_type == "m.replace" else None
    if type_ == "m.room.message" and content.get("msgtype") in FILES:
        return "file", None
    if gist.is_call(type_):
        return "call", None
    return "message", None
