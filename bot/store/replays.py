"""Whether a ciphertext came before. Guarantee: a message index of a Megolm session belongs to the event that used it
first; whatever comes under it later is a replay: kept, never trusted.

A session is one sender's. Somebody else's copy that was read first, since the original was behind a gap, takes nothing
from it: the index is given to whom the session is shown to belong. Once it is theirs nobody takes it from them, nor
whoever passes the session off as their own to have the same words replayed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, NamedTuple

from sqlalchemy import bindparam, insert, select, tuple_, update
from sqlmodel import Session

from bot.store.received import Provenance
from bot.store.tables import Journal, MegolmIndex
from bot.store.types import storable_key

_INDEXES = MegolmIndex.metadata.tables["megolm_index"]
_JOURNAL = Journal.metadata.tables["journal"]
_COLUMNS = (_INDEXES.c.room_id, _INDEXES.c.session_id, _INDEXES.c.index)
_ADD = insert(_INDEXES)
_GIVE = (
    update(_INDEXES)
    .where(
        _INDEXES.c.room_id == bindparam("room"),
        _INDEXES.c.session_id == bindparam("megolm_session"),
        _INDEXES.c.index == bindparam("place"),
    )
    .values(event_id=bindparam("event"))
)

_Place = tuple[str, str, int]
"""A room, a Megolm session, a message index."""


class Opened(NamedTuple):
    """An event that was decrypted: its room, its id, who sent it, and who vouches for it."""

    room_id: str | None
    event_id: str | None
    sender: str | None
    provenance: Provenance


class _Holder(NamedTuple):
    event_id: str
    sender: str | None
    trusted: bool


def claim(session: Session, found: Sequence[Opened]) -> list[dict[str, Any]]:
    """Give each of these events, in this order, the index under which it came; return what vouches for each."""
    places = [_place(each) for each in found]
    before = _held(session, [place for place in places if place is not None])
    held = dict(before)
    said: list[dict[str, Any]] = []
    for each, place in zip(found, places, strict=True):
        vouched = asdict(each.provenance)
        if place is not None and each.event_id is not None:
            mine = _Holder(storable_key(each.event_id), each.sender, each.provenance.trusted)
            if place not in held or _copied(held[place], each):
                held[place] = mine
            if held[place].event_id != mine.event_id:
                vouched |= {"trusted": False, "why": "replay"}
        said.append(vouched)
    connection = session.connection()
    new = [_row(place, holder) for place, holder in held.items() if place not in before]
    if new:
        connection.execute(_ADD, new)
    for place, holder in held.items():
        if place in before and before[place] != holder:
            names = {"room": place[0], "megolm_session": place[1], "place": place[2], "event": holder.event_id}
            connection.execute(_GIVE, names)
    return said


def _copied(holder: _Holder, each: Opened) -> bool:
    """Whether what was read first was another sender's copy of what this sender's device wrote."""
    return each.provenance.trusted and not holder.trusted and holder.sender is not None and holder.sender != each.sender


def _row(place: _Place, holder: _Holder) -> dict[str, Any]:
    return {"room_id": place[0], "session_id": place[1], "index": place[2], "event_id": holder.event_id}


def _held(session: Session, places: Sequence[_Place]) -> dict[_Place, _Holder]:
    """The event that used each of these message indexes first, where one did; if that is known, who sent it, and
    whether it was theirs."""
    if not places:
        return {}
    both = _INDEXES.outerjoin(_JOURNAL, _JOURNAL.c.event_id == _INDEXES.c.event_id)
    asked = select(*_COLUMNS, _INDEXES.c.event_id, _JOURNAL.c.sender, _JOURNAL.c.provenance).select_from(both)
    rows = session.connection().execute(asked.where(tuple_(*_COLUMNS).in_(places)))
    return {(row[0], row[1], row[2]): _Holder(row[3], row[4], bool((row[5] or {}).get("trusted"))) for row in rows}


def _place(each: Opened) -> _Place | None:
    provenance = each.provenance
    if each.room_id is None or each.event_id is None or provenance.session_id is None or provenance.index is None:
        return None
    return storable_key(each.room_id), storable_key(provenance.session_id), provenance.index
