"""Who hears first: staff before anyone outside, partners before the press. Guarantee: a text that goes before them goes
only once somebody has typed why; the log and the register of releases have it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from bot.commands.call import Call
from bot.commands.directory import unwarned
from bot.commands.drafts import state_of
from bot.commands.scene import Scene
from bot.domain import drafts as texts
from bot.domain.approval import findings, held_back
from bot.domain.cell import Cell
from bot.domain.drafts import Aside, Draft, TextStanding
from bot.domain.heard import PRESS, WHOM, unheard
from bot.domain.outcome import Record, Refusal
from bot.domain.remarks import Remark
from bot.domain.screening import Finding


def in_turn(scene: Scene, found: Draft, call: Call) -> None:
    """Refuse a text that goes out before those who should hear first, until somebody has said why."""
    cell, held = scene.here, held_back(scene.here, found)
    if held:
        before = _groups(cell, found, held)
        ready = [d for _, d in sorted(cell.drafts.items()) if d.audience in before and _ready(scene, d)]
        typed = f"!{call.spec.verb(scene.language)} {found.number} {call.get('channel', str) or ''}".strip()
        to_draft = [group for group in before if group not in {each.audience for each in ready}]
        values = {"ready": ready, "to_draft": to_draft, "first": [WHOM[each] for each in before]}
        raise Refusal("drafts.out_of_turn", draft=found, held=held, typed=typed, **values)


def _ready(scene: Scene, draft: Draft) -> bool:
    return draft.standing(scene.here.incident.severity, scene.now) is TextStanding.APPROVED


def _groups(cell: Cell, draft: Draft, remarks: Iterable[Remark]) -> list[str]:
    """Whom these remarks are about: there is one for each who should hear first, in their order."""
    marks = {each.mark for each in remarks}
    order = (each for each in findings(cell, draft) if each.what is Finding.ORDER)
    return [group for group, each in zip(unheard(cell, draft), order, strict=True) if each.mark in marks]


def _said(before: Iterable[str]) -> dict[str, Any]:
    return {"first": [WHOM[each] for each in before]}


def passed_over(scene: Scene, found: Draft) -> dict[str, Any]:
    """Who should hear first and does not, and who gave which reason for it: none, of what was approved in peacetime. Of
    partners of whom some were warned, who was not."""
    there = findings(scene.here, found) if found.released() is None else ()
    first = [each for each in there if each.what is Finding.ORDER]
    reasons = dict.fromkeys((scene.name_of(e.aside.user), e.aside.reason) for e in first if e.aside is not None)
    left = unwarned(scene.directory, scene.here) if found.template in PRESS and scene.here.warned else ()
    return {**_said(_groups(scene.here, found, first) if first else ()), "reasons": list(reasons), "unwarned": left}


def urgent_anyway(scene: Scene, draft: Draft, reason: str) -> tuple[Draft, list[Record], dict[str, Any]]:
    """What cannot wait for the others' approval cannot wait for who should hear first: the director's reason is one for
    both. With what is said of them."""
    first = held_back(scene.here, draft)
    said = _said(_groups(scene.here, draft, first) if first else ())
    for each in first:
        draft = texts.put_aside(draft, Aside(each.what, each.mark, reason, scene.sender, scene.now))
    return draft, [set_aside(draft, each, reason) for each in first], said


def set_aside(draft: Draft, remark: Remark, reason: str) -> Record:
    """What the log says of one thing that is let stand: which, by its mark, and why; never its words."""
    said = {**state_of(draft, draft.last), "finding": remark.what.value, "mark": remark.mark}
    return Record("draft", "set_aside", draft.id, None, said, extra={"reason": reason})
