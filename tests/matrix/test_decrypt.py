"""What cannot be read waits for its key, is asked for once, and is read when the key comes."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from nio.crypto.sessions import InboundGroupSession

from bot.matrix.decrypt import read_ciphertext
from bot.store import journal
from tests.matrix.conftest import MakePeer
from tests.matrix.fake import FakeServer
from tests.matrix.harness import Bot, body
from tests.matrix.peers import Peer


@pytest.fixture
async def scene(server: FakeServer, bot: Bot, peer: MakePeer) -> tuple[str, Peer]:
    alice = await peer("alice")
    room = server.room(alice.user_id, bot.user_id)
    await bot.start()
    await alice.sync()
    return room, alice


def hold_back(server: FakeServer, bot: Bot) -> list[tuple[int, Any]]:
    """Take what is under way to the bot's device, as a slow federation does."""
    queue = server.to_device[bot.user_id, bot.client.device_id]
    held = list(queue)
    queue.clear()
    return held


async def say_without_key(server: FakeServer, bot: Bot, room: str, alice: Peer, text: str) -> tuple[str, Any]:
    """A message whose key is not handed out yet; returns its id and the key's to-device events."""
    await bot.kill()
    await alice.share_keys(room)
    held = hold_back(server, bot)
    event = await alice.say(room, text)
    await bot.start()
    return event, held


async def test_an_event_whose_key_comes_later_is_logged_at_once_and_read_then(
    server: FakeServer, bot: Bot, scene: tuple[str, Peer]
) -> None:
    room, alice = scene
    event, key = await say_without_key(server, bot, room, alice, "plus tard")
    row = await bot.row_of(event)
    assert (row.clear, row.late) == (None, False)
    assert row.provenance is not None
    assert (row.provenance.why, row.provenance.session_id) == (
        "no_key",
        alice.olm.outbound_group_sessions[room].id,
    )
    assert event in [taken.event_id for taken in await bot.engine()]
    await bot.row_of(event, "unread")
    for _, message in key:
        server.push_to_device(bot.user_id, bot.client.device_id, message)
    row = await bot.row_of(event)
    assert (body(row), row.late) == ("plus tard", True)
    assert row.provenance is not None
    assert row.provenance.trusted


async def test_a_key_that_came_just_before_the_end_is_used_after_the_restart(
    server: FakeServer, bot: Bot, scene: tuple[str, Peer]
) -> None:
    room, alice = scene
    event, key = await say_without_key(server, bot, room, alice, "juste avant")
    await bot.row_of(event)
    await bot.engine()
    # nio takes the key in, and the process dies before the row is tried again.
    bot.sync.decryptor.run = lambda arrived=(): bot.db.call(lambda session: 0)  # type: ignore[method-assign,assignment,misc]
    for _, message in key:
        server.push_to_device(bot.user_id, bot.client.device_id, message)
    await bot.until(lambda: any(bot.client.olm.inbound_group_store))
    await bot.kill()
    await bot.start()
    assert body(await bot.row_of(event)) == "juste avant"


async def test_the_author_is_asked_once_for_a_session(
    server: FakeServer, bot: Bot, scene: tuple[str, Peer], monkeypatch: pytest.MonkeyPatch
) -> None:
    room, alice = scene
    monkeypatch.setattr("bot.matrix.decrypt.ASK_AFTER", timedelta(0))
    event, _ = await say_without_key(server, bot, room, alice, "illisible")
    told = (await bot.until(lambda: bot.notices("undecryptable")))[0]
    session_id = alice.olm.outbound_group_sessions[room].id
    sent_at = next(e["origin_server_ts"] for e in server.texts(room) if e["event_id"] == event)
    assert told == {
        "room_id": room,
        "session_id": session_id,
        "sender": alice.user_id,
        "event_ids": [event],
        "origin_ts": sent_at,
    }
    second = await alice.say(room, "encore illisible")
    await bot.row_of(second)
    await bot.stop()
    await bot.start()
    await bot.row_of(await alice.say(room, "et encore"))
    assert len(bot.notices("undecryptable")) == 1


