"""Carrying out an outcome: state, log and outbox, in the one transaction that the engine opened for the decision."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from bot import anchors, apart, boards, chronicle, erasing, leaving, making, openings, posting, sending
from bot.commands import following
from bot.commands.scene import Scene
from bot.domain.cell import Cell
from bot.domain.effects import (
    Ask,
    Attach,
    CallIn,
    DrawBoard,
    Effect,
    Export,
    OpenRoom,
    PrintText,
    PutOut,
    Reinstate,
    Reload,
    Reply,
    Seen,
    SendCalendar,
    SendText,
    Suspend,
    Tell,
    Tick,
    Unask,
)
from bot.domain.incident import Pending
from bot.domain.outcome import Outcome
from bot.making import call_in, open_direct
from bot.spots import Spot, at_hand
from bot.store import cells, log, lookups, meta, nudges, outbox, outside, pendings, people, rooms
from bot.store.db import Session
from bot.store.outbox import Outgoing
from bot.tools import Tools

REFRESH = "refresh:"
"""Under this and an incident's id is kept what its boards do not show yet."""
NOTED = frozenset({("note", "note"), ("correction", "correct")})
"""The entries that are undone by one that corrects them."""
MENU = "menu"
"""The kind of what waits for a number, and for nothing else: no yes is ever meant for it."""
MENU_LIFE = timedelta(minutes=10)
QUESTION = "question"
"""The kind of what waits for a yes, a no or an "I don't know"."""


def carry_out(session: Session, tools: Tools, scene: Scene, spot: Spot, outcome: Outcome, cause: int | None) -> None:
    """Save the new state, write the log, fill the outbox."""
    outcome = following.completed(scene, outcome)
    before, after = scene.cell, outcome.cell
    opening = after is not None and (before is None or before.incident.id != after.incident.id)
    if after is not None:
        cells.save(session, None if opening else before, after)
        if opening:
            log.create_key(session, after.incident.id, tools.passphrase, scene.now)
    about = after or before
    if about is not None:
        for entry in outcome.records:
            written = chronicle.record(
                session, about.incident.id, entry, sender=scene.sender, cause=None if opening else cause, now=scene.now
            )
            if after is not None and (entry.kind, entry.action) in NOTED:
                noted = replace(after.undo[scene.sender], note=str(written.seq))
                cells.save(session, after, after := after.with_undo(noted))
    if outcome.language is not None:
        people.set_language(session, *outcome.language)
    _effects(session, tools, scene, spot, outcome, about, opening=opening)
    if about is not None:
        erased = erasing.carry_out(session, tools, scene, outcome.effects, about, cause)
        after = after and erased
    if after is not None:
        if not opening:
            meta.put(session, f"{REFRESH}{after.incident.id}", spot.event_id)
        if opening or (before is not None and before.incident.status != after.incident.status):
            anchors.post(session, tools, after, scene.now)


def _effects(
    session: Session, tools: Tools, scene: Scene, spot: Spot, outcome: Outcome, cell: Cell | None, *, opening: bool
) -> None:
    """Carry the effects out. What is told to each who is called on opening comes after the boards, and those after the
    invitations: where the homeserver lets little through, whoever is called first comes first."""
    for effect in outcome.effects:
        if not (opening and isinstance(effect, Tell)):
            _effect(session, tools, scene, spot, effect, cell)
    if not opening or cell is None:
        return
    _show(session, tools, cell, scene.now, spot.event_id)
    for effect in outcome.effects:
        if isinstance(effect, Tell):
            tell(session, tools, scene.now, effect, cell)


def unshown(session: Session) -> list[str]:
    """The incidents whose boards do not show yet what was decided."""
    return [key.removeprefix(REFRESH) for key, _ in lookups.under(session, REFRESH)]


def show(session: Session, tools: Tools, incident: str, now: datetime) -> None:
    """Show on an incident's boards what was decided: after the answers, and once for all that was decided meanwhile."""
    turn = meta.get(session, f"{REFRESH}{incident}")
    cell = cells.load(session, incident)
    if cell is not None and turn:
        _show(session, tools, cell, now, turn)
    lookups.forget(session, f"{REFRESH}{incident}")


