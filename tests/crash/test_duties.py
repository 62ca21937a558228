"""Killed while a moment is recorded, a clock rings, a filing is noted, a text is voted on: each has effect once.

Nothing here compares with a life without deaths: what must stand in the room, in the log and in the file is said.
"""

from __future__ import annotations

import asyncio
import shutil
import signal
import tempfile
from pathlib import Path

from bot.demo.process import BotProcess
from bot.demo.stage import Stage
from bot.demo.synapse import Synapse

from .duties import changed, exported, heard, play
from .scenario import revive

PROGRAM = Path(__file__).with_name("bot_with_crashes.py")

# Life after life: the part of the crisis from which the steps are counted, and the step.
DEATHS = (
    ("moment", "decided:1"),
    ("confirmed", "row-done-uncommitted:1"),
    ("ring", "rung:1"),
    ("ring", "frozen:1"),
    ("ring", "sent-message:1"),
    ("filing", "logged:1"),
    ("version", "sent-message:1"),
    ("vote", "row-done-uncommitted:1"),
    ("release", "decided:1"),
    ("release", "sent-message:1"),
)


async def test_deaths_over_clocks_and_approvals_change_nothing(synapse: Synapse, tmp_path: Path) -> None:
    lives = [{"CRASH_AT": step, "CRASH_ARMED": str(tmp_path / part)} for part, step in DEATHS]
    folder = Path(tempfile.mkdtemp(prefix="tocsin-crash-"))
    async with Stage(folder, server=synapse, suffix=f"-{folder.name[-8:].lower()}", run=False) as stage:
        stage.bot = BotProcess(stage.config, folder / "tocsin.log", PROGRAM)
        await stage.bot.start(**lives[0])
        people = [await stage.player(local) for local in ("claire", "karim", "nadia")]
        cell, died = await asyncio.gather(
            play(stage, *people, lambda part: (tmp_path / part).touch()), revive(stage.bot, lives[1:])
        )
        assert died == [-signal.SIGKILL] * len(DEATHS), "each step was passed, and was the last"
        said, log = await heard(cell), changed(cell.crisis)
        assert cell.crisis.verified(tmp_path / "out").intact
        ours = {player.name: player.user for player in people}
    shutil.rmtree(folder, ignore_errors=True)

    print(said, log)
    assert {name: count for name, count in said.items() if count != 1} == {}
    print(exported(tmp_path / "out" / f"{cell.crisis.incident}.zip"), ours)
    assert 0
