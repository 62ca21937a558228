"""Whose word is it? Four ways in which a server or a member may put words into another's mouth, with real
keys on both sides. Each is kept as what it is, and none is ever trusted.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from bot.store.journal import JournalRow
from tests.matrix.conftest import MakePeer
from tests.matrix.fake import FakeServer
from tests.matrix.fake_wire import Raw
from tests.matrix.harness import Bot, body
from tests.matrix.peers import Peer

COMMAND = {"msgtype": "m.text", "body": "!cloture"}


def doubt(row: JournalRow) -> tuple[bool, str | None]:
    assert row.provenance is not None
    return row.provenance.trusted, row.provenance.why


def sealed(person: Peer, room: str, content: dict[str, Any] | None = None) -> dict[str, Any]:
    """What the person's device makes of a message, without sending it."""
    _, encrypted = person.nio.encrypt(room, "m.room.message", content or COMMAND)
    return dict(encrypted)


@pytest.fixture
async def scene(server: FakeServer, bot: Bot, peer: MakePeer) -> tuple[str, Peer, Peer]:
    """An encrypted room with a director and a member who means ill; both have shared their keys."""
    alice, mallory = await peer("alice"), await peer("mallory")
    room = server.room(alice.user_id, bot.user_id, mallory.user_id)
    await bot.start()
    for person in (alice, mallory):
        await person.sync()
        await bot.row_of(await person.say(room, "bonjour"))
    return room, alice, mallory


async def test_the_control_a_true_word_is_trusted(server: FakeServer, bot: Bot, scene: tuple[str, Peer, Peer]) -> None:
    room, alice, _ = scene
    row = await bot.row_of(server.post(room, alice.user_id, "m.room.encrypted", sealed(alice, room)))
    assert doubt(row) == (True, None)
    assert row.provenance is not None
    assert row.provenance.sender_key == alice.olm.account.identity_keys["curve25519"]


async def test_another_name_on_a_ciphertext(server: FakeServer, bot: Bot, scene: tuple[str, Peer, Peer]) -> None:
    room, alice, mallory = scene
    content = sealed(mallory, room)
    row = await bot.row_of(server.post(room, alice.user_id, "m.room.encrypted", content))
    assert (doubt(row), body(row)) == ((False, "foreign_device"), "!cloture")
    assert row.provenance is not None
    assert row.provenance.device is None


async def test_another_name_and_another_device_on_a_ciphertext(
    server: FakeServer, bot: Bot, scene: tuple[str, Peer, Peer]
) -> None:
    room, alice, mallory = scene
    # What the envelope claims is not what counts.
    content = sealed(mallory, room) | {
        "device_id": alice.device_id,
        "sender_key": alice.olm.account.identity_keys["curve25519"],
    }
    row = await bot.row_of(server.post(room, alice.user_id, "m.room.encrypted", content))
    assert doubt(row) == (False, "foreign_device")


async def test_a_replay_under_a_new_event_id_after_a_restart(
    server: FakeServer, bot: Bot, scene: tuple[str, Peer, Peer]
) -> None:
    room, alice, _ = scene
    content = sealed(alice, room)
    first = await bot.row_of(server.post(room, alice.user_id, "m.room.encrypted", content))
    assert doubt(first) == (True, None)
    await bot.engine()
    await bot.stop()
    await bot.start()
    again = await bot.row_of(server.post(room, alice.user_id, "m.room.encrypted", content))
    assert (doubt(again), body(again)) == ((False, "replay"), "!cloture")


async def test_a_replay_without_its_envelope(server: FakeServer, bot: Bot, scene: tuple[str, Peer, Peer]) -> None:
    room, alice, _ = scene
    content = sealed(alice, room)
    await bot.row_of(server.post(room, alice.user_id, "m.room.encrypted", content))
    bare = {key: content[key] for key in ("algorithm", "ciphertext", "session_id")}
    again = await bot.row_of(server.post(room, alice.user_id, "m.room.encrypted", bare))
    assert doubt(again) == (False, "replay")


async def test_clear_text_in_an_encrypted_room(server: FakeServer, bot: Bot, scene: tuple[str, Peer, Peer]) -> None:
    room, alice, _ = scene
    row = await bot.row_of(server.post(room, alice.user_id, "m.room.message", COMMAND))
    assert doubt(row) == (False, "cleartext")
    assert row.provenance is not None
    assert row.provenance.encrypted is False


