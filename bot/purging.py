"""What leads to a purge besides the command: a text typed again without the datum, a message that its author withdraws,
a number that looks like a patient's. Guarantee: a warning quotes nothing, and is given once a message."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bot import inbound
from bot.answers import run
from bot.commands.call import Call
from bot.commands.permission import check
from bot.commands.purge import AT_ONCE
from bot.commands.table import BY_NAME
from bot.decisions import QUESTION, new_code, pend
from bot.domain.cell import Cell
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
from bot.turn import Turn, context, known_sender, scene_of, trusted_origin

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
    """An author takes back what they wrote just now: they are asked whether it held a patient's data.

    A withdrawal travels in clear, with its reason, and a homeserver can forge it: nothing is hidden on its word.
    """
    found = log.seq_of(session, happening.target) if happening.target else None
    cell = cells.load(session, room.incident) if room.incident else None
    entry = log.entry(session, *found) if found else None
    if cell is None or entry is None or entry.incident != cell.incident.id or not _fresh(entry, row, now):
        return
    if purge.held(session, entry.incident) or entry.seq in purge.hidden(session, entry.incident):
        return
    _ask(session, tools, cell, entry, says_why(str(happening.content.get("reason") or "")), now)


def _fresh(entry: Entry, row: JournalRow, now: datetime) -> bool:
    """Whether it is the author's own message, with words in it, of a few minutes ago, and not taken back before."""
    own = entry.sender == row.sender and entry.kind in OF_PEOPLE and entry.content is not None
    return own and not row.first and now - from_rfc3339(entry.logged_at) <= AT_ONCE


def _ask(session: Session, tools: Tools, cell: Cell, entry: Entry, reason: Reason | None, now: datetime) -> None:
    """Ask the author, where nobody else reads it; without a direct room in the cell's, if the withdrawal said why."""
    author = str(entry.sender)
    room = rooms.by_key(session, f"dm:{author}")
    if reason is not None and (room is None or room.room_id is None or room.left):
        room = rooms.by_key(session, cell.incident.room_key)
    if room is None or room.room_id is None or room.left or not cell.is_here(author):
        return
    language = tools.language_of(session, author)
    key = f"withdrawn:{cell.incident.id}:{entry.seq}"
    code = new_code(session, now, key)
    values = {"number": entry.seq, "code": code, "reason": reason}
    if outbox.by_key(session, key) is not None:
        return
    tools.voice.say(session, now, room.key, "purge.withdrawn", language, values, key, cell=cell, ring=(author,))
    held = {"step": "author", "seqs": [entry.seq], "reason": (reason or Reason.PATIENT).value, "by": author}
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
    direct = rooms.by_key(session, f"dm:{author}")
    if direct is not None and direct.room_id is not None and not direct.left:
        tools.voice.say(session, now, direct.key, "purge.noticed", language, values, key, ring=(author,))
    else:
        tools.voice.say(session, now, room.key, "purge.noticed_here", language, {}, key, ring=(author,))
