"""Values typed for a text's blanks, several at once: « services=urgences, bloc ; contact presse : 01 00 00 00 02 ».

Guarantee: what is not wholly understood fills nothing; a comma within a value stays in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from bot.domain.language import fold

_SIGN = re.compile(r"[:=]")
_BREAK = re.compile(r"[,;\n]")
_UNKNOWN = re.compile(r"[,;\n]\s*(?P<name>[^\n:=,;]{2,60}?)\s*=")
_HINT = re.compile(r"[\s\u00a0]*[,;:(]")
_LONGEST_NAME = 120
_SHORTEST_START = 3


@dataclass(frozen=True)
class Values:
    """What was typed for each blank, by its name; `unknown`: what stands before a sign `=` and names no blank."""

    by_name: Mapping[str, str]
    unknown: str | None = None


def read(typed: str, names: Sequence[str]) -> Values | None:
    """The values in a text that gives some for these blanks; None where it is no such text, but one to be taken whole.

    A blank is named whole, or before `=` by its first letters if no other begins so.
    """
    typed = typed.strip()
    marks = list(_marks(typed, names))
    if not marks or typed[: marks[0][0]].strip():
        start = re.match(r"(?P<name>[^\n:=,;]{2,60}?)\s*=(?!=)\s*\S[^\n]*\Z", typed)
        return Values({}, start["name"]) if start and names else None
    # With the sign `=` it is no text to be taken whole: a line that names no blank goes on with the value before it.
    valued = typed[marks[0][1] - 1] == "="
    if not valued and any(_named(line, names) is None for line in typed.split("\n") if line.strip()):
        return None
    ends = [start for start, _, _ in marks[1:]] + [len(typed)]
    found = {name: typed[value:end].strip(" \u00a0\t\n,;") for (_, value, name), end in zip(marks, ends, strict=True)}
    strange = next((each["name"] for value in found.values() for each in _UNKNOWN.finditer(f"{value}")), None)
    return Values(found, strange)


def short(names: Sequence[str]) -> tuple[str, ...]:
    """What to call each of these blanks in a list, and before `=`: its words before the hint that it gives (« nature :
    confidentialité… »), where no other begins so."""
    folded = [fold(name) for name in names]

    def called(name: str) -> str:
        first = _HINT.split(name, maxsplit=1)[0]
        alike = [other for other in folded if other.startswith(fold(first))]
        return first if len(first) >= _SHORTEST_START and len(alike) == 1 else name

    return tuple(map(called, names))


def _marks(typed: str, names: Sequence[str]) -> Iterator[tuple[int, int, str]]:
    """Where each name begins, where its value does, and which blank it is."""
    free = 0
    for sign in _SIGN.finditer(typed):
        breaks = [each.end() for each in _BREAK.finditer(typed, max(free, sign.start() - _LONGEST_NAME), sign.start())]
        starts = [*reversed(breaks), *([0] if free == 0 else [])]
        for start in starts:
            name = _called(typed[start : sign.start()], sign[0], names)
            if name is not None:
                yield start, sign.end(), name
                free = sign.end()
                break


def _named(line: str, names: Sequence[str]) -> str | None:
    """The blank with whose name a line begins."""
    found = (_called(line[: sign.start()], sign[0], names) for sign in _SIGN.finditer(line[: _LONGEST_NAME + 1]))
    return next((name for name in found if name is not None), None)


def _called(piece: str, sign: str, names: Sequence[str]) -> str | None:
    """The blank of that name."""
    wanted = fold(piece.strip(" \u00a0\t\n[]*-"))
    exact = next((name for name in names if fold(name) == wanted), None)
    if exact is not None or sign != "=" or len(wanted) < _SHORTEST_START:
        return exact
    begun = [name for name in names if fold(name).startswith(wanted)]
    return begun[0] if len(begun) == 1 else None
