"""Hard stops: what must not be begun before something else. Guarantee: one is passed only with a reason, by the
director and whoever is competent for what should have come first, two people, and the log says which stop, who, with
whom and why."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from bot.commands.call import Call
from bot.commands.permission import effective, reserved
from bot.commands.scene import Scene
from bot.domain.cell import Cell
from bot.domain.checklist import stops
from bot.domain.incident import Task
from bot.domain.outcome import Confirm, Record, Refusal
from bot.domain.roles import LEADS, Role, Track


def passed(scene: Scene, call: Call) -> Callable[[Task], Task]:
    """What a task named becomes where stops stand before it and are overridden; the same task where none does.

    Raises Refusal without a reason or the right to, and for several at once; Confirm until the second person has said
    yes.
    """
    cell = scene.here
    stopped = {n: found for n in call.numbers() if n in cell.tasks and (found := stops(cell, cell.tasks[n]))}
    if not stopped:
        return lambda task: task
    if len(stopped) > 1:
        # Each has its own stops and its own judge, and the question to the second person is about one.
        raise Refusal("tasklife.stops_one_by_one", tasks=[cell.tasks[n] for n in stopped])
    reason = call.get("text", str)
    for number, before in stopped.items():
        task = cell.tasks[number]
        if reason is None:
            verb = call.spec.verb(scene.language)
            raise Refusal("tasklife.stopped", task=task, before=before, verb=verb, roles=_roles(cell, before))
        second = _second(scene, cell, before)
        if scene.confirmed_by is None:
            raise Confirm("tasklife.stop_second", second, task=task, before=before, reason=reason)
    at = scene.now.isoformat()

    def overridden(task: Task) -> Task:
        said = {"by": scene.sender, "second": scene.confirmed_by, "reason": reason, "at": at}
        return replace(task, passed=(*task.passed, *({"code": b.code, **said} for b in stopped.get(task.number, ()))))

    return overridden


def records(before: Sequence[Task], after: Sequence[Task]) -> tuple[Record, ...]:
    """An entry for each task before which a stop was overridden: an action of its own, which the printed log shows."""
    overridden = [(old, new) for old, new in zip(before, after, strict=True) if len(new.passed) > len(old.passed)]
    return tuple(
        Record("task", "pass", n.id, {"passed": _codes(o)}, {"passed": _codes(n)}, extra=_why(n, len(o.passed)))
        for o, n in overridden
    )


def _codes(task: Task) -> list[str]:
    return [str(each["code"]) for each in task.passed]


def _why(task: Task, known: int) -> dict[str, object]:
    last = task.passed[known]
    return {"reason": last["reason"], "confirmed_by": last["second"]}


_GRAVEST = (Track.CARE, Track.LEGAL, Track.MANAGEMENT, Track.IT, Track.COMMUNICATION)
"""Of several stops the one that comes first here decides who is competent: patients, then the law."""


def _competent(cell: Cell, before: Sequence[Task]) -> tuple[Role, ...]:
    """Who can judge that what should have come first may be left: its own role, and the leads of its track.

    Not whoever is to act: the one who wants to cut a device cannot give the clinical consent to it.
    """
    stop = min(before, key=lambda each: (_GRAVEST.index(each.track), each.number))
    return effective(cell, stop.role), *LEADS[stop.track]


def _roles(cell: Cell, before: Sequence[Task]) -> list[Role]:
    return list(dict.fromkeys((Role.DIRECTOR, *_competent(cell, before))))


def _second(scene: Scene, cell: Cell, before: Sequence[Task]) -> tuple[str, ...]:
    """Whose yes is wanted besides: the director's, or that of whoever is competent. Refuses who is neither."""
    directors = {m.matrix_id for m in cell.holders(effective(cell, Role.DIRECTOR))}
    competent = _holders(cell, _competent(cell, before))
    sender = scene.sender
    if sender not in directors | competent:
        roles = _roles(cell, before)
        raise reserved(scene, roles)
    wanted = (competent if sender in directors else set()) | (directors if sender in competent else set())
    return tuple(user for user in cell.members if user in wanted - {sender})


def _holders(cell: Cell, roles: Iterable[Role]) -> set[str]:
    return {member.matrix_id for role in roles for member in cell.holders(role)}
