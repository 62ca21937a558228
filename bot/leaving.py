"""Who is no longer of the cells. Guarantee: role, rights and rooms are gone from the transaction that says so, in every
incident at once, a guest's room too; a suspended account gets no key either, whatever it does to come back."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from bot import chronicle
from bot.domain.apart import Guest, rooms_of_user
from bot.domain.cell import Cell
from bot.domain.drafts import Draft, disown
from bot.domain.outcome import Record
from bot.store import cells, outbox, people, rooms
from bot.store.apart_tables import with_guests
from bot.store.db import Session
from bot.store.outbox import Outgoing


def leave(session: Session, user: str, now: datetime, why: str, by: str | None = None, **said: Any) -> list[str]:
    """Take somebody out of every incident, and out of the alert room. Returns the incidents of
    which they were a member."""
    suspended = why == "compromised"
    touched = cells.open_for(session, user)
    for incident in touched:
        cell = cells.load(session, incident)
        if cell is None:
            continue
        member = cell.members[user]
        gone = replace(member, left_at=now, suspended_at=now if suspended else None)
        after, records = _out_of_tracks(cell.with_member(gone).without_undo(user), user)
        for draft in cell.drafts.values() if suspended else ():
            disowned = disown(draft, user, now, cell.incident.severity)
            if disowned != draft:
                after = after.with_draft(disowned)
                records.append(_fallen(draft, user))
        cells.save(session, cell, after)
        was = {"roles": [role.value for role in member.roles]}
        action = "suspend" if suspended else "remove"
        record = Record("role", action, user, was, {"roles": [], "why": why, **said})
        for each in (record, *records):
            chronicle.record(session, incident, each, sender=by, cause=None, now=now)
        kick(session, cell.incident.room_key, user, now, suspended=suspended)
        for key in rooms_of_user(cell, user):
            kick(session, key, user, now, suspended=suspended)
    for incident in with_guests(session):
        cell = cells.load(session, incident)
        guest = cell.guest(user) if cell is not None else None
        if cell is not None and guest is not None:
            end(session, cell, guest, now, by=by, suspended=suspended)
    if rooms.by_key(session, "alert") is not None:
        kick(session, "alert", user, now, suspended=suspended)
    return touched


def end(
    session: Session,
    cell: Cell,
    guest: Guest,
    now: datetime,
    *,
    by: str | None,
    kicked: bool = False,
    suspended: bool = False,
) -> Cell:
    """A guest's time is over, at its end or before (`by`). Where nobody from outside is left the room stays with its
    hosts. Returns the cell, saved."""
    after = cell.with_guests([replace(guest, left_at=now, ended_by=by)])
    cells.save(session, cell, after)
    if not kicked:
        turn = f"guest:{guest.number}"
        kick(session, guest.key(cell.incident.id), guest.user, now, suspended=suspended, turn=turn)
    said = {"name": guest.name, "user": guest.user, "by": by}
    record = Record("incident", "guest_out", guest.user, {"until": guest.until}, said)
    chronicle.record(session, cell.incident.id, record, sender=by, cause=None, now=now)
    return after


def _out_of_tracks(cell: Cell, user: str) -> tuple[Cell, list[Record]]:
    """The cell with that person in no track's room any more, and the entries that say so."""
    records = []
    for room in cell.tracks.values():
        people = tuple(each for each in room.people if each != user)
        if people != room.people:
            cell = cell.with_track(replace(room, people=people))
            before, after = {"people": list(room.people)}, {"people": list(people)}
            records.append(Record("incident", "track_room", room.track.value, before, after))
    return cell, records


def _fallen(draft: Draft, user: str) -> Record:
    """What the log says of a text that an account held up or let go which is taken for somebody else's."""
    version = draft.last
    state = {"version": version.number, "sha256": version.sha256}
    return Record("draft", "fall", draft.id, state, state, extra={"suspended": user})


def kick(session: Session, room_key: str, user: str, now: datetime, *, suspended: bool = False, turn: str = "") -> None:
    """Remove somebody from one of our rooms, before anything else is said there. `turn`: what it follows from."""
    payload = {"user": user, **({"bar": True} if suspended else {})}
    key = f"kick:{room_key}:{user}:{turn or now.isoformat()}"
    outbox.enqueue(session, Outgoing(room_key, "kick", payload, key, priority=0), now)


def suspend(session: Session, user: str, by: str, second: str, now: datetime) -> list[str]:
    """The account is in somebody else's hands: no rights anywhere, no keys. Returns the incidents."""
    people.suspend(session, user, now)
    return leave(session, user, now, "compromised", by, confirmed_by=second)
