"""The people and the moment of the reading tests, and a reading as one line that a corpus can hold."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from bot.commands.call import Call, ClockName, LogQuery, Value, When
from bot.domain.language import Language
from bot.domain.roles import Role
from bot.domain.roster import Person, Roster
from bot.library.playbooks import Library, load
from bot.library.rules import Rules
from bot.library.rules import load_shipped as shipped_rules
from bot.library.templates import Templates, load_shipped
from bot.reading import Asked, Context, Reading, Refused, Suggestion
from bot.resources import data

PARIS = ZoneInfo("Europe/Paris")
# A Saturday, three in the afternoon.
NOW = datetime(2026, 11, 21, 15, 0, tzinfo=PARIS)


def _person(name: str, localpart: str, *roles: Role) -> Person:
    return Person(name, f"@{localpart}:secours.example", roles)


ROSTER = Roster(
    (
        _person("Claire Morel", "claire", Role.DIRECTOR),
        _person("Karim Haddad", "karim", Role.CISO),
        _person("Paul Martin", "pmartin", Role.LEGAL),
        _person("Paul Durand", "pdurand", Role.COMMUNICATION),
        _person("Dr Anne-Sophie Legrand", "asl", Role.DPO),
        _person("Nadia Benali", "nadia", Role.SCRIBE),
        _person("Léo Petit", "leo", Role.CIO),
    )
)


@cache
def templates() -> Templates:
    return load_shipped()


@cache
def library() -> Library:
    return load(data("playbooks"))


def _scenario(text: str) -> str | None:
    found = library().find(text)
    return found.id if found else None


@cache
def rules() -> Rules:
    return shipped_rules()


def _rule(text: str) -> str | None:
    found = rules().find(text)
    return found.id if found else None


def context(
    language: Language = "fr",
    to_bot: bool = False,
    reply: bool = False,
    task: int | None = None,
    now: datetime = NOW,
) -> Context:
    return Context(
        roster=ROSTER,
        now=now,
        zone=PARIS,
        language=language,
        sender="@nadia:secours.example",
        bot_id="@tocsin:secours.example",
        to_bot=to_bot,
        reply=reply,
        task=task,
        find_scenario=_scenario,
        find_rule=_rule,
        rule_names=rules().names,
        near_scenarios=library().nearest,
        find_template=templates().find,
        near_templates=templates().nearest,
    )


def shown(reading: Reading) -> str:
    """A reading as one line: `done tasks=3,4 text="vu"`, `refused missing N`, `suggested !fait 3`, `silence`."""
    if isinstance(reading, Call):
        return _call(reading)
    if isinstance(reading, Suggestion):
        return f"{'shown' if reading.dangerous else 'suggested'} {reading.text}"
    if isinstance(reading, Asked):
        people = [_value(person) for person in reading.people]
        return " ".join(["asked", reading.kind, *reading.values.values(), *(["->", *people] if people else [])])
    if isinstance(reading, Refused):
        about = reading.values.get("argument") or reading.values.get("option") or reading.values.get("typed", "")
        times = [f"{at.astimezone(PARIS):%d/%m/%Y %H:%M}" for at in reading.times]
        near = [*reading.near, *times]
        return " ".join(filter(None, ["refused", reading.reason, about, *(["->", ", ".join(near)] if near else [])]))
    return "silence"


def _call(call: Call) -> str:
    parts = [call.spec.name]
    parts += [f"by={_value(call.actor)}"] if call.actor else []
    parts += [f"in={call.incident}"] if call.incident else []
    parts += [f"{name}={_value(value)}" for name, value in sorted(call.args.items())]
    parts += [f"--{name}={_value(value)}" for name, value in sorted(call.options.items())]
    parts += [f"left_over={len(call.left_over)}"] if call.left_over else []
    return " ".join(parts)


def _value(value: Value | None) -> str:
    if isinstance(value, When):
        return f"{value.at.astimezone(PARIS):%Y-%m-%dT%H:%M}" + ("(twice)" if value.twice else "")
    if isinstance(value, Person):
        return value.localpart
    if isinstance(value, LogQuery):
        chosen = next(filter(None, (value.count, value.words, value.person, value.day)), None)
        return chosen.isoformat() if isinstance(chosen, date) else _value(chosen)
    if isinstance(value, tuple):
        return ",".join(_value(each) for each in value)
    if isinstance(value, timedelta):
        return f"{value.total_seconds():.0f}s"
    if isinstance(value, Role):
        return value.value
    if isinstance(value, ClockName):
        return f"{value.rule}/{value.party}" if value.party else value.rule
    if isinstance(value, bool):
        return "yes"
    return str(value)
