"""The same on a real Synapse, whose limits and refusals are its own."""

from __future__ import annotations

import json
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.demo.synapse import Synapse
from bot.matrix.client import MatrixRefused, path
from tests.matrix.harness import Bot, body
from tests.matrix.peers import Peer
from tests.matrix.test_guards import to_device

PASSWORD = "pas un secret"
ENCRYPTION = {"type": "m.room.encryption", "state_key": "", "content": {"algorithm": "m.megolm.v1.aes-sha2"}}


class Scene:
    """A bot and Alice in an encrypted room on a real homeserver."""

    bot: Bot
    alice: Peer
    room: str


@pytest.fixture
async def scene(synapse: Synapse, tmp_path: Path) -> AsyncIterator[Scene]:
    made = Scene()
    mark = uuid.uuid4().hex[:8]
    bot_id = await synapse.register(f"bot-{mark}", PASSWORD)
    alice_id = await synapse.register(f"alice-{mark}", PASSWORD)
    made.bot = Bot(synapse.url, bot_id, tmp_path, password=PASSWORD)
    made.alice = await Peer(synapse.url, alice_id, PASSWORD).start()
    await made.bot.start()
    answer = await made.alice.nio.room_create(
        invite=[bot_id], initial_state=[ENCRYPTION], room_version="11", is_direct=True
    )
    made.room = answer.room_id  # type: ignore[union-attr]
    await made.bot.until(lambda: made.bot.events(made.room, "invite"))
    await made.bot.client.raw("POST", path("rooms", made.room, "join"), {})
    await made.bot.until(lambda: made.room in made.bot.client.nio.rooms)
    await made.alice.sync()
    yield made
    await made.bot.stop()
    await made.alice.stop()


async def raw_send(alice: Peer, room: str, kind: str, content: dict[str, Any]) -> str | None:
    """Send content as it is; None if Synapse refuses it."""
    where = path("rooms", room, "send", kind, uuid.uuid4().hex)
    headers = {"Authorization": f"Bearer {alice.nio.access_token}", "Content-Type": "application/json"}
    answer = await alice.nio.send("PUT", where, json.dumps(content), headers)
    told = await answer.json()
    assert isinstance(told, dict)
    return told.get("event_id")


@pytest.mark.slow
async def test_an_absence_with_more_keys_and_messages_than_one_sync_brings(scene: Scene) -> None:
    bot, alice, room = scene.bot, scene.alice, scene.room
    await bot.kill()
    sent = []
    for n in range(130):
        sent.append(await alice.say(room, f"{n}"))
        alice.nio.invalidate_outbound_session(room)
    await bot.start()
    gap = (await bot.until(lambda: bot.notices("gap"), 60))[0]
    taken = [row for row in await bot.engine() if row.event_id in sent]
    assert [row.event_id for row in taken] == sent
    assert [body(row) for row in taken] == [str(n) for n in range(130)]
    assert all(row.provenance and row.provenance.trusted and not row.late for row in taken)
    assert (gap["recovered"], gap["found"]) == (True, 30)
    bot.walk_rooms = [room]
    assert await bot.sync.walk_back.run() == 0
    told = bot.notices("walked")[-1]
    assert told["server"] == told["ours"] > 130


async def test_a_homeserver_that_restarts_costs_nothing(scene: Scene, synapse: Synapse) -> None:
    bot, alice, room = scene.bot, scene.alice, scene.room
    before = await alice.say(room, "avant")
    synapse.restart()
    after = await alice.say(room, "après")
    await bot.row_of(after)
    taken = [row for row in await bot.engine() if row.event_id in (before, after)]
    assert [body(row) for row in taken] == ["avant", "après"]


