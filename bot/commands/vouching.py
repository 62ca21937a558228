"""Who is really who they say. Guarantee: whoever enters has few rights until somebody who is vouched for has seen or
heard them; an account that may be somebody else's loses every right by two people's word, and never leaves the cell
without a director; nobody vouches for themselves, nor is the second to themselves by another account of theirs."""

from __future__ import annotations

import re
from dataclasses import replace

from bot.commands.call import Call
from bot.commands.permission import same_human, vouched
from bot.commands.scene import Scene
from bot.domain.cell import Cell
from bot.domain.effects import CallIn, Effect, Reinstate, Reply, Suspend
from bot.domain.incident import Member, Undoable
from bot.domain.language import fold
from bot.domain.outcome import Confirm, Outcome, Record, Refusal
from bot.domain.roles import Role
from bot.domain.roster import Person
from bot.reading.people import read_person

MAY_SUSPEND = (Role.DIRECTOR, Role.COORDINATOR, Role.CISO)
_MATRIX_ID = re.compile(r"@[^\s:@]{1,200}:[^\s@,;]{1,200}")


def vouch(scene: Scene, call: Call) -> Outcome:
    """The sender has seen or heard somebody; of a suspended account it is two people's word."""
    cell, person = scene.here, call.get("person", Person)
    if person is None:
        raise Refusal("refusals.usage", synopsis=call.spec.synopsis.get(scene.language))
    if same_human(scene, person.matrix_id, scene.sender):
        raise Refusal("vouching.not_oneself")
    if person.matrix_id in scene.records.suspended():
        return _reinstate(scene, person)
    member = cell.members.get(person.matrix_id)
    if member is None or member.left_at is not None:
        raise Refusal("vouching.not_here", name=person.name, at=person.localpart)
    if vouched(scene, person.matrix_id):
        raise Refusal("vouching.already", name=person.name, by=member.vouched_by, needed=scene.vouching)
    after = replace(member, vouched_by=scene.sender, vouched_at=scene.now)
    record = Record("role", "vouch", person.matrix_id, None, {"by": scene.sender, "at": scene.now})
    values = {"name": person.name, "by": scene.name_of(scene.sender)}
    undo = Undoable(scene.sender, scene.now, "vouch", members=(member,))
    return Outcome(cell.with_member(after).with_undo(undo), (record,), (Reply("vouching.vouched", values),))


def _reinstate(scene: Scene, person: Person) -> Outcome:
    cell, user = scene.here, person.matrix_id
    if scene.confirmed_by is None:
        may = _others(scene, cell, user)
        raise Confirm("vouching.reinstate_second", may, name=person.name)
    effects: tuple[Effect, ...] = (
        Reinstate(user),
        Reply("vouching.reinstated", {"name": person.name, "second": scene.name_of(scene.confirmed_by)}),
    )
    member = cell.members.get(user)
    changed: Cell | None = None
    if member is not None:
        back = replace(member, suspended_at=None, left_at=None, joined_at=None, called_at=scene.now)
        # Who comes back is seen or heard by two, and yet begins as anybody who enters.
        changed = cell.with_member(replace(back, vouched_by=None, vouched_at=None))
        effects = (CallIn(cell.incident.room_key, user, urgent=True), *effects)
    record = Record("role", "reinstate", user, None, {"confirmed_by": scene.confirmed_by})
    return Outcome(changed, (record,), effects)


def compromised(scene: Scene, call: Call) -> Outcome:
    """An account may be in somebody else's hands: it is suspended, then removed, by two people's word."""
    cell = scene.here
    user, name = _meant(scene, call.get("who", str) or "")
    if user == scene.bot:
        raise Refusal("vouching.not_me")
    if same_human(scene, user, scene.sender):
        raise Refusal("vouching.not_oneself")
    if user in scene.records.suspended():
        raise Refusal("vouching.suspended_already", name=name)
    directors = [m for m in cell.holders(Role.DIRECTOR) if m.suspended_at is None]
    if user in {m.matrix_id for m in directors} and len({fold_name(m) for m in directors}) < 2:
        raise Refusal("vouching.last_director", name=name)
    if scene.confirmed_by is None:
        raise Confirm("vouching.compromised_second", _others(scene, cell, user), name=name, user=user)
    if same_human(scene, scene.confirmed_by, user):
        raise Refusal("vouching.not_oneself")
    second = scene.name_of(scene.confirmed_by)
    values = {"name": name, "by": scene.name_of(scene.sender), "second": second, "alone": scene.alone}
    values |= {"texts": [each.id for _, each in sorted(cell.drafts.items()) if each.touched_by(user)]}
    return Outcome(effects=(Suspend(user, scene.sender, scene.confirmed_by), Reply("vouching.suspended", values)))


def fold_name(member: Member) -> str:
    """What tells two people apart, as `same_human` does: two accounts of one name are one person."""
    return fold(member.name)


def _others(scene: Scene, cell: Cell, target: str) -> tuple[str, ...]:
    """Whose word completes it: somebody else who may ask for it, never the one it is about."""
    found = dict.fromkeys(m.matrix_id for role in MAY_SUSPEND for m in cell.holders(role))
    return tuple(
        user
        for user in found
        if not same_human(scene, user, scene.sender) and not same_human(scene, user, target) and vouched(scene, user)
    )


def _meant(scene: Scene, typed: str) -> tuple[str, str]:
    """Whose account: somebody of the roster or of the incident, or a full Matrix id."""
    text = typed.strip().strip(".,;")
    full = _MATRIX_ID.fullmatch(text)
    if full:
        return text, scene.name_of(text)
    found = scene.roster.find(text.removeprefix("@"))
    if not found:
        # « !compromis @karim téléphone volé »: why is in the log as it was typed; a second name is not passed over.
        named = read_person(text, scene.roster, scene.sender)
        another = re.search(r"@|\A[\s,]*(?:[;&+]|(?:et|ou|and|or)\b)", named.rest, re.IGNORECASE)
        found = [] if another or read_person(named.rest, scene.roster).people else list(named.people)
    if len(found) > 1:
        raise Refusal("vouching.which", people=found)
    if not found:
        raise Refusal("vouching.unknown", typed=text)
    return found[0].matrix_id, found[0].name
