"""How one row goes out. Guarantee: no message leaves in clear, nor for a room that is not ours to write in,
and what may have been sent already is looked for before it is sent again.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from nio.crypto.attachments import encrypt_attachment

from bot.clock import Clock
from bot.matrix.acts import Acts, Done, Undeliverable
from bot.matrix.client import Client, path
from bot.matrix.errors import Unreachable
from bot.matrix.outgoing import Unresolved, Withdrawn, file_event, freeze, timely
from bot.matrix.reconcile import MARKER, find_own
from bot.matrix.sharing import NotYet, Sharing
from bot.matrix.signatures import Json
from bot.steps import Step, no_step
from bot.store import blobs, outbox
from bot.store.db import Database, Session
from bot.store.outbox import OutboxRow
from bot.store.rooms import Room

ENCRYPTED = ("message", "file")
# A homeserver forgets transaction ids (Synapse after 24 h).
FORGOTTEN = timedelta(hours=20)
UPLOAD_SECONDS = 300.0


class Delivery:
    """Turns a row into requests."""

    def __init__(self, client: Client, db: Database, clock: Clock, sharing: Sharing, step: Step = no_step) -> None:
        self._at_step = step
        self._client = client
        self._db = db
        self._clock = clock
        self._sharing = sharing
        self._acts = Acts(client, sharing.expect, sharing.bar)

    def is_act(self, row: OutboxRow) -> bool:
        """Whether the row sends no event, but makes, enters or leaves a room, or moves a person."""
        return row.kind in self._acts.table

    def freeze_first(self, session: Session, row: OutboxRow, room: Room | None, now: datetime) -> Json | None:
        """In the transaction that finds the row due: its first attempt, if nothing is to be done before; else None."""
        if row.attempts or row.kind not in ("message", "reaction") or room is None or room.room_id is None or room.left:
            return None
        known: Any = self._client.nio.rooms.get(room.room_id)
        if row.kind in ENCRYPTED and not (room.encrypted and known is not None and known.encrypted):
            return None
        try:
            frozen = freeze(timely(row, now), lambda key: outbox.event_of(session, key), self._client.user_id)
        except (Unresolved, LookupError, TypeError, ValueError):
            # What is wrong with a row is for its own attempt to find: here it would take a decision with it.
            return None
        outbox.begin(session, row, now, self._client.device_id, frozen)
        return frozen

    async def deliver(self, row: OutboxRow, room: Room | None, frozen: Json | None = None) -> Done:
        """Try the row once, in its room as it is known; `frozen` is what it sends, where that is written down already.

        Raises Undeliverable, NotYet (and Unresolved) if it must wait, Withdrawn, and what the client raises.
        """
        act = self._acts.table.get(row.kind)
        if act is not None:
            return await act(row, room, await self._freeze(row, None))
        if room is None or room.room_id is None or room.left:
            raise Undeliverable("not_in_room")
        if row.kind in ENCRYPTED:
            self._may_write(room.room_id, encrypted=room.encrypted)
        if self._forgotten(row) and row.first_attempt_at is not None:
            found = await find_own(self._client, room.room_id, row.id, row.first_attempt_at)
            if found is not None:
                return Done(event_id=found)
        if row.kind == "file":
            row = await self._upload(row)
        return Done(event_id=await self._send(row, room.room_id, frozen))

    def _may_write(self, room_id: str, *, encrypted: bool) -> None:
        """Refuse a room that is not ours to write in. Nothing is frozen before it is."""
        if not encrypted:
            raise Undeliverable("plaintext_refused")
        known: Any = self._client.nio.rooms.get(room_id)
        if known is None:
            raise NotYet("room_not_synced")
        if not known.encrypted:
            raise NotYet("not_known_encrypted")

    def _forgotten(self, row: OutboxRow) -> bool:
        """Whether the homeserver may no longer know the row's transaction id as ours."""
        if row.first_attempt_at is None:
            return False
        old = self._clock.now() - row.first_attempt_at > FORGOTTEN
        return old or row.device_id != self._client.device_id

    async def _send(self, row: OutboxRow, room_id: str, frozen: Json | None) -> str:
        if frozen is None:
            size = len(await self._blob(row)) if row.kind == "file" else None
            frozen = await self._freeze(row, size)
        if row.kind in ("state", "pin"):
            where = path("rooms", room_id, "state", frozen["type"], frozen.get("state_key", ""))
            return _event_id(await self._client.raw("PUT", where, frozen["content"]))
        if row.kind == "redaction":
            where = path("rooms", room_id, "redact", frozen["event_id"], row.id)
            reason = {"reason": frozen["reason"]} if frozen.get("reason") else {}
            return _event_id(await self._client.raw("PUT", where, reason))
        kind, content = frozen["type"], frozen["content"]
        if row.kind != "reaction":  # by the specification reactions are not encrypted
            kind, content = await self._sharing.seal(room_id, kind, content)
            content = content | {MARKER: row.id}
        return _event_id(await self._client.raw("PUT", path("rooms", room_id, "send", kind, row.id), content))

    async def _upload(self, row: OutboxRow) -> OutboxRow:
        """Have the file, encrypted, on the server; its address is written down before the event is tried."""
        if row.mxc is not None:
            return row
        sealed, keys = await asyncio.to_thread(encrypt_attachment, await self._blob(row))
        # Neither name nor type: the server learns only the size.
        answer = await self._client.raw(
            "POST",
            "/_matrix/media/v3/upload",
            sealed,
            timeout=UPLOAD_SECONDS,
            content_type="application/octet-stream",
        )
        mxc = answer.body.get("content_uri")
        if not isinstance(mxc, str):
            raise Unreachable("the homeserver named no address for the file")
        await self._db.call(outbox.uploaded, row.id, mxc, keys)
        return replace(row, mxc=mxc, upload_keys=keys)

    async def _blob(self, row: OutboxRow) -> bytes:
        data = await self._db.call(blobs.get, row.payload["blob"])
        if data is None:
            raise Undeliverable("file_gone")
        return data

    async def _freeze(self, row: OutboxRow, size: int | None) -> Json:
        own = (self._client.user_id, self._client.device_id)
        frozen = await self._db.call(_frozen, row, size, own, self._clock.now())
        self._at_step("frozen")
        return frozen


def _frozen(session: Session, row: OutboxRow, size: int | None, own: tuple[str, str], now: datetime) -> Json:
    """Write down the attempt, and at the first one what is sent."""
    # Another decision may have put a newer text in the row's place since it was read, or have taken it back.
    row = outbox.get(session, row.id) or row
    if row.state == "dead":
        raise Withdrawn(row.dedupe_key)

    def lookup(key: str) -> str | None:
        return outbox.event_of(session, key)

    frozen: Json | None = row.frozen
    if frozen is None and row.kind == "file":
        frozen = file_event(row, size or 0, row.mxc or "", row.upload_keys or {}, lookup)
    elif frozen is None:
        frozen = freeze(timely(row, now), lookup, own[0])
    outbox.attempt(session, row.id, now, own[1], frozen)
    return frozen


def _event_id(answer: Any) -> str:
    event_id = answer.body.get("event_id")
    if not isinstance(event_id, str):
        raise Unreachable("the homeserver named no event")
    return event_id
