"""What recurs: the rhythm of the cell. Guarantee: a round that is done is in the log with who and when, and the same
decision begins the next; nothing recurs once the crisis is lifted."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from bot.commands.call import Call
from bot.commands.clocks import DONE, arm, find, news, record
from bot.commands.scene import Scene
from bot.domain import clock_times
from bot.domain.cell import Cell
from bot.domain.clock_lines import line
from bot.domain.clocks import Clock, ClockStatus
from bot.domain.deadlines import due
from bot.domain.incident import Undoable
from bot.domain.outcome import Outcome, Record, Refusal

SITREP, SHIFT = "HOUSE-SITREP", "HOUSE-SHIFT"
"""The rules of which an act of the cell makes the rounds: a point that is approved, a coordinator who hands over."""


class Round(NamedTuple):
    """A round that begins: the cell then, the entries, and each clock that was begun anew, before and after."""

    cell: Cell
    records: tuple[Record, ...]
    begun: tuple[tuple[Clock, Clock], ...]


def done(scene: Scene, call: Call) -> Outcome:
    """A clock of our own is met, or a round is done. Any other clock of a rule closes with its proof of filing only."""
    cell = scene.here
    before = find(scene, call.clocks()[0])
    note = call.get("text", str)
    if recurs(scene, before):
        return made(scene, before, scene.now, note)
    if not before.own:
        raise Refusal("clocks.needs_proof", clock=before)
    if before.status in DONE:
        raise Refusal("clocks.finished", clock=before)
    who = call.actor.matrix_id if call.actor else scene.sender
    after = arm(cell, replace(before, status=ClockStatus.CLOSED, closed_at=scene.now, filed_by=who))
    changed = cell.with_clocks([after]).with_undo(Undoable(scene.sender, scene.now, "done", clocks=(before,)))
    entry = record("done", before, after, by=who if who != scene.sender else None, note=note)
    values = {"line": line(changed, after, scene.now), "name": scene.name_of(who), "note": note}
    return Outcome(changed, (entry,), news(scene, "clocks.done", values))


def recurs(scene: Scene, clock: Clock) -> bool:
    """Whether each time that it is done starts the next."""
    rule = scene.rules.get(clock.rule)
    return rule is not None and rule.recurs


def made(scene: Scene, before: Clock, at: datetime, note: str | None) -> Outcome:
    """Somebody says that a round was done, at that time."""
    if before.status in DONE:
        raise Refusal("clocks.finished", clock=before)
    turned = turn(scene, scene.here, before, at, note=note)
    undo = Undoable(scene.sender, scene.now, "done", clocks=tuple(old for old, _ in turned.begun))
    changed = turned.cell.with_undo(undo)
    values = {
        "line": line(changed, changed.clocks[before.id], scene.now),
        "name": scene.name_of(scene.sender),
        "at": at,
        "note": note,
        "again": [line(changed, new, scene.now) for _, new in turned.begun[1:]],
    }
    return Outcome(changed, turned.records, news(scene, "clocks.round", values))


def turn(
    scene: Scene,
    cell: Cell,
    before: Clock,
    at: datetime,
    *,
    until: datetime | None = None,
    owner: str | None = None,
    note: str | None = None,
) -> Round:
    """The round was done at that time: the next begins, and what is owed with each round is owed anew."""
    zone = ZoneInfo(cell.incident.timezone)
    closed = replace(clock_times.ended(before, scene.now, scene.sender, note=note), filed_at=at)
    until = until or due(scene.rules[before.rule], at, zone).at
    after = clock_times.again(before, at, until, scene.now, zone, owner)
    begun = [(before, after)]
    records = [record("done", before, closed, note=note), record("again", closed, after)]
    for clock in cell.clocks.values():
        rule = scene.rules.get(clock.rule)
        if rule is None or rule.again_with != before.rule or not rule.stands(cell.answer_words):
            continue
        if clock.status in (ClockStatus.FILED, ClockStatus.CLOSED):
            anew = clock_times.again(clock, at, due(rule, at, zone).at, scene.now, zone, clock.owner)
            begun.append((clock, anew))
            records.append(record("again", clock, anew))
    return Round(cell.with_clocks(new for _, new in begun), tuple(records), tuple(begun))


def stopped(scene: Scene, cell: Cell) -> list[tuple[Clock, Clock]]:
    """What recurs and ends with the crisis, before and after."""
    rhythm = [clock for clock in cell.clocks.values() if clock.open and recurs(scene, clock)]
    return [(clock, clock_times.ended(clock, scene.now, None)) for clock in rhythm]


def resumed(scene: Scene, cell: Cell) -> list[tuple[Clock, Clock]]:
    """What ended with the crisis and recurs again now that it is under way, before and after."""
    zone, now, lifted_at = ZoneInfo(cell.incident.timezone), scene.now, scene.here.incident.closed_at
    rhythm = [clock for clock in cell.clocks.values() if clock.closed_at == lifted_at and recurs(scene, clock)]
    ends = [due(scene.rules[clock.rule], now, zone).at for clock in rhythm]
    return [(clock, clock_times.again(clock, now, at, now, zone, None)) for clock, at in zip(rhythm, ends, strict=True)]
