"""Nothing that a stranger sends stops the bot, and nothing beside it is lost."""

from __future__ import annotations

import json
from typing import Any

import pytest
import vodozemac

from bot.matrix.response import read
from bot.matrix.spans import BrokenJson, Cursor
from tests.matrix.conftest import MakePeer
from tests.matrix.fake import FakeServer
from tests.matrix.fake_wire import Raw
from tests.matrix.harness import Bot, body
from tests.matrix.peers import Peer

OLM = "m.olm.v1.curve25519-aes-sha2"
MEGOLM = "m.megolm.v1.aes-sha2"
KEY = "wR3ZEuVbJ4F5b8SVWHmIOUMhlOSXKzLEYUD7Bf1Nb0A"


def nested(depth: int) -> str:
    return "[" * depth + "]" * depth


def to_device(own: str) -> dict[str, Any]:
    """To-device events, each malformed in its own way; `own` is our Curve25519 key."""

    def olm(body: object, kind: object = 0, sender_key: object = KEY) -> dict[str, Any]:
        content = {
            "algorithm": OLM,
            "sender_key": sender_key,
            "ciphertext": {own: {"type": kind, "body": body}},
        }
        return {"type": "m.room.encrypted", "sender": "@stranger:fake.test", "content": content}

    stranger = vodozemac.Account()
    stranger.generate_one_time_keys(1)
    unknown = vodozemac.Account()
    unknown.generate_one_time_keys(1)
    session = stranger.create_outbound_session(
        vodozemac.Curve25519PublicKey.from_base64(own), next(iter(unknown.one_time_keys.values()))
    )
    _, message = session.encrypt(b"{}").to_parts()
    import base64

    unknown_key = base64.b64encode(message).decode().rstrip("=")
    return {
        "garbage pre-key": olm("AAAA", 0),
        "garbage message": olm("AAAA", 1),
        "not base64": olm("%%%", 0),
        "unknown one-time key": olm(unknown_key, 0, stranger.curve25519_key.to_base64()),
        "unknown type": olm("AAAA", 17),
        "type of a wrong kind": olm("AAAA", "0"),
        "body of a wrong kind": olm(["AAAA"]),
        "no sender key": olm("AAAA", 0, None),
        "a sender key that is none": olm("AAAA", 0, "é"),
        "no content": {"type": "m.room.encrypted", "sender": "@s:x"},
        "content of a wrong kind": {"type": "m.room.encrypted", "sender": "@s:x", "content": 7},
        "no sender": {"type": "m.room.encrypted", "content": {"algorithm": OLM}},
        "unknown algorithm": {"type": "m.room.encrypted", "sender": "@s:x", "content": {"algorithm": "x"}},
        "a room key in clear": {"type": "m.room_key", "sender": "@s:x", "content": {"room_id": 1}},
        "a forwarded key in clear": {"type": "m.forwarded_room_key", "sender": "@s:x", "content": {}},
        "a key request": {"type": "m.room_key_request", "sender": "@s:x", "content": {"action": []}},
        "an old verification": {
            "type": "m.key.verification.start",
            "sender": "@s:x",
            "content": {"method": 1},
        },
        "a request without its fields": {"type": "m.key.verification.request", "sender": 1, "content": None},
        "nothing": {},
        "no object": Raw("7"),
        "nested": Raw('{"type": "m.room.encrypted", "sender": "@s:x", "content": ' + nested(5000) + "}"),
        "withheld nonsense": {"type": "m.room_key.withheld", "sender": "@s:x", "content": {"room_id": []}},
    }


TO_DEVICE = sorted(to_device(KEY))


@pytest.fixture
async def scene(server: FakeServer, bot: Bot, peer: MakePeer) -> tuple[str, Peer]:
    alice = await peer("alice")
    room = server.room(alice.user_id, bot.user_id)
    await bot.start()
    await alice.sync()
    return room, alice


