"""Reminders going out. Guarantee: what is due now is found by a query, said once, to each person in one message; the
message, the row that says who was rung, the log's entry and the clock's state are of one transaction, and no incident's
fault holds up another's.

Nobody is rung more than six times an hour, nor a director more than three: beyond that the message makes no sound.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot import boards, chronicle
from bot.decisions import open_direct
from bot.domain.cell import Cell
from bot.domain.clock_lines import lines
from bot.domain.clocks import Clock, Ring, Standing
from bot.domain.incident import IncidentStatus
from bot.domain.nudges import (
    Step,
    armed,
    climbs_now,
    due_step,
    last_rung,
    on_rung,
    orphan,
    patience,
    responsible,
    waking,
)
from bot.domain.outcome import Record
from bot.domain.roles import Role
from bot.speech import Late
from bot.store import cells, nudges
from bot.store.db import Session
from bot.store.nudges import Nudge
from bot.tools import Tools

MOST_AN_HOUR, MOST_FOR_DIRECTORS = 6, 3
HOUR = timedelta(hours=1)
LATE = timedelta(minutes=5)
"""From this on a reminder says how late it comes: the bot was cut off, or it waited for its room."""


@dataclass(frozen=True)
class Call:
    """One person to be rung for one clock. `climbed`: nobody had taken the reminder on the rung below."""

    person: str
    clock: Clock
    step: Step
    rung: int
    climbed: bool


def ring(session: Session, tools: Tools, incident: str, now: datetime) -> bool:
    """Say every reminder of an incident that is due now. Returns whether anything was put in the outbox."""
    cell = cells.load(session, incident)
    if cell is None:
        return False
    zone = ZoneInfo(cell.incident.timezone)
    calls: list[Call] = []
    after: list[Clock] = []
    for clock in cell.by_urgency:
        if clock.next_at is None or clock.next_at > now:
            continue
        changed, found = advance(cell, clock, now, zone, tools.escalate_after)
        calls += found
        after.append(changed)
    changed_cell = cell.with_clocks(after)
    for person in dict.fromkeys(call.person for call in calls):
        _say(session, tools, changed_cell, person, [call for call in calls if call.person == person], now)
    cells.save(session, cell, changed_cell)

    def names(user: str | None) -> str:
        return tools.name_of(changed_cell, user)

    refreshed = boards.refresh(session, tools.voice, changed_cell, names, now, f"ring:{now.timestamp()}")
    cells.save(session, changed_cell, refreshed)
    return bool(calls)


def advance(
    cell: Cell, clock: Clock, now: datetime, zone: ZoneInfo, escalate_after: timedelta
) -> tuple[Clock, list[Call]]:
    """The clock after this beat, and whom to ring for it."""
    step = due_step(clock, now, zone)
    if step is not None:
        return _new_step(cell, clock, step, now, zone, escalate_after)
    if climbs_now(clock, now, zone):
        return _next_rung(cell, clock, now, zone, escalate_after)
    return armed(clock, zone), []


def _new_step(
    cell: Cell, clock: Clock, step: Step, now: datetime, zone: ZoneInfo, escalate_after: timedelta
) -> tuple[Clock, list[Call]]:
    """A new reminder: its owner; where nobody holds the role every rung at once; the directors where it is theirs."""
    top = last_rung(clock) if orphan(cell, clock) else 0
    rungs = list(range(top + 1))
    if step.directors and 2 not in rungs:
        rungs.append(2)
    calls = [Call(user, clock, step, rung, False) for rung in rungs for user in on_rung(cell, clock, rung)]
    calls = _once_each(calls)
    told = tuple(call.person for call in calls)
    climb_at = None if top >= last_rung(clock) else now + patience(clock, now, escalate_after)
    after = replace(clock, ring=Ring(step.name, now, top, climb_at, told))
    return armed(after, zone), calls


def _next_rung(
    cell: Cell, clock: Clock, now: datetime, zone: ZoneInfo, escalate_after: timedelta
) -> tuple[Clock, list[Call]]:
    """Nobody took it in time: one rung higher, past rungs on which there is nobody who was not rung."""
    old = clock.ring
    step = Step(waking(clock, old.climb_at or now, zone), old.step)
    rung, users = old.rung, ()  # type: tuple[int, tuple[str, ...]]
    while not users and rung < last_rung(clock):
        rung += 1
        users = tuple(user for user in on_rung(cell, clock, rung) if user not in old.told)
    climb_at = None if rung >= last_rung(clock) else now + patience(clock, now, escalate_after)
    after = replace(clock, ring=replace(old, rung=rung, climb_at=climb_at, told=(*old.told, *users)))
    return armed(after, zone), [Call(user, clock, step, rung, True) for user in users]


def _once_each(calls: Iterable[Call]) -> list[Call]:
    """The lowest rung counts for somebody who stands on several."""
    found: dict[str, Call] = {}
    for call in calls:
        found.setdefault(call.person, call)
    return list(found.values())


def _say(session: Session, tools: Tools, cell: Cell, person: str, calls: list[Call], now: datetime) -> None:
    """One message for all that is due together for one person: in the cell and beside, or in their direct room."""
    first = calls[0]
    # Once the crisis is lifted its room is left in peace.
    calm = cell.incident.status is not IncidentStatus.OPEN
    in_cell = any(call.rung == 0 for call in calls) and cell.members[person].present and not calm
    audible = rings_left(session, cell, person, now) > 0
    wanted = {call.clock.id for call in calls}
    shown = [line for line in lines(cell, now) if line.clock.id in wanted]
    shown.sort(key=lambda line: line.standing is not Standing.LATE)
    late = max(now - call.step.at for call in calls)
    values = {
        "lines": shown,
        "user": person,
        "name": tools.name_of(cell, person),
        "late": late if late >= LATE else None,
        "at": now,
        "rung": min(call.rung for call in calls),
        "climbed": first.climbed,
        "first": _first(tools, cell, first) if first.rung else None,
        "names": lambda user: tools.name_of(cell, user),
    }
    key = f"nudge:{cell.incident.id}:{first.clock.id}:{first.step.name}:{first.rung}:{person}:{int(now.timestamp())}"
    places = [(cell.incident.room_key, cell.incident.language)] if in_cell else []
    places.append((f"dm:{person}", tools.language_of(session, person)))
    open_direct(session, person, now, None, priority=1)
    for number, (room_key, language) in enumerate(places):
        # What rang in the cell is beside, to answer from, without ringing twice.
        heard = audible and number == 0
        message = f"{key}:{'cell' if room_key == cell.incident.room_key else 'dm'}"
        tools.voice.say(
            session, now, room_key, "nudges.ring", language, values, message, cell=cell,
            ring=(person,) if heard else (), priority=0, late=Late(now + LATE, "nudges.kept"),
        )  # fmt: skip
        nudges.put(session, [_row(cell, call, message, heard, now) for call in calls])
    for call in calls:
        _log(session, cell, call, places[0][0], audible, now)


def _first(tools: Tools, cell: Cell, call: Call) -> str | None:
    user = responsible(cell, call.clock)
    return tools.name_of(cell, user) if user and user != call.person else None


def rings_left(session: Session, cell: Cell, person: str, now: datetime) -> int:
    """How often this person may still be rung within the hour; the call at the opening counts."""
    director = Role.DIRECTOR in cell.roles_of(person)
    most = MOST_FOR_DIRECTORS if director else MOST_AN_HOUR
    called = int(now - cell.members[person].called_at < HOUR and person != cell.incident.opened_by)
    return most - called - nudges.rings_since(session, person, now - HOUR)


def _row(cell: Cell, call: Call, message: str, heard: bool, now: datetime) -> Nudge:
    return Nudge(
        incident=cell.incident.id,
        clock=call.clock.id,
        step=call.step.name,
        rung=call.rung,
        person=call.person,
        message=message,
        rang=heard,
        due=call.step.at,
        sent_at=now,
    )


def _log(session: Session, cell: Cell, call: Call, room_key: str, audible: bool, now: datetime) -> None:
    after = {
        "step": call.step.name,
        "rung": call.rung,
        "person": call.person,
        "planned": call.step.at,
        "where": "cell" if room_key == cell.incident.room_key else "direct",
        "audible": audible,
        "climbed": call.climbed,
    }
    record = Record("nudge", "ring", call.clock.id, None, after)
    chronicle.record(session, cell.incident.id, record, sender=None, cause=None, now=now)


def refresh_board(session: Session, tools: Tools, incident: str, now: datetime) -> bool:
    """An incident's board of deadlines as time passes: an edit a minute at most, and only where a word changed."""
    cell = cells.load(session, incident)
    if cell is None:
        return False
    after = boards.refresh_clocks(session, tools.voice, cell, lambda user: tools.name_of(cell, user), now)
    if after is not cell:
        cells.save(session, cell, after)
    return after is not cell
