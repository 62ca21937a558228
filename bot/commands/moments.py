"""When something was known. Guarantee: the time from which the law counts is recorded by somebody who may judge it, who
confirms it, and is moved later only by two people and with a reason; what it was before is kept."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from bot.commands import fallen
from bot.commands.call import Call, When
from bot.commands.clocks import record, told
from bot.commands.permission import holders_of, not_in_cell
from bot.commands.scene import Scene
from bot.domain.cell import Cell
from bot.domain.clock_lines import line
from bot.domain.clock_times import Changed, retimed
from bot.domain.clocks import urgency
from bot.domain.effects import Effect, Tell, Tick
from bot.domain.incident import Member, Moment
from bot.domain.moments import MOMENTS
from bot.domain.moments import Moment as Word
from bot.domain.outcome import Confirm, Outcome, Record, Refusal
from bot.domain.roles import Role


def known(scene: Scene, call: Call) -> Outcome:
    """Record a moment; without a name, the first sign."""
    named = call.get("moment", str)
    return _record(scene, call, Word(named) if named else Word.OBSERVED)


def observed(scene: Scene, call: Call) -> Outcome:
    return _record(scene, call, Word.OBSERVED)


def attack(scene: Scene, call: Call) -> Outcome:
    return _record(scene, call, Word.ATTACK)


def breach(scene: Scene, call: Call) -> Outcome:
    return _record(scene, call, Word.BREACH)


def _record(scene: Scene, call: Call, word: Word) -> Outcome:
    cell, name = scene.here, word.value
    author = call.actor.matrix_id if call.actor else scene.sender
    if author not in cell.members:
        raise not_in_cell(call.actor)
    if MOMENTS[word].by_act:
        raise Refusal("clocks.by_act", word=MOMENTS[word].word)
    roles = recorders(scene, word)
    if roles is not None and not set(cell.roles_of(author)) & set(roles):
        raise Refusal("clocks.moment_role", word=MOMENTS[word], roles=list(roles), holders=holders_of(scene, roles))
    when = call.args["when"]
    assert isinstance(when, When)
    before = cell.moments.get(name)
    # What the opening put in the place of the first sign is no finding.
    finding = before if before is not None and before.set_by is not None else None
    if finding is not None and finding.at == when.at:
        raise Refusal("clocks.moment_same", word=MOMENTS[word], at=when.at, by=scene.name_of(finding.set_by))
    reason = call.get("text", str)
    moment = Moment(name, when.at, author, scene.now, reason)
    changed = retimed(cell.with_change(moment, scene.sender), scene.rules, scene.organisation.profile, scene.now)
    values = {
        "word": MOMENTS[word],
        "at": when.at,
        "twice": when.twice,
        "before": finding.at if finding else None,
        "author": scene.name_of(author),
        "reason": reason,
        "reconstructed": bool(reconstructed(cell, when.at)),
        "lines": [
            line(changed.cell, clock, scene.now) for clock in sorted((c for _, c in changed.clocks), key=urgency)
        ],
    }
    values["breach"] = _implies_breach(changed.cell, moment)
    question = _question(scene, name, author, roles, finding.at if finding else None, when.at, reason, values)
    if question is not None:
        raise question
    return _outcome(scene, changed, moment, before, author, values)


def _implies_breach(cell: Cell, said: Moment) -> bool:
    """Whether a supplier's notice tells of a breach earlier than anybody has found it: the controller is aware once its
    processor has informed it (EDPB Guidelines 9/2022, 44). A human finds it; no clock moves by itself."""
    found = cell.moments.get(Word.BREACH.value)
    return said.name == Word.SUPPLIER.value and (found is None or found.at > said.at)


def reconstructed(cell: Cell, at: datetime) -> dict[str, Any]:
    """The mark of an entry about what was before the incident's opening, and was written down afterwards."""
    return {"reconstructed": True} if at < cell.incident.opened_at else {}


