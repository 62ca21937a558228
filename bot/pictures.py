"""The board of deadlines, drawn for who asked. Guarantee: it shows what was true when it was asked for, without what
a purge took out since; a crash at any point draws it again and posts it once."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Protocol

import structlog

from bot.clock import Clock
from bot.domain.cell import Cell
from bot.domain.clock_lines import ClockLine, foremost, lines
from bot.domain.clocks import ClockStatus, Standing
from bot.domain.language import Language
from bot.export.pdf.press import PressFault
from bot.export.poster import DARK, LIGHT, drawn
from bot.render import Catalogue, local
from bot.speech import DRILL
from bot.store import blobs, lookups, meta, outbox, veil
from bot.store.db import Database, Session
from bot.store.outbox import Outgoing
from bot.tools import Tools

MOST = 8
"""So many clocks: more would not be read on a phone."""
WAITS = "picture:"
"""Under this and an event: what is to be drawn, and where it goes."""
_TONES = {Standing.RUNNING: "calm", Standing.SOON: "soon"}

logger = structlog.get_logger(__name__)


class Spot(Protocol):
    """Where the answer goes."""

    @property
    def room_key(self) -> str: ...

    @property
    def event_id(self) -> str: ...

    @property
    def thread(self) -> str | None: ...

    @property
    def under(self) -> str: ...

    @property
    def language(self) -> Language: ...


def book(
    catalogue: Catalogue,
    cell: Cell,
    language: Language,
    names: Callable[[str | None], str],
    now: datetime,
    *,
    dark: bool = False,
) -> dict[str, Any]:
    """What the picture shows, in plain JSON: what is open, the most urgent first; what binds is left out last."""
    open_ones = [each for each in lines(cell, now) if each.clock.open]
    shown = foremost(open_ones, MOST)
    left = len(open_ones) - len(shown)

    def said(piece: str, line: ClockLine) -> str:
        values = {"clock": line.clock, "line": line, "names": names}
        return catalogue.render(f"clocks.{piece}", language, values).body

    def one(line: ClockLine) -> Mapping[str, Any]:
        runs = line.clock.status is ClockStatus.RUNNING
        return {
            "name": line.clock.typed(language),
            "class": said("class", line),
            "standing": said("standing", line),
            "tenths": line.tenths,
            "title": line.clock.title.get(language)[:90],
            "due": said("due", line) if line.clock.due else "",
            "held": " ".join(filter(None, (said("held", line), said("missing", line)))) if runs else "",
            "tone": _TONES.get(line.standing, "late") if runs else "done",
        }

    return {
        "language": language,
        "title": f"{cell.incident.id} — {catalogue.render('clocks.picture_title', language, {}).body}",
        "at": local(now, cell.incident.timezone, language),
        "drill": DRILL[language] if cell.incident.drill else "",
        "colours": DARK if dark else LIGHT,
        "lines": [one(line) for line in shown],
        "more": catalogue.render("clocks.picture_more", language, {"count": left}).body if left > 0 else "",
    }


def ask(session: Session, tools: Tools, cell: Cell, spot: Spot, now: datetime, *, dark: bool = False) -> None:
    """Have the board drawn as it stands, and posted where it was asked for."""
    relates_to: dict[str, Any] = {"m.in_reply_to": {"event_id": spot.under}}
    if spot.thread is not None:
        relates_to |= {"rel_type": "m.thread", "event_id": spot.thread}
    seen = veil.shown(session, cell)
    shown = book(tools.voice.catalogue, seen, spot.language, lambda user: tools.name_of(cell, user), now, dark=dark)
    name = f"{cell.incident.id}-{now:%Y%m%dT%H%M}Z.png"
    asked = {"room_key": spot.room_key, "relates_to": relates_to, "name": name, "book": shown}
    meta.put(session, f"{WAITS}{spot.event_id}", json.dumps(asked))


class Pictures:
    """Draws and posts what `picture:` entries ask for."""

    def __init__(self, db: Database, clock: Clock, tools: Tools) -> None:
        self._db, self._clock, self._tools = db, clock, tools

    async def draw(self) -> int:
        """Draw every board that is due. Returns how many were."""
        due = await self._db.call(lookups.under, WAITS)
        for key, waiting in due:
            asked = json.loads(waiting)
            try:
                data = await asyncio.to_thread(drawn, asked["book"])
            except PressFault as fault:
                logger.warning("picture_refused", why=str(fault))
                await self._db.call(self._refuse, key, waiting)
                continue
            await self._db.call(self._post, key, waiting, data)
        return len(due)

    def _post(self, session: Session, key: str, waiting: str, data: bytes) -> None:
        if meta.get(session, key) != waiting:
            return  # a purge took something out meanwhile: the next round draws it anew
        asked = json.loads(waiting)
        payload = {
            "blob": blobs.put(session, data),
            "filename": asked["name"],
            "mimetype": "image/png",
            "body": asked["name"],
            "relates_to": asked["relates_to"],
        }
        outbox.enqueue(session, Outgoing(asked["room_key"], "file", payload, f"file:{key}"), self._clock.now())
        lookups.forget(session, key)

    def _refuse(self, session: Session, key: str, waiting: str) -> None:
        if meta.get(session, key) != waiting:
            return
        asked = json.loads(waiting)
        self._tools.voice.say(
            session, self._clock.now(), asked["room_key"], "clocks.no_picture", asked["book"]["language"], {},
            f"refused:{key}", reply_to=asked["relates_to"]["m.in_reply_to"]["event_id"],
        )  # fmt: skip
        lookups.forget(session, key)