async def test_malformed_to_device_events_cost_no_key(server: FakeServer, bot: Bot, scene: tuple[str, Peer]) -> None:
    room, alice = scene
    own = bot.client.olm.account.identity_keys["curve25519"]
    device = bot.client.device_id
    bad = to_device(own)
    for name in TO_DEVICE[: len(TO_DEVICE) // 2]:
        server.push_to_device(bot.user_id, device, bad[name])
    # The good key is in the midst of them.
    event = await alice.say(room, "au milieu")
    for name in TO_DEVICE[len(TO_DEVICE) // 2 :]:
        server.push_to_device(bot.user_id, device, bad[name])
    row = await bot.row_of(event)
    assert (row.clear is not None, row.late) == (True, False)
    assert body(row) == "au milieu"
    assert bot.health.ready


@pytest.mark.parametrize(
    "payload",
    [
        {},
        {"content": {}},
        {"content": {"algorithm": MEGOLM}},
        {"content": {"algorithm": MEGOLM, "room_id": 5, "session_id": [], "session_key": {}}},
        {"content": {"algorithm": MEGOLM, "room_id": "!r:x", "session_id": "S", "session_key": "AAAA"}},
        {"content": {"algorithm": MEGOLM, "room_id": "!r:x", "session_id": "S", "session_key": "é"}},
        {"content": {"algorithm": "x", "room_id": "!r:x", "session_id": "S", "session_key": "AAAA"}},
        {"content": 7},
        {"keys": {}},
        {"keys": 7},
        {"recipient_keys": 7},
        {"type": "m.forwarded_room_key", "content": {"sender_key": 7}},
        {"type": 7},
    ],
    ids=str,
)
async def test_a_malformed_room_key_from_a_real_device(
    server: FakeServer,
    bot: Bot,
    scene: tuple[str, Peer],
    monkeypatch: pytest.MonkeyPatch,
    payload: dict[str, Any],
) -> None:
    room, alice = scene
    await alice.share_keys(room)
    device = alice.nio.device_store[bot.user_id][bot.client.device_id]
    session = alice.olm.session_store.get(device.curve25519)
    text = json.dumps(
        {
            "sender": alice.user_id,
            "sender_device": alice.device_id,
            "keys": {"ed25519": alice.olm.account.identity_keys["ed25519"]},
            "recipient": bot.user_id,
            "recipient_keys": {"ed25519": device.ed25519},
            "type": "m.room_key",
            "content": {},
        }
        | payload
    )
    import base64

    kind, message = session.encrypt(text).to_parts()
    ciphertext = {"type": kind, "body": base64.b64encode(message).decode().rstrip("=")}
    content = {
        "algorithm": OLM,
        "sender_key": alice.olm.account.identity_keys["curve25519"],
        "ciphertext": {device.curve25519: ciphertext},
    }
    event = {"type": "m.room.encrypted", "sender": alice.user_id, "content": content}
    server.push_to_device(bot.user_id, bot.client.device_id, event)
    row = await bot.row_of(await alice.say(room, "après"))
    assert body(row) == "après"
    assert bot.health.ready


SENDER = "@alice:fake.test"
TIMELINE: dict[str, tuple[str, str]] = {
    "too large a number": (
        "$1",
        '{"type": "m.x", "event_id": "$1", "sender": "@a:b", "content": {"n": 9007199254740993}}',
    ),
    "far too large a number": (
        "$2",
        '{"type": "m.x", "event_id": "$2", "sender": "@a:b", "content": {"n": 1' + "0" * 5000 + "}}",
    ),
    "infinity": (
        "$3",
        '{"type": "m.x", "event_id": "$3", "sender": "@a:b", "content": {"n": 1e999, "m": NaN}}',
    ),
    "lone surrogate": (
        "$4",
        '{"type": "m.x", "event_id": "$4", "sender": "@a:b", "content": {"body": "\\ud800"}}',
    ),
    "lone surrogate as a key": (
        "$5",
        '{"type": "m.x", "event_id": "$5", "sender": "@a:b", "content": {"\\udfff": 1}}',
    ),
    "U+0000": ("$6", '{"type": "m.x", "event_id": "$6", "sender": "@a:b", "content": {"body": "a\\u0000b"}}'),
    "U+0000 in the type": ("$7", '{"type": "m\\u0000x", "event_id": "$7", "sender": "@a:b", "content": {}}'),
    "400 levels": (
        "$8",
        '{"type": "m.x", "event_id": "$8", "sender": "@a:b", "content": {"x": ' + nested(400) + "}}",
    ),
    "100000 levels": (
        "$9",
        '{"type": "m.x", "event_id": "$9", "sender": "@a:b", "content": {"x": ' + nested(100_000) + "}}",
    ),
    "no type": ("$10", '{"event_id": "$10", "sender": "@a:b", "content": {}}'),
    "no sender": ("$11", '{"type": "m.x", "event_id": "$11", "content": {}}'),
    "wrong kinds": (
        "$12",
        '{"type": 1, "event_id": "$12", "sender": [], "content": "x", "origin_server_ts": "y"}',
    ),
    "no content": ("$13", '{"type": "m.room.message", "event_id": "$13", "sender": "@a:b"}'),
    "a stamp beyond all": (
        "$14",
        '{"type": "m.x", "event_id": "$14", "origin_server_ts": 1e400, "content": {}}',
    ),
    "a stamp of 2^70": (
        "$15",
        '{"type": "m.x", "event_id": "$15", "origin_server_ts": 1180591620717411303424, "content": {}}',
    ),
    "a bad membership": (
        "$16",
        '{"type": "m.room.member", "state_key": "@alice:fake.test", "event_id": "$16", "sender": "@a:b", "content": 7}',
    ),
    "bad power": (
        "$17",
        '{"type": "m.room.power_levels", "state_key": "", "event_id": "$17", "sender": "@a:b", "content": {"users": 7}}',
    ),
    "a bad state key": (
        "$18",
        '{"type": "m.room.topic", "state_key": [], "event_id": "$18", "sender": "@a:b", "content": {"topic": {}}}',
    ),
    "a strange member": (
        "$19",
        '{"type": "m.room.member", "state_key": "\\ud800", "event_id": "$19", "sender": "@a:b", "content": {"membership": "join"}}',
    ),
    "sealed without a session": (
        "$20",
        '{"type": "m.room.encrypted", "event_id": "$20", "sender": "@a:b", "content": {"algorithm": "m.megolm.v1.aes-sha2"}}',
    ),
    "sealed, empty keys": (
        "$21",
        '{"type": "m.room.encrypted", "event_id": "$21", "sender": "@a:b", "content": {"algorithm": "m.megolm.v1.aes-sha2", "sender_key": "", "device_id": "", "session_id": "", "ciphertext": ""}}',
    ),
    "sealed, wrong kinds": (
        "$22",
        '{"type": "m.room.encrypted", "event_id": "$22", "sender": "@a:b", "content": {"algorithm": "m.megolm.v1.aes-sha2", "session_id": [], "ciphertext": {}}}',
    ),
    "sealed, nested": (
        "$23",
        '{"type": "m.room.encrypted", "event_id": "$23", "sender": "@a:b", "content": ' + nested(2000) + "}",
    ),
    "sealed, another algorithm": (
        "$24",
        '{"type": "m.room.encrypted", "event_id": "$24", "sender": "@a:b", "content": {"algorithm": "rot13"}}',
    ),
    "redacted": ("$25", '{"type": "m.room.encrypted", "event_id": "$25", "sender": "@a:b", "content": {}}'),
}


async def test_malformed_events_are_kept_byte_for_byte_and_stop_nothing(
    server: FakeServer, bot: Bot, scene: tuple[str, Peer]
) -> None:
    room, alice = scene
    for _, text in TIMELINE.values():
        server.append(room, Raw(text))
    row = await bot.row_of(await alice.say(room, "toujours là"))
    assert body(row) == "toujours là"
    for name, (event_id, text) in TIMELINE.items():
        kept = bot.row(event_id)
        assert kept is not None, name
        assert kept.raw == text.encode(), name
        assert kept.state == "ready", name
        assert kept.provenance is not None, name
        assert not kept.provenance.trusted, name
    taken = [row.event_id for row in await bot.engine() if row.event_id in {e for e, _ in TIMELINE.values()}]
    assert taken == [event for event, _ in TIMELINE.values()]
    # The room model is whole: an answer can be sent.
    assert alice.user_id in bot.client.nio.rooms[room].users
    assert bot.health.ready


@pytest.mark.parametrize("text", ['{"sender": "@a:b", "type": "m.x", "content": {}}', "7", "null", "[]", '"x"'])
async def test_an_event_without_an_id_is_kept_once(
    server: FakeServer, bot: Bot, scene: tuple[str, Peer], text: str
) -> None:
    room, alice = scene
    server.append(room, Raw(text))
    server.append(room, Raw(text))
    await bot.row_of(await alice.say(room, "suite"))
    assert [row.raw for row in bot.rows() if row.raw == text.encode()] == [text.encode()]


@pytest.mark.parametrize("missing", [(), ("sender_key",), ("device_id",), ("sender_key", "device_id")])
@pytest.mark.parametrize("empty", [False, True])
async def test_the_deprecated_fields_of_an_encrypted_event_are_not_needed(
    server: FakeServer, bot: Bot, scene: tuple[str, Peer], missing: tuple[str, ...], empty: bool
) -> None:
    room, alice = scene
    await alice.share_keys(room)
    _, content = alice.nio.encrypt(room, "m.room.message", {"msgtype": "m.text", "body": "sans"})
    content = dict(content)
    for name in missing:
        if empty:
            content[name] = ""
        else:
            del content[name]
    row = await bot.row_of(server.post(room, alice.user_id, "m.room.encrypted", content))
    assert body(row) == "sans"
    assert row.provenance is not None
    assert row.provenance.trusted


def frames(room: str, good: str) -> dict[str, str]:
    """Sync responses in which something is of the wrong kind; `good` is an event that must be kept."""
    timeline = f'"timeline": {{"events": [{good}], "limited": false, "prev_batch": "s1"}}'
    join = f'"rooms": {{"join": {{"{room}": {{{timeline}}}}}}}'
    return {
        "to_device is a number": f'{{"next_batch": "s1_0", "to_device": 7, {join}}}',
        "to_device events is an object": f'{{"next_batch": "s1_0", "to_device": {{"events": {{}}}}, {join}}}',
        "device_lists is a list": f'{{"next_batch": "s1_0", "device_lists": [], {join}}}',
        "changed holds numbers": f'{{"next_batch": "s1_0", "device_lists": {{"changed": [1, null], "left": 3}}, {join}}}',
        "counts are strings": f'{{"next_batch": "s1_0", "device_one_time_keys_count": {{"signed_curve25519": "x"}}, {join}}}',
        "counts is a string": f'{{"next_batch": "s1_0", "device_one_time_keys_count": "x", {join}}}',
        "fallback is a number": f'{{"next_batch": "s1_0", "device_unused_fallback_key_types": 3, {join}}}',
        "presence is nonsense": f'{{"next_batch": "s1_0", "presence": 3, "account_data": [[]], {join}}}',
        "another section is a list": f'{{"next_batch": "s1_0", "rooms": {{"invite": [], "leave": 7, "knock": null, "join": {{"{room}": {{{timeline}}}}}}}}}',
        "another room is a number": f'{{"next_batch": "s1_0", "rooms": {{"join": {{"!x:y": 7, "": [], "{room}": {{{timeline}}}}}}}}}',
        "the state is a string": f'{{"next_batch": "s1_0", "rooms": {{"join": {{"{room}": {{"state": "x", "summary": 3, "ephemeral": 1, {timeline}}}}}}}}}',
        "a number too long beside it": f'{{"next_batch": "s1_0", "x": 1{"0" * 9000}, {join}}}',
        "nesting beside it": f'{{"next_batch": "s1_0", "x": {nested(50_000)}, {join}}}',
        "bytes that are not UTF-8": f'{{"next_batch": "s1_0", "x": "\udcff", {join}}}',
        "events among which are none": f'{{"next_batch": "s1_0", "rooms": {{"join": {{"{room}": {{"timeline": {{"events": [null, 1, [], "x", {good}]}}}}}}}}}}',
    }


@pytest.mark.parametrize("name", sorted(frames("", "")))
async def test_a_frame_with_nonsense_in_it_gives_its_good_part(
    server: FakeServer, bot: Bot, scene: tuple[str, Peer], name: str
) -> None:
    room, alice = scene
    good = '{"type": "m.room.message", "event_id": "$good", "sender": "@a:b", "content": {"body": "oui"}}'
    text = frames(room, good)[name]
    server.raw_syncs[bot.user_id].append(text.encode("utf-8", "surrogateescape"))
    server.touch()
    row = await bot.row_of("$good")
    assert row.raw == good.encode()
    after = await bot.row_of(await alice.say(room, "suite"))
    assert body(after) == "suite"


@pytest.mark.parametrize(
    "text", ["", "{", "null", "[]", '{"next_batch": 7}', '{"next_batch": "s1"', "<html>", '{"rooms": {}}']
)
async def test_a_broken_frame_is_fetched_again(
    server: FakeServer, bot: Bot, scene: tuple[str, Peer], text: str
) -> None:
    with pytest.raises(BrokenJson):
        read(text.encode())
    room, alice = scene
    server.raw_syncs[bot.user_id].append(text.encode())
    event = await alice.say(room, "suite")
    assert body(await bot.row_of(event)) == "suite"


async def test_what_nio_cannot_digest_is_isolated(
    server: FakeServer, bot: Bot, scene: tuple[str, Peer], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fault of nio that we do not know yet: everything but the poison itself arrives."""
    room, alice = scene
    handle = bot.client.nio._handle_decrypt_to_device

    def poisoned(event: Any) -> Any:
        if event.sender == "@poison:fake.test":
            raise RuntimeError("a fault of nio")
        return handle(event)

    monkeypatch.setattr(bot.client.nio, "_handle_decrypt_to_device", poisoned)
    own = bot.client.olm.account.identity_keys["curve25519"]
    poison = to_device(own)["garbage pre-key"] | {"sender": "@poison:fake.test"}
    server.push_to_device(bot.user_id, bot.client.device_id, poison)
    row = await bot.row_of(await alice.say(room, "malgré tout"))
    assert body(row) == "malgré tout"
    assert not row.late


def test_the_cursor_gives_exact_bytes() -> None:
    data = ' { "a" : [ 1 , {"b": "}]\\"" } , -2.5e3 ] , "é\\u00e9" : null, "a": true } '.encode()
    cursor = Cursor(data)
    found = [(key, cursor.skip()) for key in cursor.members()]
    assert found == [("a", b'[ 1 , {"b": "}]\\"" } , -2.5e3 ]'), ("éé", b"null"), ("a", b"true")]
    cursor = Cursor(b"[1, [2], {}]")
    assert [cursor.skip() for _ in cursor.items()] == [b"1", b"[2]", b"{}"]
    cursor = Cursor(b'{"x": {"y": 1}, "z": 2}')
    assert list(cursor.members()) == ["x", "z"], "what is not taken is stepped over"
