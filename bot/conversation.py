"""From a message to an answer. Guarantee: a command is carried out only if its sender's own device typed it, once, in
time, in a fresh message, with the right to; whatever else it was gets a sentence or, from strangers, silence."""

from __future__ import annotations

from datetime import datetime

from bot import blanks, choices, inbound, proofs, purging, replacing, summaries, texts
from bot.answers import (
    answered,
    ask_scenario,
    offer_later,
    refusal_of,
    run,
    second_codes,
    settle,
    suggest,
)
from bot.buttons import reaction
from bot.commands.call import Call
from bot.commands.opening import GRACE
from bot.commands.permission import check
from bot.decisions import answer
from bot.domain.outcome import Refusal
from bot.inbound import Happening
from bot.reading import is_talk, read
from bot.reading.result import Asked, Reading, Refused, Silence, Suggestion
from bot.store import meta, rooms
from bot.store.db import Session
from bot.store.journal import JournalRow
from bot.store.rooms import Room
from bot.tools import Tools
from bot.turn import (
    Turn,
    cell_for,
    context,
    known_sender,
    listens,
    may_open,
    refuse,
    scene_of,
    signed_device,
    trusted_origin,
    turn_of,
)

__all__ = ["is_act", "message", "reaction", "second_codes"]


def message(
    session: Session, tools: Tools, row: JournalRow, happening: Happening, room: Room, cause: int | None, now: datetime
) -> None:
    """Answer one message of somebody else's, if it is for the bot."""
    turn = turn_of(session, tools, row, happening, room, cause, now)
    if turn is None or not listens(turn):
        return
    if happening.kind == "edit":
        _edit(turn)
        return
    text = happening.text
    if happening.forwarded:
        return
    if text is None:
        proofs.answered(turn)
        return
    if summaries.answered(turn, text):
        return
    apart = room.kind in rooms.APART
    if _chosen(turn, text) or (not apart and happening.kind == "message" and _filled(turn, text)):
        return
    reading = read(text, html=happening.html, context=context(turn, turn.sent_at))
    if happening.kind == "file" and not _registers(reading):
        if isinstance(reading, Silence):
            proofs.answered(turn)
        return
    try:
        if isinstance(reading, Silence):
            # What is said in a room apart answers nothing that was asked elsewhere.
            apart or texts.reason(turn, text) or purging.retyped(turn, text) or replacing.offered(turn, text)
        else:
            _answer(turn, reading, text)
    except Refusal as refusal:
        refuse(turn, refusal)


def _filled(turn: Turn, text: str) -> bool:
    """Whether this was the answer to what is missing in a text."""
    try:
        return blanks.answered(turn, text)
    except Refusal as refusal:
        refuse(turn, refusal)
        return True


def _chosen(turn: Turn, text: str) -> bool:
    """Whether this was the number of one of several answers: then it is carried out."""
    pending = choices.typed(turn, text)
    if pending is None:
        return False
    try:
        known_sender(turn)
        trusted_origin(turn)
        if turn.now - turn.sent_at > GRACE:
            raise Refusal("refusals.late_answer")
        settle(turn, pending, yes=True)
    except Refusal as refusal:
        refuse(turn, refusal)
    return True


def is_act(tools: Tools, row: JournalRow, happening: Happening, room: Room | None) -> bool:
    """Whether a row may change more than the log, and so needs a transaction of its own."""
    if row.sender == tools.bot_id or _is_talk(tools, happening, room):
        return False
    if happening.kind == "file" and happening.reply_to is not None:
        return True
    return happening.text is not None or happening.kind in ("reaction", "redaction", "edit", "membership", "state")


def _is_talk(tools: Tools, happening: Happening, room: Room | None) -> bool:
    """Whether people speak with one another: most of what is said, and all that it changes is the log."""
    if happening.kind != "message" or happening.text is None or happening.reply_to or happening.thread:
        return False
    if room is None or room.kind == "dm":
        return False
    return is_talk(happening.text, html=happening.html, bot_id=tools.bot_id)


_CAPTIONS = frozenset({"evidence", "filed", "receipt", "prove"})


def _registers(reading: Reading) -> bool:
    """Whether a file's caption registers it, as evidence or as the proof of a filing: no other command is a caption."""
    return isinstance(reading, Call | Refused) and reading.spec.name in _CAPTIONS


def _edit(turn: Turn) -> None:
    """An edit is never carried out; one that becomes a command is told so, once."""
    text = inbound.new_text(turn.happening)
    target = turn.happening.target
    if text is None or target is None or meta.get(turn.session, f"edited:{target}"):
        return
    reading = read(text, html=None, context=context(turn, turn.sent_at))
    if isinstance(reading, Call | Refused | Suggestion) and text.lstrip().startswith(("!", "！")):
        meta.put(turn.session, f"edited:{target}", "1")
        refuse(turn, Refusal("refusals.edited"))


def _answer(turn: Turn, reading: Reading, text: str) -> None:
    known_sender(turn)
    trusted_origin(turn)
    if isinstance(reading, Call | Asked | Refused) and reading.spec.name == "incident":
        may_open(turn)
    match reading:
        case Call():
            try:
                _command(turn, reading, text)
            except Refusal as refusal:
                refuse(turn, refusal)
            _one_at_a_time(turn, reading)
        case Suggestion():
            suggest(turn, reading)
        case Asked(kind="scenario"):
            ask_scenario(turn, reading, text)
        case Asked():
            raise Refusal(f"reading.asked_{reading.kind}", asked=reading, spec=reading.spec)
        case Refused():
            raise refusal_of(turn, reading)
        case _:
            return


def _one_at_a_time(turn: Turn, call: Call) -> None:
    """Say which commands of a message were not carried out: nobody is to think that they were."""
    if call.left_over:
        values = {"left": call.left_over}
        answer(turn.session, turn.tools, turn.spot, "reading.one_at_a_time", values, turn.now, key="left")


def _command(turn: Turn, call: Call, text: str) -> None:
    """Carry out one command, or ask what must be asked first. Raises Refusal."""
    late = turn.now - turn.sent_at > GRACE
    if call.spec.name in ("yes", "no", "unsure"):
        if late:
            raise Refusal("refusals.late_answer")
        answered(turn, call)
        return
    scene = scene_of(turn, cell_for(turn, call), text, call)
    check(scene, call)
    signed_device(turn, call)
    if late and not call.spec.runs_late:
        offer_later(turn, text)
    else:
        run(turn, scene, call, text)
