"""The values that the outbox gives and takes, and how a payload speaks of our own earlier messages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

ROOM_KINDS = frozenset({"create", "invite", "kick", "join"})
UNADDRESSED = frozenset({"create", "join"})


@dataclass(frozen=True)
class Outgoing:
    """Something to be said or done, once for ever under its `dedupe_key`.

    `priority`: 0 urgent, 1 normal, 2 when there is nothing else. `coalesce`: takes the place of what waits,
    not yet attempted, under the same key in the same room.
    """

    room_key: str
    kind: str
    payload: dict[str, Any]
    dedupe_key: str
    priority: int = 1
    coalesce: str | None = None
    not_before: datetime | None = None


@dataclass(frozen=True)
class OutboxRow:
    """A row of the outbox. `id` is the Matrix transaction id, `seq` the order in which rows were put in.

    `room_id` is None until the room is there; `frozen` is what the first attempt sent, and every later one
    sends.
    """

    id: str
    seq: int
    room_key: str
    room_id: str | None
    kind: str
    payload: dict[str, Any]
    dedupe_key: str
    priority: int
    coalesce: str | None
    not_before: datetime | None
    created_at: datetime
    state: str
    attempts: int
    first_attempt_at: datetime | None
    attempted_at: datetime | None
    device_id: str | None
    frozen: dict[str, Any] | None
    retry_at: datetime | None
    error: str | None
    mxc: str | None
    upload_keys: dict[str, Any] | None
    event_id: str | None
    sent_at: datetime | None
    echoed_at: datetime | None
    awaited: bool = False
    """Whether somebody who typed waits for it; said only where answers are asked for first."""


def lane(kind: str) -> str:
    """`rooms` for what makes rooms and moves people, `talk` for all else: one never waits for the other."""
    return "rooms" if kind in ROOM_KINDS else "talk"


def targets(payload: object) -> set[str]:
    """The dedupe keys of our own messages that a payload speaks of, as `{"outbox": key}`."""
    return set(_targets(payload))


def without(kind: str, payload: dict[str, Any], key: str) -> dict[str, Any] | None:
    """The payload once its target `key` can never be sent; None if nothing sensible is left of it.

    A reply or a message in a thread is said all the same, outside of it.
    """
    if kind == "pin":
        kept = [event for event in payload["events"] if event != {"outbox": key}]
        return {**payload, "events": kept} if kept else None
    content = payload.get("content")
    place, holder = ("content", content) if isinstance(content, dict) else (None, payload)
    for name in ("m.relates_to", "relates_to"):
        relation = holder.get(name)
        if isinstance(relation, dict) and key in targets(relation) and relation.get("rel_type") != "m.replace":
            kept_fields = {field: value for field, value in holder.items() if field != name}
            rest = {**payload, place: kept_fields} if place else kept_fields
            return None if key in targets(rest) else rest
    return None


def _targets(value: object) -> Iterator[str]:
    if isinstance(value, Mapping):
        if set(value) == {"outbox"} and isinstance(value["outbox"], str):
            yield value["outbox"]
            return
        for inner in value.values():
            yield from _targets(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _targets(inner)
