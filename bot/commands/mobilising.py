"""Climbing a rung. Guarantee: a person climbs it, the log says who, and who was called by it; whoever is called already
is not called twice, and nobody is sent away by a rung."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from bot.commands import calling
from bot.commands.call import Call
from bot.commands.scene import Scene
from bot.domain.cell import Cell
from bot.domain.effects import Effect
from bot.domain.incident import IncidentStatus, Member, Undoable
from bot.domain.outcome import Confirm, Outcome, Record, Refusal
from bot.domain.roster import Person
from bot.domain.rungs import Rung, find_rung

ORDER = tuple(Rung)


def mobilise(scene: Scene, call: Call) -> Outcome:
    """Climb to a rung; without its name, show the next one that calls somebody, and whom, and ask."""
    cell, text = scene.here, call.get("rung", str)
    if cell.incident.status is not IncidentStatus.OPEN:
        raise Refusal("refusals.already_closed", incident=cell.incident)
    now_on = calling.rung_of(cell.incident)
    wanted = find_rung(text) if text else _next(scene, cell, now_on) if now_on else Rung.DOUBT
    if text and wanted is None:
        raise Refusal("people.no_such_rung", typed=text, rungs=list(Rung))
    if wanted is None or (now_on and ORDER.index(wanted) <= ORDER.index(now_on)):
        raise Refusal(
            "people.rung_already", rung=now_on, wanted=wanted, above=now_on.above if now_on and text else None
        )
    missing = _missing(scene, cell, wanted)
    ask = not text or now_on is None
    if ask and scene.confirmed_by is None:
        verb = call.spec.verb(scene.language)
        raise Confirm(
            "people.mobilise_confirm",
            (scene.sender,),
            typed=now_on is None,
            as_typed=f"!{verb} {cell.incident.id} {wanted.value}",
            rung=wanted,
            missing=missing,
            discreet=now_on is None,
        )
    changed, records, effects, _ = climb(scene, cell, wanted)
    changed = changed.with_undo(Undoable(scene.sender, scene.now, "mobilise"))
    said = {"rung": wanted, "before": now_on, "called": missing, "by": scene.name_of(scene.sender)}
    return Outcome(changed, records, (*effects, *_told(scene, said)))


def _next(scene: Scene, cell: Cell, now_on: Rung) -> Rung | None:
    """The next rung that calls somebody more; None where all are called."""
    return next((rung for rung in ORDER[ORDER.index(now_on) + 1 :] if _missing(scene, cell, rung)), None)


def _told(scene: Scene, values: Mapping[str, object]) -> tuple[Effect, ...]:
    from bot.commands.steering import told

    return told(scene, "people.mobilised", values)


def climb(scene: Scene, cell: Cell, rung: Rung) -> tuple[Cell, tuple[Record, ...], list[Effect], list[Person]]:
    """The cell once that rung is called, what the log says of it, what calls them, and whom."""
    before, people = cell.incident.rung, _missing(scene, cell, rung)
    changed = replace(cell, incident=replace(cell.incident, rung=rung.value))
    members: list[Member] = []
    for person in people:
        member = calling.member_of(person, scene.now, cell.members.get(person.matrix_id))
        members.append(member)
        changed = changed.with_member(member)
    said = {"rung": rung.value, "called": [person.matrix_id for person in people]}
    record = Record("incident", "mobilise", cell.incident.id, {"rung": before}, said)
    return changed, (record,), calling.call_effects(scene, changed, members, urgent=2), people


def _missing(scene: Scene, cell: Cell, rung: Rung) -> list[Person]:
    """Whom that rung calls and who is not called yet."""
    found = calling.to_call(cell.incident, rung, scene.roster, scene.records.suspended())
    return [person for person in found if not cell.is_here(person.matrix_id)]
