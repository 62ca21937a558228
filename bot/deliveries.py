"""Incident files asked for in the chat: made up to their anchor, encrypted, sent to one person.

Guarantee: a crash at any point sends the file once or makes it again, never twice; the log says who received what.
"""

from __future__ import annotations

import asyncio
import json
import tempfile
from pathlib import Path

import structlog

from bot import chronicle
from bot.clock import Clock
from bot.decisions import open_direct
from bot.domain.outcome import Record
from bot.export.folder import ExportRefused, write
from bot.store import blobs, lookups, outbox
from bot.store.db import Database, Session
from bot.store.outbox import Outgoing
from bot.store.source import reading
from bot.tools import Tools

logger = structlog.get_logger(__name__)


class Deliveries:
    """Makes and sends what `deliver:` entries ask for."""

    def __init__(self, db: Database, url: str, clock: Clock, tools: Tools) -> None:
        self._db, self._url, self._clock, self._tools = db, url, clock, tools

    async def deliver(self) -> int:
        """Send every file that is due. Returns how many were."""
        due = await self._db.call(lookups.under, "deliver:")
        for key, waiting in due:
            asked = json.loads(waiting)
            try:
                data = await asyncio.to_thread(self._make, asked["incident"], asked["upto"])
            except ExportRefused as refusal:
                logger.warning("export_refused", incident=asked["incident"], why=str(refusal))
                await self._db.call(lookups.forget, key)
                continue
            await self._db.call(self._send, key, asked, data)
        return len(due)

    def _make(self, incident: str, upto: int) -> bytes:
        with (
            tempfile.TemporaryDirectory(prefix="tocsin-") as folder,
            reading(self._url, self._tools.passphrase) as source,
        ):
            write(source, incident, Path(folder), upto=upto)
            return (Path(folder) / f"{incident}.zip").read_bytes()

    def _send(self, session: Session, key: str, asked: dict[str, object], data: bytes) -> None:
        now = self._clock.now()
        incident, user = str(asked["incident"]), str(asked["user"])
        open_direct(session, user, now, None, priority=1)
        digest = blobs.put(session, data)
        language = self._tools.language_of(session, user)
        said = self._tools.voice.catalogue.render(
            "log.exported", language, {"incident": incident, "seq": asked["upto"]}
        )
        name = f"{incident}.zip"
        payload = {"blob": digest, "filename": name, "mimetype": "application/zip", "body": said.body}
        outbox.enqueue(session, Outgoing(f"dm:{user}", "file", payload, f"file:{key}"), now)
        after = {"to": user, "upto": asked["upto"], "sha256": digest, "size": len(data)}
        chronicle.record(
            session,
            incident,
            Record("export", "send", incident, None, after),
            sender=user,
            cause=None,
            now=now,
        )
        lookups.forget(session, key)
