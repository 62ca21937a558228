"""A room as one person's client shows it. Guarantee: nothing is in it that this client did not decrypt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Literal

What = Literal["message", "edit", "withdrawal", "reaction", "entry", "pin"]


@dataclass(frozen=True)
class Message:
    """A message with its edits applied. `text` is empty once it is withdrawn, or while `readable` is false.

    `at` is the homeserver's time. `rings` are those whom it names explicitly and whose phone it makes ring.
    `reactions` are pairs of sender and sign.
    """

    room: str
    event_id: str
    sender: str
    at: datetime
    kind: str = ""
    text: str = ""
    html: str = ""
    reply_to: str | None = None
    rings: tuple[str, ...] = ()
    edited: bool = False
    withdrawn: bool = False
    readable: bool = True
    reactions: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Sighting:
    """Something new on a screen; `text` is the words, the sign or the reason, `target` what it touches."""

    what: What
    room: str
    event_id: str
    sender: str
    at: datetime
    text: str = ""
    target: Message | None = None


@dataclass
class Room:
    """One room: its messages by event id, in the order in which the homeserver gave them, and its pins."""

    id: str
    messages: dict[str, Message] = field(default_factory=dict)
    pins: tuple[str, ...] = ()

    def take(self, event: Mapping[str, Any]) -> Sighting | None:
        """Read one event in clear; return what it shows, or None if it shows nothing new."""
        content = event.get("content")
        if not isinstance(content, dict):
            return None
        match event.get("type"):
            case "m.room.message" if content:
                return self._message(event, content)
            case "m.reaction":
                return self._reaction(event, content)
            case "m.room.redaction":
                return self._withdrawal(event, content)
            case "m.room.pinned_events":
                self.pins = tuple(content.get("pinned", ()))
                return self._sighting("pin", event, target=self.messages.get(self.pins[-1]) if self.pins else None)
            case "m.room.member" if content.get("membership") == "join" and _was(event) != "join":
                return self._sighting("entry", event)
            case _:
                return None

    def hide(self, event: Mapping[str, Any]) -> None:
        """Keep the place of a message that could not be decrypted."""
        event_id = str(event["event_id"])
        self.messages.setdefault(
            event_id, Message(self.id, event_id, str(event["sender"]), moment(event), readable=False)
        )

    def _message(self, event: Mapping[str, Any], content: Mapping[str, Any]) -> Sighting | None:
        relation = _object(content, "m.relates_to")
        if relation.get("rel_type") == "m.replace":
            return self._edit(event, content, str(relation.get("event_id")))
        event_id = str(event["event_id"])
        known = self.messages.get(event_id)
        if known is not None and (known.readable or known.withdrawn):
            return None
        message = Message(
            self.id,
            event_id,
            str(event["sender"]),
            moment(event),
            kind=str(content.get("msgtype", "")),
            text=str(content.get("body", "")),
            html=str(content.get("formatted_body", "")),
            reply_to=_object(relation, "m.in_reply_to").get("event_id"),
            rings=tuple(_object(content, "m.mentions").get("user_ids", ())),
            reactions=known.reactions if known else (),
        )
        self.messages[event_id] = message
        return self._sighting("message", event, message.text, message)

    def _edit(self, event: Mapping[str, Any], content: Mapping[str, Any], target: str) -> Sighting | None:
        """An edit of what one cannot read shows nothing: so do other clients."""
        known, new = self.messages.get(target), _object(content, "m.new_content")
        if known is None or not known.readable or known.withdrawn or known.sender != event["sender"]:
            return None
        changed = replace(known, text=str(new.get("body", "")), html=str(new.get("formatted_body", "")), edited=True)
        self.messages[target] = changed
        return self._sighting("edit", event, changed.text, changed)

    def _reaction(self, event: Mapping[str, Any], content: Mapping[str, Any]) -> Sighting | None:
        relation = _object(content, "m.relates_to")
        known = self.messages.get(str(relation.get("event_id")))
        if known is None:
            return None
        sign = str(relation.get("key", ""))
        changed = replace(known, reactions=(*known.reactions, (str(event["sender"]), sign)))
        self.messages[known.event_id] = changed
        return self._sighting("reaction", event, sign, changed)

    def _withdrawal(self, event: Mapping[str, Any], content: Mapping[str, Any]) -> Sighting | None:
        known = self.messages.get(str(event.get("redacts") or content.get("redacts")))
        if known is None or known.withdrawn:
            return None
        self.messages[known.event_id] = replace(known, text="", html="", withdrawn=True)
        return self._sighting("withdrawal", event, str(content.get("reason", "")), known)

    def _sighting(
        self, what: What, event: Mapping[str, Any], text: str = "", target: Message | None = None
    ) -> Sighting:
        return Sighting(what, self.id, str(event["event_id"]), str(event["sender"]), moment(event), text, target)


def moment(event: Mapping[str, Any]) -> datetime:
    """The homeserver's time of an event."""
    return datetime.fromtimestamp(int(event["origin_server_ts"]) / 1000, UTC)


def invited_directly(event: Mapping[str, Any], user: str) -> bool:
    """Whether an event says that the user was invited to this room as to a direct one."""
    if event.get("type") != "m.room.member" or event.get("state_key") != user:
        return False
    before = (event.get("unsigned") or {}).get("prev_content")
    said = (event.get("content"), before)
    return any(isinstance(content, dict) and content.get("is_direct") is True for content in said)


def _object(value: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """What stands under a name, if it is an object: others' clients send what they like."""
    found = value.get(name)
    return found if isinstance(found, dict) else {}


def _was(event: Mapping[str, Any]) -> object:
    before = (event.get("unsigned") or {}).get("prev_content")
    return before.get("membership") if isinstance(before, dict) else None
