"""What the homeserver hands out is in the journal before anything is done with it, once, and in order."""

from __future__ import annotations

import asyncio
import json

import pytest

from bot.matrix import keys
from bot.store import journal, meta, rooms
from bot.store.rooms import Room
from tests.matrix.conftest import MakePeer
from tests.matrix.fake import FakeServer
from tests.matrix.harness import Bot, body


async def test_an_encrypted_message_is_opened_and_vouched_for(server: FakeServer, bot: Bot, peer: MakePeer) -> None:
    alice = await peer("alice")
    room = server.room(alice.user_id, bot.user_id)
    await bot.start()
    await alice.sync()
    event = await alice.say(room, "l'hôpital est chiffré")
    row = await bot.row_of(event)
    assert body(row) == "l'hôpital est chiffré"
    assert row.section == "timeline"
    assert not row.first
    assert row.provenance is not None
    assert (row.provenance.trusted, row.provenance.device) == (True, alice.device_id)
    sent = next(e for e in server.texts(room) if e["event_id"] == event)
    assert json.loads(row.raw) == sent


async def test_the_very_first_sync_is_marked_and_later_ones_are_not(
    server: FakeServer, bot: Bot, peer: MakePeer
) -> None:
    alice = await peer("alice")
    room = server.room(alice.user_id, bot.user_id, encrypted=False)
    old = server.post(room, alice.user_id, "m.room.message", {"body": "!cloture"})
    await bot.start()
    new = server.post(room, alice.user_id, "m.room.message", {"body": "!statut"})
    assert (await bot.row_of(new)).first is False
    found = bot.row(old)
    assert found is not None
    assert found.first is True
    await bot.stop()
    await bot.start()
    later = server.post(room, alice.user_id, "m.room.message", {"body": "!statut"})
    assert (await bot.row_of(later)).first is False


async def test_every_section_of_a_response_is_written(server: FakeServer, bot: Bot, peer: MakePeer) -> None:
    alice = await peer("alice")
    server.user("carol")
    room = server.room(alice.user_id, bot.user_id)
    await bot.start()
    invited = server.make_room(alice.user_id, {"invite": [bot.user_id], "is_direct": True})
    await bot.until(lambda: bot.events(invited, "invite"))
    server.post(room, alice.user_id, "m.room.member", {"membership": "leave"}, state_key=bot.user_id)
    gone = await bot.until(lambda: bot.events(room, "leave"))
    assert gone == [server.rooms[room].state["m.room.member", bot.user_id]["event_id"]]
    assert room not in bot.client.nio.rooms
    assert {row.type for row in bot.rows() if row.section == "invite"} >= {"m.room.member", "m.room.create"}


async def test_the_same_invitation_again_is_another_one(server: FakeServer, bot: Bot, peer: MakePeer) -> None:
    alice = await peer("alice")
    await bot.start()

    def invitation() -> bytes:
        event = {"type": "m.room.member", "state_key": bot.user_id, "sender": alice.user_id, "content": {}}
        rooms = {"invite": {"!r:x": {"invite_state": {"events": [event]}}}}
        return json.dumps({"next_batch": f"s{server.position}_0", "rooms": rooms}).encode()

    server.raw_syncs[bot.user_id].append(invitation())
    server.touch()
    await bot.until(lambda: len(bot.events("!r:x", "invite")) == 1)
    server.post(server.room(alice.user_id, bot.user_id), alice.user_id, "m.x", {})
    await bot.until(lambda: server.position and len(bot.rows()) > 5)
    server.raw_syncs[bot.user_id].append(invitation())
    server.touch()
    await bot.until(lambda: len(bot.events("!r:x", "invite")) == 2)


async def test_a_restart_loses_nothing_and_doubles_nothing(server: FakeServer, bot: Bot, peer: MakePeer) -> None:
    alice = await peer("alice")
    room = server.room(alice.user_id, bot.user_id)
    await bot.start()
    await alice.sync()
    sent = [await alice.say(room, f"{n}") for n in range(3)]
    await bot.row_of(sent[-1])
    await bot.kill()
    sent += [await alice.say(room, f"{n}") for n in range(3, 6)]
    await bot.start()
    await bot.row_of(sent[-1])
    rows = {row.event_id: row for row in bot.rows()}
    assert [body(rows[event]) for event in sent] == ["0", "1", "2", "3", "4", "5"]
    assert len([row for row in bot.rows() if row.event_id in sent]) == 6
    assert room in bot.client.nio.rooms, "the first sync of a process asks for the whole state"
    assert bot.client.nio.rooms[room].encrypted


