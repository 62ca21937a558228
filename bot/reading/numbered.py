"""Arguments in figures: the numbers of tasks and of entries, a severity, a duration, a code. Guarantee: what is
not surely a number is refused or asked about, and an id of another kind is no number."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

from bot.commands.call import When
from bot.commands.spec import Arg, Kind, Tense
from bot.domain.language import fold
from bot.reading.asking import ENDS, LONGEST_SHOWN, MOST_WORDS, Asking, Read, Remaining, Stop
from bot.reading.beginnings import split_clock
from bot.reading.durations import LONGEST, read_duration
from bot.reading.numbers import read_numbers, remark
from bot.reading.numerals import in_figures
from bot.reading.result import Asked, Refused
from bot.reading.tidy import flat
from bot.reading.times import read_when

_FOR = re.compile(r"\A(?:de|dans|pour|by|in|for)\s+|\Ad['’]\s*", re.IGNORECASE)
_UNTIL = re.compile(r"\A(?:jusqu['’]?\s?(?:[àa]u?\s)?|until|till|til)\s*", re.IGNORECASE)
_CODE = re.compile(r"[0-9][ -]?[0-9][ -]?[0-9][ -]?[0-9]")
_SEVERITY = re.compile(r"(?:niveau |level |gravite |severity |a |to )?g?([1-4])(?: ?(?:/|sur|of|out of) ?4)?")

_IN_WORDS = {
    word: level
    for level, words in (
        ("1", "faible basse bas mineure mineur legere low minor"),
        ("2", "moyenne moyen moderee modere medium moderate"),
        ("3", "elevee eleve haute haut forte fort grave majeure majeur high serious major severe"),
        ("4", "max maxi maximum maximale maximal critique extreme critical highest"),
    )
    for word in words.split()
}
"""What people say for a severity: our scale has four figures and no words, so that it is proposed."""


def tasks(asking: Asking, arg: Arg, left: Remaining) -> Read:
    numbers = read_numbers(left.line, remarks=asking.spec.args[-1].kind is Kind.TEXT)
    if numbers.fault == "spoken" and asking.context.task is None:
        values = {"typed": numbers.typed, "said": left.line, "figures": numbers.rest}
        raise Stop(Refused("unclear_numbers", asking.spec, values, language=asking.language))
    if numbers.fault and numbers.fault != "spoken":
        _no_clock(asking, left.line)
        raise asking.refuse(numbers.fault, numbers.typed)
    if numbers.found:
        return numbers.found, replace(left, line=numbers.rest)
    _no_clock(asking, left.line)
    if asking.context.task is not None:
        return (asking.context.task,), replace(left, line=remark(left.line))
    if arg.optional and not left.line.strip(ENDS):
        return None, left
    raise asking.missing(arg)


def _no_clock(asking: Asking, line: str) -> None:
    """A deadline is not put off: « !plustard cnil 1h », whichever of the two comes first."""
    words = line.split()[:MOST_WORDS]
    if Kind.DURATION not in (each.kind for each in asking.spec.args):
        return
    for start in range(len(words)):
        named = split_clock(" ".join(words[start:]), asking.context.find_rule)
        if named and (not start or length(" ".join(words[:start]))):
            clock = " ".join(words[start:])[: -len(named[1]) or None].strip(ENDS)
            values = {"typed": clock[:LONGEST_SHOWN]}
            raise Stop(Refused("clock_not_put_off", asking.spec, values, language=asking.language))


def entries(asking: Asking, arg: Arg, left: Remaining) -> Read:
    replied = {"C": asking.context.draft, "N": asking.context.entry}.get(arg.letter)
    about = (replied,) if replied is not None else None
    if not left.line.strip(ENDS):
        return about, left
    numbers = read_numbers(left.line, arg.letter)
    if about and not numbers.found and not numbers.fault:
        return about, left
    if numbers.fault == "wrong_kind":
        raise asking.refuse("wrong_entry", numbers.typed)
    if not numbers.found:
        raise asking.refuse(numbers.fault or "bad_number", numbers.typed or left.line)
    return numbers.found, replace(left, line=numbers.rest)


def entry(asking: Asking, arg: Arg, left: Remaining) -> Read:
    found, rest = entries(asking, arg, left)
    if isinstance(found, tuple) and len(found) != 1:
        raise asking.refuse("bad_number", left.line)
    return (found[0] if isinstance(found, tuple) else None), rest


def severity(asking: Asking, arg: Arg, left: Remaining) -> Read:
    if not left.line:
        return None, left
    return read_severity(asking, left.line), replace(left, line="")


def read_severity(asking: Asking, text: str) -> int:
    """Return the severity that the whole text means, 1 to 4; raises `Stop` for anything else."""
    found = _SEVERITY.fullmatch(in_figures(flat(text), articles=True).strip(ENDS))
    if not found:
        said = _IN_WORDS.get(fold(text))
        raise asking.refuse("bad_severity", text, (said,) if said else ())
    return int(found[1])


def number(asking: Asking, arg: Arg, left: Remaining) -> Read:
    if not left.line:
        return None, left
    numbers = read_numbers(left.line)
    if len(numbers.found) != 1:
        raise asking.refuse("bad_number", left.line)
    return numbers.found[0], replace(left, line=numbers.rest)


def duration(asking: Asking, arg: Arg, left: Remaining) -> Read:
    line = _FOR.sub("", left.line.strip(ENDS))
    if not line:
        return None, replace(left, line="")
    found = length(line) or _until(asking, line)
    if found is None:
        raise asking.refuse("bad_duration", line)
    return found, replace(left, line="")


def _until(asking: Asking, line: str) -> When | None:
    """« demain 9h », « jusqu'à 16h »: until then. « 16h » alone is sixteen hours."""
    read = read_when(_UNTIL.sub("", line), asking.context.now, asking.context.zone, Tense.FUTURE)
    if isinstance(read, When):
        return read if read.at - asking.context.now <= LONGEST else None
    if read.reason == "hour":
        raise Stop(Asked("hour", asking.spec, {"typed": line[:LONGEST_SHOWN]}, language=asking.language))
    refused = asking.refuse(read.reason, line).reading
    if read.reason != "bad_time" and isinstance(refused, Refused):
        raise Stop(replace(refused, times=read.times))
    return None


def length(text: str) -> timedelta | None:
    """Return the duration that the whole text is, « de 2 h » and "for an hour" too."""
    return read_duration(_FOR.sub("", text))


def code(asking: Asking, arg: Arg, left: Remaining) -> Read:
    line = left.line.strip(ENDS)
    if not line:
        return None, replace(left, line="")
    if not _CODE.fullmatch(line):
        raise asking.refuse("bad_code", line)
    return re.sub(r"\D", "", flat(line)), replace(left, line="")
