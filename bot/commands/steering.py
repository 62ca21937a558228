"""Severity and phase. Guarantee: a human decides both; the bot only asks, and proposes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from bot.commands import calling
from bot.commands.call import NEXT_PHASE, Call
from bot.commands.mobilising import ORDER, climb
from bot.commands.scene import Scene
from bot.commands.spec import Place
from bot.domain.approval import reassessed
from bot.domain.cell import Cell
from bot.domain.effects import Ask, Effect, Reply, Tell
from bot.domain.incident import Incident, Undoable
from bot.domain.outcome import Outcome, Record
from bot.domain.qualifying import Answer
from bot.domain.roles import Phase
from bot.domain.roster import Person
from bot.domain.rungs import of_severity
from bot.domain.severity import LEVELS, SIGNS, next_sign, proposed

PATIENCE = timedelta(minutes=10)
FULL_CELL = 3
"""From this severity on the whole cell is wanted, and a hospital's plan for mass events comes into question."""


def severity(scene: Scene, call: Call) -> Outcome:
    """Change the severity; without a figure, put the questions that assess it, one at a time."""
    level = call.get("severity", int)
    return _set(scene, level, {}) if level is not None else _ask(scene, {})


def answered(scene: Scene, held: Mapping[str, Any], answer: Answer) -> Outcome:
    """An answer to one of the four questions, or to the proposal."""
    answers = {name: Answer(said) for name, said in held["answers"].items()}
    if held["sign"] is not None:
        return _ask(scene, {**answers, held["sign"]: answer})
    if answer is Answer.YES:
        return _set(scene, proposed(answers), answers)
    return Outcome(effects=(Reply("steering.severity_kept", {"incident": scene.here.incident}),))


def _ask(scene: Scene, answers: Mapping[str, Answer]) -> Outcome:
    """The next question, or the proposal once what remains could change nothing."""
    sign = next_sign(answers)
    said = {name: answer.value for name, answer in answers.items()}
    level = proposed(answers)
    values = {
        "sign": sign,
        "number": len(answers) + 1,
        "most": len(SIGNS),
        "level": level,
        "meaning": LEVELS[level],
        "incident": scene.here.incident,
    }
    question = Ask(
        "steering.severity_question" if sign else "steering.severity_proposed",
        values,
        command="severity",
        about=f"severity:{scene.sender}",
        held={"answers": said, "sign": sign.id if sign else None},
        may=(scene.sender,),
        life=PATIENCE,
    )
    return Outcome(effects=(question,))


def _set(scene: Scene, level: int, answers: Mapping[str, Answer]) -> Outcome:
    cell = scene.here
    before = cell.incident.severity
    by = scene.name_of(scene.sender)
    values: dict[str, Any] = {"level": level, "before": before, "meaning": LEVELS[level], "by": by}
    values["full"] = level >= FULL_CELL and (before is None or before < FULL_CELL)
    values["hospital"] = cell.incident.kind == "hospital"
    if before == level:
        return Outcome(effects=(Reply("steering.severity_already", values),))
    changed = reassessed(replace(cell, incident=replace(cell.incident, severity=level)), scene.now)
    changed = changed.with_undo(Undoable(scene.sender, scene.now, "severity", was={"severity": before}))
    said = {"answers": {name: answer.value for name, answer in answers.items()}} if answers else {}
    entry = Record("incident", "severity", cell.incident.id, {"severity": before}, {"severity": level}, extra=said)
    changed, records, effects, people = _mobilised(scene, changed, level)
    values |= {"called": people, "rung": calling.rung_of(changed.incident)}
    return Outcome(changed, (entry, *records), (*effects, *told(scene, "steering.severity_set", values)))


def _mobilised(scene: Scene, cell: Cell, level: int) -> tuple[Cell, tuple[Record, ...], list[Effect], list[Person]]:
    """A severity calls its rung, where that is higher; nobody is called by it where only whom a person names is."""
    rung, wanted = calling.rung_of(cell.incident), of_severity(level)
    if rung is None or ORDER.index(wanted) <= ORDER.index(rung):
        return cell, (), [], []
    return climb(scene, cell, wanted)


def phase(scene: Scene, call: Call) -> Outcome:
    """Say the phase, or change it. Phases overlap: nothing is closed by it, and one may go back."""
    wanted, before = call.get("phase", Phase), scene.here.incident.phase
    if call.args.get("phase") == NEXT_PHASE:
        following = list(Phase)[list(Phase).index(before) + 1 :]
        wanted = following[0] if following else None
    values = _phase_values(scene, wanted or before)
    if wanted is None or wanted is before:
        return Outcome(effects=(Reply("steering.phase_now", values),))
    return _phase_set(scene, wanted)


def _phase_set(scene: Scene, wanted: Phase) -> Outcome:
    cell = scene.here
    before = cell.incident.phase
    values = _phase_values(scene, wanted)
    changed = replace(cell, incident=replace(cell.incident, phase=wanted))
    changed = changed.with_undo(Undoable(scene.sender, scene.now, "phase", was={"phase": before.value}))
    entry = Record("incident", "phase", cell.incident.id, {"phase": before.value}, {"phase": wanted.value})
    return Outcome(changed, (entry,), told(scene, "steering.phase_set", values))


def _phase_values(scene: Scene, wanted: Phase) -> dict[str, Any]:
    cell = scene.here
    before = cell.incident.phase
    return {
        "phase": wanted,
        "before": before,
        "phases": list(Phase),
        "open": [t for t in cell.open_tasks if t.phase is wanted],
        "left": [t for t in cell.open_tasks if t.phase is before and t.critical],
        "by": scene.name_of(scene.sender),
    }


def phase_answered(scene: Scene, held: Mapping[str, Any], answer: Answer) -> Outcome:
    """The answer to a phase's exit question; where the phase has changed meanwhile there is nothing left to answer."""
    cell = scene.here
    here, wanted = Phase(held["phase"]), Phase(held["next"])
    if answer is not Answer.YES or cell.incident.phase is not here:
        return Outcome(effects=(Reply("steering.phase_kept", {"phase": cell.incident.phase}),))
    return _phase_set(scene, wanted)


def told(scene: Scene, template: str, values: Mapping[str, Any], key: str = "0") -> tuple[Effect, ...]:
    """The answer; and, where it was typed elsewhere, the same in the cell's room, since it concerns everybody."""
    reply = Reply(template, values, key=key)
    if scene.place is Place.CELL:
        return (reply,)
    incident = scene.here.incident
    tell = Tell(incident.room_key, template, values, incident.language, key=f"told:{scene.event_id}:{key}")
    return reply, tell


def put_back(cell: Cell, was: Mapping[str, Any]) -> tuple[Cell, tuple[Record, ...]]:
    """The severity and the phase as they were, for `!annuler`."""
    incident = cell.incident
    records: list[Record] = []
    if "severity" in was:
        records.append(_undone(incident, "severity", was["severity"]))
        incident = replace(incident, severity=was["severity"])
    if "phase" in was:
        records.append(_undone(incident, "phase", was["phase"]))
        incident = replace(incident, phase=Phase(was["phase"]))
    return replace(cell, incident=incident), tuple(records)


def _undone(incident: Incident, name: str, before: str | int | None) -> Record:
    return Record("incident", "undo", incident.id, {name: getattr(incident, name)}, {name: before})
