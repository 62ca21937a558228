"""From a message to an answer. Guarantee: a command is carried out only if its sender's own device typed it, once, in
time, in a fresh message, with the right to; whatever else it was gets a sentence or, from strangers, silence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bot import inbound
from bot.commands.call import Call
from bot.commands.handlers import HANDLERS
from bot.commands.opening import GRACE, close_criteria
from bot.commands.permission import check, holders_of, may_second, place_of
from bot.commands.scene import Line, Scene
from bot.commands.spec import Place, Seconding
from bot.commands.table import BY_NAME
from bot.decisions import Spot, answer, carry_out, new_code, pend
from bot.domain.cell import Cell
from bot.domain.incident import Pending
from bot.domain.log import Entry
from bot.domain.outcome import Refusal
from bot.domain.playbook import Playbook
from bot.inbound import Happening
from bot.reading import read
from bot.reading.pills import pills
from bot.reading.result import Asked, Context, Later, Reading, Refused, Silence, Suggestion
from bot.store import cells, log, meta, outbox, pendings, rooms
from bot.store.db import Session
from bot.store.journal import JournalRow
from bot.store.rooms import Room
from bot.tools import Tools

SUGGESTION_LIFE = timedelta(minutes=2)
CODE_LIFE = timedelta(minutes=10)
LATE_LIFE = timedelta(hours=12)
TAKE = frozenset({"✋", "🖐", "🙋", "👀"})
FINISH = frozenset({"✅", "✔", "☑", "👍"})
NO = frozenset({"❌", "✖", "👎"})


@dataclass(frozen=True)
class Records:
    """The log as handlers search it, in the transaction under way."""

    session: Session
    zone: ZoneInfo

    def last(self, incident: str, count: int) -> list[Entry]:
        return log.last(self.session, incident, count)

    def search(
        self, incident: str, *, words: str | None = None, sender: str | None = None, day: date | None = None
    ) -> list[Entry]:
        return log.search(self.session, incident, words or "", sender=sender, day=day, zone=self.zone)

    def undelivered(self) -> int:
        return outbox.unsent(self.session)


@dataclass(frozen=True)
class Turn:
    """One message being answered: everything that stays the same while it is."""

    session: Session
    tools: Tools
    row: JournalRow
    happening: Happening
    room: Room
    sender: str
    spot: Spot
    now: datetime
    cause: int | None

    @property
    def sent_at(self) -> datetime:
        """When the homeserver says that it was sent; a clock of theirs that is ahead of ours is not believed."""
        if self.row.origin_ts is None:
            return self.now
        try:
            return min(datetime.fromtimestamp(self.row.origin_ts / 1000, UTC), self.now)
        except (OverflowError, ValueError, OSError):
            return self.now


def message(session: Session, tools: Tools, row: JournalRow, happening: Happening, room: Room, cause: int | None, now: datetime) -> None:
    """Answer one message of somebody else's, if it is for the bot."""
    turn = turn_of(session, tools, row, happening, room, cause, now)
    if turn is None or not _listens(turn):
        return
    text = happening.text
    if happening.kind == "edit":
        _edit(turn)
        return
    if text is None or happening.forwarded:
        return
    reading = read(text, html=happening.html, context=_context(turn, turn.sent_at))
    if isinstance(reading, Silence):
        return
    try:
        _answer(turn, reading, text)
    except Refusal as refusal:
        refuse(turn, refusal)


def is_act(tools: Tools, row: JournalRow, happening: Happening) -> bool:
    """Whether a row may change more than the log, and so needs a transaction of its own."""
    if row.sender == tools.bot_id:
        return False
    return happening.text is not None or happening.kind in ("reaction", "edit", "membership", "state")


