"""The registers of what was established, as rows: facts, decisions, evidence, calls.

What its author took back within minutes is in the log, and no longer in these.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.domain.cell import Cell
from bot.domain.registers import Evidence

Row = Iterable[str | bool | datetime | None]

FACT_COLUMNS = ("id", "text", "status", "source", "said_by", "said_at", "decided_by", "decided_at", "replaces")
DECISION_COLUMNS = ("id", "text", "reasons", "set_aside", "by", "typed_by", "confirmed_at", "at")
EVIDENCE_COLUMNS = (
    "id", "description", "sha256", "file", "collected_by", "collected_at", "location", "custody", "legal_ok",
)  # fmt: skip
CALL_COLUMNS = ("id", "who", "summary", "by", "at")


def facts(cell: Cell) -> Iterator[Row]:
    """Every fact and rumour with its standing; one that proved false stays."""
    for number in sorted(cell.facts):
        fact = cell.facts[number]
        if not fact.withdrawn:
            replaces = f"F{fact.replaces}" if fact.replaces else None
            yield (
                fact.id, fact.text, fact.status, fact.source, fact.said_by, fact.said_at, fact.decided_by,
                fact.decided_at, replaces,
            )  # fmt: skip


def decisions(cell: Cell) -> Iterator[Row]:
    """Every decision; `by` is empty where the one it was typed for says that it is not theirs."""
    for number in sorted(cell.decisions):
        taken = cell.decisions[number]
        if not taken.withdrawn:
            by = None if taken.denied_at else taken.by
            yield (
                taken.id, taken.text, taken.reasons, taken.set_aside, by, taken.typed_by, taken.confirmed_at, taken.at,
            )  # fmt: skip


def evidence(cell: Cell) -> Iterator[Row]:
    """Every exhibit; `sha256` is that of the file's own bytes, empty where they could not be read."""
    zone = ZoneInfo(cell.incident.timezone)
    for number in sorted(cell.evidence):
        exhibit = cell.evidence[number]
        if not exhibit.withdrawn:
            yield (
                exhibit.id, _reconstructed(cell, exhibit.collected_at) + exhibit.description,
                exhibit.sha256, exhibit.file, exhibit.collected_by,
                exhibit.collected_at, where(exhibit), custody(exhibit, zone), exhibit.legal_ok,
            )  # fmt: skip


def where(exhibit: Evidence) -> str | None:
    """Where it is in the world, and where its file is in this folder."""
    return " ; ".join(each for each in (exhibit.place, exhibit.location) if each) or None


def custody(exhibit: Evidence, zone: ZoneInfo) -> str | None:
    """Each time that it changed hands, in order."""
    told = []
    for each in exhibit.custody:
        note = f" ({each.note})" if each.note else ""
        told.append(f"{each.at.astimezone(zone).isoformat(timespec='seconds')} {each.giver} > {each.receiver}{note}")
    return " ; ".join(told) or None


def calls(cell: Cell) -> Iterator[Row]:
    """Every exchange outside the room that was noted."""
    for number in sorted(cell.calls):
        call = cell.calls[number]
        if not call.withdrawn:
            yield call.id, call.who, _reconstructed(cell, call.at) + call.summary, call.by, call.at


def _reconstructed(cell: Cell, at: datetime) -> str:
    """The mark of what was before the opening, and was written down afterwards."""
    if at >= cell.incident.opened_at:
        return ""
    return "[reconstitué] " if cell.incident.language == "fr" else "[reconstructed] "
