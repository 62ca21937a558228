"""The bot, as `tocsin run` builds it, whose day goes by as fast as the test says.

The file that `HOURS` names holds how many seconds our clock is ahead of the machine's. What the homeserver stamps is
moved with it: to the bot nothing was set, and nothing waited; it is later for everybody.
"""

from __future__ import annotations

import asyncio
import os
import sys
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from bot import app, logs
from bot.clock import SystemClock
from bot.config import load
from bot.matrix import gaps, intake, response
from bot.store.received import Received


class Hours:
    """How much later it is than the machine says; without the file, not at all."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def gone(self) -> timedelta:
        return timedelta(seconds=int(self._file.read_text()) if self._file.exists() else 0)


def live_by(hours: Hours) -> None:
    """From now on the bot's clock, and each time that comes from the homeserver, are so much later."""

    class Later(SystemClock):
        def now(self) -> datetime:
            return super().now() + hours.gone()

        def both(self) -> tuple[datetime, float] | None:
            read = super().both()
            return read and (read[0], read[1] + hours.gone().total_seconds())

    def received(*event: Any) -> Received:
        row = response.received(*event)
        later = round(hours.gone().total_seconds() * 1000)
        return row if row.origin_ts is None else replace(row, origin_ts=row.origin_ts + later)

    app.SystemClock = Later
    intake.received = gaps.received = received


if __name__ == "__main__":
    live_by(Hours(Path(os.environ["HOURS"])))
    settings = load(Path(sys.argv[sys.argv.index("--config") + 1]), {})
    logs.configure("json", settings.secrets())
    sys.exit(asyncio.run(app.Bot(settings).serve()))