async def test_a_revoked_token_is_renewed_and_keys_go_on_coming(scene: Scene) -> None:
    bot, alice, room = scene.bot, scene.alice, scene.room
    await bot.row_of(await alice.say(room, "avant"))
    device, keys = bot.client.device_id, dict(bot.client.olm.account.identity_keys)
    await bot.client.raw("POST", path("logout"), {})
    token = bot.client.nio.access_token
    await bot.until(lambda: bot.client.nio.access_token != token)
    await bot.until(lambda: bot.client.olm.account.shared)
    assert (bot.client.device_id, dict(bot.client.olm.account.identity_keys)) == (device, keys)
    alice.nio.invalidate_outbound_session(room)
    await alice.sync()
    assert body(await bot.row_of(await alice.say(room, "après"))) == "après"


async def test_malformed_events_that_synapse_lets_pass(scene: Scene) -> None:
    bot, alice, room = scene.bot, scene.alice, scene.room
    await alice.share_keys(room)
    _, good = alice.nio.encrypt(room, "m.room.message", {"msgtype": "m.text", "body": "nu"})
    bare = {key: good[key] for key in ("algorithm", "ciphertext", "session_id")}
    deep: Any = []
    for _ in range(400):
        deep = [deep]
    contents: list[tuple[str, dict[str, Any]]] = [
        ("m.room.encrypted", {}),
        ("m.room.encrypted", {"algorithm": "rot13"}),
        ("m.room.encrypted", {"algorithm": "m.megolm.v1.aes-sha2"}),
        ("m.room.encrypted", dict(good) | {"sender_key": "", "device_id": "", "session_id": "x"}),
        ("m.room.encrypted", dict(good) | {"ciphertext": ["x"]}),
        ("m.x", {"n": 2**53 + 1}),
        ("m.x", {"n": 1.5}),
        ("m.x", {"s": "\ud800"}),
        ("m.x", {"s": "a\u0000b"}),
        ("m.x", {"deep": deep}),
        ("m.reaction", {}),
    ]
    passed = [event for kind, content in contents if (event := await raw_send(alice, room, kind, content))]
    assert len(passed) >= 6, "Synapse lets at least these pass"
    event = await raw_send(alice, room, "m.room.encrypted", bare)
    assert event is not None
    row = await bot.row_of(event)
    assert body(row) == "nu"
    assert row.provenance is not None
    assert row.provenance.trusted
    for kept in [await bot.row_of(event) for event in passed]:
        assert kept.provenance is not None
        assert not kept.provenance.trusted


async def test_malformed_to_device_events_through_a_real_server(scene: Scene) -> None:
    bot, alice, room = scene.bot, scene.alice, scene.room
    own = bot.client.olm.account.identity_keys["curve25519"]
    stranger = scene.alice
    for bad in to_device(own).values():
        if not isinstance(bad, dict) or not isinstance(bad.get("content"), dict):
            continue
        body_ = {"messages": {bot.user_id: {bot.client.device_id: bad["content"]}}}
        where = path("sendToDevice", bad["type"], uuid.uuid4().hex)
        headers = {"Authorization": f"Bearer {stranger.nio.access_token}", "Content-Type": "application/json"}
        await stranger.nio.send("PUT", where, json.dumps(body_), headers)
    assert body(await bot.row_of(await alice.say(room, "toujours là"))) == "toujours là"
    assert bot.health.ready


async def test_another_name_cannot_even_be_tried_but_a_replay_can(scene: Scene) -> None:
    bot, alice, room = scene.bot, scene.alice, scene.room
    await alice.share_keys(room)
    _, content = alice.nio.encrypt(room, "m.room.message", {"msgtype": "m.text", "body": "!cloture"})
    first = await raw_send(alice, room, "m.room.encrypted", dict(content))
    second = await raw_send(alice, room, "m.room.encrypted", dict(content))
    rows = [await bot.row_of(event or "") for event in (first, second)]
    assert [row.provenance and row.provenance.why for row in rows] == [None, "replay"]


async def test_what_synapse_refuses_has_its_code(scene: Scene) -> None:
    with pytest.raises(MatrixRefused) as caught:
        await scene.bot.client.raw("GET", path("rooms", "!nowhere:tocsin.test", "state"))
    assert (caught.value.errcode, caught.value.status) == ("M_FORBIDDEN", 403)
