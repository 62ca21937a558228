"""The wall clock. Guarantee: this module alone reads it, and what it gives is aware and in UTC."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Protocol


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
