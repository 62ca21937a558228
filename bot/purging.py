"""What leads to a purge besides the command: a text typed again without the datum, a message that its author withdraws,
a number that looks like a patient's. Guarantee: a warning quotes nothing, and is given once a message."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bot import inbound
from bot.answers import run
from bot.commands.call import Call
from bot.commands.permission import check
from bot.commands.purge import AT_ONCE, hide, request
from bot.commands.table import BY_NAME
from bot.decisions import QUESTION, carry_out, new_code, pend
from bot.domain.cell import Cell
from bot.domain.effects import Reply
from bot.domain.incident import Pending
from bot.domain.log import Entry, from_rfc3339
from bot.domain.purge import Reason, says_why
from bot.domain.sensitive import Sensitive, sensitive
from bot.inbound import Happening
from bot.reading import read
from bot.store import cells, log, outbox, pendings, purge, rooms
from bot.store.db import Session
from bot.store.journal import JournalRow
from bot.store.rooms import Room
from bot.tools import Tools
from bot.turn import Turn, context, known_sender, scene_of, trusted_origin, turn_of

WITHDRAWN_LIFE = timedelta(hours=12)
OF_PEOPLE = frozenset({"message", "edit", "file"})
_REASONS = {Sensitive.NIR: Reason.NIR, Sensitive.CARD: Reason.BANK, Sensitive.PATTERN: Reason.PATIENT}


def retyped(turn: Turn, text: str) -> bool:
    """An answer to the question for the text without the datum. Returns whether it was one. Raises Refusal."""
    replied = turn.happening.reply_to
    key = outbox.key_of(turn.session, replied) if replied else None
    pending = pendings.by_question(turn.session, key) if key else None
    if pending is None or pending.id is None or pending.expires_at <= turn.now or pending.asked_by != turn.sender:
        return False
    if pending.kind != "self" or pending.call.get("command") != "purge":
        return False
    known_sender(turn)
    trusted_origin(turn)
    typed = f"{pending.call['text']}\n{text.strip()}"
    asked = replace(context(turn, turn.sent_at), reply=False, entry=pending.call.get("entry"))
    call = read(typed, html=None, context=asked)
    cell = cells.load(turn.session, pending.incident) if pending.incident else None
    if not isinstance(call, Call) or cell is None:
        return False
    scene = replace(scene_of(turn, cell, typed, call), confirmed_by=turn.sender)
    check(scene, call)
    run(turn, scene, call, typed)
    pendings.settle(turn.session, pending.id)
    return True


def withdrawn(
    session: Session, tools: Tools, row: JournalRow, happening: Happening, room: Room, cause: int | None, now: datetime
) -> None:
    """An author takes back what they wrote just now. Where they say that it held such data it is hidden at once; where
    they say nothing they are asked.

    A withdrawal travels in clear, with its reason, and a homeserver can forge it: what it hides is logged, told to its
    author alone, and shown again at one word of theirs.
    """
    found = log.seq_of(session, happening.target) if happening.target else None
    cell = cells.load(session, room.incident) if room.incident else None
    entry = log.entry(session, *found) if found else None
    if cell is None or entry is None or entry.incident != cell.incident.id or not _fresh(entry, row, now):
        return
    if purge.held(session, entry.incident) or entry.seq in purge.hidden(session, entry.incident):
        return
    reason = says_why(str(happening.content.get("reason") or ""))
    turn = turn_of(session, tools, row, happening, room, cause, now)
    if reason is not None and turn is not None and cell.is_here(turn.sender):
        _hide(turn, cell, entry, reason)
    else:
        _ask(session, tools, cell, entry, now)


def _fresh(entry: Entry, row: JournalRow, now: datetime) -> bool:
    """Whether it is the author's own message, with words in it, of a few minutes ago, and not taken back before."""
    own = entry.sender == row.sender and entry.kind in OF_PEOPLE and entry.content is not None
    return own and not row.first and now - from_rfc3339(entry.logged_at) <= AT_ONCE


