"""Questions and their answers. Guarantee: what waits for a yes is carried out once, by a yes of who may give it, as it
would have been when it was typed; what is dangerous only by a second person, or twice by the one who is alone."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from bot import choices, chronicle, questions
from bot.commands import undone
from bot.commands.call import Call
from bot.commands.decisions import CONFIRM_WITHIN
from bot.commands.handlers import HANDLERS
from bot.commands.opening import HERE, another
from bot.commands.permission import check, is_alone, same_human, vouched
from bot.commands.scene import Scene
from bot.commands.table import BY_NAME
from bot.confirmations import in_place, kind_of, staying
from bot.decisions import MENU, QUESTION, answer, carry_out, new_code, pend
from bot.domain.incident import Pending
from bot.domain.language import Both
from bot.domain.outcome import Choice, Choose, Confirm, Outcome, Record, Refusal
from bot.reading import read
from bot.reading.result import Asked, Refused, Suggestion
from bot.reading.vocabulary import split
from bot.spots import Spot
from bot.store import cells, pendings, rooms
from bot.store.db import Session
from bot.tools import Tools
from bot.turn import Turn, cell_for, context, file_in, file_of, scene_of, signed_device

_SWITCH = re.compile(r"\s+(?:--|[—–])")
SUGGESTION_LIFE = timedelta(minutes=2)
CODE_LIFE = timedelta(minutes=10)
LATE_LIFE = timedelta(hours=12)
ALONE_WAIT = timedelta(minutes=10)
"""How long somebody who is alone has to think before they are asked for the second time."""
CONFIRMING = frozenset({"self", "second", "alone"})


def run(turn: Turn, scene: Scene, call: Call, text: str) -> None:
    """Carry out a command, or ask for the yes without which it may not be. Raises Refusal."""
    try:
        outcome: Outcome = HANDLERS[call.spec.name](scene, call)
    except Confirm as question:
        _ask(turn, scene, call, text, question)
        return
    except Choose as question:
        choices.ask(turn, question.template, question.values, question.choices, _pending)
        return
    if scene.alone:
        records = (replace(each, extra={**each.extra, "alone": True}) for each in outcome.records)
        outcome = replace(outcome, records=tuple(records))
    carry_out(turn.session, turn.tools, scene, turn.spot, undone.remembered(scene, call, outcome), turn.cause)


# -- questions ---------------------------------------------------------------------------------------------------------


def suggest(turn: Turn, suggestion: Suggestion) -> None:
    """Show what was probably meant; it is run by a yes of the same person, unless it is dangerous."""
    values = {"call": suggestion.text, "dangerous": suggestion.dangerous}
    key = answer(
        turn.session,
        turn.tools,
        turn.spot,
        "notices.suggestion",
        values,
        turn.now,
        cell=turn.cell_here,
        key="suggestion",
    )
    if not suggestion.dangerous:
        pend(turn.session, _pending(turn, "suggestion", (turn.sender,), suggestion.text, SUGGESTION_LIFE), key)


def propose(turn: Turn, template: str, values: Mapping[str, Any], text: str) -> None:
    """Offer to carry out `text`, a command, which a yes of the same person runs."""
    key = answer(turn.session, turn.tools, turn.spot, template, values, turn.now, cell=turn.cell_here, key="suggestion")
    pend(turn.session, _pending(turn, "suggestion", (turn.sender,), text, SUGGESTION_LIFE), key)


def ask_scenario(turn: Turn, asked: Asked, text: str) -> None:
    """What was typed says too little, or too much, of what kind of crisis it is: ask, with a button for each. In a
    cell's room it may be news of that crisis, which comes first."""
    after = split(text.strip().lstrip("!！ "))
    rest = after[1].strip() if after else ""
    verb = asked.spec.verb(asked.language)
    books = [turn.tools.library.playbooks[each] for each in asked.near]
    cell = turn.cell_here if turn.room.kind == "cell" else None
    options = [Choice(f"!{verb} {book.id} {rest}", Both(book.title.fr, book.title.en)) for book in books]
    if cell is not None:
        new = [replace(each, label=another(each.label), confirmed=True) for each in options]
        here = Choice(f"!note {_SWITCH.split(rest)[0]}", HERE)
        choices.ask(turn, "incident.here_or_new", {"incident": cell.incident}, [here, *new], _pending)
        return
    choices.ask(turn, "incident.which_scenario", {"typed": asked.values["typed"]}, options, _pending)


