"""Rooms besides the cell's. Guarantee: in a track's room are those who belong there and nobody else, from the next turn
after a role or a task has changed hands; whoever coordinates is with the guests, who are put out at their time; and
whoever belongs in neither is put out at once. What is made, and who was asked in or put out, is logged."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from functools import partial

from bot import boards, chronicle, leaving, strangers
from bot.domain.apart import GUESTS, SPACE, Guest, Rooms, TrackRoom, belonging, hosted_by, rooms_of_user
from bot.domain.cell import Cell
from bot.domain.incident import IncidentStatus
from bot.domain.language import Both
from bot.domain.outcome import Record
from bot.domain.roles import Role, Track
from bot.making import call_in, make, open_direct
from bot.store import cells, outbox, rooms
from bot.store.apart_tables import with_guests
from bot.store.db import Session
from bot.store.outbox import Outgoing
from bot.store.rooms import Room
from bot.tools import Tools

_TRACKS = Both("filières", "tracks")
HOSTED = ("track", "guests", "space")
"""The kinds of rooms of an incident besides the cell's, in which we are."""


def settle(session: Session, tools: Tools, cell: Cell, now: datetime, turn: str) -> Cell:
    """Make the tracks' rooms that are missing, ask in who belongs, put out who does not; and ask whoever coordinates in
    with the guests. Returns the cell, to be saved.

    `turn`: what it follows from.
    """
    cell = _accompanied(session, cell, now, turn)
    if cell.incident.rooms != Rooms.TRACKS:
        return cell
    for track in Track:
        people, known = belonging(cell, track), cell.tracks.get(track.value)
        if (known is None and not people) or (known is not None and set(known.people) == set(people)):
            continue
        before = known.people if known else ()
        after = TrackRoom(track, people)
        key = after.key(cell.incident.id)
        if known is None:
            lang = cell.incident.language
            _make(session, cell, key, f"{cell.incident.room_name} · {track.label(lang)}", now)
            said = f"track_welcome:{cell.incident.id}:{track.value}"
            tools.voice.say(session, now, key, "rooms.track_welcome", lang, {"track": track}, said, cell=cell)
        _move(session, key, before, people, now, turn)
        if rooms.by_key(session, f"{SPACE}{cell.incident.id}") is not None:
            _into_space(session, cell, (user for user in people if user not in before), now)
        without, cell = cell, cell.with_track(after)
        if known is None:
            cell = boards.moved(session, tools.voice, without, cell, partial(tools.name_of, cell), track.value, now)
        record = Record("incident", "track_room", track.value, {"people": list(before)}, {"people": list(people)})
        chronicle.record(session, cell.incident.id, record, sender=None, cause=None, now=now)
    return cell


def gather(session: Session, cell: Cell, now: datetime, room_key: str, server: str) -> None:
    """A room of the incident was made: where it has several they hang together in a space, which says where each is."""
    if not cell.tracks or room_key.startswith(GUESTS):
        return
    space = f"{SPACE}{cell.incident.id}"
    incident = cell.incident
    if rooms.by_key(session, space) is None:
        _make(session, cell, space, f"{incident.room_name} · {_TRACKS.get(incident.language)}", now, priority=2)
        _into_space(session, cell, (m.matrix_id for m in cell.members.values() if m.left_at is None), now)
    for key in (incident.room_key, *(room.key(incident.id) for room in cell.tracks.values())):
        room = rooms.by_key(session, key)
        if room is None or room.room_id is None:
            continue
        content = {"via": [server], "suggested": True}
        payload = {"type": "m.space.child", "state_key": room.room_id, "content": content}
        outbox.enqueue(session, Outgoing(space, "state", payload, f"child:{space}:{room.room_id}", priority=2), now)


def came(session: Session, tools: Tools, room: Room, user: str, membership: str, now: datetime, turn: str) -> None:
    """Somebody came into one of these rooms, was invited, or went."""
    cell = cells.load(session, room.incident) if room.incident else None
    if cell is None:
        return
    if room.kind == "guests":
        _guest_came(session, tools, cell, room, user, membership, now, turn)
        return
    if membership not in ("join", "invite"):
        return
    track = cell.tracks.get(room.key.rpartition(":")[2]) if room.kind == "track" else None
    if user in (track.people if track else [m.matrix_id for m in cell.members.values() if m.left_at is None]):
        if (
            track is not None
            and membership == "join"
            and boards.out_of_reach(session, cell, tools.bot_id, track.track.value)
        ):
            boards.wants_anew(session, cell.incident.id, now)
        return
    _put_out(session, tools, cell, room, user, now, turn)


def gone(session: Session, cell: Cell, user: str, now: datetime, turn: str) -> None:
    """Whoever left the cell by themselves, or was put out of it by hand, stays in none of these rooms either."""
    for key in rooms_of_user(cell, user):
        leaving.kick(session, key, user, now, turn=turn)


def back(session: Session, cell: Cell, user: str, now: datetime, turn: str) -> None:
    """Whoever comes into the cell again is asked back in with the guests with whom they were."""
    for key in hosted_by(cell, user):
        call_in(session, key, user, now, turn=turn)


