"""The card and the checklists: one message each, kept up to date in place. Guarantee: after any decision, what the cell
reads is the state, edits coalesce, and nothing is sent when nothing changed. All deadlines that are open are on their
board; a checklist fits a phone's screen, says how many tasks it does not show, and how to see them.

An edit of a message that somebody cannot decrypt shows them nothing: for whoever comes later, or on a new device,
the boards are posted anew, the card is pinned again, and the old ones say "see below".
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from bot.commands import care
from bot.domain import approval, checklists
from bot.domain import playbook as pb
from bot.domain.cell import Cell
from bot.domain.clock_lines import ClockLine, lines, nearest
from bot.domain.incident import Board, TaskStatus
from bot.domain.language import Language
from bot.domain.registers import RollCall
from bot.domain.roles import Track
from bot.render import Catalogue, Rendered
from bot.speech import Voice, content, edited, marked, ours
from bot.store import lookups, meta, outbox, rooms, veil
from bot.store.db import Session
from bot.store.outbox import Outgoing

CARD, CLOCKS, SERVICES = "card", "clocks", "services"
CLOCK_FOLDS = 3
Names = Callable[[str | None], str]


def values(cell: Cell, names: Names) -> dict[str, Any]:
    """What the card says, and what most messages about an incident need."""
    playbook = pb.heading(cell.incident.playbook)
    members = [m for m in cell.members.values() if m.left_at is None]
    return {
        "cell": cell,
        "names": names,
        "playbook": playbook,
        "doctrine": playbook.doctrine,
        "members": members,
        "present": [m for m in members if m.present],
        "done": [t for t in cell.tasks.values() if t.status in (TaskStatus.DONE, TaskStatus.SKIPPED)],
        "nearest": nearest(cell, 3),
        "blocked": [t for t in cell.tasks.values() if t.status is TaskStatus.BLOCKED],
    }


def wanted(cell: Cell) -> list[str]:
    """The boards of an incident, in the order in which they are posted."""
    clocks = [CLOCKS] if cell.clocks else []
    tracks = (track.value for track in Track if cell.track(track))
    rollcall = cell.rollcall
    services = [SERVICES] if cell.services or cell.measures else []
    return [CARD, *tracks, *clocks, *services, *approval.boards(cell), *([rollcall.board] if rollcall else [])]


def refresh(session: Session, voice: Voice, cell: Cell, names: Names, now: datetime, turn: str) -> Cell:
    """Post what is missing and edit what changed. `turn` tells apart two edits to the same text."""
    for name in wanted(cell):
        cell = _refresh_one(session, voice, cell, names, name, now, turn)
    return cell


def refresh_clocks(session: Session, voice: Voice, cell: Cell, names: Names, now: datetime) -> Cell:
    """The deadlines as time passes: asked for once a minute."""
    if CLOCKS not in cell.boards:
        return cell
    minute = now.replace(second=0, microsecond=0)
    return _refresh_one(session, voice, cell, names, CLOCKS, minute, f"minute:{minute:%Y%m%d%H%M}")


def _refresh_one(session: Session, voice: Voice, cell: Cell, names: Names, name: str, now: datetime, turn: str) -> Cell:
    rendered = _render(voice, veil.shown(session, cell), names, name, now)
    digest = hashlib.sha256(rendered.html.encode()).hexdigest()
    board = cell.boards.get(name)
    if board is None:
        cell = cell.with_board(Board(name, 1, digest))
        _post(session, voice, cell, name, rendered, now)
        if name in (CARD, CLOCKS):
            _pin(session, cell, now)
    elif board.digest != digest:
        cell = cell.with_board(replace(board, digest=digest))
        message = edited(rendered, key(cell, name))
        edit = f"edit:{cell.incident.id}:{name}:{turn}"
        voice.put(
            session, now, place(cell, name), message, edit, coalesce=f"edit:{key(cell, name)}"
        )  # fmt: skip
    return cell


def post_anew(session: Session, voice: Voice, cell: Cell, names: Names, now: datetime, *, moved: bool = False) -> Cell:
    """A new generation of every board, for those who cannot read the last one.

    `moved`: the last ones are in the room that this one replaces, out of reach of an edit.
    """
    for name in wanted(cell):
        board = cell.boards.get(name)
        if board is None or approval.settled(cell, name):
            continue
        old = key(cell, name)
        rendered = _render(voice, veil.shown(session, cell), names, name, now)
        digest = hashlib.sha256(rendered.html.encode()).hexdigest()
        cell = cell.with_board(Board(name, board.generation + 1, digest))
        _post(session, voice, cell, name, rendered, now)
        if moved:
            continue
        gone = voice.catalogue.render("boards.superseded", cell.incident.language, {})
        voice.put(session, now, place(cell, name), edited(gone, old), f"gone:{old}", priority=2, coalesce=f"edit:{old}")
    _pin(session, cell, now)
    return cell


def moved(session: Session, voice: Voice, before: Cell, cell: Cell, names: Names, name: str, now: datetime) -> Cell:
    """A board that stood in the cell's room has a room of its own now: it is posted there, and where it stood one reads
    how to see it. `before`: the cell without that room. Returns the cell, to be saved."""
    board = before.boards.get(name)
    if board is None:
        return cell
    old = key(before, name)
    gone = voice.catalogue.render("boards.moved", cell.incident.language, {"track": Track(name)})
    shown = marked(gone, cell.incident.language, cell.incident.drill)
    voice.put(session, now, place(before, name), edited(shown, old), f"gone:{old}", coalesce=f"edit:{old}")
    rendered = _render(voice, veil.shown(session, cell), names, name, now)
    cell = cell.with_board(Board(name, board.generation + 1, hashlib.sha256(rendered.html.encode()).hexdigest()))
    _post(session, voice, cell, name, rendered, now)
    return cell


def wants_anew(session: Session, incident: str, now: datetime) -> None:
    """The boards of this incident are to be posted anew, soon: somebody cannot read them, or they show what is lost."""
    if not meta.get(session, f"repost:{incident}"):
        meta.put(session, f"repost:{incident}", now.isoformat())


def out_of_reach(session: Session, cell: Cell, bot_id: str, name: str = CARD) -> bool:
    """Whether whoever comes in now finds the card unreadable, or that board in its room.

    They are given the key of the session in which the bot writes at present, from its first message on. The card is out
    of its reach if it was sent in another session: before a restart, before the key was changed for its age, or
    because somebody left.
    """
    card = outbox.by_key(session, key(cell, name))
    room = rooms.by_key(session, place(cell, name))
    if card is None or card.event_id is None or card.first_attempt_at is None or room is None or room.room_id is None:
        return False
    started = meta.get(session, "process_started")
    if started and datetime.fromisoformat(started) > card.first_attempt_at:
        return True
    if any(m.left_at is not None and m.left_at > card.first_attempt_at for m in cell.members.values()):
        return True
    written = lookups.session_of(session, card.event_id)
    return written is not None and written != lookups.newest_session(session, room.room_id, bot_id)


def place(cell: Cell, name: str) -> str:
    """Our key of the room in which a board stands: a track's own, where it has one, else the cell's."""
    own = cell.tracks.get(name)
    return own.key(cell.incident.id) if own else cell.incident.room_key


def key(cell: Cell, name: str) -> str:
    """The outbox key of the message that a board is at present."""
    board = cell.boards.get(name)
    return f"board:{cell.incident.id}:{name}:{board.generation if board else 1}"


def _post(session: Session, voice: Voice, cell: Cell, name: str, rendered: Rendered, now: datetime) -> None:
    message = content(rendered, ring=_rung(cell, name))
    # The card comes before those who are called after the first; what is long follows them.
    voice.put(session, now, place(cell, name), message, key(cell, name), priority=0 if name == CARD else 1)


def _pin(session: Session, cell: Cell, now: datetime) -> None:
    """Pin the card, and the deadlines where there are any."""
    pinned = [key(cell, name) for name in ((CARD, CLOCKS) if cell.clocks else (CARD,))]
    payload = {"events": [ours(each) for each in pinned]}
    once = f"pin:{':'.join(pinned)}"
    outbox.enqueue(session, Outgoing(cell.incident.room_key, "pin", payload, once, priority=1), now)


def _render(voice: Voice, cell: Cell, names: Names, name: str, now: datetime) -> Rendered:
    lang = cell.incident.language
    catalogue = voice.catalogue
    about_text = approval.board(cell, name)
    if about_text is not None:
        rendered = voice.catalogue.render("drafts.route", lang, {**about_text.values, "names": names})
    elif cell.rollcall is not None and name == cell.rollcall.board:
        rendered = voice.catalogue.render("presence.rollcall", lang, {**_roll(cell, cell.rollcall), "names": names})
    elif name == CARD:
        rendered = voice.catalogue.render("boards.card", lang, values(cell, names))
    elif name == SERVICES:
        rendered = voice.catalogue.render("care.board", lang, {**care.board(cell), "whole": False, "names": names})
    elif name == CLOCKS:
        shown = lines(cell, now.replace(second=0, microsecond=0), coarse=True)
        rendered = _fitting(
            catalogue, "clocks.list", lang, (_clocks(shown, names, fold) for fold in range(CLOCK_FOLDS))
        )
    else:
        rendered = catalogue.render(
            "boards.checklist", lang, {**checklists.of_track(cell, Track(name), now), "names": names}
        )
    return marked(rendered, lang, cell.incident.drill)


def _roll(cell: Cell, rollcall: RollCall) -> Mapping[str, Any]:
    """Who was called and is still of the cell, and who said "here", in that order."""
    called = [cell.members[user] for user in rollcall.called if cell.members[user].left_at is None]
    here = sorted(rollcall.here.items(), key=lambda said: said[1])
    return {
        "rollcall": rollcall,
        "called": called,
        "here": [(cell.members[user], at) for user, at in here],
        "awaited": [m for m in called if m.matrix_id not in rollcall.here and m.resting_since is None],
        "resting": sum(m.matrix_id not in rollcall.here and m.resting_since is not None for m in called),
    }


def _rung(cell: Cell, name: str) -> tuple[str, ...]:
    """Whom a board rings when it is posted: a roll-call those who are called, every other nobody."""
    rollcall = cell.rollcall
    if rollcall is None or name != rollcall.board:
        return ()
    return tuple(user for user in rollcall.called if user not in rollcall.here and cell.members[user].left_at is None)


def _fitting(catalogue: Catalogue, name: str, lang: Language, forms: Iterable[Mapping[str, Any]]) -> Rendered:
    """The first form that fits in a message. What is open is in every one of them; the last is cut if it must be."""
    last: Mapping[str, Any] = {}
    for last in forms:
        rendered = catalogue.whole(name, lang, last)
        if rendered.fits:
            return rendered
    return catalogue.render(name, lang, last)


def _clocks(shown: list[ClockLine], names: Names, fold: int) -> Mapping[str, Any]:
    """The deadlines: all of them; then those that are done with as a number; then the others in a line each."""
    kept = [line for line in shown if line.clock.open] if fold else shown
    return {"lines": kept, "names": names, "folded": len(shown) - len(kept), "brief": fold > 1}
