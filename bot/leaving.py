"""Who is no longer of the cells. Guarantee: role, rights and rooms are gone from the transaction that says so, in every
incident at once; a suspended account gets no key either, whatever it does to come back."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from bot import chronicle
from bot.domain.apart import rooms_of_user
from bot.domain.drafts import Draft, disown
from bot.domain.outcome import Record
from bot.store import cells, outbox, people, rooms
from bot.store.db import Session
from bot.store.outbox import Outgoing


def leave(session: Session, user: str, now: datetime, why: str, by: str | None = None, **said: Any) -> list[str]:
    """Take somebody out of every incident, and out of the alert room. Returns the incidents."""
    suspended = why == "compromised"
    touched = cells.open_for(session, user)
    for incident in touched:
        cell = cells.load(session, incident)
        if cell is None:
            continue
        member = cell.members[user]
        gone = replace(member, left_at=now, suspended_at=now if suspended else None)
        after = cell.with_member(gone).without_undo(user)
        for room in cell.tracks.values():
            after = after.with_track(replace(room, people=tuple(each for each in room.people if each != user)))
        records = []
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
    if rooms.by_key(session, "alert") is not None:
        kick(session, "alert", user, now, suspended=suspended)
    return touched


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
