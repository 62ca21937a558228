"""What must hold of a deadline rule beyond its shape, and the house style of the shipped ones.

Owns one guarantee: all that is law cites its text, nothing of ours pretends to, and a figure that the law
does not give is never said to be the law's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from graphlib import CycleError, TopologicalSorter
from typing import Any
from zoneinfo import available_timezones

from bot.domain.deadline_rules import Rule
from bot.domain.moments import Moment, filed_rule
from bot.domain.roles import Role, fall_backs
from bot.library.playbook_faults import Fault
from bot.library.playbook_style import BAD_ENGLISH, BAD_FRENCH, LONGEST_TITLE, STRAY, WORD
from bot.library.playbook_words import UNACCENTED
from bot.library.rule_faults import RuleFault

_UNITS = {
    "hours": {"hours"},
    "days": {"days"},
    "days_keep_time": {"days"},
    "working_days": {"working_days"},
    "business_days": {"working_days"},
    "months": {"months"},
    "asap": {"minutes", "hours"},
    "min_of": {"hours"},
    "recurring": {"hours", "months"},
}
_STATUSES = {
    "law": {"in_force", "pending_national_transposition", "proposal"},
    "contract": {"contract"},
    "house": {"house", "guidance"},
}
_RUN_THE_SYSTEMS = {Role.CISO, Role.CIO}


def meaning_faults(data: Mapping[str, Any], file: str) -> Iterator[Fault]:
    """What does not hold within one rule of the right shape."""
    for code, values in (*_words_known(data), *_time_said(data), *_law_said(data)):
        yield RuleFault(file, data["id"], code, values)


def _words_known(data: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    if filed_rule(data["moment"]) is None and data["moment"] not in set(Moment):
        yield "unknown_moment", {"moment": data["moment"]}
    roles = [data[key] for key in ("owner", "opinion") if key in data]
    for role in roles:
        if role not in set(Role):
            yield "unknown_role", {"role": role}
    if data.get("data_protection") and data["owner"] in set(Role):
        owner = Role(data["owner"])
        for role in (owner, *fall_backs(owner)):
            if role in _RUN_THE_SYSTEMS:
                yield "data_to_it", {"role": role.value}
    if "cutoff" in data and data["cutoff"]["zone"] not in available_timezones():
        yield "unknown_zone", {"zone": data["cutoff"]["zone"]}


def _time_said(data: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    method, duration = data["method"], data.get("duration")
    if method == "manual":
        if duration is not None:
            yield "duration_unused", {"method": method}
    elif duration is None:
        yield "no_duration", {"method": method}
    elif duration["unit"] not in _UNITS[method]:
        yield "wrong_unit", {"method": method, "unit": duration["unit"]}
    if method == "business_days" and "cutoff" not in data:
        yield "no_cutoff", {}
    if method == "min_of" and "classified" not in data:
        yield "no_classified", {}
    if data.get("provisional") and filed_rule(data["moment"]) is None:
        yield "not_provisional", {}
    dates = {key: _day(data[key]) for key in ("valid_from", "valid_to") if key in data}
    for key, day in dates.items():
        if day is None:
            yield "bad_date", {"day": data[key]}
    first, last = dates.get("valid_from"), dates.get("valid_to")
    if first and last and last < first:
        yield "dates_reversed", {}


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _law_said(data: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    visible, status, duration = data["class"], data["legal_status"], data.get("duration")
    if status not in _STATUSES[visible]:
        yield "wrong_status", {"status": status, "visible": visible}
    if visible == "law" and "law" not in data:
        yield "no_law", {}
    if visible != "law" and "law" in data and status != "guidance":
        yield "pretended_law", {}
    if duration is None:
        return
    if data["method"] == "asap" and duration["from"] != "house":
        yield "wrong_origin", {}
    if visible != "law" and duration["from"] == "law":
        yield "pretended_law", {}


def chain_faults(rules: Mapping[str, Rule], where: Mapping[str, str]) -> Iterator[Fault]:
    """Stages that follow a rule that does not exist, or themselves; what is owed anew with what does not recur."""
    for identifier, rule in rules.items():
        if rule.follows is not None and rule.follows not in rules:
            yield RuleFault(where[identifier], identifier, "follows_unknown", {"id": rule.follows})
        if rule.stage is not None and rule.stage not in rules:
            yield RuleFault(where[identifier], identifier, "stage_unknown", {"id": rule.stage})
        if rule.again_with is not None and (rule.again_with not in rules or not rules[rule.again_with].recurs):
            yield RuleFault(where[identifier], identifier, "again_unknown", {"id": rule.again_with})
    graph = {i: {rule.follows} if rule.follows in rules else set[str]() for i, rule in rules.items()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        circle = error.args[1]
        first = circle[0]
        yield RuleFault(where[first], first, "chain_cycle", {"ids": " → ".join(reversed(circle))})


# -- house style ------------------------------------------------------------


def style_faults(data: Mapping[str, Any], file: str) -> Iterator[Fault]:
    """What a shipped rule has against the house style: both languages, typography, length."""
    for key, said in _texts(data):
        for code, values in _text_faults(key, said):
            yield RuleFault(file, data["id"], code, values)
    for key in ("contents", *(("valid_from", "calendar") if data["class"] == "law" else ())):
        if not data.get(key):
            yield RuleFault(file, data["id"], "missing", {"key": key})
    title = data["title"]
    for sentence in (title["fr"], title["en"]) if isinstance(title, dict) else ():
        if len(sentence) > LONGEST_TITLE:
            yield RuleFault(file, data["id"], "too_long", {"length": len(sentence)})


def _texts(data: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    yield "title", data["title"]
    yield "why", data["why"]
    for key in ("name", "channel", "fallback"):
        yield f"authority.{key}", data["authority"][key]
    if "law" in data:
        yield "law.act", data["law"]["act"]
    for number, one in enumerate(data.get("contents", ()), 1):
        yield f"contents.{number}", one


def _text_faults(key: str, said: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(said, str):
        if key not in ("authority.name", "law.act"):
            yield "one_language", {"key": key}
        return
    french, english = said["fr"], said["en"]
    for lang, sentence in (("fr", french), ("en", english)):
        if key == "why" and not sentence.endswith("."):
            yield "no_full_stop", {"key": f"{key}.{lang}"}
        if STRAY.search(sentence):
            yield "spacing", {"text": sentence, "key": f"{key}.{lang}"}
    for word in WORD.findall(french):
        if word.lower() in UNACCENTED:
            yield "no_accent", {"word": word, "key": f"{key}.fr"}
    if BAD_FRENCH.search(french):
        yield "no_nbsp", {"text": french, "key": f"{key}.fr"}
    if BAD_ENGLISH.search(english):
        yield "spacing", {"text": english, "key": f"{key}.en"}
