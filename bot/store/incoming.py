"""What came in is written before anything is done with it. Guarantee: an event id is in the journal once."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, insert, select
from sqlmodel import Session, col

from bot.domain.log import safe_integer
from bot.store import replays
from bot.store.received import Provenance, Received
from bot.store.tables import Journal
from bot.store.types import storable_key

ENCRYPTED = "m.room.encrypted"
OPENABLE = frozenset({"timeline", "gap", "walk", "leave"})
_CHUNK = 500
_CLEARTEXT = asdict(Provenance(encrypted=False, why="cleartext"))

_JOURNAL = Journal.metadata.tables["journal"]
# By the table and not by its class: a homeserver hands out thousands at once.
_KNOWN = select(_JOURNAL.c.event_id).where(_JOURNAL.c.event_id.in_(bindparam("events", expanding=True)))
_ADD = insert(_JOURNAL).returning(_JOURNAL.c.id, sort_by_parameter_order=True)


def receive(
    session: Session,
    items: Sequence[Received],
    *,
    turn: int,
    now: datetime,
    first: bool,
    part: int = 1,
) -> list[int]:
    """Write what came, and return the ids of what is new: an event id that is already here is passed over."""
    seen = known(session, [item.event_id for item in items if item.event_id is not None])
    rows: list[dict[str, Any]] = []
    new: list[Received] = []
    for item in items:
        if item.event_id is not None:
            if item.event_id in seen:
                continue
            seen.add(item.event_id)
        rows.append(_new(item, turn, part, now, first))
        new.append(item)
    opened = [(n, item, item.opened[1]) for n, item in enumerate(new) if item.opened is not None]
    claims = [replays.Opened(item.room_id, item.event_id, item.sender, given) for _, item, given in opened]
    vouched = replays.claim(session, claims)
    for (n, _, _), provenance in zip(opened, vouched, strict=True):
        rows[n]["provenance"] = provenance
    return list(session.connection().execute(_ADD, rows).scalars()) if rows else []


def notice(session: Session, name: str, payload: dict[str, Any], now: datetime, room_id: str | None = None) -> int:
    """Something that we noticed ourselves, after everything received so far; returns its row's id."""
    return place_notice(session, name, payload, now, room_id, turn=_last_turn(session), part=1)


def known(session: Session, event_ids: Iterable[str]) -> set[str]:
    """Those of these event ids that the journal holds."""
    asked = list(event_ids)
    found: set[str] = set()
    for start in range(0, len(asked), _CHUNK):
        chunk = {storable_key(event_id): event_id for event_id in asked[start : start + _CHUNK]}
        held = session.connection().execute(_KNOWN, {"events": list(chunk)}).scalars()
        found.update(chunk[event_id] for event_id in held)
    return found


def last_received(session: Session) -> datetime | None:
    """When the last event came; None if none ever did."""
    query = select(col(Journal.received_at)).where(col(Journal.kind) == "event")
    return session.scalars(query.order_by(col(Journal.id).desc()).limit(1)).first()


def is_sealed(item: Received) -> bool:
    """Whether it is still to be decrypted."""
    return _is_encrypted(item) and item.opened is None


def _is_encrypted(item: Received) -> bool:
    return item.kind == "event" and item.type == ENCRYPTED and item.section in OPENABLE


def _new(item: Received, turn: int, part: int, now: datetime, first: bool) -> dict[str, Any]:
    is_encrypted = _is_encrypted(item)
    clear_text = None
    if item.kind == "event" and not is_encrypted:
        clear_text = dict(_CLEARTEXT)
    return {
        "kind": item.kind,
        "section": item.section,
        "room_id": item.room_id,
        "event_id": item.event_id,
        "sender": item.sender,
        "type": item.type,
        "origin_ts": safe_integer(item.origin_ts),
        "raw": item.raw,
        "turn": turn,
        "part": part,
        "received_at": now,
        "first": first,
        "state": "sealed" if is_sealed(item) else "ready",
        "session_id": _megolm_session(item.raw) if is_encrypted else None,
        "clear": item.opened[0] if item.opened else None,
        "provenance": clear_text,
        "locked": False,
        "late": False,
        "attempts": 0,
    }


def _megolm_session(raw: bytes) -> str | None:
    try:
        content = json.loads(raw)["content"]
        session_id = content["session_id"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return session_id if isinstance(session_id, str) else None


def place_notice(
    session: Session,
    name: str,
    payload: dict[str, Any],
    now: datetime,
    room_id: str | None,
    *,
    turn: int,
    part: int,
) -> int:
    raw = json.dumps(payload, separators=(",", ":")).encode()
    item = Received("notice", "notice", room_id, None, None, name, None, raw)
    return receive(session, [item], turn=turn, now=now, first=False, part=part)[0]


def _last_turn(session: Session) -> int:
    return session.scalars(select(func.max(col(Journal.turn)))).one() or 0
