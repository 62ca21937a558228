"""The named steps of a row's way through the bot. Guarantee: in a real run they do nothing; a crash test kills the
process at each of them, and so they stand where a crash would hurt most."""

from __future__ import annotations

from collections.abc import Callable

Step = Callable[[str], None]


def no_step(name: str) -> None:
    """Pass the step `name`."""
