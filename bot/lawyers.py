"""Lawyers' rooms, once they are made. Guarantee: we hand over and leave as soon as somebody with power has come in; of
what happens there only who came is looked at, and after we have left nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from bot import chronicle
from bot.domain.cell import Cell
from bot.domain.conduct import LAWYERS, LawyerRoom
from bot.domain.outcome import Record
from bot.making import open_direct
from bot.reasons import in_words
from bot.store import cells, outbox, rooms
from bot.store.conduct_tables import not_left
from bot.store.db import Session
from bot.store.outbox import Outgoing
from bot.store.rooms import Room
from bot.tools import Tools


def came(session: Session, room: Room, user: str, membership: str) -> None:
    """Somebody came into a lawyer's room, or went."""
    found = _of(session, room.key)
    if found is None or room.left:
        return
    cell, lawyer = found
    others = tuple(each for each in lawyer.present if each != user)
    present = (*others, user) if membership == "join" else others
    if present != lawyer.present:
        cells.save(session, cell, cell.with_lawyers(replace(lawyer, present=present)))


def settle(session: Session, tools: Tools, now: datetime) -> bool:
    """Go, where somebody with power is there and everybody was asked in; write it down where we are gone."""
    going = False
    for incident, number in not_left(session):
        cell = cells.load(session, incident)
        lawyer = cell.lawyers.get(number) if cell else None
        room = rooms.by_key(session, lawyer.key(incident)) if lawyer else None
        if cell is None or lawyer is None or room is None:
            continue
        if room.left:
            _left(session, cell, lawyer, room, now)
        elif set(lawyer.present) & set(lawyer.admins) and not outbox.waits(session, room.key, "invite"):
            out = Outgoing(room.key, "leave", {"hand_over": True}, f"handover:{room.key}", priority=0)
            outbox.enqueue(session, out, now)
            going = True
    return going


def _left(session: Session, cell: Cell, lawyer: LawyerRoom, room: Room, now: datetime) -> None:
    """Nothing is said: who asked for it has seen us go."""
    cells.save(session, cell, cell.with_lawyers(replace(lawyer, left_at=now)))
    people = {"invited": list(lawyer.invited), "present": list(lawyer.present)}
    said = {"name": lawyer.name, "room_id": room.room_id, **people}
    record = Record("incident", "lawyer_room_left", cell.incident.id, None, said)
    chronicle.record(session, cell.incident.id, record, sender=None, cause=None, now=now)


def not_reached(session: Session, tools: Tools, room: Room, user: str, why: str, now: datetime) -> None:
    """Somebody could not be asked into a lawyer's room: who wanted it is told, and nobody else."""
    found = _of(session, room.key)
    if found is None:
        return
    cell, lawyer = found
    open_direct(session, lawyer.made_by, now, None, priority=1)
    language = tools.language_of(session, lawyer.made_by)
    values = {"name": tools.name_of(cell, user), "why": in_words(why, language), "lawyer": lawyer}
    tools.voice.say(
        session, now, f"dm:{lawyer.made_by}", "lawyer.not_reached", language, values,
        f"unreached:{room.key}:{user}", cell=cell,
    )  # fmt: skip


def _of(session: Session, key: str) -> tuple[Cell, LawyerRoom] | None:
    incident, _, number = key.removeprefix(LAWYERS).rpartition(":")
    cell = cells.load(session, incident)
    if cell is None or not number.isdecimal() or int(number) not in cell.lawyers:
        return None
    return cell, cell.lawyers[int(number)]
