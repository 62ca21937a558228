"""The bot, as `tocsin run` builds it, but that it dies where the test says: SIGKILL, in the midst of a step.

`CRASH_AT` is `step:n`: the n-th passing of that step, counted from when the file `CRASH_ARMED` is there. Beside the
bot's own steps there is `rung`: reminders are decided, and their transaction is not yet committed.
`REPOST_EVERY` is the least number of seconds between two postings of the boards, `LOST_AFTER` how many the
homeserver is away before the log says so.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
from datetime import datetime, timedelta
from pathlib import Path

from bot import logs, ticker
from bot.app import Bot
from bot.config import load
from bot.matrix.sync import LOST_AFTER
from bot.steps import Step, no_step
from bot.store.db import Session
from bot.ticker import REPOST_EVERY
from bot.tools import Tools


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


def pass_after_ringing(step: Step) -> None:
    """Let the heartbeat pass the step `rung` whenever it has rung somebody."""
    ring = ticker.ring

    def ring_and_pass(session: Session, tools: Tools, incident: str, now: datetime) -> bool:
        rung = ring(session, tools, incident, now)
        if rung:
            step("rung")
        return rung

    ticker.ring = ring_and_pass


def seconds(name: str, default: timedelta) -> timedelta:
    """A duration from the environment."""
    given = os.environ.get(name)
    return timedelta(seconds=float(given)) if given else default


def main() -> None:
    """Run until told to stop, or dead."""
    wanted = os.environ.get("CRASH_AT")
    step = dies_at(wanted, Path(os.environ["CRASH_ARMED"])) if wanted else no_step
    pass_after_ringing(step)
    settings = load(Path(sys.argv[sys.argv.index("--config") + 1]), {})
    logs.configure("json", settings.secrets())
    bot = Bot(settings, step, seconds("REPOST_EVERY", REPOST_EVERY), seconds("LOST_AFTER", LOST_AFTER))
    sys.exit(asyncio.run(bot.serve()))


main()
