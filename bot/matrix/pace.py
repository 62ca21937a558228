"""The homeserver's limit on what our account does, as its refusals show it.

Guarantee: after a first refusal, nothing is tried before the homeserver would take it, so far as one can
know. Synapse counts messages, state, new rooms and invitations in one bucket (`rc_message`: ten at once,
then one every five seconds), and an invitation that it refuses for that counts all the same against the
person invited (five, then one every 333 s): trying in vain would lock people out.
"""

from __future__ import annotations

from collections.abc import Callable

# What a bucket that is long unused is taken to hold; then nothing is known of its limit any more.
FULL = 10.0


class Pace:
    """A model of the bucket. `now` gives seconds that only grow."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._tokens: float | None = None
        self._period = 0.0
        self._at = 0.0

    @property
    def period(self) -> float:
        """Seconds for one action, as far as was seen; 0 if there was no refusal lately."""
        return self._period if self._tokens is not None else 0.0

    def wait(self) -> float:
        """Return how many seconds are to pass before the next action; 0 where no limit is known."""
        self._refill()
        if self._tokens is None or self._tokens >= 1.0:
            return 0.0
        return (1.0 - self._tokens) * self._period

    def take(self) -> None:
        """An action is tried now."""
        self._refill()
        if self._tokens is not None:
            self._tokens -= 1.0

    def limited(self, seconds: float) -> None:
        """An action was refused: the homeserver takes one in `seconds`."""
        self._refill()
        self._period = max(seconds, self.period, 0.001)
        self._tokens = 1.0 - seconds / self._period
        self._at = self._now()

    def _refill(self) -> None:
        now = self._now()
        if self._tokens is not None:
            self._tokens += (now - self._at) / self._period
            if self._tokens >= FULL:
                self._tokens = None
        self._at = now
