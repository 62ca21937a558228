"""Enquiries from outside. Guarantee: none is lost; each is open, in somebody's hands, until its answer is recorded."""

from __future__ import annotations

from dataclasses import replace

from bot.commands.call import Call
from bot.commands.listing import listed
from bot.commands.permission import effective, not_in_cell
from bot.commands.scene import Scene
from bot.commands.steering import told
from bot.domain.cell import Cell
from bot.domain.effects import Reply
from bot.domain.enquiries import Asker, Enquiry, asker_of
from bot.domain.language import Both
from bot.domain.outcome import Outcome, Record, Refusal
from bot.domain.registers import who_and_what
from bot.domain.reminders import acting
from bot.domain.roles import Role
from bot.domain.roster import Person

_ANSWERS: dict[Asker, Role] = {
    Asker.PRESS: Role.SPOKESPERSON,
    Asker.PATIENT: Role.COMMUNICATION,
    Asker.OFFICIAL: Role.LIAISON,
    Asker.OTHER: Role.COMMUNICATION,
}
"""Who answers whom, unless somebody else is named."""


def ask(scene: Scene, call: Call) -> Outcome:
    """Somebody outside asks: who, and what. It is put in the hands of whoever answers such people."""
    cell = scene.here
    who, text = who_and_what(str(call.args["text"]))
    if not who or text is None:
        raise Refusal("enquiries.what", who=who)
    asker = asker_of(who)
    owner = _owner(cell, asker)
    number = max(cell.enquiries, default=0) + 1
    made = Enquiry(number, who[:120], text, asker, scene.sender, scene.now, owner)
    after = {"who": made.who, "asker": asker.value, "owner": owner}
    record = Record("enquiry", "ask", made.id, None, after, extra={"text": text})
    changed = cell.with_enquiry(made).without_undo(scene.sender)
    values = {"enquiry": made, "owner": scene.name_of(owner) if owner else None, "verified": _facts(cell)}
    return Outcome(changed, (record,), told(scene, "enquiries.asked", values))


def show(scene: Scene, call: Call) -> Outcome:
    """The enquiries, what is open first; one of them whole."""
    cell, number = scene.here, call.get("number", int)
    if number is not None:
        return Outcome(effects=(Reply("enquiries.card", {"enquiry": _named(scene, number)}),))
    there = [each for _, each in sorted(cell.enquiries.items()) if not each.withdrawn]
    lines = [each for each in there if each.open] + [each for each in reversed(there) if not each.open]
    return listed(scene, "enquiries.list", "lines", lines, Both("demandes", "enquiries"))


def answer(scene: Scene, call: Call) -> Outcome:
    """What was answered, by whom, when: the enquiry is closed. Refuses one without the answer's words."""
    before = _named(scene, call.get("number", int))
    said = call.get("text", str)
    if not before.open:
        raise Refusal("enquiries.answered_already", enquiry=before, name=scene.name_of(before.answered_by))
    if said is None:
        raise Refusal("enquiries.answer_words", enquiry=before)
    who = call.actor.matrix_id if call.actor else scene.sender
    after = replace(before, answer=said, answered_by=who, answered_at=scene.now)
    record = Record(
        "enquiry", "answer", after.id, {"owner": before.owner}, {"answered_by": who}, extra={"text": said},
        by=who if who != scene.sender else None,
    )  # fmt: skip
    changed = scene.here.with_enquiry(after).without_undo(scene.sender)
    values = {"enquiry": after, "name": scene.name_of(who)}
    return Outcome(changed, (record,), told(scene, "enquiries.answered", values))


def assign(scene: Scene, call: Call) -> Outcome:
    """Somebody else is to answer."""
    cell, before, person = scene.here, _named(scene, call.get("number", int)), call.get("person", Person)
    if not before.open:
        raise Refusal("enquiries.answered_already", enquiry=before, name=scene.name_of(before.answered_by))
    if person is None:
        raise Refusal("enquiries.to_whom", enquiry=before)
    if not cell.is_here(person.matrix_id):
        raise not_in_cell(person)
    after = replace(before, owner=person.matrix_id)
    record = Record("enquiry", "assign", after.id, {"owner": before.owner}, {"owner": after.owner})
    changed = cell.with_enquiry(after).without_undo(scene.sender)
    values = {"enquiry": after, "owner": person.name, "user": person.matrix_id}
    return Outcome(changed, (record,), told(scene, "enquiries.assigned", values))


def _named(scene: Scene, number: int | None) -> Enquiry:
    found = scene.here.enquiries.get(number) if number is not None else None
    if found is None or found.withdrawn:
        known = [each.id for _, each in sorted(scene.here.enquiries.items()) if not each.withdrawn]
        raise Refusal("enquiries.unknown", number=number, known=known[-6:])
    return found


def owner_of(cell: Cell, enquiry: Enquiry) -> str | None:
    """Who is to answer now: whoever was named, while they are here and awake, else who acts in their role."""
    member = cell.members.get(enquiry.owner) if enquiry.owner else None
    if member is not None and member.left_at is None and member.resting_since is None and member.suspended_at is None:
        return member.matrix_id
    there = acting(cell, _ANSWERS[enquiry.asker])
    return there[0].matrix_id if there else None


def _owner(cell: Cell, asker: Asker) -> str | None:
    """Who answers such people: the holder of that role, or of the nearest that stands in for it."""
    held = cell.holders(effective(cell, _ANSWERS[asker]))
    return held[0].matrix_id if held else None


def _facts(cell: Cell) -> int:
    """How many facts may be told to whoever asks."""
    return sum(fact.status.value == "verified" and not fact.withdrawn for fact in cell.facts.values())
