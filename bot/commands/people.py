"""People: the team, roles, languages. Guarantee: a role is given in this incident only, and the log says by whom."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from bot.commands import calling
from bot.commands.call import Call
from bot.commands.permission import effective, may_second, vouched
from bot.commands.scene import Scene
from bot.commands.spec import Place
from bot.domain.effects import Effect, Reply
from bot.domain.incident import Member, Undoable
from bot.domain.language import is_language
from bot.domain.outcome import Confirm, Outcome, Record, Refusal
from bot.domain.qualifying import Answer
from bot.domain.roles import VITAL, Role
from bot.domain.roster import Person


def team(scene: Scene, call: Call) -> Outcome:
    """Who is called, with their roles, who is here, and which vital roles nobody holds."""
    cell = scene.here
    members = [m for m in cell.members.values() if m.left_at is None]
    missing = [role for role in VITAL if not cell.holders(role)]
    stand_ins = [
        (role, [m.name for m in cell.holders(effective(cell, role))] if effective(cell, role) is not role else [])
        for role in missing
    ]
    resting = frozenset(m.matrix_id for m in members if m.resting_since is not None)
    values = {
        "present": [m for m in members if m.present],
        "awaited": [m for m in members if not m.present],
        "missing": stand_ins,
        "unsure": frozenset(m.matrix_id for m in members if not vouched(scene, m.matrix_id)),
        "resting": resting & _seen_resting(scene),
        "unnamed": len(resting - _seen_resting(scene)),
    }
    return Outcome(effects=(Reply("people.team", values),))


def _seen_resting(scene: Scene) -> frozenset[str]:
    """Whose rest is shown by name here: in a room nobody's, as all read it and the log keeps it; to one directly, one's
    own, and everybody's to whoever coordinates or looks after the staff."""
    if scene.place is not Place.DIRECT:
        return frozenset()
    cell = scene.here
    roles = {effective(cell, Role.COORDINATOR), Role.HR}
    all_of_them = frozenset(cell.members) if roles & set(cell.roles_of(scene.sender)) else frozenset[str]()
    return all_of_them | {scene.sender}


def role(scene: Scene, call: Call) -> Outcome:
    """Give somebody of the roster a role in this incident, calling them in if they are not there yet."""
    person, given = call.get("person", Person), call.get("role", Role)
    if person is None or given is None:
        raise Refusal("refusals.usage", synopsis=call.spec.synopsis.get(scene.language))
    return give(agreed(scene, call, person), person, given)


def agreed(scene: Scene, call: Call, person: Person) -> Scene:
    """Who was left out at the opening is never called by one person's word, who may not know that they were.

    Returns the scene in which they are left out no more. Raises Confirm until a second person has said yes.
    """
    cell = scene.here
    if person.matrix_id not in cell.incident.left_out:
        return scene
    if scene.confirmed_by is None:
        raise Confirm("people.left_out_second", may_second(scene, call), name=person.name)
    kept = tuple(user for user in cell.incident.left_out if user != person.matrix_id)
    return replace(scene, cell=replace(cell, incident=replace(cell.incident, left_out=kept)))


def answered(scene: Scene, held: Mapping[str, Any], answer: Answer) -> Outcome:
    """The director's word on who takes a role that nobody held."""
    person, given = scene.roster.by_id(str(held["person"])), Role(str(held["role"]))
    if answer is not Answer.YES or person is None:
        return Outcome(effects=(Reply("people.still_vacant", {"role": given}),))
    return give(scene, person, given)


def give(scene: Scene, person: Person, given: Role) -> Outcome:
    """Give that role, calling them in if they are not there yet. Raises Refusal."""
    cell = scene.here
    if person.matrix_id in scene.records.suspended():
        raise Refusal("people.suspended", name=person.name)
    before = cell.members.get(person.matrix_id)
    if before and before.left_at is None and given in before.roles:
        raise Refusal("refusals.role_already", name=person.name, role=given)
    effects: list[Effect] = []
    if before is None or before.left_at is not None:
        roles = (given,) if before is None else (*before.roles, given)
        after = Member(person.matrix_id, person.name, roles, called_at=scene.now, deputies=person.deputies)
        after = replace(before, roles=roles, called_at=scene.now, joined_at=None, left_at=None) if before else after
        effects += calling.call_effects(scene, cell.with_member(after), [after], urgent=1)
    else:
        after = replace(before, roles=(*before.roles, given))
    changed = cell.with_member(after)
    was = before or replace(after, roles=())
    changed = changed.with_undo(Undoable(scene.sender, scene.now, "role", members=(was,)))
    record = Record(
        "role",
        "give",
        person.matrix_id,
        [r.value for r in before.roles] if before else [],
        [r.value for r in after.roles],
    )
    others = [m.name for m in cell.holders(given) if m.matrix_id != person.matrix_id]
    effects.append(
        Reply(
            "people.role",
            {"name": person.name, "user": person.matrix_id, "role": given, "others": others, "called": before is None},
            rings=False,
        )
    )
    return Outcome(changed, (record,), tuple(effects))


def lang(scene: Scene, call: Call) -> Outcome:
    """The language of the answers that this person gets; the rooms keep the organisation's."""
    chosen = call.args.get("language")
    if not is_language(chosen):
        raise Refusal("refusals.usage", synopsis=call.spec.synopsis.get(scene.language))
    return Outcome(effects=(Reply("people.language", {"chosen": chosen}),), language=(scene.sender, chosen))
