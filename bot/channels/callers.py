"""Who is to be called outside is called. Guarantee: an attempt is marked as begun, in the database, before the first
byte leaves, and is made once at most: one that a crash or a slow gateway cut off is of unknown outcome, is said to be,
and is not made again. What became of each is in the log and, but for what was not needed any more, in the cell's room.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from bot import chronicle
from bot.channels import gateway
from bot.clock import Clock
from bot.domain.absence import summoned
from bot.domain.cell import Cell
from bot.domain.incident import IncidentStatus
from bot.domain.outcome import Record
from bot.steps import Step, no_step
from bot.store import cells, outside
from bot.store.db import Database, Session
from bot.store.outside import CallState, OutsideCall
from bot.tools import Tools

EVERY = 2.0
"""Seconds between two looks at what is to be made."""
STALE = timedelta(minutes=30)
"""What could not be made within this time is not made at all: the reminder has gone on without it."""

logger = structlog.get_logger(__name__)


@dataclass(frozen=True)
class _Ready:
    """An attempt that is marked as begun, and what it takes to make it."""

    call: OutsideCall
    url: str
    to: str
    text: str


class Callers:
    """Makes the attempts that reminders ask for. `urls`: each channel's gateway; `wake` is for what is to be said."""

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
                logger.exception("outside_calls_failed", error=type(fault).__name__)
            await asyncio.sleep(EVERY)

    async def give_up(self) -> int:
        """Nobody will ever know what became of what began and did not end. Returns how many there were."""
        begun = await self._db.call(outside.begun)
        for call in begun:
            await self._db.call(self._settle, call, CallState.UNKNOWN)
        return len(begun)

    async def work(self) -> int:
        """Make every attempt that waits. Returns how many were made; raises what stopped one, after the others."""
        made, stopped = 0, None
        for call in await self._db.call(outside.waiting):
            try:
                made += await self._make(call)
            except Exception as fault:
                stopped = fault  # it holds up nobody else's
        if stopped is not None:
            raise stopped
        return made

    async def _make(self, call: OutsideCall) -> bool:
        ready = await self._db.call(self._begin, call)
        if ready is None:
            return False
        self._step("outside-begun")
        state = await gateway.deliver(ready.url, ready.to, ready.text, self._within)
        self._step("outside-made")
        await self._db.call(self._settle, call, state)
        return True

    def _begin(self, session: Session, call: OutsideCall) -> _Ready | None:
        """Mark it as begun; or settle it, where it is not to be made."""
        assert call.id is not None
        now = self._clock.now()
        cell = cells.load(session, call.incident)
        person = self._tools.roster.by_id(call.person)
        way = next((way for way in person.outside if way.channel == call.channel), None) if person else None
        url = self._urls.get(call.channel)
        to = (way.to if way else None) or (person.phone if person else None)
        if cell is None or cell.incident.drill or not _wanted(cell, call, now) or not url or way is None or not to:
            self._settle(session, call, CallState.DROPPED)
            return None
        if not outside.attempt(session, call.id, now):
            return None
        language = self._tools.language_of(session, call.person)
        text = self._tools.voice.catalogue.render("nudges.outside", language, {"code": call.code}).body
        return _Ready(call, url, to, text)

    def _settle(self, session: Session, call: OutsideCall, state: CallState) -> None:
        """Keep what became of it; log it, and tell the room, in which somebody has to know who could be reached."""
        assert call.id is not None
        now = self._clock.now()
        if not outside.settle(session, call.id, state, now):
            return
        after = {
            "attempt": call.id, "person": call.person, "channel": call.channel, "state": state.value,
            "clocks": list(call.clocks), "step": call.step,
        }  # fmt: skip
        record = Record("nudge", "outside", call.clocks[0] if call.clocks else call.person, None, after)
        chronicle.record(session, call.incident, record, sender=None, cause=None, now=now)
        cell = cells.load(session, call.incident)
        if cell is None or state is CallState.DROPPED or cell.incident.status is not IncidentStatus.OPEN:
            return
        language = cell.incident.language
        named = [cell.clocks[name].typed(language) for name in call.clocks if name in cell.clocks]
        values = {
            "channel": call.channel, "name": self._tools.name_of(cell, call.person), "at": call.attempted_at or now,
            "state": state.value, "clocks": named,
        }  # fmt: skip
        key = f"outside:{call.incident}:{call.id}"
        self._tools.voice.say(
            session, now, cell.incident.room_key, "nudges.outside_done", language, values, key, cell=cell
        )
        self._wake()


def _wanted(cell: Cell, call: OutsideCall, now: datetime) -> bool:
    """Whether it is still to be made: in time, to somebody who has not answered, of a clock that still climbs; one that
    is of no clock calls them to the crisis itself."""
    if not call.clocks:
        member = cell.members.get(call.person)
        return now - call.created_at <= STALE and member is not None and summoned(cell, member) is not None
    clocks = [cell.clocks[name] for name in call.clocks if name in cell.clocks]
    open_ = [each for each in clocks if each.open and not each.ring.held and call.person not in each.ring.seen]
    return bool(open_) and now - call.created_at <= STALE and cell.is_here(call.person)
