"""What must be said. Guarantee: a dedupe key is said once, in its room's order, and never changed.

States: `waiting`, `attempted` (its outcome may be unknown), `sent`, `dead`. Order is (priority, seq), and
within a room and lane nothing overtakes a row that waits for its next attempt. A row waits while its room
is not there and while a message of ours that it speaks of is not sent. Which row is next: `places`.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import secrets
from collections import Counter
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, func, insert, or_, select, update
from sqlmodel import Session, col

from bot.store import meta, places, queued, rooms
from bot.store.places import ROOM, UNSENT
from bot.store.queued import OutboxRow, Outgoing
from bot.store.tables import Outbox, OutboxKey, OutboxTarget
from bot.store.types import storable_key

__all__ = [
    "UNSENT",
    "OutboxRow",
    "Outgoing",
    "attempt",
    "begin",
    "by_key",
    "calls_first",
    "dead",
    "derived",
    "due",
    "echoed",
    "enqueue",
    "event_of",
    "failed",
    "forget_said",
    "get",
    "inviting",
    "key_of",
    "making",
    "restored",
    "seen_before",
    "sent",
    "set_back",
    "states",
    "unsent",
    "untried",
    "uploaded",
    "waits",
]

_SECRET = "outbox_secret"
_SAID = "said:"
_LASTING = re.compile(r"[$!]|^board:[^:]+:[a-z]+:1$")
"""A key that names an event or a room, or an incident's first boards, means the same after a restore; one that is made
of the numbers of rows, entries or tasks may by then mean another message."""
# Put together once: every decision and every attempt needs them.
_OUTBOX = Outbox.metadata.tables["outbox"]
_KEYS = Outbox.metadata.tables["outbox_key"]
_ADD = insert(_OUTBOX).returning(_OUTBOX.c.seq)
_ADD_KEY = insert(_KEYS)
_KNOWN = select(_OUTBOX.c.id).join(_KEYS, _KEYS.c.seq == _OUTBOX.c.seq).where(_KEYS.c.dedupe_key == bindparam("name"))
_BEGIN = (
    update(_OUTBOX)
    .where(_OUTBOX.c.id == bindparam("row"))
    .values(
        state="attempted",
        frozen=bindparam("sends"),
        attempts=_OUTBOX.c.attempts + 1,
        first_attempt_at=bindparam("now"),
        attempted_at=bindparam("now"),
        device_id=bindparam("device"),
    )
)
_SAID_BY = select(_OUTBOX.c.dedupe_key).where(_OUTBOX.c.event_id == bindparam("event")).order_by(_OUTBOX.c.seq)
RESTORED = "restored"
"""Under this `meta` key: the store came back from a copy, and has not read yet all that is in the rooms."""


def enqueue(session: Session, out: Outgoing, now: datetime) -> str:
    """Put it in, and return its transaction id; under a known dedupe key nothing changes."""
    connection = session.connection()
    known: str | None = connection.execute(_KNOWN, {"name": out.dedupe_key}).scalar_one_or_none()
    if known is not None:
        return known
    row = _coalescing(session, out)
    if row is None:
        row_id, seq = _add(session, out, now)
    else:
        row.kind, row.payload = out.kind, out.payload
        row.priority = min(row.priority, out.priority)
        session.flush()
        row_id, seq = row.id, _seq(row)
        session.execute(delete(OutboxTarget).where(col(OutboxTarget.seq) == seq))
    connection.execute(_ADD_KEY, {"dedupe_key": out.dedupe_key, "seq": seq})
    _set_targets(session, row_id, seq, out.payload)
    return row_id


def _add(session: Session, out: Outgoing, now: datetime) -> tuple[str, int]:
    """A new row; returns its transaction id and its number."""
    row_id = _transaction_id(session, out.dedupe_key)
    values: dict[str, Any] = {
        "id": row_id,
        "room_key": out.room_key,
        "lane": queued.lane(out.kind),
        "kind": out.kind,
        "payload": out.payload,
        "dedupe_key": out.dedupe_key,
        "priority": out.priority,
        "coalesce": out.coalesce,
        "not_before": out.not_before,
        "created_at": now,
        "attempts": 0,
        "state": "waiting",
        "event_id": None,
        "sent_at": None,
        "echoed_at": None,
    }
    # After a restore, its message may have been seen in the room.
    event_id = meta.get(session, f"{_SAID}{row_id}") if meta.get(session, RESTORED) else None
    if event_id:
        values |= {"state": "sent", "event_id": event_id, "sent_at": now, "echoed_at": now}
    seq: int = session.connection().execute(_ADD, values).scalar_one()
    return row_id, seq


def due(session: Session, now: datetime, lane: str, *, answers_first: bool = False) -> OutboxRow | None:
    """What the lane (`talk` or `rooms`) sends next, or None if nothing is due.

    `answers_first`: of what is of one priority, what answers somebody; whether the row is such, `awaited` says.
    """
    session.flush()
    values = {"now": now, "lane": lane, "lately": now - places.CALLED_WITHIN}
    found = session.connection().execute(places.first(answers_first), values).first()
    if found is None:
        return None
    return replace(_row(found, found.room_id), awaited=answers_first and not found.rank)


def waits(session: Session, room_key: str, kind: str) -> bool:
    """Whether something of this kind is still to be done in that room."""
    found = select(col(Outbox.seq)).where(
        col(Outbox.room_key) == room_key, col(Outbox.kind) == kind, col(Outbox.state).in_(UNSENT)
    )
    return session.scalars(found.limit(1)).first() is not None


def attempt(session: Session, row_id: str, now: datetime, device_id: str, frozen: dict[str, Any]) -> OutboxRow:
    """An attempt begins. The first freezes what is sent: send `frozen` of the row that is returned."""
    row = _by_id(session, row_id)
    if row.frozen is None:
        row.frozen, row.first_attempt_at = frozen, now
    row.state = "attempted" if row.state == "waiting" else row.state
    row.attempts += 1
    row.attempted_at, row.device_id, row.retry_at = now, device_id, None
    session.flush()
    return _row(row, _room_id(session, row.room_key))


def begin(session: Session, row: OutboxRow, now: datetime, device_id: str, frozen: dict[str, Any]) -> None:
    """The first attempt of a row that was found due in this very transaction: it sends `frozen`, as every later one."""
    values = {"row": row.id, "now": now, "device": device_id, "sends": frozen}
    session.connection().execute(_BEGIN, values)


def sent(session: Session, row_id: str, event_id: str | None, now: datetime) -> None:
    """The server took it."""
    row = _by_id(session, row_id)
    row.state, row.sent_at, row.error, row.retry_at = "sent", row.sent_at or now, None, None
    row.event_id = event_id or row.event_id
    session.flush()


def failed(session: Session, row_id: str, error: str, retry_at: datetime) -> None:
    """It did not go, or nobody knows: it is tried again from `retry_at` on."""
    row = _by_id(session, row_id)
    if row.state in UNSENT:
        row.error, row.retry_at = error, retry_at
        session.flush()


def set_back(session: Session, now: datetime) -> None:
    """The clock was set back to `now`: what waits for a time waits no longer than it would have."""
    session.flush()
    waiting = select(Outbox).where(
        col(Outbox.state).in_(UNSENT), or_(col(Outbox.retry_at) > now, col(Outbox.not_before) > now)
    )
    for row in list(session.scalars(waiting)):
        if row.retry_at is not None and row.attempted_at is not None and row.attempted_at > now:
            row.retry_at, row.attempted_at = now + (row.retry_at - row.attempted_at), now
        if row.not_before is not None and row.created_at > now:
            row.not_before, row.created_at = now + (row.not_before - row.created_at), now
    session.flush()


def dead(session: Session, row_id: str, error: str) -> None:
    """It will never go. What speaks of it goes without, or is dead too where that makes no sense."""
    row = _by_id(session, row_id)
    if row.state not in UNSENT:
        return
    row.state, row.error, row.retry_at = "dead", error, None
    session.flush()
    names = select(col(OutboxKey.dedupe_key)).where(col(OutboxKey.seq) == row.seq)
    for key in list(session.scalars(names)):
        followers = (
            select(Outbox)
            .join(OutboxTarget, col(OutboxTarget.seq) == col(Outbox.seq))
            .where(col(OutboxTarget.dedupe_key) == key, col(Outbox.state) == "waiting")
            .order_by(col(Outbox.seq))
        )
        for follower in list(session.scalars(followers)):
            _give_up_target(session, follower, key)


def uploaded(session: Session, row_id: str, mxc: str, keys: dict[str, Any]) -> None:
    """The file of this row is on the server, under this address and these keys."""
    row = _by_id(session, row_id)
    row.mxc, row.upload_keys = mxc, keys
    session.flush()


def echoed(session: Session, txn_id: str, event_id: str, now: datetime) -> bool:
    """Our own message came back: it was sent, whatever we knew of it. False if we do not know that we said it.

    After a restore that is kept: it may be decided again.
    """
    row = session.scalars(select(Outbox).where(col(Outbox.id) == txn_id)).first()
    if row is None:
        if meta.get(session, RESTORED):
            meta.put(session, f"{_SAID}{storable_key(txn_id)}", event_id)
        return False
    row.state, row.event_id, row.error, row.retry_at = "sent", event_id, None, None
    row.echoed_at, row.sent_at = row.echoed_at or now, row.sent_at or now
    session.flush()
    return True


def seen_before(session: Session, txn_id: str, event_id: str, now: datetime) -> None:
    """As `echoed`, of a message in a room that a lost machine had made and that was found again."""
    if not meta.get(session, RESTORED):
        meta.put(session, RESTORED, json.dumps({}))
    echoed(session, txn_id, event_id, now)


def restored(session: Session, payload: dict[str, str]) -> None:
    """The store came back from a copy, at `restored_at`: what a lost machine said under a number is not what this one
    will say under it."""
    secret = _secret(session).partition(" ")[0]
    meta.put(session, _SECRET, f"{secret} {payload['restored_at']}")
    meta.put(session, RESTORED, json.dumps(payload))


def making(session: Session) -> bool:
    """Whether a room is still to be made, or to be found again."""
    rows = select(col(Outbox.seq)).where(col(Outbox.kind) == "create", col(Outbox.state).in_(UNSENT))
    return session.scalars(rows.limit(1)).first() is not None


def forget_said(session: Session) -> None:
    """All that is in the rooms is read: what a lost machine said there need not be kept any more."""
    meta.put(session, RESTORED, "")
    meta.forget_under(session, _SAID)


def derived(session: Session, words: str) -> str:
    """64 hexadecimal digits made of these words: always the same in this store and in those that come back from its
    copies, and without its secret nobody's to guess."""
    secret = _secret(session).partition(" ")[0]
    return hmac.new(bytes.fromhex(secret), words.encode(), hashlib.sha256).hexdigest()


