"""`tocsin due`: what a deadline rule gives for a time, and why. Guarantee: an answer, or one sentence and 2.

It needs no configuration. The later reading, kept for the audit, stands in the JSON only: who reads the text
must see one deadline, the earliest.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import typer

from bot import faults
from bot.clock import SystemClock
from bot.commands.call import When
from bot.commands.spec import Tense
from bot.domain.calendars import CALENDARS
from bot.domain.deadline_rules import Duration, Origin, Rule, Unit
from bot.domain.deadline_words import NOTES
from bot.domain.deadlines import DeadlineRefusedError, Due, Settings, due, earliest
from bot.domain.language import Both, Language
from bot.domain.playbook import Text
from bot.library.rules import Rules, RulesFault, load
from bot.reading.days import read_day
from bot.reading.durations import read_duration
from bot.reading.tidy import flat
from bot.reading.times import Unread, read_when
from bot.render import local
from bot.resources import data as shipped_data

PARIS = "Europe/Paris"
_USAGE = 2
_FIRST_YEAR = 1970
_WORKING_DAYS = re.compile(r"(\d{1,3}) ?(?:wd|jo|jours? ouvres?|working days?|business days?)")
_YES, _NO = ("yes", "oui"), ("no", "non")

_LABELS = {
    "due": Both("Échéance", "Deadline"),
    "paris": Both("À Paris", "In Paris"),
    "trigger": Both("Départ", "Start"),
    "basis": Both("Calcul", "Reckoning"),
    "reference": Both("Texte", "Text"),
    "status": Both("Statut", "Status"),
    "figure": Both("Délai fixé par", "Time set by"),
    "note": Both("À savoir", "Note"),
}
_STATUSES = {
    "in_force": Both("en vigueur", "in force"),
    "pending_national_transposition": Both("en attente de transposition", "pending national transposition"),
    "proposal": Both("proposition", "proposal"),
    "guidance": Both("recommandation de l’autorité", "guidance of the authority"),
    "contract": Both("contrat", "contract"),
    "house": Both("objectif interne", "internal target"),
}
_CLASSES = {
    "law": Both("loi", "law"),
    "contract": Both("contrat", "contract"),
    "house": Both("objectif interne", "internal target"),
}
_ORIGINS = {
    "law": Both("la loi", "the law"),
    "guidance": Both("l’autorité, à titre de recommandation", "the authority, as guidance"),
    "contract": Both("le contrat", "the contract"),
    "house": Both("nous, à titre d’objectif interne", "ourselves, as an internal target"),
    "typed": Both("l’autorité, selon ce qui a été saisi", "the authority, as typed"),
}


class _RefusedError(Exception):
    """What was typed cannot be used; one sentence in each language."""

    def __init__(self, fr: str, en: str) -> None:
        super().__init__(en)
        self.said = Both(fr, en)


@dataclass(frozen=True)
class Query:
    """What was typed: a rule's name, when, and the settings as `KEY=VALUE`."""

    rule: str
    when: str
    sets: Sequence[str] = ()
    as_json: bool = False


def run(query: Query, zone: str | None, path: Path | None, env: Mapping[str, str], spoken: Language) -> int:
    """Answer with the configuration's zone, language and own rules if there is one. Raises ConfigurationError."""
    from bot.config import load as load_configuration
    from bot.config import locate

    file = locate(path, env)
    named = path is not None or bool(env.get("TOCSIN_CONFIG"))
    config = load_configuration(file, env) if named or file.exists() else None
    try:
        rules = load(shipped_data("playbooks"), config.paths.own("playbooks") if config else None)
    except RulesFault as error:
        raise faults.ConfigurationError(error.fault.both(), config.language if config else spoken) from None
    at_home = config.organisation.timezone if config else PARIS
    return answer(query, rules, zone or at_home, SystemClock().now(), config.language if config else spoken)


def answer(query: Query, rules: Rules, zone: str, now: datetime, language: Language) -> int:
    """Print the answer and return the exit code; `now` is aware, for words such as « hier 22h30 »."""
    try:
        found = _answer(query, rules, zone, now)
        shown = _as_json(found, language) if query.as_json else _as_text(found, language)
    except _RefusedError as refused:
        typer.echo(refused.said.get(language), err=True)
        return _USAGE
    typer.echo(shown)
    return 0


@dataclass(frozen=True)
class _Answer:
    due: Due
    zone: ZoneInfo


