"""One soak from beginning to end: a stage, a bad network, a crisis, people who talk, deaths, and the reckoning."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from bot.demo.players import Player
from bot.demo.soak.harm import Harm
from bot.demo.soak.proxy import TROUBLES, Odds, Proxy
from bot.demo.soak.reckoning import Account, Scene, reckon, settle
from bot.demo.soak.talk import Conversation, Pace
from bot.demo.stage import Stage

PEOPLE: Final = ("claire", "karim", "nadia")
ALARM: Final = "!incident rancongiciel Urgences bloquées --gravite 4"

Say = Callable[[str], None]


@dataclass(frozen=True)
class Plan:
    """How much of everything. `seconds` bounds the whole; `database` is the bot's, an empty one."""

    seed: int = 20260314
    kills: int = 50
    messages: int = 300
    server_deaths: int = 5
    odds: Odds = field(default_factory=Odds)
    pace: Pace = field(default_factory=Pace)
    seconds: float = 1800.0
    database: str = "sqlite:///data/tocsin.db"


@dataclass(frozen=True)
class Outcome:
    """What came of it."""

    plan: Plan
    account: Account
    seconds: float


async def soak(plan: Plan, folder: Path, say: Say) -> Outcome:
    """Play it below `folder`, which is left as it is. Raises TimeoutError, and what stage and players raise."""
    began = time.monotonic()
    async with (
        asyncio.timeout(plan.seconds),
        Stage(folder, run=False, database=plan.database) as stage,
        Proxy(stage.server.url, plan.seed, plan.odds) as proxy,
    ):
        harm = Harm(stage.bot, stage.server, plan.seed, proxy.url)
        await harm.start()
        people = [await stage.player(local) for local in PEOPLE]
        scene = await _alarm(stage, people, plan.database)
        say(f"{scene.incident} is open; {plan.kills} deaths begin")
        talk = Conversation(scene.room, people, plan.messages, plan.seed, plan.pace)
        async with asyncio.TaskGroup() as both:
            both.create_task(talk.run())
            both.create_task(_harm(harm, plan, talk, say))
        say(f"{talk.said} messages were sent, the bot was killed {harm.kills} times; now it is left in peace")
        proxy.calm = True
        await harm.start()
        unsettled = await settle(scene)
        account = await reckon(scene, folder / "out")
        account.faults += harm.faults
        if unsettled:
            account.faults.append(f"it never came to rest: {unsettled}")
        account.figures |= _troubles(harm, proxy)
    return Outcome(plan, account, time.monotonic() - began)


async def _alarm(stage: Stage, people: list[Player], database: str) -> Scene:
    claire = people[0]
    alert = await claire.joined(stage.alert_name)
    answer = await claire.ask(alert, ALARM, r"INC-\d{4}-\d{3}")
    incident = next(word for word in answer.text.replace("\n", " ").split() if word.startswith("INC-")).strip(".,;:")
    room = ""
    for person in people:
        room = await person.joined(f"Cellule {incident.removeprefix('INC-')}")
    # The configuration's paths are relative to its own folder; ours are not.
    return Scene(stage, incident, room, people, database.replace("sqlite:///", f"sqlite:///{stage.folder}/"))


async def _harm(harm: Harm, plan: Plan, talk: Conversation, say: Say) -> None:
    done = asyncio.create_task(harm.run(plan.kills, plan.server_deaths))
    try:
        while not (await asyncio.wait({done}, timeout=30))[0]:
            say(f"{harm.kills} deaths, {talk.said} messages")
        done.result()
    finally:
        talk.enough.set()
        done.cancel()


def _troubles(harm: Harm, proxy: Proxy) -> dict[str, int]:
    return {
        "SIGKILLs of the bot": harm.kills,
        "of these, before it was ready": harm.killed_unready,
        "SIGKILLs of the homeserver": harm.server_kills,
        "restarts of the homeserver": harm.server_restarts,
        "requests through the bad network": proxy.counts["requests"],
        **{f"of these, {TROUBLES[name]}": proxy.counts[name] for name in TROUBLES},
        "of these, while the homeserver was away": proxy.counts["unreachable"],
    }
