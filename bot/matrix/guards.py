"""Guards around nio 0.26. Guarantee: nothing that a stranger sends escapes nio as an exception, and no key
that we hold is replaced by a worse one.

What nio lets escape (each seen): `vodozemac.DecodeException` of a malformed Olm body,
`SessionCreationException` of a pre-key message for a one-time key that we do not have, `KeyError` of an
`m.room_key` without its fields, and a `/keys/query` answer refused whole for one malformed device.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

import structlog
import vodozemac
from nio.client.async_client import AsyncClient
from nio.crypto.olm_machine import Olm
from nio.exceptions import EncryptionError
from nio.responses import KeysQueryError, KeysQueryResponse, KeysUploadError, KeysUploadResponse

from bot.store import outage

log = structlog.get_logger(__name__)

KeysListener = Callable[[dict[str, Any]], Awaitable[None]]


class GuardedClient(AsyncClient):
    """nio's client, whose key query tolerates malformed devices and whose key upload survives a crash."""

    ask_keys: Callable[[list[str]], Awaitable[dict[str, Any]]]
    send_keys: Callable[[], Awaitable[Any]]

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.changes: Counter[str] = Counter()
        """How often the homeserver has said of a user that their devices changed."""

    async def keys_query(self) -> KeysQueryResponse | KeysQueryError:
        """Query the devices of everyone whom nio wants to know; nio's `room_send` calls this too."""
        wanted = sorted(self.users_for_key_query)
        if wanted:
            await self.ask_keys(wanted)
        return KeysQueryResponse({}, {})

    async def keys_upload(self) -> KeysUploadResponse | KeysUploadError:
        """Upload what keys the server lacks."""
        await self.send_keys()
        assert self.olm is not None
        return KeysUploadResponse(0, self.olm.uploaded_key_count or 0)


def install(olm: Olm) -> None:
    """Wrap the functions of `olm` that read what strangers send."""
    machine: Any = olm
    megolm, olm_event, to_device = (
        machine.decrypt_megolm_event,
        machine.decrypt_event,
        machine.handle_to_device_event,
    )
    create = machine.create_group_session

    def guarded_megolm(event: Any, room_id: str | None = None) -> Any:
        try:
            return megolm(event, room_id)
        except EncryptionError:
            raise
        except Exception as error:
            raise EncryptionError(repr(error)) from error

    def guarded_olm(event: Any, room_id: str | None = None) -> Any:
        try:
            return olm_event(event, room_id)
        except Exception as error:
            if outage.of(error) is not None:
                raise  # it is not the event that is at fault, and the key in it must not be lost
            log.warning("to-device event refused", sender=getattr(event, "sender", None), error=repr(error))
            return None

    def guarded_to_device(event: Any) -> Any:
        try:
            return to_device(event)
        except Exception as error:
            if outage.of(error) is not None:
                raise
            log.warning("to-device event refused", sender=getattr(event, "sender", None), error=repr(error))
            return None

    def careful_create(sender_key: str, fp_key: str, room_id: str, session_id: str, session_key: str) -> None:
        if not _worth_keeping(machine, sender_key, room_id, session_id, session_key):
            log.info("room key passed over: an earlier one is held", room=room_id, session=session_id)
            return
        create(sender_key, fp_key, room_id, session_id, session_key)

    machine.decrypt_megolm_event = guarded_megolm
    machine.decrypt_event = guarded_olm
    machine.handle_to_device_event = guarded_to_device
    machine.create_group_session = careful_create


def _worth_keeping(machine: Any, sender_key: str, room_id: str, session_id: str, session_key: str) -> bool:
    """Tell whether a room key adds to what we hold.

    nio overwrites a session with whatever comes under its id, also one that starts later (which would make
    old messages unreadable) and one that another device claims as its own (its store has one row for a
    session id, so that after a restart the true owner's messages would seem a stranger's).
    """
    rooms: dict[str, dict[str, dict[str, Any]]] = machine.inbound_group_store._entries
    for room, senders in rooms.items():
        for holder, sessions in senders.items():
            held = sessions.get(session_id)
            if held is None:
                continue
            if holder != sender_key or room != room_id:
                return False
            earlier: bool = _first_index(session_key) < held.first_known_index
            return earlier
    return True


def _first_index(session_key: str) -> int:
    index: int = vodozemac.InboundGroupSession(vodozemac.SessionKey(session_key)).first_known_index
    return index


def sound_devices(olm: Olm, answer: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the part of a `/keys/query` answer's `device_keys` that nio can read and whose signature
    holds.
    """
    sound: dict[str, dict[str, Any]] = {}
    devices = answer.get("device_keys")
    for user, owned in devices.items() if isinstance(devices, dict) else ():
        if isinstance(owned, dict):
            sound[user] = {name: device for name, device in owned.items() if _is_sound(olm, user, name, device)}
    return sound


def _is_sound(olm: Any, user: str, name: str, device: Any) -> bool:
    try:
        if device["user_id"] != user or device["device_id"] != name:
            return False
        vodozemac.Curve25519PublicKey.from_base64(device["keys"][f"curve25519:{name}"])
        if not isinstance(device.get("unsigned", {}).get("device_display_name", ""), str):
            device["unsigned"]["device_display_name"] = ""
        verified: bool = olm.verify_json(device, device["keys"][f"ed25519:{name}"], user, name)
        return verified
    except Exception as error:
        # Whatever is wrong with a stranger's device, it is not a device of theirs.
        log.info("device passed over", user=user, device=name, error=repr(error))
        return False
