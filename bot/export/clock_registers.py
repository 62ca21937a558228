"""The registers of clocks and moments as rows: what was owed, when it was done, and from when the law counted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from bot.domain.cell import Cell
from bot.domain.clocks import Clock

Row = Iterable[str | bool | datetime | None]

DEADLINE_COLUMNS = (
    "rule", "party", "alias", "title", "authority", "legal_reference", "legal_status", "class", "moment", "trigger",
    "prudent_due", "official_due", "status", "owner", "filed_at", "reference", "late_reason", "waived_by",
    "waive_reason",
)  # fmt: skip
MOMENT_COLUMNS = ("moment", "at", "set_by", "set_at", "reason", "previous")


def deadlines(cell: Cell) -> Iterator[Row]:
    """Every clock, in the order in which it began; a reason is its code, then what was written."""
    language = cell.incident.language
    for clock in sorted(cell.clocks.values(), key=lambda c: (c.started_at, c.id)):
        yield (
            clock.rule,
            clock.party,
            clock.names.get(language),
            clock.title.get(language),
            clock.authority.get(language) if clock.authority else None,
            clock.reference_text.get(language) if clock.reference_text else None,
            clock.legal_status,
            clock.visible,
            clock.moment,
            clock.official_from or clock.prudent_from,
            clock.prudent_due,
            clock.official_due,
            clock.status,
            clock.owner,
            clock.filed_at,
            clock.reference,
            clock.late_reason,
            " ".join(dict.fromkeys(clock.waived_by)) or None,
            _why(clock),
        )


def _why(clock: Clock) -> str | None:
    if clock.waive_reason is None:
        return None
    return f"{clock.waive_reason}: {clock.waive_text}" if clock.waive_text else str(clock.waive_reason)


def moments(cell: Cell) -> Iterator[Row]:
    """Every recording of a moment, in the order in which it was said, with what it was before."""
    for number in sorted(cell.history):
        change = cell.history[number]
        yield change.name, change.at, change.set_by, change.set_at, change.reason, change.previous
