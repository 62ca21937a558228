"""Interactive verification, which a bot cannot do: nobody is there to compare emoji.

Guarantee: a request from someone who shares a room with us is declined once, so that no client is left
waiting, and a notice lets the engine say how to compare fingerprints instead. A stranger gets no answer.

The code is `m.user`: the specification lets a device that knows none of the methods be declined by hand
(client-server API, "Key verification framework"), and for a bot this is that hand.
"""

from __future__ import annotations

import hashlib
from datetime import datetime

from bot.clock import Clock
from bot.matrix.client import Client, path
from bot.matrix.signatures import Json
from bot.store import journal, outbox
from bot.store.db import Database, Session
from bot.store.outbox import Outgoing

REQUEST = "m.key.verification.request"
CANCEL = "m.key.verification.cancel"
REASON = "This account is a bot: compare its fingerprint with the one its administrator can print."


def cancellation() -> Json:
    """Return what every decline says."""
    return {"code": "m.user", "reason": REASON}


class Verifications:
    """Declines requests that came as to-device messages."""

    def __init__(self, client: Client, db: Database, clock: Clock) -> None:
        self._client = client
        self._db = db
        self._clock = clock
        self._declined: set[str] = set()

    async def decline(self, user: str, device: str, transaction_id: str) -> bool:
        """Decline a to-device request; False if it was before, or comes from someone in none of our rooms.

        The transaction id of our answer is made from theirs, so that the server drops a second one after a
        crash. Raises what the client raises; then it may simply be called again.
        """
        if not any(user in room.users for room in self._client.nio.rooms.values()):
            return False
        name = hashlib.sha256(f"{user}\0{device}\0{transaction_id}".encode()).hexdigest()[:32]
        if name in self._declined:
            return False
        body = {"messages": {user: {device: cancellation() | {"transaction_id": transaction_id}}}}
        await self._client.raw("PUT", path("sendToDevice", CANCEL, name), body)
        self._declined.add(name)
        payload = {"user": user, "device": device, "transaction_id": transaction_id}
        await self._db.call(journal.notice, "verification", payload, self._clock.now())
        return True


def decline_in_room(session: Session, room_key: str, event_id: str, now: datetime) -> str:
    """Put into the outbox the cancellation of a request that was made in a room; once per request."""
    content = cancellation() | {"m.relates_to": {"rel_type": "m.reference", "event_id": event_id}}
    payload = {"type": CANCEL, "content": content}
    return outbox.enqueue(session, Outgoing(room_key, "message", payload, f"verification:{event_id}"), now)
