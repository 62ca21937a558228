"""The care board as a register: how each service works, the workarounds, what was asked for.

What was before each stands in the log.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from bot.domain import care as values
from bot.domain.cell import Cell

Row = Iterable[str | bool | datetime | None]

CARE_COLUMNS = ("id", "kind", "name", "state", "since", "note", "by", "at", "ended_at", "ended_by")


def care(cell: Cell) -> Iterator[Row]:
    """Every service, what is worst first, then every measure that was not taken back."""
    for service in values.in_order(cell.services.values()):
        kind = "building" if service.building else "service"
        name = service.title(cell.incident.language)
        yield (None, kind, name, service.state, service.since, service.note, service.by, service.at, None, None)
    for number in sorted(cell.measures):
        done = cell.measures[number]
        if not done.withdrawn:
            state = "open" if done.open else "ended"
            yield (done.id, done.kind, None, state, done.at, done.text, done.by, done.at, done.ended_at, done.ended_by)
