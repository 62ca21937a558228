"""A process that dies where a test says: by SIGKILL, as a machine does that loses its power."""

from __future__ import annotations

import os
import signal

from bot.steps import Step


def dying_at(wanted: str) -> Step:
    """What is told of each step that is passed, and kills the process at `wanted`: `name:n`, the n-th passing of it. A
    name that no step has kills nothing."""
    name, _, number = wanted.partition(":")
    left = int(number or 0)

    def step(passed: str) -> None:
        nonlocal left
        left -= passed == name
        if passed == name and left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    return step
