"""A fake homeserver, a bot on it, and people."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from tests.matrix.fake import FakeServer
from tests.matrix.harness import Bot
from tests.matrix.peers import Peer
from tests.matrix.rig import Rig

MakePeer = Callable[[str], Awaitable[Peer]]


@pytest.fixture
async def server() -> AsyncIterator[FakeServer]:
    async with FakeServer() as running:
        yield running


@pytest.fixture
async def bot(server: FakeServer, tmp_path: Path) -> AsyncIterator[Bot]:
    """The bot's account, not started yet; stopped afterwards."""
    made = Bot(server.url, server.user("bot"), tmp_path)
    yield made
    if hasattr(made, "client"):
        await made.stop()


@pytest.fixture
async def peer(server: FakeServer) -> AsyncIterator[MakePeer]:
    """Make people: `alice = await peer("alice")`, logged in, with keys."""
    made: list[Peer] = []

    async def make(name: str) -> Peer:
        made.append(await Peer(server.url, server.user(name)).start())
        return made[-1]

    yield make
    for person in made:
        await person.stop()


@pytest.fixture
async def rig(server: FakeServer, tmp_path: Path) -> AsyncIterator[Rig]:
    made = await Rig(server.url, server.user("bot"), tmp_path).start()
    yield made
    await made.close()


@pytest.fixture
async def alice(server: FakeServer) -> AsyncIterator[Peer]:
    peer = await Peer(server.url, server.user("alice")).start()
    yield peer
    await peer.stop()


@pytest.fixture
async def cell(server: FakeServer, rig: Rig, alice: Peer) -> str:
    """An encrypted room of the bot's in which Alice is."""
    room_id = server.room(rig.user, alice.user_id)
    await rig.know("cell:INC-2026-001", room_id)
    await alice.sync()
    return room_id
