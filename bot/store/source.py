"""What an export reads. Guarantee: one record as of one moment, read only, while the bot goes on working."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import select
from sqlmodel import Session, col

from bot.domain.cell import Cell
from bot.domain.language import Both
from bot.domain.log import Entry
from bot.store import blobs, cells, log, migrating, purge, stamps, veil
from bot.store.db import Database
from bot.store.faults import StoreFault
from bot.store.tables import LogEntry, Outbox, RoomRow

_PIECE = 1 << 20


@dataclass(frozen=True)
class IncidentRoom:
    """A Matrix room of the incident; `track` is None for the cell's own room."""

    room_id: str
    name: str
    track: str | None


class StoreSource:
    """The record that one read-only session sees; `passphrase` opens the log's key for signing."""

    def __init__(self, session: Session, passphrase: str | bytes) -> None:
        self._session = session
        self._passphrase = passphrase

    def cell(self, incident: str) -> Cell | None:
        """The incident's state as it may be shown, or None if there is no such incident."""
        cell = cells.load(self._session, incident)
        return cell and veil.shown(self._session, cell)

    def rooms(self, incident: str) -> list[IncidentRoom]:
        """The incident's rooms that exist, by our own keys."""
        rows = self._session.scalars(
            select(RoomRow).where(col(RoomRow.incident) == incident).order_by(col(RoomRow.key))
        )
        return [
            IncidentRoom(row.room_id, self._name(row.key), row.key.rpartition(":")[2] if row.kind == "track" else None)
            for row in rows
            if row.room_id is not None
        ]

    def _name(self, key: str) -> str:
        """The name that a room was made with; our own key for one that we did not make."""
        made = select(col(Outbox.payload)).where(col(Outbox.room_key) == key, col(Outbox.kind) == "create")
        names = (payload.get("name") for payload in self._session.scalars(made))
        return next((name for name in names if isinstance(name, str) and name), key)

    def bot(self, incident: str) -> str | None:
        """The bot's own Matrix id: that of who sent what our outbox sent; None if nothing was."""
        ours = (
            select(col(LogEntry.sender))
            .join(Outbox, col(Outbox.event_id) == col(LogEntry.event_id))
            .where(col(LogEntry.incident) == incident, col(LogEntry.sender).is_not(None))
            .limit(1)
        )
        return self._session.scalars(ours).first()

    def entries(self, incident: str) -> Iterator[Entry]:
        """The whole log in order of `seq`, a page in memory at a time."""
        return log.entries(self._session, incident)

    def hidden(self, incident: str) -> frozenset[int]:
        """The entries that nobody is shown while a purge of them is to be confirmed."""
        return purge.hidden(self._session, incident)

    def files(self, incident: str) -> Iterable[tuple[str, Iterator[bytes]]]:
        """What was posted and kept: a path under `files/`, as the log names it, and its bytes in pieces.

        Raises StoreFault if bytes that the log says are kept are not there.
        """
        for entry in log.entries(self._session, incident):
            kept = (entry.content or {}).get("file")
            if isinstance(kept, dict) and "path" in kept:
                yield str(kept["path"]).removeprefix("files/"), self._pieces(str(kept["sha256"]))

    def tokens(self, incident: str) -> list[tuple[int, bytes, bytes]]:
        """Each time-stamp of a head: its entry's number, the token, and the certificates that it holds by, in PEM."""
        return [(each.seq, each.token, each.certificates) for each in stamps.tokens(self._session, incident)]

    def public_key(self, incident: str) -> bytes:
        """The 32 bytes of the log's own Ed25519 key. Raises LookupError if it has none."""
        held = log.key(self._session, incident)
        if held is None:
            raise LookupError(f"the log of {incident} has no key")
        return base64.b64decode(held[1] + "=" * (-len(held[1]) % 4))

    def sign(self, incident: str, data: bytes) -> bytes:
        """The 64 bytes of the log's signature of `data`. Raises NotOpened for a wrong passphrase."""
        return log.sign(self._session, incident, self._passphrase, data)

    def _pieces(self, sha256: str) -> Iterator[bytes]:
        data = blobs.get(self._session, sha256)
        if data is None:
            raise StoreFault(
                Both(f"le fichier {sha256} n’est pas conservé ici", f"the file {sha256} is not in the store")
            )
        return (data[start : start + _PIECE] for start in range(0, len(data), _PIECE))


@contextmanager
def reading(url: str, passphrase: str | bytes) -> Iterator[StoreSource]:
    """The record at a database's URL, as it is now. Raises StoreFault for one of another revision."""
    database = Database(url)
    try:
        if database.path is not None and not database.path.exists():
            path = database.path
            raise StoreFault(Both(f"il n’y a pas de base à {path}", f"there is no database at {path}"))
        with database.reading() as session:
            held = migrating.revision(session.connection())
            if held != migrating.newest():
                raise StoreFault(
                    Both(
                        f"la base est à la révision {held}, ce programme travaille avec une autre",
                        f"the database is at revision {held}, this program works with another",
                    )
                )
            yield StoreSource(session, passphrase)
    except migrating.DRIVER_ERRORS as error:
        raise migrating.unusable(error) from error
    finally:
        database.close()
