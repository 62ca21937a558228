"""What a line with a slip in it probably meant. Guarantee: what is proposed is read anew and would be carried out as it
stands; nothing is done before somebody says yes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from bot.commands.call import Call
from bot.commands.spec import Kind, Spec
from bot.domain.roles import find_role
from bot.reading.asking import Asking, Stop
from bot.reading.beginnings import split_clock
from bot.reading.nearness import closest, near
from bot.reading.options import Written, split_options
from bot.reading.people import read_person
from bot.reading.result import Context, Reading, Refused, Suggestion
from bot.reading.values import read_options

_LONGEST = 400
_MOST_WORDS = 8
_SHORT = frozenset({Kind.WHEN, Kind.DURATION, Kind.PERSON, Kind.SEVERITY, Kind.LANGUAGE})
"""Kinds of values of which one sees where they end."""
_LACKING = frozenset({"missing", "bad_number", "unknown_track"})
_IDS = frozenset({Kind.TASKS, Kind.ENTRY, Kind.ENTRIES, Kind.TRACK})
_CONTRARY = re.compile(
    r"\b(?:pas|non|ne|jamais|sauf|hormis|except[ée]?|tout(?:es?)?|tous|aucune?|presque|not|never|no|except|but|all|none"
    r"|almost|nearly)\b|\bn['’]|n['’]t\b",
    re.IGNORECASE,
)
"""What turns a line into another: « !fait pas 3 », « tout sauf 3 » are no slips of « !fait 3 »."""
_ABOUT = re.compile(
    r"\A(?:vers|environ|aux? environs? de|autour de|about|around|approximately|circa|~)\s*", re.IGNORECASE
)
_ABOUT_AFTER = re.compile(r"\s+(?:environ|à peu près|or so|ish)\Z", re.IGNORECASE)
_ABOUT_IT = re.compile(r"\A(?:sur|pour|avec|on|with|for)\s+(?=(?:la |le |the )?\d)", re.IGNORECASE)
_BY = re.compile(
    r"(?P<by>(?:fait |faite |done )?(?:par|by)\s+)?(?P<for>(?:pour|for)\s+)?(?P<who>(?P<at>@)?\S.{0,60})", re.IGNORECASE
)
_FOUR_FIGURES = re.compile(r"(?P<hour>[01]\d|2[0-3])(?P<minute>[0-5]\d)")


def proposed(
    stop: Stop, line: str, rest: str, below: str, context: Context, typed: Callable[[str], Reading]
) -> Suggestion | None:
    """The same line with the one slip mended, if that is a command; None where it is not. `rest` ends `line`."""
    refused = stop.reading
    if not isinstance(refused, Refused) or len(line) > _LONGEST:
        return None
    verb = line[: len(line) - len(rest)].rstrip(" :,;.-")
    for mended in _mended(refused, rest, context):
        text = f"{verb} {mended}"
        reading = typed(text)
        if isinstance(reading, Call):
            whole = f"{context.prefix}{text}" + (f"\n{below}" if below.strip() else "")
            return Suggestion(whole, reading.spec, reading.spec.dangerous)
    return None


def who_last(call: Call, line: str, rest: str, context: Context) -> tuple[str, bool] | None:
    """« fait 3 @nadia » as « fait @nadia 3 », where nothing else is said, and if that is sure. `rest` ends `line`."""
    said = call.args.get("text")
    named = _BY.fullmatch(said.strip()) if isinstance(said, str) else None
    if not call.spec.takes_actor or call.actor or named is None or not isinstance(said, str):
        return None
    if not (named["at"] or named["by"] or (named["for"] and call.spec.name == "take")):
        return None
    found = read_person(named["who"], context.roster, context.sender)
    before = rest.rpartition(said)[0].strip(" ,;:")
    one = len(found.people) == 1 or (found.people and named["at"])
    if not one or found.rest.strip(" .!") or not before or found.people[0].matrix_id == context.sender:
        return None
    verb = line[: len(line) - len(rest)].rstrip(" :,;.-")
    who = named["who"].strip(" .!").removeprefix("@")
    return f"{verb} @{who} {before}", bool(named["at"]) and not named["for"]


def _mended(refused: Refused, rest: str, context: Context) -> Iterator[str]:
    values = refused.values
    if "figures" in values and values["said"] in rest:
        yield rest.replace(values["said"], values["figures"], 1)
    typed = values.get("typed", "")
    if refused.reason == "bad_severity" and refused.near and typed in rest:
        yield rest.replace(typed, refused.near[0], 1)
    only = closest(typed, refused.near) if typed else None
    if refused.reason == "unknown_template":
        yield from _template_within(rest, context)
        only = only if only and near(typed, (only,)) else None
    if only is not None and typed in rest:
        yield rest.replace(typed, only, 1)
    if refused.reason == "bad_time" and typed and typed in rest:
        yield rest.replace(typed, _plain_time(typed), 1)
    if refused.reason == "unexpected" and refused.spec.name == "draft" and rest.endswith(typed):
        yield rest[: len(rest) - len(typed)].strip()  # « communiqué de presse »
    if refused.reason == "missing" and _ABOUT_IT.match(rest):
        yield _ABOUT_IT.sub("", rest)  # « bloqué sur 5 pas d'accès »
    if refused.reason == "unknown_track" and any(a.kind is Kind.PERSON and a.optional for a in refused.spec.args):
        whose = read_person(rest, context.roster, context.sender)
        if whose.people and not whose.rest.strip(" .!?"):
            yield f"@{rest.strip(' .!?')}"  # « taches karim »
    yield from _options_last(rest, refused, context)
    yield from _id_first(rest, refused, context)


def _template_within(rest: str, context: Context) -> Iterator[str]:
    """« message interne », « une note ars »: the words that name a text come last."""
    words = rest.split()[:_MOST_WORDS]
    yield from (each for n in range(1, len(words)) if context.find_template(each := " ".join(words[n:]).strip(" .!?")))


def _plain_time(typed: str) -> str:
    """« vers 13h » and « 1305 », which somebody must say are 13:00 and 13:05."""
    bare = _ABOUT_AFTER.sub("", _ABOUT.sub("", typed))
    return _FOUR_FIGURES.sub(r"\g<hour>:\g<minute>", bare) if _FOUR_FIGURES.fullmatch(bare) else bare


def _id_first(rest: str, refused: Refused, context: Context) -> Iterator[str]:
    """« defavorable cnil trop tôt », « plus de papier 5 » with what the command is about before the rest."""
    words = rest.split()
    if any(word.startswith(context.prefix) for word in words):
        return
    if _CONTRARY.search(rest) and not any(a.kind is Kind.TEXT and not a.optional for a in refused.spec.args):
        return
    kind = refused.spec.args[0].kind if refused.spec.args else None
    if kind is Kind.CLOCK:
        for before in range(1, min(len(words), _MOST_WORDS)):
            named = split_clock(" ".join(words[before:]), context.find_rule)
            if named:
                left = named[1].split()
                yield " ".join((*words[before : len(words) - len(left)], *words[:before], *left))
    ends_in_id = kind is Kind.TRACK or rest.rstrip(" .!?")[-1:].isdigit()
    if refused.reason == "unknown_role" and kind is Kind.PERSON and len(words) > 1 and find_role(words[0]):
        yield f"@{' '.join(words[1:]).removeprefix('@')} {words[0]}"  # « role rssi karim »
    if kind in _IDS and refused.reason in _LACKING and ends_in_id:
        for last in range(min(len(words) - 1, 2), 0, -1):
            yield " ".join((*words[-last:], *words[:-last]))


def _options_last(rest: str, refused: Refused, context: Context) -> Iterator[str]:
    """« --a 13h50 le labo repasse » with its option at the end, where one sees how far the option's value goes."""
    line = split_options(rest, refused.spec)
    if line.text and refused.reason != "missing":
        return  # what follows the value is no argument that is lacking
    pieces, options, moved = [line.text], [], False
    for each in line.written:
        value = each.value
        if each.option.kind in _SHORT:
            value = _readable(each, Asking(refused.spec, context, refused.language))
            left = each.value[len(value) :].strip()
            moved = moved or bool(left)
            pieces.append(left)
        options.append(f"{each.typed} {value}".strip())
    if moved and all(each.split()[1:] or _is_flag(each, refused.spec) for each in options):
        yield " ".join(filter(None, (*pieces, *options)))


def _is_flag(typed: str, spec: Spec) -> bool:
    return any(option.kind is Kind.FLAG and typed.lstrip("-—–") in (*option.fr, *option.en) for option in spec.options)


def _readable(written: Written, asking: Asking) -> str:
    """The longest beginning of an option's value that can be read; empty if none can."""
    words = written.value.split(" ")
    for count in range(min(_MOST_WORDS, len(words)), 0, -1):
        value = " ".join(words[:count])
        try:
            read_options(asking, (Written(written.option, written.typed, value),))
        except Stop:
            continue
        return value
    return ""
