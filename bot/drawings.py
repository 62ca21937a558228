"""Files that take their time to be made, for who asked. Guarantee: each shows what was true when it was asked for,
without what a purge took out since; a crash at any point makes it again and posts it once; a failure is said.
"""

from __future__ import annotations

import asyncio
import json
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

import structlog

from bot.clock import Clock
from bot.domain.cell import Cell
from bot.export.pdf.press import PressFault
from bot.spots import Spot
from bot.store import blobs, cells, lookups, meta, outbox
from bot.store.db import Database, Session
from bot.store.outbox import Outgoing
from bot.tools import Tools

logger = structlog.get_logger(__name__)


def ask(session: Session, key: str, cell: Cell, spot: Spot, name: str, mimetype: str, held: Mapping[str, Any]) -> None:
    """Have a file called `name` made of `held`, and posted under what was typed. `key` is under one of
    `bot.store.lookups.DRAWN`. What a purge must look for in the file is `held["says"]`, if it is no text file."""
    where = {"room_key": spot.room_key, "relates_to": spot.relates_to, "language": spot.language}
    asked = {**where, "incident": cell.incident.id, "name": name, "mimetype": mimetype, **held}
    meta.put(session, key, json.dumps(asked))


class Drawings(ABC):
    """Makes and posts what the `meta` entries under `waits` ask for; `refused` is what is said of one that failed."""

    waits: ClassVar[str]
    refused: ClassVar[str]

    def __init__(self, db: Database, clock: Clock, tools: Tools) -> None:
        self._db, self._clock, self._tools = db, clock, tools

    @abstractmethod
    def make(self, asked: Mapping[str, Any]) -> bytes:
        """The file. Raises PressFault."""

    async def draw(self) -> int:
        """Make every file that is due. Returns how many were."""
        due = await self._db.call(lookups.under, self.waits)
        for key, waiting in due:
            try:
                data = await asyncio.to_thread(self.make, json.loads(waiting))
            except PressFault as fault:
                logger.warning("drawing_refused", sort=self.waits, why=str(fault))
                await self._db.call(self._refuse, key, waiting)
                continue
            await self._db.call(self._post, key, waiting, data)
        return len(due)

    def _post(self, session: Session, key: str, waiting: str, data: bytes) -> None:
        if meta.get(session, key) != waiting:
            return  # a purge took something out meanwhile: the next round makes it anew
        asked = json.loads(waiting)
        payload = {
            "blob": blobs.put(session, data),
            "filename": asked["name"],
            "mimetype": asked["mimetype"],
            "body": asked["name"],
            "relates_to": asked["relates_to"],
            **({"says": asked["says"]} if "says" in asked else {}),
        }
        outbox.enqueue(session, Outgoing(asked["room_key"], "file", payload, f"file:{key}"), self._clock.now())
        lookups.forget(session, key)

    def _refuse(self, session: Session, key: str, waiting: str) -> None:
        if meta.get(session, key) != waiting:
            return
        asked = json.loads(waiting)
        self._tools.voice.say(
            session, self._clock.now(), asked["room_key"], self.refused, asked["language"], {"name": asked["name"]},
            f"refused:{key}", cell=cells.load(session, asked["incident"]),
            reply_to=asked["relates_to"]["m.in_reply_to"]["event_id"],
        )  # fmt: skip
        lookups.forget(session, key)
