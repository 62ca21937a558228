"""What ten thousand open clocks cost at each heartbeat, and how late a reminder is among them.

Guarantee: the heartbeat is the bot's own, on a database of its own, in real time; every reminder that is measured is a
row of the same transaction as its message.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from bot.clock import SystemClock
from bot.commands.scene import Organisation
from bot.config import Config, load
from bot.configured import people_and_playbooks
from bot.demo.bench.contest import PROBE, Contest
from bot.demo.bench.figures import Figure
from bot.demo.bench.processes import BenchError
from bot.domain.cell import Cell
from bot.domain.clocks import HOUSE_PARTY, Clock, ClockStatus, Ring
from bot.domain.nudges import START, armed
from bot.domain.playbook import Text
from bot.engine import Engine, Outside
from bot.matrix.rooms import follow
from bot.matrix.verification import decline_in_room
from bot.render import Catalogue
from bot.resources import data
from bot.speech import Voice
from bot.store import cells, nudges
from bot.store.db import Database, Session
from bot.ticker import BEAT, Ticker
from bot.tools import Tools

A_CRISIS: Final = 100
"""So many clocks has one crisis: more than any that we know of."""
BEATS: Final = 10
SOON: Final = timedelta(seconds=3)
SPREAD: Final = timedelta(seconds=60)
"""The reminders fall due at instants spread over this time, one a crisis."""
MEASURED: Final = 100
LASTS: Final = timedelta(hours=11)
LATE_BOUND_S: Final = BEAT.total_seconds()


async def open_clocks(contest: Contest, room: str, count: int) -> list[Figure]:
    """So many clocks, over as many crises like the one of that room as it takes. Raises BenchError."""
    cell = await contest.read(lambda session: _crisis(session, room))
    config = load(contest.stage.config, {})
    path = contest.stage.folder / "clocks.db"
    return await _measured(config, path, cell, count)


def _crisis(session: Session, room: str) -> Cell:
    incident = cells.by_room(session, room)
    cell = cells.load(session, incident) if incident else None
    if cell is None or not any(clock.status is ClockStatus.RUNNING for clock in cell.clocks.values()):
        raise BenchError("the cell's room has no incident with a clock that runs")
    return cell


async def _measured(config: Config, path: Path, cell: Cell, count: int) -> list[Figure]:
    db, clock = Database(f"sqlite:///{path}"), SystemClock()
    try:
        await asyncio.to_thread(db.migrate)
        tools = _tools(config)
        engine = Engine(db, clock, tools, Outside(follow, decline_in_room), lambda: None)
        ticker = Ticker(db, clock, engine, lambda: None)
        crises = max(1, count // A_CRISIS)
        await asyncio.to_thread(_fill, db, cell, crises, None)
        took = [await _beat(ticker) for _ in range(BEATS + 1)][1:]  # the first does what falls due every minute
        begins = clock.now() + SOON
        await asyncio.to_thread(_fill, db, cell, min(crises, MEASURED), begins)
        ticker.start()
        try:
            await asyncio.sleep((SOON + _spread(crises) + 2 * BEAT).total_seconds())
        finally:
            ticker.stop()
        late = sorted(await db.call(_late, begins))
    finally:
        await asyncio.to_thread(db.close)
    if len(late) < min(crises, MEASURED):
        raise BenchError(f"{len(late)} reminders were said of {min(crises, MEASURED)}")
    worst = late[min(len(late) - 1, int(len(late) * 0.99))]
    return [
        Figure(f"(i) a heartbeat with {crises * A_CRISIS} open clocks, none due", "ms", tuple(took)),
        Figure(f"    a reminder's lateness, of {len(late)}", "s", tuple(late)),
        Figure("    99 of 100 are said within", "s", (worst,), (), LATE_BOUND_S),
    ]


async def _beat(ticker: Ticker) -> float:
    began = time.perf_counter()
    await ticker.beat()
    return (time.perf_counter() - began) * 1000


def _tools(config: Config) -> Tools:
    roster, library, rules = people_and_playbooks(config)
    said = config.organisation
    return Tools(
        organisation=Organisation(said.name, said.kind, said.timezone, said.language, said.country),
        roster=roster,
        library=library,
        voice=Voice(Catalogue(data("templates", "chat"))),
        bot_id=config.matrix.user_id,
        server=config.matrix.user_id.partition(":")[2],
        passphrase=config.matrix.store_passphrase.get_secret_value(),
        overrides={},
        fingerprint=lambda: "",
        rules=rules,
    )


def _fill(db: Database, like: Cell, crises: int, begins: datetime | None) -> None:
    """Crises like that one, each with its clocks, rung for already; with `begins`, one more clock each that begins to
    ring then or a little later."""
    with db.transaction() as session:
        before = {each: cells.load(session, each) for each in cells.every(session)}
        for number in range(1, crises + 1):
            identifier = f"INC-2099-{number:04d}"
            held = before.get(identifier)
            made = held or _another(like, identifier, number)
            at = None if begins is None else begins + _spread(crises) * number / crises
            clocks = _clocks(made) if at is None else iter([_probe(made, at)])
            whole = made.with_clocks(clocks)
            cells.save(session, held, whole if held is not None else replace(whole, clocks=_without(whole, like)))


def _spread(crises: int) -> timedelta:
    return SPREAD * min(crises, MEASURED) / MEASURED


def _without(cell: Cell, like: Cell) -> dict[str, Clock]:
    return {name: clock for name, clock in cell.clocks.items() if name not in like.clocks}


def _another(like: Cell, identifier: str, number: int) -> Cell:
    """The same crisis under another name, with a person of its own: nobody is rung for another's."""
    incident = replace(like.incident, id=identifier, year=2099, number=number, room_key=f"cell:{identifier}")
    member = replace(next(iter(like.members.values())), matrix_id=_person(like, number))
    return replace(like, incident=incident, members={member.matrix_id: member}, boards={}, undo={}, history={})


def _person(like: Cell, number: int) -> str:
    server = next(iter(like.members)).partition(":")[2]
    return f"@{PROBE}{number}:{server}"


def _clocks(cell: Cell) -> Iterator[Clock]:
    """As many as it has, which have said what they had to say until now."""
    start = cell.incident.opened_at
    for number in range(1, A_CRISIS + 1):
        due = start + timedelta(days=2, minutes=number)
        yield _clock(cell, f"bench-{number}", start, due, Ring(step=START, step_at=start))


def _probe(cell: Cell, at: datetime) -> Clock:
    return _clock(cell, "bench-probe", at, at + LASTS, Ring())


def _clock(cell: Cell, name: str, start: datetime, due: datetime, ring: Ring) -> Clock:
    like = next(clock for clock in cell.clocks.values() if clock.status is ClockStatus.RUNNING)
    clock = replace(
        like, rule=name, party=HOUSE_PARTY, names=Text(name, name), started_at=start, prudent_from=None,
        prudent_due=None, official_from=start, official_due=due, owner=next(iter(cell.members)), ring=ring,
    )  # fmt: skip
    return armed(clock, ZoneInfo(cell.incident.timezone))


def _late(session: Session, begins: datetime) -> list[float]:
    """By how many seconds each reminder came after its time."""
    return [
        (each.sent_at - each.due).total_seconds()
        for incident in cells.every(session)
        for each in nudges.of_incident(session, incident)
        if each.due >= begins
    ]
