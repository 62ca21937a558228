"""Working days. Guarantee: a holiday that is not the whole country's never makes a shown deadline later.

National holidays come from the `holidays` library. The local ones of France are written here, since the law
lists them and the library adds days that are only customary: Code du travail art. L. 3134-13 (Bas-Rhin,
Haut-Rhin, Moselle) and L. 3422-2 (commemoration of the abolition of slavery).
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache

import holidays

# calendar → the country whose holidays are everybody's
_COUNTRIES = {"BR": "BR", "US": "US", "GB": "GB", "CH": "CH", "FR": "FR", "FR-AM": "FR"}
_ABOLITION = {
    "FR-YT": (4, 27),
    "FR-MQ": (5, 22),
    "FR-GP": (5, 27),
    "FR-MF": (5, 27),
    "FR-GF": (6, 10),
    "FR-BL": (10, 9),
    "FR-RE": (12, 20),
}
CALENDARS: tuple[str, ...] = (*_COUNTRIES, *_ABOLITION)

_MOSELLE, _ENGLAND = "57", "ENG"
_SATURDAY = 5
_ONE_DAY = timedelta(days=1)


def has_local_holidays(calendar: str) -> bool:
    """Whether this calendar has holidays that are not the whole country's."""
    return calendar in ("FR-AM", "GB") or calendar in _ABOLITION


def is_working_day(day: date, calendar: str, *, local: bool = False) -> bool:
    """Whether people work that day, Monday to Friday; `local` holidays are taken off only if asked."""
    if day.weekday() >= _SATURDAY or day in _national(_COUNTRIES.get(calendar, "FR"), day.year):
        return False
    return not local or day not in _local(calendar, day.year)


def next_working_day(day: date, calendar: str, *, local: bool = False) -> date:
    """Return that day if it is a working day, else the first one after it."""
    while not is_working_day(day, calendar, local=local):
        day += _ONE_DAY
    return day


def add_working_days(day: date, count: int, calendar: str, *, local: bool = False) -> date:
    """Return the last of so many working days; the day itself is not counted."""
    for _ in range(count):
        day = next_working_day(day + _ONE_DAY, calendar, local=local)
    return day


def working_days_between(after: date, until: date, calendar: str, *, local: bool = False) -> int:
    """Return how many working days there are after the one day, up to and with the other."""
    days = (after + timedelta(days=n) for n in range(1, (until - after).days + 1))
    return sum(is_working_day(day, calendar, local=local) for day in days)


@cache
def _national(country: str, year: int) -> frozenset[date]:
    return frozenset(holidays.country_holidays(country, years=year))


@cache
def _local(calendar: str, year: int) -> frozenset[date]:
    if calendar == "FR-AM":
        return frozenset(holidays.country_holidays("FR", subdiv=_MOSELLE, years=year))
    if calendar == "GB":
        return frozenset(holidays.country_holidays("GB", subdiv=_ENGLAND, years=year))
    month_day = _ABOLITION.get(calendar)
    return frozenset([date(year, *month_day)] if month_day else [])
