"""Targets of ours that a text meets. Guarantee: one is closed by a text that somebody has, never by one that was only
asked to be sent; and by the version that they have."""

from __future__ import annotations

from datetime import datetime

from bot.commands import daily
from bot.commands.filings import met
from bot.domain.cell import Cell
from bot.domain.clocks import Clock, ClockStatus
from bot.domain.drafts import Draft, Version, heading
from bot.domain.heard import MEETS
from bot.domain.outcome import Record


def fulfilled(
    cell: Cell, draft: Draft, version: Version, by: str, now: datetime, at: datetime | None = None
) -> tuple[Cell, tuple[Record, ...], tuple[Clock, ...]]:
    """The cell once somebody has that version: the targets that it meets are closed, and the next day's runs. `at`:
    since when they have it, where that is told of later."""
    changed, closed, clocks = met(cell, MEETS.get(draft.template, ""), heading(draft, version), by, now, at)
    changed, begun, day = daily.released(changed, draft.template, by, now, at)
    return changed, (*closed, *begun), (*clocks, *day)


def waiting(cell: Cell, draft: Draft) -> tuple[Clock, ...]:
    """The targets that the text would meet, and that are open."""
    rule, day = MEETS.get(draft.template), daily.next_of(cell, draft.template)
    mine = tuple(clock for clock in cell.clocks.values() if clock.rule == rule and clock.open)
    return mine if day is None or day in mine else (*mine, day)


def by_version(cell: Cell, draft: Draft, version: Version) -> tuple[Clock, ...]:
    """The targets that this version closed."""
    name = heading(draft, version)
    return tuple(c for c in cell.clocks.values() if c.status is ClockStatus.CLOSED and c.reference == name)
