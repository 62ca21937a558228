"""The rooms that we know. Guarantee: what is said is addressed to our own key, which outlives a room's id.

Written only here: what was read once is not read again until it is written.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Select, bindparam, select, update
from sqlmodel import Session, col

from bot.store.kept import kept
from bot.store.tables import Journal, RoomRow

APART = ("track", "guests")
"""The kinds of rooms whose words stay in them."""
LOST = "lost"
"""The kind of a room that a lost machine made after the copy: what comes from it stays aside, until it is found."""

_MOST_KEPT = 1000
# Put together once: every event that comes needs them.
_BY_ID = select(RoomRow).where(col(RoomRow.room_id) == bindparam("name"))
_BY_KEY = select(RoomRow).where(col(RoomRow.key) == bindparam("name"))


@dataclass(frozen=True)
class Room:
    """One room, there (`room_id`) or still to come.

    `key` is `cell:INC-2026-001`, `dm:@alice:server`, `alert`, `staff`, `lawyer:INC-2026-001:1`,
    `track:INC-2026-001:it`, `guests:INC-2026-001:1`, `space:INC-2026-001` or `room:!id`; `kind` is the word before the
    colon, foreign or lost.

    `left`: we are no longer in it. `encrypted` never goes back to false: encryption cannot be switched off.
    """

    key: str
    room_id: str | None
    kind: str
    incident: str | None
    user: str | None
    encrypted: bool
    left: bool


def put(session: Session, room: Room) -> None:
    """Keep the room, in place of what was under its key."""
    fields = asdict(room)
    session.merge(RoomRow(user_id=fields.pop("user"), **fields))
    _changed(session)


def by_key(session: Session, key: str) -> Room | None:
    """The room under our own key, or None."""
    return _found(session, "key", _BY_KEY, key)


def by_id(session: Session, room_id: str) -> Room | None:
    """The room with this Matrix id, or None."""
    return _found(session, "id", _BY_ID, room_id)


def all_(session: Session) -> list[Room]:
    """Every room, by key."""
    return [_room(row) for row in session.scalars(select(RoomRow).order_by(col(RoomRow.key)))]


def of_incidents(session: Session) -> list[str]:
    """The Matrix ids of the incidents' rooms that we are in: what is said in them is in a log."""
    ours = select(col(RoomRow.room_id)).where(
        col(RoomRow.incident).is_not(None), col(RoomRow.room_id).is_not(None), col(RoomRow.left).is_(False)
    )
    return [room_id for room_id in session.scalars(ours.order_by(col(RoomRow.key))) if room_id is not None]


def apart(session: Session, incident: str) -> list[Room]:
    """The incident's rooms whose words stay in them: its tracks' and its guests'."""
    found = select(RoomRow).where(col(RoomRow.incident) == incident, col(RoomRow.kind).in_(APART))
    return [_room(row) for row in session.scalars(found.order_by(col(RoomRow.key)))]


def mapped(session: Session, key: str, room_id: str, encrypted: bool) -> None:
    """The room under `key` is this Matrix room, and we are in it; what was said to it can leave now.

    A room that was known by its id alone is known by `key` from now on. What came in from it before goes to
    the engine now.
    """
    stranger = session.scalars(select(RoomRow).where(col(RoomRow.room_id) == room_id, col(RoomRow.key) != key)).first()
    if stranger is not None:
        encrypted = encrypted or stranger.encrypted
        session.delete(stranger)
        session.flush()
    row = session.get(RoomRow, key)
    if row is None:
        row = RoomRow(key=key, kind=_kind(key), encrypted=encrypted, left=False)
        row.incident = key.removeprefix("cell:") if row.kind == "cell" else None
        row.user_id = key.removeprefix("dm:") if row.kind == "dm" else None
        session.add(row)
    row.encrypted = encrypted or (row.encrypted and row.room_id == room_id)
    row.room_id, row.left = room_id, False
    _changed(session)
    early = update(Journal).where(col(Journal.room_id) == room_id, col(Journal.state) == "aside")
    session.execute(early.values(state="ready"), execution_options={"synchronize_session": "fetch"})


def forget(session: Session, key: str) -> None:
    """The room under `key` is no room of ours any more."""
    row = session.get(RoomRow, key)
    if row is not None:
        session.delete(row)
        _changed(session)


def _changed(session: Session) -> None:
    session.flush()
    kept(session, "rooms").clear()


def _found(session: Session, by: str, query: Select[Any], name: str) -> Room | None:
    read = kept(session, "rooms")
    if (by, name) not in read:
        if len(read) >= _MOST_KEPT:
            read.clear()
        row = session.connection().execute(query, {"name": name}).first()
        read[by, name] = _room(row) if row else None
    found: Room | None = read[by, name]
    return found


def _kind(key: str) -> str:
    prefix = key.partition(":")[0]
    return prefix if prefix in ("cell", "dm", "alert", "staff", "lawyer", "track", "guests", "space") else "foreign"


def _room(row: Any) -> Room:
    return Room(row.key, row.room_id, row.kind, row.incident, row.user_id, row.encrypted, row.left)