def refusal_of(turn: Turn, refused: Refused) -> Refusal:
    """What is said of what could not be read. An alarm without its words, where a crisis is open already, asks which of
    the two was meant."""
    cell = turn.cell_here if turn.room.kind == "cell" else None
    if cell is not None and refused.spec.name == "incident" and refused.reason == "missing":
        return Refusal("incident.news_or_new", incident=cell.incident, spec=refused.spec)
    return Refusal(f"reading.{refused.reason}", refused=refused, spec=refused.spec)


def offer_later(turn: Turn, text: str) -> None:
    """The command waited too long to be what is wanted now: `announce_late` lists it, with a code that runs it."""
    code = new_code(turn.session, turn.now, f"late:{turn.spot.event_id}:{text}")
    pend(turn.session, _pending(turn, "late", (turn.sender,), text, LATE_LIFE, code), "")


def _ask(turn: Turn, scene: Scene, call: Call, text: str, question: Confirm) -> None:
    """Put the question: to who typed, where they typed; to others, with a code, in the cell's room. Raises Refusal."""
    cell, sender = scene.cell, turn.sender
    alone = not question.may and cell is not None and is_alone(cell, scene.roster)
    may = (sender,) if alone else question.may
    if not may:
        roles = list(call.spec.second.roles)
        raise Refusal("refusals.no_second", roles=roles) if roles else Refusal("refusals.nobody_to_confirm")
    kind = "alone" if alone else "self" if may == (sender,) else "second"
    about = f"second:{turn.spot.event_id}"
    code = new_code(turn.session, turn.now, about) if question.typed or kind != "self" else None
    text = question.as_typed or text
    life = CONFIRM_WITHIN if question.stays else CODE_LIFE
    pending = _pending(turn, kind, may, text, life, code, cell.incident.id if cell else None)
    pending = replace(pending, call={**pending.call, "command": call.spec.name, "bound": question.bound})
    if question.stays and cell is not None:
        pending = staying(turn.session, pending, cell, question.stays)
    elif question.instead:
        pending = in_place(turn.session, pending, question.instead)
    if question.asked and cell is not None:
        chronicle.record(
            turn.session, cell.incident.id, question.asked, sender=turn.sender, cause=turn.cause, now=turn.now
        )
    values: dict[str, Any] = {
        **question.values,
        "by": scene.name_of(sender),
        "people": scene.names_of(may),
        "code": code,
        "expires": pending.expires_at,
        "alone": alone,
        "cell": cell,
    }
    if cell is None or kind == "self":
        key = answer(turn.session, turn.tools, turn.spot, question.template, values, turn.now, cell=cell, key="confirm")
    else:
        key = about
        turn.tools.voice.say(
            turn.session, turn.now, cell.incident.room_key, question.template, cell.incident.language, values, key,
            cell=cell, ring=may, priority=0,
        )  # fmt: skip
    pend(turn.session, pending, key)


def _pending(
    turn: Turn,
    kind: str,
    may: tuple[str, ...],
    text: str,
    life: timedelta,
    code: str | None = None,
    incident: str | None = None,
) -> Pending:
    """What must be kept to carry out `text` later as if it had been carried out when it was typed."""
    said, file = context(turn, turn.sent_at), file_of(turn)
    call = {
        "text": text,
        "html": turn.happening.html if text == turn.happening.text else None,
        "read_at": turn.sent_at.isoformat(),
        "to_bot": said.to_bot,
        "task": said.task,
        "draft": said.draft,
        "entry": said.entry,
        "file": file.event_id if file else None,
        "event_id": turn.spot.event_id,
        "room_key": turn.spot.room_key,
        "thread": turn.spot.thread,
        "cause": turn.cause,
    }
    where = incident or turn.room.incident
    return Pending(None, where, kind, turn.sender, may, call, code, turn.spot.room_id, None, turn.now, turn.now + life)


