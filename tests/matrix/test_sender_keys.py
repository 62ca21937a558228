"""Who can read what goes out: never in clear, and every key to those whose it is."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from tests.matrix.fake import FakeServer
from tests.matrix.peers import Peer
from tests.matrix.rig import Rig, eventually, heard

CELL = "cell:INC-2026-001"


async def newcomer(server: FakeServer, room_id: str, name: str) -> Peer:
    """Somebody else with a device of their own, who has just come into the room."""
    peer = await Peer(server.url, server.user(name)).start()
    server.post(room_id, peer.user_id, "m.room.member", {"membership": "join"}, state_key=peer.user_id)
    return peer


async def test_no_word_in_clear_where_our_table_says_so(server: FakeServer, rig: Rig, alice: Peer) -> None:
    room_id = server.room(rig.user, alice.user_id, encrypted=False)
    await rig.know("room:plain", room_id, encrypted=False)
    rig.send()
    row = await rig.until(await rig.say("room:plain", "secret"), "dead")
    assert row.error == "plaintext_refused"
    assert server.count("PUT", "/send/") == 0
    [told] = await rig.notices("undeliverable")
    assert (told["outbox_id"], told["why"]) == (row.id, "plaintext_refused")


async def test_no_word_in_clear_where_the_server_lies_about_a_room(server: FakeServer, rig: Rig, alice: Peer) -> None:
    room_id = server.room(rig.user, alice.user_id, encrypted=False)
    await rig.know(CELL, room_id)
    rig.send()
    row_id = await rig.say(CELL, "secret")
    await eventually(lambda: rig.row(row_id), lambda row: row.error == "not_known_encrypted")
    rig.clock.ahead = timedelta(seconds=61)
    row = await rig.until(row_id, "dead")
    assert (row.error, row.attempts, server.count("PUT", "/send/")) == ("plaintext_refused", 0, 0)
    assert len(await rig.notices("undeliverable")) == 1


async def test_a_failed_key_claim_does_not_silence_the_room(
    server: FakeServer, rig: Rig, alice: Peer, cell: str
) -> None:
    fault = server.fault("POST", "/keys/claim", status=502, body="<html>", times=1)
    rig.send()
    await rig.say(CELL, "on insiste")
    [content] = await heard(alice, cell)
    assert (content["body"], fault.seen) == ("on insiste", 1)


async def test_a_room_key_that_did_not_leave_is_sent_before_the_message(
    server: FakeServer, rig: Rig, alice: Peer, cell: str
) -> None:
    server.fault("PUT", "/sendToDevice/m.room.encrypted/", drop="before", times=2)
    rig.send()
    await rig.say(CELL, "avec sa clé")
    assert (await heard(alice, cell))[0]["body"] == "avec sa clé"


async def test_a_room_key_that_the_homeserver_refuses_is_not_taken_for_shared(
    server: FakeServer, rig: Rig, alice: Peer, cell: str
) -> None:
    bob = await newcomer(server, cell, "bob")
    await bob.sync()
    await eventually(lambda: asyncio.sleep(0, rig.client.nio.rooms[cell].users), lambda known: bob.user_id in known)
    # The batch of both, then the first of the two by itself: which one is not ours to say.
    no = {"errcode": "M_FORBIDDEN", "error": "no"}
    refused = server.fault("PUT", "/sendToDevice/m.room.encrypted/", status=403, body=no, times=2)
    rig.send()
    await rig.until(await rig.say(CELL, "pour tous"), "sent")
    assert refused.seen == 2
    queues = [server.to_device[peer.user_id, peer.device_id] for peer in (alice, bob)]
    assert sorted(len(queue) for queue in queues) == [0, 1], "one has it, the message did not wait for the other"
    rig.clock.ahead = timedelta(minutes=1)
    await eventually(lambda: asyncio.sleep(0, queues), lambda found: all(len(queue) == 1 for queue in found))
    for peer in (alice, bob):
        assert (await heard(peer, cell))[0]["body"] == "pour tous"
    await bob.stop()


async def test_one_malformed_one_time_key_does_not_take_the_others_theirs(
    server: FakeServer, rig: Rig, alice: Peer, cell: str
) -> None:
    mallory = await newcomer(server, cell, "mallory")
    for key in server.one_time_keys[mallory.user_id, mallory.device_id].values():
        key["key"] = "not a key"
        del key["signatures"]
        key["signatures"] = {
            mallory.user_id: {f"ed25519:{mallory.device_id}": mallory.olm.sign_json({"key": "not a key"})}
        }
    await mallory.stop()
    rig.send()
    await rig.say(CELL, "pour les autres")
    assert (await heard(alice, cell))[0]["body"] == "pour les autres"


async def test_a_device_without_keys_is_passed_over_and_gets_what_it_missed(
    server: FakeServer, rig: Rig, alice: Peer, cell: str
) -> None:
    bob = await newcomer(server, cell, "bob")
    await bob.sync()
    target = (bob.user_id, bob.device_id)
    kept, server.one_time_keys[target] = server.one_time_keys[target], {}
    rig.send()
    await rig.until(await rig.say(CELL, "un"), "sent")
    claims = server.count("POST", "/keys/claim")
    await rig.until(await rig.say(CELL, "deux"), "sent")
    assert server.count("POST", "/keys/claim") == claims  # not asked again for each message
    server.one_time_keys[target] = kept
    rig.clock.ahead = timedelta(minutes=1)
    await rig.until(await rig.say(CELL, "trois"), "sent")
    answer = await bob.sync()
    read = [event.source["content"].get("body") for event in answer.rooms.join[cell].timeline.events]
    assert [words for words in read if words] == ["un", "deux", "trois"]
    assert [content["body"] for content in await heard(alice, cell, 3)] == ["un", "deux", "trois"]
    await bob.stop()


async def test_who_comes_later_reads_what_was_said_though_nothing_more_is(
    server: FakeServer, rig: Rig, alice: Peer, cell: str
) -> None:
    rig.send()
    for words in ("carte", "liste"):
        await rig.until(await rig.say(CELL, words), "sent")
    bob = await newcomer(server, cell, "bob")
    await eventually(
        lambda: asyncio.sleep(0, server.to_device[bob.user_id, bob.device_id]), lambda queue: len(queue) > 0
    )
    await bob.sync(full=True)
    history = await bob.nio.room_messages(cell, "", limit=50)
    read = {event.source["content"].get("body") for event in history.chunk}
    assert {"carte", "liste"} <= read
    first, second = (event["content"]["session_id"] for event in server.texts(cell))
    assert first == second
    await bob.stop()


async def test_an_unsigned_new_device_of_a_member_reads_only_what_follows(
    server: FakeServer, rig: Rig, alice: Peer, cell: str
) -> None:
    rig.send()
    await rig.until(await rig.say(CELL, "avant"), "sent")
    second = await Peer(server.url, alice.user_id).start("SECONDDEVICE")
    await eventually(
        lambda: asyncio.sleep(0, server.to_device[second.user_id, "SECONDDEVICE"]),
        lambda queue: len(queue) > 0,
    )
    await rig.until(await rig.say(CELL, "après"), "sent")
    await second.sync(full=True)
    history = await second.nio.room_messages(cell, "", limit=50)
    read = {event.source["content"].get("body") for event in history.chunk}
    assert "après" in read
    assert "avant" not in read
    await second.stop()


async def test_who_has_left_cannot_read_on(server: FakeServer, rig: Rig, alice: Peer, cell: str) -> None:
    rig.send()
    await rig.until(await rig.say(CELL, "avant"), "sent")
    await heard(alice, cell)
    server.post(cell, alice.user_id, "m.room.member", {"membership": "leave"}, state_key=alice.user_id)
    known = rig.client.nio.rooms[cell].users
    await eventually(lambda: asyncio.sleep(0, alice.user_id in known), lambda there: not there)
    sent = server.count("PUT", "/sendToDevice/")
    await rig.until(await rig.say(CELL, "après"), "sent")
    assert server.count("PUT", "/sendToDevice/") == sent
    first, second = server.texts(cell)
    assert first["content"]["session_id"] != second["content"]["session_id"]
