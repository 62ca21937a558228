"""The values of options. Guarantee: an option's value is wholly understood, or refused, or asked about."""

from __future__ import annotations

import re
from dataclasses import replace

from bot.commands.call import Value, When, WorkingDays
from bot.commands.spec import Kind, Option
from bot.domain.roster import Person
from bot.reading.asking import Asking, Stop
from bot.reading.durations import read_duration, read_working_days
from bot.reading.named import read_language, read_one_person
from bot.reading.numbered import read_severity
from bot.reading.options import Written
from bot.reading.result import Asked, Refused
from bot.reading.times import read_when

_JOIN = re.compile(r"\A\s*(?:[,;&+]|et\b|and\b)\s*", re.IGNORECASE)
_MOST_PEOPLE = 50
_BY_CALENDAR = frozenset({"task", "deadline", "question"})
"""Commands whose length of time may be working days."""


def read_options(asking: Asking, written: tuple[Written, ...]) -> dict[str, Value]:
    """Return the options' values by name; raises `Stop` with the refusal or the question."""
    values: dict[str, Value] = {}
    for each in written:
        if each.option.repeated:
            before = values.get(each.option.name, ())
            named = tuple(p for p in before if isinstance(p, Person)) if isinstance(before, tuple) else ()
            values[each.option.name] = tuple(dict.fromkeys((*named, *_people(asking, each))))
        else:
            values[each.option.name] = _value(asking, each)
    return values


def _value(asking: Asking, written: Written) -> Value:
    kind, text = written.option.kind, written.value
    if kind is Kind.FLAG:
        return True
    if kind is Kind.WHEN:
        return _when(asking, written.option, text)
    if kind is Kind.SEVERITY:
        return read_severity(asking, text)
    if kind is Kind.LANGUAGE:
        return read_language(asking, text)
    if kind is Kind.PERSON:
        return _people(asking, written)[0]
    if kind is Kind.DURATION:
        length = read_duration(text)
        days = read_working_days(text) if length is None and asking.spec.name in _BY_CALENDAR else None
        if days is not None:
            return WorkingDays(days)
        if length is None:
            raise asking.refuse("bad_duration", text)
        return length
    return text


def _people(asking: Asking, written: Written) -> tuple[Person, ...]:
    found: list[Person] = []
    rest = written.value
    while rest and len(found) < _MOST_PEOPLE:
        person, rest = read_one_person(asking, rest)
        found.append(person)
        join = _JOIN.match(rest)
        if rest and (not join or not written.option.repeated) and not rest.startswith("@"):
            raise asking.refuse("unexpected", rest)
        rest = rest[join.end() :] if join else rest
    return tuple(found)


def _when(asking: Asking, option: Option, text: str) -> When:
    read = read_when(text, asking.context.now, asking.context.zone, option.tense)
    if isinstance(read, When):
        return read
    if read.reason == "hour":
        raise Stop(Asked("hour", asking.spec, {"typed": text[:80]}, language=asking.language))
    refused = asking.refuse(read.reason, text).reading
    raise Stop(replace(refused, times=read.times) if isinstance(refused, Refused) else refused)
