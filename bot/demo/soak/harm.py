"""Who is killed, and when. Guarantee: the moments come from the seed; every life is begun by `tocsin run` and ended by
SIGKILL, many before they are ready; a bot that ends by itself is a fault, and is told as one."""

from __future__ import annotations

import asyncio
import random
import signal
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from bot.demo.process import BotError, BotProcess
from bot.demo.synapse import Synapse

IN_ITS_CRADLE: Final = 0.3
"""The share of lives that end before the bot is ready."""
YOUNGEST: Final = 0.3
READY_WITHIN: Final = 2.5
"""Those end between so many seconds after they began; the others up to `OLDEST` seconds after they were ready."""
OLDEST: Final = 4.0
AWAY: Final = 3.0
"""For how many seconds at most the homeserver is away."""


@dataclass
class Harm:
    """What is done to bot and homeserver, and what was done. `address` is where the bot finds its homeserver."""

    bot: BotProcess
    server: Synapse
    seed: int
    address: str
    kills: int = 0
    killed_unready: int = 0
    server_kills: int = 0
    server_restarts: int = 0
    faults: list[str] = field(default_factory=list)

    async def start(self) -> None:
        """Start the bot, and wait until it is ready. Raises BotError."""
        await self.bot.start(TOCSIN_MATRIX__HOMESERVER=self.address)

    async def run(self, kills: int, server_deaths: int) -> None:
        """Kill the bot so many times, the homeserver now and then, and let nobody live at the end."""
        chance = random.Random(self.seed)
        deaths = set(chance.sample(range(1, kills + 1), min(server_deaths, kills)))
        for number in range(1, kills + 1):
            await self._one_life(chance)
            if number in deaths:
                await self._server_dies(chance)
        await self.bot.kill()

    async def _one_life(self, chance: random.Random) -> None:
        """The life that is under way, or a new one, to its end."""
        starting = asyncio.create_task(self._start())
        if chance.random() < IN_ITS_CRADLE:
            await asyncio.sleep(chance.uniform(YOUNGEST, READY_WITHIN))
        else:
            await asyncio.wait({starting})
            await asyncio.sleep(chance.uniform(0.02, OLDEST))
        if self.bot.pid is None and starting.done():
            return
        ready = starting.done()
        await self.bot.kill()
        with suppress(BotError):
            await starting
        if await self.bot.wait() == -signal.SIGKILL:
            self.kills += 1
            self.killed_unready += not ready

    async def _start(self) -> None:
        try:
            await self.start()
        except BotError:
            code = await self.bot.wait()
            if code != -signal.SIGKILL:
                self.faults.append(f"the bot ended by itself with {code}: {self.bot.last_words()}")

    async def _server_dies(self, chance: random.Random) -> None:
        """Under a living bot: it must come through."""
        starting = asyncio.create_task(self._start())
        await asyncio.sleep(chance.uniform(YOUNGEST, READY_WITHIN + 1))
        if chance.random() < 0.5:
            self.server.kill()
            self.server_kills += 1
            await asyncio.sleep(chance.uniform(0.2, AWAY))
            await asyncio.to_thread(self.server.start)
        else:
            await asyncio.to_thread(self.server.restart)
            self.server_restarts += 1
        await starting
