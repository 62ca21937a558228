"""What was found in a text and is let stand. Guarantee: only with a reason, which whoever approves reads; a supplier is
named only by legal's leave; a blank or a patient's number is never let stand."""

from __future__ import annotations

import re
from dataclasses import replace

from bot.commands.call import Call
from bot.commands.drafts import named
from bot.commands.order import set_aside
from bot.commands.permission import effective
from bot.commands.scene import Scene
from bot.commands.steering import told
from bot.domain import drafts as texts
from bot.domain.approval import asked, findings, stopped
from bot.domain.cell import Cell
from bot.domain.drafts import Aside, Draft, TextStanding
from bot.domain.effects import Effect, Tell
from bot.domain.outcome import Outcome, Refusal
from bot.domain.remarks import Grade, Remark
from bot.domain.roles import Role
from bot.domain.screening import Finding

_TYPED = re.compile(
    r"\s*c?\s?(?P<draft>\d{1,4})\b[\s,:]*"
    r"(?P<numbers>(?:n[°º]\s?)?\d{1,3}(?:(?:\s*[,;&]|\s+(?:et|and)(?=\s))+\s*\d{1,3})*(?!\w))?"
    r"[\s:;,.)–—-]*(?P<reason>.*)",
    re.IGNORECASE | re.DOTALL,
)
"""« C2 1, 3 et 4 : motif »: the text, the numbers of what is let stand, why."""


def let_stand(scene: Scene, call: Call) -> Outcome:
    """Let what was found stand, each by its number, for one reason; without a number the only thing that stops it, or
    who should hear first.

    Refuses a number that nothing has, a text that is out, and a supplier's name from anybody but legal.
    """
    typed = _TYPED.fullmatch(str(call.args["text"]))
    number = int(typed["draft"]) if typed else None
    cell, before = scene.here, named(scene, replace(call, args={"draft": number} if number is not None else {}))
    numbers = tuple(dict.fromkeys(map(int, re.findall(r"\d+", typed["numbers"] or "")))) if typed else ()
    reason = (typed["reason"].strip() or None) if typed else None
    release = before.released()
    if release is not None:
        raise Refusal("drafts.released_already", draft=before, release=release)
    chosen = _chosen(scene, before, numbers)
    if reason is None:
        raise Refusal("remarks.why", draft=before, chosen=chosen)
    after, records = before, []
    for each in chosen:
        _may(scene, before, each)
        after = texts.put_aside(after, Aside(each.what, each.mark, reason, scene.sender, scene.now))
        records.append(set_aside(before, each, reason))
    again = bool(before.given()) and any(each.grade is Grade.REASON for each in chosen)
    if again:
        after = texts.expire(after)  # who had approved did not read what is let stand, nor this reason
    changed = cell.with_draft(after)
    values = {
        "draft": after,
        "chosen": chosen,
        "reason": reason,
        "name": scene.name_of(scene.sender),
        "left": stopped(changed, after),
        "again": again,
        "waiting": scene.names_of(asked(changed, after)),
        "approved": after.standing(cell.incident.severity, scene.now) is TextStanding.APPROVED,
    }
    effects = told(scene, "remarks.aside", values)
    if not values["left"] and stopped(cell, before):
        effects = (*effects, *_called(scene, changed, after))
    return Outcome(changed.without_undo(scene.sender), tuple(records), effects)


def _called(scene: Scene, cell: Cell, draft: Draft) -> tuple[Effect, ...]:
    """Who is to approve is called now: while something stopped the text nobody was."""
    people = asked(cell, draft)
    directors = {member.matrix_id for member in cell.holders(Role.DIRECTOR)}
    values = {"draft": draft, "people": [(user, scene.name_of(user)) for user in people]}
    key = f"to_approve:{cell.incident.id}:{scene.event_id}"
    ring = tuple(user for user in people if user not in directors) or people
    told = Tell(cell.incident.room_key, "remarks.to_approve", values, cell.incident.language, key=key, ring=ring)
    return (told,) if people else ()


def _chosen(scene: Scene, draft: Draft, numbers: tuple[int, ...]) -> list[Remark]:
    found = {each.number: each for each in findings(scene.here, draft) if each.number}
    stopping = [each for each in found.values() if each.stops]
    held = [each for each in found.values() if each.holds]
    if not numbers and (len(stopping) == 1 or (held and not stopping)):
        return stopping or held
    missing = [number for number in numbers if number not in found]
    if missing or not numbers:
        raise Refusal("remarks.none", draft=draft, number=missing[0] if missing else None, found=list(found.values()))
    return [found[number] for number in numbers]


def _may(scene: Scene, draft: Draft, remark: Remark) -> None:
    legal = scene.here.holders(effective(scene.here, Role.LEGAL))
    if remark.what is Finding.SUPPLIER and scene.sender not in {member.matrix_id for member in legal}:
        raise Refusal("remarks.leave", draft=draft, remark=remark, people=[member.name for member in legal])
