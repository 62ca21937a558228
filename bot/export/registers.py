"""The registers as CSV: what a spreadsheet opens without asking, and cannot be made to execute.

UTF-8 with BOM, `;`, RFC 4180 quotes, an apostrophe before a cell that a spreadsheet would read as a formula.
A register is one function from a cell to rows, named once in `REGISTERS`.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from bot.domain.cell import Cell
from bot.domain.log import from_rfc3339
from bot.domain.profiles import Profile
from bot.export.care_register import CARE_COLUMNS, care
from bot.export.clock_registers import DEADLINE_COLUMNS, MOMENT_COLUMNS, deadlines, moments
from bot.export.enquiry_register import ENQUIRY_COLUMNS, RELEASE_COLUMNS, enquiries, releases
from bot.export.fact_registers import (
    CALL_COLUMNS,
    DECISION_COLUMNS,
    EVIDENCE_COLUMNS,
    FACT_COLUMNS,
    calls,
    decisions,
    evidence,
    facts,
)
from bot.export.guest_register import GUEST_COLUMNS, guests
from bot.export.roles import without_ids

Value = str | bool | datetime | None
Row = Iterable[Value]

_FORMULA = ("=", "+", "-", "@")


@dataclass(frozen=True)
class Register:
    """A file's name, its columns, and the rows that an incident has in it."""

    file: str
    columns: tuple[str, ...]
    rows: Callable[[Cell], Iterator[Row]]


def tasks(cell: Cell) -> Iterator[Row]:
    """Every task, in the order of its number, titled in the incident's language."""
    for task in cell.in_order:
        yield (
            task.id,
            task.track,
            task.phase,
            task.title.get(cell.incident.language),
            task.role,
            task.owner,
            task.status,
            task.critical,
            task.due,
            task.opened_at,
            task.done_at,
            task.done_by,
            task.reason,
            " — ".join(filter(None, (", ".join(f"P{number}" for number in task.proofs), task.note))) or None,
        )


REGISTERS = (
    Register(
        "tasks.csv",
        (
            "id",
            "track",
            "phase",
            "title",
            "role",
            "owner",
            "status",
            "critical",
            "due",
            "opened_at",
            "done_at",
            "done_by",
            "reason",
            "evidence",
        ),
        tasks,
    ),
    Register("deadlines.csv", DEADLINE_COLUMNS, deadlines),
    Register("facts.csv", FACT_COLUMNS, facts),
    Register("decisions.csv", DECISION_COLUMNS, decisions),
    Register("evidence.csv", EVIDENCE_COLUMNS, evidence),
    Register("calls.csv", CALL_COLUMNS, calls),
    Register("moments.csv", MOMENT_COLUMNS, moments),
    Register("care.csv", CARE_COLUMNS, care),
    Register("releases.csv", RELEASE_COLUMNS, releases),
    Register("enquiries.csv", ENQUIRY_COLUMNS, enquiries),
    Register("guests.csv", GUEST_COLUMNS, guests),
)


EXPORTS = "exports.csv"
EXPORT_COLUMNS = ("to", "at", "profile", "upto", "sha256", "size", "for")
_ANNEXES = {
    "tasks": "tasks.csv", "clocks": "deadlines.csv", "facts": "facts.csv", "decisions": "decisions.csv",
    "evidence": "evidence.csv", "calls": "calls.csv", "moments": "moments.csv", "exports": EXPORTS,
}  # fmt: skip


def files(
    cell: Cell, exports: Iterable[Mapping[str, Any]], profile: Profile | None = None
) -> Iterator[tuple[str, bytes]]:
    """Each register that leaves: its file's name and bytes. An anonymous profile's name roles, not people."""
    anonymous = profile is not None and profile.anonymous
    for register in REGISTERS:
        if profile is None or register.file in profile.registers:
            yield register.file, to_csv(register, cell, anonymous=anonymous)
    if profile is None:
        rows = ([str(each[name]) if each[name] is not None else None for name in EXPORT_COLUMNS] for each in exports)
        zone = ZoneInfo(cell.incident.timezone)
        dated = ((to, from_rfc3339(str(at)), *rest) for to, at, *rest in rows)
        yield EXPORTS, _csv(EXPORT_COLUMNS, dated, zone)


def leaving(profile: Profile | None) -> dict[str, bool]:
    """Of each annex of the printed log, whether it leaves."""
    if profile is None:
        return {}
    left = {name: file in profile.registers for name, file in _ANNEXES.items()}
    return {**left, "drafts": bool(profile.drafts), "answers": "qualification" in profile.kinds}


def to_csv(register: Register, cell: Cell, *, anonymous: bool = False) -> bytes:
    """The register's file, times at the site's offset; if `anonymous`, with a role for each Matrix id in it."""
    rows = register.rows(cell)
    if anonymous:
        rows = ([without_ids(cell, each) if isinstance(each, str) else each for each in row] for row in rows)
    return _csv(register.columns, rows, ZoneInfo(cell.incident.timezone))


def _csv(columns: tuple[str, ...], rows: Iterable[Row], zone: ZoneInfo) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([_shown(value, zone) for value in row])
    return text.getvalue().encode("utf-8-sig")


def _shown(value: Value, zone: ZoneInfo) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case datetime():
            return value.astimezone(zone).isoformat(timespec="seconds")
        case _:
            return "'" + value if value.startswith(_FORMULA) else str(value)
