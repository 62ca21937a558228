"""Reminders going out. Guarantee: what is due now is found by a query, said once, to each person in one message; the
message, the row that says who was rung, the log's entry and the clock's state are of one transaction, and no incident's
fault holds up another's.

Nobody is rung more than six times an hour, nor a director more than three: what is beyond that waits until it may be
heard, together with what has come due meanwhile; only the instant at which a clock is due waits for nothing, and is
then said without a sound.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot import boards, calls_outside, chronicle
from bot.decisions import REFRESH
from bot.domain.cell import Cell
from bot.domain.clock_lines import lines
from bot.domain.clocks import Clock, ClockStatus, Ring, Standing
from bot.domain.incident import IncidentStatus
from bot.domain.nudges import (
    DIRECTORS,
    DUE,
    OUTSIDE,
    OWNER,
    ROOM,
    SECONDS,
    TOGETHER,
    Step,
    armed,
    climbs_now,
    clock_set,
    due_step,
    held,
    last_rung,
    on_rung,
    orphan,
    outside_from,
    patience,
    remaining,
    waking,
)
from bot.domain.outcome import Record
from bot.making import open_direct
from bot.noise import frees_at, rings_left
from bot.speech import Late
from bot.store import cells, meta, nudges
from bot.store.db import Session
from bot.store.nudges import Nudge
from bot.tools import Tools

LATE = timedelta(minutes=5)
"""From this on a reminder says how late it comes: the bot was cut off, or it waited for its room."""
LAST_BEAT = "heartbeat"
"""Under this `meta` key: when the heart beat last."""


@dataclass(frozen=True)
class Call:
    """One person to be rung for one clock. `climbed`: nobody had taken the reminder on the rung below."""

    person: str
    clock: Clock
    step: Step
    rung: int
    climbed: bool


@dataclass(frozen=True)
class Beat:
    """One incident at one beat. `away`: how long there was no beat before it."""

    session: Session
    tools: Tools
    cell: Cell
    now: datetime
    zone: ZoneInfo
    away: timedelta

    def audible(self, person: str) -> bool:
        """Whether this person may be rung now."""
        return rings_left(self.session, self.cell, person, self.now) > 0


def ring(session: Session, tools: Tools, incident: str, now: datetime) -> bool:
    """Say every reminder of an incident that is due now. Returns whether anything was put in the outbox."""
    cell = cells.load(session, incident)
    if cell is None:
        return False
    last = meta.get(session, LAST_BEAT)
    away = now - datetime.fromisoformat(last) if last else timedelta(0)
    beat = Beat(session, tools, cell, now, ZoneInfo(cell.incident.timezone), away)
    after, calls = _due(beat)
    after, calls = _together(beat, after, calls)
    changed = cell.with_clocks(after.values())
    beat = replace(beat, cell=changed)
    aside = [call for call in calls if call.rung < OUTSIDE]
    for person in dict.fromkeys(call.person for call in aside):
        _say(beat, person, [call for call in aside if call.person == person])
    _outside(beat, [call for call in calls if call.rung == OUTSIDE])
    _to_the_room(beat, [call for call in calls if call.rung == ROOM])
    cells.save(session, cell, changed)
    # The boards show it once nobody waits for a reminder any more.
    meta.put(session, f"{REFRESH}{incident}", f"ring:{now.timestamp()}")
    return bool(calls)


def _due(beat: Beat) -> tuple[dict[str, Clock], list[Call]]:
    """The clocks that want attention now, as they are after it, and whom to ring for them."""
    after: dict[str, Clock] = {}
    calls: list[Call] = []
    for clock in beat.cell.by_urgency:
        if clock.next_at is None or clock.next_at > beat.now:
            continue
        after[clock.id], found = advance(beat, clock)
        calls += found
    return after, calls


def _together(beat: Beat, after: dict[str, Clock], calls: list[Call]) -> tuple[dict[str, Clock], list[Call]]:
    """With whoever is rung now, what would ring for them soon: they look once."""
    rung = {call.person for call in calls if call.rung < OUTSIDE and beat.audible(call.person)}
    room = any(call.rung == ROOM for call in calls)
    for clock in beat.cell.by_urgency if rung or room else ():
        if clock.id in after or clock.own:
            continue
        changed, found = _soon(beat, clock)
        if found and (room if found[0].rung == ROOM else found[0].person in rung):
            after[clock.id] = changed
            calls = [*calls, *found]
    return after, calls


def _soon(beat: Beat, clock: Clock) -> tuple[Clock, list[Call]]:
    """What a clock would say within a quarter of an hour, or by climbing within half of what it waits for that."""
    has, ring_ = held(beat.cell, clock), clock.ring
    step = next(remaining(clock, beat.zone), None)
    if step is not None and step.movable and waking(clock, step.at, beat.zone, held=has) <= beat.now + TOGETHER:
        return _new_step(beat, clock, step)
    if ring_.climb_at is None or ring_.held or clock.status is not ClockStatus.RUNNING:
        return clock, []
    at = waking(clock, ring_.climb_at, beat.zone, held=has)
    half = patience(clock, beat.now, beat.tools.escalate_after) / 2
    return _next_rung(beat, clock) if at <= beat.now + half else (clock, [])


def advance(beat: Beat, clock: Clock) -> tuple[Clock, list[Call]]:
    """The clock after this beat, and whom to ring for it."""
    has = held(beat.cell, clock)
    step = due_step(clock, beat.now, beat.zone, held=has)
    if step is not None:
        return _new_step(beat, clock, step)
    if climbs_now(clock, beat.now, beat.zone, held=has):
        return _next_rung(beat, clock)
    return armed(clock, beat.zone, held=has), []


def _new_step(beat: Beat, clock: Clock, step: Step) -> tuple[Clock, list[Call]]:
    """A new reminder: its owner; where nobody holds the role every rung at once; the directors where it is theirs."""
    cell, now = beat.cell, beat.now
    # That nobody holds its role is said at once, and once; then it climbs from whoever stands in, if anybody does.
    if not clock.climbs and clock.owner is not None and step.name != DUE:
        step = replace(step, climbs=False)  # somebody has what is ours: the coordinator hears if nothing comes of it
    alone = step.climbs and orphan(cell, clock) and not (clock.ring.unheld_told and held(cell, clock))
    top = min(last_rung(clock), DIRECTORS) if alone else OWNER
    step = _caught_up(beat, clock, step)
    rungs = list(range(top + 1))
    if step.directors and DIRECTORS not in rungs:
        rungs.append(DIRECTORS)
    calls = _once_each(Call(user, clock, step, rung, False) for rung in rungs for user in on_rung(cell, clock, rung))
    # One ring an hour is kept for the instants at which clocks are due.
    spare = int(step.movable and not step.name.startswith("+"))
    if calls and step.name != DUE and rings_left(beat.session, cell, calls[0].person, now) <= spare:
        frees = frees_at(beat.session, cell, calls[0].person, now, spare)
        return replace(armed(clock, beat.zone, held=held(cell, clock)), next_at=frees), []
    told = tuple(call.person for call in calls)
    climb_at = _climbs_at(beat, clock, step.at, top) if step.climbs else None
    ring = Ring(step.name, step.at, top, climb_at, told, rang_at=now, unheld_told=clock.ring.unheld_told or alone)
    after = replace(clock, ring=ring)
    return armed(after, beat.zone, held=held(cell, clock)), calls


def _caught_up(beat: Beat, clock: Clock, step: Step) -> Step:
    """A reminder that waited for the morning stands for the next one too, where that would ring soon after it."""
    if beat.now - step.at <= LATE:
        return step
    after = replace(clock, ring=replace(clock.ring, step_at=step.at))
    following = next(remaining(after, beat.zone), None)
    soon = beat.now + patience(clock, beat.now, beat.tools.escalate_after)
    if following is None or not following.movable or following.at > soon:
        return step
    return replace(following, directors=step.directors or following.directors, climbs=step.climbs or following.climbs)


def _climbs_at(beat: Beat, clock: Clock, since: datetime, rung: int) -> datetime | None:
    """When it goes higher than that rung unless somebody takes it; None if it does not, or if it rings anew by then."""
    if rung >= last_rung(clock):
        return None
    waits = patience(clock, beat.now, beat.tools.escalate_after)
    at = beat.now + waits
    if rung + 1 >= OUTSIDE:
        at = outside_from(clock, at)
    after = replace(clock, ring=replace(clock.ring, step_at=since))
    following = next(remaining(after, beat.zone), None)
    rings_anew = following is not None and following.at <= at + min(TOGETHER, waits / 2)
    return None if rings_anew else at


def _next_rung(beat: Beat, clock: Clock) -> tuple[Clock, list[Call]]:
    """Nobody took it in time: one rung higher, past rungs on which there is nobody who was not rung."""
    old, now, has = clock.ring, beat.now, held(beat.cell, clock)
    step = Step(waking(clock, old.climb_at or now, beat.zone, held=has), old.step)
    rung, users = old.rung, ()  # type: tuple[int, tuple[str, ...]]
    while not users and rung < last_rung(clock):
        if rung + 1 == OUTSIDE and outside_from(clock, now) > now:
            break
        rung += 1
        users = _still_to_ring(beat, clock, rung)
    heard = [user for user in users if beat.audible(user)]
    if users and not heard and rung != OUTSIDE:
        frees = min(frees_at(beat.session, beat.cell, user, now) for user in users)
        return armed(replace(clock, ring=replace(old, climb_at=frees)), beat.zone, held=has), []
    climb_at = _climbs_at(beat, clock, old.step_at or now, rung)
    told = tuple(dict.fromkeys((*old.told, *users)))
    after = replace(clock, ring=replace(old, rung=rung, climb_at=climb_at, told=told))
    return armed(after, beat.zone, held=has), [Call(user, clock, step, rung, True) for user in users]


def _still_to_ring(beat: Beat, clock: Clock, rung: int) -> tuple[str, ...]:
    """Who is to be rung on that rung. Who has seen it is not rung again for this step; the room and outside channels
    may ring those who were rung and did not answer."""
    users = [user for user in on_rung(beat.cell, clock, rung) if user not in clock.ring.seen]
    if rung == OUTSIDE:
        return calls_outside.reachable(beat.session, beat.tools, beat.cell, users, beat.now)
    if rung == ROOM:
        return tuple(users) if beat.cell.incident.status is IncidentStatus.OPEN else ()
    return tuple(user for user in users if user not in clock.ring.told)


def _once_each(calls: Iterable[Call]) -> list[Call]:
    """The lowest rung counts for somebody who stands on several."""
    found: dict[str, Call] = {}
    for call in calls:
        found.setdefault(call.person, call)
    return list(found.values())


def _say(beat: Beat, person: str, calls: list[Call]) -> None:
    """One message for all that is due together for one person: in the cell, and beside where they are not alone there;
    or in their direct room."""
    session, tools, cell, now = beat.session, beat.tools, beat.cell, beat.now
    first = calls[0]
    # Once the crisis is lifted its room is left in peace.
    calm = cell.incident.status is not IncidentStatus.OPEN
    in_cell = any(call.rung == OWNER for call in calls) and cell.members[person].present and not calm
    audible = beat.audible(person)
    late = max(now - waking(call.clock, call.step.at, beat.zone, held=held(cell, call.clock)) for call in calls)
    values = {
        **_values(beat, calls),
        "user": person,
        "name": tools.name_of(cell, person),
        # What waited for its turn is not late; what an outage held up is.
        "late": late if min(late, beat.away) >= LATE else None,
        "rung": min(call.rung for call in calls),
        "climbed": first.climbed,
        "alone": orphan(cell, first.clock),
    }
    key = _key(cell, first, person, now)
    places = [(cell.incident.room_key, cell.incident.language)] if in_cell else []
    # Who is the whole cell reads it once, where it is kept.
    if not (in_cell and [m.matrix_id for m in cell.members.values() if m.left_at is None] == [person]):
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
        _log(beat, call, "cell" if in_cell else "direct", audible)


def _to_the_room(beat: Beat, calls: list[Call]) -> None:
    """The last rung: one message in the cell's room that rings whoever is in it and may still be rung."""
    if not calls:
        return
    session, tools, cell, now = beat.session, beat.tools, beat.cell, beat.now
    people = tuple(dict.fromkeys(call.person for call in calls))
    rung = tuple(person for person in people if beat.audible(person))
    ring_ = calls[0].clock.ring
    silent = [user for user in ring_.told if user not in ring_.seen and user in _first_rungs(cell, calls[0].clock)]
    alone = people[0] if len(people) == 1 and people[0] in ring_.told else None
    values = {**_values(beat, calls), "tried": [tools.name_of(cell, user) for user in silent], "alone": alone}
    message = f"{_key(cell, calls[0], 'room', now)}:cell"
    tools.voice.say(
        session, now, cell.incident.room_key, "nudges.room", cell.incident.language, values, message, cell=cell,
        ring=rung, priority=0,
    )  # fmt: skip
    nudges.put(session, [_row(cell, call, message, call.person in rung, now) for call in calls])
    for call in calls:
        _log(beat, call, "cell", call.person in rung)


