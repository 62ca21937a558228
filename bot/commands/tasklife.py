"""The rest of a task's life: added by hand, put off, set aside, explained. Guarantee: a task that is set aside keeps
the reason for which it was, and one that is critical only goes with a yes that was typed."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from bot.commands import proving
from bot.commands import tasks as life
from bot.commands.call import Call, When
from bot.commands.lengths import from_now
from bot.commands.permission import effective, not_in_cell, reserved
from bot.commands.scene import Organisation, Scene
from bot.commands.spec import Place
from bot.commands.table import BY_NAME
from bot.domain.cell import Cell
from bot.domain.checklist import stops, template_of
from bot.domain.effects import Effect, Reply, Tell, Tick
from bot.domain.incident import Task, TaskStatus, Undoable
from bot.domain.outcome import Confirm, Outcome, Record, Refusal
from bot.domain.playbook import Text
from bot.domain.reminders import by_time, present_holder
from bot.domain.roles import LEADS, Role, Track
from bot.domain.roster import Person

LONGEST_TITLE = 160
MOST_CARDS = 3


def add(scene: Scene, call: Call) -> Outcome:
    """A task that no playbook foresaw, told in the cell by a message that can be answered with ✋ or ✅."""
    cell = scene.here
    person = call.get("for", Person)
    if person is not None and person.matrix_id not in cell.members:
        raise not_in_cell(person)
    task = _made(scene, call, person)
    withdrawn = replace(task, status=TaskStatus.SKIPPED, reason=f"!{BY_NAME['undo'].verb(cell.incident.language)}")
    changed = cell.with_tasks([task]).with_undo(Undoable(scene.sender, scene.now, "task", tasks=(withdrawn,)))
    entry = Record("task", "add", task.id, None, {**life.state_of(task), **_described(task, cell)})
    values = {
        "task": task,
        "by": scene.name_of(scene.sender),
        "name": person.name if person else None,
        "user": person.matrix_id if person else None,
        "holders": [member.name for member in cell.holders(effective(cell, task.role))],
    }
    ring = (person.matrix_id,) if person is not None and person.matrix_id != scene.sender else ()
    key = life.task_key(cell, task.number, scene.event_id)
    told: Effect = Tell(cell.incident.room_key, "tasklife.added", values, cell.incident.language, key=key, ring=ring)
    effects = (told,) if scene.place is Place.CELL else (Reply("tasklife.added_here", values), told)
    return Outcome(changed, (entry,), effects)


def _made(scene: Scene, call: Call, person: Person | None) -> Task:
    """The task as it was typed: the first line is its title, what follows says how."""
    cell = scene.here
    first, _, below = str(call.args["text"]).partition("\n")
    title = first if len(first) <= LONGEST_TITLE else f"{first[: LONGEST_TITLE - 1].rstrip()}…"
    how = below.strip() if title == first else str(call.args["text"])
    track = Track(str(call.args["track"]))
    length = from_now(scene, call)
    return Task(
        number=max(cell.tasks, default=0) + 1,
        code=None,
        track=track,
        phase=cell.incident.phase,
        role=_lead(cell, track),
        title=Text(title, title),
        opened_at=scene.now,
        how=Text(how, how) if how else None,
        due=scene.now + length if length else None,
        owner=person.matrix_id if person else None,
    )


def _lead(cell: Cell, track: Track) -> Role:
    """The first of the track's leads whom somebody holds; whom nobody holds falls back as any role does."""
    return next((role for role in LEADS[track] if cell.holders(role)), LEADS[track][0])


def _described(task: Task, cell: Cell) -> dict[str, Any]:
    return {
        "title": task.title.get(cell.incident.language),
        "track": task.track.value,
        "role": task.role.value,
    }


