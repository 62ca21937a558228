"""Was it sent? Guarantee: an event of ours is found again by its marker, without its transaction id.

A homeserver forgets transaction ids (Synapse after 24 h) and counts them per device. Each event that we
send carries the row's id as a marker, inside the encrypted content and on its envelope; the server, which
was given the same id in the URL, learns nothing from it.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

from bot.matrix.client import Client, path
from bot.matrix.signatures import Json, dig

MARKER = "fr.tocsin.id"
# The homeserver's clock may differ from ours by this much.
MARGIN = timedelta(hours=1)
PAGE = 500


async def find_own(client: Client, room_id: str, marker: str, since: datetime) -> str | None:
    """Return the id of our own event that carries `marker`, sent after `since`, or None if there is none.

    Raises what `raw` does: then nothing is known.
    """
    horizon = int((since - MARGIN).timestamp() * 1000)
    position: str | None = None
    while True:
        query: dict[str, str | int] = {"dir": "b", "limit": PAGE}
        if position is not None:
            query["from"] = position
        page = (await client.raw("GET", path("rooms", room_id, "messages"), query=query)).body
        chunk = page.get("chunk")
        events = [event for event in chunk if isinstance(event, dict)] if isinstance(chunk, list) else []
        for event in events:
            if event.get("sender") == client.user_id and _bears(client, room_id, event, marker):
                return str(event["event_id"])
        times = [event["origin_server_ts"] for event in events if isinstance(event.get("origin_server_ts"), int)]
        end = page.get("end")
        if not events or not isinstance(end, str) or end == position or (times and max(times) < horizon):
            return None
        position = end


def marker_of(raw: bytes) -> str | None:
    """The marker on the envelope of an event as it came, or None."""
    try:
        marker = dig(json.loads(raw), "content", MARKER)
    except (ValueError, RecursionError):
        return None
    return marker if isinstance(marker, str) else None


def _bears(client: Client, room_id: str, event: Json, marker: str) -> bool:
    if not isinstance(event.get("event_id"), str):
        return False
    if event.get("type") == "m.room.encrypted":
        clear = _open(client, room_id, event)
        if clear is not None:
            return dig(clear, "content", MARKER) == marker
    return dig(event, "content", MARKER) == marker


def _open(client: Client, room_id: str, event: Json) -> Json | None:
    """Decrypt an event of our own if its session is still in the store; else its envelope speaks."""
    session_id, ciphertext = (dig(event, "content", key) for key in ("session_id", "ciphertext"))
    store: Any = client.olm.inbound_group_store
    for sessions in store[room_id].values():
        session = sessions.get(session_id)
        if session is None or not isinstance(ciphertext, str):
            continue
        try:
            clear = json.loads(session.decrypt(ciphertext)[0])
        except Exception:
            # What cannot be read proves nothing, and vodozemac's exceptions have no base of their own.
            return None
        return clear if isinstance(clear, dict) else None
    return None
