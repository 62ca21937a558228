"""The bot, as `tocsin run` builds it, but that it dies where the test says: SIGKILL, in the midst of a step.

`CRASH_AT` is `step:n`: the n-th passing of that step, counted from when the file `CRASH_ARMED` is there.
`REPOST_EVERY` is the least number of seconds between two postings of the boards.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
from datetime import timedelta
from pathlib import Path

from bot import logs
from bot.app import Bot
from bot.config import load
from bot.steps import Step, no_step
from bot.ticker import REPOST_EVERY


def dies_at(wanted: str, armed: Path) -> Step:
    """A step that kills this process at the right moment; steps are passed in two threads."""
    name, _, number = wanted.rpartition(":")
    left = [int(number)]
    alone = threading.Lock()

    def step(passed: str) -> None:
        if passed != name or not armed.exists():
            return
        with alone:
            left[0] -= 1
            if left[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    return step


def main() -> None:
    """Run until told to stop, or dead."""
    wanted = os.environ.get("CRASH_AT")
    step = dies_at(wanted, Path(os.environ["CRASH_ARMED"])) if wanted else no_step
    every = os.environ.get("REPOST_EVERY")
    settings = load(Path(sys.argv[sys.argv.index("--config") + 1]), {})
    logs.configure("json", settings.secrets())
    bot = Bot(settings, step, timedelta(seconds=float(every)) if every else REPOST_EVERY)
    sys.exit(asyncio.run(bot.serve()))


main()
