"""What is missing in a text is asked for one thing at a time, in the thread of the version that shows it. Guarantee: an
answer fills the blank that it was given for, of that version; nothing of the text changes before the last one is given,
and then once.

Whoever drafted it answers by writing in the thread; anybody else by replying to the question itself, so that what is
said there among people is never taken for an answer.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from bot.commands.call import Call
from bot.commands.drafts import filled
from bot.commands.opening import GRACE
from bot.commands.permission import check
from bot.commands.table import BY_NAME
from bot.decisions import answer, carry_out, tick
from bot.domain import drafts as texts
from bot.domain import filling
from bot.domain.cell import Cell
from bot.domain.drafts import Draft
from bot.domain.incident import Pending
from bot.domain.language import fold
from bot.domain.outcome import Refusal
from bot.domain.screening import blanks, fill
from bot.library.sandbox import escaped
from bot.store import meta, outbox, pendings
from bot.store.db import Session
from bot.tools import Tools
from bot.turn import Turn, known_sender, scene_of, trusted_origin

KIND = "blank"
LIFE = timedelta(hours=12)
QUESTION = "blank:"
_SKIPPED = "blanks_skipped:"
_SKIPS = frozenset(
    map(
        fold,
        (
            *("nsp", "je ne sais pas", "je sais pas", "sais pas", "passer", "passe", "suivant", "plus tard"),
            *("unsure", "i dont know", "i don't know", "dont know", "don't know", "skip", "later", "next"),
        ),
    )
)


def begin(session: Session, tools: Tools, cell: Cell, draft: Draft, root: str, now: datetime) -> None:
    """A version is in the room as the event `root`: ask in its thread for the first of its blanks that nobody put off.

    Of an earlier version nothing is asked any more.
    """
    for earlier in _rounds(session, cell.incident.id, draft.number, now):
        pendings.settle(session, earlier)
    put_off = (meta.get(session, f"{_SKIPPED}{cell.incident.id}:{draft.number}") or "").split("\n")
    names = [name for name in blanks(draft.last.text) if name not in put_off]
    if not names or draft.released() is not None or not cell.is_here(draft.last.author):
        return
    held = {"draft": draft.number, "version": draft.last.number, "names": names, "values": {}, "thread": root}
    incident = cell.incident.id
    waiting = Pending(None, incident, KIND, draft.last.author, (), held, None, "", None, now, now + LIFE)
    key = _key(waiting, 0)
    tools.voice.say(
        session, now, cell.incident.room_key, "blanks.ask", cell.incident.language, _question(tools, draft, waiting, 0),
        key, cell=cell, thread=root,
    )  # fmt: skip
    pendings.pend(session, replace(waiting, question_key=key))


def answered(turn: Turn, text: str) -> bool:
    """Take a message for the answer to what is asked in its thread, or to the question that it replies to. Returns
    whether it was one. Raises Refusal."""
    cell, said = turn.cell_here, text.strip()
    skips = fold(said.lstrip("!！").strip(" .!?")) in _SKIPS
    if cell is None or not said or (said.startswith(("!", "！")) and not skips):
        return False
    found = _asked(turn, cell)
    if found is None:
        return False
    waiting, at = found
    known_sender(turn)
    trusted_origin(turn)
    draft = cell.drafts[waiting.call["draft"]]
    call = Call(BY_NAME["edit"], {"draft": draft.number, "text": said}, language=turn.spot.language, raw=text)
    check(scene_of(turn, cell, text, call), call)
    if turn.now - turn.sent_at > GRACE:
        raise Refusal("refusals.late_answer")
    name = waiting.call["names"][at]
    values = {**waiting.call["values"], name: None if skips else " ".join(said.split())}
    if not skips and texts.too_long(fill(draft.last.text, name, escaped(values[name]))):
        raise Refusal("drafts.too_long", draft=draft)
    _next(turn, cell, draft, replace(waiting, call={**waiting.call, "values": values}))
    return True


def _asked(turn: Turn, cell: Cell) -> tuple[Pending, int] | None:
    """The round of questions that a message belongs to, and which of its blanks it answers."""
    key = outbox.key_of(turn.session, turn.happening.reply_to) if turn.happening.reply_to else None
    for waiting in pendings.waiting(turn.session, turn.now):
        if waiting.kind != KIND or waiting.incident != cell.incident.id:
            continue
        draft = cell.drafts[waiting.call["draft"]]
        if draft.last.number != waiting.call["version"]:
            continue
        names, values = waiting.call["names"], waiting.call["values"]
        at = next((place for place in range(len(names)) if key == _key(waiting, place)), None)
        if at is not None:
            return waiting, at
        in_thread = turn.happening.thread == waiting.call["thread"] and key is None
        if in_thread and turn.sender == waiting.asked_by:
            return waiting, next(place for place, name in enumerate(names) if name not in values)
    return None


def _next(turn: Turn, cell: Cell, draft: Draft, waiting: Pending) -> None:
    """Ask for the next blank; after the last one the text changes, once."""
    assert waiting.id is not None
    names, values = waiting.call["names"], waiting.call["values"]
    at = next((place for place, name in enumerate(names) if name not in values), None)
    pendings.settle(turn.session, waiting.id)
    if at is None:
        _done(turn, cell, draft, waiting)
        return
    key = _key(waiting, at)
    pendings.pend(turn.session, replace(waiting, id=None, question_key=key, expires_at=turn.now + LIFE))
    if outbox.by_key(turn.session, key) is not None:
        # What was answered is another question than the one that waits: that one stands already.
        tick(turn.session, turn.spot, turn.now)
        return
    spot = replace(turn.spot, language=cell.incident.language, thread=waiting.call["thread"])
    answer(
        turn.session, turn.tools, spot, "blanks.ask", _question(turn.tools, draft, waiting, at), turn.now, cell=cell,
        outbox_key=key,
    )  # fmt: skip


def _done(turn: Turn, cell: Cell, draft: Draft, waiting: Pending) -> None:
    values = waiting.call["values"]
    given = {name: value for name, value in values.items() if value is not None}
    put_off = [name for name, value in values.items() if value is None]
    meta.put(turn.session, f"{_SKIPPED}{cell.incident.id}:{draft.number}", "\n".join(put_off))
    if not given:
        left = blanks(draft.last.text)
        called = dict(zip(left, filling.short(left), strict=True))
        shown = {"draft": draft, "names": [called[name] for name in put_off]}
        answer(turn.session, turn.tools, turn.spot, "blanks.left", shown, turn.now, cell=cell, key="left")
        return
    call = Call(BY_NAME["edit"], {"draft": draft.number, "text": ""}, language=turn.spot.language, raw="")
    scene = scene_of(turn, cell, turn.happening.text or "", call)
    spot = replace(turn.spot, thread=waiting.call["thread"])
    carry_out(turn.session, turn.tools, scene, spot, filled(scene, draft, given), turn.cause)


def _question(tools: Tools, draft: Draft, waiting: Pending, at: int) -> dict[str, Any]:
    """What the words of a question need: the blank, its place, what was taken for the one before it, and what a text
    approved in peacetime lets it be."""
    names, values = waiting.call["names"], waiting.call["values"]
    kept = tools.templates.frozen.get((draft.template, draft.language))
    choices = kept.slots.get(names[at], ()) if kept is not None and draft.last.frozen == kept.sha256 else ()
    taken = [(name, values[name]) for name in names[max(0, at - 1) : at] if values.get(name) is not None]
    return {"draft": draft, "name": names[at], "at": at + 1, "count": len(names), "taken": taken, "choices": choices}


def _key(waiting: Pending, at: int) -> str:
    return f"{QUESTION}{waiting.incident}:{waiting.call['draft']}:{waiting.call['version']}:{at}"


def _rounds(session: Session, incident: str, draft: int, now: datetime) -> list[int]:
    return [
        each.id
        for each in pendings.waiting(session, now)
        if each.kind == KIND and each.incident == incident and each.call["draft"] == draft and each.id is not None
    ]
