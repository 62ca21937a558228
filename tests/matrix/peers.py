"""The other side of a conversation: a bare nio client with its own keys, not the bot's code path."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

from nio import AsyncClient, AsyncClientConfig, LoginResponse, RoomSendResponse
from nio.store import SqliteMemoryStore

from bot.matrix.client import Account, Client


class Peer:
    """A person's encrypted client."""

    def __init__(self, url: str, user_id: str, password: str = "secret") -> None:
        self.user_id = user_id
        self.password = password
        config = AsyncClientConfig(store=SqliteMemoryStore, pickle_key="peer", max_timeouts=3)
        self.nio = AsyncClient(url, user_id, config=config)
        self._txns = itertools.count(1)

    @property
    def device_id(self) -> str:
        return str(self.nio.device_id)

    @property
    def olm(self) -> Any:
        assert self.nio.olm is not None
        return self.nio.olm

    async def start(self, device_id: str | None = None) -> Peer:
        """Log in, upload keys, read the rooms."""
        self.nio.device_id = device_id or self.nio.device_id
        answer = await self.nio.login(self.password)
        assert isinstance(answer, LoginResponse), answer
        await self.nio.keys_upload()
        await self.sync(full=True)
        return self

    async def sync(self, *, full: bool = False, timeout: int = 0) -> Any:
        """One sync, and what keys it makes necessary."""
        answer = await self.nio.sync(timeout=timeout, full_state=full)
        if self.nio.should_query_keys:
            await self.nio.keys_query()
        if self.nio.should_upload_keys:
            await self.nio.keys_upload()
        return answer

    async def say(self, room_id: str, text: str, **more: Any) -> str:
        """Send an encrypted text; returns its event id."""
        return await self.send(room_id, "m.room.message", {"msgtype": "m.text", "body": text, **more})

    async def send(self, room_id: str, kind: str, content: dict[str, Any]) -> str:
        txn = f"{self.device_id}-{next(self._txns)}"
        answer = await self.nio.room_send(room_id, kind, content, txn, ignore_unverified_devices=True)
        assert isinstance(answer, RoomSendResponse), answer
        return str(answer.event_id)

    async def share_keys(self, room_id: str) -> None:
        """Give the room's devices the keys of our session, without saying anything."""
        await self.nio.joined_members(room_id)
        if self.nio.should_query_keys:
            await self.nio.keys_query()
        missing = self.nio.get_missing_sessions(room_id)
        if missing:
            await self.nio.keys_claim(missing)
        await self.nio.share_group_session(room_id, ignore_unverified_devices=True)

    async def stop(self) -> None:
        await self.nio.close()


def account(url: str, user_id: str, folder: Path, password: str | None = "secret", **more: Any) -> Account:
    """The bot's account, its keys below `folder`."""
    return Account(url, user_id, folder / "crypto", "a passphrase", password=password, **more)


async def connected(url: str, user_id: str, folder: Path, **more: Any) -> Client:
    """Our own client, connected, its keys on the server."""
    from bot.matrix import keys

    client = Client(account(url, user_id, folder, **more))
    await client.connect()
    await keys.upload(client)
    return client