async def test_nobody_is_asked_about_messages_from_before_the_bot(
    server: FakeServer, bot: Bot, peer: MakePeer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.matrix.decrypt.ASK_AFTER", timedelta(0))
    alice = await peer("alice")
    room = server.room(alice.user_id, bot.user_id)
    await alice.sync()
    old = await alice.say(room, "avant")
    await bot.start()
    assert (await bot.row_of(old)).clear is None
    await alice.sync()
    assert body(await bot.row_of(await alice.say(room, "maintenant"))) == "maintenant"
    await bot.sync.decryptor.run()
    assert bot.notices("undecryptable") == []


async def test_the_exact_text_is_kept(server: FakeServer, bot: Bot, scene: tuple[str, Peer]) -> None:
    room, alice = scene
    await alice.share_keys(room)
    session = alice.olm.outbound_group_sessions[room]
    text = '{ "room_id":"' + room + '", "type":"m.x","content": {"n": 12345678901234567890, "s": "\\ud800\\u0000"}}'
    _, envelope = alice.nio.encrypt(room, "m.x", {})
    envelope = dict(envelope) | {"ciphertext": session.encrypt(text)}
    row = await bot.row_of(server.post(room, alice.user_id, "m.room.encrypted", envelope))
    assert row.clear == text.encode()
    assert row.provenance is not None
    assert row.provenance.trusted


@pytest.mark.parametrize("text", ["not json", "[]", "7", "[" * 5000])
async def test_a_text_that_is_no_event_is_kept_and_not_trusted(
    server: FakeServer, bot: Bot, scene: tuple[str, Peer], text: str
) -> None:
    room, alice = scene
    await alice.share_keys(room)
    _, envelope = alice.nio.encrypt(room, "m.x", {})
    envelope = dict(envelope) | {"ciphertext": alice.olm.outbound_group_sessions[room].encrypt(text)}
    row = await bot.row_of(server.post(room, alice.user_id, "m.room.encrypted", envelope))
    assert row.clear == text.encode()
    assert row.provenance is not None
    assert (row.provenance.trusted, row.provenance.why) == (False, "wrong_room")


async def test_a_forwarded_session_reads_and_is_not_trusted(
    server: FakeServer, bot: Bot, scene: tuple[str, Peer]
) -> None:
    room, alice = scene
    event, _ = await say_without_key(server, bot, room, alice, "transmis")
    await bot.row_of(event)
    held = next(s for s in alice.olm.inbound_group_store)
    forwarded = InboundGroupSession.import_session(
        held.export_session(0), held.ed25519, held.sender_key, room, ["a stranger's key"]
    )
    bot.client.olm.inbound_group_store.add(forwarded)
    await bot.sync.decryptor.run([(room, forwarded.id)])
    row = await bot.row_of(event)
    assert body(row) == "transmis"
    assert row.provenance is not None
    assert (row.provenance.trusted, row.provenance.why) == (False, "forwarded")


async def test_a_later_copy_of_a_key_does_not_replace_an_earlier_one(
    server: FakeServer, bot: Bot, scene: tuple[str, Peer]
) -> None:
    room, alice = scene
    await alice.share_keys(room)
    _, early = alice.nio.encrypt(room, "m.room.message", {"body": "le premier"})
    await bot.row_of(await alice.say(room, "le second"))
    keys = alice.olm.account.identity_keys
    session = alice.olm.outbound_group_sessions[room]
    bot.client.olm.create_group_session(keys["curve25519"], keys["ed25519"], room, session.id, session.session_key)
    row = await bot.row_of(server.post(room, alice.user_id, "m.room.encrypted", dict(early)))
    assert body(row) == "le premier"


async def test_a_damaged_ciphertext_is_logged_and_the_next_is_read(
    server: FakeServer, bot: Bot, scene: tuple[str, Peer]
) -> None:
    room, alice = scene
    await alice.share_keys(room)
    _, content = alice.nio.encrypt(room, "m.room.message", {"body": "abîmé"})
    damaged = dict(content) | {"ciphertext": content["ciphertext"][:-8] + "AAAAAAAA"}
    row = await bot.row_of(server.post(room, alice.user_id, "m.room.encrypted", damaged))
    assert row.clear is None
    assert row.provenance is not None
    assert row.provenance.why == "cannot_decrypt"
    row = await bot.row_of(server.post(room, alice.user_id, "m.room.encrypted", dict(content)))
    assert body(row) == "abîmé"
    assert row.provenance is not None
    assert row.provenance.trusted, "what could not be read has used up no index"


async def test_our_own_messages_are_ours(server: FakeServer, bot: Bot, scene: tuple[str, Peer]) -> None:
    room, _ = scene
    nio = bot.client.nio
    answer = await nio.room_send(room, "m.room.message", {"msgtype": "m.text", "body": "moi"}, "t1", True)
    row = await bot.row_of(answer.event_id)  # type: ignore[union-attr]
    assert body(row) == "moi"
    assert row.provenance is not None
    assert (row.provenance.device, row.provenance.trusted) == (bot.client.device_id, True)


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b"", "malformed"),
        (b"7", "malformed"),
        (b'{"content": {}}', "redacted"),
        (b'{"content": {"algorithm": "x"}}', "unknown_algorithm"),
        (b'{"content": {"algorithm": "m.megolm.v1.aes-sha2"}}', "malformed"),
    ],
)
def test_what_is_no_ciphertext_is_named(raw: bytes, why: str) -> None:
    assert read_ciphertext(raw) == why


async def test_what_waits_for_a_key_does_not_hold_the_room_up(
    server: FakeServer, bot: Bot, scene: tuple[str, Peer]
) -> None:
    room, alice = scene
    event, _ = await say_without_key(server, bot, room, alice, "illisible")
    await bot.row_of(event)
    after = server.post(room, alice.user_id, "m.room.message", {"body": "après"})
    await bot.row_of(after)
    assert [row.event_id for row in await bot.engine()][-1] == after
    waiting = await bot.db.call(journal.unread)
    assert [json.loads(row.raw)["event_id"] for row in waiting] == [event]
