"""The life of a task. Guarantee: whoever types is not confused with whoever did it, and every change can be undone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from bot.commands import approvals, care, clocks, entries, fallen, proving, qualify, steering, stopping, undone
from bot.commands.call import Call
from bot.commands.permission import effective, not_in_cell
from bot.commands.scene import Scene
from bot.commands.spec import Place
from bot.domain import checklist
from bot.domain.approval import reassessed
from bot.domain.cell import Cell
from bot.domain.effects import Effect, Reply, Tell, Tick
from bot.domain.incident import Task, TaskStatus, Undoable
from bot.domain.outcome import Confirm, Outcome, Record, Refusal
from bot.domain.reminders import by_time, present_holder
from bot.domain.roles import Role, Track
from bot.domain.roster import Person

UNDO_WINDOW = timedelta(minutes=10)
MOST_FINISHED, MOST_LISTED = 40, 60
FINISHED = (TaskStatus.DONE, TaskStatus.SKIPPED)


def show(scene: Scene, call: Call) -> Outcome:
    """The open tasks, of one track or of each, or those of a person."""
    cell = scene.here
    track, person = call.get("track", Track), call.get("person", Person)
    if person is not None:
        return _theirs(scene, person, track)
    tracks = [track] if track else list(Track)
    groups = [(each, by_time(cell, [t for t in cell.track(each) if t.status not in FINISHED])) for each in tracks]
    groups = [(each, found) for each, found in groups if found or track]
    limit = MOST_LISTED if track else 3
    values: dict[str, Any] = {"groups": groups, "limit": limit, "cell": cell, "now": scene.now}
    values["whose"] = {t.number: present_holder(cell, t) for _, found in groups for t in found}
    return Outcome(effects=(Reply("tasks.list", values),))


def finished(scene: Scene, call: Call) -> Outcome:
    """The tasks that are done or set aside, of one track or of all, the latest first."""
    cell = scene.here
    track = call.get("track", Track)
    found = [t for t in (cell.track(track) if track else cell.in_order) if t.status in FINISHED]
    found.sort(key=lambda t: (t.done_at or t.opened_at, t.number), reverse=True)
    values = {"tasks": found[:MOST_FINISHED], "more": len(found) - MOST_FINISHED, "track": track}
    return Outcome(effects=(Reply("tasks.finished", values),))


def mine(scene: Scene, call: Call) -> Outcome:
    """What is mine: what I took, then what waits for a role that I act for."""
    taken, waiting = _whose(scene.here, scene.sender)
    return Outcome(effects=(Reply("tasks.mine", {"taken": taken, "waiting": waiting, "now": scene.now}),))


def _theirs(scene: Scene, person: Person, track: Track | None) -> Outcome:
    """The same of somebody else, of one track or of all. Refuses whom the cell does not hold."""
    if person.matrix_id not in scene.here.members:
        raise not_in_cell(person)
    taken, waiting = _whose(scene.here, person.matrix_id)
    tasks = [task for task in (*taken, *waiting) if track in (None, task.track)]
    values = {"tasks": tasks, "name": person.name, "now": scene.now, "track": track, "at": person.localpart}
    return Outcome(effects=(Reply("tasks.theirs", values),))


def _whose(cell: Cell, user: str) -> tuple[list[Task], list[Task]]:
    """What somebody took, and what waits for a role that they act for."""
    roles = cell.roles_of(user)
    taken = [t for t in cell.open_tasks if t.owner == user]
    waiting = [t for t in cell.open_tasks if t.owner is None and effective(cell, t.role) in roles]
    return by_time(cell, taken), by_time(cell, waiting)


def take(scene: Scene, call: Call) -> Outcome:
    """Take tasks, for oneself or for the person named straight after the verb."""
    who = _actor(scene, call)
    passed = stopping.passed(scene, call)

    def taken(task: Task) -> Task:
        if task.status in FINISHED:
            raise Refusal("refusals.task_finished", task=task)
        rung_at = scene.now if task.rung_at else None
        return replace(passed(task), status=TaskStatus.TAKEN, owner=who, reason=None, rung_at=rung_at)

    return _change(scene, call, "take", taken, "tasks.taken", who)


def done(scene: Scene, call: Call) -> Outcome:
    """Complete tasks; what they depended on and is not done is pointed out, and stops nothing."""
    who = _actor(scene, call)
    note = call.get("text", str)
    passed = stopping.passed(scene, call)
    proof = proving.exhibit(scene, call)

    def finished(task: Task) -> Task:
        if task.status in FINISHED:
            raise Refusal("refusals.task_done_already", task=task, by=scene.name_of(task.done_by))
        return replace(
            passed(task),
            status=TaskStatus.DONE,
            owner=task.owner or who,
            done_at=scene.now,
            done_by=who,
            note=note,
            reason=None,
            proofs=(*task.proofs, proof.number) if proof else task.proofs,
        )

    _ask_first(scene, call)
    outcome = _change(scene, call, "done", finished, "tasks.done", who, note)
    return proving.registered(scene, outcome, proof) if proof else proving.wanted(scene, call, outcome)


def _ask_first(scene: Scene, call: Call) -> None:
    """What it depends on is not done: asked once, unless a reason is given. Raises Confirm."""
    cell = scene.here
    named = [cell.tasks[n] for n in call.numbers() if n in cell.tasks]
    together = {task.code for task in named}
    waiting = [(task, each) for task, each in unmet(cell, named) if each.code not in together]
    if waiting and call.get("text", str) is None and scene.confirmed_by is None:
        raise Confirm("tasks.done_before", (scene.sender,), typed=False, waiting=waiting)


def block(scene: Scene, call: Call) -> Outcome:
    """A task is stuck: the coordinator is told, with the reason."""
    reason = str(call.args["text"])
    cell = scene.here

    def blocked(task: Task) -> Task:
        if task.status in FINISHED:
            raise Refusal("refusals.task_finished", task=task)
        return replace(task, status=TaskStatus.BLOCKED, reason=reason, rung_at=scene.now)

    outcome = _change(scene, call, "block", blocked, "tasks.blocked", scene.sender, reason)
    help_from = [m.matrix_id for m in cell.holders(effective(cell, Role.COORDINATOR)) if m.matrix_id != scene.sender]
    assert outcome.cell is not None
    told = [
        Tell(
            cell.incident.room_key,
            "tasks.blocked_told",
            {"task": outcome.cell.tasks[n], "by": scene.name_of(scene.sender), "people": scene.names_of(help_from)},
            cell.incident.language,
            key=task_key(cell, n, scene.event_id),
            ring=tuple(help_from),
        )
        for n in call.numbers()
    ]
    # In the cell's own room, what is told there is the answer.
    return replace(outcome, effects=tuple(told) if scene.place is Place.CELL else (*outcome.effects, *told))


def reopen(scene: Scene, call: Call) -> Outcome:
    """Open again what was done, skipped or stuck."""
    reason = call.get("text", str)

    def reopened(task: Task) -> Task:
        if task.status in (TaskStatus.OPEN, TaskStatus.TAKEN):
            raise Refusal("refusals.task_open_already", task=task)
        status = TaskStatus.TAKEN if task.owner else TaskStatus.OPEN
        again = replace(task, status=status, done_at=None, done_by=None, reason=reason, note=None)
        return replace(again, aside=None, rung=0, rung_at=None)

    return _change(scene, call, "reopen", reopened, "tasks.reopened", scene.sender, reason)


def assign(scene: Scene, call: Call) -> Outcome:
    """Give tasks to somebody of the cell, who is told by a message that they can answer with ✋ or ✅."""
    cell = scene.here
    person = call.get("person", Person)
    if person is None or person.matrix_id not in cell.members:
        raise not_in_cell(person)

    def given(task: Task) -> Task:
        if task.status in FINISHED:
            raise Refusal("refusals.task_finished", task=task)
        kept = task.status is TaskStatus.BLOCKED or task.owner == person.matrix_id
        status = task.status if kept else TaskStatus.OPEN
        return replace(task, owner=person.matrix_id, status=status, rung=0, rung_at=None)

    outcome = _change(scene, call, "assign", given, "tasks.assigned", person.matrix_id)
    assert outcome.cell is not None
    told: tuple[Effect, ...] = tuple(
        Tell(
            cell.incident.room_key,
            "tasks.given",
            {
                "task": outcome.cell.tasks[n],
                "name": person.name,
                "user": person.matrix_id,
                "by": scene.name_of(scene.sender),
            },
            cell.incident.language,
            key=task_key(cell, n, scene.event_id),
            ring=(person.matrix_id,) if person.matrix_id != scene.sender else (),
        )
        for n in call.numbers()
    )
    return replace(outcome, effects=told if scene.place is Place.CELL else (*outcome.effects, *told))


def undo(scene: Scene, call: Call) -> Outcome:
    """Put back what the sender's last action changed, within ten minutes and if nobody has changed it since."""
    cell = scene.here
    last = cell.undo.get(scene.sender)
    if last is None or scene.now - last.at > UNDO_WINDOW:
        raise Refusal("refusals.nothing_to_undo")
    undone.refuse_final(scene, last)
    if not (last.tasks or last.members or last.note or last.was or last.entries or last.clocks):
        raise Refusal("refusals.changed_since")
    changed = cell.with_tasks(last.tasks)
    changed, peopled = undone.people(changed, last)
    changed, partnered = undone.partners(changed, last.was)
    changed, steered = steering.put_back(changed, last.was)
    changed = reassessed(changed, scene.now)
    changed, answered = qualify.put_back(changed, last.was)
    changed, restored = entries.put_back(changed, last.entries)
    changed, voted = approvals.put_back(scene, changed, last.was)
    changed, clocked = clocks.put_back(scene, changed, last.clocks)
    changed, cared = care.put_back(changed, last.was)
    changed, fell, told = fallen.texts(scene, cell, changed)
    records = [Record("task", "undo", t.id, state_of(cell.tasks[t.number]), state_of(t)) for t in last.tasks]
    records += [*peopled, *partnered]
    if last.note is not None:
        records.append(Record("correction", "undo", extra={"target": int(last.note)}))
    values: dict[str, Any] = {"tasks": last.tasks, "members": last.members, "note": last.note is not None}
    values |= {"was": list(last.was), "entries": last.entries, "added": last.verb == "task", "act": last.verb}
    records += [*steered, *answered, *restored, *cared, *voted, *clocked, *fell]
    values["clocks"] = list(last.clocks)
    effects = (Reply("tasks.undone", values), *entries.unasked(last.entries), *told)
    return Outcome(changed.without_undo(scene.sender), tuple(records), effects)


