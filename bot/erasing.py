"""A purge carried out. Guarantee: in the decision's own transaction the purge is logged, every copy goes, corrections
say what is left, the events are to be withdrawn from their rooms; and what cannot be reached is told."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from bot import chronicle
from bot.commands.purge import known_words
from bot.commands.scene import Scene
from bot.domain import remarks, screening
from bot.domain.cell import Cell
from bot.domain.effects import Effect, Hide, Hold, Purge, Unhide
from bot.domain.log import Entry
from bot.domain.outcome import Record
from bot.domain.purge import Hiding, Mode, Reason, datum, placeholder, said_in
from bot.store import cells, log, meta, outbox, purge, rooms, veil
from bot.store.db import Session
from bot.store.outbox import Outgoing
from bot.tools import Tools

WITHDRAWN = frozenset({"message", "edit", "file", "undecryptable", "call", "redaction", "reaction", "membership"})
"""Entries of which the event holds words, which a redaction takes out of the room."""
_NAMED = frozenset({"m.room.name", "m.room.topic", "m.room.avatar"})
"""The room's state that holds words: to withdraw any other could take the room apart."""
_NO_TEXT = frozenset({"reaction", "membership", "state"})
"""What is no text: a sign or a name, which whoever else bears or gives does not quote."""
SHOWN_ELSEWHERE = 8


def carry_out(
    session: Session, tools: Tools, scene: Scene, effects: Iterable[Effect], cell: Cell, cause: int | None
) -> Cell:
    """Do what was decided about data in the log, if anything was; the cell, without what was purged."""
    incident = cell.incident.id
    for effect in effects:
        match effect:
            case Purge():
                _purge(session, tools, effect, cell, cause, scene.now)
                cell = cells.load(session, incident) or cell
            case Hide():
                _hide(session, tools, effect, cell, scene, cause)
            case Unhide():
                purge.show(session, incident, effect.request)
            case Hold(reason=None):
                purge.release(session, incident)
            case Hold():
                purge.hold(session, incident, scene.sender, effect.reason or "", scene.now)
    return cell


def _purge(session: Session, tools: Tools, effect: Purge, cell: Cell, cause: int | None, now: datetime) -> None:
    incident = cell.incident
    mode, reason = Mode(effect.mode), Reason(effect.reason)
    hiding = _hiding(session, cell, effect.seqs, effect.replacement, placeholder(reason, mode, incident.language))
    found = purge.copies(session, incident.id, effect.seqs, hiding, tools.bot_id)
    entries = [entry for seq in found.seqs if (entry := log.entry(session, incident.id, seq)) is not None]
    said = {
        "cause": cause,
        "target": list(found.seqs),
        "mode": effect.mode,
        "reason": effect.reason,
        "by": effect.by,
        "confirmed_by": effect.confirmed_by,
    }
    named = log.append(session, incident.id, kind="purge", sender=effect.by, content=said, now=now)
    if effect.replacement is None:
        # The whole of a copy goes as well: what was made of its other words goes with it.
        own = tuple(entry.seq for entry in entries if entry.sender != tools.bot_id and _shows(entry))
        more = _hiding(session, cell, own, None, hiding.put)
        hiding = replace(hiding, data=(*hiding.data, *more.data))
    corrected = [(entry, _left(entry, hiding)) for entry in entries if entry.sender != tools.bot_id]
    wiped = purge.wipe(session, incident.id, found.seqs, hiding)
    screening.forget()
    remarks.forget()
    for entry, text in corrected if mode is Mode.MASK else ():
        record = Record(
            "correction", "mask", (entry.content or {}).get("id"), extra={"target": entry.seq, "text": text}
        )
        chronicle.record(session, incident.id, record, sender=effect.by, cause=named.seq, now=now)
    purge.explained(session, incident.id)
    withdraw(session, [event for event in wiped.events if _in_clear(entries, event[0])], now)
    if any(key.startswith("board:") and _is_board(cell, key) for key in wiped.keys):
        meta.put(session, f"repost:{incident.id}", now.isoformat())
    after = cells.load(session, incident.id) or cell
    asked = [str(seq) for seq in effect.seqs]
    values = {
        "numbers": asked,
        "mode": effect.mode,
        "reason": reason,
        "by": tools.name_of(after, effect.by),
        "second": tools.name_of(after, effect.confirmed_by),
        "at": now,
        "copies": len(found.seqs) - len(asked),
        "files": wiped.files,
        "elsewhere": [str(seq) for seq in found.elsewhere[-SHOWN_ELSEWHERE:]],
        "holders": [tools.name_of(after, user) for user in purge.receivers(session, incident.id, min(found.seqs))],
        "server": purge.is_server(session),
    }
    tools.voice.say(
        session, now, incident.room_key, "purge.done", incident.language, values, f"purge:{incident.id}:{named.seq}",
        cell=after,
    )  # fmt: skip