def _show(session: Session, tools: Tools, cell: Cell, now: datetime, turn: str) -> None:
    sending.recall(session, tools, cell, now)
    settled = apart.settle(session, tools, cell, now, turn)
    shown = boards.refresh(session, tools.voice, settled, partial(tools.name_of, cell), now, turn)
    cells.save(session, cell, shown)


def answer(
    session: Session,
    tools: Tools,
    spot: Spot,
    template: str,
    values: Mapping[str, Any],
    now: datetime,
    *,
    cell: Cell | None = None,
    key: str = "0",
    ring: tuple[str, ...] = (),
    outbox_key: str = "",
) -> str:
    """Answer what was typed, where it was typed, in that person's language. Returns the outbox key."""
    dedupe = outbox_key or f"reply:{spot.event_id}:{key}"
    tools.voice.say(
        session,
        now,
        spot.room_key,
        template,
        spot.language,
        {**at_hand(tools, cell), **values},
        dedupe,
        cell=cell,
        ring=ring,
        reply_to=spot.under,
        thread=spot.thread,
    )
    return dedupe


def tick(session: Session, spot: Spot, now: datetime) -> None:
    """Put our reaction under what was typed, or beside the one that was the button: the same one twice is refused."""
    payload = {"event_id": spot.under, "key": spot.sign}
    outbox.enqueue(session, Outgoing(spot.room_key, "reaction", payload, f"tick:{spot.under}:{spot.sign}"), now)


def new_code(session: Session, now: datetime, about: str) -> str:
    """Four digits that no question which still waits has.

    Made of `about`, the key of the message that shows them: after a restore it may stand in the room already.
    """
    used = {pending.code for pending in pendings.waiting(session, now)}
    number = int(outbox.derived(session, f"code:{about}"), 16)
    while f"{number % 10_000:04d}" in used:
        number += 1
    return f"{number % 10_000:04d}"


def pend(session: Session, pending: Pending, question_key: str) -> None:
    """Wait for an answer to the question that was put under that outbox key."""
    pendings.pend(session, replace(pending, question_key=question_key))


def _effect(session: Session, tools: Tools, scene: Scene, spot: Spot, effect: Effect, cell: Cell | None) -> None:
    match effect:
        case Reply(key="opened") if cell is not None:
            openings.remember(session, scene, spot, cell, effect.values)
        case Reply():
            said = answer(
                session, tools, spot, effect.template, effect.values, scene.now, cell=cell, key=effect.key,
                outbox_key=effect.outbox_key,
            )  # fmt: skip
            _offer(session, scene, spot, effect, said)
        case Tick():
            tick(session, spot, scene.now)
        case Tell():
            tell(session, tools, scene.now, effect, cell)
        case Seen() if cell is not None:
            nudges.seen(session, cell.incident.id, effect.user, effect.clocks, scene.now)
            outside.acknowledged(session, cell.incident.id, effect.user, effect.clocks, scene.now, effect.code)
        case Ask():
            _put(session, tools, scene, spot, effect)
        case Unask():
            _unask(session, scene, effect.about)
        case Attach() | SendCalendar() | DrawBoard() | PrintText() | SendText():
            posting.send(session, tools, scene, spot, effect, cell)
        case Suspend() | Reinstate() | Reload():
            _people(session, scene, spot, effect, cell)
        case OpenRoom():
            making.open_room(session, scene, effect)
        case CallIn() | PutOut():
            _move(session, scene, spot, effect)
        case Export():
            seq = anchors.post(session, tools, scene.here, scene.now)
            waiting = {"incident": effect.incident, "user": effect.user, "seq": seq, "profile": effect.profile}
            waiting["for"] = effect.recipient
            meta.put(session, f"export:{spot.event_id}", json.dumps(waiting))


