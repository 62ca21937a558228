"""Decisions. Guarantee: who took one and who typed it are two fields, and what was typed for somebody is theirs only
once they say so; nobody has one noted who may not take it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from bot.commands.call import Call
from bot.commands.permission import holders_of, roles_of
from bot.commands.scene import Scene
from bot.commands.spec import Place
from bot.commands.specs_registers import DECIDERS
from bot.domain.effects import Ask, Effect, Reply, Tell
from bot.domain.incident import Undoable
from bot.domain.outcome import Outcome, Record, Refusal
from bot.domain.qualifying import Answer
from bot.domain.registers import Decision, reasoned
from bot.domain.roles import Role

CONFIRM_WITHIN = timedelta(days=7)


def decision(scene: Scene, call: Call) -> Outcome:
    """A decision of the one who types, or of the person named straight after the verb, who then confirms it."""
    cell = scene.here
    by = call.actor.matrix_id if call.actor else scene.sender
    own = by == scene.sender
    if not own and (not cell.roles_of(by) or set(cell.roles_of(by)) <= {Role.OBSERVER}):
        raise Refusal("decisions.not_theirs", name=scene.name_of(by))
    _may_decide(scene, by)
    typed = str(call.args["text"])
    said = reasoned(typed)
    taken = Decision(
        number=len(cell.decisions) + 1,
        text=said.text,
        by=by,
        typed_by=scene.sender,
        at=scene.now,
        reasons=said.reasons,
        set_aside=said.set_aside,
        confirmed_at=scene.now if own else None,
    )
    undo = Undoable(scene.sender, scene.now, "decision", entries=(replace(taken, withdrawn=True),))
    record = Record("decision", "take", taken.id, None, state_of(taken), by=None if own else by, extra={"text": typed})
    effects: tuple[Effect, ...] = (Reply("decisions.taken", {"decision": taken}),)
    if not own:
        question = _question(scene, taken)
        told = Reply("decisions.asked", {"decision": taken, "name": scene.name_of(by)})
        effects = (question,) if scene.place is Place.CELL else (question, told)
    return Outcome(cell.with_entries([taken]).with_undo(undo), (record,), effects)


def answered(scene: Scene, held: Mapping[str, Any], answer: Answer) -> Outcome:
    """The answer of who took it (or, for a no, of who typed it). Raises Refusal where it was answered before."""
    cell, number = scene.here, int(held["number"])
    before = cell.decisions[number]
    if not before.waits:
        raise Refusal("decisions.settled", decision=before)
    if answer is Answer.UNKNOWN:
        raise Refusal("decisions.yes_or_no", decision=before)
    if answer is Answer.YES:
        after, action = replace(before, confirmed_at=scene.now), "confirm"
    elif scene.sender == before.by:
        after, action = replace(before, denied_at=scene.now), "deny"
    else:
        after, action = replace(before, withdrawn=True), "withdraw"
    values = {"decision": after, "action": action, "name": scene.name_of(scene.sender), "at": scene.now}
    effects: list[Effect] = [Reply("decisions.answered", values)]
    if scene.place is not Place.CELL:
        key = f"decision:{cell.incident.id}:{number}:{action}"
        effects.append(Tell(cell.incident.room_key, "decisions.answered", values, cell.incident.language, key))
    record = Record("decision", action, after.id, state_of(before), state_of(after))
    # Once it was answered, who typed it cannot take it back any more.
    settled = Undoable(scene.sender, scene.now, "decision", entries=(before,))
    changed = cell.with_entries([after]).with_undo(settled).without_undo(scene.sender)
    return Outcome(changed, (record,), tuple(effects))


def decisions(scene: Scene, call: Call) -> Outcome:
    """The register, the latest last, or the card of one."""
    cell = scene.here
    number = call.get("number", int)
    kept = [d for d in cell.decisions.values() if not d.withdrawn]
    if number is None:
        return Outcome(effects=(Reply("decisions.list", {"decisions": kept[-20:], "count": len(kept)}),))
    found = cell.decisions.get(number)
    if found is None or found.withdrawn:
        raise Refusal("decisions.unknown", number=number, known=[d.id for d in kept][-6:])
    return Outcome(effects=(Reply("decisions.card", {"decision": found}),))


def about(number: int) -> str:
    """The name of the question that asks for a confirmation, within its incident."""
    return f"decision:{number}"


def state_of(entry: Decision) -> dict[str, Any]:
    """A decision's standing as the log keeps it."""
    return {
        "text": entry.text,
        "reasons": entry.reasons,
        "set_aside": entry.set_aside,
        "by": entry.by,
        "typed_by": entry.typed_by,
        "confirmed_at": entry.confirmed_at,
        "denied_at": entry.denied_at,
        "withdrawn": entry.withdrawn,
    }


def _question(scene: Scene, taken: Decision) -> Ask:
    return Ask(
        "decisions.confirm",
        {"decision": taken, "user": taken.by, "name": scene.name_of(taken.by), "typist": scene.name_of(scene.sender)},
        # Whoever took it may answer, whatever their role: what they are asked of is the register's right to be read.
        command="decisions",
        about=about(taken.number),
        held={"number": taken.number},
        may=(taken.by,),
        life=CONFIRM_WITHIN,
        ring=(taken.by,),
        in_cell=True,
        typed=True,
    )


def _may_decide(scene: Scene, by: str) -> None:
    """Refuse a decision in one's own name to whoever only types those of others, and in the name of whoever may not."""
    deciding = scene.overrides.get("decision", DECIDERS)
    if set(deciding) & set(roles_of(scene, by)):
        return
    if by == scene.sender:
        raise Refusal("decisions.for_another")
    who = {"roles": list(deciding), "holders": holders_of(scene, deciding)}
    raise Refusal("decisions.may_not", name=scene.name_of(by), **who)
