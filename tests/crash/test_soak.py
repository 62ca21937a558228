"""The short soak: a bad network, a few deaths of the bot and one of the homeserver, and everything is there once."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import pytest

from bot.demo.soak.proxy import Odds
from bot.demo.soak.run import Plan, soak
from bot.demo.soak.talk import Pace

# Half the trouble of the long one: each trouble at a start costs seconds.
ODDS = Odds(dropped=0.02, lost=0.02, cut=0.02, twice=0.06, late=0.05, bad_gateway=0.02, limited=0.01, longest=0.5)
SHORT = Plan(kills=2, messages=12, server_deaths=1, odds=ODDS, pace=Pace(least=0.2, most=1.2, commands=0.4, clocks=1))


@pytest.mark.timeout(400)  # it takes well under a minute; on a machine that has other work, more
async def test_nothing_is_lost_and_nothing_is_doubled() -> None:
    folder = Path(tempfile.mkdtemp(prefix="tocsin-soak-"))
    outcome = await soak(SHORT, folder, lambda _: None)
    figures = outcome.account.figures
    assert outcome.account.faults == [], f"left in {folder}"
    assert figures["SIGKILLs of the bot"] == SHORT.kills
    assert figures["SIGKILLs of the homeserver"] + figures["restarts of the homeserver"] == 1
    assert figures["messages typed"] >= SHORT.messages - 2, "but for what was typed while the homeserver was away"
    assert figures["commands among them"] > 0
    assert figures["reminders"] > 0, "there was something to be doubled"
    shutil.rmtree(folder, ignore_errors=True)