def _answer(query: Query, rules: Rules, zone_name: str, now: datetime) -> _Answer:
    zone = _zone(zone_name)
    rule = rules.find(query.rule)
    if rule is None:
        near = faults.nearest(query.rule, rules.names)
        raise _RefusedError(
            f"La règle «\u00a0{query.rule}\u00a0» n’existe pas\u00a0; la plus proche est «\u00a0{near}\u00a0».",
            f"There is no rule “{query.rule}”; the nearest is “{near}”.",
        )
    clock = _Reader(now, zone)
    try:
        trigger = clock.read("WHEN", query.when)
        found = due(rule, trigger, zone, _settings(rule, query.sets, clock))
        found.at.astimezone(zone)
    except DeadlineRefusedError as refused:
        raise _RefusedError(f"{_capital(refused.text.fr)}.", f"{_capital(refused.text.en)}.") from None
    except OverflowError:
        raise _RefusedError("Cette date sort du calendrier.", "That date is beyond the calendar.") from None
    return _Answer(replace(found, notes=(*clock.notes, *found.notes)), zone)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        fault = faults.zone(name)
        raise _RefusedError(f"{_capital(fault.fr)}.", f"{_capital(fault.en)}.") from None


# -- what was typed ------------------------------------------------------------


class _Reader:
    """Reads instants on the site's clock, and keeps what is to be said of how they were read."""

    def __init__(self, now: datetime, zone: ZoneInfo) -> None:
        self._now, self._zone = now, zone
        self.notes: list[Text] = []

    def read(self, key: str, typed: str) -> datetime:
        """Return the instant, UTC; a date alone is the beginning of that day."""
        when = read_when(typed, self._now, self._zone, Tense.PAST)
        if isinstance(when, Unread) and when.reason == "in_the_future":
            when = read_when(typed, self._now, self._zone, Tense.FUTURE)
        if isinstance(when, Unread):
            when = self._date(typed) or when
        if isinstance(when, Unread):
            raise self._unread(key, typed, when)
        if when.at.year < _FIRST_YEAR:
            raise _RefusedError(
                f"«\u00a0{typed}\u00a0» est avant {_FIRST_YEAR}.", f"“{typed}” is before {_FIRST_YEAR}."
            )
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
        return When(earliest(datetime.combine(day.dates[0], time()), self._zone), typed)

    def note(self, said: Text) -> None:
        """Keep a note, once."""
        if said not in self.notes:
            self.notes.append(said)

    def _unread(self, key: str, typed: str, unread: Unread) -> _RefusedError:
        at = [each.astimezone(self._zone) for each in unread.times]
        if unread.reason == "no_such_time" and len(at) == 2:
            before, after = (f"{each:%H:%M}" for each in at)
            return _RefusedError(
                f"«\u00a0{typed}\u00a0» n’existe pas ({self._zone})\u00a0: l’horloge y passe de {before} à {after}\u00a0; "
                "donnez l’une de ces heures, ou une heure avec son décalage.",
                f"“{typed}” does not exist ({self._zone}): the clock goes from {before} to {after}; "
                "give one of those, or a time with its offset.",
            )
        if unread.reason in ("no_such_date", "no_such_time"):
            days = [f"{each:%Y-%m-%d}" for each in at]
            return _RefusedError(
                f"«\u00a0{typed}\u00a0»\u00a0: cette date ou cette heure n’existe pas"
                + (f" (voisines\u00a0: {', '.join(days)})." if days else "."),
                f"“{typed}”: there is no such date or time" + (f" (near: {', '.join(days)})." if days else "."),
            )
        return _RefusedError(
            f"{key}\u00a0: «\u00a0{typed}\u00a0» n’est pas un instant\u00a0; écrivez par exemple 2026-11-21T14:05, "
            "avec ou sans décalage, ou une date.",
            f"{key}: “{typed}” is no instant; write for instance 2026-11-21T14:05, with or without an offset, "
            "or a date.",
        )


def _settings(rule: Rule, sets: Sequence[str], clock: _Reader) -> Settings:
    given: dict[str, Any] = {}
    for said in sets:
        key, equals, value = (part.strip() for part in said.partition("="))
        key = key.lower()
        if not equals or not value:
            raise _RefusedError(
                f"--set «\u00a0{said}\u00a0»\u00a0: écrivez CLÉ=VALEUR.", f"--set “{said}”: write KEY=VALUE."
            )
        if key not in rule.settings:
            raise _unknown_key(rule, key)
        if key in given:
            raise _RefusedError(
                f"--set\u00a0: «\u00a0{key}\u00a0» est donné deux fois.", f"--set: “{key}” is given twice."
            )
        given[key] = _VALUES[key](key, value, clock)
    return Settings(**given)


