"""The room of the organisation's staff. Guarantee: the bot enters only the one that the configuration names, makes
none, and says nothing in one that is not encrypted; without it, it works as well."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from bot.domain.language import Both
from bot.domain.outlets import ROOM_KEY
from bot.matrix.client import Client, path
from bot.matrix.errors import MatrixRefused
from bot.matrix.rooms import is_encrypted, read_state, resolve
from bot.store import rooms
from bot.store.db import Database, Session
from bot.store.rooms import Room


async def enter(client: Client, db: Database, alias: str) -> Both | None:
    """Be in the staff's room. Returns why it cannot be used, None where it can; raises for trouble of the network."""
    room_id, why = None, None  # type: str | None, Both | None
    try:
        room_id = await resolve(client, alias)
        if room_id is None:
            why = Both(f"le salon du personnel {alias} n’existe pas", f"the staff room {alias} does not exist")
        else:
            # Known as what it is before we are in it: whoever invites us there is not taken for a direct room's.
            await db.call(_expect, room_id)
            await client.raw("POST", path("join", room_id), {})
            if not is_encrypted(await read_state(client, room_id)):
                why = Both(
                    f"le salon du personnel {alias} n’est pas chiffré", f"the staff room {alias} is not encrypted"
                )
    except MatrixRefused as refusal:
        why = Both(
            f"le bot n’a pas le droit d’entrer dans le salon du personnel {alias} : invitez-le ({refusal})",
            f"the bot may not enter the staff room {alias}: invite it ({refusal})",
        )
    await db.call(_know, room_id if why is None else None)
    return why


def readers(client: Client, room_id: str) -> int:
    """How many people besides the bot have joined a room."""
    room: Any = client.nio.rooms.get(room_id)
    return len(set(room.users) - set(room.invited_users) - {client.user_id}) if room is not None else 0


def _expect(session: Session, room_id: str) -> None:
    known = rooms.by_key(session, ROOM_KEY)
    if known is None or known.room_id != room_id:
        rooms.put(session, Room(ROOM_KEY, room_id, "staff", None, None, encrypted=False, left=True))


def _know(session: Session, room_id: str | None) -> None:
    if room_id is not None:
        rooms.mapped(session, ROOM_KEY, room_id, True)
        return
    known = rooms.by_key(session, ROOM_KEY)
    if known is not None:
        rooms.put(session, replace(known, left=True))
