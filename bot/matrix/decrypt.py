"""Encrypted events are opened here. Guarantee: what is opened is the exact text that was encrypted, and it is
trusted only if the device that encrypted it belongs to the sender whom the server names.

nio is not asked: it accepts a ciphertext under any sender's name, and refuses events without the deprecated
`sender_key` and `device_id`. The Megolm session is found by room and session id; who owns it is a matter of
keys: the Curve25519 key of the Olm session over which it came and the Ed25519 key claimed in it must both be
those of one device which `/keys/query` gives for that very sender.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
import vodozemac
from nio.crypto.sessions import InboundGroupSession

from bot.clock import Clock
from bot.matrix.client import Client, Limited, MatrixRefused, Unreachable
from bot.matrix.response import RawEvent, SyncAnswer
from bot.store import journal, meta
from bot.store.db import Database, Session
from bot.store.journal import JournalRow, Provenance

log = structlog.get_logger(__name__)

Signed = Callable[[str, str], bool | None]
Readable = dict[tuple[str, bytes], tuple[bytes, Provenance]]
"""The clear text of events and who vouches for it, by their room and bytes."""

BATCH = 500
ALL = 100_000
AT_ONCE = 50
"""More events of a room in one answer are opened where nothing waits meanwhile."""
ASK_AFTER = timedelta(seconds=20)
"""How long a key may still be on its way before its owner is asked to send the message again."""
ASK_AGAIN_ABOUT_DEVICES = timedelta(minutes=5)
MEGOLM = "m.megolm.v1.aes-sha2"


@dataclass(frozen=True)
class Ciphertext:
    """What an encrypted event says of itself; None where it does not."""

    session_id: str
    ciphertext: str
    sender_key: str | None


@dataclass(frozen=True)
class Opened:
    """What is done with a row: the clear text and who vouches for it, or why it cannot be read."""

    row: JournalRow
    clear: bytes = b""
    provenance: Provenance | None = None
    why: str = ""


class Decryptor:
    """Opens the journal's sealed rows, and those that were unread once their key comes."""

    def __init__(self, client: Client, db: Database, clock: Clock, signed: Signed) -> None:
        self._client = client
        self._db = db
        self._clock = clock
        self._signed = signed
        self._one_at_a_time = asyncio.Lock()
        self._asked_devices: dict[tuple[str, str], datetime] = {}
        self._missing: dict[tuple[str, str], datetime] = {}
        self._arrived: set[tuple[str, str]] = set()
        self._looked_back = False
        self._behind = True
        self._read: set[str] = set()

    @property
    def waits(self) -> bool:
        """Whether anything is still to be opened: a key is missing, or came, or the last run left something."""
        return bool(self._arrived or self._missing or self._behind)

    def at_once(self, answer: SyncAnswer) -> Readable:
        """What its encrypted events say, where all that it takes is known: no request is made."""
        found: Readable = {}
        for room_id, part in answer.rooms["join"].items():
            if len(part.events) <= AT_ONCE:
                found |= self.readable(room_id, part.events)
        return found

    def readable(self, room_id: str, events: Iterable[RawEvent]) -> Readable:
        """What these events say, by their room and bytes, where all that it takes is known.

        Only of rooms of which something was opened before: what is said in others may not be for us to read.
        """
        if room_id not in self._read:
            return {}
        opened = ((event, self._open_known(room_id, event)) for event in events)
        return {(room_id, event.raw): said for event, said in opened if said is not None}

    def _open_known(self, room_id: str, event: RawEvent) -> tuple[bytes, Provenance] | None:
        sender = event.text("sender")
        if event.text("type") != "m.room.encrypted" or not sender or not self._knows(sender):
            return None
        parsed = _ciphertext(event.value)
        if isinstance(parsed, str):
            return None
        found = self._owned(self._sessions(room_id, parsed.session_id), sender)
        if found is None:
            return None
        try:
            read = _decrypted(found[0], parsed)
        except Exception as error:
            # It is tried again, and told, where there is time to ask about it.
            log.info("an event is not opened at once", error=repr(error))
            return None
        return self._vouched(parsed, read, *found, room_id, sender)

    async def run(self, arrived: Iterable[tuple[str, str]] = ()) -> int:
        """Open what can be opened now, also what waited for the keys that `arrived`; return how many rows
        moved on.

        A row whose sender's devices cannot be asked for now stays sealed, and is tried again at the next
        call.
        """
        self._arrived.update(arrived)
        async with self._one_at_a_time:
            self._behind = True
            if not self._looked_back:
                await self._look_back()
            moved, self._behind = await self._open_sealed()
            moved += await self._retry()
            return moved + await self._ask_again()

    async def _look_back(self) -> None:
        """At the start: a key may have come just before the end of the last process."""
        rows: list[JournalRow] = await self._db.call(journal.unread, limit=ALL)
        for row in rows:
            self._note_missing(row)
            parsed = read_ciphertext(row.raw)
            if isinstance(parsed, Ciphertext) and self._sessions(row.room_id or "", parsed.session_id):
                self._arrived.add((row.room_id or "", parsed.session_id))
        self._looked_back = True

    async def _open_sealed(self) -> tuple[int, bool]:
        """How many rows moved on, and whether some stay sealed for now."""
        moved = 0
        stuck: set[int] = set()
        while True:
            limit = BATCH + len(stuck)
            found = await self._db.call(journal.sealed, limit)
            rows = [row for row in found if row.id not in stuck]
            if not rows:
                return moved, bool(stuck)
            results = await self._open_all(rows)
            stuck.update({row.id for row in rows} - {result.row.id for result in results})
            await self._db.call(_record, results)
            moved += len(results)
            if len(found) < limit:
                return moved, bool(stuck)  # whoever writes more comes here again

    async def _retry(self) -> int:
        """Try again what waited for a key that has come."""
        moved = 0
        for room_id, session_id in list(self._arrived):
            rows = await self._db.call(journal.unread, session_id, room_id, ALL)
            tried = await self._open_all(rows)
            results = [result for result in tried if result.provenance is not None]
            await self._db.call(_record, results)
            moved += len(results)
            self._missing.pop((room_id, session_id), None)
            if len(tried) == len(rows):
                self._arrived.discard((room_id, session_id))
        return moved

    async def _ask_again(self) -> int:
        limit = self._clock.now() - ASK_AFTER
        overdue = [key for key, since in self._missing.items() if since <= limit]
        if not overdue:
            return 0
        asked: int = await self._db.call(ask_again, overdue, self._clock.now())
        for key in overdue:
            del self._missing[key]
        return asked

    async def _open_all(self, rows: Iterable[JournalRow]) -> list[Opened]:
        """Return what becomes of the rows; those that must wait are left out."""
        results = []
        for row in rows:
            try:
                result = await self._open(row)
            except (Unreachable, Limited, MatrixRefused) as trouble:
                log.warning("an event stays sealed: its sender's devices are unknown", error=str(trouble))
                continue
            if result.provenance is None:
                self._note_missing(row)
            results.append(result)
        return results

    async def _open(self, row: JournalRow) -> Opened:
        parsed = read_ciphertext(row.raw)
        if isinstance(parsed, str):
            return Opened(row, why=parsed)
        room_id = row.room_id or ""
        sessions = self._sessions(room_id, parsed.session_id)
        if not sessions:
            return Opened(row, why="no_key")
        session, device = await self._best(sessions, row.sender or "")
        try:
            read = _decrypted(session, parsed)
        except Exception as error:
            # vodozemac's errors share no base class, and a stranger chooses the bytes.
            log.info("an event cannot be decrypted", event_id=row.event_id, error=repr(error))
            early = "index" in str(error).lower()
            return Opened(row, why="no_key" if early else "cannot_decrypt")
        self._read.add(room_id)
        return Opened(row, *self._vouched(parsed, read, session, device, room_id, row.sender or ""))

    def _vouched(
        self,
        parsed: Ciphertext,
        read: tuple[bytes, int],
        session: InboundGroupSession,
        device: str | None,
        room_id: str,
        sender: str,
    ) -> tuple[bytes, Provenance]:
        """The clear text, and who vouches for it."""
        clear, index = read
        why = _doubt(session, device, clear, room_id)
        return clear, Provenance(
            encrypted=True,
            session_id=parsed.session_id,
            index=index,
            sender_key=session.sender_key,
            device=device,
            device_signed=self._signed(sender, device) if device else None,
            trusted=why is None,
            why=why,
        )

    def _sessions(self, room_id: str, session_id: str) -> list[InboundGroupSession]:
        """Return the sessions of that id: more than one only if somebody passes another's session off as
        theirs.
        """
        store: Any = self._client.olm.inbound_group_store
        by_sender = store._entries.get(room_id, {})
        return [sessions[session_id] for sessions in by_sender.values() if session_id in sessions]

    async def _best(self, sessions: list[InboundGroupSession], sender: str) -> tuple[InboundGroupSession, str | None]:
        """Return the session that a device of the sender made, and this device; else any, and None."""
        await self._know(sender)
        found = self._owned(sessions, sender)
        if found is None and self._may_ask(sender, sessions[0].sender_key):
            await self._client.query_keys([sender])
            found = self._owned(sessions, sender)
        return found or (sessions[0], None)

    def _owned(self, sessions: list[InboundGroupSession], sender: str) -> tuple[InboundGroupSession, str] | None:
        own: Any = self._client.olm.account.identity_keys
        for session in sessions:
            keys = (session.sender_key, session.ed25519)
            if sender == self._client.user_id and keys == (own["curve25519"], own["ed25519"]):
                return session, self._client.device_id
            for device in self._client.nio.device_store.active_user_devices(sender):
                if (device.curve25519, device.ed25519) == keys:
                    return session, str(device.id)
        return None

    async def _know(self, sender: str) -> None:
        """Make sure that the sender's devices were asked for, and no change since was told."""
        if sender and not self._knows(sender):
            await self._client.query_keys([sender])

    def _knows(self, sender: str) -> bool:
        """Whether the sender's devices were asked for, and no change since was told."""
        olm: Any = self._client.olm
        return sender in olm.tracked_users and sender not in olm.users_for_key_query

    def _may_ask(self, sender: str, sender_key: str) -> bool:
        """Tell whether to ask once more about a device that is not the sender's: not at each of its
        events.
        """
        now = self._clock.now()
        last = self._asked_devices.get((sender, sender_key))
        if last is not None and now - last < ASK_AGAIN_ABOUT_DEVICES:
            return False
        self._asked_devices[sender, sender_key] = now
        return bool(sender)

    def _note_missing(self, row: JournalRow) -> None:
        parsed = read_ciphertext(row.raw)
        if isinstance(parsed, Ciphertext) and row.room_id and not row.first:
            self._missing.setdefault((row.room_id, parsed.session_id), row.received_at)


