"""What goes out: each row once, in order, never in clear."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from typing import Any

import pytest
from nio.crypto.attachments import decrypt_attachment
from sqlalchemy import text

from bot.matrix.outgoing import Withdrawn
from bot.matrix.reconcile import MARKER
from bot.store import blobs, outbox, rooms
from bot.store.db import Session
from bot.store.outbox import Outgoing
from tests.matrix.fake import FakeServer
from tests.matrix.peers import Peer
from tests.matrix.rig import Rig, eventually, heard

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
    await eventually(lambda: asyncio.sleep(0, server.count("PUT", "/send/")), bool)
    await asyncio.sleep(2.5)
    assert server.count("PUT", "/send/") <= 3
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


async def test_what_is_taken_back_after_it_was_found_due_is_not_sent(server: FakeServer, rig: Rig, cell: str) -> None:
    row = await rig.db.call(outbox.get, await rig.say(CELL, "Ce qui n’est plus à dire"))
    room = await rig.db.call(rooms.by_key, CELL)
    assert row is not None
    await rig.db.call(outbox.dead, row.id, "taken back")
    with pytest.raises(Withdrawn):
        await rig.sender._delivery.deliver(row, room)
    assert server.texts(cell) == []


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