def task_key(cell: Cell, number: int, event_id: str) -> str:
    """The key of a message about one task: a reaction on it is a button."""
    return f"task:{cell.incident.id}:{number}:{event_id}"


def _actor(scene: Scene, call: Call) -> str:
    actor = call.actor.matrix_id if call.actor else scene.sender
    if actor not in scene.here.members:
        raise not_in_cell(call.actor)
    return actor


def state_of(task: Task) -> dict[str, Any]:
    """What the log says of a task before and after a change."""
    return {"status": task.status.value, "owner": task.owner, "due": task.due, "reason": task.reason, "note": task.note}


def _change(
    scene: Scene,
    call: Call,
    verb: str,
    change: Callable[[Task], Task],
    template: str,
    who: str,
    text: str | None = None,
) -> Outcome:
    """Apply one change to every task named; all of it or nothing."""
    cell = scene.here
    before = [task_named(cell, number, scene.sender) for number in call.numbers()]
    after = [change(task) for task in before]
    changed = cell.with_tasks(after).with_undo(Undoable(scene.sender, scene.now, verb, tasks=tuple(before)))
    records = tuple(
        Record("task", verb, old.id, state_of(old), state_of(new), by=who if who != scene.sender else None)
        for old, new in zip(before, after, strict=True)
    )
    records = (*stopping.records(before, after), *records)
    waiting = unmet(changed, after) if verb == "done" else []
    own = len(after) == 1 and who == scene.sender and before[0].owner in (None, scene.sender)
    if own and not waiting and verb in ("take", "done"):
        return Outcome(changed, records, (Tick(),))
    values = {
        "tasks": after,
        "name": scene.name_of(who),
        "user": who,
        "text": text,
        "waiting": waiting,
        "before": list(dict.fromkeys(scene.name_of(t.owner) for t in before if t.owner not in (None, who))),
        "cell": changed,
    }
    return Outcome(changed, records, (Reply(template, values),))


def task_named(cell: Cell, number: int, user: str) -> Task:
    """The task of that number. Refuses, with the ones that this person has, where there is none."""
    task = cell.tasks.get(number)
    if task is None:
        mine = [t.id for t in cell.open_tasks if t.owner == user]
        raise Refusal("refusals.unknown_task", number=number, mine=mine[:5], last=f"T{max(cell.tasks, default=0)}")
    return task


def unmet(cell: Cell, tasks: list[Task]) -> list[tuple[Task, Task]]:
    """Pairs of a task and what it depended on that is not done."""
    return [(task, before) for task in tasks for before in checklist.unmet(cell, task)]