async def test_what_was_received_but_not_acknowledged_comes_again_and_is_written_once(
    server: FakeServer, bot: Bot, peer: MakePeer
) -> None:
    alice = await peer("alice")
    room = server.room(alice.user_id, bot.user_id)
    await bot.start()
    await alice.sync()
    before = await bot.db.call(meta.get, "sync_token")
    event = await alice.say(room, "une fois")
    await bot.row_of(event)
    await bot.kill()
    await bot.open()
    # As if the process had died between the journal's commit and the token's.
    await bot.db.call(meta.put, "sync_token", before or "")
    await bot.close()
    await bot.start()
    assert [row.state for row in bot.rows() if row.event_id == event] == ["ready"]
    assert body(await bot.row_of(event)) == "une fois"


async def test_all_keys_are_fetched_before_anything_is_opened(server: FakeServer, bot: Bot, peer: MakePeer) -> None:
    server.to_device_limit = 5
    alice = await peer("alice")
    room = server.room(alice.user_id, bot.user_id)
    await bot.start()
    await bot.kill()
    await alice.sync()
    sent = []
    for n in range(23):
        sent.append(await alice.say(room, f"{n}"))
        alice.nio.invalidate_outbound_session(room)
    await bot.start()
    rows = {row.event_id: row for row in bot.rows()}
    assert [body(rows[event]) for event in sent] == [str(n) for n in range(23)]
    assert not any(row.late for row in rows.values())


async def test_verification_requests_and_withheld_keys_are_kept(server: FakeServer, bot: Bot, peer: MakePeer) -> None:
    from bot.store import rooms
    from bot.store.rooms import Room

    alice = await peer("alice")
    room = server.room(alice.user_id, bot.user_id)
    await bot.start()
    await bot.db.call(rooms.put, Room("alert", room, "alert", None, None, True, False))
    device = bot.client.device_id
    request = {"from_device": "ALICE1", "transaction_id": "t1", "methods": ["m.sas.v1"], "timestamp": 1}
    withheld = {
        "room_id": room,
        "session_id": "S",
        "code": "m.unverified",
        "algorithm": "m.megolm.v1.aes-sha2",
    }
    elsewhere = withheld | {"room_id": "!else:where"}
    for kind, content in (
        ("m.key.verification.request", request),
        ("m.key.verification.request", {"from_device": 7}),
        ("m.room_key.withheld", withheld),
        ("m.room_key.withheld", elsewhere),
    ):
        server.push_to_device(bot.user_id, device, {"type": kind, "sender": alice.user_id, "content": content})
    await bot.until(lambda: bot.verifications)
    assert bot.verifications == [(alice.user_id, "ALICE1", "t1")]
    assert bot.notices("withheld") == [
        {"room_id": room, "session_id": "S", "code": "m.unverified", "sender": alice.user_id}
    ]


async def test_one_time_keys_are_filled_up_from_nothing(server: FakeServer, bot: Bot, peer: MakePeer) -> None:
    alice = await peer("alice")
    room = server.room(alice.user_id, bot.user_id)
    await bot.start()
    held = server.one_time_keys[bot.user_id, bot.client.device_id]
    assert len(held) == 50
    held.clear()
    server.post(room, alice.user_id, "m.x", {})
    await bot.until(lambda: len(held) == 50)


async def test_the_loop_stops_at_once_and_says_so(server: FakeServer, bot: Bot, peer: MakePeer) -> None:
    await bot.start()
    task = bot._task
    bot._stop.set()
    assert task is not None
    await asyncio.wait_for(task, 5)
    assert (len(bot.notices("started")), len(bot.notices("stopped"))) == (1, 1)