def get(session: Session, row_id: str) -> OutboxRow | None:
    """The row with this transaction id, or None."""
    row = session.scalars(select(Outbox).where(col(Outbox.id) == row_id)).first()
    return _row(row, _room_id(session, row.room_key)) if row else None


def by_key(session: Session, dedupe_key: str) -> OutboxRow | None:
    """The row that was put in, or coalesced, under this key, or None."""
    row = _under(session, dedupe_key)
    return _row(row, _room_id(session, row.room_key)) if row else None


def calls_first(session: Session, room_key: str) -> bool:
    """Whether invitations that go before all else are still to be sent to the room, and none was refused yet."""
    calls = select(col(Outbox.seq)).where(
        col(Outbox.room_key) == room_key,
        col(Outbox.kind) == "invite",
        col(Outbox.priority) == 0,
        col(Outbox.state).in_(UNSENT),
        col(Outbox.retry_at).is_(None),
    )
    return session.execute(calls.limit(1)).first() is not None


def inviting(session: Session, now: datetime) -> bool:
    """Whether invitations are under way that what comes after them waits for."""
    session.flush()
    values = {"now": now, "lately": now - places.CALLED_WITHIN}
    return session.connection().execute(places.invitation(), values).first() is not None


def untried(session: Session, prefix: str) -> list[str]:
    """The keys beginning so under which something is to be said that was never tried."""
    session.flush()
    rows = select(col(Outbox.dedupe_key)).where(
        col(Outbox.state) == "waiting",
        col(Outbox.lane) == "talk",
        col(Outbox.dedupe_key).startswith(prefix),
        col(Outbox.attempts) == 0,
    )
    return list(session.scalars(rows.order_by(col(Outbox.seq))))