def turn_of(
    session: Session, tools: Tools, row: JournalRow, happening: Happening, room: Room, cause: int | None, now: datetime
) -> Turn | None:
    if row.sender is None or row.event_id is None or row.room_id is None:
        return None
    language = tools.language_of(session, row.sender)
    spot = Spot(room.key, row.room_id, row.event_id, happening.thread, language)
    return Turn(session, tools, row, happening, room, row.sender, spot, now, cause)


def _listens(turn: Turn) -> bool:
    """Strangers get silence; only rooms of ours are listened to; what was there before us is never carried out."""
    if turn.room.kind not in ("cell", "dm", "alert") or turn.row.first:
        return False
    known = turn.sender in turn.tools.roster
    return known or turn.room.kind != "dm"


def refuse(turn: Turn, refusal: Refusal) -> None:
    """Say no, in a sentence that says what to type instead."""
    answer(
        turn.session, turn.tools, turn.spot, refusal.template, refusal.values, turn.now, cell=_cell_here(turn), key="refused"
    )


def _context(turn: Turn, at: datetime) -> Context:
    happening, tools = turn.happening, turn.tools
    replied = outbox.key_of(turn.session, happening.reply_to) if happening.reply_to else None
    mentioned = any(pill.matrix_id == tools.bot_id for pill in pills(happening.html or ""))
    library = tools.library

    def find(text: str) -> str | None:
        found: Playbook | None = library.find(text)
        return found.id if found else None

    return Context(
        roster=tools.roster,
        now=at,
        zone=tools.zone,
        language=turn.spot.language,
        sender=turn.sender,
        bot_id=tools.bot_id,
        to_bot=turn.room.kind == "dm" or replied is not None or mentioned,
        reply=happening.reply_to is not None,
        task=_task_number(replied),
        find_scenario=find,
        near_scenarios=library.nearest,
    )


def _task_number(key: str | None) -> int | None:
    parts = key.split(":") if key else []
    return int(parts[2]) if len(parts) > 3 and parts[0] == "task" and parts[2].isdecimal() else None


def _edit(turn: Turn) -> None:
    """An edit is never carried out; one that becomes a command is told so, once."""
    text = inbound.new_text(turn.happening)
    target = turn.happening.target
    if text is None or target is None or meta.get(turn.session, f"edited:{target}"):
        return
    reading = read(text, html=None, context=_context(turn, turn.sent_at))
    if isinstance(reading, Call | Refused | Suggestion) and text.lstrip().startswith(("!", "！")):
        meta.put(turn.session, f"edited:{target}", "1")
        refuse(turn, Refusal("refusals.edited"))


def _answer(turn: Turn, reading: Reading, text: str) -> None:
    _refuse_untrusted(turn)
    match reading:
        case Call():
            command(turn, reading, text)
        case Suggestion():
            _suggest(turn, reading)
        case Asked():
            raise Refusal(f"reading.asked_{reading.kind}", asked=reading, spec=reading.spec)
        case Refused():
            raise Refusal(f"reading.{reading.reason}", refused=reading, spec=reading.spec)
        case Later():
            _known_sender(turn)
            raise Refusal("refusals.not_yet", verb=reading.planned.verb(turn.spot.language))
        case _:
            return


def _refuse_untrusted(turn: Turn) -> None:
    provenance = turn.row.provenance
    if provenance is None or not provenance.trusted:
        raise Refusal(
            "refusals.untrusted",
            why=(provenance.why if provenance else None) or "cleartext",
            name=turn.tools.name_of(None, turn.sender),
        )


def _known_sender(turn: Turn) -> None:
    cell = _cell_here(turn)
    if turn.sender not in turn.tools.roster and not (cell and cell.roles_of(turn.sender)):
        raise Refusal("refusals.not_in_roster")


def _suggest(turn: Turn, suggestion: Suggestion) -> None:
    _known_sender(turn)
    key = answer(
        turn.session,
        turn.tools,
        turn.spot,
        "notices.suggestion",
        {"call": suggestion.text, "dangerous": suggestion.dangerous},
        turn.now,
        cell=_cell_here(turn),
        key="suggestion",
    )
    if not suggestion.dangerous:
        pend(turn.session, _pending(turn, "suggestion", (turn.sender,), suggestion.text, SUGGESTION_LIFE), key)


