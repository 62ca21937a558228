"""The hours of a stage's bot, which go by as the test says."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.demo.process import BotProcess
from bot.demo.stage import Stage
from bot.ringing import LAST_BEAT
from bot.store import meta
from bot.store.db import Database

from .crisis import database, eventually

PROGRAM = Path(__file__).parent / "hours.py"


class Day:
    """The hours of a stage's bot."""

    def __init__(self, stage: Stage) -> None:
        self._stage, self._file = stage, stage.folder / "hours"
        self._gone = timedelta(0)
        stage.bot = BotProcess(stage.config, stage.bot.log, PROGRAM)

    async def begin(self) -> None:
        await self._stage.bot.start(HOURS=str(self._file))

    async def goes_on(self, by: timedelta) -> None:
        """It is so much later; return once the bot's heart has beaten since."""
        self._gone += by
        later = datetime.now(UTC) + self._gone
        fresh = self._file.with_suffix(".new")
        fresh.write_text(str(round(self._gone.total_seconds())))
        os.replace(fresh, self._file)
        await eventually(lambda: self._last_beat() >= later, what="a beat at that hour")

    def _last_beat(self) -> datetime:
        db = Database(database(self._stage))
        try:
            with db.reading() as session:
                return datetime.fromisoformat(meta.get(session, LAST_BEAT) or "2000-01-01T00:00Z")
        finally:
            db.close()
