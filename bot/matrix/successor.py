"""The device after a restore. Guarantee: keys that came back from a copy never encrypt again and are never offered to
anybody; what still waited for the old device on the homeserver is read before it goes.

vodozemac's ratchets only move forward, and the copy's are where they were: to encrypt with them would use message keys
a second time, which other devices refuse as a replay and which tells an eavesdropper more than he should know; its
one-time keys were used meanwhile, and new ones would be uploaded under ids that the homeserver knows with other keys.
To decrypt is harmless. So the old device fetches its to-device messages once more, the room keys that it holds go to
a new device of the same account, which the same identity signs, and the old one is logged out when the new one is up.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import structlog

from bot.matrix import model
from bot.matrix.errors import MatrixRefused
from bot.matrix.guards import GuardedClient, install
from bot.matrix.response import read

if TYPE_CHECKING:
    from bot.matrix.client import Client

log = structlog.get_logger(__name__)

SYNC = "/_matrix/client/v3/sync"
LOGOUT = "/_matrix/client/v3/logout"
MOST_SYNCS = 200
_NOTHING = json.dumps(
    {
        "room": {"rooms": []},
        "presence": {"not_types": ["*"]},
        "account_data": {"not_types": ["*"]},
    },
    separators=(",", ":"),
)


async def drain(client: Client, device: str, token: str) -> int:
    """Read what waits for the old device, into its own store; return how many messages it was.

    Nothing is asked for, sent or uploaded. A token that the homeserver refuses ends it: then nothing waits that could
    be had. Raises Unreachable, Limited: what was read is kept, and what was not waits on.
    """
    old = client.another(device, token)
    try:
        install(old.olm)  # type: ignore[arg-type]
        return await _drain(client, old, token)
    except MatrixRefused as refusal:
        log.warning("nothing can be fetched for the old device", device=device, why=str(refusal))
        return 0
    finally:
        await old.close()  # type: ignore[no-untyped-call]
        if old.store is not None:
            old.store.database.close()


async def _drain(client: Client, old: GuardedClient, token: str) -> int:
    since, total = "", 0
    for _ in range(MOST_SYNCS):
        query: dict[str, str | int] = {"timeout": 0, "filter": _NOTHING}
        if since:
            query["since"] = since
        answer = read(await client.fetch_as(token, SYNC, query))
        if not answer.to_device:
            break
        total += len(answer.to_device)
        bare = replace(answer, rooms={section: {} for section in answer.rooms}, changed=[], left=[])
        await model.tell(old, bare)
        since = answer.next_batch
    log.info("the old device has read what waited for it", messages=total)
    return total


def inherit(client: Client, device: str) -> int:
    """Give the old device's room keys to the present one; return how many. Doing it again changes nothing."""
    old = client.store_of(device)
    try:
        found: Any = old.load_inbound_group_sessions()
        rooms = old.load_encrypted_rooms()
    finally:
        old.database.close()
    olm: Any = client.olm
    known = 0
    for session in found:
        if olm.inbound_group_store.get(session.room_id, session.sender_key, session.id) is None:
            olm.inbound_group_store.add(session)
            olm.store.save_inbound_group_session(session)
            known += 1
    olm.store.save_encrypted_rooms(list(rooms))
    client.nio.encrypted_rooms.update(rooms)
    log.info("room keys inherited", keys=known, rooms=len(rooms))
    return known


async def log_out(client: Client, token: str) -> None:
    """End the old device's session, and with it the device. Raises Unreachable, Limited."""
    try:
        await client.fetch_as(token, LOGOUT, {}, method="POST")
    except MatrixRefused as refusal:
        log.info("the old device was gone already", why=str(refusal))
