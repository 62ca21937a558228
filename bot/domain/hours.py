"""The hours and days that a text may give. Guarantee: a text that gives one is known to rest on it, and so is told when
it changes."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from datetime import date, datetime
from zoneinfo import ZoneInfo

from bot.domain.cell import Cell
from bot.domain.drafts import Day, Version

GIVEN = ("attack", "breach", "ended")
"""The moments that a text may give, besides the beginning."""
_BEGAN = "began"
SOURCES = {"incident.began": _BEGAN, **{f"moment.{name}": name for name in GIVEN}}
"""What a template calls each of them."""
_FIRST = ("attack", "observed")


def began(cell: Cell) -> datetime:
    """Since when the incident is: the victim may know of the attack long after the first sign; whichever came first."""
    return min(moment.at for name in _FIRST if (moment := cell.moments.get(name)))


def recorded(cell: Cell) -> frozenset[datetime]:
    """The hours that a text may give today."""
    return frozenset(_times(cell).values())


def days(cell: Cell) -> frozenset[Day]:
    """The days that a text may give today, on the site's clock."""
    zone = ZoneInfo(cell.incident.timezone)
    return frozenset(Day(name, at.astimezone(zone).date()) for name, at in _times(cell).items())


def given(cell: Cell, text: str, written: Callable[[datetime], tuple[str, ...]]) -> tuple[datetime, ...]:
    """The hours that stand in a text; `written` says an hour as texts do, in each language."""
    plain = _plain(text)
    return tuple(at for at in sorted(recorded(cell)) if any(_plain(said) in plain for said in written(at)))


def days_given(
    cell: Cell, text: str, drawn: Collection[str], written: Callable[[datetime], tuple[str, ...]]
) -> tuple[Day, ...]:
    """The days that stand in a text, of the moments that its template draws on (`drawn`, as it calls them): any other
    date may be there for its own sake. `written` says the day of an hour as texts do, in each language."""
    plain, times = _plain(text), _times(cell)
    said = {name for name, at in times.items() if any(_plain(day) in plain for day in written(at))}
    wanted = said & {SOURCES[each] for each in drawn if each in SOURCES}
    return tuple(sorted(each for each in days(cell) if each.moment in wanted))


def gone(cell: Cell, version: Version) -> tuple[date, ...]:
    """What a version gives that is no longer so: hours, and the days of which it gives no such hour."""
    zone = ZoneInfo(cell.incident.timezone)
    moved = [at for at in version.hours if at not in recorded(cell)]
    told = {at.astimezone(zone).date() for at in moved}
    lost = [each.day for each in version.days if each not in days(cell) and each.day not in told]
    return tuple(dict.fromkeys((*moved, *lost)))


def _times(cell: Cell) -> dict[str, datetime]:
    found = {name: moment.at for name in GIVEN if (moment := cell.moments.get(name))}
    return {_BEGAN: began(cell), **found}


def _plain(text: str) -> str:
    """As it is read: spaces are one kind."""
    return re.sub(r"[ \u00a0\u202f]+", " ", text)
