"""Handing over, and resting. Guarantee: roles, tasks and deadlines move together, when the one who takes over says so
and not before, and the log says what moved; who rests has said it, or the coordinator has."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from bot.commands import rounds
from bot.commands.call import Call
from bot.commands.permission import not_in_cell, roles_of, same_human
from bot.commands.scene import Scene
from bot.domain.cell import Cell
from bot.domain.clock_lines import line
from bot.domain.clocks import ClockStatus
from bot.domain.effects import Effect, Reply, Tell, Tick
from bot.domain.incident import Member, Task, TaskStatus, Undoable
from bot.domain.outcome import Confirm, Outcome, Record, Refusal
from bot.domain.registers import FactStatus
from bot.domain.roles import BYSTANDERS, Role
from bot.domain.roster import Person

SOON = timedelta(hours=24)
DECIDED = 3
"""So many of the latest decisions are handed over by name."""


def handover(scene: Scene, call: Call) -> Outcome:
    """Hand one's roles and tasks over: the pack is shown, and everything moves when the other says yes."""
    cell, person = scene.here, call.get("person", Person)
    me = cell.members[scene.sender]
    if person is None or not cell.is_here(person.matrix_id):
        raise not_in_cell(person)
    if same_human(scene, person.matrix_id, scene.sender):
        raise Refusal("handover.to_oneself")
    roles = tuple(role for role in me.roles if role not in BYSTANDERS)
    mine = _mine(cell, scene.sender)
    clocks = [clock for clock in cell.by_urgency if clock.open and clock.owner == scene.sender]
    if not roles and not mine and not clocks:
        raise Refusal("handover.nothing")
    if scene.confirmed_by is None:
        asked = {"to": person.matrix_id, "roles": [role.value for role in roles], "tasks": [t.id for t in mine]}
        raise Confirm(
            "handover.pack",
            (person.matrix_id,),
            asked=Record("handover", "ask", f"{scene.sender}:{person.matrix_id}", None, asked),
            instead="handover",
            to=person.name,
            user=person.matrix_id,
            **pack(scene, cell, roles, mine),
        )
    return _moved(scene, cell, person, roles, mine)


def _mine(cell: Cell, user: str) -> list[Task]:
    return [task for task in cell.open_tasks if task.owner == user]


def pack(scene: Scene, cell: Cell, roles: tuple[Role, ...], mine: list[Task]) -> dict[str, Any]:
    """What whoever takes over must know: what is open, late and stuck, the deadlines, what waits, where people are."""
    of_roles = [t for t in cell.open_tasks if t.role in roles and t.owner in (None, scene.sender)]
    tasks = list({t.number: t for t in (*mine, *of_roles)}.values())
    soon = [clock for clock in cell.by_urgency if clock.open and clock.due is not None and clock.due - scene.now < SOON]
    members = [m for m in cell.members.values() if m.left_at is None]
    return {
        "roles": roles,
        "tasks": tasks,
        "late": [t for t in tasks if t.due is not None and t.due < scene.now],
        "blocked": [t for t in tasks if t.status is TaskStatus.BLOCKED],
        "clocks": [line(cell, clock, scene.now) for clock in soon],
        "drafts": [d for d in cell.drafts.values() if d.approved_at is None],
        "facts": [f for f in cell.facts.values() if f.status is FactStatus.TO_VERIFY and not f.withdrawn],
        "decided": [d for _, d in sorted(cell.decisions.items()) if not d.withdrawn][-DECIDED:],
        "here": [m for m in members if m.present and m.resting_since is None],
        # All read it, and it leaves with the log: who rests is for them, the coordinator and whoever has the staff.
        "resting": sum(m.resting_since is not None for m in members),
        "awaited": [m for m in members if not m.present and m.resting_since is None],
    }


