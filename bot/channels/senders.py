"""Texts are sent to staff and to partners. Guarantee: what leaves is the version that was approved, word for word,
while it still stands; what became of each attempt is in the log, and of all of them in the cell's room, once.
"""

from __future__ import annotations

from datetime import timedelta

from bot import sending
from bot.channels.attempts import Attempts, Ready
from bot.domain.outlets import SendState
from bot.store import cells, sends
from bot.store.db import Session
from bot.store.outside import CallState
from bot.store.sends import ToSend

STALE = timedelta(hours=2)
"""What could not be sent within this time is not sent any more: its hours and numbers are no longer those of now."""
MOST_MISSED = 5
"""After so many in a row that did not arrive the rest is not tried: a gateway that is down takes hours to say so."""


class Senders(Attempts[ToSend]):
    """Makes the attempts that `!diffuser` asks for."""

    about = "text"

    def _waiting(self, session: Session) -> list[ToSend]:
        return sends.waiting(session)

    def _begun(self, session: Session) -> list[ToSend]:
        return sends.begun(session)

    def _begin(self, session: Session, each: ToSend) -> Ready | None:
        sent, now = each.sent, self._clock.now()
        assert sent.id is not None
        cell, url = cells.load(session, sent.incident), self._urls.get(sent.outlet)
        text = sending.still_so(session, cell, sent, now) if now - sent.created_at <= STALE else None
        if text is None or not url:
            self._settle(session, each, CallState.DROPPED)
            return None
        return Ready(url, each.address, text) if sends.attempt(session, sent.id) else None

    def _settle(self, session: Session, each: ToSend, state: CallState) -> None:
        assert each.sent.id is not None
        now = self._clock.now()
        sent = sends.settle(session, each.sent.id, SendState(state.value), now)
        if sent is None:
            return
        sending.settled(session, self._tools, sent, now)
        ended = sends.latest(session, sent.turn, MOST_MISSED)
        if len(ended) == MOST_MISSED and not {SendState.SENT, SendState.DROPPED} & set(ended):
            sends.drop_rest(session, sent.turn, now)
        sending.tell(session, self._tools, sent, now)
        self._wake()
