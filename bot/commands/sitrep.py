"""The situation point. Guarantee: its nine lines are the state as it stands, or somebody's own words shown as such; a
supposition is never shown as a fact; and it counts only once the coordinator has said so, of all that it says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from bot.commands import care, qualify, rounds
from bot.commands.call import Call
from bot.commands.clocks import arm, numbered
from bot.commands.clocks import record as clock_record
from bot.commands.permission import effective
from bot.commands.rounds import Round
from bot.commands.scene import Scene
from bot.commands.spec import Place
from bot.domain.cell import Cell
from bot.domain.clock_lines import ClockLine, line, lines
from bot.domain.clocks import ClockStatus, Ring
from bot.domain.drafts import Draft, TextStanding
from bot.domain.effects import Ask, Effect, Reply, Tick
from bot.domain.incident import Task, TaskStatus, Undoable
from bot.domain.moments import filed_rule
from bot.domain.nudges import START
from bot.domain.outcome import Outcome, Record, Refusal
from bot.domain.playbook import Text
from bot.domain.qualifying import Answer, Question, moot
from bot.domain.registers import FactStatus, Point
from bot.domain.roles import VITAL, Role, Track

EVERY = timedelta(hours=4)
CLOSER = timedelta(hours=2)
"""What is offered on the first day of a grave crisis."""
FIRST_DAY = timedelta(hours=24)
GRAVE = 3
APPROVE_WITHIN = timedelta(hours=4)
OWN_WORDS = range(2, 9)
"""The lines that may be said in one's own words: the first holds what is verified, the ninth an hour."""


def sitrep(scene: Scene, call: Call) -> Outcome:
    """Draft the point from the state, and ask the coordinator for it; or change the one that waits for them."""
    cell, every = scene.here, call.get("in", timedelta)
    waiting = _waiting(scene)
    number = call.get("line", int)
    if number is not None:
        return _change(scene, call, waiting, number)
    if every is not None and waiting is not None:
        return _asked(scene, replace(waiting, at=scene.now, next_at=scene.now + every), waiting)
    return _asked(scene, Point(len(cell.points) + 1, scene.now, scene.sender, scene.now + (every or EVERY)), None)


def _waiting(scene: Scene) -> Point | None:
    """The latest point, if the coordinator has neither approved it nor set it aside."""
    points = scene.here.points
    last = points[max(points)] if points else None
    return last if last is not None and f"sitrep:{last.number}" in scene.asked else None


def _change(scene: Scene, call: Call, before: Point | None, number: int) -> Outcome:
    """One line of the point that waits, in the words that were typed; without words, as the state says it again.

    Refuses the first, which holds what is verified, and the last, which is an hour.
    """
    if before is None:
        raise Refusal("sitrep.none_waits")
    text = call.get("text", str)
    if number not in OWN_WORDS or (text is None and number not in dict(before.said)):
        raise Refusal("sitrep.which_line", line=number, first=OWN_WORDS[0], last=OWN_WORDS[-1])
    every = call.get("in", timedelta)
    length = every if every is not None else before.next_at - before.at
    after = replace(before.saying(number, text), at=scene.now, next_at=scene.now + length)
    return _asked(scene, after, before)


def _asked(scene: Scene, point: Point, before: Point | None) -> Outcome:
    """Show the point as it is now, whole, and ask for it: the one shown before is answered by nobody any more."""
    cell = scene.here
    coordinators = tuple(m.matrix_id for m in cell.holders(effective(cell, Role.COORDINATOR)))
    if not coordinators:
        raise Refusal("sitrep.no_coordinator")
    asked = Ask(
        "sitrep.draft",
        {**nine_lines(cell, point), "people": scene.names_of(coordinators)},
        command="sitrep",
        about=f"sitrep:{point.number}",
        held={"number": point.number},
        may=coordinators,
        life=APPROVE_WITHIN,
        ring=coordinators,
        in_cell=True,
    )
    established = [f.id for f in cell.facts.values() if f.status is FactStatus.VERIFIED and not f.withdrawn]
    after = {**_state(point), "verified": established}
    record = Record("draft", "sitrep_edit" if before else "sitrep", point.id, _state(before) if before else None, after)
    effects: tuple[Effect, ...] = (asked,) if scene.place is Place.CELL else (asked, Tick())
    return Outcome(cell.with_entries([point]).without_undo(scene.sender), (record,), effects)


def _state(point: Point) -> dict[str, Any]:
    return {"next_at": point.next_at, "said": {str(line): words for line, words in point.said}}


