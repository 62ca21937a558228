"""A sync response goes into the journal. Guarantee: in one transaction, all of it that the bot acts on, and
the same response received twice is written once.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from bot.matrix.response import RawEvent, RoomPart, SyncAnswer, received
from bot.store import journal, meta, rooms
from bot.store.db import Session
from bot.store.journal import Provenance, Received

WITHHELD = frozenset({"m.room_key.withheld", "org.matrix.room_key.withheld"})
VERIFICATION = "m.key.verification.request"
MAX_VERIFICATIONS = 50
"""More than so many unanswered requests are somebody's joke."""

RESTARTED = "sync_restarted"
CLOCKS = timedelta(hours=1)
"""By so much may the homeserver's clock differ from ours."""
MAX_NAME = 255
"""No session id or code is longer; what strangers send us is not kept beyond."""

Opened = tuple[bytes, Provenance]
"""What an encrypted event says, and who vouches for it."""
Request = tuple[str, str, str]
"""A verification request: its user, device and transaction id."""


@dataclass(frozen=True)
class Written:
    """What became of a response: its turn; whether it opened a gap; whether an event waits for being decrypted."""

    turn: int
    gap: bool
    sealed: bool


def write(
    session: Session,
    answer: SyncAnswer,
    *,
    since: str | None,
    own: str,
    now: datetime,
    opened: Mapping[tuple[str, bytes], Opened] = MappingProxyType({}),
    whole: bool = False,
) -> Written:
    """Write a whole response. With `since` None, what is from before us is marked as first: logged, never executed.

    `opened`: what encrypted events in it, by room and bytes, were found to say: in another room the same bytes are
    nobody's word. `whole`: there is nothing else to be done with it, and our token goes on with it.
    """
    turn = int(meta.get(session, "turn") or 0) + 1
    meta.put(session, "turn", str(turn))
    # What withholds a key stands before the event that it explains.
    _to_device(session, answer.to_device, since, own, now)
    items: list[Received] = []
    gaps = False
    for room_id, part in answer.rooms["join"].items():
        if _privileged(session, room_id):
            items += _who_came(room_id, part, "timeline", since)
            continue
        gap = _open_gap(session, room_id, part, since, turn)
        gaps = gaps or gap
        items += _joined(room_id, part, since, opened, gap=gap)
    for room_id, part in answer.rooms["leave"].items():
        if _privileged(session, room_id):
            items += _who_came(room_id, part, "leave", since)
            continue
        gaps = _open_gap(session, room_id, part, since, turn) or gaps
        items += _all([*part.state, *part.events], "leave", room_id, since)
    for section in ("invite", "knock"):
        for room_id, part in answer.rooms[section].items():
            items += _all(part.state, section, room_id, since)
    receive(session, items, turn=turn, now=now, since=since)
    if whole:
        meta.put(session, "sync_token", answer.next_batch)
    return Written(turn, gaps, any(journal.is_sealed(item) for item in items))


def receive(
    session: Session, items: list[Received], *, turn: int, now: datetime, since: str | None, part: int = 1
) -> list[int]:
    """Write what came after `since`, and return the ids of what is new.

    Without a token, all is from before us; but where we had to start over, only what is older than what we had by then.
    """
    again = meta.get(session, RESTARTED) if since is None else None
    if again is None:
        return journal.receive(session, items, turn=turn, now=now, first=since is None, part=part)
    limit = int((datetime.fromisoformat(again) - CLOCKS).timestamp() * 1000)
    old = [item for item in items if item.origin_ts is not None and item.origin_ts < limit]
    new = [item for item in items if item.origin_ts is None or item.origin_ts >= limit]
    return [
        *journal.receive(session, old, turn=turn, now=now, first=True, part=part),
        *journal.receive(session, new, turn=turn, now=now, first=False, part=part),
    ]


def start_over(session: Session, why: str, now: datetime) -> bool:
    """Forget our token, which the homeserver refuses for good; False if there is none.

    What we have not got since then is found again: the rooms that we know are walked from their beginning.
    """
    if not meta.get(session, "sync_token"):
        return False
    meta.put(session, "sync_token", "")
    meta.put(session, RESTARTED, (journal.last_received(session) or now).isoformat())
    journal.notice(session, "started_over", {"why": why}, now)
    return True


