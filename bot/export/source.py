"""What an export reads, and nothing else: the store implements this, read-only and in one consistent view."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol

from bot.domain.cell import Cell
from bot.domain.log import Entry


class Room(Protocol):
    """A Matrix room of the incident; `track` is None for the cell's own room."""

    @property
    def room_id(self) -> str: ...

    @property
    def name(self) -> str: ...

    @property
    def track(self) -> str | None: ...


class Source(Protocol):
    """One incident's record, as of one moment: all methods answer from the same snapshot."""

    def cell(self, incident: str) -> Cell | None:
        """The incident's state, or None if there is no such incident."""
        ...

    def rooms(self, incident: str) -> Iterable[Room]: ...

    def entries(self, incident: str) -> Iterator[Entry]:
        """The whole log in order of `seq`, a page in memory at a time."""
        ...

    def bot(self, incident: str) -> str | None:
        """The bot's own Matrix id; None where it has said nothing there."""
        ...

    def hidden(self, incident: str) -> frozenset[int]:
        """The entries that nobody is shown while a purge of them is to be confirmed."""
        ...

    def files(self, incident: str) -> Iterable[tuple[str, Iterator[bytes]]]:
        """What was posted and kept: its path below `files/`, without that prefix, and its bytes in pieces."""
        ...

    def tokens(self, incident: str) -> Iterable[tuple[int, bytes, bytes]]:
        """Each time-stamp of a head: its entry's number, the token, and the certificates that it holds by, in PEM."""
        ...

    def public_key(self, incident: str) -> bytes:
        """The 32 bytes of the log's own Ed25519 key."""
        ...

    def sign(self, incident: str, data: bytes) -> bytes:
        """The 64 bytes of the signature of `data` by the log's own key."""
        ...
