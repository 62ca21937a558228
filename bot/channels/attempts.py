"""Messages handed to gateways, one after the other. Guarantee: an attempt is marked as begun, in the database, before
the first byte leaves, and is made once at most: one that a crash or a slow gateway cut off is of unknown outcome, and
is not made again; one that cannot be made holds up no other.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

import structlog

from bot.channels import gateway
from bot.clock import Clock
from bot.steps import Step, no_step
from bot.store.db import Database, Session
from bot.store.outside import CallState
from bot.tools import Tools

EVERY = 2.0
"""Seconds between two looks at what is to be made."""

T = TypeVar("T")

logger = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Ready:
    """What it takes to make an attempt that is marked as begun."""

    url: str
    to: str
    text: str


class Attempts(ABC, Generic[T]):
    """Makes what waits. `urls`: each channel's gateway; `wake` is for what is to be said; `about`: the beginning of its
    steps' names."""

    about = ""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        tools: Tools,
        urls: Mapping[str, str],
        wake: Callable[[], None],
        step: Step = no_step,
        within: float = gateway.WITHIN,
    ) -> None:
        self._db, self._clock, self._tools, self._urls = db, clock, tools, urls
        self._wake, self._step, self._within = wake, step, within

    async def run(self) -> None:
        """Until the bot stops: what comes; first, and after any fault, what began and did not end is given up."""
        while True:
            try:
                await self.give_up()
                while True:
                    await self.work()
                    await asyncio.sleep(EVERY)
            except Exception as fault:
                # A full disk, or a fault of ours: alive and saying so is better than dead.
                logger.exception("attempts_failed", about=self.about, error=type(fault).__name__)
            await asyncio.sleep(EVERY)

    async def give_up(self) -> int:
        """Nobody will ever know what became of what began and did not end. Returns how many there were."""
        begun = await self._db.call(self._begun)
        for each in begun:
            await self._db.call(self._settle, each, CallState.UNKNOWN)
        return len(begun)

    async def work(self) -> int:
        """Make every attempt that waits. Returns how many were made; raises what stopped one, after the others."""
        made, stopped = 0, None
        for each in await self._db.call(self._waiting):
            try:
                made += await self._make(each)
            except Exception as fault:
                stopped = fault  # it holds up nobody else's
        if stopped is not None:
            raise stopped
        return made

    async def _make(self, each: T) -> bool:
        ready = await self._db.call(self._begin, each)
        if ready is None:
            return False
        self._step(f"{self.about}-begun")
        state = await gateway.deliver(ready.url, ready.to, ready.text, self._within)
        self._step(f"{self.about}-made")
        await self._db.call(self._settle, each, state)
        return True

    @abstractmethod
    def _waiting(self, session: Session) -> list[T]:
        """What is to be made, oldest first."""

    @abstractmethod
    def _begun(self, session: Session) -> list[T]:
        """What began and did not end."""

    @abstractmethod
    def _begin(self, session: Session, each: T) -> Ready | None:
        """Mark it as begun; or settle it, where it is not to be made."""

    @abstractmethod
    def _settle(self, session: Session, each: T, state: CallState) -> None:
        """Keep what became of it, log it, and tell whoever has to know."""
