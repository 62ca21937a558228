"""Taking an entry of a register back. Guarantee: the entry keeps its place, marked, or is as it was before, and the log
says both."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from bot.commands import decisions, evidence, facts
from bot.domain.cell import Cell
from bot.domain.effects import Unask
from bot.domain.outcome import Record
from bot.domain.registers import Decision, Entry, Evidence, Fact


def put_back(cell: Cell, entries: Iterable[Entry]) -> tuple[Cell, tuple[Record, ...]]:
    """The entries as they were, and what the log says of it."""
    before = tuple(entries)
    records = tuple(_record(_now(cell, each), each) for each in before)
    return cell.with_entries(before), records


def unasked(entries: Iterable[Entry]) -> tuple[Unask, ...]:
    """What is no longer asked of anybody once these entries are as they were: decisions that were taken back."""
    return tuple(Unask(decisions.about(e.number)) for e in entries if isinstance(e, Decision) and e.withdrawn)


def _now(cell: Cell, entry: Entry) -> Entry:
    register: Mapping[int, Entry]
    match entry:
        case Fact():
            register = cell.facts
        case Decision():
            register = cell.decisions
        case Evidence():
            register = cell.evidence
        case _:
            register = cell.calls
    return register[entry.number]


def _record(now: Entry, before: Entry) -> Record:
    kind = {Fact: "fact", Decision: "decision", Evidence: "evidence"}.get(type(now), "call")
    return Record(kind, "undo", now.id, _state(now), _state(before))


def _state(entry: Entry) -> dict[str, Any]:
    match entry:
        case Fact():
            return facts.state_of(entry)
        case Decision():
            return decisions.state_of(entry)
        case Evidence():
            return evidence.state_of(entry)
        case _:
            return {"who": entry.who, "summary": entry.summary, "withdrawn": entry.withdrawn}
