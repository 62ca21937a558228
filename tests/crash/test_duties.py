"""Killed while a moment is recorded, a clock rings, a filing is noted, a text is voted on: each has effect once.

Nothing here compares with a life without deaths: what must stand in the room, in the log and in the file is said.
"""

from __future__ import annotations

import asyncio
import shutil
import signal
import tempfile
from pathlib import Path

import pytest

from bot.demo.process import BotProcess
from bot.demo.stage import Stage
from bot.demo.synapse import Synapse

from .duties import FIRST, SECOND, changed, exported, heard, play
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

CHANGES = {
    "set opened": 1,
    "set observed": 1,
    "set breach": 1,
    "move EU-GDPR-33-SA": 1,
    "move EU-GDPR-33-5-REGISTER": 1,
    "move FR-CNIL-COMPLEMENT": 1,
    "take E1": 1,
    "file FR-LOPMI-PLAINTE": 1,
    "set filed:FR-LOPMI-PLAINTE": 1,
    "receipt FR-LOPMI-PLAINTE": 1,
    "write C1": 1,
    "edit C1": 2,
    "approve C1": 3,
    "publish C1": 1,
    "file HOUSE-STAFF-MESSAGE": 1,
}


@pytest.mark.timeout(300)  # ten restarts, on a machine that may be busy
async def test_deaths_over_clocks_and_approvals_change_nothing(synapse: Synapse, tmp_path: Path) -> None:
    lives = [{"CRASH_AT": step, "CRASH_ARMED": str(tmp_path / part)} for part, step in DEATHS]
    folder = Path(tempfile.mkdtemp(prefix="tocsin-crash-"))
    async with Stage(folder, server=synapse, suffix=f"-{folder.name[-8:].lower()}", run=False) as stage:
        stage.bot = BotProcess(stage.config, folder / "tocsin.log", PROGRAM)
        await stage.bot.start(**lives[0])
        claire, karim, nadia = [await stage.player(local) for local in ("claire", "karim", "nadia")]
        async with asyncio.TaskGroup() as both:
            playing = both.create_task(play(stage, claire, karim, nadia, lambda part: (tmp_path / part).touch()))
            dying = both.create_task(revive(stage.bot, lives[1:]))
        cell, died = playing.result(), dying.result()
        assert died == [-signal.SIGKILL] * len(DEATHS), "each step was passed, and was the last"
        said, log = await heard(cell), changed(cell.crisis)
        assert cell.crisis.verified(tmp_path / "out").intact
    shutil.rmtree(folder, ignore_errors=True)

    # A clock of seconds rings at half its time and when it is due, then whoever has taken it in between.
    rings = log.pop("ring E1")
    reminders = {name: said.pop(name) for name in list(said) if name.startswith("reminder")}
    assert rings in (1, 2)
    assert all(1 <= count <= rings for count in reminders.values()), reminders
    assert {name: count for name, count in said.items() if count != 1} == {}
    assert log == CHANGES
    file = exported(tmp_path / "out" / f"{cell.crisis.incident}.zip")
    complaint, breach, ours = (file.deadlines[alias] for alias in ("plainte", "cnil", "E1"))
    assert (complaint["status"], complaint["reference"]) == ("closed", "PV 2026/118")
    assert breach["official_due"], "the moment has effect"
    assert ours["owner"].lstrip("'") == claire.user
    assert sorted(file.drafts) == ["C1-v1", "C1-v2", "C1-v3"]
    assert (file.drafts["C1-v2"], file.drafts["C1-v3"]) == (FIRST, SECOND)