def _unknown_key(rule: Rule, key: str) -> _RefusedError:
    known = ", ".join(rule.settings)
    if key in _VALUES:
        return _RefusedError(
            f"--set\u00a0: la règle {rule.id} ne prend pas «\u00a0{key}\u00a0», mais\u00a0: {known}.",
            f"--set: the rule {rule.id} does not take “{key}”, but: {known}.",
        )
    near = faults.nearest(key, _VALUES)
    return _RefusedError(
        f"--set\u00a0: la clé «\u00a0{key}\u00a0» n’existe pas\u00a0; la plus proche est «\u00a0{near}\u00a0».",
        f"--set: there is no key “{key}”; the nearest is “{near}”.",
    )


def _when(key: str, value: str, clock: _Reader) -> datetime:
    return clock.read(key, value)


def _calendar(key: str, value: str, clock: _Reader) -> str:
    if value.upper() in CALENDARS:
        return value.upper()
    known = ", ".join(CALENDARS)
    raise _RefusedError(
        f"{key}\u00a0: «\u00a0{value}\u00a0» n’existe pas\u00a0; choisissez parmi {known}.",
        f"{key}: there is no “{value}”; choose from {known}.",
    )


def _contract(key: str, value: str, clock: _Reader) -> Duration:
    working = _WORKING_DAYS.fullmatch(flat(value))
    if working and int(working[1]):
        return Duration(int(working[1]), Unit.WORKING_DAYS, Origin.CONTRACT)
    length = read_duration(value)
    if length is None:
        raise _RefusedError(
            f"{key}\u00a0: «\u00a0{value}\u00a0» n’est pas une durée\u00a0; écrivez par exemple 48h, 10d ou 8wd (jours ouvrés).",
            f"{key}: “{value}” is no duration; write for instance 48h, 10d or 8wd (working days).",
        )
    minutes = int(length.total_seconds()) // 60
    for size, unit in ((24 * 60, Unit.DAYS), (60, Unit.HOURS)):
        if minutes % size == 0:
            return Duration(minutes // size, unit, Origin.CONTRACT)
    return Duration(minutes, Unit.MINUTES, Origin.CONTRACT)


def _yes_or_no(key: str, value: str, clock: _Reader) -> bool:
    if value.lower() in (*_YES, *_NO):
        return value.lower() in _YES
    raise _RefusedError(
        f"{key}\u00a0: répondez yes ou no, pas «\u00a0{value}\u00a0».", f"{key}: yes or no, not “{value}”."
    )


_VALUES: Mapping[str, Callable[[str, str, _Reader], Any]] = {
    "calendar": _calendar,
    "classified": _when,
    "contract": _contract,
    "due": _when,
    "last": _when,
    "weekend_rule": _yes_or_no,
}


# -- what is shown ------------------------------------------------------------


def _utc(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _note(found: Due, language: Language) -> str | None:
    return " ".join(note.get(language) for note in found.notes) or None


def _as_json(answer: _Answer, language: Language) -> str:
    found = answer.due
    shown = {
        "rule": found.rule.id,
        "trigger_utc": _utc(found.trigger),
        "due_utc": _utc(found.at),
        "due_local": found.at.astimezone(answer.zone).isoformat(timespec="seconds"),
        "lenient_utc": _utc(found.lenient) if found.lenient else None,
        "basis": found.basis.get(language),
        "reference": found.rule.reference.get(language),
        "legal_status": found.rule.legal_status.value,
        "duration_source": found.source.value,
        "note": _note(found, language),
    }
    return json.dumps(shown, ensure_ascii=False)


def _as_text(answer: _Answer, language: Language) -> str:
    found, rule = answer.due, answer.due.rule

    def at(instant: datetime, zone: str) -> str:
        return f"{local(instant, zone, language, seconds=True)} ({zone})"

    here = str(answer.zone)
    status = f"{_CLASSES[rule.visible].get(language)}, {_STATUSES[rule.legal_status].get(language)}"
    lines = [("due", at(found.at, here))]
    if found.at.astimezone(answer.zone).utcoffset() != found.at.astimezone(ZoneInfo(PARIS)).utcoffset():
        lines.append(("paris", at(found.at, PARIS)))
    lines += [
        ("trigger", at(found.trigger, here)),
        ("basis", found.basis.get(language)),
        ("reference", rule.reference.get(language)),
        ("status", status),
        ("figure", _ORIGINS[found.source].get(language)),
    ]
    note = _note(found, language)
    if note:
        lines.append(("note", note))
    colon = "\u00a0: " if language == "fr" else ": "
    shown = [f"{_LABELS[key].get(language)}{colon}{said}" for key, said in lines]
    return "\n".join([f"{rule.id} ({rule.names.get(language)}){colon}{rule.title.get(language)}", *shown])
