"""Communications as files. Guarantee: what is printed is the version that was asked for, to the letter; a crash at any
point prints it again and posts it once."""

from __future__ import annotations

import asyncio
import json
from dataclasses import asdict
from datetime import datetime
from typing import Any

import structlog

from bot.clock import Clock
from bot.domain.cell import Cell
from bot.domain.drafts import Draft, Version, heading
from bot.domain.paper import Form
from bot.export.pdf.press import PressFault
from bot.export.sheets import Sheet, made
from bot.pictures import Spot
from bot.render import local
from bot.speech import DRILL
from bot.store import blobs, lookups, meta, outbox
from bot.store.db import Database, Session
from bot.store.outbox import Outgoing
from bot.tools import Tools

WAITS = "print:"
"""Under this, an event and a form: what is to be printed, and where it goes."""

logger = structlog.get_logger(__name__)


def ask(
    session: Session, tools: Tools, cell: Cell, spot: Spot, draft: Draft, version: Version, form: Form, now: datetime
) -> None:
    """Have one version printed, and posted where it was asked for."""
    approved = draft.last == version and (draft.complete(cell.incident.severity) or draft.released() is not None)
    marks = [DRILL[draft.language]] if cell.incident.drill else []
    if not approved:
        marks.append(tools.voice.catalogue.render("drafts.not_yet", draft.language, {}).body)
    sheet = Sheet(
        text=version.text,
        title=draft.title.get(draft.language),
        heading=heading(draft, version),
        organisation=cell.incident.organisation,
        language=draft.language,
        at=local(version.written_at, cell.incident.timezone, draft.language),
        mark=" · ".join(marks),
    )
    relates_to: dict[str, Any] = {"m.in_reply_to": {"event_id": spot.under}}
    if spot.thread is not None:
        relates_to |= {"rel_type": "m.thread", "event_id": spot.thread}
    name = f"{cell.incident.id}-{draft.id}-v{version.number}{form.suffix}"
    asked = {
        "room_key": spot.room_key,
        "relates_to": relates_to,
        "name": name,
        "form": form.value,
        "sheet": asdict(sheet),
        "at": now.isoformat(),
        "language": spot.language,
    }
    meta.put(session, f"{WAITS}{spot.event_id}:{form.value}", json.dumps(asked))


class Prints:
    """Prints and posts what `print:` entries ask for."""

    def __init__(self, db: Database, clock: Clock, tools: Tools) -> None:
        self._db, self._clock, self._tools = db, clock, tools

    async def draw(self) -> int:
        """Print all that is due. Returns how many were."""
        due = await self._db.call(lookups.under, WAITS)
        for key, waiting in due:
            asked = json.loads(waiting)
            when = datetime.fromisoformat(asked["at"])
            try:
                data = await asyncio.to_thread(made, asked["sheet"], Form(asked["form"]), when)
            except PressFault as fault:
                logger.warning("print_refused", why=str(fault))
                await self._db.call(self._refuse, key, waiting)
                continue
            await self._db.call(self._post, key, waiting, data)
        return len(due)

    def _post(self, session: Session, key: str, waiting: str, data: bytes) -> None:
        if meta.get(session, key) != waiting:
            return  # a purge took it out meanwhile
        asked = json.loads(waiting)
        payload = {
            "blob": blobs.put(session, data),
            "filename": asked["name"],
            "mimetype": Form(asked["form"]).mimetype,
            "body": asked["name"],
            "relates_to": asked["relates_to"],
            # By this a purge knows what the file holds.
            "says": asked["sheet"]["text"],
        }
        outbox.enqueue(session, Outgoing(asked["room_key"], "file", payload, f"file:{key}"), self._clock.now())
        lookups.forget(session, key)

    def _refuse(self, session: Session, key: str, waiting: str) -> None:
        if meta.get(session, key) != waiting:
            return
        asked = json.loads(waiting)
        self._tools.voice.say(
            session, self._clock.now(), asked["room_key"], "drafts.no_print", asked["language"],
            {"name": asked["name"]}, f"refused:{key}", reply_to=asked["relates_to"]["m.in_reply_to"]["event_id"],
        )  # fmt: skip
        lookups.forget(session, key)
