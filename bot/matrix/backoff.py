"""How long to wait before the next attempt. Guarantee: no trouble, however long, makes a hot loop."""

from __future__ import annotations

import asyncio
import random


class Backoff:
    """Waits that double from `first` to `cap` seconds, each drawn between half and the whole of its step.

    The jitter keeps a hundred clients from coming back in the same instant after an outage.
    """

    def __init__(self, first: float = 1.0, cap: float = 60.0, chance: random.Random | None = None) -> None:
        self.first = first
        self.cap = cap
        self.tries = 0
        self._chance = chance or random.Random()

    def reset(self) -> None:
        """Start again from the first step: something worked."""
        self.tries = 0

    def next(self) -> float:
        """Return the next wait, in seconds, and count the attempt."""
        step = min(self.cap, self.first * float(2 ** min(self.tries, 32)))
        self.tries += 1
        return max(self.first, step * self._chance.uniform(0.5, 1.0))


async def pause(stop: asyncio.Event, seconds: float) -> bool:
    """Wait `seconds` or until `stop`; tell whether we must stop."""
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return stop.is_set()
    return True
