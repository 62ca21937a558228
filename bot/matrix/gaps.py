"""What a sync left out is fetched. Guarantee: an open gap is walked page by page into the journal, over any
number of restarts, or closed with the reason why it could not be; and now and then the server's last hours
are compared with ours.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from bot.clock import Clock
from bot.matrix.backoff import Backoff, pause
from bot.matrix.client import Client, Limited, LoggedOut, MatrixRefused, Unreachable, path
from bot.matrix.decrypt import Readable
from bot.matrix.intake import receive
from bot.matrix.response import Page, RawEvent, read_page, read_state, received
from bot.matrix.spans import BrokenJson
from bot.store import journal, meta
from bot.store.db import Database, Session
from bot.store.journal import Gap

log = structlog.get_logger(__name__)

PAGE = 500
EMPTY_PAGES = 50
"""So many pages in a row without an event, each with a next one, are walked: a server may filter a page away whole (the
specification: only where there is no `end` is there no more), but must not lead us on for ever."""
SERVER_ERRORS = 10
AFTER_FAULT_SECONDS = 30.0
FILTER = json.dumps({"lazy_load_members": False})


@dataclass
class _Trial:
    """How a gap's last attempts went."""

    backoff: Backoff = field(default_factory=lambda: Backoff(cap=30.0))
    server_errors: int = 0


class LedOnError(Exception):
    """The homeserver gives page after page without an event, and never says that there is no more."""

    def __init__(self) -> None:
        super().__init__(f"the homeserver gave {EMPTY_PAGES} empty pages in a row")


class GapWalker:
    """Walks the open gaps, forward from where we stopped to where the timeline begins again."""

    def __init__(
        self,
        client: Client,
        db: Database,
        clock: Clock,
        on_page: Callable[[], Awaitable[None]],
        readable: Callable[[str, Iterable[RawEvent]], Readable],
    ) -> None:
        """`on_page` is awaited after each page that was written, and after each gap that was closed; `readable` says
        what is written opened, with the keys that are here."""
        self._readable = readable
        self._client = client
        self._db = db
        self._clock = clock
        self._on_page = on_page
        self._wanted = asyncio.Event()
        self._trials: dict[int, _Trial] = {}

    def poke(self) -> None:
        """There may be gaps to walk, and the keys that came with them are in."""
        self._wanted.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Walk whenever poked, until `stop`. Raises LoggedOut."""
        while not stop.is_set():
            await self._wanted.wait()
            self._wanted.clear()
            wait: float | None = AFTER_FAULT_SECONDS
            try:
                wait = await self.walk()
            except LoggedOut:
                raise
            except Exception:
                # A full disk, or a fault of ours: each gap stays open, from where it was walked to.
                log.exception("walking the gaps failed")
            if wait is not None:
                await pause(stop, wait)
                self._wanted.set()

    async def walk(self) -> float | None:
        """Walk every open gap as far as it goes; return after how many seconds to come back, or None if all
        are done.

        A trouble with one gap does not keep the others waiting.
        """
        waits = []
        for gap in await self._db.call(journal.gaps):
            trial = self._trials.setdefault(gap.id, _Trial())
            try:
                await self._walk_one(gap)
            except Limited as limited:
                waits.append(limited.seconds)
                continue
            except Unreachable as trouble:
                # Only answers count: a homeserver that is down will be back, and its history with it.
                trial.server_errors += trouble.status is not None
                if trial.server_errors < SERVER_ERRORS:
                    waits.append(trial.backoff.next())
                    continue
                await self._give_up(gap, f"the homeserver fails: {trouble}")
            except (MatrixRefused, BrokenJson, LedOnError) as refusal:
                await self._give_up(gap, str(refusal))
            del self._trials[gap.id]
        return min(waits, default=None)

    async def _walk_one(self, gap: Gap) -> None:
        # A gap that was not begun yet has its end as position.
        position = gap.since if gap.position == gap.prev_batch else gap.position
        empty = 0
        asked = asyncio.create_task(self._page(gap.room_id, position, gap.prev_batch))
        try:
            while True:
                page = await asked
                empty = 0 if page.events else empty + 1
                over = page.end is None or page.end in (gap.prev_batch, position)
                if not over and empty < EMPTY_PAGES:
                    # The homeserver looks for the next page while this one is written and opened.
                    asked = asyncio.create_task(self._page(gap.room_id, page.end, gap.prev_batch))
                opened = self._readable(gap.room_id, page.events)
                await self._db.call(_write_page, gap, page, opened, self._clock.now(), over=over)
                await self._on_page()
                if over:
                    return
                if empty >= EMPTY_PAGES:
                    raise LedOnError
                position = page.end
        finally:
            asked.cancel()
            await asyncio.gather(asked, return_exceptions=True)

    async def _page(self, room_id: str, start: str | None, end: str) -> Page:
        query: dict[str, str | int] = {"dir": "f", "limit": PAGE, "to": end, "filter": FILTER}
        if start is not None:
            query["from"] = start
        _, data, _ = await self._client.fetch("GET", path("rooms", room_id, "messages"), query=query, timeout=60)
        return read_page(data)

    async def _give_up(self, gap: Gap, reason: str) -> None:
        log.error("a gap cannot be recovered", room=gap.room_id, reason=reason)
        state = await self._state(gap.room_id)
        await self._db.call(_close_lost, gap, reason, state, self._clock.now())
        await self._on_page()

    async def _state(self, room_id: str) -> list[RawEvent]:
        """Return the room's present state, in place of the changes that cannot be had; nothing if that fails
        too.
        """
        try:
            _, data, _ = await self._client.fetch("GET", path("rooms", room_id, "state"))
            return read_state(data)
        except (Unreachable, Limited, MatrixRefused, BrokenJson) as error:
            log.warning("a room's state cannot be read", room=room_id, error=str(error))
            return []


class WalkBack:
    """Compares the server's event ids of the last hours with ours, and journals what is missing."""

    def __init__(self, client: Client, db: Database, clock: Clock, rooms: Callable[[Session], Sequence[str]]) -> None:
        """`rooms` gives the Matrix ids of the rooms to compare; it is asked within a transaction."""
        self._client = client
        self._db = db
        self._clock = clock
        self._rooms = rooms

    async def run(self, hours: float = 12) -> int:
        """Compare each room, and write a notice `walked` for it; return how many events were missing.

        Rooms with an open gap are left to it. A room that cannot be read now is passed over. Raises
        LoggedOut.
        """
        token, open_gaps, room_ids = await self._db.call(
            lambda s: (meta.get(s, "sync_token"), journal.gaps(s), self._rooms(s))
        )
        if not token:
            return 0
        waiting = {gap.room_id for gap in open_gaps}
        missing = 0
        for room_id in room_ids:
            if room_id in waiting:
                continue
            try:
                missing += await self._compare(room_id, token, self._clock.now() - timedelta(hours=hours))
            except LoggedOut:
                raise
            except (Unreachable, Limited, MatrixRefused, BrokenJson, LedOnError) as error:
                log.warning("the last hours cannot be compared", room=room_id, error=str(error))
                payload = {"room_id": room_id, "failed": str(error)}
                await self._db.call(journal.notice, "walked", payload, self._clock.now(), room_id)
        return missing

    async def _compare(self, room_id: str, token: str, since: datetime) -> int:
        # From our own token backwards: what came later is on its way, not missing.
        events: list[RawEvent] = []
        position: str | None = token
        oldest = int(since.timestamp() * 1000)
        empty = 0
        while position is not None:
            query: dict[str, str | int] = {"dir": "b", "limit": PAGE, "from": position, "filter": FILTER}
            where = path("rooms", room_id, "messages")
            _, data, _ = await self._client.fetch("GET", where, query=query, timeout=60)
            page = read_page(data)
            recent = [event for event in page.events if _stamp(event) >= oldest]
            events += recent
            empty = 0 if page.events else empty + 1
            if empty >= EMPTY_PAGES:
                raise LedOnError
            position = page.end if len(recent) == len(page.events) and page.end != position else None
        return await self._db.call(_write_walk, room_id, events[::-1], since, self._clock.now())


