"""What the Matrix layer has to tell: rooms made, people who could not be reached, devices, identities, interruptions.
Guarantee: each is logged in the incidents that it touches, and told to whoever can do something about it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from bot import apart, boards, chronicle, interruptions, restored, undelivered
from bot.domain import log as chain
from bot.domain.roles import Role
from bot.making import call_in, open_direct
from bot.openings import opened
from bot.store import backup, cells, meta, outage, outbox, people, rooms
from bot.store.db import Session
from bot.store.journal import JournalRow
from bot.store.outbox import Outgoing
from bot.tools import Tools

Payload = Mapping[str, Any]
RESEND_EVERY = timedelta(minutes=2)


SUCCESSOR = "successor:"
"""Under this and its id, what is needed to follow one of our rooms to the room that replaces it."""
MOVED = "moved:"
"""Under this and an incident: its boards are still in the room that was replaced."""


def handle(session: Session, tools: Tools, row: JournalRow, now: datetime) -> None:
    """Act on one notice. One that this version does not know is logged as it is."""
    value, _ = chain.parse(row.raw)
    payload: Payload = value if isinstance(value, dict) else {}
    handler = _HANDLERS.get(row.type)
    if handler is not None:
        handler(session, tools, row, payload, now)
    else:
        _log_everywhere(session, row.type, payload, now)


# -- rooms -------------------------------------------------------------------------------------------------------------


def _created(session: Session, tools: Tools, row: JournalRow, payload: Payload, now: datetime) -> None:
    key = str(payload.get("room_key"))
    if key.startswith("cell:"):
        opened(session, tools, key, now)
        if backup.was_restored(session):
            boards.wants_anew(session, key.removeprefix("cell:"), now)  # it may be the lost machine's, found again
    room = rooms.by_key(session, key)
    cell = cells.load(session, room.incident) if room and room.incident else None
    if cell is not None:
        apart.gather(session, cell, now, key, tools.server)


def hello(session: Session, tools: Tools, user: str, now: datetime) -> None:
    """The first words in a direct room, once for each room: what this conversation is for."""
    room, person = rooms.by_key(session, f"dm:{user}"), tools.roster.by_id(user)
    observer = person is not None and person.only_observes
    tools.voice.say(
        session,
        now,
        f"dm:{user}",
        "notices.hello",
        tools.language_of(session, user),
        {"name": tools.name_of(None, user), "organisation": tools.organisation.name, "observer": observer},
        f"hello:{user}:{room.room_id if room else ''}",
        priority=2,
    )


def invited(session: Session, tools: Tools, row: JournalRow, now: datetime) -> None:
    """An invitation: one of the roster's is looked at; a stranger's is refused without a word."""
    if row.room_id is None:
        return
    room = rooms.by_id(session, row.room_id)
    ours = room is not None and not room.left
    successor = meta.get(session, f"{SUCCESSOR}{row.room_id}")
    if successor:
        key = f"upgrade:{row.room_id}:{row.event_id or row.id}"
        out = Outgoing(f"room:{row.room_id}", "join", json.loads(successor), key, priority=0)
    elif (_welcome(session, tools, row.sender) or ours) and not (room and room.kind == "lawyer"):
        payload = {"room_id": row.room_id, "invited_by": row.sender}
        out = Outgoing(
            f"room:{row.room_id}", "join", payload, f"join:{row.room_id}:{row.event_id or row.id}", priority=1
        )
    else:
        payload = {"room_id": row.room_id}
        out = Outgoing(
            f"room:{row.room_id}",
            "leave",
            payload,
            f"decline:{row.room_id}:{row.event_id or row.id}",
            priority=2,
        )
    outbox.enqueue(session, out, now)


def _welcome(session: Session, tools: Tools, user: str | None) -> bool:
    """Whether somebody's invitation is looked at: they are in the roster, and their account is their own."""
    return user is not None and user in tools.roster and user not in people.suspended(session)


def _refused_join(session: Session, tools: Tools, row: JournalRow, payload: Payload, now: datetime) -> None:
    """A room's successor does not let us in, yet; an invitation that was withdrawn is nothing to anybody."""
    successor = json.loads(meta.get(session, f"{SUCCESSOR}{payload.get('room_id')}") or "{}")
    room = rooms.by_key(session, str(successor.get("key")))
    if room is not None and room.incident is not None:
        chronicle.system(session, room.incident, "system", {"action": "refused_join", **payload}, now)