def _offer(session: Session, scene: Scene, spot: Spot, effect: Reply, key: str) -> None:
    """Keep what the numbers of an answer's lines do, for a while, in place of the ones before in that room."""
    if not effect.options:
        return
    for earlier in pendings.pendings(session, user=scene.sender, now=scene.now, room_id=spot.room_id):
        if earlier.kind == MENU and earlier.id is not None:
            pendings.settle(session, earlier.id)
    call = {
        "text": effect.options[0],
        "html": None,
        "read_at": (scene.sent_at or scene.now).isoformat(),
        "to_bot": False,
        "task": None,
        "event_id": spot.event_id,
        "room_key": spot.room_key,
        "thread": spot.thread,
        "cause": None,
        "options": [{"text": text, "confirmed": False} for text in effect.options],
    }
    incident = scene.cell.incident.id if scene.cell else None
    waiting = Pending(
        None, incident, MENU, scene.sender, (scene.sender,), call, None, spot.room_id, None, scene.now,
        scene.now + MENU_LIFE,
    )  # fmt: skip
    pend(session, waiting, key)


def _move(session: Session, scene: Scene, spot: Spot, effect: CallIn | PutOut) -> None:
    if isinstance(effect, CallIn):
        priority = 0 if effect.urgent else 1
        call_in(session, effect.room_key, effect.user, scene.now, turn=spot.event_id, priority=priority)
    else:
        leaving.kick(session, effect.room_key, effect.user, scene.now, turn=spot.event_id)


def _people(
    session: Session, scene: Scene, spot: Spot, effect: Suspend | Reinstate | Reload, cell: Cell | None
) -> None:
    if isinstance(effect, Reload):
        meta.put(session, f"reload:{spot.event_id}", json.dumps(asdict(spot)))
    elif isinstance(effect, Reinstate):
        people.suspend(session, effect.user, None)
    else:
        touched = leaving.suspend(session, effect.user, effect.by, effect.second, scene.now)
        if cell is not None and cell.incident.id not in touched:
            leaving.kick(session, cell.incident.room_key, effect.user, scene.now, suspended=True)


def tell(session: Session, tools: Tools, now: datetime, effect: Tell, cell: Cell | None) -> None:
    """Say something in one of our rooms; a direct room is made if there is none yet, and the way from there to the
    cell's is at hand."""
    way = None
    if effect.room_key.startswith("dm:"):
        open_direct(session, effect.room_key.removeprefix("dm:"), now, None, priority=1)
        way = cell and making.way_to(session, cell.incident.room_key, tools.server, cell.incident.room_name)
    tools.voice.say(
        session,
        now,
        effect.room_key,
        effect.template,
        effect.language,
        {**at_hand(tools, cell), "way": way, **effect.values},
        effect.key,
        cell=cell,
        ring=effect.ring,
        priority=effect.priority,
    )


def _put(session: Session, tools: Tools, scene: Scene, spot: Spot, effect: Ask) -> None:
    """Put a question, and wait for its answer; the same one that waited is answered by nobody any more."""
    cell, about = scene.here, effect.about
    _unask(session, scene, about)
    room_key, language = spot.room_key, spot.language
    if effect.in_cell:
        room_key, language = cell.incident.room_key, cell.incident.language
    here = room_key == spot.room_key
    key = f"ask:{spot.event_id}:{about}"
    code = new_code(session, scene.now, key) if effect.typed else None
    values = {**at_hand(tools, cell), **effect.values, "code": code}
    tools.voice.say(
        session, scene.now, room_key, effect.template, language, values, key,
        cell=cell, ring=tuple(user for user in effect.ring if user != scene.sender),
        reply_to=spot.under if here else None, thread=spot.thread if here else None,
    )  # fmt: skip
    held = {"command": effect.command, "about": about, "held": dict(effect.held), "text": scene.typed}
    room = rooms.by_key(session, room_key)
    pending = Pending(
        None, cell.incident.id, QUESTION, scene.sender, effect.may, held, code, (room and room.room_id) or spot.room_id,
        None, scene.now, scene.now + effect.life,
    )  # fmt: skip
    pend(session, pending, key)


def _unask(session: Session, scene: Scene, about: str) -> None:
    for earlier in pendings.waiting(session, scene.now):
        if earlier.id is not None and earlier.incident == scene.here.incident.id and earlier.call.get("about") == about:
            pendings.settle(session, earlier.id)
