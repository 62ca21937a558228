"""The bytes of posted files. Guarantee: every file posted in an incident's room is read, checked and hashed, over any
number of restarts and outages, or the log says why it could not be; a program or an archive is never kept as it is, and
one that is too large to be kept is hashed as it passes.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta

import structlog

from bot import attachments, chronicle, inbound, quarantine
from bot.clock import Clock
from bot.domain.registers import Attachment, FileGone, Measured
from bot.domain.samples import is_sample
from bot.store import blobs, posted, registers
from bot.store.db import Database, Session
from bot.store.posted import Posted

AT_ONCE = 4
GIVE_UP_AFTER = timedelta(hours=24)
LOOK_EVERY_SECONDS = 2.0

Read = Callable[[Attachment], Awaitable[bytes | None]]
Measure = Callable[[Attachment], Awaitable[Measured | None]]
logger = structlog.get_logger(__name__)


@dataclass(frozen=True)
class _Found:
    """What became of a file; `data` only where it is kept."""

    state: str
    sha256: str | None = None
    size: int | None = None
    why: str | None = None
    data: bytes = b""
    sealed: Measured | None = None
    """What `data` is where the file is in quarantine, and so not as it was posted."""


class Keeper:
    """Reads what was posted. `read` gives a file's bytes, at most `most` of them, and None while it cannot be had;
    `measure` the hash of a larger one. With `quarantined`, programs and archives are kept under a password."""

    def __init__(
        self, db: Database, clock: Clock, read: Read, measure: Measure, most: int, *, quarantined: bool = False
    ) -> None:
        self._db, self._clock, self._read, self._measure, self._most = db, clock, read, measure, most
        self._quarantined = quarantined
        self.settled: Callable[[], None] = lambda: None
        """Called when what waited for a file may go on."""
        self._news = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    def wake(self) -> None:
        """There may be files to read. May be called from any thread."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._news.set)

    async def run(self) -> None:
        """Read for ever what is posted. Cancelling loses nothing: what was not settled is read again."""
        self._loop = asyncio.get_running_loop()
        while True:
            try:
                await self.collect()
            except Exception as fault:
                logger.exception("files_not_read", error=type(fault).__name__)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._news.wait(), LOOK_EVERY_SECONDS)

    async def collect(self) -> int:
        """Look after the files that are due, a few at a time, until none is: one that is slow holds up no other.
        Returns how many were settled."""
        settled = 0
        running: dict[asyncio.Task[bool], str] = {}
        try:
            while True:
                self._news.clear()
                free, looked_at = AT_ONCE - len(running), frozenset(running.values())
                due = await self._db.call(posted.wanted, self._clock.now(), free, looked_at) if free else []
                running |= {asyncio.create_task(self._one(each)): each.event_id for each in due}
                if not running:
                    return settled
                for task in await self._ended(running):
                    del running[task]
                    if task.result():
                        settled += 1
                        self.settled()
        finally:
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)

    async def _ended(self, running: Iterable[asyncio.Task[bool]]) -> list[asyncio.Task[bool]]:
        """The tasks that have ended, once one has; none if there may be more to look after first."""
        news = asyncio.create_task(self._news.wait())
        try:
            await asyncio.wait({*running, news}, timeout=LOOK_EVERY_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        finally:
            news.cancel()
        return [task for task in running if task.done()]

    async def _one(self, wanted: Posted) -> bool:
        try:
            file = await self._db.call(_file, wanted.event_id)
            found = await self._look(wanted, file)
        except Exception as fault:
            # One file that cannot be dealt with must not keep the others.
            logger.exception("file_not_read", event_id=wanted.event_id, error=type(fault).__name__)
            found = None
        if found is None:
            await self._db.call(posted.later, wanted.event_id, self._clock.now())
            return False
        await self._db.call(self._settle, wanted, file, found)
        return True

    async def _look(self, wanted: Posted, file: Attachment | None) -> _Found | None:
        """What becomes of the file; None if it is to be asked for again."""
        if file is None:
            return _Found(posted.LOST, why="not_found")
        late = self._clock.now() - wanted.asked_at > GIVE_UP_AFTER
        if file.size is not None and file.size > self._most:
            return await self._measured(file, late=late)
        try:
            data = await self._read(file)
        except FileGone as gone:
            if gone.why == "too_large":
                return await self._measured(file, late=late)
            return _Found(posted.LOST, why=gone.why)
        if data is None:
            return _Found(posted.LOST, why="unavailable") if late else None
        return await asyncio.to_thread(_judged, file, data, quarantined=self._quarantined)

    async def _measured(self, file: Attachment, *, late: bool) -> _Found | None:
        """A file too large to be kept: its hash, or none where it is too large even for that."""
        try:
            measured = await self._measure(file)
        except FileGone as gone:
            return _Found(posted.DESCRIBED if gone.why == "too_large" else posted.LOST, why=gone.why)
        if measured is None:
            return _Found(posted.DESCRIBED, why="too_large") if late else None
        return _Found(posted.DESCRIBED, measured.sha256, measured.size, "too_large")

    def _settle(self, session: Session, wanted: Posted, file: Attachment | None, found: _Found) -> None:
        known = posted.settle(
            session,
            wanted.event_id,
            found.state,
            sha256=found.sha256,
            size=found.size,
            why=found.why,
            sealed=found.sealed,
        )
        if known is None:
            return
        if known.state == posted.KEPT:
            blobs.put(session, found.data)
        if known.seq is not None and file is not None:
            chronicle.file_came(session, known, file, self._clock.now())


def _file(session: Session, event_id: str) -> Attachment | None:
    """The file as its event describes it."""
    row = registers.event(session, event_id)
    return inbound.attachment(inbound.read(row), event_id) if row else None


def _judged(file: Attachment, data: bytes, *, quarantined: bool) -> _Found:
    digest = hashlib.sha256(data).hexdigest()
    if is_sample(file.name, data):
        if not quarantined:
            return _Found(posted.DESCRIBED, digest, len(data), "program")
        zipped = quarantine.seal(attachments.in_a_path(file.name), data)
        sealed = Measured(hashlib.sha256(zipped).hexdigest(), len(zipped))
        return _Found(posted.KEPT, digest, len(data), data=zipped, sealed=sealed)
    return _Found(posted.KEPT, digest, len(data), attachments.doubt(file.mimetype, data), data)