def skip(scene: Scene, call: Call) -> Outcome:
    """Set tasks aside, with the reason; a critical one once the sender has confirmed it."""
    cell = scene.here
    reason = str(call.args["text"])
    before = [life.task_named(cell, number, scene.sender) for number in call.numbers()]
    for task in before:
        if task.status in life.FINISHED:
            raise Refusal("refusals.task_finished", task=task)
    critical = [task for task in before if task.critical]
    if critical and scene.confirmed_by is None:
        raise Confirm("tasklife.skip_confirm", (scene.sender,), tasks=critical, reason=reason)
    after = [replace(task, status=TaskStatus.SKIPPED, reason=reason, done_at=None, done_by=None) for task in before]
    changed = cell.with_tasks(after).with_undo(Undoable(scene.sender, scene.now, "skip", tasks=tuple(before)))
    confirmed = {"confirmed_by": scene.confirmed_by} if critical else {}
    records = tuple(
        Record("task", "skip", old.id, life.state_of(old), life.state_of(new), extra=confirmed)
        for old, new in zip(before, after, strict=True)
    )
    values = {"tasks": after, "text": reason, "name": scene.name_of(scene.sender)}
    return Outcome(changed, records, (Reply("tasklife.skipped", values),))


def assign_track(scene: Scene, call: Call) -> Outcome:
    """Give somebody all that is still to be done in a track, and that nobody else has in hand: told in one message."""
    cell = scene.here
    track, person = Track(str(call.args["track"])), call.get("person", Person)
    if person is None or person.matrix_id not in cell.members:
        raise not_in_cell(person)
    leads = (Role.COORDINATOR, Role.DIRECTOR, *LEADS[track])
    if not set(cell.roles_of(scene.sender)) & set(leads):
        raise reserved(scene, leads)
    free = [
        task
        for task in cell.track(track)
        if task.status not in life.FINISHED
        and not (task.status is TaskStatus.TAKEN and task.owner != person.matrix_id)
        and task.owner != person.matrix_id
    ]
    if not free:
        raise Refusal("tasklife.nothing_to_give", track=track, name=person.name)
    after = [replace(task, owner=person.matrix_id, rung=0, rung_at=None) for task in free]
    changed = cell.with_tasks(after).with_undo(Undoable(scene.sender, scene.now, "assign", tasks=tuple(free)))
    records = tuple(
        Record("task", "assign", old.id, life.state_of(old), life.state_of(new))
        for old, new in zip(free, after, strict=True)
    )
    values = {
        "track": track,
        "tasks": by_time(changed, after),
        "name": person.name,
        "user": person.matrix_id,
        "by": scene.name_of(scene.sender),
        "kept": [t for t in cell.track(track) if t.status is TaskStatus.TAKEN and t.owner != person.matrix_id],
    }
    ring = (person.matrix_id,) if person.matrix_id != scene.sender else ()
    incident = cell.incident
    key = f"track:{incident.id}:{track.value}:{scene.event_id}"
    told: Effect = Tell(incident.room_key, "tasklife.track_given", values, incident.language, key=key, ring=ring)
    effects = (told,) if scene.place is Place.CELL else (Reply("tasklife.track_given", values), told)
    return Outcome(changed, records, effects)


def prove(scene: Scene, call: Call) -> Outcome:
    """Attach a file, or say in a word what proves it, to a task; one that is not finished is done by it."""
    cell = scene.here
    named = [life.task_named(cell, number, scene.sender) for number in call.numbers()]
    note = call.get("text", str)
    if scene.file is None and note is None:
        raise Refusal("proving.no_file", task=named[0])
    if any(task.status not in life.FINISHED for task in named):
        return life.done(scene, call)
    proof = proving.exhibit(scene, call)
    number = () if proof is None else (proof.number,)
    after = [replace(t, proofs=tuple(dict.fromkeys((*t.proofs, *number))), note=note or t.note) for t in named]
    changed = cell.with_tasks(after).with_undo(Undoable(scene.sender, scene.now, "prove", tasks=tuple(named)))
    records = tuple(
        Record("task", "proof", new.id, proving.state_of(old), proving.state_of(new))
        for old, new in zip(named, after, strict=True)
    )
    if proof is None:
        return Outcome(changed, records, (Tick(),))
    return proving.registered(scene, Outcome(changed, records), proof)


def snooze(scene: Scene, call: Call) -> Outcome:
    """Put tasks off: they are due that long from now, or at that time."""
    cell = scene.here
    until = call.get("time", When)
    length = call.get("time", timedelta) or timedelta()
    before = [life.task_named(cell, number, scene.sender) for number in call.numbers()]
    for task in before:
        if task.status in life.FINISHED:
            raise Refusal("refusals.task_finished", task=task)
    due = until.at if until else scene.now + length
    after = [replace(task, due=due, put_off=True, rung=0, rung_at=None) for task in before]
    changed = cell.with_tasks(after).with_undo(Undoable(scene.sender, scene.now, "snooze", tasks=tuple(before)))
    pairs = list(zip(before, after, strict=True))
    records = tuple(Record("task", "snooze", old.id, life.state_of(old), life.state_of(new)) for old, new in pairs)
    return Outcome(changed, records, (Reply("tasklife.snoozed", {"pairs": pairs, "tasks": after, "due": due}),))


