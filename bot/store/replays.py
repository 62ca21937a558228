"""Whether a ciphertext came before. Guarantee: a message index of a Megolm session belongs to the event that used it
first; whatever comes under it later is a replay: kept, never trusted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import insert, select, tuple_
from sqlmodel import Session

from bot.store.received import Provenance
from bot.store.tables import MegolmIndex
from bot.store.types import storable_key

_INDEXES = MegolmIndex.metadata.tables["megolm_index"]
_COLUMNS = (_INDEXES.c.room_id, _INDEXES.c.session_id, _INDEXES.c.index)
_ADD = insert(_INDEXES)

_Place = tuple[str, str, int]
"""A room, a Megolm session, a message index."""

Opened = tuple[str | None, str | None, Provenance]
"""An event that was decrypted: its room, its id, and who vouches for it."""


def claim(session: Session, found: Sequence[Opened]) -> list[dict[str, Any]]:
    """Give each of these events, in this order, the index under which it came; return what vouches for each."""
    places = [_place(*each) for each in found]
    held = _held(session, [place for place in places if place is not None])
    used: list[dict[str, Any]] = []
    said: list[dict[str, Any]] = []
    for (_, name, provenance), place in zip(found, places, strict=True):
        vouched = asdict(provenance)
        if place is not None and name is not None:
            event_id = storable_key(name)
            if place not in held:
                held[place] = event_id
                used.append({"room_id": place[0], "session_id": place[1], "index": place[2], "event_id": event_id})
            if held[place] != event_id:
                vouched |= {"trusted": False, "why": "replay"}
        said.append(vouched)
    if used:
        session.connection().execute(_ADD, used)
    return said


def _held(session: Session, places: Sequence[_Place]) -> dict[_Place, str]:
    """The event that used each of these message indexes first, where one did."""
    if not places:
        return {}
    asked = select(*_COLUMNS, _INDEXES.c.event_id).where(tuple_(*_COLUMNS).in_(places))
    return {(row[0], row[1], row[2]): row[3] for row in session.connection().execute(asked)}


def _place(room_id: str | None, event_id: str | None, provenance: Provenance) -> _Place | None:
    if room_id is None or event_id is None or provenance.session_id is None or provenance.index is None:
        return None
    return storable_key(room_id), storable_key(provenance.session_id), provenance.index
