"""Reactions as buttons: on a message about one task, on a suggestion. Guarantee: a reaction travels in clear, so it
does nothing that is dangerous; what is no button is only logged."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from bot import choices, entering, texts
from bot.answers import offer_later, run, settle
from bot.commands.call import Call, ClockName
from bot.commands.opening import GRACE
from bot.commands.permission import check
from bot.commands.table import BY_NAME
from bot.decisions import QUESTION
from bot.domain.incident import Pending, TaskStatus
from bot.domain.outcome import Refusal
from bot.domain.qualifying import Answer
from bot.inbound import Happening
from bot.questions import BY_SIGN, answer_question
from bot.store import cells, nudges, outbox, pendings
from bot.store.db import Session
from bot.store.journal import JournalRow
from bot.store.rooms import Room
from bot.tools import Tools
from bot.turn import Turn, known_sender, listens, refuse, scene_of, task_number, turn_of

VERBS = {"✋": "take", "✅": "done"}
ON_NUDGE = {"👍": "ack", "🙋": "take_clock"}
YES, NO = "✅", "❌"


def reaction(
    session: Session, tools: Tools, row: JournalRow, happening: Happening, room: Room, cause: int | None, now: datetime
) -> None:
    """Do what the button says, if the reaction is one and its sender may."""
    turn = turn_of(session, tools, row, happening, room, cause, now)
    sign = bare_sign(happening.key or "")
    if turn is None or not listens(turn) or happening.target is None:
        return
    key = outbox.key_of(session, happening.target)
    if key is None:
        return
    turn = replace(turn, spot=replace(turn.spot, sign=sign))
    try:
        if key.startswith("task:") and sign in VERBS:
            _task(turn, key, VERBS[sign])
        elif key.startswith("tasks:") and sign in VERBS:
            _tasks(turn, key, VERBS[sign])
        elif key.startswith("nudge:") and sign in ON_NUDGE:
            _nudge(turn, key, ON_NUDGE[sign])
        elif key.startswith(texts.VERSION) and sign in (YES, NO):
            texts.vote(turn, key, yes=sign == YES)
        elif key.startswith(entering.NOTICE) and sign in entering.SIGNS:
            entering.read(turn, key)
        elif key.startswith("board:") and sign == YES:
            _here(turn, key)
        elif sign in choices.BUTTONS:
            _number(turn, key, choices.BUTTONS.index(sign))
        elif sign in BY_SIGN:
            pending = pendings.by_question(session, key)
            if pending is not None and pending.expires_at > now:
                _question(turn, pending, BY_SIGN[sign])
    except Refusal as refusal:
        refuse(turn, refusal)


def bare_sign(key: str) -> str:
    """An emoji without variation selector, skin tone or sex."""
    first = key.partition("\u200d")[0]
    return "".join(c for c in first if c not in "\ufe0e\ufe0f" and not 0x1F3FB <= ord(c) <= 0x1F3FF)


def _task(turn: Turn, key: str, verb: str) -> None:
    number = task_number(key)
    cell = cells.load(turn.session, key.split(":")[1])
    if number is None or cell is None:
        return
    known_sender(turn)
    call = Call(BY_NAME[verb], {"tasks": (number,)}, language=turn.spot.language, raw=turn.spot.sign)
    scene = scene_of(turn, cell, turn.spot.sign, call)
    check(scene, call)
    typed = f"!{call.spec.verb(turn.spot.language)} {number}"
    if turn.now - turn.sent_at > GRACE:
        offer_later(turn, typed)
        return
    run(turn, scene, call, typed)


def _tasks(turn: Turn, key: str, verb: str) -> None:
    """Several tasks in one reminder: to take them all is one gesture, which of them are done is to be typed."""
    parts = key.split(":")
    cell = cells.load(turn.session, parts[1])
    if cell is None:
        return
    known_sender(turn)
    numbers = [int(each) for each in parts[2].split("-")]
    free = tuple(n for n in numbers if n in cell.tasks and cell.tasks[n].status is TaskStatus.OPEN)
    if verb != "take":
        raise Refusal("reminders.many", numbers=numbers)
    if not free:
        return
    call = Call(BY_NAME[verb], {"tasks": free}, language=turn.spot.language, raw=turn.spot.sign)
    scene = scene_of(turn, cell, turn.spot.sign, call)
    check(scene, call)
    typed = f"!{call.spec.verb(turn.spot.language)} {', '.join(map(str, free))}"
    if turn.now - turn.sent_at > GRACE:
        offer_later(turn, typed)
        return
    run(turn, scene, call, typed)


def _nudge(turn: Turn, key: str, verb: str) -> None:
    """Seen, or taken: every clock that the reminder speaks of, of those that still run."""
    said = nudges.of_message(turn.session, key)
    cell = cells.load(turn.session, said[0][0]) if said else None
    if cell is None:
        return
    known_sender(turn)
    clocks = tuple(
        ClockName(clock.rule, clock.party)
        for _, identifier in said
        if (clock := cell.clocks.get(identifier)) is not None and clock.open
    )
    if not clocks:
        return
    if verb != "ack":
        _in_time(turn)
    call = Call(BY_NAME[verb], {"clock": clocks}, language=turn.spot.language, raw=turn.spot.sign)
    scene = scene_of(turn, cell, turn.spot.sign, call)
    check(scene, call)
    run(turn, scene, call, turn.spot.sign)


def _here(turn: Turn, key: str) -> None:
    """A ✅ on the latest roll-call says "here"; on any other board it means nothing."""
    _, incident, name, _ = key.split(":")
    cell = cells.load(turn.session, incident)
    if cell is None or cell.rollcall is None or cell.rollcall.board != name or turn.sender in cell.rollcall.here:
        return
    known_sender(turn)
    call = Call(BY_NAME["here"], language=turn.spot.language, raw=turn.spot.sign)
    scene = scene_of(turn, cell, turn.spot.sign, call)
    check(scene, call)
    run(turn, scene, call, turn.spot.sign)


def _in_time(turn: Turn) -> None:
    """Refuse what took minutes to arrive, as a typed answer is refused: what it was about may have changed."""
    if turn.now - turn.sent_at > GRACE:
        raise Refusal("refusals.late_answer")


def _number(turn: Turn, key: str, number: int) -> None:
    """One of several answers, by its button."""
    pending = pendings.by_question(turn.session, key)
    if pending is None or pending.kind not in choices.KINDS or pending.expires_at <= turn.now:
        return
    if turn.sender not in pending.may:
        return
    _in_time(turn)
    done = choices.chosen(pending, number)
    if done is not None:
        settle(replace(turn, spot=replace(turn.spot, sign=YES)), done, yes=True)


def _question(turn: Turn, pending: Pending, answer: Answer) -> None:
    if turn.sender not in pending.may:
        return
    _in_time(turn)
    if pending.kind == QUESTION and pending.code is None:
        answer_question(turn, pending, answer)
        return
    if answer is Answer.UNKNOWN:
        return
    yes = answer is Answer.YES
    if pending.kind in choices.KINDS and yes:
        raise Refusal("refusals.which_choice", count=len(pending.call["options"]))
    if pending.code is not None:
        word = BY_NAME["yes" if yes else "no"].verb(turn.spot.language)
        raise Refusal("refusals.typed_only", example=f"!{word} {pending.code}")
    settle(turn, pending, yes=yes)
