"""Real people's clients: encrypted, with their own keys and their own sync loop, none of it the bot's code.

Guarantee: what a player says went out encrypted; what a player shows, it decrypted itself; what it could not
read it says so. A player whose loop died says why to whoever waits for it.
"""

from __future__ import annotations

import asyncio
import re
import shutil
import tempfile
import uuid
from collections.abc import Callable, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Any, Final, Self, TypeVar

import aiohttp
from nio import (
    AsyncClient,
    AsyncClientConfig,
    EncryptionError,
    ErrorResponse,
    InviteInfo,
    JoinResponse,
    LocalProtocolError,
    LoginResponse,
    MegolmEvent,
    SyncResponse,
)

from bot.demo.ownership import Ownership
from bot.demo.seen import Message, Room, Sighting

T = TypeVar("T")

SECONDS: Final = 30.0
"""How long a player waits for something unless told otherwise."""

# A reply that is not the one expected is final after this long: the right one may come second.
SECOND_THOUGHT: Final = 3.0

_SYNC_MS: Final = 20_000
_TIMELINE: Final = {"room": {"timeline": {"limit": 100}}}


class PlayerError(Exception):
    """A player could not do what it had to; the message says what the homeserver or the client said."""


class Unseen(PlayerError):  # noqa: N818 (it is what was not seen)
    """What had to appear did not. `expected` says what; `got` is what appeared in its place, perhaps nothing."""

    def __init__(self, name: str, expected: str, got: Sequence[str]) -> None:
        seen = "\n".join(got) or "(nothing)"
        super().__init__(f"{name} did not see {expected}; the last seen:\n{seen}")
        self.name = name
        self.expected = expected
        self.got = tuple(got)