async def test_nothing_is_executed_while_an_earlier_event_of_the_room_is_sealed(
    server: FakeServer, bot: Bot, peer: MakePeer
) -> None:
    alice = await peer("alice")
    room = server.room(alice.user_id, bot.user_id)
    await bot.start()
    await bot.engine()
    await alice.sync()
    outage = server.fault("POST", "keys/query", status=502, body="<html>", times=1000)
    # A device of which the bot has heard nothing: it cannot tell whose word this is.
    bot.client.olm.tracked_users.discard(alice.user_id)
    sealed = await alice.say(room, "!fait T1")
    after = server.post(room, alice.user_id, "m.room.message", {"body": "après"})
    await bot.row_of(after)
    assert bot.row(sealed).state == "sealed"  # type: ignore[union-attr]
    assert [row.event_id for row in await bot.db.call(journal.next_ready)] == []
    outage.times = 0
    server.post(room, alice.user_id, "m.x", {})
    row = await bot.row_of(sealed)
    assert row.provenance is not None
    assert row.provenance.trusted
    assert [row.event_id for row in await bot.engine()][:2] == [sealed, after]


@pytest.mark.parametrize("part", ["sync", "keys"])
async def test_health_says_what_is_wrong_and_when_it_is_over(
    server: FakeServer, bot: Bot, peer: MakePeer, part: str
) -> None:
    alice = await peer("alice")
    await bot.start()
    assert bot.health.ready
    where = {"sync": "/sync", "keys": "/keys/query"}[part]
    method = {"sync": "GET", "keys": "POST"}[part]
    outage = server.fault(method, where, status=502, body="<html>", times=1000)
    server.room(alice.user_id, bot.user_id)
    await bot.until(lambda: bot.health.reasons.get(part) == "HTTP 502")
    outage.times = 0
    await bot.until(lambda: bot.health.ready)


