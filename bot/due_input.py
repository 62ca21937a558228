"""What is typed after `tocsin due`: instants and settings. Guarantee: what is not understood is never guessed."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bot import faults
from bot.commands.call import When
from bot.commands.spec import Tense
from bot.domain.calendars import CALENDARS
from bot.domain.deadline_rules import Duration, Origin, Rule, Unit
from bot.domain.deadline_words import NOTES
from bot.domain.deadlines import Settings
from bot.domain.language import Both
from bot.domain.playbook import Text
from bot.reading.days import read_day
from bot.reading.durations import read_duration
from bot.reading.tidy import flat
from bot.reading.times import Unread, read_when

_FIRST_YEAR, _LONGEST = 1970, 60
_WORKING_DAYS = re.compile(r"(\d{1,3}) ?(?:wd|jo|jours? ouvres?|working days?|business days?)")
_ISO = re.compile(
    r"p(?:(?P<weeks>\d{1,3})w|(?P<days>\d{1,3})d|t(?P<hours>\d{1,4})h|t(?P<minutes>\d{1,5})m)", re.IGNORECASE
)
_FRACTION = re.compile(r"(?<=\d:\d\d)[.,]\d{1,9}(?=\s*(?:z|[+-]\d\d|$))", re.IGNORECASE)
_LOOSE_OFFSET = re.compile(r"(?<=\d)\s+(?=(?:z|[+-]\d\d:?\d\d)$)", re.IGNORECASE)
_YES, _NO = ("yes", "oui"), ("no", "non")


class RefusedError(Exception):
    """What was typed cannot be used; one sentence in each language."""

    def __init__(self, fr: str, en: str) -> None:
        super().__init__(en)
        self.said = Both(fr, en)


class Reader:
    """Reads instants on the site's clock, and keeps what is to be said of how they were read."""

    def __init__(self, now: datetime, zone: ZoneInfo) -> None:
        self._now, self._zone = now, zone
        self.notes: list[Text] = []

    def read(self, key: str, typed: str) -> datetime:
        """Return the instant, UTC; a date alone is the beginning of that day. A fraction of a second is cut off:
        an instant is never taken later than it was."""
        typed = _LOOSE_OFFSET.sub("", _FRACTION.sub("", typed.strip()))
        when = read_when(typed, self._now, self._zone, Tense.PAST)
        if isinstance(when, Unread) and when.reason == "in_the_future":
            when = read_when(typed, self._now, self._zone, Tense.FUTURE)
        if isinstance(when, Unread):
            when = self._date(typed) or when
        if isinstance(when, Unread):
            raise self._unread(key, typed, when)
        if when.at.astimezone(self._zone).year < _FIRST_YEAR:
            raise RefusedError(f"«\u00a0{typed}\u00a0» est avant {_FIRST_YEAR}.", f"“{typed}” is before {_FIRST_YEAR}.")
        if when.twice:
            self.note(NOTES["twice"])
        return when.at

    def _date(self, typed: str) -> When | None:
        try:
            day = read_day(flat(typed), self._now.astimezone(self._zone).date(), Tense.PAST)
        except (OverflowError, ValueError):
            return None
        if day is None or not day.exists or not day.fixed or day.hours is not None or len(day.dates) != 1:
            return None
        self.note(NOTES["midnight"])
        # Where the clock skips midnight, the offset before it gives the first instant that exists.
        return When(datetime.combine(day.dates[0], time(), self._zone).astimezone(UTC), typed)

    def note(self, said: Text) -> None:
        """Keep a note, once."""
        if said not in self.notes:
            self.notes.append(said)

    def _unread(self, key: str, typed: str, unread: Unread) -> RefusedError:
        typed = typed if len(typed) <= _LONGEST else f"{typed[:_LONGEST]}…"
        at = [each.astimezone(self._zone) for each in unread.times]
        if unread.reason == "no_such_time" and len(at) == 2:
            before, after = (f"{each:%H:%M}" for each in at)
            return RefusedError(
                f"«\u00a0{typed}\u00a0» n’existe pas ({self._zone})\u00a0: l’horloge y passe de "
                f"{before} à {after}\u00a0; donnez l’une de ces heures, ou une heure avec son décalage.",
                f"“{typed}” does not exist ({self._zone}): the clock goes from {before} to {after}; "
                "give one of those, or a time with its offset.",
            )
        if unread.reason in ("no_such_date", "no_such_time"):
            days = [f"{each:%Y-%m-%d}" for each in at]
            return RefusedError(
                f"«\u00a0{typed}\u00a0»\u00a0: cette date ou cette heure n’existe pas"
                + (f" (voisines\u00a0: {', '.join(days)})." if days else "."),
                f"“{typed}”: there is no such date or time" + (f" (near: {', '.join(days)})." if days else "."),
            )
        return RefusedError(
            f"{key}\u00a0: «\u00a0{typed}\u00a0» n’est pas un instant\u00a0; écrivez par exemple 2026-11-21T14:05, "
            "avec ou sans décalage, ou une date.",
            f"{key}: “{typed}” is no instant; write for instance 2026-11-21T14:05, with or without an offset, "
            "or a date.",
        )


