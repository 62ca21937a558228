"""The notice of entry: everything is kept. Guarantee: whoever is in an incident's room was told so, once, ever; several
who come together are told together, and the log says who was told and who has read it."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot import chronicle
from bot.answers import run
from bot.commands.call import Call
from bot.commands.permission import check
from bot.commands.table import BY_NAME
from bot.domain.cell import Cell
from bot.domain.conduct import Entrance
from bot.domain.outcome import Record
from bot.store import cells
from bot.store.conduct_tables import untold
from bot.store.db import Session
from bot.tools import Tools
from bot.turn import Turn, known_sender, scene_of

NOTICE = "entering:"
"""What the key of such a message begins with."""
SIGNS = ("✅", "👍")
TOGETHER = timedelta(seconds=30)
"""At most one notice in so long: a cell that is called fills within minutes."""


def greet(session: Session, tools: Tools, now: datetime) -> bool:
    """Tell those who have come in and were not told. Returns whether anything was put in the outbox."""
    said = False
    for incident in untold(session):
        cell = cells.load(session, incident)
        if cell is None or any(now - entrance.told_at < TOGETHER for entrance in cell.entrances.values()):
            continue
        new = [m.matrix_id for m in cell.members.values() if m.present and m.matrix_id not in cell.entrances]
        cells.save(session, cell, cell.with_entrances(Entrance(user, now) for user in new))
        record = Record("incident", "notice", incident, None, {"people": new})
        chronicle.record(session, incident, record, sender=None, cause=None, now=now)
        values = {"people": [tools.name_of(cell, user) for user in new], "unsure": _unsure(tools, cell, new)}
        tools.voice.say(
            session, now, cell.incident.room_key, "incident.entering", cell.incident.language, values,
            f"{NOTICE}{incident}:{now.isoformat()}", cell=cell,
        )  # fmt: skip
        said = True
    return said


def _unsure(tools: Tools, cell: Cell, new: list[str]) -> list[str]:
    """Who of those who came is not vouched for yet, by what one types for them."""
    if not tools.vouching:
        return []
    unsure = [user for user in new if user != cell.incident.opened_by and not cell.members[user].vouched]
    return [user[1:].partition(":")[0] for user in unsure]


def read(turn: Turn, key: str) -> None:
    """A button under a notice: its sender has read it. From whom it does not address it is only logged."""
    cell = cells.load(turn.session, key.removeprefix(NOTICE).partition(":")[0])
    entrance = cell.entrances.get(turn.sender) if cell else None
    if cell is None or entrance is None or entrance.read_at is not None:
        return
    known_sender(turn)
    call = Call(BY_NAME["read_notice"], language=turn.spot.language, raw=turn.spot.sign)
    scene = scene_of(turn, cell, turn.spot.sign, call)
    check(scene, call)
    run(turn, scene, call, turn.spot.sign)