def _pending(
    turn: Turn, kind: str, may: tuple[str, ...], text: str, life: timedelta, code: str | None = None, incident: str | None = None
) -> Pending:
    call = {
        "text": text,
        "html": turn.happening.html if kind != "suggestion" else None,
        "read_at": turn.sent_at.isoformat(),
        "event_id": turn.spot.event_id,
        "room_key": turn.spot.room_key,
        "thread": turn.spot.thread,
        "sender": turn.sender,
        "cause": turn.cause,
    }
    return Pending(
        None, incident or turn.room.incident, kind, turn.sender, may, call, code, turn.spot.room_id, None, turn.now, turn.now + life
    )


def command(turn: Turn, call: Call, text: str) -> None:
    """Carry out one command, or ask what must be asked first. Raises Refusal."""
    if call.spec.name in ("yes", "no"):
        _known_sender(turn)
        answered(turn, yes=call.spec.name == "yes", code=call.get("code", str))
        return
    cell = _cell_for(turn, call)
    scene = scene_of(turn, cell, text, call)
    check(scene, call)
    if turn.now - turn.sent_at > GRACE and not call.spec.runs_late:
        pend(turn.session, _pending(turn, "late", (turn.sender,), text, LATE_LIFE, new_code(turn.session, turn.now)), "")
        return
    if call.spec.second.kind is not Seconding.NONE:
        _ask_second(turn, scene, call, text)
        return
    run(turn, scene, call)


def run(turn: Turn, scene: Scene, call: Call) -> None:
    """Carry out a command that nothing stands in the way of any more."""
    outcome = HANDLERS[call.spec.name](scene, call)
    carry_out(turn.session, turn.tools, scene, turn.spot, outcome, turn.cause)


def scene_of(turn: Turn, cell: Cell | None, text: str, call: Call) -> Scene:
    session, tools = turn.session, turn.tools
    year = turn.now.astimezone(tools.zone).year
    return Scene(
        now=turn.now,
        sender=turn.sender,
        language=turn.spot.language,
        place=place_of(turn.room.kind),
        room_id=turn.spot.room_id,
        event_id=turn.spot.event_id,
        organisation=tools.organisation,
        roster=tools.roster,
        playbooks=tools.library,
        records=Records(session, tools.zone),
        cell=cell,
        incidents=tuple(_lines(session, cells.open_for(session, turn.sender))),
        typed=text,
        next_number=cells.next_number(session, year, bool(call.options.get("drill"))),
        overrides=tools.overrides,
    )


def _cell_here(turn: Turn) -> Cell | None:
    return cells.load(turn.session, turn.room.incident) if turn.room.incident else None


def _cell_for(turn: Turn, call: Call) -> Cell | None:
    """The incident that a command is about: the room's, or in a direct room the only one open, or the one typed."""
    if turn.room.incident is not None:
        return cells.load(turn.session, turn.room.incident)
    if call.spec.name == "incident":
        return None
    mine = cells.open_for(turn.session, turn.sender)
    if call.incident is not None:
        if call.incident not in mine:
            raise Refusal("refusals.not_a_member", incident=call.incident)
        return cells.load(turn.session, call.incident)
    if turn.room.kind == "alert" and Place.ALERT not in call.spec.where:
        return None
    if len(mine) == 1:
        return cells.load(turn.session, mine[0])
    if not call.spec.needs_incident:
        return None
    if not mine:
        raise Refusal("refusals.no_incident")
    raise Refusal("refusals.which_incident", incidents=_lines(turn.session, mine), verb=call.spec.verb(turn.spot.language))


