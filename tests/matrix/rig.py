"""The outgoing half of the bot, whole, against a homeserver: client, store, trust, sender; nio's own sync loop."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
from nio import SyncResponse
from sqlalchemy import text

from bot.matrix.client import Client
from bot.matrix.sender import Sender
from bot.matrix.trust import Policy, Trust
from bot.store import outbox, rooms
from bot.store.db import Database
from bot.store.outbox import OutboxRow, Outgoing
from bot.store.rooms import Room
from tests.matrix.peers import Peer, connected


class MovableClock:
    """The machine's clock, plus what a test adds to it."""

    def __init__(self) -> None:
        self.ahead = timedelta(0)

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead


class Reasons:
    """Health, as a list of what was said."""

    def __init__(self) -> None:
        self.said: list[tuple[str, str | None]] = []

    def set(self, part: str, reason: str | None) -> None:
        self.said.append((part, reason))


class Rig:
    """`async with`-less on purpose: a test may stop and start its parts."""

    def __init__(self, url: str, user: str, folder: Path, policy: Policy = "warn", password: str = "secret") -> None:
        self.url, self.user, self.folder, self.policy, self.password = url, user, folder, policy, password
        self.clock = MovableClock()
        self.health = Reasons()
        self.db = Database(f"sqlite:///{folder / 'tocsin.db'}")
        self.client: Client
        self.trust: Trust
        self.sender: Sender
        self._tasks: list[asyncio.Task[Any]] = []
        self._keys = itertools.count(1)

    async def start(self) -> Rig:
        """Connect, sync once, keep syncing; the sender waits for `send`."""
        self.db.migrate()
        self.client = await connected(self.url, self.user, self.folder, password=self.password)
        self.trust = Trust(self.client, self.db, self.clock, self.policy)
        self.sender = Sender(self.client, self.db, self.clock, self.trust, self.health)
        await self._sync(full=True)
        self._tasks.append(asyncio.create_task(self._pump()))
        return self

    def send(self) -> None:
        """Let the sender work."""
        self._tasks.append(asyncio.create_task(self.sender.run()))

    async def stop(self) -> None:
        """End tasks and connections, as at the end of the process."""
        self.sender.stop()
        for task in self._tasks:
            if "pump" in repr(task.get_coro()):
                task.cancel()
        for task in self._tasks:
            with suppress(asyncio.CancelledError):
                await task
        self._tasks.clear()
        await self.client.close()

    async def close(self) -> None:
        await self.stop()
        self.db.close()

    async def _sync(self, *, full: bool = False, timeout: int = 0) -> None:
        answer = await self.client.nio.sync(timeout=timeout, full_state=full)
        if isinstance(answer, SyncResponse) and self.client.nio.should_query_keys:
            await self.client.nio.keys_query()

    async def _pump(self) -> None:
        while True:
            try:
                await self._sync(timeout=1000)
            except (aiohttp.ClientError, TimeoutError):
                await asyncio.sleep(0.1)

    # What a test says and asks

    async def know(self, key: str, room_id: str | None, *, encrypted: bool = True, kind: str = "cell") -> None:
        await self.db.call(rooms.put, Room(key, room_id, kind, None, None, encrypted, False))

    async def put(self, room: str, kind: str, payload: dict[str, Any], key: str | None = None, **more: Any) -> str:
        """Put a row into the outbox and wake the sender; returns its id."""
        out = Outgoing(room, kind, payload, key or f"test:{next(self._keys)}", **more)
        row_id = await self.db.call(outbox.enqueue, out, self.clock.now())
        self.sender.wake()
        return row_id

    async def say(self, room: str, words: str, key: str | None = None, **more: Any) -> str:
        content = {"msgtype": "m.notice", "body": words, "m.mentions": {}}
        return await self.put(room, "message", {"type": "m.room.message", "content": content}, key, **more)

    async def row(self, row_id: str) -> OutboxRow:
        row = await self.db.call(outbox.get, row_id)
        assert row is not None
        return row

    async def until(self, row_id: str, state: str, seconds: float = 30) -> OutboxRow:
        """Wait until the row is in that state."""
        await eventually(lambda: self._state(row_id), lambda found: found == state, seconds)
        return await self.row(row_id)

    async def _state(self, row_id: str) -> str:
        return (await self.row(row_id)).state

    async def notices(self, name: str) -> list[dict[str, Any]]:
        """The payloads of the journal's notices of that name, in order."""

        def read(session: Any) -> list[dict[str, Any]]:
            query = text("SELECT raw FROM journal WHERE kind = 'notice' AND type = :name ORDER BY id")
            return [json.loads(raw) for (raw,) in session.execute(query, {"name": name})]

        return await self.db.call(read)


async def eventually(ask: Callable[[], Any], enough: Callable[[Any], bool], seconds: float = 30) -> Any:
    """Ask until the answer is enough; fails with the last answer."""
    answer: Any = None
    async with asyncio.timeout(seconds):
        while True:
            answer = await ask()
            if enough(answer):
                return answer
            await asyncio.sleep(0.05)


async def heard(peer: Peer, room_id: str, count: int = 1, seconds: float = 30) -> list[dict[str, Any]]:
    """The clear contents of the room's messages that the peer can read, once there are `count` of them."""
    found: list[dict[str, Any]] = []

    async def listen() -> list[dict[str, Any]]:
        answer = await peer.sync(timeout=200)
        joined = answer.rooms.join.get(room_id)
        for event in joined.timeline.events if joined else ():
            if event.source.get("type") == "m.room.message":
                found.append(event.source["content"])
        return found

    return list(await eventually(listen, lambda got: len(got) >= count, seconds))
