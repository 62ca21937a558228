"""The composition root: builds the parts, starts them in order, stops them in order. Nothing else knows them all.

Order of a start: configuration, people, playbooks and words (what is wrong with them is said at once); the lock; the
database; the device; its signature; then the loops. Ready means: synced, signed, and able to send.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any, TypeVar

import structlog

from bot.clock import SystemClock
from bot.config import Config, ConfigurationError
from bot.configured import gateways, people, prepared, time_stamps, tools_of, vital_first
from bot.deliveries import Deliveries
from bot.domain.language import Both
from bot.domain.roles import Role
from bot.domain.roster import Roster
from bot.drawings import Drawings
from bot.engine import Engine, Outside
from bot.exhibits import Exhibits
from bot.export.logo import usable
from bot.health import Health, HealthServer, Supervisor
from bot.integrity import Integrity
from bot.keeping import Keeper
from bot.making import open_direct
from bot.matrix.backoff import Backoff, pause
from bot.matrix.client import Account, Client
from bot.matrix.errors import Limited, LoggedOut, MatrixRefused, StoreInUse, Unreachable
from bot.matrix.identity import ForeignIdentity, NotSigned, Signed, ensure_signed
from bot.matrix.media import HASHED, MOST, measure, read_file
from bot.matrix.rooms import AlertRoom, AlertRoomUnusable, ask_in_again, direct_room_times, ensure_alert_room, follow
from bot.matrix.sender import Sender
from bot.matrix.staff_room import enter, readers
from bot.matrix.sync import LOST_AFTER, Hooks, SyncLoop
from bot.matrix.trust import Trust
from bot.matrix.verification import Verifications, decline_in_room
from bot.pictures import Pictures
from bot.prints import Prints
from bot.reloading import Reloading
from bot.ringing import LAST_BEAT
from bot.steps import Step, no_step
from bot.store import backup, meta, outside, rooms, sends
from bot.store.db import Database, Session
from bot.store.faults import StoreFault
from bot.store.lock import AlreadyHeld, InstanceLock
from bot.ticker import REPOST_EVERY, Ticker
from bot.tools import Tools
from bot.waiting import FileWait

OK, FAILED, CONFIGURATION, HELD, FOREIGN = 0, 1, 2, 3, 4
STAFF_ROOM_EVERY = 60.0
"""Seconds after which the staff's room is tried again, where the bot may not enter it yet."""
STAMP_EVERY = 5.0
"""Seconds between two looks at the time-stamps that are wanted."""
HOMESERVER = "homeserver"
"""The part under which readiness waits for a homeserver that does not answer yet."""
REFUSALS = 3
"""So many refusals at start, one after the other, are the server's last word."""
READ_EVERY = 0.2
"""Seconds between two looks at whether a restored store has read everything."""
STOP_WITHIN = 8.0
"""Seconds for an orderly stop; SIGTERM promises ten."""

logger = structlog.get_logger(__name__)
T = TypeVar("T")


def run(config: Config, log_format: str) -> int:
    """Run the bot until SIGTERM or SIGINT. Returns the exit code: 0, 2 configuration, 3 held, 4 foreign identity."""
    try:
        return asyncio.run(Bot(config).serve())
    except (ConfigurationError, AlertRoomUnusable, LoggedOut, StoreFault) as fault:
        return _say(str(fault), CONFIGURATION)
    except (AlreadyHeld, StoreInUse) as fault:
        return _say(str(fault), HELD)
    except ForeignIdentity as fault:
        return _say(str(fault), FOREIGN)


def _say(sentence: str, code: int) -> int:
    print(sentence, file=sys.stderr)
    return code


