"""A voice message, a picture, without a word. Guarantee: who posts one is asked once for one line that can be read and
searched; what is answered is attached to it in the log, with who wrote it.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from bot import chronicle, inbound
from bot.decisions import tick
from bot.domain.outcome import Record
from bot.inbound import Happening
from bot.store import cells, log, meta, outbox, rooms
from bot.store.db import Session
from bot.store.journal import JournalRow
from bot.store.rooms import Room
from bot.tools import Tools
from bot.turn import Turn

ASKED = "summary:"
"""Beginning of our question's key, before the event that it is about."""
DONE = "summed:"
"""Under this and an event: its summary is in the log."""
_LATELY = "summary_asked:"
BURST = timedelta(minutes=1)
"""Who posts ten pictures in a row is asked about the first: the question stands in for all."""


def ask(session: Session, tools: Tools, row: JournalRow, happening: Happening, room: Room, now: datetime) -> None:
    """Ask who posted something without words for one line, once; nobody who is not of the cell."""
    what = inbound.wordless(happening)
    if what is None or room.incident is None or row.sender is None or row.event_id is None or row.first:
        return
    cell = cells.load(session, room.incident)
    if cell is None or row.sender == tools.bot_id:
        return
    if row.sender not in cell.members and row.sender not in tools.roster:
        return
    if happening.reply_to and (outbox.key_of(session, happening.reply_to) or "").startswith(("task:", "proof:")):
        return  # what it is follows from the task that it answers
    before = meta.get(session, f"{_LATELY}{room.key}:{row.sender}")
    meta.put(session, f"{_LATELY}{room.key}:{row.sender}", now.isoformat())
    if before and now - datetime.fromisoformat(before) < BURST:
        return
    language = tools.language_of(session, row.sender)
    tools.voice.say(
        session, now, room.key, "notices.summarise", language, {"what": what}, f"{ASKED}{row.event_id}", cell=cell,
        reply_to=row.event_id, thread=happening.thread, priority=2,
    )  # fmt: skip


def answered(turn: Turn, text: str) -> bool:
    """Attach the words of a reply, to our question, or by the file's author to the file. Returns whether it was so.

    Nothing that is typed as a command is taken for a summary, and of several answers the first one is it.
    """
    replied, cell = turn.happening.reply_to, turn.cell_here
    words = text.strip()
    if replied is None or cell is None or not words or words.startswith(("!", "！")):
        return False
    key = outbox.key_of(turn.session, replied)
    about = key.removeprefix(ASKED) if key is not None and key.startswith(ASKED) else replied
    provenance = turn.row.provenance
    if outbox.event_of(turn.session, f"{ASKED}{about}") is None or provenance is None or not provenance.trusted:
        return False
    target = log.seq_of(turn.session, about)
    entry = log.entry(turn.session, *target) if target else None
    if target is None or entry is None or not (about != replied or entry.sender == turn.sender):
        return False
    if meta.get(turn.session, f"{DONE}{about}"):
        return False
    meta.put(turn.session, f"{DONE}{about}", turn.now.isoformat())
    room = {"room": turn.spot.room_id} if turn.room.kind in rooms.APART else {}
    record = Record("note", "summary", None, None, None, extra={"target": target[1], "text": words, **room})
    chronicle.record(turn.session, cell.incident.id, record, sender=turn.sender, cause=turn.cause, now=turn.now)
    tick(turn.session, turn.spot, turn.now)
    return True