def _joined(session: Session, tools: Tools, row: JournalRow, payload: Payload, now: datetime) -> None:
    """We are in a room that we were invited to: keep it as a direct room, or leave, saying why in the leaving."""
    room_id = str(payload.get("room_id"))
    known = rooms.by_id(session, room_id)
    if (known is not None and known.kind in ("cell", "alert", "staff")) or _succeeds(session, payload):
        return
    others = [u for u in (*payload.get("members", ()), *payload.get("invited", ())) if u != tools.bot_id]
    user = str(others[0]) if len(others) == 1 else None
    if user is None or user not in tools.roster:
        _leave(session, tools, room_id, "leave_not_direct", now)
        return
    if not payload.get("encrypted"):
        existing = rooms.by_key(session, f"dm:{user}")
        if existing is None or existing.room_id is None:
            open_direct(session, user, now, None, priority=1)
        else:
            call_in(session, f"dm:{user}", user, now, turn=room_id, priority=0)
        _leave(session, tools, room_id, "leave_clear", now, language_of=user)
        return
    rooms.mapped(session, f"dm:{user}", room_id, True)
    hello(session, tools, user, now)


def _succeeds(session: Session, payload: Payload) -> bool:
    """Whether a room says that it follows one of ours. Until the old one says so too, nothing is said in it."""
    before = rooms.by_id(session, str(payload.get("predecessor")))
    return before is not None and not before.left


def _leave(
    session: Session, tools: Tools, room_id: str, why: str, now: datetime, language_of: str | None = None
) -> None:
    language = tools.language_of(session, language_of) if language_of else tools.organisation.language
    reason = tools.voice.catalogue.render(f"notices.{why}", language, {}).body
    payload = {"room_id": room_id, "reason": reason}
    outbox.enqueue(session, Outgoing(f"room:{room_id}", "leave", payload, f"leave:{room_id}:{why}", priority=1), now)


# -- people and devices ------------------------------------------------------------------------------------------------


def _about_user(template: str) -> Callable[[Session, Tools, JournalRow, Payload, datetime], None]:
    """Log and tell, in each open incident of that person, something about them or their device."""

    def tell(session: Session, tools: Tools, row: JournalRow, payload: Payload, now: datetime) -> None:
        user = str(payload.get("user"))
        for incident in cells.open_for(session, user):
            cell = cells.load(session, incident)
            if cell is None:
                continue
            chronicle.system(session, incident, "system", {"action": row.type, **payload}, now)
            tools.voice.say(
                session,
                now,
                cell.incident.room_key,
                template,
                cell.incident.language,
                {
                    "name": tools.name_of(cell, user),
                    "device": str(payload.get("device", "")),
                    "signed": bool(payload.get("signed")),
                },
                f"{row.type}:{row.id}:{incident}",
                cell=cell,
                ring=tuple(dict.fromkeys((*(m.matrix_id for m in cell.holders(Role.COORDINATOR)), user))),
            )
            if row.type == "new_device" and (
                not payload.get("signed") or boards.out_of_reach(session, cell, tools.bot_id)
            ):
                boards.wants_anew(session, incident, now)

        if row.type == "new_device" and user in tools.roster:
            _own_device(session, tools, row, payload, user, now)

    return tell


def _own_device(session: Session, tools: Tools, row: JournalRow, payload: Payload, user: str, now: datetime) -> None:
    """A new device is told to its owner; the first one ever, which may be whoever found their slip, to whoever
    coordinates too."""
    told = {user: True}
    if payload.get("first"):
        leads = tools.roster.holders(Role.COORDINATOR) or tools.roster.holders(Role.DIRECTOR)
        told |= {person.matrix_id: person.matrix_id == user for person in leads}
    for each, own in told.items():
        open_direct(session, each, now, None)
        values = {
            "name": tools.name_of(None, user),
            "device": str(payload.get("device", "")),
            "own": own,
            "first": bool(payload.get("first")),
        }
        key = f"own_device:{row.id}:{each}"
        tools.voice.say(
            session, now, f"dm:{each}", "vouching.device", tools.language_of(session, each), values, key, ring=(each,)
        )


def _verification(session: Session, tools: Tools, row: JournalRow, payload: Payload, now: datetime) -> None:
    user = str(payload.get("user"))
    if user not in tools.roster:
        return
    open_direct(session, user, now, None)
    tools.voice.say(
        session,
        now,
        f"dm:{user}",
        "notices.verification",
        tools.language_of(session, user),
        {"fingerprint": tools.fingerprint()},
        f"verification:{row.id}",
    )


def _withheld(session: Session, tools: Tools, row: JournalRow, payload: Payload, now: datetime) -> None:
    session_id, code = payload.get("session_id"), payload.get("code")
    if isinstance(session_id, str) and isinstance(code, str):
        meta.put(session, f"withheld:{session_id}", code)


