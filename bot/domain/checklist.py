"""What follows for the tasks from what happens. Guarantee: a task has the time that its moment gives it, comes back
when it is repeated, appears and falls away with what it rests on, and none of it overrules what a human has said of it.

Pure: each function says which tasks change and why, the caller writes it down.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.domain.cell import Cell
from bot.domain.incident import IncidentStatus, Task, TaskStatus
from bot.domain.moments import FILED
from bot.domain.playbook import PHASE_ORDER, Playbook, TaskTemplate, from_snapshot
from bot.domain.roles import Phase

FINISHED = (TaskStatus.DONE, TaskStatus.SKIPPED)
LONGEST_LEAD = timedelta(hours=1)
"""So long before its time, at most, a repeated task comes back."""
ENOUGH = 0.75
"""The part of a phase's tasks from which on its exit question is put, once every critical one is finished."""

_READ: dict[tuple[str, str], tuple[Playbook, dict[str, TaskTemplate]]] = {}
_MOST_READ = 8


@dataclass(frozen=True)
class Change:
    """One task that changes by itself: `verb` says why, as the log does; `before` is None where it is new."""

    verb: str
    before: Task | None
    after: Task


def templates(cell: Cell) -> dict[str, TaskTemplate]:
    """The tasks of the snapshot that the incident keeps, in the words of its kind of organisation, by id."""
    return _held(cell)[1]


def _held(cell: Cell) -> tuple[Playbook, dict[str, TaskTemplate]]:
    incident = cell.incident
    key = incident.playbook_sha256, incident.kind
    if key not in _READ or _READ[key][0].id != incident.scenario:
        while len(_READ) >= _MOST_READ:
            del _READ[next(iter(_READ))]
        playbook = from_snapshot(incident.playbook)
        _READ[key] = playbook, {task.id: task for task in playbook.tasks_for(incident.kind)}
    return _READ[key]


def template_of(cell: Cell, task: Task) -> TaskTemplate | None:
    """How the playbook describes a task; None for one that was added by hand."""
    return templates(cell).get(task.code) if task.code else None


def after_the_end(cell: Cell, task: Task) -> bool:
    """Whether it counts from the end of the crisis, and so cannot be done before."""
    template = template_of(cell, task)
    return template is not None and template.anchor == "ended"


# -- what comes before -------------------------------------------------------------------------------------------------


def is_done(task: Task) -> bool:
    """Whether what waits for it may begin: it is finished, or was once and has come back."""
    return task.status in FINISHED or task.rounds > 0


def unmet(cell: Cell, task: Task) -> list[Task]:
    """What it depends on that is not done."""
    codes = _codes(cell)
    return [codes[code] for code in task.depends_on if code in codes and not is_done(codes[code])]


def stops(cell: Cell, task: Task) -> list[Task]:
    """The hard stops before it: what it must not be done without, is not done, and nobody has overridden.

    What fell away with an answer stops nothing. What somebody set aside as not applicable does: who could set a stop
    aside alone would pass it alone.
    """
    template = template_of(cell, task)
    if template is None or not template.blocked_by:
        return []
    codes, passed = _codes(cell), {str(each.get("code")) for each in task.passed}
    wanted = (codes[code] for code in template.blocked_by if code in codes and code not in passed)
    return [before for before in wanted if not _is_lifted(cell, before)]


def _is_lifted(cell: Cell, stop: Task) -> bool:
    template = template_of(cell, stop)
    if template is not None and template.condition is not None and not template.condition.holds(cell.answer_words):
        return True
    return stop.status is TaskStatus.DONE or stop.rounds > 0


def _codes(cell: Cell) -> dict[str, Task]:
    return {task.code: task for task in cell.tasks.values() if task.code}


def ready_at(cell: Cell, task: Task) -> datetime | None:
    """Since when it can be begun, of a task that is due as soon as what it depends on is done; None while it cannot."""
    codes = _codes(cell)
    before = [codes[code] for code in task.depends_on if code in codes]
    if not before or any(not is_done(each) for each in before):
        return None
    return max((each.done_at or each.opened_at for each in before), default=None)


def wanted_at(cell: Cell, task: Task) -> datetime | None:
    """When it should be done: its time, or the moment from which it can be begun; None where neither is known."""
    return task.due if task.due is not None else ready_at(cell, task)


def is_late(cell: Cell, task: Task, now: datetime) -> bool:
    """Whether it is still to be done and its time is past."""
    return task.status not in FINISHED and task.due is not None and task.due < now


# -- what follows ------------------------------------------------------------------------------------------------------


def following(before: Cell | None, after: Cell, now: datetime) -> list[Change]:
    """The tasks that change because of what was just decided, in order."""
    if before is None or before.incident.id != after.incident.id or after.incident.status is IncidentStatus.ARCHIVED:
        return []
    return [*_retimed(before, after), *_fallen(before, after), *_appeared(before, after, now)]


def _retimed(before: Cell, after: Cell) -> Iterator[Change]:
    """The tasks whose moment was said, moved or taken back; not those that somebody put off."""
    moved = {
        name
        for name in {*before.moments, *after.moments}
        if (before.moments[name].at if name in before.moments else None)
        != (after.moments[name].at if name in after.moments else None)
    }
    for task in after.in_order if moved else ():
        template = template_of(after, task)
        if template is None or template.delay is None or template.anchor not in moved:
            continue
        if task.status in FINISHED or task.put_off or task.rounds:
            continue
        known = after.moments.get(template.anchor)
        due = known.at + template.delay if known else None
        if due != task.due:
            yield Change("due", task, replace(task, due=due, rung=0, rung_at=None))