# -- answers -----------------------------------------------------------------------------------------------------------


def answered(turn: Turn, call: Call) -> None:
    """A yes, a no or an "I don't know": to the question that it replies to, to the one of that code, or to the only one
    that waits for this person. Raises Refusal."""
    yes, code = call.spec.name == "yes", call.get("code", str)
    pending = _with_code(turn, code, yes=yes) if code is not None else questions.replied_to(turn) or _only_one(turn)
    if pending.kind in choices.KINDS and call.spec.name != "no":
        raise Refusal("refusals.which_choice", count=len(pending.call["options"]))
    if pending.kind == QUESTION and not (call.plain and pending.code):
        questions.answer_question(turn, pending, questions.BY_VERB[call.spec.name])
        return
    if call.spec.name == "unsure":
        raise Refusal("refusals.yes_or_no", text=str(pending.call["text"]), code=pending.code)
    if yes and call.plain and pending.code:
        # Plain words never do what is dangerous.
        raise Refusal("refusals.typed_only", example=f"!{call.spec.verb(turn.spot.language)} {pending.code}")
    settle(turn, pending, yes=yes)


def _with_code(turn: Turn, code: str, *, yes: bool) -> Pending:
    asked = [p for p in pendings.waiting(turn.session, now=turn.now) if p.code == code]
    if not asked:
        raise Refusal("refusals.wrong_code")
    pending = asked[0]
    mine = turn.sender in pending.may or (not yes and turn.sender == pending.asked_by)
    if not mine:
        raise Refusal("refusals.not_you", names=[turn.tools.name_of(turn.cell_here, user) for user in pending.may])
    return pending


def _only_one(turn: Turn) -> Pending:
    mine = [p for p in pendings.pendings(turn.session, user=turn.sender, now=turn.now) if p.kind != MENU]
    if not mine:
        raise Refusal("refusals.nothing_pending")
    latest = mine[-1]
    if len(mine) == 1 or (latest.kind == "suggestion" and latest.room_id == turn.spot.room_id):
        return latest
    waiting = [{"text": str(p.call["text"]), "code": p.code} for p in mine]
    raise Refusal("refusals.which_pending", questions=waiting)


def settle(turn: Turn, pending: Pending, *, yes: bool) -> None:
    """Close a question; on a yes, carry out what it was about, for the person who asked."""
    if yes and pending.kind == "thinking":
        raise Refusal("refusals.think", at=_asked_again(pending))
    assert pending.id is not None
    if yes and pending.kind == "second":
        _confirmed(turn, pending)
        return
    pendings.settle(turn.session, pending.id)
    if not yes:
        _refused(turn, pending)
    elif pending.kind == "alone" and not pending.call.get("confirmed"):
        _think(turn, pending)
    else:
        _confirmed(turn, pending)


