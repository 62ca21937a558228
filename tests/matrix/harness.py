"""The bot's Matrix side with a real store, without its engine: what a test looks at are the journal's rows."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlmodel import select

from bot.clock import SystemClock
from bot.health import Health
from bot.matrix.client import Client
from bot.matrix.sync import LARGEST, LOST_AFTER, Hooks, SyncLoop
from bot.store import journal, meta
from bot.store.db import Database
from bot.store.journal import JournalRow
from bot.store.received import from_table
from bot.store.tables import Journal
from tests.matrix.peers import account


class Bot:
    """A client, a database and a sync loop; `start` and `stop` as often as wanted, all state on disk."""

    lost_after = LOST_AFTER
    largest = LARGEST

    def __init__(self, url: str, user_id: str, folder: Path, **more: Any) -> None:
        self.url = url
        self.user_id = user_id
        self.folder = folder
        self.more = more
        self.verifications: list[tuple[str, str, str]] = []
        self.walk_rooms: list[str] = []
        self.health = Health()
        self.client: Client
        self.db: Database
        self.sync: SyncLoop
        self._task: asyncio.Task[None] | None = None
        self._stop = asyncio.Event()

    async def open(self) -> Bot:
        """Everything but the loop."""
        self.db = Database(f"sqlite:///{self.folder / 'tocsin.db'}")
        self.db.migrate()
        self.client = Client(account(self.url, self.user_id, self.folder, **self.more))
        await self.client.connect()

        async def decline(user: str, device: str, transaction: str) -> bool:
            self.verifications.append((user, device, transaction))
            return True

        hooks = Hooks(lambda: None, lambda user, device: None, decline, lambda _: self.walk_rooms)
        self.sync = SyncLoop(
            self.client, self.db, SystemClock(), self.health, hooks, long_poll_ms=2_000, lost_after=self.lost_after,
            largest=self.largest,
        )  # fmt: skip
        return self

    async def start(self) -> Bot:
        await self.open()
        self.run()
        await self.until(self.sync.caught_up.is_set)
        return self

    def run(self) -> asyncio.Task[None]:
        self._stop = asyncio.Event()
        self._task = asyncio.create_task(self.sync.run(self._stop))
        return self._task

    async def stop(self) -> None:
        """As SIGTERM does."""
        self._stop.set()
        if self._task is not None:
            await asyncio.gather(self._task, return_exceptions=True)
        await self.close()

    async def kill(self) -> None:
        """As SIGKILL does, as far as one process can: nothing is told, nothing is finished."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self.close()

    async def close(self) -> None:
        await self.client.close()
        self.db.close()

    def token(self) -> str | None:
        """How far the bot has acknowledged what it received."""
        with self.db.reading() as session:
            return meta.get(session, "sync_token")

    def rows(self) -> list[JournalRow]:
        """Every row, in the order in which the engine takes them."""
        with self.db.reading() as session:
            found = session.exec(select(Journal)).all()
            return sorted((from_table(row) for row in found), key=lambda row: (row.turn, row.part, row.id))

    def row(self, event_id: str) -> JournalRow | None:
        return next((row for row in self.rows() if row.event_id == event_id), None)

    def notices(self, name: str) -> list[dict[str, Any]]:
        return [json.loads(row.raw) for row in self.rows() if row.kind == "notice" and row.type == name]

    def events(self, room_id: str, *sections: str) -> list[str | None]:
        wanted = sections or ("timeline", "gap", "walk")
        return [row.event_id for row in self.rows() if row.room_id == room_id and row.section in wanted]

    async def engine(self) -> list[JournalRow]:
        """What an engine would do: take what is ready, and be done with it."""
        taken: list[JournalRow] = []
        while rows := await self.db.call(journal.next_ready):
            await self.db.call(journal.done, [row.id for row in rows])
            taken += rows
        return taken

    async def until(self, condition: Callable[[], Any], seconds: float = 20) -> Any:
        """Wait until the condition holds; fails with the last rows if it never does."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            found = condition()
            if found:
                return found
            if self._task is not None and self._task.done():
                self._task.result()
            await asyncio.sleep(0.02)
        raise AssertionError("never: " + "\n".join(str(row)[:300] for row in self.rows()[-10:]))

    async def row_of(self, event_id: str, state: str = "ready") -> JournalRow:
        """Wait until the event is in the journal in this state."""
        found: JournalRow = await self.until(
            lambda: (row := self.row(event_id)) is not None and row.state == state and row
        )
        return found


def body(row: JournalRow) -> str:
    """The text of a row that was opened."""
    assert row.clear is not None
    text = json.loads(row.clear)["content"]["body"]
    assert isinstance(text, str)
    return text