def _lines(session: Session, incidents: list[str]) -> list[Line]:
    found = []
    for identifier in incidents:
        cell = cells.load(session, identifier)
        if cell is not None:
            room = rooms.by_key(session, cell.incident.room_key)
            found.append(Line(identifier, cell.incident.title, room.room_id if room else None))
    return found


def _ask_second(turn: Turn, scene: Scene, call: Call, text: str) -> None:
    """Put the question to those whose yes completes a command, in the cell's room, with a code."""
    cell = scene.here
    may = may_second(scene, call)
    if not may:
        raise Refusal("refusals.no_second", roles=list(call.spec.second.roles))
    HANDLERS[call.spec.name](replace(scene, confirmed_by=may[0]), call)  # refuses now what it would refuse later
    code = new_code(turn.session, turn.now)
    pending = _pending(turn, "second", may, text, CODE_LIFE, code, cell.incident.id)
    values: dict[str, Any] = {
        "by": scene.name_of(turn.sender),
        "people": scene.names_of(may),
        "code": code,
        "expires": pending.expires_at,
        **close_criteria(cell),
        "cell": cell,
    }
    key = f"second:{turn.spot.event_id}"
    turn.tools.voice.say(
        turn.session,
        turn.now,
        cell.incident.room_key,
        f"incident.{call.spec.name}_second",
        cell.incident.language,
        values,
        key,
        cell=cell,
        ring=may,
        priority=0,
    )
    pend(turn.session, pending, key)


# -- answers -----------------------------------------------------------------------------------------------------------


def answered(turn: Turn, *, yes: bool, code: str | None) -> None:
    """A typed yes or no: to the question of that code, or to the only one that waits for this person."""
    if code is not None:
        everybody = [p for p in pendings.waiting(turn.session, now=turn.now) if p.code == code]
        pending = next((p for p in everybody if turn.sender in p.may), None)
        if pending is None and everybody and not (not yes and everybody[0].asked_by == turn.sender):
            names = [turn.tools.name_of(None, user) for user in everybody[0].may]
            raise Refusal("refusals.not_you", names=names)
        if pending is None and everybody:
            pending = everybody[0]
        if pending is None:
            raise Refusal("refusals.wrong_code")
    else:
        mine = pendings.pendings(turn.session, user=turn.sender, now=turn.now)
        if not mine:
            raise Refusal("refusals.nothing_pending")
        if len(mine) > 1:
            with_code = [p for p in mine if p.code]
            latest = mine[-1]
            if latest.kind != "suggestion" or latest.room_id != turn.spot.room_id:
                raise Refusal(
                    "refusals.which_pending",
                    questions=[str(p.call["text"])[:40] for p in mine],
                    code=with_code[0].code if with_code else "",
                )
            pending = latest
        else:
            pending = mine[0]
        if pending.kind == "second" and yes and pending.code:
            raise Refusal("refusals.typed_only", example=f"!{BY_NAME['yes'].verb(turn.spot.language)} {pending.code}")
    settle(turn, pending, yes=yes)


def settle(turn: Turn, pending: Pending, *, yes: bool) -> None:
    """Close a question; on a yes, carry out what it was about, for the person who asked."""
    assert pending.id is not None
    pendings.settle(turn.session, pending.id)
    if not yes:
        if pending.kind == "second":
            name = turn.tools.name_of(None, turn.sender)
            answer(
                turn.session, turn.tools, turn.spot, "notices.refused_by",
                {"name": name, "what": str(pending.call["text"])}, turn.now, cell=_cell_here(turn), key="no",
            )
        else:
            answer(turn.session, turn.tools, turn.spot, "notices.cancelled", {}, turn.now, cell=_cell_here(turn), key="no")
        return
    asked = pending.call
    asker = str(asked["sender"])
    original = replace(turn, sender=asker, cause=turn.cause if pending.kind != "second" else asked.get("cause") or turn.cause)
    if pending.kind == "second":
        room = rooms.by_key(turn.session, str(asked["room_key"])) or turn.room
        original = replace(original, room=room)
    reading = read(
        str(asked["text"]),
        html=asked.get("html"),
        context=replace(_context(original, datetime.fromisoformat(str(asked["read_at"]))), language=turn.spot.language),
    )
    if not isinstance(reading, Call):
        raise Refusal("refusals.too_late")
    cell = cells.load(turn.session, pending.incident) if pending.incident else _cell_for(original, reading)
    scene = replace(
        scene_of(original, cell, str(asked["text"]), reading), confirmed_by=turn.sender if pending.kind == "second" else None
    )
    check(scene, reading)
    if pending.kind != "second" and reading.spec.second.kind is not Seconding.NONE:
        _ask_second(original, scene, reading, str(asked["text"]))
        return
    run(original, scene, reading)