def _hide(session: Session, tools: Tools, effect: Hide, cell: Cell, scene: Scene, cause: int | None) -> None:
    incident = cell.incident.id
    hiding = _hiding(session, cell, effect.seqs, effect.replacement, "")
    found = purge.copies(session, incident, effect.seqs, hiding, tools.bot_id)
    purge.hide(session, incident, found.seqs, effect.request, scene.now)
    waits = replace(hiding, put=veil.WAITS.get(cell.incident.language))
    purge.veil_unsent(session, incident, effect.request, waits)
    entries = [entry for seq in found.seqs if (entry := log.entry(session, incident, seq)) is not None]
    said = {"entries": list(found.seqs), "reason": effect.reason}
    record = Record("incident", "hide", incident, None, said)
    chronicle.record(session, incident, record, sender=scene.sender, cause=cause, now=scene.now)
    events = [(e.event_id, e.room_id) for e in entries if e.event_id and e.room_id and _shows(e)]
    withdraw(session, events, scene.now)
    if any(_is_board(cell, outbox.key_of(session, event_id) or "") for event_id, _ in events):
        meta.put(session, f"repost:{incident}", scene.now.isoformat())


def withdraw(session: Session, events: list[tuple[str, str]], now: datetime) -> None:
    """Take events out of their rooms. No reason travels with it: it would travel in clear."""
    for event_id, room_id in events:
        room = rooms.by_id(session, room_id)
        if room is not None and not room.left:
            out = Outgoing(room.key, "redaction", {"event_id": event_id}, f"withdraw:{event_id}")
            outbox.enqueue(session, out, now)


def _hiding(session: Session, cell: Cell, seqs: tuple[int, ...], replacement: str | None, put: str) -> Hiding:
    """What is hidden of these entries: all that they say, or what the replacement leaves out."""
    known = known_words(cell)
    data = []
    for seq in seqs:
        entry = log.entry(session, cell.incident.id, seq)
        if entry is None or entry.content is None or entry.kind in _NO_TEXT:
            continue
        found = datum(said_in(entry), replacement, known)
        data += [found] if found is not None else []
    return Hiding(tuple(data), put)


def _left(entry: Entry, hiding: Hiding) -> str:
    """What an entry says once it is masked."""
    text = hiding.text(said_in(entry))
    return hiding.put if text is None else text


def _in_clear(entries: list[Entry], event_id: str) -> bool:
    """Whether an event shows words in its room; one of a room that no log has does."""
    return next((_shows(entry) for entry in entries if entry.event_id == event_id), True)


def _shows(entry: Entry) -> bool:
    """Whether its event shows somebody's words in the room."""
    state = entry.kind == "state" and (entry.content or {}).get("type") in _NAMED
    return state or entry.kind in WITHDRAWN


def _is_board(cell: Cell, key: str) -> bool:
    _, incident, name, generation = (*key.split(":"), "", "", "")[:4]
    board = cell.boards.get(name)
    return incident == cell.incident.id and board is not None and generation == str(board.generation)