def read_ciphertext(raw: bytes) -> Ciphertext | str:
    """Return an encrypted event's ciphertext, or why there is none: `redacted`, `malformed`,
    `unknown_algorithm`.
    """
    try:
        return _ciphertext(json.loads(raw))
    except (ValueError, RecursionError):
        return "malformed"


def _ciphertext(event: Any) -> Ciphertext | str:
    try:
        content = event["content"]
        if not content:
            return "redacted"
        if content["algorithm"] != MEGOLM:
            return "unknown_algorithm"
        session_id, ciphertext, sender_key = (
            content["session_id"],
            content["ciphertext"],
            content.get("sender_key"),
        )
    except (KeyError, TypeError, AttributeError):
        return "malformed"
    if not isinstance(session_id, str) or not isinstance(ciphertext, str):
        return "malformed"
    return Ciphertext(session_id, ciphertext, sender_key if isinstance(sender_key, str) else None)


def ask_again(session: Session, missing: Iterable[tuple[str, str]], now: datetime) -> int:
    """Write one notice `undecryptable` for each session that is missing, once for ever; return how many."""
    written = 0
    for room_id, session_id in missing:
        key = f"asked:{room_id}:{session_id}"
        if meta.get(session, key) is not None:
            continue
        rows = [row for row in journal.unread(session, session_id, room_id) if not row.first]
        if not rows:
            continue
        meta.put(session, key, now.isoformat())
        payload = {
            "room_id": room_id,
            "session_id": session_id,
            "sender": rows[0].sender,
            "event_ids": [row.event_id for row in rows],
            "origin_ts": rows[0].origin_ts,
        }
        journal.notice(session, "undecryptable", payload, now, room_id)
        written += 1
    return written


def _record(session: Session, results: Iterable[Opened]) -> None:
    read = []
    for result in results:
        if result.provenance is None:
            journal.unreadable(session, result.row.id, result.why)
        else:
            read.append((result.row.id, result.clear, result.provenance))
    for start in range(0, len(read), BATCH):
        journal.opened_all(session, read[start : start + BATCH])


def _decrypted(session: InboundGroupSession, parsed: Ciphertext) -> tuple[bytes, int]:
    """The clear text and its message index. Raises what vodozemac raises."""
    opened: Any = session._session.decrypt(vodozemac.MegolmMessage.from_base64(parsed.ciphertext))
    return bytes(opened.plaintext), opened.message_index


def _doubt(session: InboundGroupSession, device: str | None, clear: bytes, room_id: str) -> str | None:
    """Return why a text that was opened does not count as its sender's word, or None."""
    if session.forwarding_chain:
        return "forwarded"
    if device is None:
        return "foreign_device"
    try:
        said = json.loads(clear)["room_id"]
    except (ValueError, KeyError, TypeError, RecursionError):
        said = None
    return None if said == room_id else "wrong_room"
