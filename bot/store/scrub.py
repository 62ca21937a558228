"""What deleted rows leave in files. Guarantee: after `clean` has returned True, no page on which a purged row stood
holds it any more: not in the database's file, nor in its write-ahead log, nor in the copy that a migration kept.

SQLite writes zeros over what is deleted (`secure_delete`), but first into the write-ahead log: the log is taken into
the file and cut to nothing. PostgreSQL leaves dead rows where they were: its tables are written anew, each once nobody
reads it: a lock that is not had at once is asked for another time, so that nobody else waits behind it. Of its own
write-ahead log, replicas and backups it says nothing to a client: they are its administrator's to clean.
"""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

_PATIENCE_MS = 500
_LOCK_NOT_AVAILABLE = "55P03"


def clean(engine: Engine, path: Path | None, patience_ms: int) -> bool:
    """Clean up; False where somebody still reads an older state, and it must be done again. `patience_ms` is how long
    this database waits for others otherwise."""
    if engine.dialect.name != "sqlite":
        return _written_anew(engine)
    held = engine.raw_connection()
    try:
        cursor = held.cursor()
        # The one thread that works must not stand still for a long export.
        cursor.execute(f"PRAGMA busy_timeout={_PATIENCE_MS}")
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        busy = cursor.fetchall()[0][0]
        cursor.execute(f"PRAGMA busy_timeout={patience_ms}")
        cursor.close()
    finally:
        held.close()
    if path is not None:
        for copy in path.parent.glob(f"{path.name}.before-*"):
            copy.unlink(missing_ok=True)
    return not busy


def _written_anew(engine: Engine) -> bool:
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql(f"SET lock_timeout = '{_PATIENCE_MS}ms'")
        try:
            connection.exec_driver_sql("VACUUM (FULL)")
        except OperationalError as fault:
            if getattr(fault.orig, "sqlstate", None) != _LOCK_NOT_AVAILABLE:
                raise
            return False
        finally:
            connection.exec_driver_sql("RESET lock_timeout")
    return True
