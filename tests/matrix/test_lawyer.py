"""A room for speaking with a lawyer: of what the homeserver hands out of it only who came is kept, by every way in."""

from __future__ import annotations

import json

from bot.store import journal, rooms
from bot.store.rooms import Room
from tests.matrix.conftest import MakePeer
from tests.matrix.fake import FakeServer
from tests.matrix.harness import Bot

SECRET = "Maître, la sauvegarde était désactivée"


async def test_nothing_that_is_said_in_it_enters_the_journal(server: FakeServer, bot: Bot, peer: MakePeer) -> None:
    alice = await peer("alice")
    room = server.room(alice.user_id, bot.user_id, encrypted=False)
    await bot.open()
    with bot.db.transaction() as session:
        rooms.put(session, Room("lawyer:INC-2026-001:1", room, "lawyer", None, None, encrypted=True, left=False))
    server.post(room, alice.user_id, "m.room.message", {"msgtype": "m.text", "body": SECRET})
    bot.run()
    await bot.until(bot.token)
    other = server.room(alice.user_id, bot.user_id, encrypted=False)
    server.post(room, alice.user_id, "m.room.message", {"msgtype": "m.text", "body": SECRET})
    server.post(room, alice.user_id, "m.room.topic", {"topic": SECRET}, state_key="")
    for number in range(40):  # more than the homeserver hands out at once
        server.post(room, alice.user_id, "m.room.message", {"msgtype": "m.text", "body": f"{SECRET} {number}"})
    server.post(room, alice.user_id, "m.room.member", {"membership": "leave"}, state_key=bot.user_id)
    seen = server.post(other, alice.user_id, "m.room.message", {"msgtype": "m.text", "body": "fin"})
    await bot.row_of(seen)
    await bot.until(lambda: bot.events(room, "leave"))
    with bot.db.transaction() as session:
        assert journal.gaps(session) == []
    kept = [row for row in bot.rows() if row.room_id == room]
    assert kept
    assert {row.type for row in kept} == {"m.room.member"}
    assert SECRET not in json.dumps([row.raw.decode() for row in kept], ensure_ascii=False)
