"""The end of a clock and of a crisis. Guarantee: an authority's question is a duty like another; a filing that is
rejected runs again; the crisis ends before its clocks do, and is put away only once no duty of the law is open."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

from bot.commands import fallen, false_alarm, rounds
from bot.commands.call import Call, When
from bot.commands.clocks import card, find, news, numbered, record, records_of, told, without_filing
from bot.commands.lengths import from_now
from bot.commands.permission import may_second
from bot.commands.scene import Scene
from bot.domain.cell import Cell
from bot.domain.clock_lines import line
from bot.domain.clock_times import reopened, restored, retimed
from bot.domain.clocks import ClockStatus
from bot.domain.deadline_rules import Class, Rule, Status
from bot.domain.effects import Reply
from bot.domain.incident import IncidentStatus, Undoable
from bot.domain.language import fold
from bot.domain.moments import Moment, filed_rule
from bot.domain.nudges import rearmed
from bot.domain.outcome import Confirm, Outcome, Record, Refusal
from bot.domain.playbook import Text
from bot.domain.roles import Role

_RUNS = (ClockStatus.RUNNING, ClockStatus.FILED)
_ENDED = Moment.ENDED.value
_MOST_WORDS = 4
_JOINTS = " \t,;:—–-"


# -- what an authority asks --------------------------------------------------------------------------------------------


def question(scene: Scene, call: Call) -> Outcome:
    """What an authority asks, as a clock of its own, in the hands of whoever owes that authority."""
    cell = scene.here
    authority, asked, rule = _addressed(scene, str(call.args["text"]))
    to = rule.names if rule else authority
    if not asked:
        raise Refusal("closing.question_text", to=to)
    due = _wanted_by(scene, call)
    if due is None:
        raise Refusal("closing.question_when", to=to)
    contract = rule is not None and rule.visible is Class.CONTRACT
    begun = numbered(
        cell,
        scene.now,
        Text(f"{authority.fr} : {asked}"[:300], f"{authority.en}: {asked}"[:300]),
        due,
        rule.owner if rule else Role.LEGAL,
        visible=Class.CONTRACT if contract else Class.LAW,
        legal_status=(Status.CONTRACT if contract else Status.IN_FORCE).value,
        authority=authority,
        data_protection=rule.data_protection if rule else False,
    )
    changed = cell.with_clocks([begun]).without_undo(scene.sender)
    entry = record("start", None, begun, question=asked, authority=authority.get(cell.incident.language))
    values = {"line": line(changed, begun, scene.now), "question": asked, "by": scene.name_of(scene.sender)}
    return Outcome(changed, (entry,), news(scene, "closing.question", values))


def questions(scene: Scene, call: Call) -> Outcome:
    """What authorities have asked, what is not answered first; or one of these clocks."""
    cell, number = scene.here, call.get("number", int)
    asked = [clock for clock in cell.by_urgency if clock.own and clock.authority is not None]
    if number is not None:
        found = next((clock for clock in asked if clock.number == number), None)
        if found is None:
            raise Refusal("closing.no_question", number=number, known=[clock.rule for clock in asked])
        return card(scene, found)
    return Outcome(effects=(Reply("closing.questions", {"lines": [line(cell, c, scene.now) for c in asked]}),))


def _wanted_by(scene: Scene, call: Call) -> datetime | None:
    when, length = call.get("for", When), from_now(scene, call)
    if when is not None:
        return when.at
    return scene.now + length if length is not None else None


def _addressed(scene: Scene, typed: str) -> tuple[Text, str, Rule | None]:
    """Who asks, what, and a rule that is owed to them: named by a rule or by the authority, else the first word."""
    words = typed.split()
    for count in range(min(_MOST_WORDS, len(words)), 0, -1):
        name = " ".join(words[:count]).strip(_JOINTS)
        rule = _owed_to(scene, name)
        if rule is not None:
            return rule.authority.name, _after(typed, words[:count]), rule
    first = words[0].strip(_JOINTS)
    return Text(first, first), _after(typed, words[:1]), None


def _owed_to(scene: Scene, name: str) -> Rule | None:
    wanted = fold(name)
    if not wanted:
        return None
    rules = list(scene.rules.values())
    by_name = (r for r in rules if wanted in {fold(each) for each in r.all_names})
    by_authority = (r for r in rules if wanted in {fold(r.authority.id), *(fold(n) for n in _names(r))})
    return next(by_name, None) or next(by_authority, None)


def _names(rule: Rule) -> tuple[str, str]:
    return rule.authority.name.fr, rule.authority.name.en


def _after(typed: str, words: list[str]) -> str:
    position = 0
    for word in words:
        position = typed.index(word, position) + len(word)
    return typed[position:].strip(_JOINTS + "\n")


# -- a filing that was rejected ----------------------------------------------------------------------------------------


def reopen(scene: Scene, call: Call) -> Outcome:
    """What was filed, closed or set aside runs again: a filing was rejected, or a reason does not hold."""
    cell = scene.here
    before = find(scene, call.clocks()[0])
    if before.status not in (ClockStatus.FILED, ClockStatus.CLOSED, ClockStatus.WAIVED):
        raise Refusal("closing.runs_already", clock=before)
    reason = call.get("text", str)
    if reason is None:
        raise Refusal("closing.reopen_reason", clock=before)
    zone = ZoneInfo(cell.incident.timezone)
    # What was set aside with it, since it would have followed its filing, waits for it again.
    with_it = [
        clock for clock in cell.clocks.values()
        if clock.id != before.id and clock.status is ClockStatus.WAIVED and clock.waived_at == before.waived_at
        and clock.party == before.party and filed_rule(clock.moment) is not None
    ]  # fmt: skip
    follow = [restored(clock, scene.now, zone) for clock in with_it]
    changed = cell.with_clocks([rearmed(reopened(before), scene.now, zone), *follow])
    records = [record("reopen", before, changed.clocks[before.id], reason=reason)]
    records += [record("restore", old, new) for old, new in zip(with_it, follow, strict=True)]
    changed, unfiled = without_filing(scene, changed, before)
    records += unfiled
    moved = retimed(changed, scene.rules, scene.organisation.profile, scene.now)
    result = moved.cell.with_undo(Undoable(scene.sender, scene.now, "reopen", clocks=(before,)))
    result = result.without_undo(scene.sender)
    after = result.clocks[before.id]
    values = {"line": line(result, after, scene.now), "name": scene.name_of(scene.sender), "reason": reason}
    return Outcome(result, (*records, *records_of(moved.clocks)), news(scene, "closing.reopened", values))


# -- the end of the crisis ---------------------------------------------------------------------------------------------


def archive(scene: Scene, call: Call) -> Outcome:
    """Put the incident away, once it is lifted and no duty of the law is open. Nothing changes in it any more."""
    cell = scene.here
    if cell.incident.status is IncidentStatus.OPEN:
        raise Refusal("closing.not_lifted", incident=cell.incident)
    duties = [c for c in cell.by_urgency if c.visible is not Class.HOUSE and c.status in _RUNS]
    legal = [clock for clock in duties if clock.visible is Class.LAW]
    if legal:
        raise Refusal("closing.still_owed", lines=[line(cell, clock, scene.now) for clock in legal])
    left = [line(cell, clock, scene.now) for clock in cell.by_urgency if clock.status in _RUNS]
    if scene.confirmed_by is None:
        raise Confirm("closing.archive_second", may_second(scene, call), lines=left, open_tasks=cell.open_tasks)
    after = replace(cell, incident=replace(cell.incident, status=IncidentStatus.ARCHIVED))
    changed = after.without_undo(scene.sender)
    return _steered(scene, changed, "archive", "closing.archive_done", ())


def reactivate(scene: Scene, call: Call) -> Outcome:
    """The crisis is under way again; what its lifting had begun stops, and texts that give its end rest on nothing."""
    cell = scene.here
    if cell.incident.status is IncidentStatus.OPEN:
        raise Refusal("closing.under_way", incident=cell.incident)
    if scene.confirmed_by is None:
        raise Confirm("closing.reactivate_second", may_second(scene, call), reason=call.get("text", str))
    begun = [clock for clock in cell.clocks.values() if clock.moment == _ENDED and clock.status in _RUNS]
    stopped = {clock.id for clock in begun}
    incident = replace(cell.incident, status=IncidentStatus.OPEN, closed_at=None, closed_by=None, close_reason=None)
    kept = {name: clock for name, clock in cell.clocks.items() if name not in stopped}
    changed = replace(cell, incident=incident, clocks=MappingProxyType(kept)).without_undo(scene.sender)
    resumed = rounds.resumed(scene, changed)
    back = false_alarm.back(scene, changed)
    changed = changed.with_clocks(new for _, new in (*resumed, *back))
    records = [record("stop", clock, clock) for clock in begun]
    records += [record("again", old, new) for old, new in resumed]
    records += [record("restore", old, new) for old, new in back]
    if _ENDED in changed.moments:
        records.append(Record("moment", "undo", _ENDED, changed.moments[_ENDED].at, None))
        changed = changed.without_moment(_ENDED)
    changed, fell, of_texts = fallen.texts(scene, cell, changed)
    done = _steered(scene, changed, "reactivate", "closing.reactivated", (*records, *fell), call.get("text", str))
    return replace(done, effects=(*done.effects, *of_texts))


def _steered(
    scene: Scene, changed: Cell, action: str, template: str, more: tuple[Record, ...], reason: str | None = None
) -> Outcome:
    """An incident's new standing, by two people: its entry, and what the room is told."""
    before, after = scene.here.incident, changed.incident
    said: dict[str, Any] = {"confirmed_by": scene.confirmed_by}
    if reason is not None:
        said["reason"] = reason
    states = ({"status": before.status.value}, {"status": after.status.value})
    entry = Record("incident", action, before.id, *states, extra=said)
    values = {
        "by": scene.name_of(scene.sender),
        "second": scene.name_of(scene.confirmed_by),
        "alone": scene.alone,
        "at": scene.now,
        "reason": reason,
    }
    return Outcome(changed, (entry, *more), (told(scene, template, values),))
