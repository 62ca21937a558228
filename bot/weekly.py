"""What a lifted crisis still owes, said once a week. Guarantee: whoever answers for a clock that is still open, and
each director, is told what is open by direct message every seven days until nothing is, by day, and once."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot import chronicle
from bot.domain.cell import Cell
from bot.domain.clock_lines import ClockLine, line, still_open
from bot.domain.clocks import ClockStatus
from bot.domain.nudges import responsible
from bot.domain.outcome import Record
from bot.domain.roles import Role
from bot.making import open_direct
from bot.store import cells, meta
from bot.store.conduct_tables import lifted
from bot.store.db import Session
from bot.tools import Tools

EVERY = timedelta(days=7)
BY_DAY = (time(8), time(20))
_LAST = "weekly:"
"""Under this and an incident: when the last list was sent."""


def weekly(session: Session, tools: Tools, now: datetime) -> bool:
    """Send the lists that are due. Returns whether any was."""
    said = False
    for incident, since in lifted(session):
        last = meta.get(session, f"{_LAST}{incident}")
        if now - (datetime.fromisoformat(last) if last else since) < EVERY:
            continue
        cell = cells.load(session, incident)
        if cell is None or not _day(cell, now):
            continue
        meta.put(session, f"{_LAST}{incident}", now.isoformat())
        for person, lines in lists(cell, now).items():
            _say(session, tools, cell, person, lines, now)
            said = True
    return said


def lists(cell: Cell, now: datetime) -> dict[str, list[ClockLine]]:
    """What each is told of: who answers for a clock, that clock; a director, every one."""
    found: dict[str, list[ClockLine]] = {}
    directors = [member.matrix_id for member in cell.holders(Role.DIRECTOR)]
    for clock in still_open(cell):
        if clock.status is ClockStatus.PROVISIONAL:
            continue
        who = responsible(cell, clock)
        for person in dict.fromkeys((*directors, *((who,) if who else ()))):
            found.setdefault(person, []).append(line(cell, clock, now))
    return found


def _day(cell: Cell, now: datetime) -> bool:
    return BY_DAY[0] <= now.astimezone(ZoneInfo(cell.incident.timezone)).time() < BY_DAY[1]


def _say(session: Session, tools: Tools, cell: Cell, person: str, lines: list[ClockLine], now: datetime) -> None:
    open_direct(session, person, now, None, priority=1)
    values = {"cell": cell, "lines": lines, "names": lambda user: tools.name_of(cell, user)}
    key = f"weekly:{cell.incident.id}:{person}:{now.isoformat()}"
    tools.voice.say(
        session, now, f"dm:{person}", "nudges.weekly", tools.language_of(session, person), values, key, cell=cell,
        ring=(person,),
    )  # fmt: skip
    after = {"person": person, "clocks": [each.clock.id for each in lines]}
    record = Record("nudge", "weekly", cell.incident.id, None, after)
    chronicle.record(session, cell.incident.id, record, sender=None, cause=None, now=now)
