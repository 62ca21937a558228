"""The wall clock. Guarantee: this module alone reads it, and what it gives is aware and in UTC."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Protocol

HELD_UP_SECONDS = 0.5


class Clock(Protocol):
    """What gives the present instant, handed to whatever needs it."""

    def now(self) -> datetime:
        """Return the present instant, aware and in UTC."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Return the machine's present instant, aware and in UTC."""
        return datetime.now(UTC)

    def both(self) -> tuple[datetime, float] | None:
        """The present instant, and at the same moment the seconds of a clock that nobody can set, which goes on while
        the machine sleeps where the system has such a one; None if we were held up between the two readings."""
        which = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
        before = time.clock_gettime(which)
        now = self.now()
        after = time.clock_gettime(which)
        return (now, after) if after - before < HELD_UP_SECONDS else None
