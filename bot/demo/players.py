"""Real people's clients: encrypted, with their own keys and their own sync loop, none of it the bot's code.

Guarantee: what a player says went out encrypted; what a player shows, it decrypted itself; what it could not
read it says so. A player whose loop died says why to whoever waits for it.
"""

from __future__ import annotations

import asyncio
import shutil
import tempfile
import uuid
from collections.abc import Callable, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Any, Final, Self

import aiohttp
from nio import (
    EncryptionError,
    ErrorResponse,
    InviteInfo,
    JoinResponse,
    LocalProtocolError,
    LoginResponse,
    MegolmEvent,
    SyncResponse,
)
from nio.client.async_client import AsyncClient, AsyncClientConfig
from nio.crypto.attachments import encrypt_attachment

from bot.demo.ownership import Ownership
from bot.demo.screen import SECONDS, PlayerError, Screen
from bot.demo.seen import Message, Room, Sighting, invited_directly

_SYNC_MS: Final = 20_000
_SHARINGS: Final = 5
_TIMELINE: Final = {"room": {"timeline": {"limit": 100}}}


class Player(Screen):
    """One person on one device; `async with Player(url, user_id, password, "Claire Morel") as claire:`.

    `signed=False` leaves the device unsigned by its owner. `accepts=False` lets invitations wait until
    `accepts` is set. Rooms are given by their id, messages by their event id. `watchers` are told everything
    that appears, once.
    """

    def __init__(
        self,
        server: str,
        user: str,
        password: str,
        name: str,
        *,
        signed: bool = True,
        accepts: bool = True,
        ownership: Ownership | None = None,
        device_name: str = "téléphone",
    ) -> None:
        super().__init__(user, name)
        self.accepts = accepts
        self.watchers: list[Callable[[Sighting], None]] = []
        self._server = server
        self._password = password
        self._device_name = device_name
        self._ownership = (ownership or Ownership(user)) if signed else None
        self._folder = tempfile.mkdtemp(prefix="tocsin-player-")
        config = AsyncClientConfig(pickle_key="player", store_sync_tokens=False, request_timeout=45)
        self._nio = AsyncClient(server, user, store_path=self._folder, config=config)
        self._direct: set[str] = set()
        self._unread: dict[str, MegolmEvent] = {}
        self._sending = asyncio.Lock()
        self._querying = asyncio.Lock()
        self._loop: asyncio.Task[None] | None = None
        self._fresh = asyncio.Event()

    @property
    def device(self) -> str:
        """The id of this player's device."""
        return str(self._nio.device_id)

    # Coming and going

    async def start(self) -> Self:
        """Log in on a new device, sign it, read the rooms, and keep reading. Raises PlayerError."""
        answer = await self._nio.login(self._password, device_name=self._device_name)
        if not isinstance(answer, LoginResponse):
            raise PlayerError(f"{self.user} could not log in: {answer}")
        await self._nio.keys_upload()
        if self._ownership is not None:
            await self._ownership.sign(self._nio)
        self._loop = asyncio.create_task(self._read_for_ever(), name=f"player {self.user}")
        await self.until(self._fresh.is_set, what="its first sync")
        return self

    async def close(self) -> None:
        """Close the client, as one closes an app: the device stays on the account."""
        if self._loop is not None:
            self._loop.cancel()
            with suppress(asyncio.CancelledError, Exception):
                await self._loop
        await self._nio.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    async def __aenter__(self) -> Self:
        try:
            return await self.start()
        except BaseException:
            await self.close()
            raise

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def second_device(self, device_name: str = "ordinateur") -> Player:
        """The same account on another device, signed if this one is. Close it too."""
        other = Player(
            self._server,
            self.user,
            self._password,
            self.name,
            signed=self._ownership is not None,
            ownership=self._ownership,
            device_name=device_name,
        )
        return await other.__aenter__()

    # Rooms

    @property
    def rooms(self) -> dict[str, str]:
        """The rooms that this player is in: id and name."""
        return {room_id: str(room.name or "") for room_id, room in self._nio.rooms.items()}

    def room_named(self, name: str) -> str | None:
        """The id of the room of that name, or None."""
        return next((room_id for room_id, called in self.rooms.items() if called == name), None)

    async def joined(self, name: str, *, seconds: float = SECONDS) -> str:
        """The id of the room of that name, once this player is in it."""
        return await self.until(lambda: self.room_named(name), seconds=seconds, what=f"the room « {name} »")

    def members(self, room: str) -> set[str]:
        """Who is in a room, as far as this client knows."""
        known = self._nio.rooms.get(room)
        return set(known.users) - set(known.invited_users) if known is not None else set()

    def direct(self, other: str) -> str | None:
        """The id of an encrypted direct room in which that person is, and nobody else; or None."""
        for room_id in self._direct & set(self._nio.rooms):
            if self._nio.rooms[room_id].encrypted and self.members(room_id) == {self.user, other}:
                return room_id
        return None

    async def dm(self, other: str, *, seconds: float = SECONDS) -> str:
        """The direct room that the other one opened, once it is there."""
        return await self.until(lambda: self.direct(other), seconds=seconds, what=f"a direct room with {other}")

    async def open_dm(self, other: str, *, encrypted: bool = True) -> str:
        """Make a direct room and invite the other one; return its id at once."""
        algorithm = {"algorithm": "m.megolm.v1.aes-sha2"}
        state = [{"type": "m.room.encryption", "state_key": "", "content": algorithm}] if encrypted else []
        made = self._ok(await self._nio.room_create(is_direct=True, invite=[other], initial_state=state))
        room_id = str(made.room_id)
        self._direct.add(room_id)
        await self.until(lambda: room_id in self._nio.rooms, what="its own new room")
        return room_id

    async def join(self, room: str) -> str:
        """Enter a room by its id or alias; return its id once it is readable."""
        room_id = str(self._ok(await self._nio.join(room)).room_id)
        await self.until(lambda: room_id in self._nio.rooms, what=f"the room {room}")
        return room_id

    async def leave(self, room: str) -> None:
        """Leave a room."""
        self._ok(await self._nio.room_leave(room))

    # Saying things

    async def say(
        self,
        room: str,
        text: str,
        *,
        reply_to: str | None = None,
        mention: Sequence[str] = (),
        html: str = "",
    ) -> str:
        """Send a text, encrypted; return its event id. Raises PlayerError if the room is not encrypted."""
        content: dict[str, Any] = {
            "msgtype": "m.text",
            "body": text,
            "m.mentions": {"user_ids": list(mention)},
        }
        if html:
            content |= {"format": "org.matrix.custom.html", "formatted_body": html}
        if reply_to is not None:
            content["m.relates_to"] = {"m.in_reply_to": {"event_id": reply_to}}
        return await self.send(room, content)

    async def attach(self, room: str, name: str, data: bytes, mimetype: str, caption: str = "") -> str:
        """Post a file, encrypted before it is uploaded; return its event id."""
        sealed, key = encrypt_attachment(data)
        answer, _ = await self._nio.upload(lambda *_: sealed, "application/octet-stream", filesize=len(sealed))
        content = {
            "msgtype": "m.image" if mimetype.startswith("image/") else "m.file",
            "body": caption or name,
            "filename": name,
            "file": {**key, "url": self._ok(answer).content_uri},
            "info": {"size": len(data), "mimetype": mimetype},
            "m.mentions": {},
        }
        return await self.send(room, content)

    async def edit(self, room: str, event_id: str, text: str) -> str:
        """Replace the text of one's own message; return the edit's event id."""
        return await self.send(
            room,
            {
                "msgtype": "m.text",
                "body": f"* {text}",
                "m.new_content": {"msgtype": "m.text", "body": text, "m.mentions": {}},
                "m.relates_to": {"rel_type": "m.replace", "event_id": event_id},
                "m.mentions": {},
            },
        )

    async def react(self, room: str, event_id: str, sign: str) -> str:
        """Put a reaction under a message; it travels in clear. Returns its event id."""
        relation = {"m.relates_to": {"rel_type": "m.annotation", "event_id": event_id, "key": sign}}
        return await self.send(room, relation, "m.reaction")

    async def withdraw(self, room: str, event_id: str, reason: str | None = None) -> str:
        """Take back one's own message; return the redaction's event id."""
        return str(self._ok(await self._nio.room_redact(room, event_id, reason=reason)).event_id)

    async def send(self, room: str, content: dict[str, Any], kind: str = "m.room.message") -> str:
        """Send any content, encrypted unless it is a reaction; return its event id."""
        known = self._nio.rooms.get(room)
        if known is None or not known.encrypted:
            raise PlayerError(f"{self.user} is not in {room}, or it is not encrypted: nothing was said")
        transaction = uuid.uuid4().hex
        async with self._sending:
            for _ in range(_SHARINGS):
                await self._query_keys()
                # nio drops a room's session while it shares it, if somebody comes in just then.
                with suppress(KeyError):
                    answer = await self._nio.room_send(
                        room, kind, content, tx_id=transaction, ignore_unverified_devices=True
                    )
                    return str(self._ok(answer).event_id)
        raise PlayerError(f"{self.user} could not share keys in {room}: its members would not stand still")

    async def ask(
        self, room: str, text: str, expect: str = "", *, reply_to: str | None = None, seconds: float = SECONDS
    ) -> Message:
        """Say something; return the first reply to it that matches. Raises Unseen with the other replies."""
        return await self.reply(room, await self.say(room, text, reply_to=reply_to), expect, seconds=seconds)

    # The loop

    async def _read_for_ever(self) -> None:
        try:
            await self._read_once(timeout=0, full=True)
            self._fresh.set()
            while True:
                async with self._news:
                    self._news.notify_all()
                try:
                    await self._read_once(timeout=_SYNC_MS)
                except (aiohttp.ClientError, TimeoutError, OSError):
                    await asyncio.sleep(0.5)  # the homeserver is away
        finally:
            async with self._news:
                self._news.notify_all()

    async def _read_once(self, *, timeout: int, full: bool = False) -> None:
        answer = await self._nio.sync(timeout=timeout, sync_filter=_TIMELINE, full_state=full)
        if not isinstance(answer, SyncResponse):
            await asyncio.sleep(0.5)
            return
        for room_id, info in answer.rooms.join.items():
            for event in [*info.state, *info.timeline.events]:
                self._take(room_id, event)
        if answer.to_device_events:
            self._read_again()
        await self._query_keys()
        if self._nio.should_upload_keys:
            await self._nio.keys_upload()
        if self.accepts:
            await self._accept(answer.rooms.invite)

    def _take(self, room_id: str, event: Any) -> None:
        room = self._seen.setdefault(room_id, Room(room_id))
        if isinstance(event, MegolmEvent):
            event.room_id = room_id
            self._unread[event.event_id] = event
            room.hide(event.source)
            return
        if invited_directly(event.source, self.user):
            self._direct.add(room_id)
        sighting = room.take(event.source)
        if sighting is not None:
            for watcher in self.watchers:
                watcher(sighting)

    def _read_again(self) -> None:
        """A key may have come after the message that it opens."""
        for event_id, event in list(self._unread.items()):
            with suppress(EncryptionError):
                clear = self._nio.decrypt_event(event)
                del self._unread[event_id]
                self._take(event.room_id, clear)

    async def _query_keys(self) -> None:
        async with self._querying:
            if self._nio.should_query_keys:
                with suppress(LocalProtocolError):  # the other one has just asked
                    await self._nio.keys_query()

    async def _accept(self, invitations: dict[str, InviteInfo]) -> None:
        for room_id in {*invitations, *self._nio.invited_rooms} - set(self._nio.rooms):
            for event in invitations[room_id].invite_state if room_id in invitations else ():
                if invited_directly(event.source, self.user):
                    self._direct.add(room_id)
            answer = await self._nio.join(room_id)
            if isinstance(answer, JoinResponse):
                self._nio.invited_rooms.pop(room_id, None)

    # What went wrong

    def _ok(self, answer: Any) -> Any:
        if isinstance(answer, ErrorResponse):
            raise PlayerError(f"{self.user}: the homeserver refuses: {answer}")
        return answer

    def why_stopped(self) -> str | None:
        """Why this client reads no more: it was not started, was closed, or failed."""
        if self._loop is None:
            return "it was not started"
        if not self._loop.done():
            return None
        return "it was closed" if self._loop.cancelled() else repr(self._loop.exception())
