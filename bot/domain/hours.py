"""The hours that a text may give. Guarantee: a text that gives one is known to rest on it, and so is told when it
changes."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime

from bot.domain.cell import Cell

GIVEN = ("attack", "breach", "ended")
"""The moments that a text may give, besides the beginning."""
_FIRST = ("attack", "observed")


def began(cell: Cell) -> datetime:
    """Since when the incident is: the victim may know of the attack long after the first sign; whichever came first."""
    return min(moment.at for name in _FIRST if (moment := cell.moments.get(name)))


def recorded(cell: Cell) -> frozenset[datetime]:
    """The hours that a text may give today."""
    return frozenset((began(cell), *(moment.at for name in GIVEN if (moment := cell.moments.get(name)))))


def given(cell: Cell, text: str, written: Callable[[datetime], tuple[str, ...]]) -> tuple[datetime, ...]:
    """Those that stand in a text; `written` says an hour as texts do, in each language."""
    plain = _plain(text)
    return tuple(at for at in sorted(recorded(cell)) if any(_plain(said) in plain for said in written(at)))


def _plain(text: str) -> str:
    """As it is read: spaces are one kind."""
    return re.sub(r"[ \u00a0\u202f]+", " ", text)
