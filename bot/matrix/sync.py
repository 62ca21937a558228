"""The sync loop. Guarantee: what the homeserver hands out is in the journal before anything is done with it,
our token advances only then, and no trouble stops the loop or makes it spin.

One turn: fetch the bytes; write them to the journal; give nio its part; store our token; look after keys;
once no to-device message is left to fetch, open what came encrypted. Where there is nothing in it for nio, what came
encrypted is opened first, with the keys that are here, and all of it is one transaction. A crash anywhere means that
the turn is done again.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Protocol

import structlog

from bot.clock import Clock
from bot.matrix import keys, model
from bot.matrix.backoff import Backoff, pause
from bot.matrix.client import Client, Limited, LoggedOut, MatrixError, MatrixRefused, Unreachable, path
from bot.matrix.decrypt import Decryptor, Signed
from bot.matrix.gaps import GapWalker, WalkBack
from bot.matrix.intake import pending_verifications, settle_verification, start_over, write
from bot.matrix.response import SyncAnswer, read
from bot.matrix.spans import BrokenJson
from bot.matrix.wire import TOO_LARGE
from bot.steps import Step, no_step
from bot.store import journal, meta, outage
from bot.store.db import Database, Session

log = structlog.get_logger(__name__)

TIMELINE = 1000
"""So many messages of a room come in one answer at most; beyond that the gap is walked."""
LARGEST = 128 * 1024 * 1024
"""Bytes: an answer of more is not read to its end. Fewer messages are asked for then, a tenth each time."""
SMALL = 64 * 1024
"""Bytes: an answer of fewer is taken apart at once; to hand it to another thread would take longer."""
LONG_POLL_MS = 30_000
MAX_DRAINS = 50
"""So many syncs in a row may bring to-device messages before what came is decrypted all the same."""
REFUSALS = 3
"""So many refusals of our token in a row, and it is given up: a homeserver restored from a copy knows it no more."""
LOST_AFTER = timedelta(seconds=30)
"""A shorter trouble is not worth an entry in anyone's log."""
WALK_EVERY_SECONDS = 6 * 3600.0

Decline = Callable[[str, str, str], Awaitable[bool]]


class HealthBoard(Protocol):
    """Where each part says why it is not well; None: it is."""

    def set(self, part: str, reason: str | None) -> None:
        """Say why `part` is not well."""


@dataclass
class Hooks:
    """What others do for the loop, and at its word.

    `signed`: is the device signed by its owner? `decline`: answer a verification request (user, device,
    transaction). `walk_rooms`: whose last hours are compared with the server's. `at_rest` returns once there is nothing
    more urgent to do.
    """

    on_rows: Callable[[], None]
    signed: Signed
    decline: Decline | None = None
    walk_rooms: Callable[[Session], Sequence[str]] = lambda _: ()
    at_rest: Callable[[], Awaitable[object]] = lambda: asyncio.sleep(0)


def _filter(messages: int) -> str:
    nothing = {"not_types": ["*"]}
    room = {
        "timeline": {"limit": messages},
        "state": {"lazy_load_members": False},
        "ephemeral": nothing,
        "account_data": nothing,
    }
    return json.dumps({"presence": nothing, "account_data": nothing, "room": room}, separators=(",", ":"))


