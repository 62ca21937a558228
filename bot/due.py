"""`tocsin due`: what a deadline rule gives for a time, and why. Guarantee: an answer, or one sentence and 2.

It needs no configuration. The later reading, kept for the audit, stands in the JSON only: who reads the text
must see one deadline, the earliest.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from difflib import get_close_matches
from pathlib import Path
from zoneinfo import ZoneInfo

import typer

from bot import faults
from bot.clock import SystemClock
from bot.domain.deadlines import DeadlineRefusedError, Due, due
from bot.domain.language import Both, Language, fold
from bot.domain.parties import calendar_of
from bot.due_input import Reader, RefusedError, read_settings
from bot.library.rules import Rules, RulesFault, load
from bot.render import local
from bot.resources import data as shipped_data

PARIS = "Europe/Paris"
WELL_KNOWN = ("cnil", "plainte", "certsante", "assureur", "nis2-24h", "nis2-72h", "dora")
"""What is named to whoever types a rule that is like none."""
MOST_NEIGHBOURS, SHORTEST, ALIKE = 3, 3, 0.7
_USAGE = 2

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
    if config:
        country = config.organisation.country
        rules = Rules({i: replace(each, legal_status=each.status_in(country)) for i, each in rules.by_id.items()})
    at_home = config.organisation.timezone if config else PARIS
    calendar = config.organisation.calendar or calendar_of(at_home) if config and zone is None else None
    now, language = SystemClock().now(), config.language if config else spoken
    return answer(query, rules, at_home if zone is None else zone, now, language, calendar)


def answer(
    query: Query, rules: Rules, zone: str, now: datetime, language: Language, calendar: str | None = None
) -> int:
    """Print the answer and return the exit code; `now` is aware, for words such as « hier 22h30 ».

    `calendar` is the organisation's own, for rules that count the days of its country.
    """
    try:
        found = _answer(query, rules, zone, now, calendar)
        shown = _as_json(found, language) if query.as_json else _as_text(found, language)
    except RefusedError as refused:
        typer.echo(refused.said.get(language), err=True)
        return _USAGE
    typer.echo(shown)
    return 0


@dataclass(frozen=True)
class _Answer:
    due: Due
    zone: ZoneInfo


def _answer(query: Query, rules: Rules, zone_name: str, now: datetime, calendar: str | None) -> _Answer:
    zone = _zone(zone_name)
    rule = rules.find(query.rule)
    if rule is None:
        raise _no_rule(query.rule, rules)
    clock = Reader(now, zone)
    try:
        trigger = clock.read("WHEN", query.when)
        given = read_settings(rule, query.sets, clock)
        if given.calendar is None and calendar and rule.calendar == calendar.partition("-")[0]:
            given = replace(given, calendar=calendar)
        found = due(rule, trigger, zone, given)
        found.at.astimezone(zone)
    except DeadlineRefusedError as refused:
        raise RefusedError(f"{_capital(refused.text.fr)}.", f"{_capital(refused.text.en)}.") from None
    except OverflowError:
        raise RefusedError("Cette date sort du calendrier.", "That date is beyond the calendar.") from None
    return _Answer(replace(found, notes=(*clock.notes, *found.notes)), zone)


def _no_rule(typed: str, rules: Rules) -> RefusedError:
    """Say that there is no such rule, with those that may have been meant; without any, with some well-known ones."""
    near = _neighbours(typed, rules)
    if near:
        fr = " ou ".join(f"«\u00a0{name}\u00a0»" for name in near)
        en = " or ".join(f"“{name}”" for name in near)
        return RefusedError(
            f"La règle «\u00a0{typed}\u00a0» n’existe pas\u00a0; c’est peut-être {fr}.",
            f"There is no rule “{typed}”; perhaps {en}.",
        )
    some = ", ".join(name for name in WELL_KNOWN if rules.find(name))
    return RefusedError(
        f"La règle «\u00a0{typed}\u00a0» n’existe pas\u00a0; par exemple\u00a0: {some}.",
        f"There is no rule “{typed}”; for instance: {some}.",
    )


def _neighbours(typed: str, rules: Rules) -> list[str]:
    """Return a name of each rule that is written nearly so, or begins so; three at most, the nearest first."""
    names = {fold(name): name for name in rules.names}
    wanted = fold(typed)
    begins = [name for name in sorted(names, key=len) if len(wanted) >= SHORTEST and name.startswith(wanted)]
    found: dict[str, str] = {}
    for name in (*begins, *get_close_matches(wanted, names, n=3 * MOST_NEIGHBOURS, cutoff=ALIKE)):
        rule = rules.find(name)
        if rule is not None:
            found.setdefault(rule.id, names[name])
    return list(found.values())[:MOST_NEIGHBOURS]


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        fault = faults.zone(name)
        raise RefusedError(f"{_capital(fault.fr)}.", f"{_capital(fault.en)}.") from None


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
    words = (_CLASSES[rule.visible].get(language), _STATUSES[rule.legal_status].get(language))
    lines = [("due", at(found.at, here))]
    if found.at.astimezone(answer.zone).utcoffset() != found.at.astimezone(ZoneInfo(PARIS)).utcoffset():
        lines.append(("paris", at(found.at, PARIS)))
    lines += [
        ("trigger", at(found.trigger, here)),
        ("basis", found.basis.get(language)),
        ("reference", rule.reference.get(language)),
        ("status", ", ".join(dict.fromkeys(words))),
        ("figure", _ORIGINS[found.source].get(language)),
    ]
    note = _note(found, language)
    if note:
        lines.append(("note", note))
    colon = "\u00a0: " if language == "fr" else ": "
    shown = [f"{_LABELS[key].get(language)}{colon}{said}" for key, said in lines]
    return "\n".join([f"{rule.id} ({rule.names.get(language)}){colon}{rule.title.get(language)}", *shown])