def event_of(session: Session, dedupe_key: str) -> str | None:
    """The Matrix event that said this, or None while it is unsent."""
    row = _under(session, dedupe_key)
    return row.event_id if row else None


def key_of(session: Session, event_id: str) -> str | None:
    """The dedupe key of our own message with this event id, or None if it is none of ours."""
    session.flush()
    return session.connection().execute(_SAID_BY, {"event": event_id}).scalars().first()


def unsent(session: Session) -> int:
    """How much is still to be said."""
    waiting = select(func.count()).select_from(Outbox).where(col(Outbox.state).in_(UNSENT))
    return session.scalars(waiting).one()


def states(session: Session) -> Counter[str]:
    """How many rows there are of each state."""
    return Counter(dict(session.execute(select(col(Outbox.state), func.count()).group_by(col(Outbox.state))).all()))


# -- within --------------------------------------------------------------------------------------------------


def _transaction_id(session: Session, dedupe_key: str) -> str:
    """Made of the dedupe key: a store that came back from a copy, and decides the same again, says it under the id
    under which it stands in the room. Without this store's secret it tells nothing.
    """
    words, since = storable_key(dedupe_key), _secret(session).partition(" ")[2]
    if since and not _LASTING.search(dedupe_key):
        words = f"{words}\n{since}"
    return derived(session, words)[:32]


