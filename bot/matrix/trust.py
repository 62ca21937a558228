"""Whose devices are whose: others' cross-signing, which nio ignores.

Guarantee: a device counts as signed only if its owner's master key signs the self-signing key that signs
it; a person's master key is pinned when first seen, and another one is told, once; where the organisation
refuses unsigned devices, none of them is ever given a room key, nor is any device of a suspended account.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Literal

import structlog

from bot.clock import Clock
from bot.matrix.client import Client
from bot.matrix.signatures import Chain, Device, Json, read_chain
from bot.store import journal, meta, people
from bot.store.db import Database, Session

log = structlog.get_logger(__name__)

NO_DEVICE = "0"
"""Of somebody who had none when first looked at: their first one is news."""

Policy = Literal["warn", "refuse"]


class Trust:
    """Checks people's devices, tells nio which get no keys, and remembers what it saw."""

    def __init__(self, client: Client, db: Database, clock: Clock, policy: Policy) -> None:
        self._client = client
        self._db = db
        self._clock = clock
        self._policy = policy
        self._chains: dict[str, Chain] = {}
        self._barred: frozenset[str] = frozenset()
        client.keys_listeners.append(self.heard)

    def is_signed(self, user: str, device: str) -> bool | None:
        """Tell whether the device is signed by its owner; None if the server was not asked yet."""
        chain = self._chains.get(user)
        if chain is None:
            return None
        found = chain.devices.get(device)
        return found is not None and found.signed

    def devices(self, user: str) -> Mapping[str, Device] | None:
        """Return the user's devices as last checked; None if the server was not asked since the start."""
        chain = self._chains.get(user)
        return None if chain is None else chain.devices

    def bar(self, user: str) -> None:
        """Give no device of this account a key any more: it is suspended."""
        self._barred |= {user}
        client: Any = self._client.nio
        for device in list(client.device_store.active_user_devices(user)):
            if not client.olm.is_device_blacklisted(device):
                client.blacklist_device(device)

    def unknown(self, users: Iterable[str]) -> set[str]:
        """Return those of `users` about whom the server was not asked since the start."""
        return set(users) - self._chains.keys()

    async def refresh(self, users: Iterable[str]) -> None:
        """Ask the server for the devices of `users`; nio and we both hear it. Raises what `raw` does."""
        asked = sorted(set(users))
        if asked:
            await self._client.query_keys(asked)
            # Of whom the server knows nothing, nothing is known; they have no device to send a key to.
            for user in self.unknown(asked):
                self._chains[user] = Chain(user, None, None)

    async def heard(self, answer: Json) -> None:
        """Act on a whole answer of `/keys/query`, after nio has taken it in. A listener of the client's."""
        listed = answer.get("device_keys")
        chains = {user: read_chain(answer, user) for user in listed} if isinstance(listed, dict) else {}
        self._barred |= await self._db.call(people.suspended)
        self._chains |= chains
        self._apply(chains)
        own = (self._client.user_id, self._client.device_id)
        await self._db.call(record, list(chains.values()), own, self._clock.now())

    def _apply(self, chains: Mapping[str, Chain]) -> None:
        client: Any = self._client.nio
        for user, chain in chains.items():
            for device in list(client.device_store.active_user_devices(user)):
                if (user, device.id) == (self._client.user_id, self._client.device_id):
                    continue
                found = chain.devices.get(device.id)
                # nio keeps the first Ed25519 key that a device id had: what was checked must be that very
                # key.
                signed = found is not None and found.signed and found.ed25519 == device.ed25519
                refused = user in self._barred or (self._policy == "refuse" and not signed)
                if refused and not client.olm.is_device_blacklisted(device):
                    client.blacklist_device(device)
                elif not refused and client.olm.is_device_blacklisted(device):
                    client.unblacklist_device(device)


def record(session: Session, chains: Iterable[Chain], own: tuple[str, str], now: datetime) -> None:
    """Pin and remember what was seen; write a notice for a changed identity and for each new device.

    The devices that a person has when first seen are no news.
    """
    for chain in chains:
        before = people.pinned(session, chain.user)
        if chain.master is not None and chain.master != before:
            if before is not None:
                log.warning("identity changed", user=chain.user)
                payload = {"user": chain.user, "before": before, "after": chain.master}
                journal.notice(session, "identity_changed", payload, now)
            people.pin(session, chain.user, chain.master, now)
        seen = f"seen:{chain.user}"
        before_seen = meta.get(session, seen)
        first = before_seen is None
        for device in chain.devices.values():
            if (chain.user, device.device) == own:
                continue
            new = people.device_seen(session, chain.user, device.device, device.signed, now)
            if new and not first:
                fact = {"user": chain.user, "device": device.device, "signed": device.signed}
                fact |= {"first": True} if before_seen == NO_DEVICE else {}
                journal.notice(session, "new_device", fact, now)
        if before_seen in (None, NO_DEVICE) and (chain.devices or chain.master):
            meta.put(session, seen, "1")
        elif first:
            meta.put(session, seen, NO_DEVICE)