class SyncLoop:
    """Reads the account's events for as long as the process lives."""

    def __init__(
        self,
        client: Client,
        db: Database,
        clock: Clock,
        health: HealthBoard,
        hooks: Hooks,
        *,
        long_poll_ms: int = LONG_POLL_MS,
        step: Step = no_step,
        lost_after: timedelta = LOST_AFTER,
        largest: int = LARGEST,
    ) -> None:
        self._at_step = step
        self._largest = largest
        self._lost_after = lost_after
        self._client = client
        self._db = db
        self._clock = clock
        self._health = health
        self._hooks = hooks
        self._long_poll_ms = long_poll_ms
        self.decryptor = Decryptor(client, db, clock, hooks.signed)
        self.walker = GapWalker(client, db, clock, self._opened, self.decryptor.readable)
        self.walk_back = WalkBack(client, db, clock, hooks.walk_rooms)
        self.caught_up = asyncio.Event()
        """Set once, when the first turn's keys are in and its events are open."""
        self._backoff = Backoff()
        self._upkeep_backoff = Backoff()
        self._upkeep_after = 0.0
        self._refusals = 0
        self._down_since: datetime | None = None
        self._lost_told = False
        self._unwritten: tuple[datetime, str] | None = None
        self._timeline = TIMELINE
        self._full = True
        self._token: str | None = None
        """Ours, as it is on the disk; None: it must be read there."""
        self._fetch_now = True
        self._drains = 0
        self._arrived: set[tuple[str, str]] = set()
        self._requests = True  # the last process may have left some unanswered

    async def run(self, stop: asyncio.Event) -> None:
        """Sync until `stop`. Raises LoggedOut, when only a human can help."""
        await self._db.call(journal.notice, "started", {}, self._clock.now())
        tasks = [
            asyncio.create_task(self._loop(stop)),
            asyncio.create_task(self.walker.run(stop)),
            asyncio.create_task(self._compare_now_and_then(stop)),
            asyncio.create_task(stop.wait()),
        ]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        for task in done:
            task.result()
        await self._db.call(journal.notice, "stopped", {}, self._clock.now())

    async def _loop(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            try:
                await self._attempt(stop)
            except LoggedOut:
                self._health.set("sync", "logged out")
                raise
            except Exception as fault:
                # A full disk, or a fault of ours: alive and saying so is better than dead, and nothing is
                # lost.
                await self._fault(stop, fault)

    async def _attempt(self, stop: asyncio.Event) -> None:
        """One turn, and what the homeserver can have against it. Raises LoggedOut, and what is not its doing."""
        try:
            await self._turn(stop)
        except Limited as limited:
            await self._trouble(stop, limited, limited.seconds)
        except MatrixRefused as refusal:
            await self._trouble(stop, refusal, 0)
            await self._refused(refusal)
        except (Unreachable, BrokenJson) as trouble:
            await self._trouble(stop, trouble, 0)
        else:
            await self._well()

    async def _turn(self, stop: asyncio.Event) -> None:
        since = self._token or await self._db.call(meta.get, "sync_token") or None
        self._token = None  # where this turn fails, what is on the disk counts
        timeout = 0 if self._fetch_now else self._long_poll_ms
        began = time.monotonic()
        answer = await self._fetch(since, timeout)
        self._refusals = 0
        self._at_step("fetched")
        gap = await self._take_in(answer, since)
        self._token = answer.next_batch
        self._full = False
        self._requests = self._requests or bool(answer.to_device)
        self._drains = self._drains + 1 if answer.to_device else 0
        self._fetch_now = bool(answer.to_device) and self._drains < MAX_DRAINS
        if self._fetch_now:
            self._hooks.on_rows()
        await self._upkeep(answer)
        if not self._fetch_now:
            if answer.to_device:
                await self._opened()
            if gap or not self.caught_up.is_set():
                self.walker.poke()
            self.caught_up.set()
        stands_still = answer.next_batch == since and (timeout > 0 or bool(answer.to_device))
        if stands_still and time.monotonic() - began < 1:
            # A server that answers at once with the same again would have us spin.
            await pause(stop, 1)

    async def _take_in(self, answer: SyncAnswer, since: str | None) -> bool:
        """The answer goes into the journal, to nio, and our token after it; returns whether it opened a gap."""
        own, now = self._client.user_id, self._clock.now()
        if self._full or self._drains or model.has_news(answer):
            written = await self._db.call(write, answer, since=since, own=own, now=now)
            self._at_step("journaled")
            await self._tell_nio(answer)
            self._at_step("processed")
            if not answer.to_device:
                # All keys are in. What is in the journal stays there: people's words need not wait for the token.
                await self._opened()
            await self._db.call(meta.put, "sync_token", answer.next_batch)
        else:
            opened = self.decryptor.at_once(answer)
            written = await self._db.call(write, answer, since=since, own=own, now=now, opened=opened, whole=True)
            self._hooks.on_rows()
            self._at_step("journaled")
            self._at_step("processed")
            if written.sealed or self.decryptor.waits:
                await self._opened()
        self._at_step("token-stored")
        return written.gap

    async def _tell_nio(self, answer: SyncAnswer) -> None:
        try:
            self._arrived |= await model.tell(self._client.nio, answer)
        except Exception as fault:
            if outage.of(fault) is not None:
                # What nio has in memory is ahead of its disk: a key that came would be gone with this process.
                self._client.reload_keys()
            raise

    async def _fetch(self, since: str | None, timeout: int) -> SyncAnswer:
        query: dict[str, str | int] = {"timeout": timeout, "filter": _filter(self._timeline)}
        if since is not None:
            query["since"] = since
        if self._full:
            # nio keeps no rooms over a restart, and cannot send to a room that it does not know.
            query["full_state"] = "true"
            seconds = 300.0
        else:
            seconds = timeout / 1000 + 60
        try:
            _, data, _ = await self._client.fetch("GET", path("sync"), query=query, timeout=seconds, most=self._largest)
        except MatrixRefused as refusal:
            if refusal.errcode != TOO_LARGE or refusal.status >= HTTPStatus.BAD_REQUEST:
                raise
            raise self._too_large() from refusal
        answer = read(data) if len(data) < SMALL else await asyncio.to_thread(read, data)
        self._timeline = TIMELINE
        return answer

    def _too_large(self) -> Unreachable:
        """Ask for fewer messages from now on: what is left out comes with the gaps. Returns what to say."""
        before, self._timeline = self._timeline, max(1, self._timeline // 10)
        log.error("the homeserver's answer to /sync is too large", most=self._largest, messages_a_room=before)
        return Unreachable(
            f"the homeserver's answer to /sync is larger than {self._largest} bytes, with {before} messages a room"
        )

    async def _refused(self, refusal: MatrixRefused) -> None:
        """After `REFUSALS` in a row that only our token can explain, sync from the beginning again."""
        self._refusals = self._refusals + 1 if refusal.status == HTTPStatus.BAD_REQUEST else 0
        if self._refusals >= REFUSALS:
            self._refusals = 0
            if await self._db.call(start_over, str(refusal), self._clock.now()):
                log.error("the homeserver refuses our sync token: starting over", error=str(refusal))
                self._full = True
                # A sync without a token does not say whose devices changed meanwhile.
                tracked = set(self._client.olm.tracked_users)
                self._client.nio.changes.update(tracked)
                self._client.olm.add_changed_users(tracked)
                self._hooks.on_rows()

    async def _opened(self) -> None:
        """Open what is sealed, and wake who waits for rows."""
        arrived, self._arrived = self._arrived, set()
        await self.decryptor.run(arrived)
        self._hooks.on_rows()

    async def _upkeep(self, answer: SyncAnswer) -> None:
        """Look after our keys and others'. A trouble here is tried again in a later turn and holds nothing
        up.
        """
        olm = self._client.olm
        if answer.key_count is not None:
            # Read here because nio takes a count of 0 for no count at all.
            olm.uploaded_key_count = keys.count_of(answer.key_count)
        if time.monotonic() < self._upkeep_after:
            return
        fallback = answer.fallback_unused is not None and "signed_curve25519" not in answer.fallback_unused
        try:
            await self._client.settle()
            if olm.should_upload_keys or fallback:
                await keys.upload(self._client, fallback=fallback)
            if olm.users_for_key_query:
                await keys.query(self._client, set(olm.users_for_key_query))
            await keys.reopen(self._client)
            await self._client.ask_all(self._client.nio.send_to_device_messages)
            await self._decline()
            await self._client.settle()
        except LoggedOut:
            raise
        except Exception as trouble:
            wait = trouble.seconds if isinstance(trouble, Limited) else self._upkeep_backoff.next()
            self._upkeep_after = time.monotonic() + wait
            why = outage.of(trouble)
            self._health.set("keys", why.words.en if why else str(trouble) or type(trouble).__name__)
            is_ours = why is None and not isinstance(trouble, MatrixError)
            log.warning("key upkeep failed", error=repr(trouble), again_in=round(wait, 1), exc_info=is_ours)
        else:
            self._upkeep_backoff.reset()
            self._health.set("keys", None)

    async def _decline(self) -> None:
        """Answer the verification requests that wait; one that nobody answers is dropped."""
        if not self._requests:
            return
        for request in await self._db.call(pending_verifications):
            try:
                if self._hooks.decline is not None:
                    await self._hooks.decline(*request)
            except MatrixRefused as refusal:
                log.warning("a verification request cannot be answered", error=str(refusal))
            await self._db.call(settle_verification, request)
        self._requests = False

    async def _compare_now_and_then(self, stop: asyncio.Event) -> None:
        await self.caught_up.wait()
        await self._hooks.at_rest()
        while not stop.is_set():
            try:
                if await self.walk_back.run():
                    await self._opened()
            except LoggedOut:
                raise
            except Exception:
                # It proves that nothing is missing: where it cannot, what comes must go on coming in.
                log.exception("comparing the last hours failed")
            await pause(stop, WALK_EVERY_SECONDS)

    async def _trouble(self, stop: asyncio.Event, trouble: Exception, at_least: float) -> None:
        wait = max(self._backoff.next(), at_least)
        now = self._clock.now()
        self._down_since = self._down_since or now
        self._health.set("sync", str(trouble))
        log.warning("sync failed", error=str(trouble), again_in=round(wait, 1))
        if not self._lost_told and now - self._down_since >= self._lost_after:
            await self._db.call(journal.notice, "lost", {"since": self._down_since.isoformat()}, now)
            self._lost_told = True
            self._hooks.on_rows()
        await pause(stop, wait)

    async def _fault(self, stop: asyncio.Event, fault: Exception) -> None:
        """Nothing was written: our token stands where it stood. Say why, and try again; nothing is written here."""
        why, wait = outage.of(fault), self._backoff.next()
        if why is None:
            log.exception("a turn of the sync loop failed")
            self._health.set("sync", type(fault).__name__)
        else:
            self._unwritten = self._unwritten or (self._clock.now(), why.kind)
            self._health.set("store", why.words.en)
            log.error("nothing can be written down", why=why.words.en, again_in=round(wait, 1))
        await pause(stop, wait)

    async def _well(self) -> None:
        self._backoff.reset()
        self._health.set("sync", None)
        if self._unwritten is not None:
            since, why = self._unwritten
            now = self._clock.now()
            if now - since >= self._lost_after:
                await self._db.call(journal.notice, "written_again", {"since": since.isoformat(), "why": why}, now)
                self._hooks.on_rows()
            self._unwritten = None
            self._health.set("store", None)
        if self._lost_told and self._down_since is not None:
            payload = {"since": self._down_since.isoformat()}
            await self._db.call(journal.notice, "found", payload, self._clock.now())
            self._hooks.on_rows()
        self._down_since, self._lost_told = None, False
