"""The heartbeat. APScheduler holds no business state: each beat asks what is due now, and a beat that comes late, or
twice, changes nothing but the time at which it is done."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from bot import absent, anchors, apart, asked, awaited, drift, entering, lawyers, plans, reminding, texts, weekly
from bot.clock import Clock
from bot.confirmations import expire, remind
from bot.conversation import second_codes
from bot.engine import Engine
from bot.openings import opened
from bot.ringing import LAST_BEAT, refresh_board, ring
from bot.store import cells, journal, lookups, meta, nudges, purge
from bot.store.db import Database, Session, committed

BEAT = timedelta(seconds=2)
ABSENT_EVERY = timedelta(seconds=10)
AT_MOST_SECONDS = 1.0
"""A beat that has lasted so long leaves to the next what can wait."""
REPOST_EVERY = timedelta(minutes=2)
SLOW_ROOM = timedelta(seconds=8)
TIDY_EVERY = timedelta(hours=1)
ASIDE_FOR = timedelta(days=7)
"""So long is kept what came from rooms that are not ours: one of them may become ours, seconds after its events."""

T = TypeVar("T")

Duty = Callable[[Session, datetime], bool]
"""Returns whether something was put in the outbox."""
Waiting = Callable[[Session, datetime], list[str]]
"""The incidents that want something now."""
IncidentDuty = Callable[[Session, str, datetime], bool]
"""The same for one incident."""

logger = structlog.get_logger(__name__)


class Ticker:
    """Beats every two seconds."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        engine: Engine,
        wake_sender: Callable[[], None],
        repost_every: timedelta = REPOST_EVERY,
        both: Callable[[], tuple[datetime, float] | None] = lambda: None,
        warn: Callable[[str, str | None], None] = lambda _part, _warning: None,
    ) -> None:
        """`both`: the present instant with the seconds of a clock that nobody sets. `warn`: what health is to say."""
        self._both, self._warn, self._watch = both, warn, drift.Watch()
        self._repost_every = repost_every
        self._db, self._clock, self._engine, self._wake = db, clock, engine, wake_sender
        self._scheduler = AsyncIOScheduler(timezone=UTC)
        self._minute: datetime | None = None
        self._tasks_minute: datetime | None = None
        self._tidied: datetime | None = None
        self._looked_for: datetime | None = None
        self._later: dict[tuple[str, str], IncidentDuty] = {}
        self._stopping = False

    def start(self) -> None:
        """Begin to beat. Needs a running event loop."""
        options = {"coalesce": True, "misfire_grace_time": None, "max_instances": 1}
        self._scheduler.add_job(self.beat, "interval", seconds=BEAT.total_seconds(), **options)
        self._scheduler.add_job(self.ring_due, "interval", seconds=BEAT.total_seconds() / 2, **options)
        self._scheduler.start()

    def stop(self) -> None:
        """Stop beating; of a beat under way the duty that has begun ends by itself, and no other begins."""
        self._stopping = True
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)

    def stopped(self) -> bool:
        """Whether `stop` was called."""
        return self._stopping

    async def beat(self) -> None:
        """Do what is due now; what fails keeps nothing else from being done, and is tried again at the next beat."""
        began = time.monotonic()
        await self.ring_due()
        for waiting, each in self._incident_duties[1:]:
            for incident in await self._do(waiting) or ():
                self._later[each.__name__, incident] = each
        for duty in self._duties:
            if await self._do(duty):
                self._wake()
        # What many crises want every minute is shared out among the beats, one of them at least in each: no reminder
        # waits for it, and it waits for no idle hour.
        while self._later:
            _, incident = name = next(iter(self._later))
            if await self._do(self._later.pop(name), incident):
                self._wake()
            if time.monotonic() - began >= AT_MOST_SECONDS:
                break
        if self._stopping:
            return
        try:
            await self._scrub()
        except Exception as fault:
            logger.exception("beat_failed", duty="_scrub", error=type(fault).__name__)

    async def ring_due(self) -> None:
        """Say the reminders that are due: between two beats, too, so that none is later than one.

        Our own clock is looked at first: where it was set, nobody's patience has passed with it.
        """
        if await self._do(self._clocks):
            self._wake()
        due, each = self._incident_duties[0]
        for incident in await self._do(due) or ():
            if await self._do(each, incident):
                self._wake()

    async def _scrub(self) -> None:
        """Clean what a purge left in the files: outside of any transaction, and again until it is done."""
        if await self._db.call(purge.unclean) and await self._db.scrub():
            await self._db.call(purge.cleaned)

    async def _do(self, duty: Callable[..., T], *about: str) -> T | None:
        """One duty, in a transaction of its own; None where it failed, or where the beats have stopped."""
        if self.stopped():
            return None
        try:
            return await self._db.call(duty, *about, self._clock.now())
        except asyncio.CancelledError:
            if not self.stopped():
                raise
            return None  # the transaction goes on to its end in its own thread
        except Exception as fault:
            logger.exception("beat_failed", duty=duty.__name__, about=about, error=type(fault).__name__)
            return None

    def due(self, session: Session) -> bool:
        """One beat, in one transaction. Returns whether something was put in the outbox."""
        now = self._clock.now()
        said = [self._clocks(session, now)]
        said += [
            each(session, incident, now)
            for waiting, each in self._incident_duties
            for incident in waiting(session, now)
        ]
        said += [duty(session, now) for duty in self._duties]
        return any(said)

    @property
    def _incident_duties(self) -> tuple[tuple[Waiting, IncidentDuty], ...]:
        """What is looked after first, each incident in a transaction of its own."""
        return (
            (nudges.due_incidents, self._ring),
            (self._absent_due, self._absent),
            (self._countdown_due, self._countdown),
            (self._tasks_due, self._tasks),
        )

    @property
    def _duties(self) -> tuple[Duty, ...]:
        """What is looked after at each beat, in order, each in a transaction of its own."""
        return (
            self._questions, self._outdated, self._remind, self._slow_rooms,
            self._boards_anew, self._anchors, self._greet, self._lawyers, self._guests, self._weekly, self._tidy,
            self._alive,
        )  # fmt: skip

    def _clocks(self, session: Session, now: datetime) -> bool:
        """The homeserver's clock and ours: what health says of them, and a step of ours, before anything is said to be
        due by it."""
        self._warn("clock", drift.standing(session))
        read = self._both()
        if read is None:
            return False
        # A step whose transaction fails is found again by the next look.
        committed(session, lambda: self._watch.keep(*read))
        step = self._watch.look(*read)
        if step is None:
            return False
        self._warn("clock_step", f"the clock was set by {step.total_seconds():+.0f} s at {read[0]:%Y-%m-%dT%H:%M:%SZ}")
        return drift.stepped(session, self._engine.tools, step, read[0])

    def _alive(self, session: Session, now: datetime) -> bool:
        meta.put(session, LAST_BEAT, now.isoformat())
        return False

    def _questions(self, session: Session, now: datetime) -> bool:
        told = expire(session, self._engine.tools, now)
        return second_codes(session, self._engine.tools, now) or told

    def _ring(self, session: Session, incident: str, now: datetime) -> bool:
        return ring(session, self._engine.tools, incident, now)

    def _absent(self, session: Session, incident: str, now: datetime) -> bool:
        return absent.replace_absent(session, self._engine.tools, incident, now)

    def _anchors(self, session: Session, now: datetime) -> bool:
        return anchors.due(session, self._engine.tools, now)

    def _outdated(self, session: Session, now: datetime) -> bool:
        return texts.outdated(session, self._engine.tools, now)

    def _remind(self, session: Session, now: datetime) -> bool:
        return remind(session, self._engine.tools, now)

    def _countdown_due(self, session: Session, now: datetime) -> list[str]:
        """The boards of deadlines, once a minute: what time it was last is no state, a beat more changes nothing."""
        minute = now.replace(second=0, microsecond=0)
        if minute == self._minute:
            return []
        self._minute = minute
        return nudges.running_incidents(session)

    def _countdown(self, session: Session, incident: str, now: datetime) -> bool:
        return refresh_board(session, self._engine.tools, incident, now)

    def _absent_due(self, session: Session, now: datetime) -> list[str]:
        """The crises under way, of which somebody may not have answered: patience is counted in minutes."""
        if self._looked_for is not None and timedelta(0) < now - self._looked_for < ABSENT_EVERY:
            return []
        self._looked_for = now
        return absent.incidents(session, now)

    def _tasks_due(self, session: Session, now: datetime) -> list[str]:
        """The tasks, once a minute, of every incident that is not archived."""
        minute = now.replace(second=0, microsecond=0)
        if minute == self._tasks_minute:
            return []
        self._tasks_minute = minute
        return cells.all_open(session)

    def _tasks(self, session: Session, incident: str, now: datetime) -> bool:
        tools = self._engine.tools
        planned = plans.keep(session, tools, incident, now)
        planned = asked.remind(session, tools, incident, now) or planned
        awaits = awaited.remind(session, tools, incident, now)
        return reminding.remind(session, tools, incident, now) or awaits or planned

    def _greet(self, session: Session, now: datetime) -> bool:
        return entering.greet(session, self._engine.tools, now)

    def _weekly(self, session: Session, now: datetime) -> bool:
        return weekly.weekly(session, self._engine.tools, now)

    def _lawyers(self, session: Session, now: datetime) -> bool:
        return lawyers.settle(session, self._engine.tools, now)

    def _guests(self, session: Session, now: datetime) -> bool:
        return apart.expire(session, self._engine.tools, now)

    def _tidy(self, session: Session, now: datetime) -> bool:
        """Drop what nobody will ask for; not before the bot has run for a while, and knows which rooms are its own."""
        self._tidied = self._tidied or now
        if now - self._tidied >= TIDY_EVERY:
            self._tidied = now
            rows = journal.prune_aside(session, now - ASIDE_FOR)
            if rows:
                logger.info("foreign_rows_dropped", rows=rows, older_than_days=ASIDE_FOR.days)
        return False

    def _slow_rooms(self, session: Session, now: datetime) -> bool:
        """Who opened an incident is answered, even where the homeserver takes long to make its room."""
        said = False
        for key, _ in lookups.under(session, "opening:"):
            room_key = key.removeprefix("opening:")
            cell = cells.load(session, room_key.removeprefix("cell:"))
            if cell is not None and now - cell.incident.opened_at > SLOW_ROOM:
                opened(session, self._engine.tools, room_key, now)
                said = True
        return said

    def _boards_anew(self, session: Session, now: datetime) -> bool:
        """Post the boards anew for those who cannot read them, at most one batch in `repost_every` for an incident."""
        posted = False
        for key, _ in lookups.under(session, "repost:"):
            incident = key.removeprefix("repost:")
            before = meta.get(session, f"reposted:{incident}")
            if before and now - datetime.fromisoformat(before) < self._repost_every:
                continue
            self._engine.post_boards_anew(session, incident, now)
            meta.put(session, f"reposted:{incident}", now.isoformat())
            lookups.forget(session, key)
            posted = True
        return posted
