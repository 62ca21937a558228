"""Evidence files, read and kept. Guarantee: the hash of an exhibit is that of bytes that we have read; a crash at any
point reads the file again and says so once; a program or an archive is described, and never kept.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from bot import chronicle
from bot.clock import Clock
from bot.commands.evidence import state_of
from bot.domain.outcome import Record
from bot.domain.registers import Attachment, Evidence, FileGone, Keeping
from bot.domain.samples import is_sample
from bot.store import blobs, cells, registers, rooms
from bot.store.db import Database, Session
from bot.tools import Tools
from bot.turn import file_in

KEEP_MOST = 20 * 1024 * 1024
AGAIN_AFTER = timedelta(seconds=30)
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")

Read = Callable[[Attachment], Awaitable[bytes | None]]


class Exhibits:
    """Reads the files of the exhibits that wait for it. `read` gives a file's bytes, None while it cannot be had."""

    def __init__(self, db: Database, clock: Clock, tools: Tools, read: Read) -> None:
        self._db, self._clock, self._tools, self._read = db, clock, tools, read
        self._not_before: datetime | None = None

    async def collect(self) -> int:
        """Read every file that waits. Returns how many were settled."""
        if self._not_before is not None and self._clock.now() < self._not_before:
            return 0
        settled = 0
        for incident, number in await self._db.call(registers.wanted):
            file = await self._db.call(self._posted, incident, number)
            try:
                if file is None:
                    raise FileGone("not_found")
                data = await self._read(file)
            except FileGone as gone:
                await self._db.call(self._settle, incident, number, b"", gone.why)
            else:
                if data is None:
                    self._not_before = self._clock.now() + AGAIN_AFTER
                    return settled
                await self._db.call(self._settle, incident, number, data, "")
            settled += 1
        return settled

    def _posted(self, session: Session, incident: str, number: int) -> Attachment | None:
        """The file as its event describes it."""
        cell = cells.load(session, incident)
        event_id = cell.evidence[number].event_id if cell else None
        row = registers.event(session, event_id) if event_id else None
        return file_in(session, row.event_id, row.room_id) if row and row.event_id else None

    def _settle(self, session: Session, incident: str, number: int, data: bytes, gone: str) -> None:
        """Write down what became of the file, keep its bytes if they may be kept, and say so in the cell."""
        cell = cells.load(session, incident)
        before = cell.evidence[number] if cell else None
        if cell is None or before is None or before.keeping is not Keeping.WANTED:
            return
        now = self._clock.now()
        after, extra = replace(before, keeping=Keeping.LOST, why=gone), {"not_kept": gone}
        if not gone:
            after, extra = _read(before, data)
        if after.keeping is Keeping.KEPT:
            blobs.put(session, data)
        cells.save(session, cell, cell.with_entries([after]))
        record = Record("evidence", "collect", after.id, state_of(before), state_of(after), extra=extra)
        chronicle.record(session, incident, record, sender=None, cause=None, now=now)
        self._say(session, incident, after, now)

    def _say(self, session: Session, incident: str, exhibit: Evidence, now: datetime) -> None:
        cell = cells.load(session, incident)
        assert cell is not None
        room = rooms.by_key(session, cell.incident.room_key)
        posted = registers.event(session, exhibit.event_id) if exhibit.event_id else None
        here = posted is not None and room is not None and posted.room_id == room.room_id
        self._tools.voice.say(
            session, now, cell.incident.room_key, "evidence.read", cell.incident.language, {"evidence": exhibit},
            f"evidence:{incident}:{exhibit.number}:read", cell=cell, reply_to=exhibit.event_id if here else None,
        )  # fmt: skip


def _read(exhibit: Evidence, data: bytes) -> tuple[Evidence, dict[str, Any]]:
    """The exhibit once its bytes are known, and what the log adds."""
    digest, name = hashlib.sha256(data).hexdigest(), exhibit.file or ""
    known = replace(exhibit, sha256=digest, size=len(data))
    why = "program" if is_sample(name, data) else "too_large" if len(data) > KEEP_MOST else ""
    if why:
        return replace(known, keeping=Keeping.DESCRIBED, why=why), {"not_kept": why}
    path = f"files/{exhibit.id}-{_UNSAFE.sub('_', name)[-60:].lstrip('.') or 'file'}"
    file = {"path": path, "name": name, "size": len(data), "sha256": digest, "mimetype": exhibit.mimetype}
    return replace(known, keeping=Keeping.KEPT, location=path), {"file": file}