def _undecryptable(session: Session, tools: Tools, row: JournalRow, payload: Payload, now: datetime) -> None:
    """Ask the author to send again, once for a session."""
    room = rooms.by_id(session, str(payload.get("room_id")))
    user = payload.get("sender")
    if room is None or room.incident is None or not isinstance(user, str):
        return
    cell = cells.load(session, room.incident)
    if cell is None or user not in cell.members:
        return
    events = payload.get("event_ids")
    before = meta.get(session, f"resend:{user}")
    if before and now - datetime.fromisoformat(before) < RESEND_EVERY:
        return  # one request stands in the room already: a client that keeps failing must not fill it
    meta.put(session, f"resend:{user}", now.isoformat())
    tools.voice.say(
        session,
        now,
        room.key,
        "notices.ask_resend",
        tools.language_of(session, user),
        {
            "user": user,
            "name": tools.name_of(cell, user),
            "count": len(events) if isinstance(events, list) else 1,
            "at": _sent_at(payload, row),
        },
        f"resend:{payload.get('session_id')}",
        cell=cell,
        ring=(user,),
    )


def _sent_at(payload: Payload, row: JournalRow) -> datetime:
    sent = payload.get("origin_ts")
    return datetime.fromtimestamp(sent / 1000, UTC) if isinstance(sent, int) else row.received_at


# -- interruptions -----------------------------------------------------------------------------------------------------


def _started_over(session: Session, tools: Tools, row: JournalRow, payload: Payload, now: datetime) -> None:
    """The homeserver knows no more how far we had read: everything is read again, and what it lost is lost."""
    _log_everywhere(session, "started_over", payload, now)
    for incident in cells.all_open(session):
        cell = cells.load(session, incident)
        if cell is not None:
            tools.voice.say(
                session, now, cell.incident.room_key, "notices.started_over", cell.incident.language, {},
                f"started_over:{row.id}:{incident}", cell=cell,
            )  # fmt: skip


def _written_again(session: Session, tools: Tools, row: JournalRow, payload: Payload, now: datetime) -> None:
    """The disk takes what is written again: each open incident's log and room are told since when it did not."""
    _log_everywhere(session, row.type, payload, now)
    since = datetime.fromisoformat(str(payload["since"]))
    why = outage.WORDS[str(payload["why"])]
    for incident in cells.all_open(session):
        cell = cells.load(session, incident)
        if cell is not None:
            language = cell.incident.language
            values = {"since": since, "until": row.received_at, "why": why.get(language)}
            key = f"written_again:{row.id}:{incident}"
            tools.voice.say(
                session, now, cell.incident.room_key, "notices.written_again", language, values, key, cell=cell
            )


def _everywhere(session: Session, tools: Tools, row: JournalRow, payload: Payload, now: datetime) -> None:
    _log_everywhere(session, row.type, payload, now)


def _log_everywhere(session: Session, name: str, payload: Payload, now: datetime) -> None:
    for incident in cells.all_open(session):
        chronicle.system(session, incident, "system", {"action": name, **payload}, now)


# -- room upgrades -----------------------------------------------------------------------------------------------------


def _upgraded(session: Session, tools: Tools, row: JournalRow, payload: Payload, now: datetime) -> None:
    """The Matrix layer has followed an upgrade to a successor that it could check: the boards go there too."""
    room = rooms.by_key(session, str(payload.get("room_key")))
    if room is None or room.incident is None:
        return
    cell = cells.load(session, room.incident)
    if cell is None:
        return
    chronicle.system(session, room.incident, "system", {"action": "upgraded", **payload}, now)
    tools.voice.say(
        session,
        now,
        room.key,
        "notices.upgraded",
        cell.incident.language,
        {},
        f"upgraded:{row.id}",
        cell=cell,
    )
    meta.put(session, f"{MOVED}{room.incident}", "1")
    boards.wants_anew(session, room.incident, now)


def _upgrade_refused(session: Session, tools: Tools, row: JournalRow, payload: Payload, now: datetime) -> None:
    room = rooms.by_key(session, str(payload.get("room_key")))
    cell = cells.load(session, room.incident) if room and room.incident else None
    if room is None or cell is None:
        return
    chronicle.system(session, cell.incident.id, "system", {"action": "upgrade_refused", **payload}, now)
    tools.voice.say(
        session,
        now,
        room.key,
        "notices.upgrade_refused",
        cell.incident.language,
        {},
        f"upgrade:{row.id}",
        cell=cell,
    )


_HANDLERS: Mapping[str, Callable[[Session, Tools, JournalRow, Payload, datetime], None]] = {
    "created": _created,
    "joined": _joined,
    "refused_join": _refused_join,
    "undeliverable": undelivered.handle,
    "identity_changed": _about_user("notices.identity_changed"),
    "new_device": _about_user("notices.new_device"),
    "verification": _verification,
    "withheld": _withheld,
    "undecryptable": _undecryptable,
    "gap": interruptions.gap,
    "walked": interruptions.walked,
    "upgraded": _upgraded,
    "upgrade_refused": _upgrade_refused,
    "started": interruptions.started,
    "restored": restored.told,
    "written_again": _written_again,
    "started_over": _started_over,
    "stopped": _everywhere,
    "lost": interruptions.lost,
    "found": interruptions.found,
}
