"""Killed at every named step: every event once in the log, every command once in effect, every answer once in the room.

The account of each crisis must equal that of the one in which nobody died.
"""

from __future__ import annotations

import asyncio
import shutil
import signal
import sqlite3
import tempfile
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from bot.demo.players import Player
from bot.demo.process import BotProcess
from bot.demo.stage import Stage
from bot.demo.synapse import Synapse

from .scenario import Account, account, play, revive

pytestmark = pytest.mark.asyncio(loop_scope="module")

PROGRAM = Path(__file__).with_name("bot_with_crashes.py")

# Each line is one crisis and where the bot dies in it, life after life: `step:n` is the n-th passing of a step.
DEATHS = (
    ("fetched:1", "row-begun:1", "sent-create:1"),
    ("journaled:1", "logged:2", "sent-invite:2"),
    ("processed:1", "decided:1", "frozen:1"),
    ("token-stored:2", "row-done-uncommitted:1", "sent-message:1"),
    ("frozen:6", "sent-pin:1", "row-done-uncommitted:8"),
    ("sent-message:8", "decided:10", "sent-reaction:1"),
)


@dataclass(frozen=True)
class Scene:
    """The stage, its people, and the account of a crisis in which the bot lived."""

    stage: Stage
    claire: Player
    karim: Player
    unharmed: Account


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def scene(synapse: Synapse) -> AsyncIterator[Scene]:
    folder = Path(tempfile.mkdtemp(prefix="tocsin-crash-"))
    async with Stage(folder, server=synapse, suffix=f"-{folder.name[-8:].lower()}", run=False) as stage:
        stage.bot = BotProcess(stage.config, folder / "tocsin.log", PROGRAM)
        await stage.bot.start()
        claire, karim = await stage.player("claire"), await stage.player("karim")
        unharmed = await account(await play(stage, claire, karim), claire, karim)
        yield Scene(stage, claire, karim, unharmed)
    shutil.rmtree(folder, ignore_errors=True)


async def test_the_unharmed_crisis_is_what_it_should_be(scene: Scene) -> None:
    once = {
        ("change", "incident open INC-#"),
        ("change", "task take T1"),
        ("change", "task done T1"),
        ("change", "task assign T3"),
        ("change", "moment set observed"),
        ("call", "karim"),
        ("rung", "karim"),
        ("tick", "take: ✅"),
        ("tick", "done: ✅"),
    }
    assert {what: scene.unharmed[what] for what in once} == dict.fromkeys(once, 1)
    answered = {text.partition(":")[0] for kind, text in scene.unharmed if kind == "answer"}
    assert answered == {"alarm", "note", "wrong"}
    assert set(scene.unharmed.values()) == {1}


def grow_old(stage: Stage) -> None:
    """Let the crises before this one be of yesterday: of tonight's the bot would ask whether it is the same."""
    with closing(sqlite3.connect(stage.folder / "data" / "tocsin.db")) as store:
        store.execute("UPDATE incident SET opened_at = strftime('%Y-%m-%d %H:%M:%f000', opened_at, '-13 hours')")
        store.commit()


@pytest.mark.parametrize("steps", DEATHS, ids=" ".join)
async def test_deaths_change_nothing(scene: Scene, steps: tuple[str, ...], tmp_path: Path) -> None:
    stage, claire, karim = scene.stage, scene.claire, scene.karim
    armed = tmp_path / "armed"
    await stage.bot.stop()
    grow_old(stage)
    await stage.bot.start(CRASH_AT=steps[0], CRASH_ARMED=str(armed))
    armed.touch()
    lives = [{"CRASH_AT": step, "CRASH_ARMED": str(armed)} for step in steps[1:]]
    async with asyncio.TaskGroup() as both:
        playing = both.create_task(play(stage, claire, karim))
        dying = both.create_task(revive(stage.bot, lives))
    played, died = playing.result(), dying.result()
    assert died == [-signal.SIGKILL] * len(steps), "each step was passed, and was the last"
    assert await account(played, claire, karim) == scene.unharmed
    assert played.crisis.verified(tmp_path / "out").intact
