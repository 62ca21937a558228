"""Options that were nearly written: « -a 14h05 », « --par Karim », « dans 2h » without its dashes. Guarantee: an option
is proposed only where what follows it, to the end of the line, can be read as its value; all else stays text."""

from __future__ import annotations

import re

from bot.commands.call import Value
from bot.commands.spec import Kind, Option
from bot.domain.language import fold
from bot.reading.asking import Asking, Stop
from bot.reading.options import Line, Written
from bot.reading.result import Refused
from bot.reading.values import read_options

_MARK = re.compile(r"(?:(?<=\s)|\A)(?P<dash>-{1,3}|[—–―‒‑−])(?P<name>[^\W\d_]{1,12})[\s:=]+(?=\S)")
_BARE = re.compile(r"(?<=\s)(?P<name>[^\W\d_]{2,4})\s+(?=\S)")
_ALSO = {
    **dict.fromkeys(("heure", "quand", "time", "when", "att", "aa", "vers"), "at"),
    **dict.fromkeys(("par", "source", "selon", "from"), "by"),
    **dict.fromkeys(("delai", "within"), "in"),
    **dict.fromkeys(("responsable", "owner", "to"), "for"),
}
"""What people write for an option's name."""
_MOST = 6
_SHOWN = {Kind.WHEN, Kind.DURATION, Kind.PERSON, Kind.SEVERITY}
"""Kinds of values that are recognised for what they are; a name in free words is only taken after two dashes."""


def propose_option(asking: Asking, line: Line) -> None:
    """Raise `Stop` with what the end of the line was probably meant to be, if it is nearly an option."""
    last = line.written[-1] if line.written else None
    text = last.value if last and last.option.kind is Kind.TEXT else line.text
    for mark in list(_MARK.finditer(text))[-_MOST:]:
        option = _meant(asking, mark["name"], line, exact=mark["dash"] == "-")
        value = text[mark.end() :]
        plain = option is not None and option.kind is Kind.TEXT and mark["dash"] != "-"
        if option and (plain or (option.kind in _SHOWN and _reads(asking, option, value) is not None)):
            raise _stop(asking, text[mark.start() :], f"--{_name(asking, option, mark['name'])} {value}")


def propose_undashed(asking: Asking, line: Line, wanted: str) -> None:
    """The same of an option without which the command is refused, and whose dashes were left out; `wanted` names it."""
    option = asking.spec.option(wanted)
    text = line.text
    if option is None or any(each.option.name == wanted for each in line.written):
        return
    for mark in list(_BARE.finditer(text))[-_MOST:]:
        value = text[mark.end() :]
        if fold(mark["name"]) in (*option.fr, *option.en) and _reads(asking, option, value) is not None:
            raise _stop(asking, text[mark.start() :], f"--{mark['name']} {value}")
    words = text.split()
    for count in range(min(4, len(words) - 1), 0, -1):
        first, rest = " ".join(words[:count]), " ".join(words[count:])
        if option.kind is Kind.DURATION and _reads(asking, option, first) is not None:
            raise _stop(asking, text, f"{rest} --{option.fr[0] if asking.language == 'fr' else option.en[0]} {first}")


def _meant(asking: Asking, typed: str, line: Line, *, exact: bool) -> Option | None:
    """The option of the command that the word names, or is said for."""
    name = fold(typed)
    for option in asking.spec.options:
        given = any(each.option.name == option.name for each in line.written)
        named = name in (*option.fr, *option.en)
        if not given and (named or (not exact and _ALSO.get(name) == option.name)):
            return option
    return None


def _name(asking: Asking, option: Option, typed: str) -> str:
    """The option's name as it was typed, if it is one of its names."""
    own = (*option.fr, *option.en)
    return fold(typed) if fold(typed) in own else (option.fr if asking.language == "fr" else option.en)[0]


def _reads(asking: Asking, option: Option, value: str) -> Value | None:
    try:
        return read_options(asking, (Written(option, option.fr[0], value.strip()),))[option.name]
    except Stop:
        return None


def _stop(asking: Asking, typed: str, meant: str) -> Stop:
    return Stop(Refused("unknown_option", asking.spec, {"typed": typed}, (meant,), language=asking.language))