def read_settings(rule: Rule, sets: Sequence[str], clock: Reader) -> Settings:
    """Return what `KEY=VALUE` texts give a rule. Raises RefusedError for a key that the rule does not take."""
    given: dict[str, Any] = {}
    for said in sets:
        key, equals, value = (part.strip() for part in said.partition("="))
        key = key.lower()
        if not equals or not value:
            raise RefusedError(
                f"--set «\u00a0{said}\u00a0»\u00a0: écrivez CLÉ=VALEUR.", f"--set “{said}”: write KEY=VALUE."
            )
        if key not in rule.settings:
            raise _unknown_key(rule, key)
        if key in given:
            raise RefusedError(
                f"--set\u00a0: «\u00a0{key}\u00a0» est donné deux fois.", f"--set: “{key}” is given twice."
            )
        given[key] = _VALUES[key](key, value, clock)
    return Settings(**given)


def _unknown_key(rule: Rule, key: str) -> RefusedError:
    known = ", ".join(rule.settings)
    if key in _VALUES:
        return RefusedError(
            f"--set\u00a0: la règle {rule.id} ne prend pas «\u00a0{key}\u00a0», mais\u00a0: {known}.",
            f"--set: the rule {rule.id} does not take “{key}”, but: {known}.",
        )
    near = faults.nearest(key, _VALUES)
    return RefusedError(
        f"--set\u00a0: la clé «\u00a0{key}\u00a0» n’existe pas\u00a0; la plus proche est «\u00a0{near}\u00a0».",
        f"--set: there is no key “{key}”; the nearest is “{near}”.",
    )


def _when(key: str, value: str, clock: Reader) -> datetime:
    return clock.read(key, value)


def _calendar(key: str, value: str, clock: Reader) -> str:
    if value.upper() in CALENDARS:
        return value.upper()
    known = ", ".join(CALENDARS)
    raise RefusedError(
        f"{key}\u00a0: «\u00a0{value}\u00a0» n’existe pas\u00a0; choisissez parmi {known}.",
        f"{key}: there is no “{value}”; choose from {known}.",
    )


def _contract(key: str, value: str, clock: Reader) -> Duration:
    working = _WORKING_DAYS.fullmatch(flat(value))
    if working and int(working[1]):
        return Duration(int(working[1]), Unit.WORKING_DAYS, Origin.CONTRACT)
    iso = _ISO.fullmatch(value.strip())
    length = timedelta(**{unit: int(n) for unit, n in iso.groupdict("0").items()}) if iso else read_duration(value)
    if not length:
        raise RefusedError(
            f"{key}\u00a0: «\u00a0{value}\u00a0» n’est pas une durée\u00a0; écrivez par exemple 48h, "
            "10d ou 8wd (jours ouvrés).",
            f"{key}: “{value}” is no duration; write for instance 48h, 10d or 8wd (working days).",
        )
    minutes = int(length.total_seconds()) // 60
    for size, unit in ((24 * 60, Unit.DAYS), (60, Unit.HOURS)):
        if minutes % size == 0:
            return Duration(minutes // size, unit, Origin.CONTRACT)
    return Duration(minutes, Unit.MINUTES, Origin.CONTRACT)


def _yes_or_no(key: str, value: str, clock: Reader) -> bool:
    if value.lower() in (*_YES, *_NO):
        return value.lower() in _YES
    raise RefusedError(
        f"{key}\u00a0: répondez yes ou no, pas «\u00a0{value}\u00a0».", f"{key}: yes or no, not “{value}”."
    )


_VALUES: Mapping[str, Callable[[str, str, Reader], Any]] = {
    "calendar": _calendar,
    "classified": _when,
    "contract": _contract,
    "due": _when,
    "last": _when,
    "weekend_rule": _yes_or_no,
}
