"""Anchors: heads of the log that others hold. Guarantee: while anything is added, the head is posted in the incident's
room at least every `anchor_every`, at its opening and closing and before every export; what was posted is logged when
it is seen there, never before; and an authority that does not answer holds nothing up.
"""

from __future__ import annotations

import json
from datetime import datetime

from bot import chronicle
from bot.domain.cell import Cell
from bot.store import cells, log, lookups, meta, outbox, stamps
from bot.store.db import Session
from bot.tools import Tools

_LAST = "anchored:"
"""Under this and an incident: when its head was posted last, and under which key of the outbox."""


def post(session: Session, tools: Tools, cell: Cell, now: datetime) -> int:
    """Post the log's head in the room, for everybody there to hold. Returns the entry's number."""
    incident = cell.incident
    head, key = log.head(session, incident.id), log.key(session, incident.id)
    if head is None or key is None:
        raise LookupError(f"{incident.id} has no log to anchor")
    said = f"anchor:{incident.id}:{head.seq}:{head.entry_hash}"
    digits = " ".join(head.entry_hash[i : i + 4] for i in range(0, 64, 4))
    values = {"seq": head.seq, "digits": digits, "key": key[1]}
    tools.voice.say(
        session, now, incident.room_key, "incident.anchor", incident.language, values, said, cell=cell
    )  # fmt: skip
    meta.put(session, f"{_LAST}{incident.id}", json.dumps({"at": now.isoformat(), "key": said}))
    return head.seq


def due(session: Session, tools: Tools, now: datetime) -> bool:
    """Post the heads of the logs to which something was added since the last time, after archiving too. Returns whether
    any was."""
    posted = False
    for incident in cells.every(session):
        if not _is_due(session, tools, incident, now) or log.key(session, incident) is None:
            continue
        cell = cells.load(session, incident)
        assert cell is not None
        post(session, tools, cell, now)
        posted = True
    return posted


def seen(session: Session, tools: Tools, key: str, event_id: str, now: datetime) -> None:
    """What we posted under `key` stands in the room: log it, ask for a time-stamp, let the exports go that waited."""
    _, incident, number, digest = key.split(":")
    seq = int(number)
    said = {"seq": seq, "entry_hash": digest, "event_id": event_id, "token": None}
    anchored = chronicle.system(session, incident, "anchor", said, now)
    if tools.timestamp_authority:
        stamps.want(session, incident, seq, event_id, now)
    for name, waiting in lookups.under(session, "export:"):
        asked = json.loads(waiting)
        if asked["incident"] == incident and asked["seq"] == seq:
            meta.put(session, f"deliver:{name}", json.dumps({**asked, "upto": anchored.seq}))
            lookups.forget(session, name)


def _is_due(session: Session, tools: Tools, incident: str, now: datetime) -> bool:
    kept = meta.get(session, f"{_LAST}{incident}")
    if kept is None:
        return log.begun(session, incident)
    last = json.loads(kept)
    if now - datetime.fromisoformat(last["at"]) < tools.anchor_every:
        return False
    row = outbox.by_key(session, last["key"])
    if row is not None and row.state in outbox.UNSENT:
        return False  # nobody could see a second one either
    seq = int(last["key"].split(":")[2])
    return lookups.added(session, incident, seq, row.event_id if row else None, tools.bot_id)
