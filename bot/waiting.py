"""An entry that tells of a file waits for the file's bytes, a little. Guarantee: what a room says stays in order, and
no file, however slow, holds its room up for longer than `patience`, nor the next ones after it; also where the clock
is set back meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from bot import inbound
from bot.inbound import Happening
from bot.store import posted
from bot.store.db import Session
from bot.store.journal import JournalRow
from bot.store.rooms import Room

PATIENCE = timedelta(seconds=5)
IMPATIENCE = timedelta(minutes=1)
"""After a file that did not come in time, so long nobody waits for another."""


class FileWait:
    """Says which rows wait. `wanted` is called when there is a file to read."""

    def __init__(self, wanted: Callable[[], None], bot_id: str, patience: timedelta = PATIENCE) -> None:
        self._wanted, self._bot_id, self._patience = wanted, bot_id, patience
        self._impatient_until: datetime | None = None

    def waits(self, session: Session, rows: Sequence[JournalRow], row: JournalRow, room: Room, now: datetime) -> bool:
        """Whether a row of an incident's room waits. The files of the rows after it are asked for at the same time."""
        if row.event_id is None or not self._posts(row, inbound.read(row)):
            return False
        known = posted.get(session, row.event_id)
        if known is None:
            known = self._want(session, rows[rows.index(row) :], row, room, now)
        if known.state != posted.WANTED:
            return False
        if known.asked_at > now:
            posted.set_back(session, now)
        until = min(known.asked_at, now) + self._patience
        if now >= until:
            self._impatient_until = now + IMPATIENCE
        if now >= until or self._is_impatient(now):
            return False
        posted.hold(session, row.id, until)
        return True

    def _is_impatient(self, now: datetime) -> bool:
        # A clock that was set back does not make it last.
        return self._impatient_until is not None and now < self._impatient_until <= now + IMPATIENCE

    def _want(
        self, session: Session, rows: Sequence[JournalRow], row: JournalRow, room: Room, now: datetime
    ) -> posted.Posted:
        incident = room.incident or ""
        for each in rows:
            if each.room_id == row.room_id and each.kind == "event" and self._posts(each, inbound.read(each)):
                posted.want(session, str(each.event_id), incident, each.id, now)
        self._wanted()
        return posted.want(session, str(row.event_id), incident, row.id, now)

    def _posts(self, row: JournalRow, happening: Happening) -> bool:
        """Whether the row posts a file that somebody else has: of our own we have the bytes."""
        return row.sender != self._bot_id and inbound.attachment(happening, row.event_id) is not None
