"""What proves that a task is done: a picture, a file. Guarantee: what is attached to a task is an exhibit like any
other, with a number, a hash and an author, and the task names it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from bot.commands.call import Call
from bot.commands.evidence import exhibit_of, exhibit_with
from bot.commands.evidence import state_of as exhibit_state
from bot.commands.scene import Scene
from bot.domain.effects import Effect, Reply, Tick
from bot.domain.incident import Task
from bot.domain.outcome import Outcome, Record
from bot.domain.registers import Evidence


def exhibit(scene: Scene, call: Call) -> Evidence | None:
    """The exhibit that the file answered, or captioned, becomes; the one that it is already; None without a file."""
    cell, file = scene.here, scene.file
    if file is None:
        return None
    known = exhibit_with(scene, file)
    if known is not None:
        return known
    tasks = [cell.tasks[n] for n in call.numbers() if n in cell.tasks]
    said = ", ".join(f"{t.id} {t.title.get(cell.incident.language)}" for t in tasks)
    note = call.get("text", str)
    return exhibit_of(scene, file, f"{note} ({said})" if note else said)


def registered(scene: Scene, outcome: Outcome, proof: Evidence) -> Outcome:
    """The outcome with the exhibit in the register, if it is a new one, and told in one line."""
    assert outcome.cell is not None
    reply = Reply("proving.attached", {"evidence": proof, "tasks": _named(outcome)})
    effects: tuple[Effect, ...] = (*(e for e in outcome.effects if not isinstance(e, Tick)), reply)
    if proof.number in outcome.cell.evidence:
        return replace(outcome, effects=effects)
    undo = outcome.cell.undo[scene.sender]
    undone = replace(undo, entries=(*undo.entries, replace(proof, withdrawn=True)))
    changed = outcome.cell.with_entries([proof]).with_undo(undone)
    record = Record("evidence", "register", proof.id, None, exhibit_state(proof), extra={"text": proof.description})
    return replace(outcome, cell=changed, records=(record, *outcome.records), effects=effects)


def _named(outcome: Outcome) -> list[Task]:
    assert outcome.cell is not None
    numbers = dict.fromkeys(r.id for r in outcome.records if r.kind == "task" and r.id)
    return [task for task in outcome.cell.in_order if task.id in numbers]


def state_of(task: Task) -> dict[str, Any]:
    """What proves a task, as the log keeps it."""
    return {"proofs": [f"P{number}" for number in task.proofs], "note": task.note}


def wanted(scene: Scene, call: Call, outcome: Outcome) -> Outcome:
    """The outcome; and for what is critical, and was done without a word or a file, the proof that is expected is asked
    for, in one message."""
    assert outcome.cell is not None
    done = [outcome.cell.tasks[n] for n in call.numbers()]
    lacking = [t for t in done if t.critical and t.evidence is not None and t.note is None and not t.proofs]
    if not lacking:
        return outcome
    key = f"proof:{scene.here.incident.id}:{lacking[0].number}:{scene.event_id}" if len(lacking) == 1 else ""
    ask = Reply("proving.wanted", {"tasks": lacking}, key="proof", outbox_key=key)
    return replace(outcome, effects=(*outcome.effects, ask))
