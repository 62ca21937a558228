"""Where both are measured: one homeserver, the bot, bare nio, and one person who types to both.

Guarantee: who is measured is a process of its own, started as the other is; what is timed ends when the person's
own client shows the answer, decrypted; nobody else is at work meanwhile.
"""

from __future__ import annotations

import asyncio
import json
import re
import secrets
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Self, TypeVar

from bot.clock import SystemClock
from bot.demo.bench import bare
from bot.demo.bench.processes import BenchError
from bot.demo.players import Player
from bot.demo.process import BotProcess
from bot.demo.ransomware import CHECKLISTS_FR
from bot.demo.seen import Message, Sighting
from bot.demo.stage import Character, Stage
from bot.store import log, outbox
from bot.store.db import Database, Session

T = TypeVar("T")
Side = Callable[[int], Awaitable[float]]

PROBE: Final = "claire"
# Ten people are called. But for the one who types, they have a telephone and do not look at it.
CALLED: Final = (
    Character(PROBE, "Claire Morel", ("director", "coordinator", "ciso", "cio", "legal", "communication")),
    Character("karim", "Karim Benali", ("ciso", "cio")),
    Character("sophie", "Sophie Laurent", ("legal",)),
    Character("paul", "Paul Girard", ("dpo",)),
    Character("nadia", "Nadia Roche", ("communication", "scribe")),
    Character("ines", "Inès Faure", ("care_director",)),
    Character("hugo", "Hugo Blanc", ("cio",)),
    Character("lea", "Léa Marchand", ("communication",)),
    Character("omar", "Omar Diallo", ("ciso",)),
    Character("anne", "Anne Perrin", ("legal",)),
)

SECONDS: Final = 60.0
# What follows an answer (our own echo, its entry in the log) is done before the next is asked for.
BREATH: Final = 0.3
_POLL: Final = 0.02
_CARD: Final = re.compile(r"C\d+ v1 · ")
_QUIET: Final = 1.0


@dataclass
class Screen:
    """What appears on the person's screen, and when (`time.perf_counter`)."""

    player: Player
    seen: list[tuple[float, Sighting]] = field(default_factory=list)
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    def watch(self) -> None:
        """Note from now on all that appears."""

        def note(sighting: Sighting) -> None:
            self.seen.append((time.perf_counter(), sighting))
            self._news.set()

        self.player.watchers.append(note)

    async def until(self, wanted: Callable[[Sighting], bool], *, start: int, what: str) -> tuple[float, Sighting]:
        """The first that is wanted among what appeared after `start` others. Raises BenchError."""
        try:
            async with asyncio.timeout(SECONDS):
                while True:
                    self._news.clear()
                    for at, sighting in self.seen[start:]:
                        if wanted(sighting):
                            return at, sighting
                    await self._news.wait()
        except TimeoutError:
            raise BenchError(f"{what} did not appear within {SECONDS:g} s") from None

    async def answer(self, room: str, text: str) -> tuple[float, Sighting]:
        """Type something; the milliseconds until it is answered, by a reply or a reaction, and by what."""
        start, began = len(self.seen), time.perf_counter()
        typed = await self.player.say(room, text)

        def answers(sighting: Sighting) -> bool:
            on = sighting.target
            if on is None or sighting.sender == self.player.user:
                return False
            return on.reply_to == typed or (sighting.what == "reaction" and on.event_id == typed)

        at, answered = await self.until(answers, start=start, what=f"the answer to « {text} »")
        return (at - began) * 1000, answered

    async def opened(self, room: str, text: str) -> tuple[float, Message]:
        """Type what opens a room; the milliseconds until its first checklist is readable, and the checklist."""
        start, began = len(self.seen), time.perf_counter()
        await self.player.say(room, text)
        at, shown = await self.until(_is_checklist, start=start, what="the first checklist")
        assert shown.target is not None
        return (at - began) * 1000, shown.target

    async def drafted(self, room: str, text: str) -> float:
        """Type what drafts a text; the milliseconds until its first version is readable."""
        start, began = len(self.seen), time.perf_counter()
        await self.player.say(room, text)
        at, _ = await self.until(
            lambda sighting: sighting.what == "message" and _CARD.match(sighting.text) is not None,
            start=start,
            what=f"the text of « {text} »",
        )
        return (at - began) * 1000


