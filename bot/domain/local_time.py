"""Instants on a site's clock. Guarantee: an hour that the clock skips or shows twice is never later than meant."""

from __future__ import annotations

from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_END_OF_DAY = time(23, 59, 59)
_HOUR = 3600
_MONTHS_A_YEAR = 12


def earliest(local: datetime, zone: ZoneInfo) -> datetime:
    """Return the instant of a naive local time: the earlier of two, and of one that is skipped.

    A clock that goes forward at 02:00 shows 02:30 never: it is taken as half past the hour that ended.
    """
    return min(local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))


def end_of(day: date, zone: ZoneInfo) -> datetime:
    """Return the last second of a local day."""
    return earliest(datetime.combine(day, _END_OF_DAY), zone)


def month_later(day: date, months: int) -> date:
    """Return the same date so many months later, or the last day of a shorter month."""
    year, month = divmod(day.year * _MONTHS_A_YEAR + day.month - 1 + months, _MONTHS_A_YEAR)
    if year > date.max.year:
        raise OverflowError("beyond the calendar")
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def next_full_hour(at: datetime, zone: ZoneInfo) -> datetime:
    """The end of the local hour in which something happened (Regulation 1182/71 art. 3(1)), even if it is full.

    Again where the clock is put forward or back by less than an hour meanwhile.
    """
    while True:
        local = at.astimezone(zone)
        at += timedelta(seconds=_HOUR - local.minute * 60 - local.second, microseconds=-local.microsecond)
        local = at.astimezone(zone)
        if not (local.minute or local.second):
            return at
