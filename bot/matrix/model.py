"""What nio is told of a sync response. Guarantee: nio gets what its room model and its encryption need, and
nothing else; no event that it cannot digest costs it another.

Encrypted and ordinary messages are not for nio: the journal has them, and `decrypt` opens them there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import structlog
from nio.events.invite_events import InviteEvent
from nio.events.misc import BadEvent, UnknownBadEvent
from nio.events.room_events import Event
from nio.events.to_device import OlmEvent, RoomKeyEvent, ToDeviceEvent
from nio.responses import (
    DeviceList,
    DeviceOneTimeKeyCount,
    InviteInfo,
    RoomInfo,
    Rooms,
    SyncResponse,
    Timeline,
)
from nio.rooms import MatrixRoom

from bot.matrix.guards import GuardedClient
from bot.matrix.response import RawEvent, SyncAnswer
from bot.store import outage

log = structlog.get_logger(__name__)

ATTEMPTS = 3
MODEL = frozenset(
    "m.room." + name
    for name in (
        "create",
        "member",
        "power_levels",
        "encryption",
        "name",
        "topic",
        "canonical_alias",
        "join_rules",
        "guest_access",
        "history_visibility",
        "tombstone",
    )
)


class GuardedRoom(MatrixRoom):
    """nio's room, which a malformed event leaves as it was.

    Its members are complete from the start: our syncs ask for the whole state, without lazy loading.
    """

    def __init__(self, room_id: str, own_user_id: str, encrypted: bool) -> None:
        super().__init__(room_id, own_user_id, encrypted)
        self.members_synced = True

    def handle_event(self, event: Any) -> None:
        """Take a state event in."""
        try:
            super().handle_event(event)
        except Exception as error:
            log.warning("state event passed over", room=self.room_id, error=repr(error))

    def handle_membership(self, event: Any) -> bool:
        """Take a membership in; tell whether the members changed."""
        try:
            return bool(super().handle_membership(event))
        except Exception as error:
            log.warning("membership passed over", room=self.room_id, error=repr(error))
            return False


def has_news(answer: SyncAnswer) -> bool:
    """Whether there is anything in the answer that nio must be told."""
    parts = answer.rooms["join"].values()
    return bool(
        answer.to_device
        or answer.changed
        or answer.left
        or any(answer.rooms[section] for section in ("leave", "invite", "knock"))
        or any(map(_is_of_model, (event for part in parts for event in (*part.state, *part.events))))
    )


async def tell(client: GuardedClient, answer: SyncAnswer) -> set[tuple[str, str]]:
    """Hand nio its part of `answer`; return the (room, session id) of each Megolm key that came.

    If nio raises, it is tried again, then given each part alone; a part that raises even so is logged and
    left out. Where it is the disk that fails, that is raised, and nothing is left out.
    """
    whole = _response(answer, answer.to_device, answer.rooms["join"])
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return await _receive(client, whole, answer)
        except Exception as error:
            if outage.of(error) is not None:
                raise
            log.error("nio cannot digest a sync response", attempt=attempt, error=repr(error))
    keys: set[tuple[str, str]] = set()
    pieces = [_response(answer, [event], {}) for event in answer.to_device]
    pieces += [_response(answer, [], {room_id: part}) for room_id, part in answer.rooms["join"].items()]
    for piece in pieces:
        try:
            keys |= await _receive(client, piece, answer)
        except Exception as error:
            if outage.of(error) is not None:
                raise
            log.error("a part of a sync response is kept from nio", error=repr(error))
    return keys


async def _receive(client: GuardedClient, response: SyncResponse, answer: SyncAnswer) -> set[tuple[str, str]]:
    client.next_batch = ""  # nio ignores a response whose token it has
    for room_id in response.rooms.join:
        if room_id not in client.rooms:
            is_encrypted = room_id in client.encrypted_rooms
            client.rooms[room_id] = GuardedRoom(room_id, client.user_id, is_encrypted)
    client.changes.update(answer.changed)
    store: Any = client.store
    fault: Exception | None = None
    # nio saves an Olm session as soon as it has read a message, and the room key in it afterwards: a crash in between
    # would lose that key, for the message cannot be read twice. What was done before an error stays done, unless the
    # disk is what failed.
    with store.database.atomic():
        try:
            await client.receive_response(response)
        except Exception as error:
            if outage.of(error) is not None:
                raise
            fault = error
    if fault is not None:
        raise fault
    for room_id in answer.rooms["leave"]:
        client.rooms.pop(room_id, None)
        client.invited_rooms.pop(room_id, None)
    return {(event.room_id, event.session_id) for event in response.to_device_events if isinstance(event, RoomKeyEvent)}


def _response(answer: SyncAnswer, to_device: list[RawEvent], joined: dict[str, Any]) -> SyncResponse:
    return SyncResponse(
        next_batch=answer.next_batch,
        rooms=Rooms(
            invite={room_id: InviteInfo(_invite(part.state)) for room_id, part in answer.rooms["invite"].items()},
            join={
                room_id: RoomInfo(
                    timeline=Timeline(_model(part.events), part.limited, part.prev_batch),
                    state=_model(part.state),
                    ephemeral=[],
                    account_data=[],
                )
                for room_id, part in joined.items()
            },
            leave={},
        ),
        device_key_count=DeviceOneTimeKeyCount(None, None),
        device_list=DeviceList(answer.changed, answer.left),
        to_device_events=[event for event in map(_olm, to_device) if event is not None],
        presence_events=[],
    )


def _model(events: Iterable[RawEvent]) -> list[Any]:
    return _parsed(filter(_is_of_model, events), Event.parse_event)


def _is_of_model(event: RawEvent) -> bool:
    return event.text("type") in MODEL and isinstance(event.value.get("state_key"), str)


def _invite(events: Iterable[RawEvent]) -> list[Any]:
    return _parsed(events, InviteEvent.parse_event)


def _parsed(events: Iterable[RawEvent], parse: Callable[[dict[str, Any]], Any]) -> list[Any]:
    sound = []
    for event in events:
        parsed = _digest(event, parse)
        if parsed is not None and not isinstance(parsed, BadEvent | UnknownBadEvent):
            sound.append(parsed)
    return sound


def _olm(event: RawEvent) -> Any:
    # Room keys and all else that matters come encrypted: nothing in clear is worth the risk of reading it.
    if event.text("type") != "m.room.encrypted" or not event.text("sender"):
        return None
    parsed = _digest(event, ToDeviceEvent.parse_event)
    return parsed if isinstance(parsed, OlmEvent) else None


def _digest(event: RawEvent, parse: Callable[[dict[str, Any]], Any]) -> Any:
    try:
        return parse(event.value)
    except Exception as error:
        log.info("event kept from nio", sender=event.text("sender"), error=repr(error))
        return None
