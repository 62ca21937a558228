"""Carrying out an outcome: state, log and outbox, in the one transaction that the engine opened for the decision."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from markupsafe import Markup

from bot import anchors, apart, boards, chronicle, erasing, leaving, making, pictures, prints, sending
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
from bot.domain.language import Language
from bot.domain.outcome import Outcome
from bot.domain.paper import Form
from bot.domain.rungs import Rung
from bot.export import calendar
from bot.making import call_in, open_direct
from bot.render import room_link
from bot.store import blobs, cells, log, lookups, meta, nudges, outbox, outside, pendings, people, rooms, veil
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


@dataclass(frozen=True)
class Spot:
    """Where an answer goes. `event_id` is what is being answered; `under` the message below which the answer is shown:
    the same, but for a reaction the message that it is on. `sign` is what says that it was done."""

    room_key: str
    room_id: str
    event_id: str
    thread: str | None
    language: Language
    under: str
    sign: str = "✅"


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
        {**_common(tools, cell), **values},
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


def opened(session: Session, tools: Tools, room_key: str, now: datetime, *, linked: bool) -> None:
    """Answer who opened the incident, once its room exists (or, without a link, if that takes too long)."""
    kept = meta.get(session, f"opening:{room_key}")
    room = rooms.by_key(session, room_key)
    incident = room_key.removeprefix("cell:")
    cell = cells.load(session, incident)
    if kept is None or cell is None:
        return
    asked = json.loads(kept)
    link: Markup | None = None
    if linked and room is not None and room.room_id is not None:
        link = room_link(room.room_id, tools.server, cell.incident.room_name)
    spot = Spot(
        asked["room_key"], asked["room_id"], asked["event_id"], asked["thread"], asked["language"], asked["under"]
    )
    values = {
        "link": link,
        "observed": cell.moments["observed"],
        "observed_given": asked["observed_given"],
        "twice": asked["twice"],
        "understood": asked.get("understood"),
        "rung": Rung(cell.incident.rung) if cell.incident.rung else None,
        # Nobody is to read in a room that they were left out.
        "left_out": [tools.name_of(cell, user) for user in cell.incident.left_out if spot.room_key.startswith("dm:")],
        "called": list(cell.members.values()),
        "more": any(p.matrix_id not in (*cell.members, *cell.incident.left_out) for p in tools.roster),
    }
    tools.voice.say(
        session,
        now,
        spot.room_key,
        "incident.opened",
        spot.language,
        {**_common(tools, cell), **values},
        f"reply:{spot.event_id}:opened",
        cell=cell,
        reply_to=spot.under or None,
        thread=spot.thread,
        priority=0,
    )
    meta.put(session, f"opening:{room_key}", "")


def _common(tools: Tools, cell: Cell | None) -> dict[str, Any]:
    if cell is None:
        return {"cell": None, "names": lambda user: tools.name_of(None, user)}
    return {**boards.values(cell, lambda user: tools.name_of(cell, user)), "room": cell.incident.room_name}


def _effect(session: Session, tools: Tools, scene: Scene, spot: Spot, effect: Effect, cell: Cell | None) -> None:
    match effect:
        case Reply(key="opened") if cell is not None:
            _remember_opening(session, scene, spot, cell, effect.values)
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
            _send_file(session, tools, scene, spot, effect, cell)
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


def _send_file(
    session: Session,
    tools: Tools,
    scene: Scene,
    spot: Spot,
    effect: Attach | SendCalendar | DrawBoard | PrintText | SendText,
    cell: Cell | None,
) -> None:
    if isinstance(effect, Attach):
        _attach(session, tools, scene, spot, effect, cell)
    elif cell is not None and isinstance(effect, SendCalendar):
        _send_calendar(session, tools, scene, spot, effect, cell)
    elif cell is not None and isinstance(effect, SendText):
        sending.book(session, tools, cell, scene, effect)
    elif cell is not None and isinstance(effect, PrintText):
        text = veil.shown(session, cell).drafts[effect.draft]
        version = text.version(effect.version)
        assert version is not None
        prints.ask(session, tools, cell, spot, text, version, Form(effect.form), scene.now)
    elif cell is not None:
        pictures.ask(session, tools, cell, spot, scene.now, dark=isinstance(effect, DrawBoard) and effect.dark)


def _send_calendar(session: Session, tools: Tools, scene: Scene, spot: Spot, effect: SendCalendar, cell: Cell) -> None:
    open_direct(session, effect.user, scene.now, None, priority=1)
    language = tools.language_of(session, effect.user)
    said = tools.voice.catalogue.render("clocks.calendar", language, {"cell": cell})
    payload = {
        "blob": blobs.put(session, calendar.to_ics(veil.shown(session, cell), scene.now)),
        "filename": f"{cell.incident.id}-{calendar.NAME}",
        "mimetype": "text/calendar",
        "body": said.body,
    }
    outbox.enqueue(session, Outgoing(f"dm:{effect.user}", "file", payload, f"calendar:{spot.event_id}"), scene.now)


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
        {**_common(tools, cell), "way": way, **effect.values},
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
    values = {**_common(tools, cell), **effect.values, "code": code}
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


def _attach(session: Session, tools: Tools, scene: Scene, spot: Spot, effect: Attach, cell: Cell | None) -> None:
    """Post a file under what was typed, encrypted as everything is."""
    values = veil.over(session, cell, {**_common(tools, cell), **effect.values}, spot.language)
    said = tools.voice.catalogue.document(effect.template, spot.language, values)
    # The mark at the beginning tells every reader of text files that this is UTF-8.
    payload: dict[str, Any] = {
        "blob": blobs.put(session, said.encode("utf-8-sig")),
        "filename": effect.name,
        "mimetype": "text/plain",
        "relates_to": {"m.in_reply_to": {"event_id": spot.under}},
    }
    if spot.thread is not None:
        payload["relates_to"] |= {"rel_type": "m.thread", "event_id": spot.thread}
    outbox.enqueue(session, Outgoing(spot.room_key, "file", payload, f"file:{spot.event_id}"), scene.now)


def _remember_opening(session: Session, scene: Scene, spot: Spot, cell: Cell, values: Mapping[str, Any]) -> None:
    if cell.incident.rung is None and spot.room_key == "alert":
        # Where nobody is to know, the answer is for who opened it alone.
        open_direct(session, scene.sender, scene.now, None, priority=0)
        direct = f"dm:{scene.sender}"
        spot = replace(spot, room_key=direct, room_id="", thread=None, under="")
    kept = {
        "room_key": spot.room_key,
        "room_id": spot.room_id,
        "event_id": spot.event_id,
        "thread": spot.thread,
        "language": spot.language,
        "under": spot.under,
        "observed_given": values["observed_given"],
        "twice": values["twice"],
        "understood": values["understood"],
    }
    meta.put(session, f"opening:{cell.incident.room_key}", json.dumps(kept))
