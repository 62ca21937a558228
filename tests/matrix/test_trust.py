"""Others' devices: signed or not, new or not, and who gets keys. And verification, which is declined."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.matrix.client import Client
from bot.matrix.identity import ensure_signed
from bot.matrix.trust import Policy
from bot.matrix.verification import Verifications, decline_in_room
from bot.store import people
from tests.matrix.fake import FakeServer
from tests.matrix.peers import Peer, connected
from tests.matrix.rig import Rig, eventually, heard
from tests.matrix.test_identity import another_identity

CELL = "cell:INC-2026-001"


@pytest.fixture
async def server() -> AsyncIterator[FakeServer]:
    async with FakeServer() as running:
        yield running


async def started(server: FakeServer, folder: Path, policy: Policy) -> Rig:
    (folder / "bot").mkdir()
    return await Rig(server.url, server.user("bot"), folder / "bot", policy).start()


async def signed_device(server: FakeServer, name: str, folder: Path) -> Client:
    """A person's device, signed by its owner: our own code, at their end."""
    client = await connected(server.url, server.user(name), folder / name)
    await ensure_signed(client, folder / name, "theirs")
    return client


async def test_signed_by_its_owner_or_not(server: FakeServer, tmp_path: Path) -> None:
    rig = await started(server, tmp_path, "warn")
    alice = await signed_device(server, "alice", tmp_path)
    bob = await Peer(server.url, server.user("bob")).start()
    assert rig.trust.is_signed(alice.user_id, alice.device_id) is None
    server.room(rig.user, alice.user_id, bob.user_id)
    await eventually(lambda: asyncio.sleep(0, rig.trust.devices(bob.user_id)), lambda known: known is not None)
    assert rig.trust.is_signed(alice.user_id, alice.device_id) is True
    assert rig.trust.is_signed(bob.user_id, bob.device_id) is False
    assert rig.trust.is_signed(alice.user_id, "ANOTHER") is False
    master = await rig.db.call(people.pinned, alice.user_id)
    assert master in str(server.cross_signing["master_keys"][alice.user_id])
    assert await rig.notices("new_device") == []
    await alice.close()
    await bob.stop()
    await rig.close()


async def test_new_devices_and_a_changed_identity_are_told_once(server: FakeServer, tmp_path: Path) -> None:
    rig = await started(server, tmp_path, "warn")
    alice = await signed_device(server, "alice", tmp_path)
    await rig.trust.refresh([alice.user_id])
    before = await rig.db.call(people.pinned, alice.user_id)
    second = await connected(server.url, alice.user_id, tmp_path / "second")
    for _ in range(2):
        await rig.trust.refresh([alice.user_id])
    told = {"user": alice.user_id, "device": second.device_id, "signed": False}
    assert await rig.notices("new_device") == [told]
    foreign = another_identity(alice.user_id)
    server.cross_signing["master_keys"][alice.user_id] = foreign["master_key"]
    for _ in range(2):
        await rig.trust.refresh([alice.user_id])
    [changed] = await rig.notices("identity_changed")
    assert (changed["user"], changed["before"]) == (alice.user_id, before)
    assert changed["after"] in str(foreign["master_key"])
    assert rig.trust.is_signed(alice.user_id, alice.device_id) is False
    await second.close()
    await alice.close()
    await rig.close()


@pytest.mark.parametrize(("policy", "reads"), [("warn", True), ("refuse", False)])
async def test_who_gets_keys(server: FakeServer, tmp_path: Path, policy: Policy, reads: bool) -> None:
    rig = await started(server, tmp_path, policy)
    alice = await Peer(server.url, server.user("alice")).start()
    cell = server.room(rig.user, alice.user_id)
    await rig.know(CELL, cell)
    await alice.sync()
    rig.send()
    await rig.until(await rig.say(CELL, "secret"), "sent")
    if reads:
        assert (await heard(alice, cell))[0]["body"] == "secret"
    else:
        answer = await alice.sync()
        [event] = [e for e in answer.rooms.join[cell].timeline.events if e.source["type"] == "m.room.encrypted"]
        assert event.decrypted is False
        assert server.count("PUT", "/sendToDevice/m.room.encrypted/") == 0
        told = lambda: asyncio.sleep(0, server.count("PUT", "/sendToDevice/m.room_key.withheld/"))  # noqa: E731
        await eventually(told, bool)
        came = [*answer.to_device_events, *(await alice.sync()).to_device_events]
        [withheld] = [e for e in came if e.source["type"] == "m.room_key.withheld"]
        said = withheld.source["content"]
        assert (said["code"], said["session_id"]) == ("m.unverified", event.session_id)
        await rig.until(await rig.say(CELL, "encore"), "sent")
        await rig.sender._sharing.upkeep()
        assert await told() == 1, "once for a session"
    await alice.stop()
    await rig.close()


