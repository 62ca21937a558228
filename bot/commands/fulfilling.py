"""Targets of ours that a text meets. Guarantee: one is closed by a text that somebody has, never by one that was only
asked to be sent, and by the version that they have; and is open again once that text is taken down unread."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from bot.commands import daily
from bot.commands.clocks import record as clock_record
from bot.commands.filings import met
from bot.domain.cell import Cell
from bot.domain.clock_times import reopened
from bot.domain.clocks import Clock, ClockStatus
from bot.domain.drafts import Draft, Release, Version, heading
from bot.domain.heard import MEETS
from bot.domain.incident import IncidentStatus
from bot.domain.nudges import rearmed
from bot.domain.outcome import Record


def fulfilled(
    cell: Cell, draft: Draft, version: Version, by: str, now: datetime, at: datetime | None = None
) -> tuple[Cell, tuple[Record, ...], tuple[Clock, ...]]:
    """The cell once somebody has that version: the targets that it meets are closed, and the next day's runs. `at`:
    since when they have it, where that is told of later."""
    changed, closed, clocks = met(cell, MEETS.get(draft.template, ""), heading(draft, version), by, now, at)
    changed, begun, day = daily.released(changed, draft.template, heading(draft, version), by, now, at)
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


class Unmet(NamedTuple):
    """What a text that was taken down had met: `again` is open once more, `kept` stays met, since the text was read or
    another one (`by`: its id) meets it too."""

    cell: Cell
    records: tuple[Record, ...]
    again: tuple[Clock, ...]
    kept: tuple[Clock, ...]
    by: dict[str, str]


def unmet(cell: Cell, draft: Draft, now: datetime, why: str) -> Unmet:
    """The cell once that text was taken down. While the crisis lasts, what it alone had met, and nobody had the time to
    read, is open again."""
    names = {heading(draft, version): version.number for version in draft.versions}
    read = {each.version for each in draft.releases if each.was_read}
    mine = [c for c in cell.clocks.values() if c.status is ClockStatus.CLOSED and c.reference in names]
    if cell.incident.status is not IncidentStatus.OPEN:
        return Unmet(cell, (), (), tuple(mine), {})
    pairs: list[tuple[Clock, Clock]] = []
    handed: dict[str, str] = {}
    kept = [clock for clock in mine if names[clock.reference or ""] in read]
    for clock in (each for each in mine if each not in kept):
        found = _another(cell, clock)
        if found is None:
            pairs.append((clock, rearmed(reopened(clock), now, ZoneInfo(cell.incident.timezone))))
            continue
        other, release = found
        version = other.version(release.version) or other.last
        at, who = release.since, release.user
        proved = replace(clock, reference=heading(other, version), filed_at=at, filed_by=who, closed_at=at)
        pairs.append((clock, proved))
        handed[clock.id] = other.id
    again = tuple(after for _, after in pairs if after.open)
    ended = daily.unmet(cell, again, now)
    records = [clock_record("reopen" if new.open else "file", old, new, reason=why) for old, new in pairs]
    records += [clock_record("stop", old, new) for old, new in ended]
    changed = cell.with_clocks(new for _, new in (*pairs, *ended))
    return Unmet(changed, tuple(records), again, (*kept, *(new for _, new in pairs if not new.open)), handed)


def _another(cell: Cell, clock: Clock) -> tuple[Draft, Release] | None:
    """The first text besides that meets the clock, and was read or can be; the day's clock begins with one that does
    not."""
    met_by = daily.MEETS if daily.is_daily(clock) else {name for name, rule in MEETS.items() if rule == clock.rule}
    every = ((draft, release) for draft in cell.drafts.values() for release in draft.releases)
    there = [
        (draft, release) for draft, release in every
        if draft.template in met_by and release.was_read and (release.since > clock.started_at or not clock.own)
    ]  # fmt: skip
    return min(there, key=lambda pair: pair[1].since, default=None)