def _put_out(session: Session, tools: Tools, cell: Cell, room: Room, user: str, now: datetime, turn: str) -> None:
    """Nobody of this room: out; whoever is nobody of ours at all raises the alarm, too."""
    leaving.kick(session, room.key, user, now, turn=turn)
    if strangers.alarm(session, tools, cell, user, now, turn):
        return
    said = {"action": "put_out", "user": user, "room": room.key.rpartition(":")[2]}
    chronicle.system(session, cell.incident.id, "system", said, now)


# -- guests ------------------------------------------------------------------------------------------------------------


def _guest_came(
    session: Session, tools: Tools, cell: Cell, room: Room, user: str, membership: str, now: datetime, turn: str
) -> None:
    here = [guest for guest in cell.guests.values() if guest.key(cell.incident.id) == room.key]
    mine = next((guest for guest in here if guest.user == user and guest.expected), None)
    if membership in ("leave", "ban"):
        if mine is not None:
            leaving.end(session, cell, mine, now, by=user, kicked=True)
        elif cell.is_here(user) and room.key in hosted_by(cell, user):
            _left_guests(session, tools, cell, here, user, now, turn)
        return
    if membership not in ("join", "invite"):
        return
    if mine is None:
        if not any(user in guest.hosts and guest.expected for guest in here) or not cell.is_here(user):
            _put_out(session, tools, cell, room, user, now, turn)
        return
    if membership == "join" and mine.joined_at is None:
        cells.save(session, cell, cell.with_guests([replace(mine, joined_at=now)]))
        incident = cell.incident
        tools.voice.say(
            session, now, room.key, "rooms.guest_welcome", incident.language,
            {"guest": mine, "organisation": tools.organisation.name}, f"welcome:{incident.id}:{mine.number}", cell=cell,
            ring=(user,),
        )  # fmt: skip


def _left_guests(
    session: Session, tools: Tools, cell: Cell, guests: list[Guest], user: str, now: datetime, turn: str
) -> None:
    """A host who went out of the guests' room learns how to come back: nobody asks in who wanted to go."""
    language = tools.language_of(session, user)
    values = {"guest": next(guest for guest in guests if guest.expected), "at": user[1:].partition(":")[0]}
    open_direct(session, user, now, None, priority=1)
    tools.voice.say(
        session, now, f"dm:{user}", "rooms.host_left", language, values, f"host_left:{cell.incident.id}:{user}:{turn}",
        cell=cell,
    )  # fmt: skip


def expire(session: Session, tools: Tools, now: datetime) -> bool:
    """Put out the guests whose time is over, and say so in the cell. Returns whether there was one."""
    found = False
    for incident in with_guests(session):
        cell = cells.load(session, incident)
        if cell is None:
            continue
        archived = cell.incident.status is IncidentStatus.ARCHIVED
        for guest in [g for g in cell.guests.values() if g.expected and (archived or g.until <= now)]:
            cell = leaving.end(session, cell, guest, now, by=None)
            found = True
            if archived:
                continue
            rung = [m.matrix_id for m in cell.holders(Role.COORDINATOR)]
            tools.voice.say(
                session, now, cell.incident.room_key, "rooms.guest_over", cell.incident.language, {"guest": guest},
                f"guest_over:{incident}:{guest.number}", cell=cell, ring=tuple(rung),
            )  # fmt: skip
    return found


def _accompanied(session: Session, cell: Cell, now: datetime, turn: str) -> Cell:
    """Whoever coordinates now is with the guests, too: a shift may have handed over since they came."""
    steer = [m.matrix_id for m in cell.holders(Role.COORDINATOR) if m.suspended_at is None]
    for guest in [g for g in cell.guests.values() if g.expected and not set(steer) <= set(g.hosts)]:
        hosts = tuple(dict.fromkeys((*guest.hosts, *steer)))
        cell = cell.with_guests([replace(guest, hosts=hosts)])
        for user in hosts[len(guest.hosts) :]:
            call_in(session, guest.key(cell.incident.id), user, now, turn=turn)
        record = Record("incident", "guest_with", guest.user, {"hosts": list(guest.hosts)}, {"hosts": list(hosts)})
        chronicle.record(session, cell.incident.id, record, sender=None, cause=None, now=now)
    return cell


# -- what they are made of ---------------------------------------------------------------------------------------------


def _make(session: Session, cell: Cell, key: str, name: str, now: datetime, priority: int = 1) -> None:
    incident = cell.incident
    make(
        session, Room(key, None, key.partition(":")[0], incident.id, None, encrypted=True, left=False), name, now,
        making=f"create:{key}:{incident.opened_by}:{incident.opened_at.isoformat()}", once=f"create:{key}",
        priority=priority, topic=incident.id, admins=[m.matrix_id for m in cell.holders(Role.DIRECTOR)],
    )  # fmt: skip


def _move(session: Session, key: str, before: Iterable[str], after: Iterable[str], now: datetime, turn: str) -> None:
    for user in after:
        if user not in before:
            call_in(session, key, user, now, turn=turn)
    for user in before:
        if user not in after:
            leaving.kick(session, key, user, now, turn=turn)


def _into_space(session: Session, cell: Cell, people: Iterable[str], now: datetime) -> None:
    """Ask them into the space, once for each time that they were called."""
    for user in people:
        turn = f"space:{cell.members[user].called_at.isoformat()}"
        call_in(session, f"{SPACE}{cell.incident.id}", user, now, turn=turn, priority=2)