def _first_rungs(cell: Cell, clock: Clock) -> set[str]:
    """Whom it rang before it came to the room."""
    return {user for rung in (OWNER, SECONDS, DIRECTORS) for user in on_rung(cell, clock, rung)}


def _outside(beat: Beat, calls: list[Call]) -> None:
    """The rung before it: each person once, for all clocks that climbed to them together."""
    for person in dict.fromkeys(call.person for call in calls):
        mine = [call for call in calls if call.person == person]
        clocks = tuple(call.clock.id for call in mine)
        booked = calls_outside.book(beat.session, beat.tools, beat.cell, person, clocks, mine[0].step.name, beat.now)
        if booked is not None:
            for call in mine:
                _log(beat, call, "outside", True, channel=booked.channel, attempt=booked.id)


def _values(beat: Beat, calls: list[Call]) -> dict[str, object]:
    wanted = {call.clock.id for call in calls}
    shown = [line for line in lines(beat.cell, beat.now) if line.clock.id in wanted]
    shown.sort(key=lambda line: line.standing is not Standing.LATE)
    return {"lines": shown, "at": beat.now, "names": lambda user: beat.tools.name_of(beat.cell, user)}


def _key(cell: Cell, call: Call, person: str, now: datetime) -> str:
    return f"nudge:{cell.incident.id}:{call.clock.id}:{call.step.name}:{call.rung}:{person}:{int(now.timestamp())}"


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


