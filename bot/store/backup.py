"""Copies of the store. Guarantee: a copy is one state of the database, whole, while the bot goes on writing; and what
came back from a copy knows that it did, so that nothing which was said since is said again.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from sqlmodel import Session

from bot.domain.language import Both
from bot.store import journal, meta, migrating, outbox, outside, sends
from bot.store.db import Database, file_of, parse_url
from bot.store.faults import StoreFault
from bot.store.outbox import RESTORED


@dataclass(frozen=True)
class Contents:
    """What a database holds: its revision, how far its journal goes, and each log's head as [seq, entry_hash]."""

    revision: str | None
    journal: int
    received: str | None
    heads: dict[str, tuple[int, str]]

    def goes_beyond(self, other: Contents) -> bool:
        """Whether it holds anything that the other does not: it is newer, or another's."""
        if self.journal > other.journal or (self.received or "") > (other.received or ""):
            return True
        for incident, (seq, entry_hash) in self.heads.items():
            known = other.heads.get(incident)
            if known is None or seq > known[0] or (seq == known[0] and entry_hash != known[1]):
                return True
        return False


def refuse_newer(held: Contents) -> None:
    """Refuse what a later version of this program wrote. Raises StoreFault."""
    if held.revision is not None:
        migrating.refuse_newer(held.revision)


def copy_keys(source: Path, target: Path) -> None:
    """A consistent copy of another SQLite file that is in use: the device's keys."""
    migrating.copy(source, target)


def copy(url: str, target: Path) -> None:
    """Copy the database at this URL into an SQLite file, 0600, on disk when this returns. Raises StoreFault."""
    path = file_of(parse_url(url))
    try:
        if path is None:
            from bot.store.transfer import to_file

            to_file(url, target)
        elif not path.exists():
            raise StoreFault(Both(f"il n’y a pas de base à {path}", f"there is no database at {path}"))
        else:
            migrating.copy(path, target)
    except (*migrating.DRIVER_ERRORS, sqlite3.Error) as error:
        raise migrating.unusable(error) from error


def contents(path: Path) -> Contents:
    """What an SQLite file holds; reads only, and makes no file beside it. Raises StoreFault for a damaged one."""
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True)) as db:
            found = db.execute("PRAGMA quick_check(1)").fetchone()[0]
            if found != "ok":
                raise StoreFault(Both(f"{path} est abîmée : {found}", f"{path} is damaged: {found}"))
            tables = {name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            if "journal" not in tables:
                return Contents(None, 0, None, {})
            revision = db.execute("SELECT version_num FROM alembic_version").fetchone()
            # That it was restored makes nothing newer: a restore that was cut short is done again.
            came = "kind <> 'notice' OR type <> ?"
            last = db.execute(f"SELECT max(id), max(received_at) FROM journal WHERE {came}", (RESTORED,)).fetchone()
            rows = db.execute("SELECT incident, max(seq), entry_hash FROM log_entry GROUP BY incident")
            heads = {incident: (seq, entry_hash) for incident, seq, entry_hash in rows}
            return Contents(revision[0] if revision else None, last[0] or 0, last[1], heads)
    except sqlite3.Error as error:
        raise migrating.unusable(error) from error


def checkpointed(path: Path) -> Contents:
    """What the store's own SQLite file holds, all that is in its write-ahead log too. Raises StoreFault."""
    try:
        with closing(sqlite3.connect(path)) as db:
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    except sqlite3.Error as error:
        raise migrating.unusable(error) from error
    return contents(path)


def mark_restored(url: str, made_at: datetime, now: datetime) -> None:
    """Bring a restored database to this program's revision, and have it say, to itself and in each log, what it is."""
    database = Database(url)
    try:
        database.migrate()
        with database.transaction() as session:
            payload = {"made_at": made_at.isoformat(), "restored_at": now.isoformat()}
            outbox.restored(session, payload)
            sends.restored(session)
            outside.restored(session)
            journal.notice(session, RESTORED, payload, now)
    except migrating.DRIVER_ERRORS as error:
        raise migrating.unusable(error) from error
    finally:
        database.close()


def was_restored(session: Session) -> bool:
    """Whether the store came back from a copy, and has not yet read all that is in the rooms."""
    return bool(meta.get(session, RESTORED))


def settled(session: Session) -> bool:
    """Whether nothing that came in waits any more: no gap, nothing to be opened, nothing to be done, now or later. From
    then on it may speak."""
    return not (journal.gaps(session) or journal.sealed(session, 1) or journal.next_ready(session, 1))


def over(session: Session) -> bool:
    """Whether all is read, in the rooms that were found again too. From then on it is a store like any other."""
    if not settled(session) or outbox.making(session):
        return False
    outbox.forget_said(session)
    return True


def as_json(held: Contents) -> dict[str, object]:
    """The contents, for a manifest."""
    return asdict(held)


def from_json(value: dict[str, object]) -> Contents:
    """Read back what `as_json` gave. Raises KeyError, TypeError, ValueError."""
    heads = value["heads"]
    if not isinstance(heads, dict):
        raise TypeError("heads")
    revision, received = value["revision"], value["received"]
    return Contents(
        str(revision) if revision is not None else None,
        int(str(value["journal"])),
        str(received) if received is not None else None,
        {str(incident): (int(seq), str(entry_hash)) for incident, (seq, entry_hash) in heads.items()},
    )
