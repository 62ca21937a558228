"""Room keys: who gets them before a message goes out.

Guarantee: a message is encrypted only in a room that our own table and nio both know as encrypted, with its
full member list known, everybody's devices asked for, and the key handed to each device that can take one.
A device that could not take it, or whose key the homeserver would not carry, is tried again later and gets the
same session from there on.

nio's own `room_send` marks a session as shared though a to-device request failed, sends in clear where it
does not know that a room is encrypted, and waits for ever after a failed key claim: it is not used.
"""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any

import structlog
from nio import KeysClaimResponse

from bot.clock import Clock
from bot.matrix.client import Client, path
from bot.matrix.errors import MatrixRefused
from bot.matrix.signatures import Json, dig
from bot.matrix.trust import Trust

log = structlog.get_logger(__name__)

# A device without one-time keys is asked again after this long, doubling, up to the second.
CLAIM_FIRST = timedelta(seconds=30)
CLAIM_LAST = timedelta(hours=1)
ROUNDS = 5
# Devices in one to-device request.
BATCH = 20

Target = tuple[str, str]


class NotYet(Exception):  # noqa: N818
    """The room is not ready for an encrypted message; `reason` says what is missing."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Sharing:
    """Hands out room keys and encrypts."""

    def __init__(self, client: Client, trust: Trust, clock: Clock) -> None:
        self._client = client
        self._trust = trust
        self._clock = clock
        self._claims: dict[Target, tuple[datetime, timedelta]] = {}
        self._denied: dict[tuple[str, Target], tuple[datetime, timedelta]] = {}
        self._origins: dict[str, tuple[Any, str]] = {}
        self._expected: dict[str, set[str]] = {}
        self._told: dict[str, tuple[str, set[Target]]] = {}

    def bar(self, user: str) -> None:
        """No device of this account gets a key any more."""
        self._trust.bar(user)

    def expect(self, room_id: str, user: str) -> None:
        """Count this person, whom the homeserver has just let us invite, as a member before /sync says so.

        A room's first messages go out at that very moment; were the key not handed out with them, a crash would
        take it along.
        """
        self._expected.setdefault(room_id, set()).add(user)

    async def seal(self, room_id: str, kind: str, content: Json) -> tuple[str, Json]:
        """Return the encrypted event's type and content, its key having gone to all who can take it.

        Raises NotYet if the room may not be written to now, and what the client raises.
        """
        nio: Any = self._client.nio
        room = nio.rooms.get(room_id)
        if nio.olm is None:
            raise NotYet("no_encryption_store")
        if room is None:
            raise NotYet("room_not_synced")
        if not room.encrypted:
            raise NotYet("not_known_encrypted")
        await self._know_members(room)
        await self._claim(room)
        await self._share(room)
        if nio.olm.should_share_group_session(room_id):
            raise NotYet("key_not_shared")
        sealed: tuple[str, Json] = nio.encrypt(room_id, kind, content)
        return sealed

    async def upkeep(self) -> None:
        """Give the present sessions to who came in, or took a new device, since the last message.

        Raises what the client raises.
        """
        nio: Any = self._client.nio
        for room_id in list(self._origins):
            room = nio.rooms.get(room_id)
            if room is None or self._session(room) is None:
                continue
            await self._know_members(room)
            await self._claim(room)
            session = self._session(room)
            lacking = self._lacking(room, session) if session is not None else []
            if lacking and session.shared:
                await self._hand_out(room_id, session, lacking)
            if session is not None and session.shared:
                await self._withhold(room, session)

    async def _know_members(self, room: Any) -> None:
        nio: Any = self._client.nio
        if not room.members_synced:
            await self._client.ask(lambda: nio.joined_members(room.room_id))
        for user in self._expected.pop(room.room_id, ()):
            room.add_member(user, None, None, invited=True)
        members = set(room.users)
        wanted = (members & nio.users_for_key_query) | self._trust.unknown(members)
        await self._trust.refresh(wanted)

    async def _claim(self, room: Any) -> None:
        """Claim a one-time key of each device that we have no Olm session with."""
        now = self._clock.now()
        wanted: dict[str, list[str]] = {}
        for device in self._takers(room):
            target = (device.user_id, device.id)
            due, _ = self._claims.get(target, (now, CLAIM_FIRST))
            if not self._client.olm.session_store.get(device.curve25519) and due <= now:
                wanted.setdefault(device.user_id, []).append(device.id)
        if not wanted:
            return
        await claim(self._client, wanted)
        for user, devices in wanted.items():
            for name in devices:
                _, wait = self._claims.get((user, name), (now, CLAIM_FIRST))
                if self._client.olm.session_store.get(self._client.nio.device_store[user][name].curve25519):
                    self._claims.pop((user, name), None)
                else:
                    log.warning("a device has no one-time key", user=user, device=name)
                    self._claims[user, name] = (now + wait, min(wait * 2, CLAIM_LAST))

    async def _share(self, room: Any) -> None:
        """Have a session that all who may read have the key of, and nobody else.

        Members come and go while the key is on its way, so what was done is looked at again.
        """
        olm: Any = self._client.olm
        for _ in range(ROUNDS):
            session = self._session(room)
            if session is None:
                olm.rotate_outbound_group_session(room.room_id)
                session = olm.outbound_group_sessions[room.room_id]
                self._origins[room.room_id] = (session, session.session_key)
            lacking = self._lacking(room, session)
            if session.shared and not lacking:
                return
            await self._hand_out(room.room_id, session, lacking)
        raise NotYet("members_changing")

    def _session(self, room: Any) -> Any:
        """The room's present session; None if there is none, it is used up, or someone has it who should not.

        nio drops it at every change of members. Whoever comes in gets it from its first message on: in a room
        whose history is shared, they would otherwise be shown what they cannot read.
        """
        olm: Any = self._client.olm
        session, _ = self._origins.get(room.room_id, (None, ""))
        if session is None or session.expired or self._leaked(room, session):
            return None
        olm.outbound_group_sessions[room.room_id] = session
        return session

    async def _hand_out(self, room_id: str, session: Any, devices: list[Any]) -> None:
        olm: Any = self._client.olm
        _, origin = self._origins[room_id]
        had = {user for user, _ in session.users_shared_with}
        for start in range(0, len(devices), BATCH):
            batch: dict[Target, Json] = {}
            for device in devices[start : start + BATCH]:
                # An unsigned new device of someone who was there may be anybody's: nothing of the past.
                past = device.user_id not in had or self._trust.is_signed(device.user_id, device.id)
                key = {
                    "algorithm": "m.megolm.v1.aes-sha2",
                    "room_id": room_id,
                    "session_id": session.id,
                    "session_key": origin if past else session.session_key,
                }
                channel = olm.session_store.get(device.curve25519)
                batch[device.user_id, device.id] = olm._olm_encrypt(channel, device, "m.room_key", key)
            if not await self._carried(room_id, session, batch) and len(batch) > 1:
                # One that is refused must not keep the others from their keys.
                for target, sealed in batch.items():
                    await self._carried(room_id, session, {target: sealed})
        session.mark_as_shared()

    async def _carried(self, room_id: str, session: Any, batch: dict[Target, Json]) -> bool:
        """Whether the homeserver took these keys; a single one that it refused waits, longer each time.

        The message is for all the others, too: it does not wait with it.
        """
        messages: Json = {}
        for (user, name), sealed in batch.items():
            messages.setdefault(user, {})[name] = sealed
        where = path("sendToDevice", "m.room.encrypted", uuid.uuid4().hex)
        try:
            await self._client.raw("PUT", where, {"messages": messages})
        except MatrixRefused as refusal:
            log.error("room key refused", room=room_id, devices=len(batch), why=str(refusal))
            if len(batch) == 1:
                (target,) = batch
                _, wait = self._denied.get((session.id, target), (None, CLAIM_FIRST))
                self._denied[session.id, target] = (self._clock.now() + wait, min(wait * 2, CLAIM_LAST))
            return False
        session.users_shared_with |= set(batch)
        for target in batch:
            self._denied.pop((session.id, target), None)
        return True

    async def _withhold(self, room: Any, session: Any) -> None:
        """Tell the devices that are refused, once for a session, so that their owners see why they cannot read."""
        olm: Any = self._client.olm
        session_id, told = self._told.get(room.room_id, ("", set()))
        if session_id != session.id:
            told = set()
        refused = [
            device
            for user in room.users
            for device in olm.device_store.active_user_devices(user)
            if olm.is_device_blacklisted(device) and (device.user_id, device.id) not in told
        ]
        said = {
            "algorithm": "m.megolm.v1.aes-sha2",
            "code": "m.unverified",
            "reason": "This device is not signed by its owner.",
            "room_id": room.room_id,
            "sender_key": olm.account.identity_keys["curve25519"],
            "session_id": session.id,
        }
        for start in range(0, len(refused), BATCH):
            batch = refused[start : start + BATCH]
            messages: Json = {}
            for device in batch:
                messages.setdefault(device.user_id, {})[device.id] = said
            where = path("sendToDevice", "m.room_key.withheld", uuid.uuid4().hex)
            await self._client.raw("PUT", where, {"messages": messages})
            told |= {(device.user_id, device.id) for device in batch}
        self._told[room.room_id] = (session.id, told)

    def _leaked(self, room: Any, session: Any) -> bool:
        """Someone has the session's key who should not read on: who left, or whose device is refused now."""
        takers = {(device.user_id, device.id) for device in self._takers(room)}
        return not session.users_shared_with <= takers

    def _lacking(self, room: Any, session: Any) -> list[Any]:
        """The devices that could take the session's key now and have not."""
        now = self._clock.now()
        return [
            device
            for device in self._takers(room)
            if (device.user_id, device.id) not in session.users_shared_with
            and self._client.olm.session_store.get(device.curve25519)
            and self._denied.get((session.id, (device.user_id, device.id)), (now, None))[0] <= now
        ]

    def _takers(self, room: Any) -> list[Any]:
        """The devices that should have the room's key: of members and invited, but blacklisted ones."""
        olm: Any = self._client.olm
        return [
            device
            for user in room.users
            for device in olm.device_store.active_user_devices(user)
            if device.id != self._client.device_id and not olm.is_device_blacklisted(device)
        ]


async def claim(client: Client, wanted: dict[str, list[str]]) -> None:
    """Claim one one-time key of each device named, and open an Olm session with each that gives a good one.

    One device's malformed key does not keep the others from theirs. Raises what `raw` does.
    """
    body = {
        "one_time_keys": {user: dict.fromkeys(devices, "signed_curve25519") for user, devices in wanted.items()},
        "timeout": 10_000,
    }
    answer = (await client.raw("POST", path("keys", "claim"), body)).body
    for user, devices in wanted.items():
        for name in devices:
            key = dig(answer, "one_time_keys", user, name)
            if not isinstance(key, dict) or not key:
                continue
            try:
                client.olm.handle_response(KeysClaimResponse({user: {name: key}}, {}))
            except Exception as error:
                # vodozemac's exceptions have no base of their own, and a stranger chose what is in the key.
                log.warning("one-time key refused", user=user, device=name, error=repr(error))