def _stamp(event: RawEvent) -> int:
    stamp = event.value.get("origin_server_ts")
    # One without a time cannot tell that it is old: it is compared.
    return stamp if isinstance(stamp, int) else 2**62


def _write_page(session: Session, gap: Gap, page: Page, opened: Readable, now: datetime, *, over: bool) -> None:
    items = [received(each, "gap", gap.room_id, None, opened.get((gap.room_id, each.raw))) for each in page.events]
    new = receive(session, items, turn=gap.turn, now=now, since=gap.since, part=0)
    journal.advance_gap(session, gap.id, page.end or gap.prev_batch, len(new))
    if over:
        journal.close_gap(session, gap.id, True, None, now=now)


def _close_lost(session: Session, gap: Gap, reason: str, state: list[RawEvent], now: datetime) -> None:
    items = [received(event, "state", gap.room_id, None) for event in state]
    journal.receive(session, items, turn=gap.turn, now=now, first=False, part=0)
    journal.close_gap(session, gap.id, False, reason, now=now)


def _write_walk(session: Session, room_id: str, events: list[RawEvent], since: datetime, now: datetime) -> int:
    items = [received(event, "walk", room_id, None) for event in events]
    ids = [item.event_id for item in items if item.event_id is not None]
    held = journal.known(session, ids)
    missing = [item for item in items if item.event_id not in held]
    turn = int(meta.get(session, "turn") or 0)
    journal.receive(session, missing, turn=turn, now=now, first=False)
    payload = {
        "room_id": room_id,
        "from": since.isoformat(),
        "to": now.isoformat(),
        "server": len(items),
        "ours": len(held),
        "missing": [item.event_id for item in missing],
    }
    journal.notice(session, "walked", payload, now, room_id)
    return len(missing)
