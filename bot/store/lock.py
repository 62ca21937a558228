"""One instance at a time. Guarantee: two bots never work on one store; a dead one keeps nobody out.

The locks are the kernel's (flock) and PostgreSQL's (a session's advisory lock): both end with whoever held
them.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from types import TracebackType

from sqlalchemy import Connection, create_engine, text
from sqlalchemy.pool import NullPool

from bot.domain.language import Both
from bot.spoken import Told
from bot.store import migrating
from bot.store.db import file_of, parse_url

# Any number does, as long as it is always the same: "tocsin" in ASCII.
_ADVISORY = int.from_bytes(b"tocsin", "big")


class AlreadyHeld(Told):
    """Another instance holds the store."""


class InstanceLock:
    """The right to work on the encryption store in `folder`, and on the database at `url` if one is given."""

    def __init__(self, folder: Path, url: str | None = None) -> None:
        self._url = parse_url(url) if url else None
        self._files = [folder / "instance.lock"]
        database = file_of(self._url) if self._url else None
        if database is not None:
            self._files.append(database.with_name(f"{database.name}.lock"))
        self._held: list[int] = []
        self._connection: Connection | None = None

    def acquire(self) -> None:
        """Take the locks, or take none and raise AlreadyHeld; StoreFault where there is no way to them. Never waits."""
        try:
            for path in self._files:
                self._held.append(_lock_file(path))
            if self._url and self._url.get_backend_name() == "postgresql":
                self._lock_database()
        except (*migrating.DRIVER_ERRORS, OSError) as error:
            self.release()
            raise migrating.unusable(error) from error
        except BaseException:
            self.release()
            raise

    def release(self) -> None:
        """Give the locks back; does nothing without them."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        while self._held:
            os.close(self._held.pop())

    def _lock_database(self) -> None:
        if self._url is None:
            return
        engine = create_engine(self._url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
        self._connection = engine.connect()
        taken = self._connection.execute(text("SELECT pg_try_advisory_lock(:key)"), {"key": _ADVISORY})
        if not taken.scalar_one():
            raise AlreadyHeld(
                Both("un autre Tocsin tient cette base", "another instance of Tocsin holds this database")
            )

    def __enter__(self) -> InstanceLock:
        self.acquire()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def _lock_file(path: Path) -> int:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(handle)
        raise AlreadyHeld(Both(f"un autre Tocsin tient {path}", f"another instance of Tocsin holds {path}")) from error
    return handle
