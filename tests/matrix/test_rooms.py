"""How rooms are made, entered and followed."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.matrix.rooms import (
    ALERT,
    AlertRoom,
    AlertRoomUnusable,
    creation_content,
    direct_room_times,
    ensure_alert_room,
    facts,
    follow,
    upgrade_refused,
)
from bot.store import outbox, rooms
from bot.store.rooms import Room
from tests.matrix.fake import FakeServer
from tests.matrix.rig import Rig, eventually

BOT = "@bot:fake.test"
MEGOLM = {"algorithm": "m.megolm.v1.aes-sha2"}


def test_what_a_room_is_made_of() -> None:
    payload = {
        "name": "Cellule 2026-001",
        "topic": "",
        "alias_local": "c-7f3a",
        "purpose": "cell",
        "admins": ["@dir:fake.test"],
    }
    content = creation_content(payload, BOT)
    state = {event["type"]: event["content"] for event in content["initial_state"]}
    assert content["room_version"] == "11"
    assert content["creation_content"] == {"m.federate": False}
    assert (content["preset"], content["visibility"]) == ("private_chat", "private")
    assert state["m.room.encryption"] == MEGOLM
    assert state["m.room.history_visibility"] == {"history_visibility": "shared"}
    assert state["m.room.guest_access"] == {"guest_access": "forbidden"}
    assert state["m.room.join_rules"] == {"join_rule": "invite"}
    assert "topic" not in content
    assert "is_direct" not in content
    levels = content["power_level_content_override"]
    assert levels["users"] == {BOT: 101, "@dir:fake.test": 100}
    for kind in ("tombstone", "encryption", "power_levels", "history_visibility", "server_acl"):
        assert levels["events"][f"m.room.{kind}"] == 100
    assert (levels["users_default"], levels["events_default"], levels["events"]["m.reaction"]) == (0, 0, 0)
    assert levels["invite"] == 50
    assert levels["events"]["m.room.pinned_events"] == 50


def test_a_direct_room_invites_its_one_person() -> None:
    content = creation_content({"is_direct": True, "invite": ["@alice:fake.test"], "name": ""}, BOT)
    assert (content["is_direct"], content["invite"]) == (True, ["@alice:fake.test"])
    assert "name" not in content


def test_direct_rooms_leave_half_of_the_burst_to_an_alarm() -> None:
    start = datetime(2026, 3, 2, 9, tzinfo=UTC)
    times = direct_room_times(8, start)
    assert times[:5] == [start] * 5
    assert times[5:] == [start + timedelta(seconds=65 * step) for step in (1, 2, 3)]
    made = 0
    bucket, last = 10.0, start
    for at in direct_room_times(40, start):
        bucket = min(10.0, bucket + (at - last).total_seconds() / 60)
        bucket, last, made = bucket - 1, at, made + 1
        assert bucket >= 5
    assert made == 40


def event(kind: str, content: dict[str, Any], sender: str = BOT, key: str = "") -> dict[str, Any]:
    return {"type": kind, "state_key": key, "content": content, "sender": sender}


def test_facts_of_a_room() -> None:
    state = [
        event("m.room.create", {"room_version": "11", "predecessor": {"room_id": "!b"}}, "@alice:fake.test"),
        event("m.room.encryption", MEGOLM),
        event("m.room.member", {"membership": "join"}, key="@alice:fake.test"),
        event("m.room.member", {"membership": "invite"}, key="@bob:fake.test"),
        event("m.room.member", {"membership": "leave"}, key="@carol:fake.test"),
        event("m.room.member", {"membership": "join"}, key=BOT)
        | {"unsigned": {"prev_content": {"membership": "invite", "is_direct": True}}},
    ]
    found = facts(state, BOT)
    assert found.payload("!a") == {
        "room_id": "!a",
        "encrypted": True,
        "members": ["@alice:fake.test"],
        "invited": ["@bob:fake.test"],
        "creator": "@alice:fake.test",
        "version": "11",
        "is_direct": True,
        "predecessor": "!b",
    }
    assert facts([], BOT).encrypted is False
    assert facts([event("m.room.encryption", {"algorithm": "m.other"})], BOT).encrypted is False


OLD = [
    event("m.room.power_levels", {"users": {"@dir:fake.test": 100}, "events": {"m.room.tombstone": 100}}),
    event("m.room.tombstone", {"replacement_room": "!new"}, "@dir:fake.test"),
]
NEW = [
    event("m.room.create", {"predecessor": {"room_id": "!old"}}, "@dir:fake.test"),
    event("m.room.encryption", MEGOLM, "@dir:fake.test"),
]


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        (OLD, NEW, None),
        (OLD[:1], NEW, "no_tombstone"),
        ([OLD[0], OLD[1] | {"sender": "@alice:fake.test"}], NEW, "no_right"),
        (OLD, NEW[:1], "not_encrypted"),
        (OLD, [NEW[0] | {"sender": "@alice:fake.test"}, NEW[1]], "other_creator"),
        (OLD, [event("m.room.create", {}, "@dir:fake.test"), NEW[1]], "other_predecessor"),
        (OLD, [], "other_predecessor"),
    ],
)
def test_which_upgrades_are_followed(old: list[Any], new: list[Any], why: str | None) -> None:
    assert upgrade_refused(old, "!old", new) == why


def successor(server: FakeServer, owner: str, old: str, *invited: str, encrypted: bool) -> str:
    """The upgrade of a room by its owner: tombstone there, successor here."""
    new = server.room(owner, encrypted=encrypted, creation_content={"predecessor": {"room_id": old}})
    for user in invited:
        server.post(new, owner, "m.room.member", {"membership": "invite"}, state_key=user)
    server.post(old, owner, "m.room.tombstone", {"replacement_room": new, "body": ""}, state_key="")
    return new


@pytest.mark.parametrize("encrypted", [True, False])
async def test_following_an_upgrade(server: FakeServer, rig: Rig, encrypted: bool) -> None:
    director = server.user("dir")
    old = server.room(director, rig.user)
    await rig.know("cell:INC-2026-001", old)
    new = successor(server, director, old, rig.user, encrypted=encrypted)
    room = await rig.db.call(rooms.by_key, "cell:INC-2026-001")
    assert room is not None
    out = follow(room, server.rooms[old].state["m.room.tombstone", ""])
    assert out is not None
    row_id = await rig.db.call(outbox.enqueue, out, rig.clock.now())
    rig.send()
    await rig.until(row_id, "sent")
    room = await rig.db.call(rooms.by_key, "cell:INC-2026-001")
    assert room is not None
    told = {"room_key": "cell:INC-2026-001", "before": old, "after": new}
    if encrypted:
        assert room.room_id == new
        assert await rig.notices("upgraded") == [told]
    else:
        assert room.room_id == old
        assert await rig.notices("upgrade_refused") == [told | {"why": "not_encrypted"}]
        assert server.rooms[new].membership(rig.user) == "leave"


def test_a_tombstone_that_names_nothing_is_not_followed() -> None:
    room = Room("cell:x", "!old", "cell", None, None, True, False)
    for content in ({}, {"replacement_room": 3}, {"replacement_room": "!old"}, {"replacement_room": "x"}):
        assert follow(room, {"content": content}) is None


WANTED = AlertRoom(
    alias="#alerte:fake.test",
    name="Alerte",
    topic="",
    admins=("@dir:fake.test",),
    people=("@dir:fake.test", "@alice:fake.test", BOT),
)


async def test_the_alert_room_is_made_once_and_the_roster_invited(server: FakeServer, rig: Rig) -> None:
    for name in ("dir", "alice"):
        server.user(name)
    server.fault("POST", "/createRoom", drop="after")
    for _ in range(2):
        assert await ensure_alert_room(rig.client, rig.db, rig.clock, WANTED) is None
    rig.send()
    invited = lambda: asyncio.sleep(0, [r.members("invite") for r in server.rooms.values()])  # noqa: E731
    both = [["@dir:fake.test", "@alice:fake.test"]]
    await eventually(invited, lambda members: members == both)
    [room_id] = server.rooms
    assert server.aliases == {WANTED.alias: room_id}
    assert [seen.path for seen in server.requests if "invite" in seen.path]
    # At the next start it is there; someone new in the roster is invited.
    later = server.user("bob")
    known = replace(WANTED, people=(*WANTED.people, later))
    await eventually(lambda: rig.db.call(rooms.by_key, ALERT), lambda room: room.room_id == room_id)
    assert await ensure_alert_room(rig.client, rig.db, rig.clock, known) == room_id
    rig.sender.wake()
    await eventually(invited, lambda members: members == [[*both[0], later]])


async def test_whoever_had_no_account_is_invited_at_a_later_start(server: FakeServer, rig: Rig) -> None:
    server.user("dir")
    assert await ensure_alert_room(rig.client, rig.db, rig.clock, WANTED) is None
    rig.send()
    key = f"invite:{ALERT}:{WANTED.alias}:@alice:fake.test"
    for last in (key, f"{key}#2"):
        await eventually(lambda last=last: rig.db.call(outbox.by_key, last), lambda row: row and row.state == "dead")
        await ensure_alert_room(rig.client, rig.db, rig.clock, WANTED)
        rig.sender.wake()
    server.user("alice")
    await eventually(lambda: rig.db.call(outbox.by_key, f"{key}#3"), lambda row: row and row.state in ("dead", "sent"))
    for _ in range(2):
        await ensure_alert_room(rig.client, rig.db, rig.clock, WANTED)
    rig.sender.wake()
    [room] = server.rooms.values()
    await eventually(lambda: asyncio.sleep(0, room.membership("@alice:fake.test")), lambda now: now == "invite")
    assert await rig.db.call(outbox.by_key, f"{key}#5") is None, "one that went is not tried again"


async def test_an_alert_room_of_others_is_joined_and_nobody_invited(server: FakeServer, rig: Rig) -> None:
    owner = server.user("owner")
    room_id = server.room(owner, room_alias_name="alerte")
    server.post(room_id, owner, "m.room.member", {"membership": "invite"}, state_key=rig.user)
    assert await ensure_alert_room(rig.client, rig.db, rig.clock, WANTED) == room_id
    room = await rig.db.call(rooms.by_key, ALERT)
    assert room == Room(ALERT, room_id, "alert", None, None, True, False)
    assert server.rooms[room_id].membership(rig.user) == "join"
    assert await rig.db.call(outbox.unsent) == 0


async def test_an_alert_room_that_cannot_be_used(server: FakeServer, rig: Rig) -> None:
    owner = server.user("owner")
    room_id = server.room(owner, room_alias_name="alerte")
    with pytest.raises(AlertRoomUnusable, match=f"pas le droit d’y entrer.*invitez {rig.user}"):
        await ensure_alert_room(rig.client, rig.db, rig.clock, WANTED)
    plain = server.room(owner, rig.user, encrypted=False)
    server.aliases[WANTED.alias] = plain
    with pytest.raises(AlertRoomUnusable, match=r"pas chiffré.*paramètres du salon"):
        await ensure_alert_room(rig.client, rig.db, rig.clock, WANTED)
    with pytest.raises(AlertRoomUnusable, match=r'sur elsewhere.test.*alert_room = "#x:fake.test"'):
        await ensure_alert_room(rig.client, rig.db, rig.clock, replace(WANTED, alias="#x:elsewhere.test"))
    assert await rig.db.call(rooms.by_key, ALERT) is None
    assert room_id != plain