async def test_a_device_that_the_sender_does_not_own(
    server: FakeServer, bot: Bot, scene: tuple[str, Peer, Peer]
) -> None:
    room, alice, _ = scene
    # Whoever stole the password has a device, which the owner then removed; its key had been shared before.
    rogue = await Peer(server.url, alice.user_id).start("ROGUE")
    try:
        await rogue.share_keys(room)
        # Something in clear, so that the next sync, which brings the key, is over.
        await bot.row_of(server.post(room, alice.user_id, "m.x", {}))
        content = sealed(rogue, room)
        server.forget_device(alice.user_id, "ROGUE")
        row = await bot.row_of(server.post(room, alice.user_id, "m.room.encrypted", content))
        assert (doubt(row), body(row)) == ((False, "foreign_device"), "!cloture")
    finally:
        await rogue.stop()


async def test_a_claimed_signing_key_is_not_an_owned_one(
    server: FakeServer, bot: Bot, scene: tuple[str, Peer, Peer], monkeypatch: pytest.MonkeyPatch
) -> None:
    room, alice, mallory = scene
    account = mallory.olm.account
    truth = dict(account.identity_keys)
    lie = truth | {"ed25519": alice.olm.account.identity_keys["ed25519"]}
    monkeypatch.setattr(
        type(account), "identity_keys", property(lambda self: lie if self is account else self_keys(self))
    )
    mallory.nio.invalidate_outbound_session(room)
    await mallory.share_keys(room)
    monkeypatch.undo()
    await bot.row_of(server.post(room, alice.user_id, "m.x", {}))
    for name in (alice, mallory):
        content = sealed(mallory, room)
        row = await bot.row_of(server.post(room, name.user_id, "m.room.encrypted", content))
        assert doubt(row) == (False, "foreign_device")


def self_keys(account: Any) -> dict[str, str]:
    inner = account._account
    return {"ed25519": inner.ed25519_key.to_base64(), "curve25519": inner.curve25519_key.to_base64()}


async def test_a_member_who_passes_on_anothers_session_as_their_own_takes_nothing_away(
    server: FakeServer, bot: Bot, scene: tuple[str, Peer, Peer]
) -> None:
    room, alice, mallory = scene
    await mallory.sync()
    stolen = next(
        s for s in mallory.olm.inbound_group_store if s.sender_key == alice.olm.account.identity_keys["curve25519"]
    )
    bot.client.olm.create_group_session(
        mallory.olm.account.identity_keys["curve25519"],
        mallory.olm.account.identity_keys["ed25519"],
        room,
        stolen.id,
        alice.olm.outbound_group_sessions[room].session_key,
    )
    await bot.stop()
    await bot.start()
    row = await bot.row_of(server.post(room, alice.user_id, "m.room.encrypted", sealed(alice, room)))
    assert doubt(row) == (True, None)


async def test_a_text_that_was_written_for_another_room(
    server: FakeServer, bot: Bot, scene: tuple[str, Peer, Peer]
) -> None:
    room, alice, _ = scene
    session = alice.olm.outbound_group_sessions[room]
    text = '{"type": "m.room.message", "room_id": "!other:fake.test", "content": {"body": "!cloture"}}'
    content = sealed(alice, room) | {"ciphertext": session.encrypt(text)}
    row = await bot.row_of(server.post(room, alice.user_id, "m.room.encrypted", content))
    assert doubt(row) == (False, "wrong_room")


async def test_a_word_that_the_server_shows_in_another_room_as_well(
    server: FakeServer, bot: Bot, scene: tuple[str, Peer, Peer]
) -> None:
    room, alice, _ = scene
    other = server.room(alice.user_id, bot.user_id)
    # All that this brings nio is in: what comes next is opened before it is written.
    await bot.row_of(server.post(other, alice.user_id, "m.room.message", COMMAND))
    await bot.row_of(server.post(room, alice.user_id, "m.room.encrypted", sealed(alice, room)))
    event = {"type": "m.room.encrypted", "sender": alice.user_id, "content": sealed(alice, room), "origin_server_ts": 1}
    text = json.dumps(event)
    for each in (room, other):
        server.append(each, Raw(text))

    def copies() -> list[JournalRow]:
        found = [row for row in bot.rows() if row.raw == text.encode()]
        return found if len(found) == 2 and all(row.state == "ready" for row in found) else []

    found = {row.room_id: row for row in await bot.until(copies)}
    assert doubt(found[room]) == (True, None)
    assert (doubt(found[other]), found[other].clear) == ((False, "no_key"), None)


async def test_a_new_device_of_the_sender_is_found_even_if_no_change_was_told(
    server: FakeServer, bot: Bot, scene: tuple[str, Peer, Peer]
) -> None:
    room, alice, _ = scene
    phone = await Peer(server.url, alice.user_id).start("PHONE")
    try:
        await phone.share_keys(room)
        server.device_changes.clear()
        row = await bot.row_of(server.post(room, alice.user_id, "m.room.encrypted", sealed(phone, room)))
        assert doubt(row) == (True, None)
        assert row.provenance is not None
        assert row.provenance.device == "PHONE"
    finally:
        await phone.stop()
