"""Who comes into our rooms, and who leaves them. Guarantee: a cell's members are those who are in its room, whatever
brought them there; what follows from it (rooms apart, boards to be read) is decided in the same transaction."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from bot import apart, boards, lawyers, notices, strangers
from bot.domain.cell import Cell
from bot.domain.incident import Member
from bot.inbound import Happening
from bot.store import cells, outbox, rooms
from bot.store.db import Session
from bot.store.journal import JournalRow
from bot.store.outbox import Outgoing
from bot.store.rooms import Room
from bot.tools import Tools


def came_or_went(
    session: Session, tools: Tools, row: JournalRow, happening: Happening, room: Room, now: datetime
) -> None:
    """Somebody has come into one of our rooms, was asked in, or has left it."""
    user, membership = happening.state_key, happening.content.get("membership")
    if user is None or user == tools.bot_id:
        return
    if room.kind == "lawyer":
        lawyers.came(session, room, user, str(membership))
        return
    if room.kind in apart.HOSTED:
        if not row.first:
            apart.came(session, tools, room, user, str(membership), now, row.event_id or str(row.id))
        return
    if room.kind == "dm" and membership in ("leave", "ban") and room.user == user:
        rooms.forget(session, room.key)
        outbox.enqueue(
            session,
            Outgoing(f"room:{room.room_id}", "leave", {"room_id": room.room_id}, f"left:{row.event_id}"),
            now,
        )
        return
    if room.kind == "dm" and membership == "join" and room.user == user:
        # Said now and not when the room was made: whoever had no device then could not read it.
        notices.hello(session, tools, user, now)
        return
    cell = cells.load(session, room.incident) if room.incident else None
    if cell is None:
        return
    came = membership in ("join", "invite") and not row.first
    if came and strangers.alarm(session, tools, cell, user, now, row.event_id or str(row.id)):
        return
    changed = _member_changed(tools, cell, user, str(membership), now)
    if changed is cell:
        return
    cells.save(session, cell, changed)
    if not changed.is_here(user):
        apart.gone(session, cell, user, now, row.event_id or str(row.id))
    elif not row.first:
        apart.back(session, changed, user, now, row.event_id or str(row.id))
    if membership == "join" and not row.first and boards.out_of_reach(session, changed, tools.bot_id):
        boards.wants_anew(session, changed.incident.id, now)
    _refresh(session, tools, changed, now, row.event_id or str(row.id))


def _member_changed(tools: Tools, cell: Cell, user: str, membership: str, now: datetime) -> Cell:
    member = cell.members.get(user)
    if membership == "join":
        person = tools.roster.by_id(user)
        if person is None and not (member is not None and member.outsider):
            return cell
        if member is None:
            assert person is not None
            member = Member(user, person.name, person.roles, called_at=now, deputies=person.deputies)
        elif member.present:
            return cell
        return cell.with_member(replace(member, joined_at=member.joined_at or now, left_at=None))
    if membership in ("leave", "ban") and member is not None and member.left_at is None:
        return cell.with_member(replace(member, left_at=now))
    return cell


def _refresh(session: Session, tools: Tools, cell: Cell, now: datetime, turn: str) -> None:
    settled = apart.settle(session, tools, cell, now, turn)
    after = boards.refresh(session, tools.voice, settled, lambda user: tools.name_of(cell, user), now, turn)
    cells.save(session, cell, after)
