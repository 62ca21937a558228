"""What goes out. Guarantee: every row of the outbox takes effect once, in the order that the outbox gives,
or is told as undeliverable; no message is ever sent in clear.

Two lanes run side by side, so that an alarm's first messages do not wait for its invitations, nor these for
a room that may not be made yet; where the homeserver limits both, they go in the outbox's order, but that of two events
one may answer somebody who typed: no answer waits behind an alarm's forty messages, and no flood of commands holds
these up for more than twice their time.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from bot.clock import Clock
from bot.matrix.acts import Done, Undeliverable
from bot.matrix.backoff import Backoff, pause
from bot.matrix.client import Client, path
from bot.matrix.delivery import Delivery
from bot.matrix.errors import Limited, LoggedOut, MatrixRefused, Unreachable
from bot.matrix.outgoing import Unresolved, Withdrawn
from bot.matrix.pace import Pace
from bot.matrix.reconcile import marker_of
from bot.matrix.rooms import ALERT
from bot.matrix.sharing import NotYet, Sharing
from bot.matrix.signatures import Json
from bot.matrix.trust import Trust
from bot.steps import Step, no_step
from bot.store import journal, outage, outbox, rooms
from bot.store.db import Database, Session
from bot.store.outbox import OutboxRow
from bot.store.rooms import Room

log = structlog.get_logger(__name__)

LANES = ("talk", "rooms")

IDLE_SECONDS = 0.5
NOT_YET = timedelta(seconds=0.5)
# A new room comes through /sync at once. What comes first there is waited for by people: for so long it is looked for
# often, and nothing less urgent of its lane goes before it, which would empty the homeserver's bucket.
SOON = timedelta(seconds=0.05)
SOON_FOR = timedelta(seconds=3)
# How long a room may take to come through /sync before the server is asked what is wrong.
PATIENCE = timedelta(seconds=60)
# After each refusal that may pass (power, membership just changing); then the row is dead.
RETRIES = (timedelta(seconds=2), timedelta(seconds=10), timedelta(seconds=30))
# A bad request does not become a good one: what is sent was frozen.
HOPELESS = (400, 413)
# The whole server, or our account, is stopped for now: nothing is wrong with the row.
STOPPED = ("M_RESOURCE_LIMIT_EXCEEDED", "M_USER_LOCKED", "M_USER_SUSPENDED")
STOPPED_WAIT = timedelta(seconds=60)
# What goes to a room that is not ours may wait on a stranger's homeserver: it waits by itself, longer each time.
FOREIGN_FIRST = timedelta(seconds=10)
FOREIGN_LAST = timedelta(minutes=10)
# A longer wait than this is not about the bucket of all that we do, but about new rooms, or about the
# invitations of one person.
COMMON_SECONDS = 10.0
# What a homeserver's rounding may hide.
MARGIN_SECONDS = 0.05
YIELD_SECONDS = 0.05
UPKEEP_SECONDS = 2.0
# A trouble that did not come again for so long, with longer waits between, is over.
TROUBLE_SECONDS = 90.0


class Health(Protocol):
    """Where reasons for not being ready are kept."""

    def set(self, part: str, reason: str | None) -> None:
        """Give the reason why `part` does not work, or None if it does."""


@dataclass(frozen=True)
class Ready:
    """A row whose turn it is, its room, and what it sends if its attempt has begun."""

    row: OutboxRow
    room: Room | None
    frozen: Json | None


class Sender:
    """Empties the outbox. `run` until `stop`; `wake` when rows were put in."""

    def __init__(
        self,
        client: Client,
        db: Database,
        clock: Clock,
        trust: Trust,
        health: Health,
        step: Step = no_step,
    ) -> None:
        self._at_step = step
        self._client = client
        self._db = db
        self._clock = clock
        self._health = health
        self._sharing = Sharing(client, trust, clock)
        self._delivery = Delivery(client, db, clock, self._sharing, step)
        self._news = {lane: asyncio.Event() for lane in LANES}
        self._stop = asyncio.Event()
        self._pace = Pace(time.monotonic)
        self._answered = False
        self._kept_up = 0.0
        self._trouble_at = 0.0
        self._held: dict[str, datetime] = {}
        self._waiting: dict[str, datetime] = {}
        self._refusals: dict[str, int] = {}
        self._rests = False
        self._handed: Ready | None = None

    def take(self, session: Session) -> Ready | None:
        """In the transaction of a decision: begin the attempt of what is to be said first, if nothing else is under
        way. After the commit it is given to `hand`; if it never is, the row is tried again as any other."""
        if not self._rests or self._handed is not None:
            return None
        found = self._found(session, self._clock.now(), "talk")
        return found if found is not None and found.frozen is not None else None

    def hand(self, ready: Ready) -> None:
        """Send this now. Whatever lies between is no matter: the lane finds in the outbox what it was not given."""
        if self._rests:
            self._handed = ready
            self._news["talk"].set()

    def limited(self) -> bool:
        """Whether the homeserver lately refused something for its limit on our account."""
        return bool(self._pace.period)

    async def run(self) -> None:
        """Send until `stop`. Raises LoggedOut if the session is over."""
        async with asyncio.TaskGroup() as lanes:
            for lane in LANES:
                lanes.create_task(self._lane(lane), name=f"sender-{lane}")

    def stop(self) -> None:
        """Let each lane end after the row that it is at."""
        self._stop.set()
        self.wake()

    def wake(self) -> None:
        """Look into the outbox now."""
        for news in self._news.values():
            news.set()

    async def _lane(self, lane: str) -> None:
        backoff = Backoff()
        while not self._stop.is_set():
            try:
                wait = await self._step(lane, backoff)
            except LoggedOut:
                raise
            except Exception as fault:
                # A full disk, or a fault of ours: alive and saying so is better than dead.
                wait, why = backoff.next(), outage.of(fault)
                if why is None:
                    log.exception("the sender cannot work", lane=lane)
                    self._trouble("the outbox cannot be worked on")
                else:
                    log.error("nothing can be sent", lane=lane, why=why.words.en, again_in=round(wait, 1))
                    self._trouble(f"the outbox cannot be worked on: {why.words.en}")
            if wait and await pause(self._stop, wait):
                return

    async def _step(self, lane: str, backoff: Backoff) -> float:
        """Do what is next in the lane; returns the seconds that it must wait."""
        self._news[lane].clear()
        found = self._was_handed(lane) or await self._next(lane)
        if found is not None:
            if found.frozen is not None:
                self._at_step("frozen")
            if lane == "talk" and await self._comes_after_calls(found.row):
                return await self._not_yet(found.row, "invitations_first")
            return await self._turn(lane, found.row) or await self._try(lane, found, backoff)
        if lane == "talk":
            await self._keep_keys_up()
        if self._trouble_at and time.monotonic() - self._trouble_at > TROUBLE_SECONDS:
            self._well()  # what failed went another way: its echo came, or it is dead
        self._rests = self._rests or lane == "talk"
        await _wait(self._news[lane], IDLE_SECONDS)
        self._rests = self._rests and lane != "talk"
        return 0.0

    def _was_handed(self, lane: str) -> Ready | None:
        if lane != "talk":
            return None
        handed, self._handed = self._handed, None
        return handed

    async def _comes_after_calls(self, row: OutboxRow) -> bool:
        """Whether the row waits a moment for those who are called first.

        Its key would reach them only afterwards, and a crash in between would take it along.
        """
        if row.priority or not await self._db.call(outbox.calls_first, row.room_key):
            return False
        now = self._clock.now()
        return now - self._waiting.setdefault(row.id, now) < SOON_FOR

    def _trouble(self, reason: str) -> None:
        self._trouble_at = time.monotonic()
        self._health.set("send", reason)

    def _well(self) -> None:
        self._trouble_at = 0.0
        self._health.set("send", None)

    async def _turn(self, lane: str, row: OutboxRow) -> float:
        """Return how many seconds the row must wait for the homeserver's bucket; 0: it is its turn.

        Where the bucket is empty the lanes share what drips into it, the outbox's order deciding.
        """
        if self._pace.period and not self._pace.wait():
            rival = await self._next(LANES[1 - LANES.index(lane)], ahead=True)
            if rival is not None and _place(rival.row) < _place(row):
                return YIELD_SECONDS
        wait = self._pace.wait()
        if not wait:
            self._pace.take()
        return wait

    async def _keep_keys_up(self) -> None:
        if time.monotonic() - self._kept_up < UPKEEP_SECONDS:
            return
        self._kept_up = time.monotonic()
        try:
            await self._sharing.upkeep()
        except (Limited, Unreachable, MatrixRefused) as trouble:
            log.info("room keys wait", why=str(trouble))

    async def _next(self, lane: str, *, ahead: bool = False) -> Ready | None:
        """The row whose turn it is; one whose kind the homeserver has told to wait is put back until then.

        `ahead`: it is only looked at.
        """
        while True:
            now = self._clock.now()
            found = await self._db.call(self._found, now, lane, ahead=ahead)
            if found is None:
                return None
            until = self._held.get(found.row.kind)
            if until is None or until <= now:
                return found
            await self._db.call(outbox.failed, found.row.id, "limited", until)

    def _found(self, session: Session, now: datetime, lane: str, *, ahead: bool = False) -> Ready | None:
        """What is due in the lane; frozen at once, where nothing stands between it and its attempt."""
        row = outbox.due(session, now, lane, answers_first=bool(self._pace.period) and not self._answered)
        if row is None:
            return None
        room = rooms.by_key(session, row.room_key)
        # Where there is a limit it may wait yet, and what waits may still be put in better words.
        waits = ahead or not row.priority or row.kind in self._held or self._pace.period
        return Ready(row, room, None if waits else self._delivery.freeze_first(session, row, room, now))

    async def _try(self, lane: str, ready: Ready, backoff: Backoff) -> float:
        """Try one row and write down what became of it; returns the seconds that the whole lane must wait."""
        row = ready.row
        try:
            done = await self._delivery.deliver(row, ready.room, ready.frozen)
            self._at_step(f"sent-{row.kind}")
        except Limited as limit:
            return await self._limited(lane, row, limit.seconds)
        except Unreachable as trouble:
            if row.room_key.startswith("room:"):
                return await self._foreign(row, trouble)
            wait = backoff.next()
            self._trouble(f"the homeserver cannot be reached: {trouble.reason}")
            log.warning("not sent, trying again", row=row.id, kind=row.kind, why=trouble.reason, wait=wait)
            await self._later(row, trouble.reason, timedelta(seconds=wait))
            return wait
        except LoggedOut:
            raise
        except NotYet as reason:
            return await self._not_yet(row, reason.reason)
        except Withdrawn:
            log.info("taken back before it went", row=row.id, kind=row.kind)
        except Unresolved as target:
            await self._count(row, f"it speaks of {target}, which has no event")
        except MatrixRefused as refusal:
            await self._refused(row, refusal)
        except Undeliverable as end:
            await self._bury(row, end)
        except Exception as error:
            await self._fault(row, error)
        else:
            await self._done(row, done)
            backoff.reset()
        return 0.0

    # What became of it

    async def _done(self, row: OutboxRow, done: Done) -> None:
        await self._db.call(_complete, row, done, self._clock.now(), self._client.user_id)
        self._answered = row.awaited  # one that was refused has not had its turn
        for memory in (self._waiting, self._refusals):
            memory.pop(row.id, None)
        if done.mapped is not None:
            self.wake()  # the other lane has been waiting for the room
        if row.room_key == ALERT and not self._delivery.is_act(row):
            self._health.set(ALERT, None)
        self._well()

    async def _limited(self, lane: str, row: OutboxRow, seconds: float) -> float:
        log.info("limited", row=row.id, kind=row.kind, seconds=seconds)
        if lane == "talk" or seconds <= max(COMMON_SECONDS, self._pace.period):
            self._pace.limited(seconds + MARGIN_SECONDS)
            return 0.0
        until = self._clock.now() + timedelta(seconds=seconds)
        if row.kind == "create":
            self._held[row.kind] = until
        await self._db.call(outbox.failed, row.id, "limited", until)
        return 0.0

    async def _later(self, row: OutboxRow, why: str, wait: timedelta) -> None:
        await self._db.call(outbox.failed, row.id, why, self._clock.now() + wait)

    async def _foreign(self, row: OutboxRow, trouble: Unreachable) -> float:
        """Put back a row of a room that is not ours, so that nothing of ours waits for it.

        If it is our own homeserver that is down, the next row of ours says so.
        """
        wait = min(FOREIGN_FIRST * 2 ** min(row.attempts, 16), FOREIGN_LAST)
        log.info("another's room cannot be reached", row=row.id, kind=row.kind, wait=wait.total_seconds())
        await self._later(row, trouble.reason, wait)
        return 0.0

    async def _not_yet(self, row: OutboxRow, reason: str) -> float:
        """Wait for the room; after a while ask the server what is wrong with it. Returns the seconds that the whole
        lane must wait."""
        now = self._clock.now()
        since = self._waiting.setdefault(row.id, now)
        if row.priority == 0 and now - since < SOON_FOR:
            await self._later(row, reason, SOON)
            return SOON.total_seconds()
        if now - since < PATIENCE:
            await self._later(row, reason, NOT_YET)
            return 0.0
        self._waiting[row.id] = now
        log.warning("a room is not ready for messages", row=row.id, room=row.room_key, why=reason)
        try:
            room = await self._db.call(rooms.by_key, row.room_key)
            where = path("rooms", (room.room_id if room else None) or "", "state", "m.room.encryption")
            await self._client.raw("GET", where)
        except MatrixRefused as refusal:
            why = "plaintext_refused" if refusal.status == 404 else "not_in_room"
            await self._bury(row, Undeliverable(why))
            return 0.0
        except (Limited, Unreachable):
            pass  # asked again when the patience ends once more
        await self._later(row, reason, NOT_YET)
        return 0.0

    async def _refused(self, row: OutboxRow, refusal: MatrixRefused) -> None:
        log.warning("refused", row=row.id, kind=row.kind, why=str(refusal))
        if refusal.errcode == "M_DUPLICATE_ANNOTATION":
            await self._db.call(_complete, row, Done(), self._clock.now(), self._client.user_id)
        elif refusal.errcode in STOPPED:
            self._trouble(f"the homeserver takes nothing from us: {refusal}")
            await self._later(row, str(refusal), STOPPED_WAIT)
        elif self._delivery.is_act(row) or refusal.status in HOPELESS:
            # A person who cannot be invited must not keep those after them waiting.
            await self._bury(row, Undeliverable(str(refusal)))
        else:
            await self._count(row, str(refusal))

    async def _fault(self, row: OutboxRow, error: Exception) -> None:
        """A fault of ours must not stop what others wait for; one of the disk is not the row's, and stops the lane."""
        if outage.of(error) is not None:
            raise error
        log.exception("a row of the outbox failed", row=row.id, kind=row.kind)
        await self._count(row, repr(error))

    async def _count(self, row: OutboxRow, why: str) -> None:
        tries = self._refusals.get(row.id, 0)
        if tries >= len(RETRIES):
            return await self._bury(row, Undeliverable(why))
        self._refusals[row.id] = tries + 1
        return await self._later(row, why, RETRIES[tries])

    async def _bury(self, row: OutboxRow, end: Undeliverable) -> None:
        log.error("undeliverable", row=row.id, kind=row.kind, room=row.room_key, why=end.why)
        if row.room_key == ALERT and (row.kind == "create" or not self._delivery.is_act(row)):
            self._health.set(ALERT, f"nothing can be said in the alert room: {end.why}")
        self._waiting.pop(row.id, None)
        self._refusals.pop(row.id, None)
        await self._db.call(_dead, row, end, self._clock.now())


def _place(row: OutboxRow) -> tuple[int, bool, int]:
    """Where a row stands among those that wait for the homeserver: the lower, the sooner."""
    return row.priority, not row.awaited, row.seq


def _complete(session: Session, row: OutboxRow, done: Done, now: datetime, own: str) -> None:
    outbox.sent(session, row.id, done.event_id, now)
    if done.mapped is not None:
        # A room that a lost machine made: what stands there already is known before anything more can leave for it.
        for early in journal.waiting_from(session, done.mapped[1], own):
            marker = marker_of(early.raw)
            if marker is not None and early.event_id is not None:
                outbox.seen_before(session, marker, early.event_id, now)
        rooms.mapped(session, *done.mapped, True)
    if done.left is not None:
        room = rooms.by_id(session, done.left)
        if room is not None:
            rooms.put(session, replace(room, left=True))
    for name, payload, room_id in done.notices:
        journal.notice(session, name, payload, now, room_id)


def _dead(session: Session, row: OutboxRow, end: Undeliverable, now: datetime) -> None:
    outbox.dead(session, row.id, end.why)
    room = rooms.by_key(session, row.room_key)
    if row.kind == "create" and room is not None and room.kind == "dm" and room.room_id is None:
        rooms.forget(session, row.room_key)  # the next who has something to say there makes it anew
    about = {"outbox_id": row.id, "room_key": row.room_key, "kind": row.kind, "key": row.dedupe_key}
    if "user" in row.payload:
        about["user"] = row.payload["user"]
    for name, payload, room_id in end.notices or (("undeliverable", about | {"why": end.why}, None),):
        journal.notice(session, name, payload, now, room_id)


async def _wait(news: asyncio.Event, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await news.wait()