def _secret(session: Session) -> str:
    """The secret in hexadecimal digits; then, after a space, since when the store is one that came back."""
    secret = meta.get(session, _SECRET)
    if secret is None:
        secret = secrets.token_hex(32)
        meta.put(session, _SECRET, secret)
    return secret


def _coalescing(session: Session, out: Outgoing) -> Outbox | None:
    if out.coalesce is None:
        return None
    query = select(Outbox).where(
        col(Outbox.room_key) == out.room_key,
        col(Outbox.lane) == queued.lane(out.kind),
        col(Outbox.state) == "waiting",
        col(Outbox.attempts) == 0,
        col(Outbox.coalesce) == out.coalesce,
    )
    return session.scalars(query.order_by(col(Outbox.seq).desc())).first()


def _set_targets(session: Session, row_id: str, seq: int, payload: dict[str, Any]) -> None:
    keys = sorted(queued.targets(payload))
    for key in keys:
        session.add(OutboxTarget(seq=seq, dedupe_key=key))
    session.flush()
    for key in keys:
        target = _under(session, key)
        if target is not None and target.state == "dead":
            _give_up_target(session, _by_id(session, row_id), key)


def _give_up_target(session: Session, row: Outbox, key: str) -> None:
    rest = queued.without(row.kind, row.payload, key)
    if rest is None:
        dead(session, row.id, f"what it speaks of was never sent: {key}")
        return
    row.payload = rest
    session.execute(
        delete(OutboxTarget).where(col(OutboxTarget.seq) == row.seq, col(OutboxTarget.dedupe_key) == storable_key(key))
    )
    session.flush()


def _under(session: Session, dedupe_key: str) -> Outbox | None:
    key = session.get(OutboxKey, storable_key(dedupe_key))
    return session.get(Outbox, key.seq) if key else None


def _by_id(session: Session, row_id: str) -> Outbox:
    return session.scalars(select(Outbox).where(col(Outbox.id) == row_id)).one()


def _room_id(session: Session, room_key: str) -> str | None:
    room = rooms.by_key(session, room_key)
    return room.room_id if room and room.room_id else _named(room_key)


def _named(room_key: str) -> str | None:
    return room_key.removeprefix(ROOM) if room_key.startswith(ROOM) else None


def _seq(row: Outbox) -> int:
    if row.seq is None:
        raise ValueError("a row that is not in the database yet has no number")
    return row.seq


def _row(row: Any, room_id: str | None) -> OutboxRow:
    """What a row of the table says, its columns read by name."""
    return OutboxRow(
        id=row.id,
        seq=row.seq,
        room_key=row.room_key,
        room_id=room_id or _named(row.room_key),
        kind=row.kind,
        payload=row.payload,
        dedupe_key=row.dedupe_key,
        priority=row.priority,
        coalesce=row.coalesce,
        not_before=row.not_before,
        created_at=row.created_at,
        state=row.state,
        attempts=row.attempts,
        first_attempt_at=row.first_attempt_at,
        attempted_at=row.attempted_at,
        device_id=row.device_id,
        frozen=row.frozen,
        retry_at=row.retry_at,
        error=row.error,
        mxc=row.mxc,
        upload_keys=row.upload_keys,
        event_id=row.event_id,
        sent_at=row.sent_at,
        echoed_at=row.echoed_at,
    )
