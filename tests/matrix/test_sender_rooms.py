"""Rooms made, entered and left, people asked in and put out: each once, whatever answer is lost."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from bot.making import open_direct
from bot.matrix.reconcile import MARKER
from bot.store import backup, journal, rooms
from bot.store.db import Session
from bot.store.journal import Received
from tests.matrix.fake import FakeServer
from tests.matrix.peers import Peer
from tests.matrix.rig import Rig, eventually

CELL = "cell:INC-2026-001"


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


@pytest.mark.parametrize("refused", [None, "Cannot invite so many users at once", "You cannot invite this person"])
async def test_the_making_of_a_room_invites_the_first_and_nobody_twice(
    server: FakeServer, rig: Rig, refused: str | None
) -> None:
    """Where the homeserver lets fewer in at once, or one of them cannot be invited, each is invited by name."""
    bob = server.user("bob")
    if refused is not None:
        server.fault("POST", "/createRoom", status=400, body={"errcode": "M_UNKNOWN", "error": refused})
    await rig.know(CELL, None)
    server.user("alice")
    payload = {"name": "Cellule", "alias_local": "c-7f3a", "purpose": "cell", "admins": []}
    first = {"first": ["@alice:fake.test", bob, "@nobody:fake.test", "@far:elsewhere.test"]}
    making = await rig.put(CELL, "create", payload | first, priority=0)
    calls = [await rig.put(CELL, "invite", {"user": user}) for user in ("@alice:fake.test", bob)]
    rig.send()
    for each in (making, *calls):
        await rig.until(each, "sent")
    [room] = server.rooms.values()
    assert room.membership(bob) == room.membership("@alice:fake.test") == "invite"
    assert server.count("POST", "/invite") == (2 if refused else 0)


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
