"""Fresh people and rooms for each test on the shared homeserver."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bot.demo.stage import Stage
from bot.demo.synapse import Synapse

from .jspeer import JsPeer

PROGRAM = Path(__file__).parents[1] / "crash" / "bot_with_crashes.py"
"""The bot as it is, but that the environment says when it dies, and how long its intervals are."""

Staged = Callable[..., Awaitable[Stage]]


@dataclass(frozen=True)
class Person:
    """An account of the test's own."""

    user_id: str
    password: str

    @property
    def localpart(self) -> str:
        return self.user_id[1:].partition(":")[0]


@pytest.fixture
def fresh() -> Callable[[str], str]:
    """Makes a name that no other test uses: `fresh("claire")` gives « claire-3f9a1c »."""

    def name(base: str) -> str:
        return f"{base}-{secrets.token_hex(3)}"

    return name


@pytest.fixture
def person(synapse: Synapse, fresh: Callable[[str], str]) -> Callable[[str], Awaitable[Person]]:
    """Registers an account of the test's own: `claire = await person("claire")`."""

    async def register(base: str) -> Person:
        password = secrets.token_urlsafe(12)
        return Person(await synapse.register(fresh(base), password), password)

    return register


@pytest.fixture
async def peer(
    synapse: Synapse, person: Callable[[str], Awaitable[Person]]
) -> AsyncIterator[Callable[..., Awaitable[JsPeer]]]:
    """Starts a matrix-js-sdk client for a new account: `alice = await peer("alice", join=True)`."""
    async with AsyncExitStack() as stack:

        async def start(base: str, **options: Any) -> JsPeer:
            who = await person(base)
            return await stack.enter_async_context(JsPeer(synapse, who.user_id, who.password, **options))

        yield start


@pytest.fixture
async def staged(
    synapse: Synapse, fresh: Callable[[str], str], tmp_path: Path
) -> AsyncIterator[Callable[..., Awaitable[Stage]]]:
    """Puts the bot and accounts of the test's own on the shared homeserver: `stage = await staged()`."""
    async with AsyncExitStack() as stack:

        async def start(**options: Any) -> Stage:
            suffix = fresh("")
            made = Stage(tmp_path / f"stage{suffix}", server=synapse, suffix=suffix, **options)
            return await stack.enter_async_context(made)

        yield start