def next_one(scene: Scene, call: Call) -> Outcome:
    """The task to turn to now: given to me, else waiting for my role; what can be begun before what must wait."""
    cell = scene.here
    roles = cell.roles_of(scene.sender)
    taken = [t for t in cell.open_tasks if t.owner == scene.sender and t.status is TaskStatus.TAKEN]
    given = [t for t in cell.open_tasks if t.owner == scene.sender and t.status is TaskStatus.OPEN]
    free = [t for t in cell.open_tasks if t.owner is None and t.status is TaskStatus.OPEN]
    mine = [t for t in free if effective(cell, t.role) in roles]

    def order(task: Task) -> tuple[bool, bool, bool, bool, Any, int]:
        waits = bool(life.unmet(cell, [task])) or bool(stops(cell, task))
        return task.owner is None, waits, not task.critical, task.due is None, task.due or task.opened_at, task.number

    best = min([*given, *mine], key=order, default=None)
    if best is None:
        return Outcome(effects=(Reply("tasklife.nothing_next", {"taken": taken}),))
    values = {"task": best, "taken": taken, "waiting": life.unmet(cell, [best]), "now": scene.now}
    values |= {"given": best.owner == scene.sender, "others": len(given) + len(mine) - 1, "stops": stops(cell, best)}
    key = life.task_key(cell, best.number, scene.event_id)
    return Outcome(effects=(Reply("tasklife.next", values, outbox_key=key),))


def why(scene: Scene, call: Call) -> Outcome:
    """Why a task is there, how it is done, what proves it, what comes before it, and what was decided in peacetime."""
    cell = scene.here
    numbers = call.numbers()
    if len(numbers) > MOST_CARDS:
        raise Refusal("tasklife.too_many_cards", most=MOST_CARDS)
    found = [life.task_named(cell, number, scene.sender) for number in numbers]
    return Outcome(effects=tuple(_card(scene, cell, task, str(place)) for place, task in enumerate(found)))


def card(scene: Scene, call: Call) -> Outcome:
    """`!tache` alone is the list, with a number that task's card."""
    return why(scene, call) if call.numbers() else life.show(scene, call)


_SUBJECTS = {
    "ransom": ("rançon ", "paie pas", "payer"),
    "complaint": ("plainte",),
    "contact": ("négoci", "attaquant va aux", "contact de l’attaquant", "répondre à l’attaquant"),
    "internet": ("couper internet", "liaisons entre sites"),
    "degraded_care": ("procédures dégradées", "mode dégradé"),
    "speaks": ("porte-parole", "presse", "unique voix"),
}
"""By which words of its title and its reason a task is known to be of a subject of the doctrine."""


def _decided(organisation: Organisation, task: Task) -> list[tuple[str, str]]:
    """What was decided in peacetime about what the task is about: subject and words."""
    said = " ".join(text.fr for text in (task.title, task.why) if text is not None).casefold()
    return [
        (subject, words)
        for subject, words in organisation.doctrine.items()
        if any(sign in said for sign in _SUBJECTS.get(subject, ()))
    ]


def _card(scene: Scene, cell: Cell, task: Task, key: str) -> Reply:
    template, care = template_of(cell, task), cell.incident.kind != "company"
    codes = {t.code: t for t in cell.tasks.values() if t.code}
    values = {
        "task": task,
        "before": [codes[code] for code in task.depends_on if code in codes],
        "after": [t for t in cell.in_order if task.code is not None and task.code in t.depends_on],
        "source": template.source.ref if template else None,
        "deadlines": list(template.deadlines) if template else [],
        "templates": scene.templates.offered(template.templates if template else (), care=care),
        "avoid": template.avoid if template else None,
        "stops": stops(cell, task),
        "decided": _decided(scene.organisation, task),
        "exhibits": [f"P{number}" for number in task.proofs],
        "repeat": template.repeat if template else None,
        "cell": cell,
        "whose": present_holder(cell, task),
    }
    return Reply("tasklife.why", values, key=key)
