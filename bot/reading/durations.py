"""How long, as people write it. Guarantee: every word of the text is accounted for, or there is no duration.

Hours are elapsed hours; a day is twenty-four of them. Months have no length and are not read.
"""

from __future__ import annotations

import re
from datetime import timedelta

from bot.reading.numerals import in_figures
from bot.reading.tidy import flat

LONGEST = timedelta(days=400)
_LONGEST_TEXT = 60

_FRACTIONS = {
    "une demi-heure": 30,
    "demi-heure": 30,
    "une demi heure": 30,
    "demi heure": 30,
    "un quart d'heure": 15,
    "quart d'heure": 15,
    "3 quarts d'heure": 45,
    "3 quart d'heure": 45,
    "1 quart d'heure": 15,
    "1/4 d'heure": 15,
    "1/2 heure": 30,
    "1/2h": 30,
    "3/4 d'heure": 45,
    "1 demi-heure": 30,
    "1 demi heure": 30,
    "half an hour": 30,
    "half hour": 30,
    "a half hour": 30,
    "a quarter of an hour": 15,
    "quarter of an hour": 15,
    "3 quarters of an hour": 45,
}
_A = re.compile(r"\ban?(?= )")
_AND_A_HALF = re.compile(
    r"(?P<whole>\d{1,3}) ?(?P<unit>heures?|hours?|h|jours?|days?)"
    r" (?:et (?P<fr>demie?|quart)|and (?:a|1) (?P<en>half|quarter))"
    r"|(?P<whole2>\d{1,3}) and (?:a|1) half (?P<unit2>hours|days)"
)
_AND = r"\s?(?:et |and |, ?)?"
_DURATION = re.compile(
    r"\+?\s?"
    rf"(?:(?P<weeks>\d{{1,3}})\s?(?:semaines?|sem|weeks?|w){_AND})?"
    rf"(?:(?P<days>\d{{1,3}})\s?(?:jours?|j|days?|d){_AND})?"
    r"(?:(?P<hours>\d{1,4})(?:[.,](?P<part>25|5|75))?\s?(?:heures?|hours?|hrs?|h)"
    rf"{_AND})?"
    rf"(?:(?P<minutes>\d{{1,4}})(?!\d)(?P<unit>\s?(?:minutes?|mins?|mn|m|'){_AND})?)?"
    r"(?:(?P<seconds>\d{1,5})\s?(?:secondes?|seconds?|secs?|s))?"
)
_HOUR_PARTS = {None: 0, "25": 15, "5": 30, "75": 45}
_MINUTES_AN_HOUR = 60


def _and_a_half(found: re.Match[str]) -> timedelta:
    """« deux heures et demie », "an hour and a half", "two and a half days"."""
    whole, unit = int(found["whole"] or found["whole2"]), found["unit"] or found["unit2"]
    part = 0.25 if "quart" in (found["fr"] or found["en"] or "") else 0.5
    return timedelta(days=whole + part) if unit[0] in "jd" else timedelta(hours=whole + part)


_WORKING_DAYS = re.compile(r"(?P<days>\d{1,3}) ?(?:j|jours?) ouvres?|(?P<days2>\d{1,3}) (?:working|business) days?")
_MOST_WORKING_DAYS = 250
"""A year of them."""


def read_working_days(typed: str) -> int | None:
    """Return how many working days the whole text means; « jours ouvrables » hold Saturdays, and are not read."""
    text = flat(typed[: _LONGEST_TEXT + 1])
    found = _WORKING_DAYS.fullmatch(in_figures(text, articles=True)) if len(text) <= _LONGEST_TEXT else None
    days = int(found["days"] or found["days2"]) if found else 0
    return days if 0 < days <= _MOST_WORKING_DAYS else None


def read_duration(typed: str) -> timedelta | None:
    """Return the duration that the whole text means; None if none, nothing, or more than 400 days."""
    text = flat(typed[: _LONGEST_TEXT + 1])
    if len(text) > _LONGEST_TEXT:
        return None
    for each in (text, in_figures(text)):
        if each in _FRACTIONS:
            return timedelta(minutes=_FRACTIONS[each])
    text = _A.sub("1", in_figures(text, articles=True))
    more = _AND_A_HALF.fullmatch(text)
    if more:
        return _and_a_half(more)
    found = _DURATION.fullmatch(text)
    if not found:
        return None
    weeks, days, hours, minutes = (int(found[g] or 0) for g in ("weeks", "days", "hours", "minutes"))
    if found["minutes"] and not found["unit"] and (not found["hours"] or minutes >= _MINUTES_AN_HOUR):
        # « 30 » alone has no unit; « 1h30 » has one, « 1h90 » is a slip.
        return None
    minutes += _HOUR_PARTS[found["part"]]
    length = timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=int(found["seconds"] or 0))
    return length if timedelta() < length <= LONGEST else None
