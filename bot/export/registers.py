"""The registers as CSV: what a spreadsheet opens without asking, and cannot be made to execute.

UTF-8 with BOM, `;`, RFC 4180 quotes, an apostrophe before a cell that a spreadsheet would read as a formula.
A register is one function from a cell to rows, named once in `REGISTERS`.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.domain.cell import Cell
from bot.export.clock_registers import DEADLINE_COLUMNS, MOMENT_COLUMNS, deadlines, moments
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
            task.note,
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
)


def to_csv(register: Register, cell: Cell) -> bytes:
    """The register's file, times at the site's offset."""
    zone = ZoneInfo(cell.incident.timezone)
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow(register.columns)
    for row in register.rows(cell):
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
