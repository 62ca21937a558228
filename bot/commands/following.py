"""What a decision does to the tasks besides what was typed. Guarantee: each task that changes by itself has its entry
in the log, in the decision's own transaction, and people are told in one message, not in one a task."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from bot.commands import daily
from bot.commands.permission import effective
from bot.commands.scene import Scene
from bot.commands.tasks import state_of
from bot.domain import checklist
from bot.domain.cell import Cell
from bot.domain.checklist import Change
from bot.domain.effects import Ask, Effect, Tell
from bot.domain.incident import IncidentStatus
from bot.domain.outcome import Outcome, Record
from bot.domain.roles import Role

ASK_FOR = timedelta(hours=12)
MOST_NAMED = 6
_TOLD = {"aside": "aside", "return": "returned", "appear": "appeared"}
"""The changes of which the cell is told, and the name of each list in the message; new times stand on the boards."""


def completed(scene: Scene, outcome: Outcome) -> Outcome:
    """The outcome with what follows from it for the tasks, and the question of the phase's end if that is near."""
    before, after = scene.cell, outcome.cell
    if after is None or before is None or before.incident.id != after.incident.id:
        return outcome
    after, daily_records = daily.following(before, after, scene.now)
    outcome = replace(outcome, cell=after, records=(*outcome.records, *daily_records)) if daily_records else outcome
    changes: list[Change] = []
    # What appears may be what a later task awaits: a few rounds settle it.
    for _ in range(3):
        found = checklist.following(before, after, scene.now)
        if not found:
            break
        before, after = after, after.with_tasks(change.after for change in found)
        changes += found
    asked = _phase_question(scene, after)
    if not changes and not asked and not checklist.kept(scene.here, after):
        return outcome
    told = _told(scene, after, changes)
    return replace(
        outcome,
        cell=after,
        records=(*outcome.records, *records_of(changes, after)),
        effects=(*outcome.effects, *told, *asked),
    )


def records_of(changes: Sequence[Change], cell: Cell) -> tuple[Record, ...]:
    """An entry a task; a new one says what it is."""
    return tuple(
        Record(
            "task",
            change.verb,
            change.after.id,
            state_of(change.before) if change.before else None,
            {**state_of(change.after), **_described(change, cell)},
            extra={"rests_on": change.after.aside} if change.after.aside else {},
        )
        for change in changes
    )


def _described(change: Change, cell: Cell) -> dict[str, Any]:
    if change.before is not None:
        return {}
    task = change.after
    title = task.title.get(cell.incident.language)
    return {"title": title, "track": task.track.value, "role": task.role.value, "code": task.code}


def _told(scene: Scene, cell: Cell, changes: Sequence[Change]) -> tuple[Effect, ...]:
    """One message in the cell for all that came or went."""
    lists = {name: [c.after for c in changes if c.verb == verb] for verb, name in _TOLD.items()}
    kept = checklist.kept(scene.here, cell)
    if not any(lists.values()) and not kept:
        return ()
    incident = cell.incident
    described = checklist.templates(cell)
    brought = {described[task.code].overlay for task in lists["appeared"] if task.code in described}
    variants = [each for each in incident.book.overlays if each.id in brought]
    values = {**lists, "most": MOST_NAMED, "kept": kept, "variants": variants}
    # Whoever had one of them in hand is told so that they hear it.
    begun = dict.fromkeys(task.owner for task in lists["aside"] if task.owner not in (None, scene.sender))
    key = f"followed:{scene.event_id}"
    ring = tuple(owner for owner in begun if owner is not None)
    return (Tell(incident.room_key, "tasklife.followed", values, incident.language, key=key, ring=ring),)


def _phase_question(scene: Scene, after: Cell) -> tuple[Effect, ...]:
    """Put once, when the phase's end comes near: a refusal is not asked again for every task that is done later."""
    before = scene.cell
    incident = after.incident
    following = checklist.next_phase(incident.phase)
    if before is None or following is None or incident.status is not IncidentStatus.OPEN:
        return ()
    if incident.phase is not before.incident.phase or checklist.phase_over(before) or not checklist.phase_over(after):
        return ()
    coordinators = tuple(m.matrix_id for m in after.holders(effective(after, Role.COORDINATOR)))
    directors = tuple(m.matrix_id for m in after.holders(Role.DIRECTOR))
    may = tuple(dict.fromkeys((*coordinators, *directors)))
    if not may:
        return ()
    tasks = [task for task in after.in_order if task.phase is incident.phase]
    values = {
        "phase": incident.phase,
        "next": following,
        "left": [task for task in tasks if not checklist.is_done(task)],
        "count": len(tasks),
        "people": scene.names_of(coordinators),
    }
    return (
        Ask(
            "steering.phase_over", values, command="phase", about=f"phase:{incident.phase.value}",
            held={"phase": incident.phase.value, "next": following.value}, may=may, life=ASK_FOR, ring=coordinators,
            in_cell=True,
        ),
    )  # fmt: skip
