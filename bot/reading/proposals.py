"""What a line with a slip in it probably meant. Guarantee: what is proposed is read anew and would be carried out as it
stands; nothing is done before somebody says yes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from bot.commands.call import Call
from bot.commands.spec import Kind, Spec
from bot.reading.asking import Asking, Stop
from bot.reading.beginnings import split_clock
from bot.reading.nearness import closest
from bot.reading.options import Written, split_options
from bot.reading.result import Context, Reading, Refused, Suggestion
from bot.reading.values import read_options

_LONGEST = 400
_MOST_WORDS = 8
_SHORT = frozenset({Kind.WHEN, Kind.DURATION, Kind.PERSON, Kind.SEVERITY, Kind.LANGUAGE})
"""Kinds of values of which one sees where they end."""
_LACKING = frozenset({"missing", "bad_number", "unknown_track"})
_IDS = frozenset({Kind.TASKS, Kind.ENTRY, Kind.ENTRIES, Kind.TRACK})


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


def _mended(refused: Refused, rest: str, context: Context) -> Iterator[str]:
    values = refused.values
    if "figures" in values and values["said"] in rest:
        yield rest.replace(values["said"], values["figures"], 1)
    typed = values.get("typed", "")
    only = closest(typed, refused.near) if typed else None
    if only is not None and typed in rest:
        yield rest.replace(typed, only, 1)
    yield from _options_last(rest, refused, context)
    yield from _id_first(rest, refused, context)


def _id_first(rest: str, refused: Refused, context: Context) -> Iterator[str]:
    """« defavorable cnil trop tôt », « plus de papier 5 » with what the command is about before the rest."""
    words = rest.split()
    kind = refused.spec.args[0].kind if refused.spec.args else None
    if kind is Kind.CLOCK:
        for before in range(1, min(len(words), _MOST_WORDS)):
            named = split_clock(" ".join(words[before:]), context.find_rule)
            if named:
                left = named[1].split()
                yield " ".join((*words[before : len(words) - len(left)], *words[:before], *left))
    if kind in _IDS and refused.reason in _LACKING:
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