def reaction(session: Session, tools: Tools, row: JournalRow, happening: Happening, room: Room, cause: int | None, now: datetime) -> None:
    """A reaction as a button: on a message about one task, or on a suggestion. It travels in clear, so it does nothing
    that is dangerous."""
    turn = turn_of(session, tools, row, happening, room, cause, now)
    sign = bare_sign(happening.key or "")
    if turn is None or not _listens(turn) or happening.target is None:
        return
    key = outbox.key_of(session, happening.target)
    if key is None:
        return
    try:
        if key.startswith("task:"):
            _task_button(turn, key, sign)
        else:
            pending = pendings.by_question(session, key)
            if pending is not None and pending.expires_at > now and sign in (FINISH | NO):
                _pending_button(turn, pending, sign)
    except Refusal as refusal:
        refuse(turn, refusal)


def bare_sign(key: str) -> str:
    """An emoji without variation selector or skin tone."""
    return "".join(c for c in key if c != "\ufe0f" and not 0x1F3FB <= ord(c) <= 0x1F3FF)


def _task_button(turn: Turn, key: str, sign: str) -> None:
    verb = "take" if sign in TAKE else "done" if sign in FINISH else None
    number = _task_number(key)
    if verb is None or number is None:
        return
    cell = _cell_here(turn)
    call = Call(BY_NAME[verb], {"tasks": (number,)}, language=turn.spot.language, raw=sign)
    scene = scene_of(turn, cell, sign, call)
    check(scene, call)
    if turn.now - turn.sent_at > GRACE:
        return
    run(turn, scene, call)


def _pending_button(turn: Turn, pending: Pending, sign: str) -> None:
    if turn.sender not in pending.may:
        return
    if pending.kind == "second" or (pending.kind == "late" and pending.code):
        word = BY_NAME["yes" if sign in FINISH else "no"].verb(turn.spot.language)
        raise Refusal("refusals.typed_only", example=f"!{word} {pending.code}")
    settle(turn, pending, yes=sign in FINISH)


def announce_late(session: Session, tools: Tools, now: datetime) -> None:
    """List, to each person and in each room, the commands that waited too long, with what runs them."""
    by_place: dict[tuple[str, str], list[Pending]] = {}
    for pending in pendings.waiting(session, now=now):
        if pending.kind == "late" and not pending.question_key:
            by_place.setdefault((pending.asked_by, pending.room_id), []).append(pending)
    for (user, room_id), found in by_place.items():
        first = found[0]
        spot = Spot(str(first.call["room_key"]), room_id, str(first.call["event_id"]), None, tools.language_of(session, user))
        lines: list[Mapping[str, Any]] = [
            {"text": str(p.call["text"]), "at": datetime.fromisoformat(str(p.call["read_at"])), "code": p.code} for p in found
        ]
        key = answer(
            session, tools, spot, "notices.late", {"name": tools.name_of(None, user), "lines": lines}, now, key="late", ring=(user,)
        )
        for pending in found:
            assert pending.id is not None
            pendings.settle(session, pending.id)
            pendings.pend(session, replace(pending, id=None, question_key=key))
