"""The day that words mean. Guarantee: a day that is not in the calendar is never turned into another.

Day before month, always: `05/03` is the fifth of March.
"""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass, field
from datetime import date, timedelta

from bot.commands.spec import Tense

_MONTHS: tuple[tuple[str, ...], ...] = (
    ("janvier", "janv", "january", "jan"),
    ("fevrier", "fevr", "fev", "february", "feb"),
    ("mars", "march"),
    ("avril", "avr", "april", "apr"),
    ("mai", "may"),
    ("juin", "june", "jun"),
    ("juillet", "juil", "july", "jul"),
    ("aout", "august", "aug"),
    ("septembre", "sept", "september", "sep"),
    ("octobre", "oct", "october"),
    ("novembre", "nov", "november"),
    ("decembre", "dec", "december"),
)
_WEEKDAYS: tuple[tuple[str, ...], ...] = (
    ("lundi", "lun", "monday", "mon"),
    ("mardi", "mar", "tuesday", "tue", "tues"),
    ("mercredi", "mer", "wednesday", "wed"),
    ("jeudi", "jeu", "thursday", "thu", "thurs"),
    ("vendredi", "ven", "friday", "fri"),
    ("samedi", "sam", "saturday", "sat"),
    ("dimanche", "dim", "sunday", "sun"),
)
_MONTH_OF = {name: number for number, names in enumerate(_MONTHS, 1) for name in names}
_WEEKDAY_OF = {name: number for number, names in enumerate(_WEEKDAYS) for name in names}
_AWAY = {
    "aujourd'hui": 0,
    "today": 0,
    "hier": -1,
    "yesterday": -1,
    "demain": 1,
    "tomorrow": 1,
    "avant-hier": -2,
    "avant hier": -2,
    "the day before yesterday": -2,
    "day before yesterday": -2,
    "apres-demain": 2,
    "apres demain": 2,
    "the day after tomorrow": 2,
    "day after tomorrow": 2,
    "la veille": -1,
    "le lendemain": 1,
}
# Of which hours each part of a day is sure; an hour outside is asked about.
_PARTS: dict[str, frozenset[int]] = {
    **dict.fromkeys(("matin", "morning"), frozenset(range(12))),
    **dict.fromkeys(("apres-midi", "apres midi", "afternoon"), frozenset(range(12, 19))),
    **dict.fromkeys(("soir", "evening"), frozenset(range(17, 24))),
    **dict.fromkeys(("nuit", "night"), frozenset((*range(20, 24), *range(8)))),
}
_TODAYS = {
    "ce matin": "matin",
    "this morning": "matin",
    "cet apres-midi": "apres-midi",
    "cet apres midi": "apres-midi",
    "this afternoon": "apres-midi",
    "ce soir": "soir",
    "this evening": "soir",
}
_NIGHTS = frozenset({"cette nuit", "la nuit derniere", "nuit derniere", "last night", "tonight", "in the night"})
_PART = re.compile(rf"(?P<day>.+?)(?: en| au| in the)? (?P<part>{'|'.join(_PARTS)})")

_YEAR_FIRST = re.compile(r"(?P<year>\d{4})[-/](?P<month>\d{1,2})[-/](?P<day>\d{1,2})")
_DAY_FIRST = re.compile(r"(?P<day>\d{1,2})(?P<sep>[-/.])(?P<month>\d{1,2})(?:(?P=sep)(?P<year>\d{4}|\d{2}))?")
_NAME = r"(?P<name>[a-z]{3,9})\.?"
_DAY_NAME = re.compile(rf"(?P<day>\d{{1,2}})(?:er|st|nd|rd|th)? (?:of )?{_NAME}(?:,? (?P<year>\d{{4}}))?")
_NAME_DAY = re.compile(rf"{_NAME} (?:the )?(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?:,? (?P<year>\d{{4}}))?")
_DAY_ALONE = re.compile(r"(?:le|the|on the) (?P<day>\d{1,2})(?:er|st|nd|rd|th)?")
_COUNTED = re.compile(r"[jd] ?(?P<sign>[+-]) ?(?P<days>\d{1,3})")
_WEEKDAY = re.compile(r"(?:(?P<before>last|next|this) )?(?P<name>[a-z]{3,9})\.?(?: (?P<after>dernier|prochain))?")
_FILLER = re.compile(r"\A(?:le|la|the|on|du) |,\Z")
_MONTHS_A_YEAR = 12
_WEEK = 7


@dataclass(frozen=True)
class Day:
    """The dates that words may mean, the likeliest first.

    `hours` are those that the words allow, if they say. `fixed`: the words leave no choice of date. `exists`:
    False for a date that is not in the calendar, with its neighbours that are.
    """

    dates: tuple[date, ...] = ()
    fixed: bool = True
    hours: frozenset[int] | None = None
    exists: bool = True
    neighbours: tuple[date, ...] = field(default=())


def any_day(today: date, tense: Tense) -> Day:
    """Return what no word at all means: today, else the day before or after."""
    other = today - timedelta(days=1) if tense is Tense.PAST else today + timedelta(days=1)
    return Day((today, other), fixed=False)