def _fallen(before: Cell, after: Cell) -> Iterator[Change]:
    """The tasks that an answer makes pointless, and those that it brings back.

    A critical one stays until somebody says that it does not apply: an answer alone is too little for that.
    """
    if before.answer_words == after.answer_words:
        return
    for task in after.in_order:
        template = template_of(after, task)
        condition = template.condition if template else None
        if condition is None:
            continue
        holds = condition.holds(after.answer_words)
        open_ = task.status in (TaskStatus.OPEN, TaskStatus.TAKEN, TaskStatus.BLOCKED)
        if not holds and open_ and not task.critical:
            aside = f"{condition.question}={after.answer_words.get(condition.question, 'unknown')}"
            yield Change("aside", task, replace(task, status=TaskStatus.SKIPPED, aside=aside, reason=None))
        elif holds and task.status is TaskStatus.SKIPPED and task.aside is not None:
            status = TaskStatus.TAKEN if task.owner else TaskStatus.OPEN
            yield Change("return", task, replace(task, status=status, aside=None, reason=None, rung=0, rung_at=None))


def kept(before: Cell, after: Cell) -> list[Task]:
    """The tasks that an answer makes needless and that are left as they are: done already, or critical."""
    if before.answer_words == after.answer_words:
        return []
    found: list[Task] = []
    for task in after.in_order:
        template = template_of(after, task)
        condition = template.condition if template else None
        if condition is None or condition.holds(after.answer_words) or not condition.holds(before.answer_words):
            continue
        if task.status is TaskStatus.DONE or (task.critical and task.status is not TaskStatus.SKIPPED):
            found.append(task)
    return found


def _appeared(before: Cell, after: Cell, now: datetime) -> Iterator[Change]:
    """The tasks that what was just decided calls for, and that were not there yet."""
    there = {task.code for task in after.tasks.values()}
    number = max(after.tasks, default=0)
    for template in templates(after).values():
        if template.id not in there and appears(after, template) and not appears(before, template):
            number += 1
            yield Change("appear", None, made(number, template, after, now))


def appears(cell: Cell, template: TaskTemplate) -> bool:
    """Whether a task has its place in the incident as it stands; one that can only fall away has it from the start."""
    condition, awaits = template.condition, template.awaits
    if condition is not None and condition.given is not None and not condition.holds(cell.answer_words):
        return False
    if awaits is None:
        return True
    incident = cell.incident
    if awaits.phase is not None and PHASE_ORDER.index(incident.phase) < PHASE_ORDER.index(awaits.phase):
        return False
    if awaits.severity is not None and (incident.severity or 0) < awaits.severity:
        return False
    if awaits.filed is not None and f"{FILED}{awaits.filed}" not in cell.moments:
        return False
    if awaits.done is not None:
        first = cell.by_code(awaits.done)
        return first is not None and is_done(first)
    return True


def made(number: int, template: TaskTemplate, cell: Cell, now: datetime) -> Task:
    """The task that a template describes, due from its moment if that is known."""
    known = cell.moments.get(template.anchor)
    return Task(
        number=number,
        code=template.id,
        track=template.track,
        phase=template.phase,
        role=template.role,
        title=template.title,
        opened_at=now,
        why=template.why,
        how=template.how,
        evidence=template.evidence,
        critical=template.critical,
        due=known.at + template.delay if known and template.delay is not None else None,
        depends_on=template.depends_on,
    )


# -- what comes back ---------------------------------------------------------------------------------------------------


def due_again(cell: Cell, task: Task) -> datetime | None:
    """By when a repeated task is to be done the next time, once it is done."""
    template = template_of(cell, task)
    if template is None or template.repeat is None or task.status is not TaskStatus.DONE or task.done_at is None:
        return None
    due = task.due or task.done_at
    # Of what was done late, or was left for days, only the next time counts.
    missed = max(0, (task.done_at - due) // template.repeat)
    return due + (missed + 1) * template.repeat


def coming_back(cell: Cell, now: datetime) -> list[Change]:
    """The repeated tasks whose next time is near; none once the crisis is lifted."""
    if cell.incident.status is not IncidentStatus.OPEN:
        return []
    found: list[Change] = []
    for task in cell.in_order:
        due = due_again(cell, task)
        template = template_of(cell, task)
        if due is None or template is None or template.repeat is None:
            continue
        if now >= due - min(LONGEST_LEAD, template.repeat / 4):
            again = replace(
                task, status=TaskStatus.OPEN, due=due, rounds=task.rounds + 1, done_at=None, done_by=None, note=None,
                proofs=(), put_off=False, rung=0, rung_at=None,
            )  # fmt: skip
            found.append(Change("again", task, again))
    return found


# -- phases ------------------------------------------------------------------------------------------------------------


def phase_over(cell: Cell) -> bool:
    """Whether the exit question of the phase seems answered: each critical task finished, and most of the others."""
    tasks = [task for task in cell.tasks.values() if task.phase is cell.incident.phase]
    left = [task for task in tasks if not is_done(task)]
    if not tasks or any(task.critical for task in left):
        return False
    return len(left) <= (1 - ENOUGH) * len(tasks)


def next_phase(phase: Phase) -> Phase | None:
    """The phase after it; None after the last."""
    place = PHASE_ORDER.index(phase) + 1
    return PHASE_ORDER[place] if place < len(PHASE_ORDER) else None
