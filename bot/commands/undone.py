"""Taking back what was said of people and partners. Guarantee: of somebody else only what that act changed is put back;
what others have acted on already is never taken back in silence: why, and what to type instead, is said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from bot.commands.call import Call
from bot.commands.scene import Scene
from bot.domain.cell import Cell
from bot.domain.incident import Member, Undoable
from bot.domain.moments import MOMENTS, Moment
from bot.domain.outcome import Outcome, Record, Refusal

FINAL = frozenset({"handover", "mobilise", "raise", "relay", "invite", "guest", "dismiss"})
"""What is not undone: somebody was called, has read it, or has agreed to it."""
STAYS = frozenset(
    {
        "incident", "close", "reactivate", "archive", "question", "deadline", "known", "observed", "attack", "breach",
        "opinion", "waive", "reopen_clock", "enquiry", "answer", "pass_on", "draft", "edit", "amend", "let_stand",
        "publish", "posted", "sitrep", "rollcall", "purge", "hold", "unhold", "stop",
    }
)  # fmt: skip
"""The commands that put something down which is closed, corrected or answered, and never taken back by a word."""
_KEPT = "kept:"
"""Before such a command's name, in what somebody did last, and what it was done to."""
WARNED = "warned:"
"""Before the name of a partner, in what an act changed."""
_FIELDS: Mapping[str, tuple[str, ...]] = {
    "vouch": ("vouched_by", "vouched_at"),
    "rest": ("resting_since",),
}
_ENTRIES = {"vouch": ("role", "unvouch"), "rest": ("rollcall", "unrest")}


def remembered(scene: Scene, call: Call, outcome: Outcome) -> Outcome:
    """The outcome, in which a command that is not undone is its author's last act all the same."""
    cell, user = outcome.cell, scene.sender
    before = scene.cell.undo.get(user) if scene.cell else None
    if cell is None or call.spec.name not in STAYS or cell.undo.get(user) not in (None, before):
        return outcome
    about = next((each.id for each in outcome.records if each.id), "")
    act = Undoable(user, scene.now, f"{_KEPT}{call.spec.name}:{about}")
    return replace(outcome, cell=cell.with_undo(act))


def refuse_final(scene: Scene, last: Undoable) -> None:
    """Say why an act is not undone, and what to type instead. Raises Refusal."""
    if last.verb in FINAL:
        raise Refusal("refusals.not_undone", act=last.verb)
    if last.verb.startswith(_KEPT):
        act, _, about = last.verb.removeprefix(_KEPT).partition(":")
        number = int(about[1:]) if about[1:].isdecimal() else None
        raise Refusal("refusals.stays", act=act, name=_named(scene, about), number=number)


def _named(scene: Scene, about: str) -> str:
    """What something is called where one types: a deadline, a moment; else its id."""
    if about in scene.here.clocks:
        return scene.here.clocks[about].typed(scene.language)
    if about in MOMENTS:
        return MOMENTS[Moment(about)].word.get(scene.language)
    return about


def people(cell: Cell, last: Undoable) -> tuple[Cell, list[Record]]:
    """Of each member what the act changed, as it was before."""
    records: list[Record] = []
    for before in last.members:
        now = cell.members[before.matrix_id]
        names = _FIELDS.get(last.verb, ("roles",))
        cell = cell.with_member(replace(now, **{name: getattr(before, name) for name in names}))
        kind, action = _ENTRIES.get(last.verb, ("role", "undo"))
        records.append(Record(kind, action, before.matrix_id, _state(now, names), _state(before, names)))
    return cell, records


def partners(cell: Cell, was: Mapping[str, Any]) -> tuple[Cell, list[Record]]:
    """A partner who was not warned after all."""
    records: list[Record] = []
    for key in was:
        name = key.removeprefix(WARNED)
        if key.startswith(WARNED) and name in cell.warned:
            cell = cell.without_warned(name)
            records.append(Record("call", "unwarned", None, {"who": name}, None))
    return cell, records


def _state(member: Member, names: tuple[str, ...]) -> Any:
    if names == ("roles",):
        return list(member.roles)
    held = {name: getattr(member, name) for name in names}
    return held if any(isinstance(value, datetime) for value in held.values()) else None