def _log(beat: Beat, call: Call, where: str, audible: bool, **more: object) -> None:
    after = {
        "step": call.step.name,
        "rung": call.rung,
        "person": call.person,
        "planned": call.step.at,
        "where": where,
        "audible": audible,
        "climbed": call.climbed,
        **more,
    }
    record = Record("nudge", "ring", call.clock.id, None, after)
    chronicle.record(beat.session, beat.cell.incident.id, record, sender=None, cause=None, now=beat.now)


AHEAD = "clock_ahead"
"""Under this `meta` key, while our clock may be ahead of the truth: to what it was set forward."""


def set_clock(session: Session, by: timedelta, now: datetime) -> None:
    """Our own clock was set, to `now`: no reminder is said twice for it, and none is left out."""
    held_back = meta.get(session, AHEAD)
    ahead_from = datetime.fromisoformat(held_back) if held_back and by < timedelta(0) else None
    for incident in nudges.running_incidents(session):
        cell = cells.load(session, incident)
        if cell is not None:
            zone = ZoneInfo(cell.incident.timezone)
            after = [clock_set(clock, by, now, zone, ahead_from) for clock in cell.clocks.values()]
            cells.save(session, cell, cell.with_clocks(after))
    if by > timedelta(0):
        meta.put(session, AHEAD, now.isoformat())
    elif held_back:
        meta.put(session, AHEAD, "")


def refresh_board(session: Session, tools: Tools, incident: str, now: datetime) -> bool:
    """An incident's board of deadlines as time passes: an edit a minute at most, and only where a word changed."""
    cell = cells.load(session, incident)
    if cell is None:
        return False
    after = boards.refresh_clocks(session, tools.voice, cell, lambda user: tools.name_of(cell, user), now)
    if after is not cell:
        cells.save(session, cell, after)
    return after is not cell