def _refused(turn: Turn, pending: Pending) -> None:
    """A no: nothing is done; those who asked a second person are told in the cell."""
    cell = cells.load(turn.session, pending.incident) if pending.incident else None
    if cell is None or pending.kind != "second":
        answer(turn.session, turn.tools, turn.spot, "notices.cancelled", {}, turn.now, cell=turn.cell_here, key="no")
        return
    command = str(pending.call["command"])
    said = {"asked_by": pending.asked_by, "refused_by": turn.sender, "text": str(pending.call["text"])}
    record = Record(kind_of(command), f"{command}_refused", cell.incident.id, None, None, extra=said)
    chronicle.record(turn.session, cell.incident.id, record, sender=turn.sender, cause=turn.cause, now=turn.now)
    mine = pending.asked_by == turn.sender
    values = {"name": turn.tools.name_of(cell, turn.sender), "what": str(pending.call["text"]), "mine": mine}
    ring = () if mine else (pending.asked_by,)
    turn.tools.voice.say(
        turn.session, turn.now, cell.incident.room_key, "notices.refused_by", cell.incident.language, values,
        f"refused:{turn.spot.event_id}", cell=cell, ring=ring,
    )  # fmt: skip
    if turn.room.incident != cell.incident.id:
        answer(turn.session, turn.tools, turn.spot, "notices.cancelled", {}, turn.now, cell=cell, key="no")


def _confirmed(turn: Turn, pending: Pending) -> None:
    """A yes: read the command anew as it was typed, check it anew, and carry it out. Raises Refusal."""
    asked = pending.call
    room = rooms.by_key(turn.session, str(asked["room_key"])) or turn.room
    original = replace(turn, sender=pending.asked_by, room=room, cause=_cause(turn, pending))
    file = file_in(turn.session, str(asked["file"]), room.room_id) if asked.get("file") else None
    reading = read(
        str(asked["text"]),
        html=asked.get("html"),
        context=replace(
            context(original, datetime.fromisoformat(str(asked["read_at"]))),
            to_bot=bool(asked["to_bot"]),
            task=asked["task"],
            draft=asked.get("draft"),
            entry=asked.get("entry"),
            file=file is not None,
            reply=False,
        ),
    )
    if not isinstance(reading, Call):
        _settled(turn, pending)
        raise Refusal("refusals.too_late")
    cell = cells.load(turn.session, pending.incident) if pending.incident else cell_for(original, reading)
    if pending.kind == "second" and cell is not None and not cell.is_here(turn.sender):
        raise Refusal("refusals.not_a_member", incident=cell.incident.id)
    read_at = datetime.fromisoformat(str(asked["read_at"]))
    scene = replace(scene_of(original, cell, str(asked["text"]), reading), sent_at=read_at, replied=None, file=file)
    if pending.kind == "second" and cell is not None and turn.room.incident == cell.incident.id:
        # What two people have done is said to the whole room.
        original = replace(original, spot=replace(original.spot, language=cell.incident.language))
    if pending.kind == "second":
        _second_is_sure(turn, scene, reading)
        _still_asked(turn, scene, reading)
    _settled(turn, pending)
    if pending.kind in CONFIRMING:
        scene = replace(scene, confirmed_by=turn.sender, alone=pending.kind == "alone", bound=asked.get("bound"))
    check(scene, reading)
    run(original, scene, reading, str(asked["text"]))


def _second_is_sure(turn: Turn, scene: Scene, call: Call) -> None:
    """Refuse a second who is not vouched for, or who is the first by another account, or whose device is not theirs."""
    if not vouched(scene, turn.sender):
        raise Refusal("vouching.second_not_vouched")
    if turn.sender != scene.sender and same_human(scene, turn.sender, scene.sender):
        raise Refusal("vouching.not_oneself")
    signed_device(turn, call)


def _still_asked(turn: Turn, scene: Scene, call: Call) -> None:
    """Refuse whoever the question would not be put to any more: a role may have been taken back since."""
    question = _asks(scene, call)
    if question is not None and len(question.may) == 1 and turn.sender not in question.may:
        # The first question is to the one who typed it, or in whose name it was typed; the next is to somebody else.
        question = _asks(replace(scene, confirmed_by=question.may[0]), call) or question
    if question is not None and turn.sender not in question.may:
        roles = list(call.spec.second.roles)
        if not question.may:
            raise Refusal("refusals.no_second", roles=roles) if roles else Refusal("refusals.nobody_to_confirm")
        raise Refusal("refusals.not_you", names=scene.names_of(question.may))


