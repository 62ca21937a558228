"""Taking back what was said of people and partners. Guarantee: of somebody else only what that act changed is put back;
what others have acted on already is never taken back in silence: why, and what to type instead, is said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from bot.domain.cell import Cell
from bot.domain.incident import Member, Undoable
from bot.domain.outcome import Record, Refusal

FINAL = frozenset({"handover", "mobilise", "raise", "relay", "invite", "guest", "dismiss"})
"""What is not undone: somebody was called, has read it, or has agreed to it."""
WARNED = "warned:"
"""Before the name of a partner, in what an act changed."""
_FIELDS: Mapping[str, tuple[str, ...]] = {
    "vouch": ("vouched_by", "vouched_at"),
    "rest": ("resting_since",),
}
_ENTRIES = {"vouch": ("role", "unvouch"), "rest": ("rollcall", "unrest")}


def refuse_final(last: Undoable) -> None:
    """Say why an act is not undone, and what to type instead. Raises Refusal."""
    if last.verb in FINAL:
        raise Refusal("refusals.not_undone", act=last.verb)


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
