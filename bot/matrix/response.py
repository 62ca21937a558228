"""A sync response, taken apart. Guarantee: every event in it comes out with its exact bytes, whatever is
wrong with it or with its neighbours.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from bot.matrix.spans import BrokenJson, Cursor
from bot.store.journal import Provenance, Received

SECTIONS = ("join", "leave", "invite", "knock")


@dataclass(frozen=True)
class RawEvent:
    """An event: its exact bytes, and what they say; a value that cannot be read has only its outermost
    fields.
    """

    raw: bytes
    value: dict[str, Any]

    def text(self, name: str) -> str | None:
        """Return the field if it is a string."""
        found = self.value.get(name)
        return found if isinstance(found, str) else None

    @property
    def content(self) -> dict[str, Any]:
        """The content, or nothing if it is no object."""
        found = self.value.get("content")
        return found if isinstance(found, dict) else {}


@dataclass
class RoomPart:
    """What a response says of one room."""

    events: list[RawEvent] = field(default_factory=list)
    state: list[RawEvent] = field(default_factory=list)
    limited: bool = False
    prev_batch: str | None = None


@dataclass
class SyncAnswer:
    """What a response says. `key_count` is None where the server said nothing of our one-time keys."""

    next_batch: str = ""
    rooms: dict[str, dict[str, RoomPart]] = field(default_factory=lambda: {name: {} for name in SECTIONS})
    to_device: list[RawEvent] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    key_count: dict[str, Any] | None = None
    fallback_unused: list[str] | None = None


@dataclass
class Page:
    """A page of `/messages`. `end` is None at the end."""

    events: list[RawEvent] = field(default_factory=list)
    end: str | None = None


def read(data: bytes) -> SyncAnswer:
    """Take a sync response apart. Raises BrokenJson if the frame itself is broken or has no token."""
    answer = SyncAnswer()
    cursor = Cursor(data)
    for key in cursor.members():
        if key == "next_batch":
            answer.next_batch = _string(cursor) or ""
        elif key == "rooms":
            for section in cursor.members():
                if section in answer.rooms:
                    for room_id in cursor.members():
                        answer.rooms[section][room_id] = _room(cursor)
        elif key == "to_device":
            answer.to_device = _events_of(cursor)
        elif key == "device_lists":
            lists = _value(cursor.skip())
            if isinstance(lists, dict):
                answer.changed, answer.left = _strings(lists.get("changed")), _strings(lists.get("left"))
        elif key == "device_one_time_keys_count":
            counts = _value(cursor.skip())
            answer.key_count = counts if isinstance(counts, dict) else None
        elif key == "device_unused_fallback_key_types":
            kinds = _value(cursor.skip())
            answer.fallback_unused = _strings(kinds) if isinstance(kinds, list) else None
    if not answer.next_batch:
        raise BrokenJson("a sync response without a token")
    return answer


def read_page(data: bytes) -> Page:
    """Take an answer of `/messages` apart. Raises BrokenJson."""
    page = Page()
    cursor = Cursor(data)
    for key in cursor.members():
        if key == "chunk":
            page.events = _events(cursor)
        elif key == "end":
            page.end = _string(cursor)
    return page


def read_state(data: bytes) -> list[RawEvent]:
    """Take an answer of `/state` apart. Raises BrokenJson."""
    return _events(Cursor(data))


def received(
    event: RawEvent, section: str, room_id: str, since: str | None, opened: tuple[bytes, Provenance] | None = None
) -> Received:
    """Return what the journal keeps of an event; `opened` is what it was found to say, where it came encrypted.

    One without a usable id gets one made of its bytes. A stripped event never has one: the token of the
    request is mixed in, so that the same invitation a week later is another, and the same response received
    twice is not.
    """
    event_id = event.text("event_id")
    if not event_id:
        seed = since if section in ("invite", "knock") else ""
        event_id = "~" + hashlib.sha256(f"{room_id}\0{seed}\0".encode(errors="replace") + event.raw).hexdigest()
    stamp = event.value.get("origin_server_ts")
    is_number = isinstance(stamp, int) and not isinstance(stamp, bool)
    return Received(
        kind="event",
        section=section,
        room_id=room_id,
        event_id=event_id,
        sender=event.text("sender"),
        type=event.text("type") or "",
        origin_ts=stamp if is_number else None,
        raw=event.raw,
        opened=opened,
    )


def _room(cursor: Cursor) -> RoomPart:
    part = RoomPart()
    takers: dict[str, Callable[[], None]] = {
        "timeline": lambda: _timeline(cursor, part),
        "state": lambda: part.state.extend(_events_of(cursor)),
        "invite_state": lambda: part.state.extend(_events_of(cursor)),
        "knock_state": lambda: part.state.extend(_events_of(cursor)),
    }
    for key in cursor.members():
        if key in takers:
            takers[key]()
    return part


def _timeline(cursor: Cursor, part: RoomPart) -> None:
    for key in cursor.members():
        if key == "events":
            part.events = _events(cursor)
        elif key == "limited":
            part.limited = cursor.skip() == b"true"
        elif key == "prev_batch":
            part.prev_batch = _string(cursor)


def _events_of(cursor: Cursor) -> list[RawEvent]:
    found: list[RawEvent] = []
    for key in cursor.members():
        if key == "events":
            found = _events(cursor)
    return found


def _events(cursor: Cursor) -> list[RawEvent]:
    return [_event(cursor.skip()) for _ in cursor.items()]


def _event(raw: bytes) -> RawEvent:
    value = _value(raw)
    if value is _UNREADABLE:
        value = {}
        cursor = Cursor(raw)
        try:
            for key in cursor.members():
                member = _value(cursor.skip())
                if isinstance(member, str | int):
                    value[key] = member
        except BrokenJson:
            pass  # the fields before the break are kept, and the bytes are
    return RawEvent(raw, value if isinstance(value, dict) else {})


class _Unreadable:
    """Stands for a value that `json` cannot read: too deep, a number too long, not UTF-8."""


_UNREADABLE = _Unreadable()


def _value(raw: bytes) -> Any:
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):
        return _UNREADABLE


def _string(cursor: Cursor) -> str | None:
    found = _value(cursor.skip())
    return found if isinstance(found, str) else None


def _strings(value: object) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []
