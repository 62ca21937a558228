"""The engine: a journal row, one transaction, done. Guarantee: whatever dies, a row is either wholly done (log, state,
outbox) or simply done again; and a row that cannot be done is set aside, loudly, without stopping the others.

It runs in the store's one worker thread: the event loop never waits on a disk.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Protocol, TypeVar

import structlog

from bot import (
    anchors,
    answers,
    boards,
    chronicle,
    comings,
    conversation,
    decisions,
    drift,
    echoing,
    inbound,
    interruptions,
    notices,
    purging,
    restored,
    sending,
    summaries,
    texts,
)
from bot.clock import Clock
from bot.domain import log as chain
from bot.inbound import Happening
from bot.steps import Step, no_step
from bot.store import backup, cells, journal, log, meta, outage, outbox, rooms
from bot.store.db import Database, Session
from bot.store.journal import JournalRow
from bot.store.outbox import Outgoing
from bot.store.rooms import Room
from bot.tools import Tools
from bot.waiting import FileWait

BATCH = 200
AT_FIRST = 8
"""So many rows are looked at before it is known whether they may be done together."""
HANDOVERS = 4
"""After so many turns of the event loop the sender has asked for what is due."""
BREATHER_SECONDS = 0.05
IDLE_SECONDS = 1.0
REST_WITHIN_SECONDS = 120.0
"""What can wait waits no longer than this."""
STORE_PAUSE = 1.0
"""Seconds between two attempts while the store cannot be used."""
_ANSWERED = {"reaction": conversation.reaction, "redaction": purging.withdrawn}
"""What people do to a message, besides writing one."""
logger = structlog.get_logger(__name__)
T = TypeVar("T")


@dataclass(frozen=True)
class Outside:
    """What only the Matrix layer can judge.

    `follow`: the row that follows our room's upgrade, or None; `decline`: put the answer to a verification request
    made in a room into the outbox.
    """

    follow: Callable[[Room, Mapping[str, Any]], Outgoing | None]
    decline: Callable[[Session, str, str, datetime], str]


class Courier(Protocol):
    """Whoever sends, as the engine speaks to it: what a decision says first is on its way as soon as it is on disk."""

    def take(self, session: Session) -> Any:
        """In the decision's transaction: begin the attempt of what is to be said first, or None."""
        ...

    def hand(self, ready: Any) -> None:
        """After its commit: send it."""
        ...


class Engine:
    """Takes what the journal holds, in order, until nothing is ready."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        tools: Tools,
        outside: Outside,
        wake_sender: Callable[[], None],
        step: Step = no_step,
        files: FileWait | None = None,
        courier: Courier | None = None,
    ) -> None:
        self._outside, self._files, self._courier = outside, files, courier
        self._db, self._clock, self._tools = db, clock, tools
        self._wake_sender, self._at_step = wake_sender, step
        self._news = asyncio.Event()
        self._one_by_one = 0
        self._at_once = AT_FIRST
        self._is_idle = asyncio.Event()

    async def at_rest(self) -> None:
        """Wait until what came is done, with what follows from it, and no gap is being walked."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(REST_WITHIN_SECONDS):
                while not await self._rests():
                    pass

    async def _rests(self) -> bool:
        await self._is_idle.wait()
        walked = await self._db.call(journal.gaps)
        if walked:
            await asyncio.sleep(IDLE_SECONDS)
        return not walked

    @property
    def tools(self) -> Tools:
        return self._tools

    def renew(self, tools: Tools) -> None:
        """From now on decide with these (a reloaded roster)."""
        self._tools = tools

    def wake(self) -> None:
        """Something new stands in the journal."""
        self._news.set()

    async def run(self) -> None:
        """Work for ever. Cancelling loses nothing: what was not committed is done again."""
        while True:
            began = time.monotonic()
            self._news.clear()
            while await self._work() and time.monotonic() - began < IDLE_SECONDS:
                # What follows waits until what was decided is on its way: it shares the machine with it.
                await self._wait(BREATHER_SECONDS)
                self._news.clear()
            await self._finish()
            self._wake_sender()
            self._is_idle.set()
            await self._wait(IDLE_SECONDS)
            self._is_idle.clear()

    async def settle(self) -> int:
        """Do everything that is ready, and what follows from it. Returns how many rows were done."""
        total = 0
        while count := await self._work():
            total += count
        await self._finish()
        self._wake_sender()
        return total

    async def _work(self) -> int:
        total = 0
        while True:
            try:
                count, more, ready = await self._in_the_store(self._some)
            except Exception as fault:
                await self._set_aside(fault)
                continue
            total += count
            if self._courier is not None and ready is not None:
                self._courier.hand(ready)
            self._wake_sender()
            if not more:
                return total
            # What was decided goes out before anything else is asked of the database.
            for _ in range(HANDOVERS):
                await asyncio.sleep(0)

    async def _wait(self, seconds: float) -> None:
        """Wait for something new in the journal, at most so long."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._news.wait()

    def step(self, session: Session) -> int:
        """One transaction: one act, or up to 200 rows that only go to the log. Returns how many rows were done, or are
        waited for."""
        return self._some(session)[0]

    def _some(self, session: Session) -> tuple[int, bool, Any]:
        """One step, whether there may be more, and what is to be sent at once."""
        now = self._clock.now()
        limit = 1 if self._one_by_one else self._at_once
        rows = journal.next_ready(session, limit, now=now)
        done: list[int] = []
        aside: list[int] = []
        known: dict[str | None, Room | None] = {}
        held = act = False
        for row in rows:
            happening = inbound.read(row) if row.kind == "event" else None
            if row.room_id not in known:
                known[row.room_id] = rooms.by_id(session, row.room_id) if row.room_id else None
            room = known[row.room_id]
            if self._files and happening and happening.kind == "file" and room and room.incident:
                held = self._files.waits(session, rows, row, room, now)
                if held:
                    break
            act = happening is None or row.section == "invite" or conversation.is_act(self._tools, row, happening, room)
            if act and (done or aside):
                break
            if act or row.sender == self._tools.bot_id:
                log.write(session)
            else:
                log.gather(session)  # a backlog of talk is written by the hundred
            self._at_step("row-begun")
            (done if self._do(session, row, happening, room, now, act=act) else aside).append(row.id)
            if act:
                break
        log.write(session)
        journal.done(session, done)
        journal.aside(session, aside)
        count = len(done) + len(aside)
        self._one_by_one = max(0, self._one_by_one - count)
        self._at_once = min(BATCH, max(AT_FIRST, 2 * count))
        ready = self._courier.take(session) if self._courier is not None and act else None
        if count:
            self._at_step("row-done-uncommitted")
        return count + held, held or count < len(rows) or len(rows) == limit, ready

    async def _finish(self) -> None:
        for duty in await self._in_the_store(self.duties):
            try:
                await self._in_the_store(duty)
            except Exception as fault:
                # No row is to blame, and nobody else's duty: what is wanted stays written down, and is tried again.
                logger.exception("duty_failed", error=type(fault).__name__)

    async def _set_aside(self, fault: Exception) -> None:
        """A row raised: nothing of it was kept. Go on one by one, and put the culprit aside to be tried later."""
        logger.exception("row_failed", error=type(fault).__name__)
        if not self._one_by_one:
            self._one_by_one = BATCH
            return

        def poison(session: Session) -> JournalRow | None:
            rows = journal.next_ready(session, 1, now=self._clock.now())
            if rows and journal.poison(session, rows[0].id, type(fault).__name__, now=self._clock.now()):
                logger.error("row_poisoned", row=rows[0].id, type=rows[0].type)
                return rows[0]
            return None

        given_up = await self._in_the_store(poison)
        if given_up is not None:
            try:
                await self._in_the_store(lambda session: self._only_log(session, given_up, type(fault).__name__))
            except Exception as again:
                logger.exception("row_not_logged", row=given_up.id, error=type(again).__name__)

    def _only_log(self, session: Session, row: JournalRow, error: str) -> None:
        """What cannot be acted on stands in the log all the same, and its room is told that nothing came of it."""
        room = rooms.by_id(session, row.room_id) if row.room_id else None
        cell = cells.load(session, room.incident) if room and room.incident else None
        if room is None or cell is None or row.kind != "event":
            return
        now, tools, incident = self._clock.now(), self._tools, cell.incident
        entry = chronicle.event(session, incident.id, row, inbound.read(row), now)
        said = {"action": "not_done", "target": entry.seq, "error": error}
        chronicle.system(session, incident.id, "system", said, now)
        values = {"name": tools.name_of(cell, row.sender), "seq": entry.seq}
        tools.voice.say(
            session, now, room.key, "notices.not_done", incident.language, values, f"not_done:{row.id}", cell=cell,
            reply_to=row.event_id,
        )  # fmt: skip

    async def _in_the_store(self, act: Callable[[Session], T]) -> T:
        """One transaction; while the store cannot be used it is tried again: what is to be done is not at fault."""
        while True:
            try:
                return await self._db.call(act)
            except Exception as fault:
                why = outage.of(fault)
                if why is None:
                    raise
                logger.error("nothing_can_be_done", why=why.words.en)
                await asyncio.sleep(STORE_PAUSE)

    def _do(
        self,
        session: Session,
        row: JournalRow,
        happening: Happening | None,
        room: Room | None,
        now: datetime,
        *,
        act: bool,
    ) -> bool:
        """Do one row; what is no act only goes to the log. False: its room is none that we know, yet."""
        if happening is None:
            notices.handle(session, self._tools, row, now)
            return True
        if row.section == "invite":
            if row.type == "m.room.member":
                notices.invited(session, self._tools, row, now)
            return True
        if room is None or room.kind == rooms.LOST:
            return False
        # What a lost machine said in a room that is not found again does not stand in the one that takes its place.
        if row.sender == self._tools.bot_id and happening.marker and row.event_id:
            outbox.echoed(session, happening.marker, row.event_id, now)
            drift.seen(session, self._tools, row, happening.marker, now)
            happening = echoing.without_purged(session, row, happening, now)
        cause: int | None = None
        if room.incident is not None:
            entry = chronicle.event(session, room.incident, row, happening, now)
            cause = entry.seq
            summaries.ask(session, self._tools, row, happening, room, now)
        purging.warn(session, self._tools, row, happening, room, cause)
        self._at_step("logged")
        if row.sender == self._tools.bot_id:
            echoing.hide_again(session, row, happening.marker, cause, now)
            self._own(session, row, room, now)
        elif happening.kind in _ANSWERED:
            _ANSWERED[happening.kind](session, self._tools, row, happening, room, cause, now)
        elif act and happening.kind in ("message", "edit", "file"):
            conversation.message(session, self._tools, row, happening, room, cause, now)
        elif happening.kind == "membership":
            comings.came_or_went(session, self._tools, row, happening, room, now)
        elif happening.type == "m.room.tombstone":
            self._replaced(session, row, room, now)
        if happening.content.get("msgtype") == "m.key.verification.request" and row.sender != self._tools.bot_id:
            self._verification(session, row, happening, room, now)
        self._at_step("decided")
        return True

    # -- our own messages, seen again -----------------------------------------------------------------------------

    def _own(self, session: Session, row: JournalRow, room: Room, now: datetime) -> None:
        """A head of the log that we posted is an anchor from the moment when it is seen in the room."""
        key = outbox.key_of(session, row.event_id) if row.event_id else None
        if key is not None and key.startswith(texts.VERSION):
            texts.shown(session, self._tools, key, row, now)
        if key is not None and key.startswith(sending.IN_ROOM):
            sending.shown(session, self._tools, key, now)
        if key is not None and key.startswith("anchor:") and room.incident is not None and row.event_id:
            anchors.seen(session, self._tools, key, row.event_id, now)

    # -- what only the Matrix layer can judge ----------------------------------------------------------------------

    def _replaced(self, session: Session, row: JournalRow, room: Room, now: datetime) -> None:
        value, _ = chain.parse(row.raw)
        out = self._outside.follow(room, value) if isinstance(value, dict) and not row.first else None
        if out is not None:
            # Whoever upgrades a room invites its members into the new one afterwards.
            meta.put(session, f"{notices.SUCCESSOR}{out.payload['room_id']}", json.dumps(out.payload))
            outbox.enqueue(session, out, now)

    def _verification(self, session: Session, row: JournalRow, happening: Happening, room: Room, now: datetime) -> None:
        if happening.content.get("to") != self._tools.bot_id or row.event_id is None or row.first:
            return
        self._outside.decline(session, room.key, row.event_id, now)
        journal.notice(session, "verification", {"user": row.sender, "event_id": row.event_id}, now)

    # -- what follows when everything is done -------------------------------------------------------------------------

    def duties(self, session: Session) -> list[Callable[[Session], object]]:
        """What follows from what was decided, each for a transaction of its own: late messages are told of, boards
        show what changed, and what the next decision will need is read."""
        tools, now = self._tools, self._clock.now()
        unshown = decisions.unshown(session)
        return [
            *([partial(answers.announce_late, tools=tools, now=now)] if answers.unannounced(session, now) else ()),
            *(partial(decisions.show, tools=tools, incident=each, now=now) for each in unshown),
            *([partial(interruptions.caught_up, tools=tools, now=now)] if interruptions.behind(session) else ()),
            *([partial(restored.finish, tools=tools, now=now)] if backup.was_restored(session) else ()),
            *(partial(cells.load, incident_id=each) for each in dict.fromkeys((*unshown, *cells.unread(session)))),
        ]

    def post_boards_anew(self, session: Session, incident: str, now: datetime) -> None:
        """The card and the boards once more, for those who cannot read the last ones."""
        cell = cells.load(session, incident)
        if cell is not None:
            tools = self._tools
            moved = bool(meta.get(session, f"{notices.MOVED}{incident}"))
            after = boards.post_anew(
                session, tools.voice, cell, lambda user: tools.name_of(cell, user), now, moved=moved
            )
            meta.put(session, f"{notices.MOVED}{incident}", "")
            cells.save(session, cell, after)
