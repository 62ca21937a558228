"""What a sync leaves out is fetched, in order, over any trouble; what cannot be had is told."""

from __future__ import annotations

import random
from typing import Any

import pytest
from aiohttp import web

from bot.matrix.gaps import EMPTY_PAGES
from bot.store import journal
from tests.matrix.conftest import MakePeer
from tests.matrix.fake import FakeServer
from tests.matrix.harness import Bot, body

pytestmark = pytest.mark.usefixtures("quick")


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small pages and short waits, so that many of both fit into a test."""
    monkeypatch.setattr("bot.matrix.gaps.PAGE", 7)


@pytest.fixture
async def absence(server: FakeServer, bot: Bot, peer: MakePeer) -> tuple[str, list[str]]:
    """While the bot was away, 40 messages came, of which a sync brings the last 5."""
    server.timeline_limit = 5
    alice = await peer("alice")
    room = server.room(alice.user_id, bot.user_id)
    await bot.start()
    await bot.kill()
    await alice.sync()
    sent = [await alice.say(room, f"{n}") for n in range(40)]
    return room, sent


async def test_a_gap_is_walked_into_its_place(server: FakeServer, bot: Bot, absence: tuple[str, list[str]]) -> None:
    room, sent = absence
    await bot.start()
    await bot.until(lambda: bot.notices("gap"))
    taken = [row for row in await bot.engine() if row.room_id == room]
    messages = [row for row in taken if row.event_id in sent]
    assert [row.event_id for row in messages] == sent
    assert [body(row) for row in messages] == [str(n) for n in range(40)]
    assert all(row.provenance and row.provenance.trusted for row in messages)
    gap = bot.notices("gap")[0]
    assert (gap["recovered"], gap["found"], gap["room_id"]) == (True, 35, room)


async def test_the_room_waits_behind_its_gap_and_others_do_not(
    server: FakeServer, bot: Bot, absence: tuple[str, list[str]]
) -> None:
    room, sent = absence
    other = server.room("@alice:fake.test", bot.user_id)
    outage = server.fault(
        "GET",
        f"{room}/messages",
        status=429,
        body={"errcode": "M_LIMIT_EXCEEDED", "retry_after_ms": 60},
        times=1000,
    )
    await bot.start()
    elsewhere = server.post(other, "@alice:fake.test", "m.room.message", {"body": "ailleurs"})
    await bot.row_of(elsewhere)
    await bot.until(lambda: other in {gap["room_id"] for gap in bot.notices("gap")})
    ready = [row.event_id for row in await bot.engine()]
    assert elsewhere in ready
    assert not set(sent) & set(ready)
    outage.times = 0
    await bot.until(lambda: room in {gap["room_id"] for gap in bot.notices("gap")})
    assert [row.event_id for row in await bot.engine() if row.event_id in sent] == sent


async def test_a_walk_goes_on_where_a_kill_cut_it(server: FakeServer, bot: Bot, absence: tuple[str, list[str]]) -> None:
    room, sent = absence
    server.fault("GET", "/messages", delay=0.05, times=1000)
    chance = random.Random(7)
    for _ in range(6):
        await bot.open()
        bot.run()
        target = len(bot.events(room)) + chance.randint(1, 8)
        await bot.until(lambda target=target: len(bot.events(room)) >= target or bot.notices("gap"))
        await bot.kill()
        if bot.notices("gap"):
            break
    await bot.start()
    await bot.until(lambda: bot.notices("gap"))
    taken = [row for row in await bot.engine() if row.event_id in sent]
    assert [row.event_id for row in taken] == sent
    assert [body(row) for row in taken] == [str(n) for n in range(40)]
    assert len(bot.notices("gap")) == 1


async def test_state_that_changed_in_the_gap_stands_in_its_place(server: FakeServer, bot: Bot, peer: MakePeer) -> None:
    server.timeline_limit = 5
    alice = await peer("alice")
    room = server.room(alice.user_id, bot.user_id, encrypted=False)
    await bot.start()
    await bot.engine()
    await bot.kill()
    before = [server.post(room, alice.user_id, "m.room.message", {"body": str(n)}) for n in range(3)]
    topic = server.post(room, alice.user_id, "m.room.topic", {"topic": "nouveau"}, state_key="")
    after = [server.post(room, alice.user_id, "m.room.message", {"body": str(n)}) for n in range(9)]
    await bot.start()
    await bot.until(lambda: bot.notices("gap"))
    taken = [row.event_id for row in await bot.engine() if row.room_id == room and row.kind == "event"]
    assert taken == [*before, topic, *after]


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 403, "body": {"errcode": "M_FORBIDDEN", "error": "not allowed"}},
        {"status": 200, "body": '{"chunk": ['},
    ],
)
async def test_a_gap_that_cannot_be_had_is_closed_with_its_reason_and_the_state_instead(
    server: FakeServer, bot: Bot, absence: tuple[str, list[str]], fault: dict[str, object]
) -> None:
    room, sent = absence
    topic = server.rooms[room].state["m.room.join_rules", ""]["event_id"]
    server.fault("GET", "/messages", times=1000, **fault)
    await bot.start()
    gap = (await bot.until(lambda: bot.notices("gap")))[0]
    assert gap["recovered"] is False
    assert gap["reason"]
    taken = [row.event_id for row in await bot.engine()]
    assert [event for event in taken if event in sent] == sent[-5:]
    assert topic in {row.event_id for row in bot.rows()}


async def test_a_server_that_fails_ten_times_is_given_up_on_and_one_that_is_down_is_not(
    server: FakeServer, bot: Bot, absence: tuple[str, list[str]]
) -> None:
    room, _ = absence
    broken = server.fault("GET", "/messages", status=500, body={"errcode": "M_UNKNOWN", "error": "oops"}, times=1000)
    await bot.open()
    bot.run()
    await bot.sync.caught_up.wait()
    await bot.until(lambda: broken.seen)
    await bot.kill()
    await bot.open()
    for _ in range(9):
        assert await bot.sync.walker.walk() is not None
    assert [gap.room_id for gap in await bot.db.call(journal.gaps)] == [room]
    broken.times = 0
    dead = server.fault("GET", "/messages", drop="before", times=1000)
    for _ in range(15):
        assert await bot.sync.walker.walk() is not None
    dead.times = 0
    broken.times = 10_000
    assert await bot.sync.walker.walk() is None
    assert "500" in bot.notices("gap")[0]["reason"]


def filtered(server: FakeServer, monkeypatch: pytest.MonkeyPatch, per_page: int | None) -> None:
    """A server that filters pages away whole: `per_page` of them empty before each that is not, or all."""
    answer = server._messages
    asked: dict[tuple[str, str | None], int] = {}

    async def messages(request: web.Request) -> Any:
        start = request.query.get("from")
        position = (start or "").partition("~")[0] or None
        place = (request.path, position)
        asked[place] = asked.get(place, 0) + 1
        if per_page is None or asked[place] <= per_page:
            return {"start": start, "chunk": [], "end": f"{position or 's0'}~{asked[place]}"}
        return await answer(request.clone(rel_url=request.rel_url.update_query({"from": position})))

    monkeypatch.setattr(server, "_messages", messages)


async def test_a_page_that_was_filtered_away_whole_is_no_end(
    server: FakeServer, bot: Bot, absence: tuple[str, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, sent = absence
    await server.stop()
    filtered(server, monkeypatch, 2)
    await server.start()
    await bot.start()
    gap = (await bot.until(lambda: bot.notices("gap")))[0]
    assert (gap["recovered"], gap["found"]) == (True, 35)
    assert [row.event_id for row in await bot.engine() if row.event_id in sent] == sent


async def test_empty_pages_without_end_are_not_followed_for_ever(
    server: FakeServer, bot: Bot, absence: tuple[str, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    room, _ = absence
    await server.stop()
    filtered(server, monkeypatch, None)
    await server.start()
    await bot.start()
    gap = (await bot.until(lambda: bot.notices("gap")))[0]
    assert gap["recovered"] is False
    assert "empty pages" in gap["reason"]
    assert server.count("GET", "/messages") == EMPTY_PAGES
    bot.walk_rooms = [room]
    assert await bot.sync.walk_back.run() == 0
    assert "empty pages" in bot.notices("walked")[-1]["failed"]


async def test_the_walk_back_goes_on_over_an_empty_page(
    server: FakeServer, bot: Bot, absence: tuple[str, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    room, _ = absence
    await bot.start()
    await bot.until(lambda: bot.notices("gap"))
    await server.stop()
    filtered(server, monkeypatch, 1)
    await server.start()
    bot.walk_rooms = [room]
    assert await bot.sync.walk_back.run() == 0
    assert bot.notices("walked")[-1]["server"] > 40


async def test_the_walk_back_finds_what_neither_sync_nor_gap_brought(
    server: FakeServer, bot: Bot, peer: MakePeer
) -> None:
    alice = await peer("alice")
    room = server.room(alice.user_id, bot.user_id, encrypted=False)
    await bot.start()
    seen = [server.post(room, alice.user_id, "m.room.message", {"body": str(n)}) for n in range(20)]
    await bot.row_of(seen[-1])
    await bot.until(lambda: (bot.token() or "").startswith(f"s{server.position}_"))
    # As if the server had slipped two events between what it had handed out already.
    events = server.rooms[room].events
    place = next(at for at, (_, event) in enumerate(events) if event["event_id"] == seen[9])  # type: ignore[index]
    lost = [
        {
            "type": "m.room.message",
            "event_id": f"$lost{n}",
            "sender": alice.user_id,
            "content": {"body": "x"},
            "origin_server_ts": events[place][1]["origin_server_ts"],
        }  # type: ignore[index]
        for n in range(2)
    ]
    events[place:place] = [(events[place][0], event) for event in lost]
    bot.walk_rooms = [room]
    assert await bot.sync.walk_back.run() == 2
    assert [row.event_id for row in bot.rows() if row.section == "walk"] == ["$lost0", "$lost1"]
    told = bot.notices("walked")[-1]
    assert (told["missing"], told["server"] - told["ours"]) == (["$lost0", "$lost1"], 2)
    assert await bot.sync.walk_back.run() == 0


async def test_the_walk_back_stops_at_its_hours_and_takes_nothing_that_is_on_its_way(
    server: FakeServer, bot: Bot, peer: MakePeer
) -> None:
    alice = await peer("alice")
    room = server.room(alice.user_id, bot.user_id, encrypted=False)
    old = server.post(room, alice.user_id, "m.room.message", {"body": "hier"}, origin_server_ts=1)
    await bot.start()
    await bot.kill()
    await bot.open()
    new = server.post(room, alice.user_id, "m.room.message", {"body": "pas encore reçu"})
    bot.walk_rooms = [room]
    assert await bot.sync.walk_back.run() == 0
    assert bot.row(new) is None
    assert old in bot.events(room)
    assert server.count("GET", "/messages") == 1