def read_day(text: str, today: date, tense: Tense) -> Day | None:
    """Return the day that the whole (flat) text means; None where a word is not accounted for."""
    alone = _DAY_ALONE.fullmatch(text.strip())
    if alone:
        return _of_the_month(int(alone["day"]), today, tense)
    text = _FILLER.sub("", text.strip()).strip()
    if text in _NIGHTS:
        return _night(text, today, tense)
    if text in _TODAYS:
        return Day((today,), hours=_PARTS[_TODAYS[text]])
    part = _PART.fullmatch(text)
    if part:
        day = _plain_day(part["day"], today, tense)
        return _with_hours(day, _PARTS[part["part"]]) if day else None
    return _plain_day(text, today, tense)


def _of_the_month(day: int, today: date, tense: Tense) -> Day | None:
    """« le 21 »: of this month, or of the one before or after."""
    step = -1 if tense is Tense.PAST else 1
    months = [divmod(today.year * _MONTHS_A_YEAR + today.month - 1 + n * step, _MONTHS_A_YEAR) for n in (0, 1)]
    dates = tuple(d for d in (_date(year, month + 1, day) for year, month in months) if d)
    return Day(dates, fixed=False) if dates else None


def _with_hours(day: Day, hours: frozenset[int]) -> Day:
    return Day(day.dates, day.fixed, hours, day.exists, day.neighbours)


def _night(text: str, today: date, tense: Tense) -> Day:
    looking = tense if text in ("cette nuit", "in the night") else Tense.PAST
    if text == "tonight":
        looking = Tense.FUTURE
    day = any_day(today, looking)
    return Day(day.dates, fixed=False, hours=_PARTS["nuit"])


def _plain_day(text: str, today: date, tense: Tense) -> Day | None:
    if text in _AWAY:
        return Day((today + timedelta(days=_AWAY[text]),))
    counted = _COUNTED.fullmatch(text)
    if counted:
        days = int(counted["days"]) * (1 if counted["sign"] == "+" else -1)
        return Day((today + timedelta(days=days),))
    return _dated(text, today, tense) or _weekday(text, today, tense)


def _weekday(text: str, today: date, tense: Tense) -> Day | None:
    found = _WEEKDAY.fullmatch(text)
    number = _WEEKDAY_OF.get(found["name"]) if found else None
    if found is None or number is None:
        return None
    since = (today.weekday() - number) % _WEEK
    until = (number - today.weekday()) % _WEEK
    if found["after"] == "dernier" or found["before"] == "last":
        return Day((today - timedelta(days=since or _WEEK),))
    if found["after"] == "prochain" or found["before"] == "next":
        return Day((today + timedelta(days=until or _WEEK),))
    if tense is Tense.PAST:
        first = today - timedelta(days=since)
        return Day((first, first - timedelta(days=_WEEK)), fixed=False)
    first = today + timedelta(days=until)
    return Day((first, first + timedelta(days=_WEEK)), fixed=False)


def _dated(text: str, today: date, tense: Tense) -> Day | None:
    weekday, _, bare = text.partition(" ")
    if weekday.rstrip(",.") in _WEEKDAY_OF and bare[:1].isdigit():
        day = _dated(bare, today, tense)
        return _on_weekday(day, _WEEKDAY_OF[weekday.rstrip(",.")], today, tense) if day and day.exists else day
    for form in (_YEAR_FIRST, _DAY_FIRST):
        found = form.fullmatch(text)
        if found:
            return _numbered(int(found["day"]), int(found["month"]), found["year"], today, tense)
    for form in (_DAY_NAME, _NAME_DAY):
        found = form.fullmatch(text)
        month = _MONTH_OF.get(found["name"]) if found else None
        if found and month:
            return _numbered(int(found["day"]), month, found["year"], today, tense)
    return None


def _on_weekday(day: Day, weekday: int, today: date, tense: Tense) -> Day:
    """« lundi 21/11 » where the 21st is no Monday says two things: nothing is sure, and both are named.

    Without a year the 21st that is meant is the nearest, and never that of another year in which it is a Monday.
    """
    nearest = min(day.dates, key=lambda each: abs(each - today))
    if nearest.weekday() == weekday:
        return Day((nearest,))
    after = nearest + timedelta(days=(weekday - nearest.weekday()) % _WEEK)
    before = after - timedelta(days=_WEEK)
    fits = [each for each in (before, after) if (each <= today) == (tense is Tense.PAST)]
    other = min(fits or (before, after), key=lambda each: abs(each - nearest))
    return Day(exists=False, neighbours=tuple(sorted((nearest, other))))


def _numbered(day: int, month: int, year: str | None, today: date, tense: Tense) -> Day:
    if year is not None:
        full = int(year) if len(year) > 2 else 2000 + int(year)
        made = _date(full, month, day)
        return Day((made,)) if made else _missing(day, month, full)
    step = -1 if tense is Tense.PAST else 1
    dates = tuple(d for d in (_date(today.year + n * step, month, day) for n in (0, 1)) if d)
    return Day(dates, fixed=False) if dates else _missing(day, month, today.year)


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _missing(day: int, month: int, year: int) -> Day:
    """A date that no calendar has: `31/11` stands between 30/11 and 01/12; `11/21` may be 21/11."""
    if not (1 <= month <= _MONTHS_A_YEAR and 1 <= year < date.max.year):
        swapped = _date(year, day, month) if 1 <= year < date.max.year else None
        return Day(exists=False, neighbours=(swapped,) if swapped else ())
    last = date(year, month, monthrange(year, month)[1])
    return Day(exists=False, neighbours=(last, last + timedelta(days=1)) if day > last.day else ())
