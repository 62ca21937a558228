"""When we were not there. Guarantee: every stop, start, loss of the homeserver and hole in what it handed out is in the
log of each open incident; what was caught up, and how late, is said once in its room, in words.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from bot import chronicle, drift
from bot.domain.cell import Cell
from bot.store import cells, lateness, lookups, meta, rooms
from bot.store.db import Session
from bot.store.journal import JournalRow
from bot.tools import Tools

Payload = Mapping[str, Any]

AWAY = "away:"
"""Under this and an incident: since when we were away from it, and what its log held then."""
LOST = "lost:"
"""Under this and an incident: its last entry when the homeserver was lost."""
WORTH_TELLING = timedelta(minutes=1)
"""A room is not told of what came less late than this."""


def started(session: Session, tools: Tools, row: JournalRow, payload: Payload, now: datetime) -> None:
    """The bot is back: the log says since when it was not there."""
    since = meta.get(session, "last_seen") or None
    if since is not None and datetime.fromisoformat(since) > now:
        drift.set_back(session, now)
    for cell in _open(session):
        said = {"action": "started", **payload, "last_seen": since}
        entry = chronicle.system(session, cell.incident.id, "system", said, now)
        if since is not None:
            _away(session, cell, "started", since, row.received_at, entry.seq)


def lost(session: Session, tools: Tools, row: JournalRow, payload: Payload, now: datetime) -> None:
    """The homeserver is away."""
    for cell in _open(session):
        entry = chronicle.system(session, cell.incident.id, "system", {"action": "lost", **payload}, now)
        meta.put(session, f"{LOST}{cell.incident.id}", str(entry.seq))


def found(session: Session, tools: Tools, row: JournalRow, payload: Payload, now: datetime) -> None:
    """The homeserver is there again, and what it had for us has come, or comes."""
    for cell in _open(session):
        incident = cell.incident.id
        before = meta.get(session, f"{LOST}{incident}")
        chronicle.system(session, incident, "system", {"action": "found", **payload}, now)
        lookups.forget(session, f"{LOST}{incident}")
        if before:
            _away(session, cell, "found", str(payload.get("since")), row.received_at, int(before))


def gap(session: Session, tools: Tools, row: JournalRow, payload: Payload, now: datetime) -> None:
    """The homeserver left something out; it was fetched, or cannot be had."""
    room = rooms.by_id(session, str(payload.get("room_id")))
    cell = cells.load(session, room.incident) if room and room.incident else None
    if room is None or cell is None or room.room_id is None:
        return
    incident, recovered = cell.incident.id, bool(payload.get("recovered"))
    if recovered and not payload.get("found"):
        return  # a server cuts the timeline of a room that is new to us, too: nothing was missing
    said = {
        "room_id": room.room_id,
        "from": lateness.last_before(session, incident, room.room_id),
        "to": row.received_at,
        "recovered": recovered,
        "found": payload.get("found"),
        "reason": payload.get("reason") or "the server cut the timeline",
        "tokens": [payload.get("from"), payload.get("to")],
    }
    chronicle.system(session, incident, "gap", said, now)
    if recovered and meta.get(session, f"{AWAY}{incident}"):
        return  # it is told with all that was caught up
    tools.voice.say(
        session, now, room.key, "notices.gap", cell.incident.language,
        {"found": int(payload.get("found") or 0), "recovered": recovered}, f"gap:{row.id}", cell=cell,
    )  # fmt: skip


def walked(session: Session, tools: Tools, row: JournalRow, payload: Payload, now: datetime) -> None:
    """The last hours were compared with the homeserver's: the log says with what outcome, a room what was missing."""
    room = rooms.by_id(session, str(payload.get("room_id")))
    cell = cells.load(session, room.incident) if room and room.incident else None
    if room is None or cell is None:
        return
    chronicle.system(session, cell.incident.id, "system", {"action": "walked", **payload}, now)
    missing = payload.get("missing")
    if isinstance(missing, list) and missing:
        tools.voice.say(
            session, now, room.key, "notices.walked", cell.incident.language, {"count": len(missing)},
            f"walked:{row.id}", cell=cell,
        )  # fmt: skip


def behind(session: Session) -> bool:
    """Whether something that waited for us while we were away is still to be told of."""
    return bool(lookups.under(session, AWAY))


def caught_up(session: Session, tools: Tools, now: datetime) -> bool:
    """Where all that waited for us is logged, say how much it was and how late. Returns whether a room was told.

    The engine begins when the homeserver has answered once: by then what waited is in the journal, or behind a gap.
    """
    said = False
    for key, held in lookups.under(session, AWAY):
        incident, away = key.removeprefix(AWAY), json.loads(held)
        if lateness.behind(session, incident):
            continue
        lookups.forget(session, key)
        cell = cells.load(session, incident)
        if cell is None:
            continue
        since, back = (datetime.fromisoformat(away[name]) for name in ("since", "back"))
        late = lateness.late(session, incident, away["after"], back, tools.bot_id)
        entry = chronicle.system(
            session,
            incident,
            "system",
            {
                "action": "caught_up",
                "after": away["why"],
                "from": since,
                "to": back,
                "events": late.events,
                "messages": late.messages,
                "median_late_s": _seconds(late.median),
                "most_late_s": _seconds(late.most),
            },
            now,
        )
        if late.messages and late.most is not None and late.most >= WORTH_TELLING:
            values = {"since": since, "back": back, "late": late, "started": away["why"] == "started"}
            tools.voice.say(
                session, now, cell.incident.room_key, "notices.caught_up", cell.incident.language, values,
                f"caught_up:{incident}:{entry.seq}", cell=cell,
            )  # fmt: skip
            said = True
    return said


def _away(session: Session, cell: Cell, why: str, since: str, back: datetime, after: int) -> None:
    """We were away from this incident; one absence that was not caught up yet takes in the next."""
    incident = cell.incident.id
    before = json.loads(meta.get(session, f"{AWAY}{incident}") or "{}")
    away = {
        "why": before.get("why", why),
        "since": before.get("since", since),
        "back": back.isoformat(),
        "after": before.get("after", after),
    }
    meta.put(session, f"{AWAY}{incident}", json.dumps(away))


def _open(session: Session) -> Iterator[Cell]:
    for incident in cells.all_open(session):
        cell = cells.load(session, incident)
        if cell is not None:
            yield cell


def _seconds(span: timedelta | None) -> int | None:
    return None if span is None else int(span.total_seconds())
