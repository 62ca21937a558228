"""Evidence files, read and kept. Guarantee: the hash of an exhibit is that of bytes that we have read; a crash at any
point reads the file again and says so once; a program or an archive is never kept as it is.

A file posted in an incident's room is read and kept as the log does it, once; here is read only what was posted
elsewhere.
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from bot import chronicle, quarantine
from bot.attachments import in_a_path, place
from bot.clock import Clock
from bot.commands.evidence import state_of
from bot.domain.outcome import Record
from bot.domain.registers import Attachment, Evidence, FileGone, Keeping, Measured
from bot.domain.samples import is_sample
from bot.store import blobs, cells, posted, registers, rooms
from bot.store.db import Database, Session
from bot.store.posted import Posted
from bot.tools import Tools
from bot.turn import file_in

KEEP_MOST = 20 * 1024 * 1024
AGAIN_AFTER = timedelta(seconds=30)

Read = Callable[[Attachment], Awaitable[bytes | None]]
Became = tuple[Evidence, dict[str, Any], bytes | None]
"""An exhibit once it is known what becomes of its file, what the log adds, and the bytes if they are to be kept."""


class Exhibits:
    """Reads the files of the exhibits that wait for it. `read` gives a file's bytes, None while it cannot be had; one
    of more than `most` bytes is not kept. With `quarantined`, programs and archives are kept under a password."""

    def __init__(
        self, db: Database, clock: Clock, tools: Tools, read: Read, most: int = KEEP_MOST, *, quarantined: bool = False
    ) -> None:
        self._quarantined = quarantined
        self._db, self._clock, self._tools, self._read, self._most = db, clock, tools, read, most
        self._not_before: datetime | None = None

    async def collect(self) -> int:
        """Settle every file that waits. Returns how many were settled."""
        if self._not_before is not None and self._clock.now() < self._not_before:
            return 0
        settled = 0
        for incident, number in await self._db.call(registers.wanted):
            file, held = await self._db.call(self._posted, incident, number)
            if held is not None and held.state == posted.WANTED:
                continue
            became: Callable[[Evidence], Became]
            if held is not None:
                became = partial(_as_posted, held)
            else:
                try:
                    data = await self._bytes(file)
                except FileGone as gone:
                    became = partial(_lost, gone.why)
                else:
                    if data is None:
                        self._not_before = self._clock.now() + AGAIN_AFTER
                        return settled
                    became = partial(_as_read, data, self._most, self._quarantined)
            await self._db.call(self._settle, incident, number, became)
            settled += 1
        return settled

    async def _bytes(self, file: Attachment | None) -> bytes | None:
        if file is None:
            raise FileGone("not_found")
        return await self._read(file)

    def _posted(self, session: Session, incident: str, number: int) -> tuple[Attachment | None, Posted | None]:
        """The file as its event describes it, and as the log holds it."""
        cell = cells.load(session, incident)
        event_id = cell.evidence[number].event_id if cell else None
        row = registers.event(session, event_id) if event_id else None
        if row is None or event_id is None:
            return None, None
        return file_in(session, event_id, row.room_id), posted.get(session, event_id)

    def _settle(self, session: Session, incident: str, number: int, became: Callable[[Evidence], Became]) -> None:
        """Write down what became of the file, keep its bytes if they may be kept, and say so in the cell."""
        cell = cells.load(session, incident)
        before = cell.evidence[number] if cell else None
        if cell is None or before is None or before.keeping is not Keeping.WANTED:
            return
        now = self._clock.now()
        after, extra, data = became(before)
        if data is not None:
            blobs.put(session, data)
        cells.save(session, cell, cell.with_entries([after]))
        record = Record("evidence", "collect", after.id, state_of(before), state_of(after), extra=extra)
        chronicle.record(session, incident, record, sender=None, cause=None, now=now)
        self._say(session, incident, after, now)

    def _say(self, session: Session, incident: str, exhibit: Evidence, now: datetime) -> None:
        cell = cells.load(session, incident)
        assert cell is not None
        room = rooms.by_key(session, cell.incident.room_key)
        event = registers.event(session, exhibit.event_id) if exhibit.event_id else None
        here = event is not None and room is not None and event.room_id == room.room_id
        self._tools.voice.say(
            session, now, cell.incident.room_key, "evidence.read", cell.incident.language, {"evidence": exhibit},
            f"evidence:{incident}:{exhibit.number}:read", cell=cell, reply_to=exhibit.event_id if here else None,
        )  # fmt: skip


def _lost(why: str, exhibit: Evidence) -> Became:
    return replace(exhibit, keeping=Keeping.LOST, why=why), {"not_kept": why}, None


def _as_posted(held: Posted, exhibit: Evidence) -> Became:
    """What the log knows of the file, which it has read: its bytes are kept once, at the place that its entry names."""
    if held.state == posted.LOST:
        return _lost(held.why or "not_found", exhibit)
    known = replace(exhibit, sha256=held.sha256, size=held.size)
    if held.state == posted.KEPT:
        return replace(known, keeping=Keeping.KEPT, location=held.path), {"target": held.seq}, None
    return replace(known, keeping=Keeping.DESCRIBED, why=held.why), {"target": held.seq, "not_kept": held.why}, None


def _as_read(data: bytes, most: int, quarantined: bool, exhibit: Evidence) -> Became:
    """What the bytes say."""
    digest, name = hashlib.sha256(data).hexdigest(), exhibit.file or ""
    known = replace(exhibit, sha256=digest, size=len(data))
    sample = is_sample(name, data)
    why = "too_large" if len(data) > most else "program" if sample and not quarantined else ""
    if why:
        return replace(known, keeping=Keeping.DESCRIBED, why=why), {"not_kept": why}, None
    own, sealed = Measured(digest, len(data)), None
    if sample:
        data = quarantine.seal(in_a_path(name), data)
        sealed = Measured(hashlib.sha256(data).hexdigest(), len(data))
    file, path = place(exhibit.id, name, exhibit.mimetype or "", own, sealed)
    return replace(known, keeping=Keeping.KEPT, location=path), {"file": file}, data
