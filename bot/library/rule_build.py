"""From checked YAML to a deadline rule.

Owns one guarantee: what is built here says all that the file says; nothing is filled in that a text did not
say, but the plan of nudges.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, time
from typing import Any

from bot.domain.deadline_rules import (
    USUAL_NUDGES,
    Authority,
    Class,
    Cutoff,
    Duration,
    Law,
    Lenient,
    Method,
    NudgePlan,
    Organisations,
    Origin,
    Rule,
    Status,
    Unit,
)
from bot.domain.playbook import Source, Text
from bot.domain.roles import Role
from bot.library.playbook_build import UNITS, text

# The European Economic Area, where the GDPR applies (EEA Joint Committee Decision 154/2018).
_EEA = frozenset(
    "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IS IT LI LT LU LV MT NL NO PL PT RO SE SI SK".split()  # noqa: SIM905
)


def build(data: Mapping[str, Any]) -> Rule:
    """The rule that a merged and checked entry describes."""
    authority, law = data["authority"], data.get("law")
    return Rule(
        id=data["id"],
        names=text(data["name"]),
        aliases=tuple(data.get("aliases", ())),
        title=text(data["title"]),
        why=text(data["why"]),
        authority=Authority(
            authority["id"], text(authority["name"]), text(authority["channel"]), text(authority["fallback"])
        ),
        law=_law(law) if law else None,
        visible=Class(data["class"]),
        legal_status=Status(data["legal_status"]),
        valid_from=_day(data, "valid_from"),
        valid_to=_day(data, "valid_to"),
        source=Source(**data["source"]),
        obliged=data["obliged"],
        moment=data["moment"],
        method=Method(data["method"]),
        duration=_duration(data.get("duration")),
        classified=_duration(data.get("classified")),
        stage=data.get("stage"),
        again_with=data.get("again_with"),
        pending_in=frozenset(data.get("pending_in", ())),
        calendar=data.get("calendar"),
        cutoff=_cutoff(data.get("cutoff")),
        lenient=Lenient(data.get("lenient", "none")),
        organisations=tuple(_organisations(one) for one in data.get("organisations", ())),
        facts=tuple(data.get("facts", ())),
        contractual=data.get("contractual", False),
        per_customer=data.get("per_customer", False),
        weekend_rule=data.get("weekend_rule", False),
        waivable=data.get("waivable", True),
        provisional=data.get("provisional", False),
        data_protection=data.get("data_protection", False),
        owner=Role(data["owner"]),
        opinion=Role(data["opinion"]) if "opinion" in data else None,
        nudges=_nudges(data.get("nudges")),
        closes_by=tuple(data["closes_by"]),
        contents=tuple(text(_content(one)) for one in data.get("contents", ())),
        known_by=tuple(_known_by(one) for one in data.get("contents", ())),
    )


def _content(one: Any) -> Any:
    """What a notification must hold, without what says from what it is known."""
    return {lang: one[lang] for lang in ("fr", "en")} if isinstance(one, Mapping) else one


def _known_by(one: Any) -> tuple[str, ...]:
    return tuple(one.get("known_by", ())) if isinstance(one, Mapping) else ()


def _law(data: Mapping[str, Any]) -> Law:
    cited = Law(text(data["act"]), data["article"], _maybe(data, "paragraph"))
    return replace(cited, division=text(data["division"])) if "division" in data else cited


def _maybe(data: Mapping[str, Any], key: str) -> Text | None:
    return text(data[key]) if key in data else None


def _day(data: Mapping[str, Any], key: str) -> date | None:
    return date.fromisoformat(data[key]) if key in data else None


def _duration(data: Mapping[str, Any] | None) -> Duration | None:
    return None if data is None else Duration(data["value"], Unit(data["unit"]), Origin(data["from"]))


def _cutoff(data: Mapping[str, Any] | None) -> Cutoff | None:
    return None if data is None else Cutoff(time.fromisoformat(data["at"]), data["zone"])


def _organisations(data: Mapping[str, Any]) -> Organisations:
    named = frozenset(data.get("countries", ()))
    return Organisations(
        kinds=frozenset(data.get("kinds", ())),
        countries=(named - {"EEA"}) | _EEA if "EEA" in named else named,
        flags=frozenset(data.get("flags", ())),
        without=frozenset(data.get("without", ())),
    )


def _nudges(data: Mapping[str, Any] | None) -> NudgePlan:
    if data is None:
        return USUAL_NUDGES
    return NudgePlan(tuple(data["elapsed"]), tuple(int(one[:-1]) * UNITS[one[-1]] for one in data["before"]))