class Bot:
    """One running instance."""

    def __init__(
        self,
        config: Config,
        step: Step = no_step,
        repost_every: timedelta = REPOST_EVERY,
        lost_after: timedelta = LOST_AFTER,
    ) -> None:
        self._config = config
        self._step = step
        self._repost_every, self._lost_after = repost_every, lost_after
        self._clock = SystemClock()
        self._health = Health("signed", "sync", "engine")
        self._supervisor = Supervisor()
        self._stop, self._hung_up = asyncio.Event(), asyncio.Event()
        self._asked: set[asyncio.Task[None]] = set()
        self._held = prepared(config)
        self._gateways = gateways(config)
        for key, path in config.paths.missing.items():
            logger.warning("folder_missing", key=f"paths.{key}", path=str(path), used="what is shipped")
            self._health.warn(f"paths.{key}", f"there is no folder {path}: only what is shipped is used")
        self._signed: Signed | None = None
        self._fatal: ForeignIdentity | None = None

    async def serve(self) -> int:
        """Start, run, stop. Raises what `run` turns into exit codes."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop.set)
        # The files are read anew later, at the latest with the homeserver's first answer: a hang-up ends nothing.
        loop.add_signal_handler(signal.SIGHUP, self._hung_up.set)
        config = self._config
        os.umask(0o077)
        with InstanceLock(config.matrix.store, config.database.url):
            server = HealthServer(self._health, config.health.address) if config.health.address else None
            if server is not None:
                await server.start()
            db = Database(config.database.url)
            try:
                await asyncio.to_thread(db.migrate)
                for trigger in db.mended:
                    logger.error("trigger_was_missing", trigger=trigger)
                if db.reindexed:
                    logger.warning("search_index_rebuilt")
                await self._with_database(db)
            finally:
                await asyncio.to_thread(db.close)
                if server is not None:
                    await server.stop()
        return OK

    async def _with_database(self, db: Database) -> None:
        matrix = self._config.matrix
        client = Client(
            Account(
                matrix.homeserver,
                matrix.user_id,
                matrix.store,
                matrix.store_passphrase.get_secret_value(),
                matrix.password.get_secret_value() if matrix.password else None,
                matrix.access_token.get_secret_value() if matrix.access_token else None,
            )
        )
        try:
            if (
                await self._until_done(client.connect, HOMESERVER) is None
                or await self._until_done(lambda: self._sign(client), HOMESERVER) is None
            ):
                return
            await self._serve_with(db, client)
        finally:
            await client.close()

    async def _sign(self, client: Client) -> bool:
        matrix = self._config.matrix
        password = matrix.password.get_secret_value() if matrix.password else None
        passphrase = matrix.store_passphrase.get_secret_value()
        self._signed = await ensure_signed(client, matrix.store, passphrase, password)
        self._health.set("signed", None)
        return True

    async def _until_done(self, act: Callable[[], Awaitable[T]], part: str = "") -> T | bool | None:
        """Try until it is done; None if the bot is told to stop before. What is refused three times is raised.

        `part` is the name under which trouble holds readiness back; without one it holds nothing back.
        """
        backoff, refused = Backoff(), 0
        while not self._stop.is_set():
            try:
                done = await act() or True
                if part:
                    self._health.set(part, None)
                return done
            except Limited as limited:
                wait = limited.seconds
            except (Unreachable, NotSigned, MatrixRefused) as trouble:
                refused += isinstance(trouble, NotSigned | MatrixRefused)
                if refused == REFUSALS:
                    raise LoggedOut(_refusal(trouble)) from trouble
                wait = backoff.next()
                logger.warning("homeserver_trouble", why=str(trouble), again_in=round(wait, 1))
                if part:
                    self._health.set(part, str(trouble))
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stop.wait(), wait)
        return None

    async def _serve_with(self, db: Database, client: Client) -> None:
        config, clock, health = self._config, self._clock, self._health
        trust = Trust(client, db, clock, config.matrix.unsigned_devices)
        sender = Sender(client, db, clock, trust, health, self._step)
        tools = tools_of(
            config, self._held, client.user_id, self._fingerprint, lambda room: readers(client, room), sender.limited
        )
        most = config.journal.keep_files_up_to
        measured = max(HASHED * most, MOST)
        keeper = Keeper(
            db,
            clock,
            lambda file: read_file(client, file, most),
            lambda file: measure(client, file, measured),
            most,
            quarantined=config.journal.quarantine,
        )
        engine = Engine(
            db,
            clock,
            tools,
            Outside(follow, decline_in_room),
            sender.wake,
            self._step,
            FileWait(keeper.wake, client.user_id),
            sender,
        )
        keeper.settled = engine.wake
        client.on_renewed.append(lambda: self._resign(client))
        hooks = Hooks(
            engine.wake, trust.is_signed, Verifications(client, db, clock).decline, rooms.of_incidents, engine.at_rest
        )
        sync = SyncLoop(client, db, clock, health, hooks, step=self._step, lost_after=self._lost_after)
        ticker = Ticker(db, clock, engine, sender.wake, self._repost_every, clock.both, health.warn)
        deliveries = Deliveries(db, config.database.url, clock, tools)
        drawn = (Pictures(db, clock, tools), Prints(db, clock, tools, usable(config.organisation.logo)))
        exhibits = Exhibits(
            db, clock, tools, lambda file: read_file(client, file), most, quarantined=config.journal.quarantine
        )

        def ask_in(session: Session, roster: Roster, now: datetime) -> None:
            if config.matrix.alert_room:
                ask_in_again(session, alert_room(config, roster), client.user_id, now)

        reloading = Reloading(db, clock, engine, lambda: people(config), ask_in)
        asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, lambda: self._reload(reloading))
        if self._hung_up.is_set():
            self._reload(reloading)
        await db.call(_begin, clock.now())
        if config.matrix.alert_room:
            wanted = alert_room(config, self._held.roster)
            if await self._until_done(lambda: ensure_alert_room(client, db, clock, wanted), HOMESERVER) is None:
                return
        await db.call(self._direct_rooms, clock.now())
        # What was to go out by a channel that is named no more is told of, too, and its numbers kept no longer.
        calls_out = bool(self._gateways) or await db.call(_unended)
        tasks = [
            asyncio.create_task(sync.run(self._stop), name="sync"),
            asyncio.create_task(self._engine_loop(engine, sync), name="engine"),
            asyncio.create_task(self._send_loop(sender, sync, db), name="sender"),
            asyncio.create_task(self._side_work(reloading, deliveries, exhibits, drawn), name="side"),
            asyncio.create_task(self._announce(client, sync), name="ready"),
            asyncio.create_task(self._look(Integrity(db, clock, tools, db.mended), engine), name="integrity"),
            asyncio.create_task(self._stamp_loop(time_stamps(config, db, clock, tools)), name="stamps"),
            asyncio.create_task(keeper.run(), name="files"),
            asyncio.create_task(self._enter_staff_room(client, db), name="staff"),
            *([asyncio.create_task(self._call_outside(db, tools, sender), name="outside")] if calls_out else []),
        ]
        ticker.start()
        try:
            await self._until_stopped(tasks)
        finally:
            ticker.stop()
            self._supervisor.stopping()
            await self._wind_down(tasks, sender, engine)
        if self._fatal is not None:
            raise self._fatal

    async def _until_stopped(self, tasks: list[asyncio.Task[Any]]) -> None:
        """Wait for the stop; a loop that ends by itself with an error is the error of the whole."""
        stopping = asyncio.create_task(self._stop.wait())
        waiting: set[asyncio.Task[Any]] = {*tasks, stopping}
        try:
            while not self._stop.is_set():
                done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
                for task in done - {stopping}:
                    _raise_one(task)
        finally:
            stopping.cancel()

    async def _wind_down(self, tasks: list[asyncio.Task[Any]], sender: Sender, engine: Engine) -> None:
        """Let what is under way end: the sync writes that it stops, the engine logs it, the sender ends its row."""
        self._stop.set()
        sender.stop()
        sync = tasks[0]
        await asyncio.wait([sync], timeout=STOP_WITHIN / 2)
        with contextlib.suppress(Exception):
            await asyncio.wait_for(engine.settle(), STOP_WITHIN / 4)
        _, late = await asyncio.wait(tasks[2:3], timeout=STOP_WITHIN / 4)
        for task in (*tasks, *late):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _engine_loop(self, engine: Engine, sync: SyncLoop) -> None:
        await sync.caught_up.wait()
        self._health.set("engine", None)
        await engine.run()

    async def _send_loop(self, sender: Sender, sync: SyncLoop, db: Database) -> None:
        await sync.caught_up.wait()
        # After a restore: what stands in the rooms already is read there, before anything is said again.
        while await db.call(backup.was_restored) and not await db.call(backup.settled):
            if await pause(self._stop, READ_EVERY):
                return
        await sender.run()

    def _reload(self, reloading: Reloading) -> None:
        """Somebody sent SIGHUP: the roster and the directory are read anew, soon."""
        task = asyncio.create_task(reloading.ask(), name="reload")
        self._asked.add(task)
        task.add_done_callback(self._asked.discard)

    async def _side_work(
        self, reloading: Reloading, deliveries: Deliveries, exhibits: Exhibits, drawn: tuple[Drawings, ...]
    ) -> None:
        """What takes its time: incident files that were asked for, files of evidence that are to be read."""
        interval = self._supervisor.watchdog_interval
        while True:
            try:
                await reloading.look()
                await deliveries.deliver()
                for each in drawn:
                    await each.draw()
                await exhibits.collect()
            except Exception as fault:
                logger.exception("side_work_failed", error=type(fault).__name__)
            if interval:
                self._supervisor.alive()
            await asyncio.sleep(min(1.0, interval or 1.0))

    async def _look(self, integrity: Integrity, engine: Engine) -> None:
        """The chains since their last anchors, once; nothing waits for it, and it waits for what was missed."""
        try:
            await engine.at_rest()
            await integrity.look()
        except Exception as fault:
            logger.exception("integrity_unknown", error=type(fault).__name__)

    async def _call_outside(self, db: Database, tools: Tools, sender: Sender) -> None:
        """Whom nobody could reach here is called outside, and texts are sent, where the configuration has channels."""
        from bot.channels.callers import Callers
        from bot.channels.senders import Senders

        made = [kind(db, self._clock, tools, self._gateways, sender.wake, self._step) for kind in (Callers, Senders)]
        await asyncio.gather(*(each.run() for each in made))

    async def _enter_staff_room(self, client: Client, db: Database) -> None:
        """The staff's room, if the configuration names one: nothing waits for it, and it is tried again."""
        alias = self._config.matrix.staff_room
        while alias and not self._stop.is_set():
            why = await self._until_done(lambda: enter(client, db, alias))
            self._health.warn("staff_room", why.en if isinstance(why, Both) else None)
            if not isinstance(why, Both):
                return
            logger.warning("staff_room_unusable", why=why.en)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stop.wait(), STAFF_ROOM_EVERY)

    async def _stamp_loop(self, collect: Callable[[], Awaitable[int]] | None) -> None:
        """Time-stamps for the heads of the logs, where an authority is configured; it may be slow, or away."""
        while collect is not None:
            try:
                await collect()
            except Exception as fault:
                logger.exception("stamping_failed", error=type(fault).__name__)
            await asyncio.sleep(STAMP_EVERY)

    async def _announce(self, client: Client, sync: SyncLoop) -> None:
        """Say that the bot is ready, once, to whoever started it; then tell the supervisor of each change."""
        await sync.caught_up.wait()
        ready = asyncio.Event()
        self._health.on_change(lambda well: ready.set() if well else ready.clear())
        if not self._health.ready:
            await ready.wait()
        assert self._signed is not None
        line = {
            "event": "ready",
            "user_id": client.user_id,
            "device_id": client.device_id,
            "fingerprint": self._signed.fingerprint,
        }
        print(json.dumps(line), flush=True)
        self._supervisor.ready()
        await self._until_done(client.succeed)

    async def _resign(self, client: Client) -> None:
        self._health.set("signed", "checking")
        try:
            await self._sign(client)
        except ForeignIdentity as fault:
            # Raised where a renewal is only a step of something else: the whole has to end with it.
            self._fatal = fault
            self._stop.set()

    def _fingerprint(self) -> str:
        return self._signed.fingerprint if self._signed else ""

    def _direct_rooms(self, session: Session, now: datetime) -> None:
        """In peacetime, a direct room with everyone, paced so that an alarm's own room never has to wait."""
        people = (person.matrix_id for person in vital_first(self._held.roster))
        missing = [user for user in people if rooms.by_key(session, f"dm:{user}") is None]
        for user, at in zip(missing, direct_room_times(len(missing), now), strict=True):
            open_direct(session, user, now, at)


