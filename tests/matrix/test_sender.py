"""What goes out: each row once, in order, never in clear."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from nio.crypto.attachments import decrypt_attachment
from sqlalchemy import text

from bot.making import open_direct
from bot.matrix.reconcile import MARKER
from bot.store import backup, blobs, journal, outbox, rooms
from bot.store.db import Session
from bot.store.journal import Received
from bot.store.outbox import Outgoing
from tests.matrix.fake import FakeServer
from tests.matrix.peers import Peer
from tests.matrix.rig import Rig, eventually, heard


@pytest.fixture
async def server() -> AsyncIterator[FakeServer]:
    async with FakeServer() as running:
        yield running


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


CELL = "cell:INC-2026-001"


async def test_a_message_arrives_encrypted_with_its_marker(
    server: FakeServer, rig: Rig, alice: Peer, cell: str
) -> None:
    rig.send()
    row_id = await rig.say(CELL, "La cellule est ouverte")
    row = await rig.until(row_id, "sent")
    [content] = await heard(alice, cell)
    assert content["body"] == "La cellule est ouverte"
    assert content[MARKER] == row_id
    [event] = server.texts(cell)
    assert event["type"] == "m.room.encrypted"
    assert row.event_id == event["event_id"]
    assert "ouverte" not in json.dumps(event)


async def test_order_urgent_first_then_first_in_first_out(rig: Rig, alice: Peer, cell: str) -> None:
    await rig.say(CELL, "un")
    await rig.say(CELL, "deux")
    await rig.say(CELL, "urgent", priority=0)
    rig.send()
    assert [content["body"] for content in await heard(alice, cell, 3)] == ["urgent", "un", "deux"]


async def test_who_is_called_first_is_called_before_the_first_word(server: FakeServer, rig: Rig, cell: str) -> None:
    # The key goes to them with the word itself: a crash in between cannot take it along.
    called = [server.user(name) for name in ("bob", "carol", "dora")]
    word = await rig.say(CELL, "La carte", priority=0)
    calls = [await rig.put(CELL, "invite", {"user": user, "reason": ""}, priority=0) for user in called]
    rig.send()
    for row in (word, *calls):
        await rig.until(row, "sent")
    paths = [seen.path for seen in server.requests]
    said = next(n for n, path in enumerate(paths) if "/send/m.room.encrypted/" in path)
    assert sum(path.endswith("/invite") for path in paths[:said]) == len(called)


async def test_a_lost_answer_makes_no_second_event(server: FakeServer, rig: Rig, cell: str) -> None:
    # aiohttp itself sends an idempotent request again when a kept connection breaks: so, twice.
    server.fault("PUT", "/send/m.room.encrypted/", drop="after", times=2)
    rig.send()
    row_id = await rig.say(CELL, "une fois")
    row = await rig.until(row_id, "sent")
    assert server.count("PUT", "/send/m.room.encrypted/") == 3
    [event] = server.texts(cell)
    assert row.event_id == event["event_id"]
    assert rig.health.said[-1] == ("send", None)
    assert any(reason for _, reason in rig.health.said)


async def test_bad_gateways_are_not_hammered(server: FakeServer, rig: Rig, cell: str) -> None:
    server.fault("PUT", "/send/", status=502, body="<html>bad gateway</html>", times=1000)
    rig.send()
    row_id = await rig.say(CELL, "patience")
    await asyncio.sleep(2.5)
    assert 1 <= server.count("PUT", "/send/") <= 3
    assert (await rig.row(row_id)).state == "attempted"


async def test_a_limit_is_obeyed_exactly_and_urgent_words_then_go_first(
    server: FakeServer, rig: Rig, alice: Peer, cell: str
) -> None:
    fault = server.fault(
        "PUT",
        "/send/m.room.encrypted/",
        status=429,
        body={"errcode": "M_LIMIT_EXCEEDED", "retry_after_ms": 1500},
    )
    rig.send()
    await rig.say(CELL, "ordinaire")
    await eventually(lambda: asyncio.sleep(0, fault.seen), lambda seen: seen == fault.times)
    await rig.say(CELL, "urgent", priority=0)
    assert [content["body"] for content in await heard(alice, cell, 2)] == ["urgent", "ordinaire"]
    first, second, *_ = [seen.at for seen in server.requests if "/send/m.room.encrypted/" in seen.path]
    assert second - first >= 1.5


@pytest.mark.parametrize("refusals", [1, 4])
async def test_at_a_limit_of_two_messages_one_is_an_answer_to_somebody(
    server: FakeServer, rig: Rig, alice: Peer, cell: str, refusals: int
) -> None:
    server.fault(
        "PUT",
        "/send/m.room.encrypted/",
        times=refusals,
        status=429,
        body={"errcode": "M_LIMIT_EXCEEDED", "retry_after_ms": 500},
    )
    for key in ("board:1", "board:2", "board:3", "reply:$1:0", "reply:$2:0", "board:4"):
        await rig.say(CELL, key, key)
    rig.send()
    said = [content["body"] for content in await heard(alice, cell, 6)]
    assert said == ["reply:$1:0", "board:1", "reply:$2:0", "board:2", "board:3", "board:4"]


async def test_an_edit_follows_its_message_and_carries_the_marker(rig: Rig, alice: Peer, cell: str) -> None:
    await rig.say(CELL, "carte", key="card")
    edit = {
        "msgtype": "m.notice",
        "body": "* carte 2",
        "m.new_content": {"msgtype": "m.notice", "body": "carte 2"},
        "m.relates_to": {"rel_type": "m.replace", "event_id": {"outbox": "card"}},
    }
    row_id = await rig.put(CELL, "message", {"type": "m.room.message", "content": edit}, priority=0)
    rig.send()
    first, second = await heard(alice, cell, 2)
    card = await rig.db.call(outbox.event_of, "card")
    assert second["m.relates_to"]["event_id"] == card
    assert second["m.new_content"] == {"msgtype": "m.notice", "body": "carte 2", MARKER: row_id}
    assert first["body"] == "carte"


async def test_pins_reactions_redactions_and_state(server: FakeServer, rig: Rig, cell: str) -> None:
    await rig.say(CELL, "carte", key="card")
    await rig.put(CELL, "pin", {"events": [{"outbox": "card"}]})
    reaction = await rig.put(CELL, "reaction", {"event_id": {"outbox": "card"}, "key": "✅"})
    await rig.put(CELL, "state", {"type": "m.room.topic", "state_key": "", "content": {"topic": "Point à 14 h"}})
    last = await rig.put(CELL, "redaction", {"event_id": {"outbox": "card"}, "reason": "doublon"})
    rig.send()
    await rig.until(last, "sent")
    card = await rig.db.call(outbox.event_of, "card")
    state = server.rooms[cell].state
    assert state["m.room.pinned_events", ""]["content"] == {"pinned": [card]}
    assert state["m.room.topic", ""]["content"] == {"topic": "Point à 14 h"}
    [made] = [event for event in server.texts(cell) if event["type"] == "m.reaction"]
    assert made["content"]["m.relates_to"] == {"rel_type": "m.annotation", "event_id": card, "key": "✅"}
    assert made["content"][MARKER] == reaction
    [gone] = [event for event in server.texts(cell) if event["type"] == "m.room.redaction"]
    assert (gone["redacts"], gone["content"]["reason"]) == (card, "doublon")


async def test_a_file_is_encrypted_and_its_address_is_kept(
    server: FakeServer, rig: Rig, alice: Peer, cell: str
) -> None:
    sha256 = await rig.db.call(blobs.put, b"PK the incident file")
    payload = {
        "blob": sha256,
        "filename": "INC-2026-001.zip",
        "mimetype": "application/zip",
        "body": "Le dossier",
    }
    server.fault("PUT", "/send/", drop="before", times=2)
    rig.send()
    row_id = await rig.put(CELL, "file", payload)
    row = await rig.until(row_id, "sent")
    [content] = await heard(alice, cell)
    file = content["file"]
    assert len(server.media) == 1
    sealed = server.media[file["url"].rpartition("/")[2]]
    assert b"incident" not in sealed
    clear = decrypt_attachment(sealed, file["key"]["k"], file["hashes"]["sha256"], file["iv"])
    assert clear == b"PK the incident file"
    assert (content["filename"], content["info"]) == (
        "INC-2026-001.zip",
        {"mimetype": "application/zip", "size": 20},
    )
    assert row.mxc == file["url"]
    [upload] = [seen for seen in server.requests if seen.path.endswith("/upload") and "media" in seen.path]
    assert upload.query == {}


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
    await asyncio.sleep(1.5)
    assert (await rig.row(row_id)).error == "not_known_encrypted"
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
    bob = await Peer(server.url, server.user("bob")).start()
    server.post(cell, bob.user_id, "m.room.member", {"membership": "join"}, state_key=bob.user_id)
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
    mallory = await Peer(server.url, server.user("mallory")).start()
    server.post(cell, mallory.user_id, "m.room.member", {"membership": "join"}, state_key=mallory.user_id)
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
    bob = await Peer(server.url, server.user("bob")).start()
    server.post(cell, bob.user_id, "m.room.member", {"membership": "join"}, state_key=bob.user_id)
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
    bob = await Peer(server.url, server.user("bob")).start()
    server.post(cell, bob.user_id, "m.room.member", {"membership": "join"}, state_key=bob.user_id)
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


async def test_an_alert_room_that_takes_nothing_makes_the_bot_unready(
    server: FakeServer, rig: Rig, alice: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.matrix.sender.RETRIES", (timedelta(seconds=0.1),) * 3)
    await rig.know("alert", server.room(rig.user, alice.user_id), kind="alert")
    server.fault("PUT", "/send/", status=403, body={"errcode": "M_FORBIDDEN", "error": "no power"}, times=4)
    rig.send()
    await rig.until(await rig.say("alert", "refusé"), "dead")
    assert ("alert", "nothing can be said in the alert room: M_FORBIDDEN (403): no power") in rig.health.said
    await rig.until(await rig.say("alert", "admis"), "sent")
    await eventually(lambda: asyncio.sleep(0, rig.health.said), lambda said: ("alert", None) in said)


async def test_a_refusal_is_tried_again_and_then_told(
    server: FakeServer, rig: Rig, cell: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.matrix.sender.RETRIES", (timedelta(seconds=0.1),) * 3)
    server.fault("PUT", "/send/", status=403, body={"errcode": "M_FORBIDDEN", "error": "no power"}, times=99)
    rig.send()
    row = await rig.until(await rig.say(CELL, "refusé"), "dead")
    assert server.count("PUT", "/send/") == 4
    [told] = await rig.notices("undeliverable")
    assert told["room_key"] == CELL
    assert "M_FORBIDDEN" in told["why"]
    assert row.error == told["why"]


async def test_a_row_that_cannot_be_read_holds_up_neither_a_decision_nor_what_follows(
    rig: Rig, alice: Peer, cell: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.matrix.sender.RETRIES", ())
    rig.send()
    await rig.until(await rig.say(CELL, "avant"), "sent")
    await eventually(lambda: asyncio.sleep(0, rig.sender._rests), lambda rests: rests)

    def decided(session: Session) -> tuple[str, object]:
        out = Outgoing(CELL, "message", {"type": "m.room.message"}, "broken")
        return outbox.enqueue(session, out, rig.clock.now()), rig.sender.take(session)

    row_id, ready = await rig.db.call(decided)
    assert ready is None
    await rig.say(CELL, "après")
    assert [content["body"] for content in await heard(alice, cell, 2)] == ["avant", "après"]
    await rig.until(row_id, "dead")


async def test_what_is_too_large_is_told_at_once_and_blocks_nothing(
    server: FakeServer, rig: Rig, alice: Peer, cell: str
) -> None:
    server.fault("PUT", "/send/", status=413, body={"errcode": "M_TOO_LARGE", "error": "too big"})
    rig.send()
    large = await rig.say(CELL, "x" * 10)
    await rig.say(CELL, "suite")
    assert (await heard(alice, cell))[0]["body"] == "suite"
    assert (await rig.row(large)).state == "dead"


async def test_a_retry_after_a_day_looks_for_our_own_event_first(
    server: FakeServer, rig: Rig, alice: Peer, cell: str
) -> None:
    fault = server.fault("PUT", "/send/m.room.encrypted/", drop="after", times=2)
    rig.send()
    row_id = await rig.say(CELL, "une fois")
    await eventually(lambda: asyncio.sleep(0, fault.seen), lambda seen: seen == fault.times)
    server.sent_txns.clear()
    rig.clock.ahead = timedelta(hours=25)
    row = await rig.until(row_id, "sent")
    [event] = server.texts(cell)
    assert row.event_id == event["event_id"]
    assert server.count("PUT", "/send/m.room.encrypted/") == 2


async def test_a_retry_after_a_day_sends_what_was_never_sent(
    server: FakeServer, rig: Rig, alice: Peer, cell: str
) -> None:
    fault = server.fault("PUT", "/send/m.room.encrypted/", drop="before", times=2)
    for number in range(3):
        server.post(cell, alice.user_id, "m.room.message", {"msgtype": "m.text", "body": f"{number}"})
    rig.send()
    row_id = await rig.say(CELL, "une fois")
    await eventually(lambda: asyncio.sleep(0, fault.seen), lambda seen: seen == fault.times)
    rig.clock.ahead = timedelta(hours=25)
    await rig.until(row_id, "sent")
    assert [event["content"].get(MARKER) for event in server.texts(cell)].count(row_id) == 1
    assert server.count("GET", "/messages") >= 1


@pytest.mark.parametrize("keys_kept", [True, False])
async def test_another_device_finds_what_the_first_one_sent(
    server: FakeServer, rig: Rig, alice: Peer, cell: str, keys_kept: bool
) -> None:
    fault = server.fault("PUT", "/send/m.room.encrypted/", drop="after", times=2)
    rig.send()
    row_id = await rig.say(CELL, "une fois")
    await eventually(lambda: asyncio.sleep(0, fault.seen), lambda seen: seen == fault.times)
    old = rig.client.device_id
    await rig.stop()
    if keys_kept:
        rig.db.migrate()

        def another(session: Any) -> None:
            row = outbox.get(session, row_id)
            assert row is not None
            outbox.attempt(session, row_id, rig.clock.now(), "LOSTDEVICE", {})

        await rig.db.call(another)
    else:
        for file in (rig.folder / "crypto").iterdir():
            file.unlink()
    await rig.start()
    rig.send()
    row = await rig.until(row_id, "sent")
    assert (rig.client.device_id == old) is keys_kept
    [event] = server.texts(cell)
    assert row.event_id == event["event_id"]


async def test_a_room_is_made_once_though_the_answer_was_lost(server: FakeServer, rig: Rig) -> None:
    server.fault("POST", "/createRoom", drop="after")
    await rig.know(CELL, None)
    rig.send()
    payload = {
        "name": "Cellule 2026-001",
        "alias_local": "c-7f3a",
        "purpose": "cell",
        "admins": ["@dir:fake.test"],
    }
    words = await rig.say(CELL, "carte")
    await rig.until(await rig.put(CELL, "create", payload, priority=0), "sent")
    await rig.until(words, "sent")
    [room] = server.rooms.values()
    assert await rig.notices("created") == [{"room_key": CELL, "room_id": room.room_id}]
    kept = await rig.db.call(rooms.by_key, CELL)
    assert kept is not None
    assert (kept.room_id, kept.encrypted) == (room.room_id, True)
    assert server.count("POST", "/createRoom") == 1
    assert [event["type"] for event in server.texts(room.room_id)] == ["m.room.encrypted"]


async def test_a_room_under_our_alias_that_is_not_ours_is_not_used(server: FakeServer, rig: Rig) -> None:
    squatter = server.user("squatter")
    server.room(squatter, rig.user, room_alias_name="c-7f3a")
    await rig.know(CELL, None)
    rig.send()
    row = await rig.until(await rig.put(CELL, "create", {"name": "x", "alias_local": "c-7f3a"}), "dead")
    assert row.error == "alias_taken"


async def test_a_room_that_a_lost_machine_made_is_found_with_what_it_said_there(server: FakeServer, rig: Rig) -> None:
    room_id = server.room(rig.user, room_alias_name="c-7f3a")
    await rig.know(CELL, None)
    said, missing = await rig.say(CELL, "carte", "board:INC-2026-001:card:1"), await rig.say(CELL, "la suite")
    event = {"type": "m.room.encrypted", "event_id": "$carte", "content": {MARKER: said}}

    def come(session: Session) -> list[int]:
        raw = json.dumps(event).encode()
        item = Received("event", "timeline", room_id, "$carte", rig.user, "m.room.encrypted", 0, raw)
        rows = journal.receive(session, [item], turn=1, now=rig.clock.now(), first=False)
        journal.aside(session, rows)
        return rows

    await rig.db.call(come)
    rig.send()
    await rig.until(await rig.put(CELL, "create", {"name": "x", "alias_local": "c-7f3a"}, priority=0), "sent")
    await rig.until(missing, "sent")
    assert (await rig.row(said)).event_id == "$carte"
    assert len(server.texts(room_id)) == 1, "what stood there is not said again"
    assert len(server.rooms) == 1
    assert await rig.db.call(backup.was_restored), "what is read there now was decided before"


async def test_a_room_that_we_have_left_is_not_used_again(server: FakeServer, rig: Rig) -> None:
    room_id = server.room(rig.user, room_alias_name="c-7f3a")
    server.post(room_id, rig.user, "m.room.member", {"membership": "leave"}, state_key=rig.user)
    await rig.know(CELL, None)
    rig.send()
    row = await rig.until(await rig.put(CELL, "create", {"name": "x", "alias_local": "c-7f3a"}), "dead")
    assert row.error == "alias_taken"


async def test_invitations(server: FakeServer, rig: Rig, cell: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.matrix.sender.RETRIES", (timedelta(seconds=0.1),) * 3)
    bob = server.user("bob")
    server.fault("POST", "/invite", status=429, body={"errcode": "M_LIMIT_EXCEEDED", "retry_after_ms": 700})
    rig.send()
    there = await rig.put(CELL, "invite", {"user": "@alice:fake.test", "reason": ""})
    new = await rig.put(CELL, "invite", {"user": bob, "reason": "Crise"})
    nobody = await rig.put(CELL, "invite", {"user": "@nobody:fake.test", "reason": ""})
    words = await rig.say(CELL, "pendant ce temps")
    await rig.until(words, "sent")
    await rig.until(there, "sent")
    await rig.until(new, "sent")
    assert server.rooms[cell].membership(bob) == "invite"
    await rig.until(nobody, "dead")
    [told] = await rig.notices("undeliverable")
    assert told["user"] == "@nobody:fake.test"
    first, second, *_ = [seen.at for seen in server.requests if seen.path.endswith("/invite")]
    assert second - first >= 0.7


@pytest.mark.parametrize("at_once", [True, False])
async def test_the_making_of_a_room_invites_the_first_and_nobody_twice(
    server: FakeServer, rig: Rig, *, at_once: bool
) -> None:
    """Where the homeserver lets fewer in at once, or an account does not exist, each is invited by name."""
    bob = server.user("bob")
    if not at_once:
        refused = {"errcode": "M_UNKNOWN", "error": "Cannot invite so many users at once"}
        server.fault("POST", "/createRoom", status=400, body=refused)
    await rig.know(CELL, None)
    server.user("alice")
    payload = {"name": "Cellule", "alias_local": "c-7f3a", "purpose": "cell", "admins": []}
    first = {"first": ["@alice:fake.test", bob, "@nobody:fake.test"]}
    making = await rig.put(CELL, "create", payload | first, priority=0)
    calls = [await rig.put(CELL, "invite", {"user": user}) for user in ("@alice:fake.test", bob)]
    rig.send()
    for each in (making, *calls):
        await rig.until(each, "sent")
    [room] = server.rooms.values()
    assert room.membership(bob) == room.membership("@alice:fake.test") == "invite"
    assert server.count("POST", "/invite") == (0 if at_once else 2)


async def test_joining_tells_what_the_room_is(server: FakeServer, rig: Rig, alice: Peer) -> None:
    room_id = server.room(alice.user_id)
    server.post(
        room_id,
        alice.user_id,
        "m.room.member",
        {"membership": "invite", "is_direct": True},
        state_key=rig.user,
    )
    rig.send()
    await rig.until(await rig.put(f"room:{room_id}", "join", {"room_id": room_id}), "sent")
    [told] = await rig.notices("joined")
    assert told["room_id"] == room_id
    assert (told["encrypted"], told["members"], told["creator"]) == (True, [alice.user_id], alice.user_id)
    closed = server.room(alice.user_id)
    await rig.until(await rig.put(f"room:{closed}", "join", {"room_id": closed}), "dead")
    assert (await rig.notices("refused_join"))[0]["room_id"] == closed


async def test_leaving_says_why_and_twice_is_once(server: FakeServer, rig: Rig, cell: str) -> None:
    rig.send()
    payload = {"room_id": cell, "reason": "Ce salon n'est pas chiffré."}
    await rig.until(await rig.put(CELL, "leave", payload), "sent")
    left = server.rooms[cell].state["m.room.member", rig.user]["content"]
    assert (left["membership"], left["reason"]) == ("leave", "Ce salon n'est pas chiffré.")
    late = await rig.until(await rig.say(CELL, "trop tard"), "dead")
    assert late.error == "not_in_room"


async def test_a_stranger_s_dead_server_holds_nothing_up(
    server: FakeServer, rig: Rig, alice: Peer, cell: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.matrix.sender.FOREIGN_FIRST", timedelta(seconds=0.2))
    dead = server.fault("POST", "/leave", status=502, body={"errcode": "M_UNKNOWN", "error": "no answer"}, times=3)
    declined = await rig.put("room:!theirs", "leave", {"room_id": "!theirs:x"}, priority=0)
    words = [await rig.say(CELL, str(number)) for number in range(3)]
    rig.send()
    for row_id in words:
        await rig.until(row_id, "sent", seconds=5)
    assert not any(reason for _, reason in rig.health.said), "our own homeserver is well"
    await rig.until(declined, "sent")
    assert dead.seen == 3


async def test_a_server_that_takes_nothing_for_a_while_loses_no_word(
    server: FakeServer, rig: Rig, alice: Peer, cell: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.matrix.sender.STOPPED_WAIT", timedelta(seconds=0.1))
    monkeypatch.setattr("bot.matrix.sender.RETRIES", ())
    full = {"errcode": "M_RESOURCE_LIMIT_EXCEEDED", "error": "the server is full"}
    server.fault("PUT", "/send/m.room.encrypted/", status=403, body=full, times=6)
    rig.send()
    await rig.until(await rig.say(CELL, "malgré tout"), "sent")
    assert [content["body"] for content in await heard(alice, cell)] == ["malgré tout"]
    assert any("full" in (reason or "") for _, reason in rig.health.said)


async def test_a_direct_room_that_could_not_be_made_is_made_when_it_can(server: FakeServer, rig: Rig) -> None:
    later = "@later:fake.test"

    def open_one(session: Any) -> None:
        open_direct(session, later, rig.clock.now(), None)

    await rig.db.call(open_one)
    rig.send()
    await eventually(lambda: rig.notices("undeliverable"), bool)
    assert await rig.db.call(rooms.by_key, f"dm:{later}") is None
    server.user("later")
    await rig.db.call(open_one)
    rig.sender.wake()
    room = await eventually(lambda: rig.db.call(rooms.by_key, f"dm:{later}"), lambda found: found and found.room_id)
    assert server.rooms[room.room_id].membership(later) == "invite"


@pytest.mark.parametrize("soft", [True, False])
async def test_a_token_revoked_in_between_loses_nothing(
    server: FakeServer, rig: Rig, alice: Peer, cell: str, soft: bool
) -> None:
    rig.send()
    await rig.until(await rig.say(CELL, "avant"), "sent")
    device = rig.client.device_id
    server.revoke(rig.user, soft=soft)
    await rig.until(await rig.say(CELL, "après"), "sent")
    assert rig.client.device_id == device
    assert [content["body"] for content in await heard(alice, cell, 2)] == ["avant", "après"]


async def test_a_database_that_fails_for_a_while_is_waited_for(
    server: FakeServer, rig: Rig, alice: Peer, cell: str
) -> None:
    def rename(session: Any, old: str, new: str) -> None:
        session.execute(text(f"ALTER TABLE {old} RENAME TO {new}"))

    await rig.say(CELL, "patience")
    await rig.db.call(rename, "outbox", "gone")
    rig.send()
    await eventually(lambda: asyncio.sleep(0, rig.health.said), lambda said: any(reason for _, reason in said))
    await rig.db.call(rename, "gone", "outbox")
    assert (await heard(alice, cell))[0]["body"] == "patience"
    await eventually(lambda: asyncio.sleep(0, rig.health.said), lambda said: said[-1] == ("send", None))


async def test_an_echo_before_the_answer_is_proof_enough(server: FakeServer, rig: Rig, cell: str) -> None:
    server.fault("PUT", "/send/m.room.encrypted/", delay=1.0)
    rig.send()
    row_id = await rig.say(CELL, "écho")
    await eventually(lambda: asyncio.sleep(0, server.count("PUT", "/send/")), bool)
    await rig.db.call(outbox.echoed, row_id, "$echo", rig.clock.now())
    await eventually(lambda: asyncio.sleep(0, len(server.texts(cell))), bool)
    await asyncio.sleep(0.3)
    row = await rig.row(row_id)
    assert (row.state, len(server.texts(cell)), server.count("PUT", "/send/")) == ("sent", 1, 1)
