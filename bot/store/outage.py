"""When the store itself cannot be used. Guarantee: a full disk, a read-only one, a failing one and a database that
another program holds are told apart from faults of ours, in plain words, whichever library stumbled over them.

None of these is the fault of what was being written: it is tried again as it is, for as long as it takes.
"""

from __future__ import annotations

import errno
import sqlite3
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from bot.domain.language import Both

WORDS = {
    "full": Both("le disque est plein", "the disk is full"),
    "read_only": Both("le disque est en lecture seule", "the disk is read-only"),
    "held": Both("un autre programme tient la base", "another program holds the database"),
    "failing": Both("le disque répond par une erreur", "the disk answers with an error"),
    "closed": Both("la base ne s’ouvre pas", "the database cannot be opened"),
    "damaged": Both("la base est abîmée", "the database is damaged"),
    "away": Both("la base est hors d’atteinte", "the database is out of reach"),
}

# Primary result codes, https://www.sqlite.org/rescode.html
_SQLITE = {
    sqlite3.SQLITE_FULL: "full",
    sqlite3.SQLITE_READONLY: "read_only",
    sqlite3.SQLITE_BUSY: "held",
    sqlite3.SQLITE_LOCKED: "held",
    sqlite3.SQLITE_IOERR: "failing",
    sqlite3.SQLITE_CANTOPEN: "closed",
    sqlite3.SQLITE_CORRUPT: "damaged",
    sqlite3.SQLITE_NOTADB: "damaged",
}
_SYSTEM = {
    errno.ENOSPC: "full",
    errno.EDQUOT: "full",
    errno.EFBIG: "full",
    errno.EROFS: "read_only",
    errno.EIO: "failing",
}
# https://www.postgresql.org/docs/current/errcodes-appendix.html
_POSTGRES = {"53100": "full", "25006": "read_only", "55P03": "held", "58030": "failing", "XX001": "damaged"}
_POSTGRES_AWAY = ("08", "53", "57P")


@dataclass(frozen=True)
class Outage:
    """What is wrong with the store: a key of `WORDS`."""

    kind: str

    @property
    def words(self) -> Both:
        """What is wrong, in plain words."""
        return WORDS[self.kind]


def of(error: BaseException) -> Outage | None:
    """What is wrong with the store, if that is what this exception tells of; None for everything else."""
    for each in _layers(error):
        kind = _kind(each)
        if kind is not None:
            return Outage(kind)
    return None


def _kind(error: BaseException) -> str | None:
    match error:
        case sqlite3.Error():
            code = getattr(error, "sqlite_errorcode", None)
            return _SQLITE.get(code & 0xFF) if isinstance(code, int) else None
        case OSError():
            return _SYSTEM.get(error.errno or 0)
        case _:
            return _of_server(error)


def _of_server(error: BaseException) -> str | None:
    # Where its driver was never needed, nothing of it can have failed: it is not loaded only to be asked about.
    psycopg: Any = sys.modules.get("psycopg")
    if psycopg is None or not isinstance(error, psycopg.Error):
        return None
    state: str | None = error.sqlstate
    if state is None:
        return "away" if isinstance(error, psycopg.OperationalError) else None
    return _POSTGRES.get(state) or ("away" if state.startswith(_POSTGRES_AWAY) else None)


def _layers(error: BaseException) -> Iterator[BaseException]:
    """The exception, and what SQLAlchemy and peewee wrapped in it."""
    yield error
    inner = getattr(error, "orig", None)
    if isinstance(inner, BaseException):
        yield from _layers(inner)
