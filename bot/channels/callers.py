"""Who is to be called outside is called. Guarantee: what became of each attempt is in the log and, but for what was not
needed any more, in the cell's room; an attempt is one attempt (`bot.channels.attempts`).
"""

from __future__ import annotations

from datetime import datetime, timedelta

from bot import chronicle
from bot.channels.attempts import Attempts, Ready
from bot.domain.absence import summoned
from bot.domain.cell import Cell
from bot.domain.incident import IncidentStatus
from bot.domain.outcome import Record
from bot.store import cells, outside
from bot.store.db import Session
from bot.store.outside import CallState, OutsideCall

STALE = timedelta(minutes=30)
"""What could not be made within this time is not made at all: the reminder has gone on without it."""


class Callers(Attempts[OutsideCall]):
    """Makes the attempts that reminders ask for."""

    about = "outside"

    def _waiting(self, session: Session) -> list[OutsideCall]:
        return outside.waiting(session)

    def _begun(self, session: Session) -> list[OutsideCall]:
        return outside.begun(session)

    def _begin(self, session: Session, call: OutsideCall) -> Ready | None:
        assert call.id is not None
        now = self._clock.now()
        cell = cells.load(session, call.incident)
        person = self._tools.roster.by_id(call.person)
        way = next((way for way in person.outside if way.channel == call.channel), None) if person else None
        url = self._urls.get(call.channel)
        to = (way.to if way else None) or (person.phone if person else None)
        if cell is None or cell.incident.drill or not _wanted(cell, call, now) or not url or way is None or not to:
            self._settle(session, call, CallState.DROPPED)
            return None
        if not outside.attempt(session, call.id, now):
            return None
        language = self._tools.language_of(session, call.person)
        text = self._tools.voice.catalogue.render("nudges.outside", language, {"code": call.code}).body
        return Ready(url, to, text)

    def _settle(self, session: Session, call: OutsideCall, state: CallState) -> None:
        """Keep what became of it; log it, and tell the room, in which somebody has to know who could be reached."""
        assert call.id is not None
        now = self._clock.now()
        if not outside.settle(session, call.id, state, now):
            return
        after = {
            "attempt": call.id, "person": call.person, "channel": call.channel, "state": state.value,
            "clocks": list(call.clocks), "step": call.step,
        }  # fmt: skip
        record = Record("nudge", "outside", call.clocks[0] if call.clocks else call.person, None, after)
        chronicle.record(session, call.incident, record, sender=None, cause=None, now=now)
        cell = cells.load(session, call.incident)
        if cell is None or state is CallState.DROPPED or cell.incident.status is not IncidentStatus.OPEN:
            return
        language = cell.incident.language
        named = [cell.clocks[name].typed(language) for name in call.clocks if name in cell.clocks]
        values = {
            "channel": call.channel, "name": self._tools.name_of(cell, call.person), "at": call.attempted_at or now,
            "state": state.value, "clocks": named,
        }  # fmt: skip
        key = f"outside:{call.incident}:{call.id}"
        self._tools.voice.say(
            session, now, cell.incident.room_key, "nudges.outside_done", language, values, key, cell=cell
        )
        self._wake()


def _wanted(cell: Cell, call: OutsideCall, now: datetime) -> bool:
    """Whether it is still to be made: in time, to somebody who has not answered, of a clock that still climbs; one that
    is of no clock calls them to the crisis itself."""
    if not call.clocks:
        member = cell.members.get(call.person)
        return now - call.created_at <= STALE and member is not None and summoned(cell, member) is not None
    clocks = [cell.clocks[name] for name in call.clocks if name in cell.clocks]
    open_ = [each for each in clocks if each.open and not each.ring.held and call.person not in each.ring.seen]
    return bool(open_) and now - call.created_at <= STALE and cell.is_here(call.person)