def _hide(turn: Turn, cell: Cell, entry: Entry, reason: Reason) -> None:
    """Hide it on its author's word, and tell them, with what shows it again."""
    session, tools, now = turn.session, turn.tools, turn.now
    direct = _direct(session, turn.sender)
    verb = BY_NAME["purge"].verb(turn.spot.language)
    typed = f"!{verb} {entry.seq} {reason.typed(turn.spot.language)}"
    call = Call(BY_NAME["purge"], language=turn.spot.language, raw=typed)
    scene = scene_of(turn, cell, typed, call)
    outcome = hide(scene, [entry], reason)
    # The withdrawal is no message that could be answered: the author is told below.
    silent = replace(outcome, effects=tuple(each for each in outcome.effects if not isinstance(each, Reply)))
    carry_out(session, tools, scene, replace(turn.spot, room_key=direct.key if direct else ""), silent, turn.cause)
    asked = next(
        p for p in pendings.waiting(session, now)
        if p.incident == cell.incident.id and p.call.get("about") == request((entry.seq,))
    )  # fmt: skip
    values = {"number": entry.seq, "code": asked.code, "reason": reason, "people": scene.names_of(asked.may)}
    room, template = (direct, "purge.hidden_for_you") if direct else (turn.room, "purge.hidden_for")
    language = turn.spot.language if direct else cell.incident.language
    key = f"hidden:{cell.incident.id}:{entry.seq}"
    told = {**values, "name": scene.name_of(turn.sender)}
    tools.voice.say(session, now, room.key, template, language, told, key, cell=cell, ring=(turn.sender,))


def _direct(session: Session, user: str) -> Room | None:
    """Somebody's direct room, where it is there."""
    room = rooms.by_key(session, f"dm:{user}")
    return room if room is not None and room.room_id is not None and not room.left else None


def _ask(session: Session, tools: Tools, cell: Cell, entry: Entry, now: datetime) -> None:
    """Ask the author, where nobody else reads it; who has no direct room is not asked."""
    author = str(entry.sender)
    room = _direct(session, author)
    if room is None or room.room_id is None or not cell.is_here(author):
        return
    language = tools.language_of(session, author)
    key = f"withdrawn:{cell.incident.id}:{entry.seq}"
    code = new_code(session, now, key)
    if outbox.by_key(session, key) is not None:
        return
    values = {"number": entry.seq, "code": code}
    tools.voice.say(session, now, room.key, "purge.withdrawn", language, values, key, cell=cell, ring=(author,))
    held = {"step": "author", "seqs": [entry.seq], "reason": Reason.PATIENT.value, "by": author}
    verb = BY_NAME["purge"].verb(language)
    call = {"command": "purge", "about": key, "held": held, "text": f"!{verb} {entry.seq}"}
    pending = Pending(
        None, cell.incident.id, QUESTION, author, (author,), call, code, room.room_id, None, now, now + WITHDRAWN_LIFE
    )
    pend(session, pending, key)


def warn(session: Session, tools: Tools, row: JournalRow, happening: Happening, room: Room, seq: int | None) -> None:
    """Tell the author alone, where that can be, that a message seems to hold such a number, and how to mask it.

    Where others read the warning, it says neither what was typed nor where: it would lead them to it.
    """
    author = row.sender
    if author is None or author == tools.bot_id or row.first or happening.kind not in OF_PEOPLE:
        return
    if room.incident is None and (room.kind != "dm" or author not in tools.roster):
        return
    body = happening.content.get("body")
    text = inbound.new_text(happening) or (body if isinstance(body, str) else "")
    what = sensitive(text, tools.patterns)
    if what is None:
        return
    now = row.received_at.astimezone(UTC)
    language = tools.language_of(session, author)
    values = {"number": seq, "what": what.value, "incident": room.incident, "reason": _REASONS[what]}
    key = f"noticed:{happening.target or row.event_id}"
    if room.incident is None:
        tools.voice.say(
            session, now, room.key, "purge.noticed_direct", language, values, key, reply_to=row.event_id,
            thread=happening.thread,
        )  # fmt: skip
        return
    direct, cell = _direct(session, author), cells.load(session, room.incident)
    if direct is not None:
        tools.voice.say(session, now, direct.key, "purge.noticed", language, values, key, cell=cell, ring=(author,))
    else:
        tools.voice.say(session, now, room.key, "purge.noticed_here", language, {}, key, cell=cell, ring=(author,))
