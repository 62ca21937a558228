"""What whoever enters is told. Guarantee: whoever is in an incident's room was told, once, that everything is kept;
several who come together are told together, and the log says who was told and who has read it.

Where the homeserver takes little, who has come in while the message that says what they are called for still waits is
told it here, by one event with others; that message is withdrawn in the same transaction: nobody is told it twice.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot import chronicle
from bot.answers import run
from bot.commands.call import Call
from bot.commands.calling import call_key, clocks_of
from bot.commands.permission import check
from bot.commands.table import BY_NAME
from bot.domain.cell import Cell
from bot.domain.clocks import Clock
from bot.domain.conduct import Entrance
from bot.domain.incident import IncidentStatus, Member, Task
from bot.domain.outcome import Record
from bot.domain.reminders import gestures
from bot.store import cells, outbox
from bot.store.conduct_tables import untold
from bot.store.db import Session
from bot.store.places import CALL
from bot.tools import Tools
from bot.turn import Turn, known_sender, scene_of

NOTICE = "entering:"
"""What the key of such a message begins with."""
SIGNS = ("✅", "👍")
TOGETHER = timedelta(seconds=30)
"""At most one notice in so long: a cell that is called fills within minutes."""
AT_ONCE = 10
"""So many are told by one message what they are called for: more would not be read on a phone."""


@dataclass(frozen=True)
class Brief:
    """What somebody is called for, in a line: the first thing to do, and the deadlines that are theirs."""

    member: Member
    task: Task | None
    clocks: list[Clock]


def greet(session: Session, tools: Tools, now: datetime) -> bool:
    """Tell those who have come in and were not told: once the invitations are out, whoever is there by then. Returns
    whether anything was put in the outbox."""
    if outbox.inviting(session, now):
        return False
    waiting = outbox.untried(session, CALL) if tools.limited() else []
    said = False
    for incident in sorted({*untold(session), *(key.split(":")[1] for key in waiting)}):
        cell = cells.load(session, incident)
        if cell is None or any(now - entrance.told_at < TOGETHER for entrance in cell.entrances.values()):
            continue
        said = _tell(session, tools, cell, waiting, now) or said
    return said


def _tell(session: Session, tools: Tools, cell: Cell, waiting: Collection[str], now: datetime) -> bool:
    here = [m for m in cell.members.values() if m.present]
    new = [m.matrix_id for m in here if m.matrix_id not in cell.entrances]
    late = [m for m in here if call_key(cell, m) in waiting and _may_be_told_here(session, tools, cell, m)]
    if new:
        cells.save(session, cell, cell.with_entrances(Entrance(user, now) for user in new))
        _record(session, cell, "notice", new, now)
    if late:
        _withdraw(session, cell, late)
        _record(session, cell, "briefed", [m.matrix_id for m in late], now)
    parts = [late[place : place + AT_ONCE] for place in range(0, len(late), AT_ONCE)] or [[]]
    later = {m.matrix_id for part in parts[1:] for m in part}
    for number, part in enumerate(parts):
        told = {m.matrix_id for m in part}
        people = [user for user in new if user in told or (number == 0 and user not in later)]
        if people or part:
            _say(session, tools, cell, people, part, f"{now.isoformat()}:{number}" if number else now.isoformat(), now)
    return bool(new or late)


def _say(
    session: Session, tools: Tools, cell: Cell, new: list[str], briefed: Sequence[Member], once: str, now: datetime
) -> None:
    incident = cell.incident
    values = {
        "cell": cell,
        "people": [tools.name_of(cell, user) for user in new],
        "unsure": _unsure(tools, cell, new),
        "briefs": [
            Brief(m, next(iter(gestures(cell, m.matrix_id)), None), clocks_of(cell, m)) for m in briefed
        ],
    }  # fmt: skip
    tools.voice.say(
        session, now, incident.room_key, "incident.entering", incident.language, values,
        f"{NOTICE}{incident.id}:{once}", cell=cell, ring=[m.matrix_id for m in briefed],
        # One event in place of as many as ten: it goes before those that are left.
        priority=0 if briefed else 1,
    )  # fmt: skip


def _may_be_told_here(session: Session, tools: Tools, cell: Cell, member: Member) -> bool:
    """Whether the message that waits holds nothing but what the room may read, in its language: not that somebody is in
    another crisis, nor for whom they stand in."""
    own = cells.open_for(session, member.matrix_id) != [cell.incident.id] or member.stands_for is not None
    there = tools.language_of(session, member.matrix_id) == cell.incident.language
    return there and not own and cell.incident.status is not IncidentStatus.ARCHIVED


def _withdraw(session: Session, cell: Cell, members: Sequence[Member]) -> None:
    for member in members:
        row = outbox.by_key(session, call_key(cell, member))
        if row is not None:
            outbox.dead(session, row.id, "told in the cell's room")


def _record(session: Session, cell: Cell, action: str, people: list[str], now: datetime) -> None:
    record = Record("incident", action, cell.incident.id, None, {"people": people})
    chronicle.record(session, cell.incident.id, record, sender=None, cause=None, now=now)


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