async def test_a_device_signed_later_gets_keys_from_then_on(server: FakeServer, tmp_path: Path) -> None:
    rig = await started(server, tmp_path, "refuse")
    alice = await connected(server.url, server.user("alice"), tmp_path / "alice")
    cell = server.room(rig.user, alice.user_id)
    await rig.know(CELL, cell)
    rig.send()
    await rig.until(await rig.say(CELL, "avant"), "sent")
    assert server.count("PUT", "/sendToDevice/m.room.encrypted/") == 0
    await ensure_signed(alice, tmp_path / "alice", "theirs")
    signed = lambda: asyncio.sleep(0, rig.trust.is_signed(alice.user_id, alice.device_id))  # noqa: E731
    await eventually(signed, bool)
    await rig.until(await rig.say(CELL, "après"), "sent")
    assert server.count("PUT", "/sendToDevice/m.room.encrypted/") == 1
    await alice.close()
    await rig.close()


async def test_verification_is_declined_once(server: FakeServer, tmp_path: Path) -> None:
    rig = await started(server, tmp_path, "warn")
    alice = await Peer(server.url, server.user("alice")).start()
    server.room(rig.user, alice.user_id)
    await eventually(lambda: asyncio.sleep(0, len(rig.client.nio.rooms)), bool)
    verifications = Verifications(rig.client, rig.db, rig.clock)
    server.fault("PUT", "/sendToDevice/m.key.verification.cancel/", drop="after")
    assert await verifications.decline(alice.user_id, alice.device_id, "txn1")
    assert not await verifications.decline(alice.user_id, alice.device_id, "txn1")
    # After a crash the memory is gone, and the request may come again.
    await Verifications(rig.client, rig.db, rig.clock).decline(alice.user_id, alice.device_id, "txn1")
    assert not await verifications.decline("@stranger:fake.test", "D", "txn2")
    answer = await alice.sync()
    [cancel] = [event for event in answer.to_device_events if "verification" in event.source["type"]]
    assert cancel.source["type"] == "m.key.verification.cancel"
    assert (cancel.source["content"]["transaction_id"], cancel.source["content"]["code"]) == (
        "txn1",
        "m.user",
    )
    assert (await rig.notices("verification"))[0]["user"] == alice.user_id
    await alice.stop()
    await rig.close()


async def test_verification_in_a_room_is_declined_there(server: FakeServer, tmp_path: Path) -> None:
    rig = await started(server, tmp_path, "warn")
    alice = await Peer(server.url, server.user("alice")).start()
    cell = server.room(rig.user, alice.user_id)
    await rig.know(CELL, cell)
    await alice.sync()
    rig.send()

    def twice(session: Any) -> str:
        decline_in_room(session, CELL, "$request", rig.clock.now())
        return decline_in_room(session, CELL, "$request", rig.clock.now())

    row_id = await rig.db.call(twice)
    rig.sender.wake()
    await rig.until(row_id, "sent")
    answer = await alice.sync()
    kinds = [e.source for e in answer.rooms.join[cell].timeline.events if "verification" in e.source["type"]]
    [cancel] = kinds
    assert cancel["type"] == "m.key.verification.cancel"
    assert cancel["content"]["m.relates_to"] == {"rel_type": "m.reference", "event_id": "$request"}
    assert [event["type"] for event in server.texts(cell)] == ["m.room.encrypted"]
    await alice.stop()
    await rig.close()