def _moved(scene: Scene, cell: Cell, person: Person, roles: tuple[Role, ...], mine: list[Task]) -> Outcome:
    me, other = cell.members[scene.sender], cell.members[person.matrix_id]
    kept = tuple(role for role in me.roles if role not in roles)
    taken = replace(other, roles=tuple(dict.fromkeys((*other.roles, *roles))), resting_since=None)
    changed = cell.with_member(replace(me, roles=kept)).with_member(taken)
    changed = changed.with_tasks(replace(task, owner=person.matrix_id) for task in mine)
    clocks = [clock for clock in cell.by_urgency if clock.open and clock.owner == scene.sender]
    changed = changed.with_clocks(replace(clock, owner=person.matrix_id) for clock in clocks)
    shift, entries = changed.clocks.get(rounds.SHIFT), tuple[Record, ...]()
    if shift is not None and shift.status is ClockStatus.RUNNING and Role.COORDINATOR in roles:
        changed, entries, _ = rounds.turn(scene, changed, shift, scene.now)
    for user in (scene.sender, person.matrix_id):
        changed = changed.with_undo(Undoable(user, scene.now, "handover"))
    said = {
        "from": scene.sender,
        "to": person.matrix_id,
        "roles": [role.value for role in roles],
        "tasks": [task.id for task in mine],
        "clocks": [clock.id for clock in clocks],
    }
    values = {
        "name": scene.name_of(scene.sender),
        "to": person.name,
        "user": person.matrix_id,
        "roles": roles,
        "tasks": mine,
        "clocks": clocks,
        "shift": changed.clocks[shift.id] if entries and shift is not None else None,
    }
    records = (
        Record("handover", "done", person.matrix_id, None, said),
        Record("role", "hand_over", scene.sender, _words(me.roles), _words(kept)),
        Record("role", "take_over", person.matrix_id, _words(other.roles), _words(taken.roles)),
        *entries,
    )
    key = f"handover:{scene.event_id}"
    tell = Tell(cell.incident.room_key, "handover.done", values, cell.incident.language, key)
    return Outcome(changed, records, (tell,))


def _words(roles: tuple[Role, ...]) -> list[str]:
    return [role.value for role in roles]


def rest(scene: Scene, call: Call) -> Outcome:
    """Somebody rests: they are rung no more until they say that they are here."""
    cell, person = scene.here, call.get("person", Person)
    user = person.matrix_id if person else scene.sender
    if user != scene.sender and not {Role.COORDINATOR, Role.DIRECTOR} & set(roles_of(scene, scene.sender)):
        raise Refusal("handover.rest_of_another", name=scene.name_of(user))
    member = cell.members.get(user)
    if member is None or member.left_at is not None:
        raise not_in_cell(person)
    if member.resting_since is not None:
        raise Refusal("handover.resting_already", name=member.name, at=member.resting_since, own=user == scene.sender)
    undo = Undoable(scene.sender, scene.now, "rest", members=(member,))
    changed = cell.with_member(replace(member, resting_since=scene.now)).with_undo(undo)
    by = user if user != scene.sender else None
    record = Record("rollcall", "rest", None, None, {"person": user, "at": scene.now}, by=by)
    empty = [role for role in member.roles if not any(_available(m, user) for m in cell.holders(role))]
    empty = [role for role in empty if role not in BYSTANDERS]
    mine = _mine(cell, user)
    values = {"name": member.name, "own": by is None, "empty": empty, "tasks": mine, "at": scene.now}
    seen = {m.matrix_id for role in (Role.COORDINATOR, Role.HR) for m in cell.holders(role)} - {scene.sender, user}
    effects: list[Effect] = [Reply("handover.resting", values)] if empty or mine or by else [Tick()]
    for each in sorted(seen):
        language = (p.language if (p := scene.roster.by_id(each)) else None) or cell.incident.language
        told = {**values, "incident": cell.incident}
        effects.append(Tell(f"dm:{each}", "handover.rests", told, language, f"rest:{scene.event_id}:{each}"))
    return Outcome(changed, (record,), tuple(effects))


def _available(member: Member, user: str) -> bool:
    return member.matrix_id != user and member.present and member.resting_since is None
