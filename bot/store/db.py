"""The database. Guarantee: one decision is one transaction, on disk when it is over, and there is one writer.

SQLite by default (WAL, `synchronous=FULL`, `BEGIN IMMEDIATE`), PostgreSQL by its URL alone. The event loop
never waits on a disk: `Database.call` runs in one worker thread. No transaction has a network wait inside
it.
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import StaticPool
from sqlmodel import Session

from bot.domain.language import Both
from bot.store import migrating, scrub, search
from bot.store.faults import StoreFault
from bot.store.kept import KEPT

__all__ = ["Database", "Session", "StoreFault", "committed", "inspect"]

BUSY_MS = 10_000
WRITER_WAIT_S = 60.0

Kept = dict[str, Any]

P = ParamSpec("P")
T = TypeVar("T")


def committed(session: Session, then: Callable[[], None]) -> None:
    """Have this done once what is decided in the session's transaction is written; never, if it is not."""
    event.listen(session, "after_commit", lambda _: then(), once=True)


class Database:
    """The store at a URL: `sqlite:///path`, `sqlite://` (in memory, for tests) or `postgresql+psycopg://...`."""

    def __init__(self, url: str) -> None:
        """Open nothing yet. Raises StoreFault for a URL that is none, or of another kind of database."""
        self._url = parse_url(url)
        self._writer = threading.Lock()
        self._engine = _engine(self._url)
        self._shared = self.path is None and self._url.get_backend_name() == "sqlite"
        self._readers = self._engine if self._shared else _engine(self._url, read_only=True)
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="store")
        self._kept: Kept = {}
        self._seen: tuple[int, int] | None = None
        self.mended: list[str] = []
        self.reindexed = False

    @property
    def path(self) -> Path | None:
        """The SQLite file, or None."""
        return file_of(self._url)

    def migrate(self) -> None:
        """Bring the database to this program's revision, after a copy of an existing SQLite file.

        Triggers that were missing are put back, and named in `mended`. The log's search index is made anew where it was
        not whole, and `reindexed` says so: it proves nothing, and nobody need be told but the program's own log.
        Raises StoreFault for a database made by a newer version, which is left as it is, and for one that cannot be
        reached or written.
        """
        try:
            if self.path:
                _make_private(self.path)
            with self._alone(), self._engine.connect() as connection:
                self.mended = migrating.migrate(connection, self.path)
            with self.transaction() as session:
                self.reindexed = not search.complete(session)
                if self.reindexed:
                    search.rebuild(session)
        except (*migrating.DRIVER_ERRORS, OSError) as error:
            raise migrating.unusable(error) from error

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """A session that may write: committed at the end, rolled back if anything is raised.

        `session.info[KEPT]` is what the last one left there, if it was committed and nobody else has written since.
        """
        with self._alone():
            kept, self._kept = self._kept, {}
            with Session(self._engine, expire_on_commit=False) as session, session.begin():
                session.info[KEPT] = kept if self._is_alone_since(session) else {}
                yield session
            self._kept = session.info[KEPT]

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session that cannot write and sees one state of the database, whatever the writer does."""
        if self._shared:
            with self._alone(), Session(self._engine) as session:
                yield session
        else:
            with Session(self._readers) as session:
                yield session

    def forget(self) -> None:
        """Keep nothing of what was read: the database was put in the place of another."""
        with self._alone():
            self._kept = {}

    async def call(self, fn: Callable[Concatenate[Session, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """`fn(session, ...)` in the worker thread, in one transaction of its own."""
        return await asyncio.get_running_loop().run_in_executor(
            self._worker, partial(self._transacted, fn, *args, **kwargs)
        )

    def _transacted(self, fn: Callable[Concatenate[Session, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        with self.transaction() as session:
            return fn(session, *args, **kwargs)

    async def scrub(self) -> bool:
        """Leave nothing of purged rows in the files (see `bot.store.scrub`); False: it must be done again."""
        return await asyncio.get_running_loop().run_in_executor(self._worker, self.scrub_now)

    def scrub_now(self) -> bool:
        """`scrub`, in this thread."""
        with self._alone():
            return scrub.clean(self._engine, self.path, BUSY_MS)

    def _is_alone_since(self, session: Session) -> bool:
        """Whether the database is as our last transaction left it. Only SQLite tells (`PRAGMA data_version`)."""
        if self._url.get_backend_name() != "sqlite":
            return False
        connection: Any = session.connection().connection.dbapi_connection
        (version,) = connection.execute("PRAGMA data_version").fetchone()
        before, self._seen = self._seen, (id(connection), version)
        return before == self._seen

    def close(self) -> None:
        """Wait for the transaction under way, then let the database go."""
        self._worker.shutdown(wait=True)
        self._readers.dispose()
        self._engine.dispose()

    @contextmanager
    def _alone(self) -> Iterator[None]:
        # A transaction within a transaction would wait for itself: better an error than standing still.
        if not self._writer.acquire(timeout=WRITER_WAIT_S):
            raise StoreFault(Both("la base est occupée depuis une minute", "the store has been busy for a minute"))
        try:
            yield
        finally:
            self._writer.release()


def inspect(url: str) -> list[Both]:
    """What is wrong with the database: its revision, its triggers. Writes nothing.

    One that is not there yet has no fault. Raises StoreFault if it cannot be reached or is no database of
    ours.
    """
    parsed = parse_url(url)
    path = file_of(parsed)
    if path is not None and not path.exists():
        return []
    engine = _engine(parsed, read_only=True)
    try:
        with engine.connect() as connection:
            return migrating.faults(connection)
    except migrating.DRIVER_ERRORS as error:
        raise migrating.unusable(error) from error
    finally:
        engine.dispose()


def parse_url(url: str) -> URL:
    """The URL, if it is of a database that Tocsin can use; else StoreFault. The password is never shown."""
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise StoreFault(
            Both(
                "ce n’est pas l’adresse d’une base ; il faut sqlite:///chemin ou postgresql+psycopg://…",
                "not a database URL; expected sqlite:///path or postgresql+psycopg://…",
            )
        ) from error
    if parsed.get_backend_name() not in ("sqlite", "postgresql"):
        name = parsed.drivername
        raise StoreFault(Both(f"aucune base de ce genre : {name}", f"no such kind of database: {name}"))
    if parsed.drivername == "postgresql":
        parsed = parsed.set(drivername="postgresql+psycopg")
    return parsed


def file_of(url: URL) -> Path | None:
    """The file of an SQLite URL; None for one in memory and for a server."""
    if url.get_backend_name() != "sqlite" or not url.database or url.database == ":memory:":
        return None
    return Path(url.database)


def _engine(url: URL, *, read_only: bool = False) -> Engine:
    if url.get_backend_name() == "sqlite":
        return _sqlite(url, read_only)
    if read_only:
        engine = create_engine(url, hide_parameters=True, pool_pre_ping=True, isolation_level="REPEATABLE READ")
        event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("SET TRANSACTION READ ONLY"))
        return engine
    return create_engine(url, hide_parameters=True, pool_pre_ping=True)


def _sqlite(url: URL, read_only: bool) -> Engine:
    path = file_of(url)
    options: dict[str, Any] = {}
    if path is None:
        options = {"poolclass": StaticPool, "connect_args": {"check_same_thread": False}}
    elif read_only:
        url = url.set(database=f"{path.absolute().as_uri()}", query={"mode": "ro", "uri": "true"})
    engine = create_engine(url, hide_parameters=True, **options)

    def connected(connection: Any, _: object) -> None:
        # The driver's own BEGIN is a deferred one: two writers would meet halfway instead of queueing.
        connection.isolation_level = None
        for pragma in _pragmas(read_only):
            connection.execute(f"PRAGMA {pragma}").close()

    def began(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")

    event.listen(engine, "connect", connected)
    event.listen(engine, "begin", began)
    return engine


def _pragmas(read_only: bool) -> tuple[str, ...]:
    common = (f"busy_timeout={BUSY_MS}", "foreign_keys=ON", "recursive_triggers=ON")
    if read_only:
        return (*common, "query_only=ON")
    return (*common, "journal_mode=WAL", "synchronous=FULL", "secure_delete=ON")


def _make_private(path: Path) -> None:
    """The folder 0700 if it is made here, the file 0600; SQLite gives -wal and -shm the same mode."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    path.chmod(0o600)