class Player:
    """One person on one device; `async with Player(server.url, user_id, password, "Claire Morel") as claire:`.

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
        self.user = user
        self.name = name
        self.accepts = accepts
        self.watchers: list[Callable[[Sighting], None]] = []
        self._server = server
        self._password = password
        self._device_name = device_name
        self._ownership = (ownership or Ownership(user)) if signed else None
        self._folder = tempfile.mkdtemp(prefix="tocsin-player-")
        config = AsyncClientConfig(pickle_key="player", store_sync_tokens=False, request_timeout=45)
        self._nio = AsyncClient(server, user, store_path=self._folder, config=config)
        self._seen: dict[str, Room] = {}
        self._unread: dict[str, MegolmEvent] = {}
        self._news = asyncio.Condition()
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
        """The id of an encrypted room with that person and nobody else, or None."""
        return next(
            (
                room_id
                for room_id, room in self._nio.rooms.items()
                if set(room.users) == {self.user, other}
                and room.encrypted
                and self.members(room_id) == set(room.users)
            ),
            None,
        )

    async def dm(self, other: str, *, seconds: float = SECONDS) -> str:
        """The direct room that the other one opened, once it is there."""
        return await self.until(
            lambda: self.direct(other), seconds=seconds, what=f"a direct room with {other}"
        )

    async def open_dm(self, other: str, *, encrypted: bool = True) -> str:
        """Make a direct room and invite the other one; return its id at once."""
        algorithm = {"algorithm": "m.megolm.v1.aes-sha2"}
        state = [{"type": "m.room.encryption", "state_key": "", "content": algorithm}] if encrypted else []
        made = self._ok(await self._nio.room_create(is_direct=True, invite=[other], initial_state=state))
        room_id = str(made.room_id)
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

    async def withdraw(self, room: str, event_id: str, reason: str | None = None) -> None:
        """Take back one's own message."""
        self._ok(await self._nio.room_redact(room, event_id, reason=reason))

    async def send(self, room: str, content: dict[str, Any], kind: str = "m.room.message") -> str:
        """Send any content, encrypted unless it is a reaction; return its event id."""
        known = self._nio.rooms.get(room)
        if known is None or not known.encrypted:
            raise PlayerError(f"{self.user} is not in {room}, or it is not encrypted: nothing was said")
        async with self._sending:
            await self._query_keys()
            answer = await self._nio.room_send(
                room, kind, content, tx_id=uuid.uuid4().hex, ignore_unverified_devices=True
            )
        return str(self._ok(answer).event_id)

    async def ask(
        self, room: str, text: str, expect: str = "", *, reply_to: str | None = None, seconds: float = SECONDS
    ) -> Message:
        """Say something; return the first reply to it that matches the pattern. Raises Unseen with other replies."""
        return await self.reply(room, await self.say(room, text, reply_to=reply_to), expect, seconds=seconds)

    # Seeing things

    def log(self, room: str) -> list[Message]:
        """The messages of a room as this client shows them, edits applied, oldest first."""
        return list(self._seen[room].messages.values()) if room in self._seen else []

    def message(self, room: str, event_id: str) -> Message | None:
        """One message as it is shown now, or None."""
        return self._seen[room].messages.get(event_id) if room in self._seen else None

    def pins(self, room: str) -> list[Message]:
        """The pinned messages that this client has, oldest pin first."""
        known = self._seen.get(room)
        return [known.messages[event] for event in known.pins if event in known.messages] if known else []

    def unreadable(self, room: str) -> list[Message]:
        """The messages that this client could not decrypt."""
        return [message for message in self.log(room) if not message.readable]

    async def until(self, found: Callable[[], T | None], *, seconds: float = SECONDS, what: str = "it") -> T:
        """Wait until `found` gives something true, and return that. Raises Unseen, or PlayerError if the loop died."""
        try:
            async with asyncio.timeout(seconds), self._news:
                while not (value := found()):
                    if self._loop is None or self._loop.done():
                        raise PlayerError(f"{self.user}'s client has stopped: {self._why_stopped()}")
                    await self._news.wait()
                return value
        except TimeoutError:
            raise Unseen(self.name, f"{what} within {seconds:g} s", self._latest()) from None

    async def wait(
        self, wanted: Callable[[Message], bool], *, seconds: float = SECONDS, what: str = "such a message"
    ) -> Message:
        """The first readable message in any room, past or to come, of which `wanted` holds."""

        def found() -> Message | None:
            everything = (message for room in self._seen.values() for message in room.messages.values())
            return next((message for message in everything if message.readable and wanted(message)), None)

        return await self.until(found, seconds=seconds, what=what)

    async def hears(
        self, room: str, pattern: str, *, sender: str | None = None, seconds: float = SECONDS
    ) -> Message:
        """The first message of a room, past or to come, from someone else, whose text matches."""
        return await self.wait(
            lambda message: (
                message.room == room
                and message.sender != self.user
                and sender in (None, message.sender)
                and _matches(pattern, message.text)
            ),
            seconds=seconds,
            what=f"a message that matches « {pattern} »",
        )

    async def reply(self, room: str, event_id: str, expect: str = "", *, seconds: float = SECONDS) -> Message:
        """The first reply from someone else to that message which matches. Raises Unseen with the other replies."""

        def replies() -> list[Message]:
            return [
                m for m in self.log(room) if m.reply_to == event_id and m.sender != self.user and m.readable
            ]

        def right() -> Message | None:
            return next((message for message in replies() if _matches(expect, message.text)), None)

        what = f"a reply that matches « {expect} »" if expect else "a reply"
        await self.until(replies, seconds=seconds, what=what)
        try:
            return await self.until(right, seconds=SECOND_THOUGHT, what=what)
        except Unseen as unseen:
            raise Unseen(self.name, what, [message.text for message in replies()]) from unseen

    async def ticked(self, room: str, event_id: str, sign: str = "✅", *, seconds: float = SECONDS) -> None:
        """Wait until someone else has put that reaction under the message. Raises Unseen."""

        def found() -> bool:
            message = self.message(room, event_id)
            return message is not None and any(s == sign and who != self.user for who, s in message.reactions)

        await self.until(found, seconds=seconds, what=f"the reaction {sign}")

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
            answer = await self._nio.join(room_id)
            if isinstance(answer, JoinResponse):
                self._nio.invited_rooms.pop(room_id, None)

    # What went wrong

    def _ok(self, answer: Any) -> Any:
        if isinstance(answer, ErrorResponse):
            raise PlayerError(f"{self.user}: the homeserver refuses: {answer}")
        return answer

    def _why_stopped(self) -> str:
        if self._loop is None:
            return "it was not started"
        if self._loop.cancelled():
            return "it was closed"
        return repr(self._loop.exception())

    def _latest(self) -> list[str]:
        everything = [message for room in self._seen.values() for message in room.messages.values()]
        everything.sort(key=lambda message: message.at)
        return [f"{m.sender}: {m.text[:300] if m.readable else '(unreadable)'}" for m in everything[-8:]]


def _matches(pattern: str, text: str) -> bool:
    return re.search(pattern, text, re.IGNORECASE | re.DOTALL) is not None
