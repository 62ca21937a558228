"""What somebody wrote, made printable. Guarantee: nothing disappears, nothing disguises itself, nothing overflows.

A character that none of the bundled fonts has, or that reorders or hides others, is printed as its number; a long run
without a place to break gets one; what is too long is cut, and says so.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from functools import cache

from bot.resources import data

BREAK = "\u200b"
"""Where a line may end, without a sign."""

_RUN = re.compile(r"[^\s\u200b]{29,}")
_PIECE = 14
# Marks that belong to the character before, or join two: a break must not come before or after them.
_JOINERS = frozenset("\u200d\u200c\u20e3")
_DROPPED = frozenset("\ufe0e\ufe0f\u00ad")
_BLANKS = re.compile(r"[ \t\u00a0]*\n")
_EMPTY_LINES = re.compile(r"\n{3,}")


def printable(text: str, limit: int | None = None, more: str = "…") -> str:
    """The text as it can be printed; beyond `limit` characters it is cut, and ends in `more`."""
    whole = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", "    ")
    cut = limit is not None and len(whole) > limit
    kept = "".join(_shown(char) for char in (whole[:limit] if cut else whole))
    kept = _EMPTY_LINES.sub("\n\n", _BLANKS.sub("\n", kept)).strip("\n ")
    kept = _RUN.sub(lambda found: _broken(found[0]), kept)
    return f"{kept.rstrip()} {more}" if cut else kept


def one_line(text: str, limit: int | None = None) -> str:
    """The same on one line: a name, a title."""
    return printable(" ".join(text.split()), limit)


def runs_leftwards(text: str) -> bool:
    """Whether its first letter is of a script that is written from right to left (Unicode bidi algorithm, P2)."""
    strong = (unicodedata.bidirectional(char) for char in text)
    return next((kind for kind in strong if kind in ("L", "R", "AL")), "L") != "L"


@cache
def _shown(char: str) -> str:
    if char in _DROPPED:
        return ""
    if char == "\n" or char in _JOINERS or (is_covered(ord(char)) and not _disguises(char)):
        return char
    return f"[U+{ord(char):04X}]"


def _disguises(char: str) -> bool:
    """Whether it is invisible, or turns others around: what a reader cannot see must be said."""
    return unicodedata.category(char) in ("Cc", "Cf", "Zl", "Zp") and char != BREAK


def _broken(run: str) -> str:
    """A run with a place to break every few characters, never within one that is made of several."""
    pieces: list[str] = []
    length = 0
    for index, char in enumerate(run):
        joined = unicodedata.combining(char) or char in _JOINERS or (index and run[index - 1] in _JOINERS)
        if length >= _PIECE and not joined and not _skin_tone(char):
            pieces.append(BREAK)
            length = 0
        pieces.append(char)
        length += 1
    return "".join(pieces)


def _skin_tone(char: str) -> bool:
    return "\U0001f3fb" <= char <= "\U0001f3ff"


def is_covered(code: int) -> bool:
    """Whether one of the bundled fonts has this character."""
    starts, ends = _covered()
    place = bisect_right(starts, code) - 1
    return place >= 0 and code <= ends[place]


@cache
def _covered() -> tuple[list[int], list[int]]:
    lines = data("templates", "pdf", "fonts", "covered.txt").read_text(encoding="ascii").split()
    spans = [line.partition("-") for line in lines]
    return [int(first, 16) for first, _, _ in spans], [int(last or first, 16) for first, _, last in spans]
