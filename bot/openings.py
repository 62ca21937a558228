"""The answer to an opening. Guarantee: whoever opens a crisis is answered once, where they typed it, with the way to
its room, whatever dies before that room is made."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from bot.commands.scene import Scene
from bot.domain.cell import Cell
from bot.domain.rungs import Rung
from bot.making import open_direct, way_to
from bot.spots import Spot, at_hand
from bot.store import cells, meta
from bot.store.db import Session
from bot.tools import Tools


def remember(session: Session, scene: Scene, spot: Spot, cell: Cell, values: Mapping[str, Any]) -> None:
    """Keep what the answer will say, until the room is there."""
    if cell.incident.rung is None and spot.room_key == "alert":
        # Where nobody is to know, the answer is for who opened it alone.
        open_direct(session, scene.sender, scene.now, None, priority=0)
        direct = f"dm:{scene.sender}"
        spot = replace(spot, room_key=direct, room_id="", thread=None, under="")
    kept = {
        "room_key": spot.room_key,
        "room_id": spot.room_id,
        "event_id": spot.event_id,
        "thread": spot.thread,
        "language": spot.language,
        "under": spot.under,
        "observed_given": values["observed_given"],
        "twice": values["twice"],
        "understood": values["understood"],
    }
    meta.put(session, f"opening:{cell.incident.room_key}", json.dumps(kept))


def opened(session: Session, tools: Tools, room_key: str, now: datetime) -> None:
    """Answer who opened the incident, once its room exists (or, with the address that it will have, if that takes too
    long)."""
    kept = meta.get(session, f"opening:{room_key}")
    incident = room_key.removeprefix("cell:")
    cell = cells.load(session, incident)
    if not kept or cell is None:
        return
    asked = json.loads(kept)
    spot = Spot(
        asked["room_key"], asked["room_id"], asked["event_id"], asked["thread"], asked["language"], asked["under"]
    )
    values = {
        "link": way_to(session, room_key, tools.server, cell.incident.room_name),
        "observed": cell.moments["observed"],
        "observed_given": asked["observed_given"],
        "twice": asked["twice"],
        "understood": asked.get("understood"),
        "rung": Rung(cell.incident.rung) if cell.incident.rung else None,
        # Nobody is to read in a room that they were left out.
        "left_out": [tools.name_of(cell, user) for user in cell.incident.left_out if spot.room_key.startswith("dm:")],
        "called": list(cell.members.values()),
        "more": any(p.matrix_id not in (*cell.members, *cell.incident.left_out) for p in tools.roster),
    }
    tools.voice.say(
        session,
        now,
        spot.room_key,
        "incident.opened",
        spot.language,
        {**at_hand(tools, cell), **values},
        f"reply:{spot.event_id}:opened",
        cell=cell,
        reply_to=spot.under or None,
        thread=spot.thread,
        priority=0,
    )
    meta.put(session, f"opening:{room_key}", "")