def pending_verifications(session: Session) -> list[Request]:
    """Return the verification requests that nobody has answered yet, oldest first."""
    return [(user, device, transaction) for user, device, transaction in _pending(session)]


def settle_verification(session: Session, request: Request) -> None:
    """The request was answered, or deserves no answer."""
    left = [entry for entry in _pending(session) if tuple(entry) != tuple(request)]
    meta.put(session, "verifications", json.dumps(left))


def _privileged(session: Session, room_id: str) -> bool:
    """Whether it is a room for speaking with a lawyer, of which nothing that is said is kept."""
    room = rooms.by_id(session, room_id)
    return room is not None and room.kind == "lawyer"


def _who_came(room_id: str, part: RoomPart, section: str, since: str | None) -> list[Received]:
    events = [event for event in (*part.state, *part.events) if event.text("type") == "m.room.member"]
    return _all(events, section, room_id, since)


def _joined(
    room_id: str, part: RoomPart, since: str | None, opened: Mapping[tuple[str, bytes], Opened], *, gap: bool
) -> list[Received]:
    items = [received(event, "timeline", room_id, since, opened.get((room_id, event.raw))) for event in part.events]
    if gap:
        # The state block is where the gap ended: the changes themselves come with the gap, each in its place.
        return items
    return _all(part.state, "state", room_id, since) + items


def _open_gap(session: Session, room_id: str, part: RoomPart, since: str | None, turn: int) -> bool:
    if not part.limited or part.prev_batch in (None, since):
        return False
    if since is None and (meta.get(session, RESTARTED) is None or rooms.by_id(session, room_id) is None):
        return False
    if part.events and part.events[0].text("type") == "m.room.create":
        return False  # Synapse says `limited` of any room that we have just joined
    journal.open_gap(session, room_id, since, str(part.prev_batch), turn)
    return True


def _all(events: Iterable[RawEvent], section: str, room_id: str, since: str | None) -> list[Received]:
    return [received(event, section, room_id, since) for event in events]


def _to_device(session: Session, events: list[RawEvent], since: str | None, own: str, now: datetime) -> None:
    """Keep the to-device events that we act on. They have no id: what this very request brought before is
    known.
    """
    kept = json.loads(meta.get(session, "to_device") or "{}")
    seen = kept.get("seen", []) if kept.get("since") == since else []
    before = len(seen)
    for event in events:
        digest = hashlib.sha256(event.raw).hexdigest()
        if digest in seen or not (event.text("type") in WITHHELD or event.text("type") == VERIFICATION):
            continue
        seen.append(digest)
        if event.text("type") == VERIFICATION:
            _keep_verification(session, event, own)
        else:
            _withheld(session, event, now)
    if len(seen) != before:
        meta.put(session, "to_device", json.dumps({"since": since, "seen": seen}))


def _withheld(session: Session, event: RawEvent, now: datetime) -> None:
    content = event.content
    room_id, session_id = content.get("room_id"), content.get("session_id")
    if not isinstance(room_id, str) or rooms.by_id(session, room_id) is None:
        return
    code = str(content.get("code", ""))[:MAX_NAME]
    payload = {
        "room_id": room_id,
        "session_id": session_id if isinstance(session_id, str) and len(session_id) <= MAX_NAME else None,
        "code": code,
        "sender": event.text("sender"),
    }
    journal.notice(session, "withheld", payload, now, room_id)


def _keep_verification(session: Session, event: RawEvent, own: str) -> None:
    user, device = event.text("sender"), event.content.get("from_device")
    transaction = event.content.get("transaction_id")
    waiting = _pending(session)
    fits = isinstance(device, str) and isinstance(transaction, str) and len(device) + len(transaction) < 500
    if user and user != own and fits and len(waiting) < MAX_VERIFICATIONS:
        meta.put(session, "verifications", json.dumps([*waiting, [user, device, transaction]]))


def _pending(session: Session) -> list[Any]:
    return list(json.loads(meta.get(session, "verifications") or "[]"))
