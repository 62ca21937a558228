"""What a row of the outbox becomes on the wire. Guarantee: pure, and complete before the first attempt.

Each event carries the row's id as a marker (see `reconcile`), an edit in its new content, too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from bot.matrix.reconcile import MARKER
from bot.matrix.rooms import creation_content
from bot.matrix.signatures import Json
from bot.store.outbox import OutboxRow

Lookup = Callable[[str], str | None]


class Unresolved(Exception):  # noqa: N818
    """The row speaks of a message of ours that has no event id yet."""


class Withdrawn(Exception):  # noqa: N818
    """The row was taken back since it was read: nothing of it was sent, nor will be."""


def timely(row: OutboxRow, now: datetime) -> OutboxRow:
    """The row as it is to be said now: where its message could not leave in time, what is to be said instead."""
    late = row.payload.get("late")
    if late is None:
        return row
    payload = {name: value for name, value in row.payload.items() if name != "late"}
    if now > datetime.fromisoformat(late["after"]):
        payload["content"] = late["content"]
    return replace(row, payload=payload)


def freeze(row: OutboxRow, lookup: Lookup, bot: str) -> Json:
    """Return what the row sends, exactly as it will be sent however often it is tried.

    `lookup` gives the event id of our message with a dedupe key. Raises Unresolved.
    """
    payload = resolve(row.payload, lookup)
    match row.kind:
        case "message":
            return {"type": payload["type"], "content": marked(payload["content"], row.id)}
        case "reaction":
            about = {"rel_type": "m.annotation", "event_id": payload["event_id"], "key": payload["key"]}
            return {"type": "m.reaction", "content": marked({"m.relates_to": about}, row.id)}
        case "pin":
            return {
                "type": "m.room.pinned_events",
                "state_key": "",
                "content": {"pinned": payload["events"]},
            }
        case "create":
            alias = payload.get("alias_local") or f"tocsin_{row.id}"
            return creation_content(payload | {"alias_local": alias}, bot)
        case _:
            return dict(payload)


def file_event(row: OutboxRow, size: int, mxc: str, keys: Mapping[str, Any], lookup: Lookup) -> Json:
    """Return the event of an uploaded, encrypted file of `size` bytes. Raises Unresolved."""
    payload = resolve(row.payload, lookup)
    content = {
        "msgtype": "m.image" if payload["mimetype"].startswith("image/") else "m.file",
        "body": payload.get("body") or payload["filename"],
        "filename": payload["filename"],
        "info": {"mimetype": payload["mimetype"], "size": size},
        "file": {**keys, "url": mxc},
        "m.mentions": {},
    }
    if payload.get("relates_to"):
        content["m.relates_to"] = payload["relates_to"]
    return {"type": "m.room.message", "content": marked(content, row.id)}


def marked(content: Mapping[str, Any], marker: str) -> Json:
    """Return the content with the marker in it."""
    result = dict(content) | {MARKER: marker}
    if isinstance(result.get("m.new_content"), dict):
        result["m.new_content"] = result["m.new_content"] | {MARKER: marker}
    return result


def resolve(value: Any, lookup: Lookup) -> Any:
    """Return `value` with each `{"outbox": dedupe_key}` in it replaced by that message's event id."""
    if isinstance(value, dict):
        if value.keys() == {"outbox"}:
            event_id = lookup(value["outbox"])
            if event_id is None:
                raise Unresolved(value["outbox"])
            return event_id
        return {key: resolve(part, lookup) for key, part in value.items()}
    if isinstance(value, list):
        return [resolve(part, lookup) for part in value]
    return value
