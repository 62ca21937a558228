"""Reaching somebody outside Matrix: by a telephone that rings, a pager, a mail. Guarantee: nobody is reached so who did
not ask to be, nor outside the hours that they gave, nor more than three times an hour; and never in a drill.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta

MOST_AN_HOUR = 3
HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Reach:
    """One way in which a person wishes to be reached: a channel of the configuration, and between which hours of the
    site (none: at any time; from a later to an earlier one: over midnight). `to` is the number or address, where it is
    not the person's telephone."""

    channel: str
    hours: tuple[time, time] | None = None
    to: str | None = None

    def open_at(self, local: time) -> bool:
        """Whether it may be used at that time of the site's day; the last minute is not of it."""
        if self.hours is None:
            return True
        start, end = self.hours
        return start <= local < end if start < end else local >= start or local < end


def reach_at(ways: Iterable[Reach], channels: Collection[str], local: datetime) -> Reach | None:
    """The first way, in the order in which the person named them, that is configured and open at that time."""
    return next((way for way in ways if way.channel in channels and way.open_at(local.time())), None)