def alert_room(config: Config, roster: Roster) -> AlertRoom:
    """The alert room as it is to be: its name travels in clear and says nothing."""
    people = vital_first(roster)
    name = "Alerte" if config.organisation.language == "fr" else "Alert"
    admins = tuple(p.matrix_id for p in people if Role.DIRECTOR in p.roles)
    return AlertRoom(config.matrix.alert_room, name, "", admins, tuple(p.matrix_id for p in people))


def _begin(session: Session, now: datetime) -> None:
    """Keep when this process began, and when the last one was last alive."""
    meta.put(session, "process_started", now.isoformat())
    meta.put(session, "last_seen", meta.get(session, LAST_BEAT) or "")


def _unended(session: Session) -> bool:
    return outside.unended(session) or sends.unended(session)


def _refusal(trouble: Exception) -> Both:
    """Why the bot cannot start, and what to look at."""
    if isinstance(trouble, NotSigned):
        return Both(
            f"Le bot n’a pas pu signer son appareil ({trouble}) ; si le compte n’a ici qu’un jeton, donnez "
            "aussi son mot de passe (password_file), puis relancez.",
            f"The bot could not sign its device ({trouble}); if the account is configured with a token only, give its "
            "password too (password_file), then start again.",
        )
    return Both(
        f"Le serveur Matrix refuse le bot ({trouble}) ; vérifiez le compte avec : tocsin check",
        f"The Matrix server refuses the bot ({trouble}); look at the account with: tocsin check",
    )


def _raise_one(task: asyncio.Task[Any]) -> None:
    """The first real error of a task, out of the groups in which it may come."""
    fault = task.exception() if not task.cancelled() else None
    while isinstance(fault, BaseExceptionGroup):
        fault = fault.exceptions[0]
    if fault is not None:
        raise fault