def answered(scene: Scene, held: Mapping[str, Any], answer: Answer) -> Outcome:
    """The coordinator's yes or no. A yes sets the clock of the next point."""
    cell, number = scene.here, int(held["number"])
    before = cell.points[number]
    if answer is not Answer.YES:
        record = Record("draft", "sitrep_refused", before.id)
        return Outcome(cell, (record,), (Reply("sitrep.refused", {"point": before}),))
    point = replace(before, approved_by=scene.sender, approved_at=scene.now)
    done = [
        (clock, replace(clock, status=ClockStatus.CLOSED, closed_at=scene.now, filed_by=scene.sender))
        for clock in cell.clocks.values()
        if clock.own and clock.open and clock.title in {_title(n) for n in range(1, number + 1)}
    ]
    taken_back = Undoable(scene.sender, scene.now, "sitrep", clocks=tuple(old for old, _ in done))
    closed = cell.with_clocks([arm(cell, new) for _, new in done]).with_undo(taken_back)
    turned = _next_round(closed, scene, point)
    changed = turned.cell.with_entries([point]).without_undo(scene.sender)
    records = (
        Record("draft", "sitrep_approve", point.id, None, {"approved_by": scene.sender, **_state(point)}),
        *(clock_record("done", old, new) for old, new in done),
        *turned.records,
    )
    following, *others = (new for _, new in turned.begun)
    again = [line(changed, clock, scene.now) for clock in others]
    values = {"point": point, "name": scene.name_of(scene.sender), "clock": following, "again": again}
    return Outcome(changed, records, (Reply("sitrep.approved", values), *qualify.again(scene, changed)))


def nine_lines(cell: Cell, point: Point) -> dict[str, Any]:
    """What each of the nine lines says, in order; the words are the template's."""
    facts = [f for f in cell.facts.values() if not f.withdrawn]
    clocks = lines(cell, point.at)
    decided = [d for d in cell.decisions.values() if not d.withdrawn and d.denied_at is None]
    since = max((p.at for p in cell.points.values() if p.approved_at is not None), default=cell.incident.opened_at)
    grave = (cell.incident.severity or 0) >= GRAVE and point.at - cell.incident.opened_at < FIRST_DAY
    return {
        "point": point,
        "said": dict(point.said),
        "cell": cell,
        "verified": [f for f in facts if f.status is FactStatus.VERIFIED],
        "suppositions": [f for f in facts if f.status in (FactStatus.PROBABLE, FactStatus.TO_VERIFY)],
        "questions": _open_questions(cell),
        "unknown": _unknown(clocks),
        "unsaid_severity": cell.incident.severity is None,
        "care": _care(cell),
        # The next point is the ninth line.
        "clocks": [each for each in clocks if each.clock.open and each.clock.rule != rounds.SITREP],
        "decided": [d for d in decided if d.at >= since],
        "unconfirmed": [d for d in decided if d.waits],
        "blocked_critical": [t for t in _blocked(cell) if t.critical],
        "texts": [d for d in cell.drafts.values() if _waits(cell, d, point)],
        "blocked": _blocked(cell),
        # In a practice one person does everything, and knows it.
        "vacant": [r for r in VITAL if not cell.holders(r)] if cell.incident.kind != "medical_practice" else [],
        "closer": point.at + CLOSER if grave else None,
    }


def _unknown(clocks: Iterable[ClockLine]) -> list[Text]:
    """Which moments that start clocks nobody has found yet."""
    found: dict[str, Text] = {}
    for each in clocks:
        if each.clock.open and each.clock.hypothesis and filed_rule(each.clock.moment) is None:
            found[each.clock.moment] = each.started_by
    return list(found.values())


def _open_questions(cell: Cell) -> list[Question]:
    """What decides which clocks are owed, and nobody has said yes or no to: it is asked again at each point."""
    said = cell.answer_words
    return [q for q in cell.questions if said.get(q.id, Answer.UNKNOWN) == Answer.UNKNOWN and not moot(q, said)]


def _care(cell: Cell) -> dict[str, Any]:
    tasks = cell.track(Track.CARE)
    done = [t for t in tasks if t.status in (TaskStatus.DONE, TaskStatus.SKIPPED)]
    held = care.board(cell)
    troubled = [service for service in held["services"] if service.troubled]
    board = {**held, "troubled": troubled, "normal": len(held["services"]) - len(troubled)}
    blocked = [t for t in tasks if t.status is TaskStatus.BLOCKED]
    return {**board, "done": len(done), "tasks": len(tasks), "blocked": blocked}


def _blocked(cell: Cell) -> list[Task]:
    return [t for t in cell.in_order if t.status is TaskStatus.BLOCKED]


def _waits(cell: Cell, draft: Draft, point: Point) -> bool:
    return draft.standing(cell.incident.severity, point.at) is TextStanding.WAITING


def _next_round(cell: Cell, scene: Scene, point: Point) -> Round:
    """The clock of the next point, in the hands of who approved this one: the one that began with the crisis; where
    none did, or the crisis is lifted, one of our own."""
    running = cell.clocks.get(rounds.SITREP)
    if running is not None and running.status is not ClockStatus.CLOSED and rounds.recurs(scene, running):
        return rounds.turn(scene, cell, running, scene.now, until=point.next_at, owner=scene.sender)
    title, ring = _title(point.number + 1), Ring(START, scene.now)
    begun = numbered(cell, scene.now, title, point.next_at, Role.COORDINATOR, owner=scene.sender, ring=ring)
    return Round(cell.with_clocks([begun]), (clock_record("start", None, begun),), ((begun, begun),))


def _title(number: int) -> Text:
    return Text(f"Point de situation n° {number}", f"Situation point {number}")
