"""Upkeep of encryption keys. Guarantee: a private key is on disk before its public half is on the server, and
the server never stays without keys with which others can reach us.

nio ignores a count of 0, saves the account only after the upload, and makes new one-time keys at each
attempt.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import structlog
from nio.responses import KeysQueryResponse

from bot.matrix.errors import MatrixRefused
from bot.matrix.guards import sound_devices

if TYPE_CHECKING:
    from collections.abc import Collection

    from bot.matrix.client import Client

log = structlog.get_logger(__name__)

UPLOAD = "/_matrix/client/v3/keys/upload"
QUERY = "/_matrix/client/v3/keys/query"


async def upload(client: Client, *, fallback: bool = False) -> None:
    """Upload the device's keys if they are not there yet, the one-time keys that are short, and a fallback
    key.

    The fallback key lets a device reach us when an outage has used up all one-time keys. Raises what
    `client.raw` does.
    """
    olm: Any = client.olm
    account = olm.account
    content: dict[str, Any] = {}
    if not account.shared:
        content["device_keys"] = _device_keys(client)
        fallback = True
    short = account.max_one_time_keys - (olm.uploaded_key_count or 0)
    if short > 0 and (olm.uploaded_key_count is not None or not account.shared):
        waiting = len(account.one_time_keys["curve25519"])
        if waiting < short:
            account.generate_one_time_keys(short - waiting)
        content["one_time_keys"] = _signed(client, account.one_time_keys["curve25519"], {})
    if fallback:
        if not account._account.fallback_key:
            account._account.generate_fallback_key()
        spare = {name: key.to_base64() for name, key in account._account.fallback_key.items()}
        content["fallback_keys"] = _signed(client, spare, {"fallback": True})
    if not content:
        return
    olm.save_account()
    try:
        answer = await client.raw("POST", UPLOAD, content)
    except MatrixRefused as refusal:
        if refusal.status == 400:
            # The server has other keys under these names (our store came back from an older copy): never use
            # them.
            olm.mark_keys_as_published()
            olm.save_account()
        raise
    # The login may have been renewed meanwhile, and then the device's keys are still to go.
    account.shared = account.shared or "device_keys" in content
    olm.mark_keys_as_published()
    olm.save_account()
    counts = answer.body.get("one_time_key_counts")
    olm.uploaded_key_count = count_of(counts) if isinstance(counts, dict) else account.max_one_time_keys


async def query(client: Client, users: Collection[str]) -> dict[str, Any]:
    """Ask for the devices of `users`, hand nio the sound ones and the listeners the whole answer, which is
    returned.

    Users whose server does not answer stay unknown. Raises what `client.raw` does.
    """
    wanted = sorted(user for user in set(users) if _is_user(user))
    body = {"device_keys": {user: [] for user in wanted}, "timeout": 10_000}
    before = {user: client.nio.changes[user] for user in users}
    answer = (await client.raw("POST", QUERY, body, timeout=40)).body
    olm: Any = client.olm
    for user, devices in sound_devices(olm, answer).items():
        olm.handle_response(KeysQueryResponse({user: devices}, {}))
    # Whoever was not answered for is asked about again when something of theirs comes, not in every turn; whose
    # devices changed while the answer was on its way is asked about once more.
    olm.users_for_key_query.difference_update(set(users))
    olm.users_for_key_query.update(user for user in before if client.nio.changes[user] != before[user])
    olm.tracked_users.update(wanted)
    for listener in client.keys_listeners:
        try:
            await listener(answer)
        except Exception:
            # It reads what strangers signed: whatever is wrong there, the devices themselves are known now.
            log.exception("a listener cannot read the devices")
    return answer


async def reopen(client: Client) -> None:
    """Open a fresh Olm session with each device whose session broke. Raises what `client.raw` does."""
    from bot.matrix.sharing import claim

    olm: Any = client.olm
    if not client.nio.should_claim_keys:
        return
    wanted = {user: list(devices) for user, devices in client.nio.get_users_for_key_claiming().items()}
    try:
        await claim(client, wanted)
    finally:
        # Who did not answer is marked again by their next broken message: no claim in every turn.
        olm.wedged_devices.clear()
        olm.key_request_devices_no_session.clear()


def count_of(counts: dict[str, Any]) -> int:
    """Return how many one-time keys the server still has of us; a count that it does not name is 0."""
    count = counts.get("signed_curve25519", 0)
    return count if isinstance(count, int) and count >= 0 else 0


def _is_user(user: str) -> bool:
    """Tell whether this can be a user's id: one that is not would have the server refuse the whole query."""
    return user.startswith("@") and ":" in user and len(user) <= 255 and user.isprintable()


def _device_keys(client: Client) -> dict[str, Any]:
    olm: Any = client.olm
    identity = olm.account.identity_keys
    keys = {
        "algorithms": olm._algorithms,
        "device_id": client.device_id,
        "user_id": client.user_id,
        "keys": {
            f"curve25519:{client.device_id}": identity["curve25519"],
            f"ed25519:{client.device_id}": identity["ed25519"],
        },
    }
    return keys | {"signatures": _signature(client, keys)}


def _signed(client: Client, keys: dict[str, str], marks: dict[str, Any]) -> dict[str, Any]:
    signed = {}
    for name, key in keys.items():
        content = {"key": key, **marks}
        signed[f"signed_curve25519:{name}"] = content | {"signatures": _signature(client, content)}
    return signed


def _signature(client: Client, content: dict[str, Any]) -> dict[str, dict[str, str]]:
    olm: Any = client.olm
    return {client.user_id: {f"ed25519:{client.device_id}": olm.sign_json(content)}}