def _asks(scene: Scene, call: Call) -> Confirm | None:
    """The question that the command puts as things stand."""
    try:
        HANDLERS[call.spec.name](scene, call)
    except Confirm as question:
        return question
    return None


def _settled(turn: Turn, pending: Pending) -> None:
    assert pending.id is not None
    pendings.settle(turn.session, pending.id)


def _cause(turn: Turn, pending: Pending) -> int | None:
    """The log entry that a change follows from: the command for a second person's yes, else the yes itself."""
    typed = pending.call.get("cause")
    here = turn.cause if turn.room.incident == pending.incident else None
    return (typed or here) if pending.kind in CONFIRMING else (here or typed)


# -- one person alone --------------------------------------------------------------------------------------------------


def _think(turn: Turn, pending: Pending) -> None:
    """The first yes of somebody who is alone: they are asked again in ten minutes."""
    again = turn.now + ALONE_WAIT
    call = {**pending.call, "confirmed": turn.now.isoformat(), "again": again.isoformat()}
    waiting = replace(
        pending, id=None, kind="thinking", call=call, code=None, created_at=turn.now, expires_at=again + LATE_LIFE
    )
    values = {"at": again, "no": f"!{BY_NAME['no'].verb(turn.spot.language)}"}
    key = answer(
        turn.session, turn.tools, turn.spot, "notices.think", values, turn.now, cell=turn.cell_here, key="think"
    )
    pend(turn.session, waiting, key)


def second_codes(session: Session, tools: Tools, now: datetime) -> bool:
    """Post the second code to those who are alone and have had their ten minutes. Returns whether any was."""
    posted = False
    for waiting in pendings.waiting(session, now=now):
        if waiting.kind != "thinking" or _asked_again(waiting) > now or waiting.id is None:
            continue
        pendings.settle(session, waiting.id)
        cell = cells.load(session, waiting.incident) if waiting.incident else None
        if cell is None:
            continue
        key = f"second:{waiting.call['event_id']}:again:{waiting.id}"
        code = new_code(session, now, key)
        pending = replace(waiting, id=None, kind="alone", code=code, created_at=now, expires_at=now + CODE_LIFE)
        values = {"what": str(waiting.call["text"]), "code": code, "expires": pending.expires_at}
        tools.voice.say(
            session, now, cell.incident.room_key, "notices.second_code", cell.incident.language, values, key,
            cell=cell, ring=pending.may, priority=0,
        )  # fmt: skip
        pend(session, pending, key)
        posted = True
    return posted


def _asked_again(pending: Pending) -> datetime:
    return datetime.fromisoformat(str(pending.call["again"]))


# -- what waited too long ----------------------------------------------------------------------------------------------


def unannounced(session: Session, now: datetime) -> list[Pending]:
    """The commands that waited too long, and of which nobody was told yet."""
    return [each for each in pendings.waiting(session, now=now) if each.kind == "late" and not each.question_key]


def announce_late(session: Session, tools: Tools, now: datetime) -> None:
    """List, to each person and in each room, the commands that waited too long, with what runs them."""
    by_place: dict[tuple[str, str], list[Pending]] = {}
    for pending in unannounced(session, now):
        by_place.setdefault((pending.asked_by, pending.room_id), []).append(pending)
    for (user, room_id), found in by_place.items():
        first = found[0].call
        event_id = str(first["event_id"])
        spot = Spot(str(first["room_key"]), room_id, event_id, None, tools.language_of(session, user), event_id)
        lines: list[Mapping[str, Any]] = [
            {"text": str(p.call["text"]), "at": datetime.fromisoformat(str(p.call["read_at"])), "code": p.code}
            for p in found
        ]
        values = {"name": tools.name_of(None, user), "lines": lines}
        key = answer(session, tools, spot, "notices.late", values, now, key="late", ring=(user,))
        for pending in found:
            assert pending.id is not None
            pendings.settle(session, pending.id)
            pendings.pend(session, replace(pending, id=None, question_key=key))