def recorders(scene: Scene, word: Word) -> tuple[Role, ...] | None:
    """The roles that may record a moment; None: whoever is no mere observer."""
    if word is Word.OBSERVED:
        return None
    counts = [r for r in scene.rules.values() if word is Word.CLASSIFIED and r.classified is not None]
    owners = [rule.owner for rule in (*(r for r in scene.rules.values() if r.moment == word.value), *counts)]
    return tuple(dict.fromkeys((*(MOMENTS[word].recorders or owners), Role.DIRECTOR)))


def _question(
    scene: Scene,
    name: str,
    author: str,
    roles: tuple[Role, ...] | None,
    before: datetime | None,
    at: datetime,
    reason: str | None,
    values: dict[str, Any],
) -> Exception | None:
    """What must be asked, or refused, before it is recorded; None once who must has said yes.

    The author confirms, whoever typed; moving it later needs a reason, and somebody else who could have recorded it.
    What was confirmed while something else was recorded is asked anew.
    """
    later = before is not None and at > before
    if later and not reason:
        return Refusal("clocks.moment_reason", word=values["word"], before=before)
    yes, others = scene.confirmed_by, _seconds(scene, author, roles)
    behalf = author != scene.sender
    if yes is None and (behalf or not later):
        asked = Record("moment", "ask", name, before, at, by=author, extra={"reason": reason})
        values = {**values, "behalf": behalf, "typist": scene.name_of(scene.sender)}
        stays = asked if behalf else None
        return Confirm("clocks.moment_confirm", (author,), typed=False, stays=stays, instead=f"moment:{name}", **values)
    if later and not scene.alone and yes not in others:
        return Confirm("clocks.moment_later", others, **values)
    return None


def _seconds(scene: Scene, author: str, roles: tuple[Role, ...] | None) -> tuple[str, ...]:
    """Who else may record that moment, and so may second that it is moved later."""

    def may(member: Member) -> bool:
        if roles is not None:
            return bool(set(member.roles) & set(roles))
        return not member.roles or set(member.roles) != {Role.OBSERVER}

    here = (member for member in scene.here.members.values() if member.left_at is None)
    return tuple(m.matrix_id for m in here if m.matrix_id not in (author, scene.sender) and may(m))


def _outcome(
    scene: Scene, changed: Changed, moment: Moment, before: Moment | None, author: str, values: dict[str, Any]
) -> Outcome:
    cell = changed.cell.without_undo(scene.sender)
    extra: dict[str, Any] = {"reason": moment.reason, "confirmed_by": scene.confirmed_by}
    extra |= reconstructed(cell, moment.at)
    entry = Record(
        "moment",
        "move" if before is not None and before.set_by is not None else "set",
        moment.name,
        before.at if before else None,
        moment.at,
        by=author if author != scene.sender else None,
        occurred_at=moment.at,
        extra=extra,
    )
    clocks = tuple(record("move" if old else "start", old, new) for old, new in changed.clocks)
    cell, fell, fallen_told = fallen.texts(scene, scene.here, cell)
    effects: list[Effect] = [Tick(), told(scene, "clocks.moment_set", values)]
    effects += _directors(scene, cell, author, values)
    return Outcome(cell, (entry, *clocks, *fell), (*effects, *fallen_told))


def _directors(scene: Scene, cell: Cell, author: str, values: dict[str, Any]) -> list[Effect]:
    """The directors are told, without ringing: they are rung for what they must act on."""
    effects: list[Effect] = []
    for member in cell.holders(Role.DIRECTOR):
        if member.matrix_id in (author, scene.sender):
            continue
        person = scene.roster.by_id(member.matrix_id)
        language = (person.language if person else None) or cell.incident.language
        key = f"moment:{cell.incident.id}:{scene.event_id}:{member.matrix_id}"
        effects.append(Tell(f"dm:{member.matrix_id}", "clocks.moment_set", values, language, key))
    return effects
