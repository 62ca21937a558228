"""Incident files asked for in the chat: once their anchor stands in the room, made at once up to it, encrypted, sent to
one person.

Guarantee: a crash at any point sends the file once or makes it again, never twice; the log says who received what. What
a purge took out while the file was being made is not in the file that is sent: it is made again.
"""

from __future__ import annotations

import asyncio
import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Any

import structlog

from bot import chronicle
from bot.clock import Clock
from bot.domain import profiles
from bot.domain.outcome import Record
from bot.domain.profiles import Profile
from bot.export.folder import ExportRefused, make
from bot.making import open_direct
from bot.store import blobs, lookups, meta, outbox
from bot.store.db import Database, Session
from bot.store.outbox import Outgoing
from bot.store.source import reading
from bot.tools import Tools

logger = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Package:
    """A zip, the last entry in it, and why the log could not be printed in it, if it could not."""

    data: bytes
    upto: int
    unprinted: str | None


class Deliveries:
    """Makes and sends what `deliver:` entries ask for."""

    def __init__(self, db: Database, url: str, clock: Clock, tools: Tools) -> None:
        self._db, self._url, self._clock, self._tools = db, url, clock, tools

    async def deliver(self) -> int:
        """Send every file that is due. Returns how many were."""
        due = await self._db.call(lookups.under, "deliver:")
        for key, waiting in due:
            asked = json.loads(waiting)
            halt = Event()
            try:
                made = await asyncio.to_thread(self._make, asked, halt)
            except asyncio.CancelledError:
                halt.set()  # the thread ends at once, and the file is made again after the next start
                raise
            except ExportRefused as refusal:
                logger.warning("export_refused", incident=asked["incident"], why=str(refusal))
                await self._db.call(self._fail, key, waiting, str(refusal))
                continue
            if made.unprinted is not None:
                logger.error("log_not_printed", incident=asked["incident"], why=made.unprinted)
            await self._db.call(self._send, key, waiting, made)
        return len(due)

    def _make(self, asked: Mapping[str, Any], halt: Event) -> Package:
        incident, profile = str(asked["incident"]), _profile(asked)
        with (
            tempfile.TemporaryDirectory(prefix="tocsin-") as folder,
            reading(self._url, self._tools.passphrase) as source,
        ):
            made = make(source, incident, Path(folder), upto=asked["upto"], profile=profile, halt=halt)
            return Package((Path(folder) / f"{incident}.zip").read_bytes(), made.head, made.unprinted)

    def _send(self, session: Session, key: str, waiting: str, made: Package) -> None:
        if meta.get(session, key) != waiting:
            return  # what is asked for changed meanwhile, by a purge for one: the next round makes it anew
        asked, now = json.loads(waiting), self._clock.now()
        incident, user, profile = str(asked["incident"]), str(asked["user"]), _profile(asked)
        open_direct(session, user, now, None, priority=1)
        digest = blobs.put(session, made.data)
        name = f"{incident}-{profile.name}.zip" if profile else f"{incident}.zip"
        values = {
            "incident": incident, "seq": made.upto, "profile": profile, "name": name, "unprinted": made.unprinted,
        }  # fmt: skip
        language = self._tools.language_of(session, user)
        said = self._tools.voice.catalogue.render("log.exported", language, values)
        payload = {"blob": digest, "filename": name, "mimetype": "application/zip", "body": said.body}
        outbox.enqueue(session, Outgoing(f"dm:{user}", "file", payload, f"file:{key}"), now)
        after = {
            "to": user, "profile": profile.name if profile else None, "upto": made.upto, "sha256": digest,
            "size": len(made.data), "for": asked.get("for"),
        }  # fmt: skip
        record = Record("export", "send", incident, None, after)
        chronicle.record(session, incident, record, sender=user, cause=None, now=now)
        lookups.forget(session, key)

    def _fail(self, session: Session, key: str, waiting: str, why: str) -> None:
        """Say that there will be no file, to who waits for it."""
        if meta.get(session, key) != waiting:
            return
        asked, now = json.loads(waiting), self._clock.now()
        user = str(asked["user"])
        open_direct(session, user, now, None, priority=1)
        values = {"incident": asked["incident"], "why": why}
        language = self._tools.language_of(session, user)
        self._tools.voice.say(
            session, now, f"dm:{user}", "log.export_failed", language, values, f"failed:{key}", ring=(user,), priority=1
        )  # fmt: skip
        lookups.forget(session, key)


def _profile(asked: Mapping[str, Any]) -> Profile | None:
    return profiles.find(asked["profile"]) if asked.get("profile") else None