def _is_checklist(sighting: Sighting) -> bool:
    return sighting.what == "message" and sighting.text.startswith(tuple(f"{name} — " for name in CHECKLISTS_FR))


class Contest:
    """`async with Contest(folder) as contest:` sets up everything and starts nobody."""

    def __init__(self, folder: Path) -> None:
        self.stage = Stage(folder, people=CALLED, run=False)
        self.bot = self.stage.bot
        self.bare = BotProcess(folder / "bare.json", folder / "bare.log", Path(bare.__file__))
        self.clock = SystemClock()
        self._folder = folder
        self._password = secrets.token_urlsafe(9)

    async def __aenter__(self) -> Self:
        await self.stage.__aenter__()
        try:
            for person in CALLED[1:]:
                await (await self.stage.player(person.local, accepts=False)).close()
            self.player = await self.stage.player(PROBE)
            self.screen = Screen(self.player)
            self.screen.watch()
            self.bare_id = await self.stage.server.register("bare", self._password)
            self.tell({})
        except BaseException:
            await self.close()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """End every client and process that was started here."""
        try:
            if self.bare.pid is not None:
                await self.bare.stop()
        finally:
            await self.stage.close()

    def tell(self, more: dict[str, Any]) -> None:
        """Write what bare nio is told; it is read at its start."""
        told = {
            "server": self.stage.server.url,
            "user": self.bare_id,
            "password": self._password,
            "store": str(self._folder / "bare"),
            "people": [self.stage.user_id(person.local) for person in CALLED],
            **more,
        }
        self.bare.config.write_text(json.dumps(told, ensure_ascii=False), encoding="utf-8")

    # The bot's store, from outside

    async def read(self, look: Callable[[Session], T]) -> T:
        """What the bot's store holds now; the bot works on meanwhile."""
        return await asyncio.to_thread(self._read, look)

    def _read(self, look: Callable[[Session], T]) -> T:
        database = Database(self.database_url)
        try:
            with database.reading() as session:
                return look(session)
        finally:
            database.close()

    @property
    def database_url(self) -> str:
        """The bot's database, for the store's own functions."""
        return f"sqlite:///{self._folder / 'data' / 'tocsin.db'}"

    async def quiet(self) -> None:
        """Wait until the bot has nothing left to send. Raises BenchError."""

        def idle(session: Session) -> bool:
            now = self.clock.now()
            return all(outbox.due(session, now, lane) is None for lane in ("talk", "rooms"))

        since = time.perf_counter()
        end = since + SECONDS
        while time.perf_counter() - since < _QUIET:
            if time.perf_counter() > end:
                raise BenchError(f"the bot was still sending after {SECONDS:g} s")
            await asyncio.sleep(_POLL * 5)
            if not await self.read(idle):
                since = time.perf_counter()

    async def logged(self, event_id: str, *, seconds: float) -> datetime:
        """When the event was seen to stand in the bot's log. Raises BenchError."""
        database = Database(self.database_url)
        end = time.perf_counter() + seconds
        try:
            while time.perf_counter() < end:
                with database.reading() as session:
                    if log.seq_of(session, event_id) is not None:
                        return self.clock.now()
                await asyncio.sleep(_POLL)
        finally:
            database.close()
        raise BenchError(f"not in the log after {seconds:g} s: {event_id}")


async def started(process: BotProcess) -> float:
    """Start one of the two; the milliseconds until it says that it is ready."""
    began = time.perf_counter()
    await process.start()
    return (time.perf_counter() - began) * 1000


async def alternate(times: int, warm_up: int, *sides: Side) -> list[list[float]]:
    """Measure each side `times` times, in turns, the first of a turn changing; the warm-up is not counted."""
    figures: list[list[float]] = [[] for _ in sides]
    for turn in range(times + warm_up):
        order = range(len(sides)) if turn % 2 else reversed(range(len(sides)))
        for side in order:
            await asyncio.sleep(BREATH)
            figure = await sides[side](turn)
            if turn >= warm_up:
                figures[side].append(figure)
    return figures
