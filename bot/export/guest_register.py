"""Whoever came from outside, as a register."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from bot.domain.cell import Cell

Row = Iterable[str | bool | datetime | None]

GUEST_COLUMNS = (
    "name", "matrix_id", "invited_by", "second", "invited_at", "until", "joined_at", "left_at", "ended_by", "with",
)  # fmt: skip


def guests(cell: Cell) -> Iterator[Row]:
    """Every guest, in the order in which they were invited; `with`: who of the cell was in their room."""
    for number in sorted(cell.guests):
        each = cell.guests[number]
        yield (
            each.name, each.user, each.invited_by, each.second, each.invited_at, each.until, each.joined_at,
            each.left_at, each.ended_by, " ".join(each.hosts),
        )  # fmt: skip