async def test_a_token_that_the_server_refuses_for_good_is_given_up_and_nothing_is_lost(
    server: FakeServer, bot: Bot, peer: MakePeer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after a homeserver was restored from a copy: it answers 400 to a token that it did not give."""
    monkeypatch.setattr("bot.matrix.backoff.Backoff.next", lambda self: 0.05)
    server.timeline_limit = 3
    alice = await peer("alice")
    room = server.room(alice.user_id, bot.user_id)
    await bot.start()
    await alice.sync()
    before = [await alice.say(room, f"avant {number}") for number in range(2)]
    await bot.row_of(before[-1])
    await bot.db.call(rooms.put, Room("cell:INC-2026-001", room, "cell", "INC-2026-001", None, True, False))
    await bot.kill()
    sent = [await alice.say(room, f"pendant {number}") for number in range(6)]
    elsewhere = server.room(alice.user_id, bot.user_id, encrypted=False)
    old = server.post(elsewhere, alice.user_id, "m.room.message", {"body": "!cloture"})
    long_ago = next(event for _, event in server.rooms[elsewhere].events if event["event_id"] == old)
    long_ago["origin_server_ts"] -= 3 * 3600 * 1000
    refused = server.fault("GET", "/sync", status=400, body={"errcode": "M_UNKNOWN", "error": "Invalid token"}, times=3)
    await bot.start()
    rows = [await bot.row_of(event) for event in sent]
    assert refused.seen == 3
    assert [body(row) for row in rows] == [f"pendant {number}" for number in range(6)]
    assert {row.section for row in rows} == {"gap", "timeline"}
    assert [row.first for row in rows] == [False] * 6, "they came after us: what they ask is weighed by its age"
    ancient = await bot.row_of(old)
    assert ancient.first, "what is older than our last event is never executed"
    assert len([row for row in bot.rows() if row.event_id in (*before, *sent)]) == 8
    assert [notice["why"] for notice in bot.notices("started_over")] == ["M_UNKNOWN (400): Invalid token"]
    positions = [(row.turn, row.part, row.id) for row in rows]
    assert positions == sorted(positions)
    assert bot.token()


async def test_an_answer_without_end_is_asked_for_in_smaller_pieces(
    server: FakeServer, bot: Bot, peer: MakePeer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.matrix.backoff.Backoff.next", lambda self: 0.05)
    alice = await peer("alice")
    room = server.room(alice.user_id, bot.user_id)
    await bot.start()
    await alice.sync()
    first = await alice.say(room, "avant")
    await bot.row_of(first)
    await bot.db.call(rooms.put, Room("cell:INC-2026-001", room, "cell", "INC-2026-001", None, True, False))
    await bot.kill()
    server.timeline_limit = 1000
    sent = [await alice.say(room, f"pendant {number} " + "x" * 2000) for number in range(40)]
    bot.largest = 60_000
    await bot.open()
    reasons: list[str | None] = []
    monkeypatch.setattr(bot.health, "set", lambda part, why: reasons.append(why) if part == "sync" else None)
    bot.run()
    rows = [await bot.row_of(event) for event in sent]
    assert {row.section for row in rows} == {"gap", "timeline"}
    said = [why for why in reasons if why]
    assert said == [
        f"the homeserver's answer to /sync is larger than 60000 bytes, with {limit} messages a room"
        for limit in (1000, 100)
    ]
    assert reasons[-1] is None, "well again"


async def test_an_answer_that_is_too_large_however_little_is_asked_for_is_said_and_awaited(
    server: FakeServer, bot: Bot, peer: MakePeer, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []
    monkeypatch.setattr("bot.matrix.backoff.Backoff.next", lambda self: waits.append(0.05) or 0.05)
    alice = await peer("alice")
    room = server.room(alice.user_id, bot.user_id)
    bot.largest = 50
    await bot.open()
    bot.run()
    await bot.until(lambda: "larger than 50 bytes, with 1 messages" in bot.health.reasons.get("sync", ""))
    before = len(waits)
    await bot.until(lambda: len(waits) > before + 2)
    assert not bot.sync.caught_up.is_set()
    bot.sync._largest = 1_000_000
    await bot.until(bot.sync.caught_up.is_set)
    await bot.until(lambda: "sync" not in bot.health.reasons)
    assert bot.events(room)


async def test_two_refusals_are_not_for_good(
    server: FakeServer, bot: Bot, peer: MakePeer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.matrix.backoff.Backoff.next", lambda self: 0.05)
    alice = await peer("alice")
    room = server.room(alice.user_id, bot.user_id, encrypted=False)
    await bot.start()
    for _ in range(2):
        twice = server.fault("GET", "/sync", status=400, body={"errcode": "M_UNKNOWN", "error": "hm"}, times=2)
        server.touch()
        server.post(room, alice.user_id, "m.y", {})
        await bot.until(lambda twice=twice: twice.seen == 2)
        await bot.row_of(server.post(room, alice.user_id, "m.x", {}))
    assert bot.notices("started_over") == []


async def test_devices_that_change_while_they_are_asked_for_are_asked_for_again(
    server: FakeServer, bot: Bot, peer: MakePeer
) -> None:
    alice = await peer("alice")
    await bot.open()
    seen = server.count("POST", "/keys/query")
    server.fault("POST", "/keys/query", delay=1.0)
    asking = asyncio.create_task(keys.query(bot.client, [alice.user_id]))
    await bot.until(lambda: server.count("POST", "/keys/query") > seen)
    bot.client.olm.add_changed_users({alice.user_id})
    bot.client.nio.changes[alice.user_id] += 1
    await asking
    assert alice.user_id in bot.client.olm.users_for_key_query
    await keys.query(bot.client, [alice.user_id])
    assert alice.user_id not in bot.client.olm.users_for_key_query


async def test_why_a_key_is_withheld_stands_before_the_message_that_it_explains(
    server: FakeServer, bot: Bot, peer: MakePeer
) -> None:
    alice = await peer("alice")
    room = server.room(alice.user_id, bot.user_id)
    await bot.start()
    await bot.db.call(rooms.put, Room("cell:INC-2026-001", room, "cell", "INC-2026-001", None, True, False))
    sealed = {"algorithm": "m.megolm.v1.aes-sha2", "session_id": "S", "ciphertext": "AAAA"}
    content = {"room_id": room, "session_id": "S", "code": "m.unverified" + "x" * 9000}
    withheld = {"type": "m.room_key.withheld", "sender": alice.user_id, "content": content}
    server.push_to_device(bot.user_id, bot.client.device_id, withheld)
    event = server.post(room, alice.user_id, "m.room.encrypted", sealed)
    await bot.row_of(event)
    order = [row.event_id or row.type for row in bot.rows()]
    assert order.index("withheld") < order.index(event)
    assert len(bot.notices("withheld")[0]["code"]) == 255
