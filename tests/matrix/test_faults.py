"""What a homeserver and a network can do to us: slow down, fail, lie, die, throw us out."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from bot.matrix.backoff import Backoff
from bot.matrix.client import Limited, LoggedOut
from bot.matrix.wire import trouble_of
from tests.matrix.conftest import MakePeer
from tests.matrix.fake import FakeServer
from tests.matrix.harness import Bot, body


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 502, "body": "<html>bad gateway</html>"},
        {"status": 500, "body": {"errcode": "M_UNKNOWN", "error": "oops"}},
        {"status": 200, "body": "<html>a portal</html>"},
        {"status": 403, "body": {"errcode": "M_FORBIDDEN", "error": "no"}},
        {"status": 429, "body": {"errcode": "M_LIMIT_EXCEEDED", "retry_after_ms": 0}},
        {"drop": "before"},
    ],
    ids=lambda fault: str(fault.get("status", "drop")),
)
async def test_no_trouble_makes_a_hot_loop(
    server: FakeServer, bot: Bot, peer: MakePeer, fault: dict[str, object]
) -> None:
    alice = await peer("alice")
    room = server.room(alice.user_id, bot.user_id)
    await bot.start()
    await alice.sync()
    outage = server.fault("GET", "/sync", times=10_000, **fault)
    server.touch()
    await bot.until(lambda: outage.seen)
    before = outage.seen
    await asyncio.sleep(2)
    # A client's library repeats a request whose connection was lost, once.
    assert outage.seen - before <= 6
    outage.times = 0
    assert body(await bot.row_of(await alice.say(room, "de retour"))) == "de retour"


async def test_a_server_that_answers_at_once_with_nothing_new_makes_no_hot_loop(server: FakeServer, bot: Bot) -> None:
    await bot.start()
    stuck = {"next_batch": f"s{server.position}_0", "to_device": {"events": []}}
    fault = server.fault("GET", "/sync", status=200, body=stuck, times=10_000)
    server.touch()
    await bot.until(lambda: fault.seen)
    before = fault.seen
    await asyncio.sleep(2)
    assert fault.seen - before <= 4


async def test_429_is_waited_for_as_long_as_told(server: FakeServer, bot: Bot) -> None:
    await bot.start()
    limited = {"errcode": "M_LIMIT_EXCEEDED", "error": "slow down", "retry_after_ms": 2500}
    fault = server.fault("GET", "/sync", status=429, body=limited)
    server.touch()
    await bot.until(lambda: fault.seen)
    seen = len(server.requests)
    await bot.until(lambda: any(r.path.endswith("/sync") for r in server.requests[seen:]))
    times = [r.at for r in server.requests if r.path.endswith("/sync")]
    # Another may follow at once: what counts is how long the one that was refused was not repeated.
    assert max(later - earlier for earlier, later in pairwise(times)) >= 2.5


@pytest.mark.parametrize("told", ["1e300", "Infinity"])
def test_an_absurd_wait_is_not_obeyed(told: str) -> None:
    trouble = trouble_of(429, f'{{"errcode": "M_LIMIT_EXCEEDED", "retry_after_ms": {told}}}'.encode(), {})
    assert isinstance(trouble, Limited)
    assert trouble.seconds == 3600


async def test_an_outage_is_told_with_its_beginning_and_its_end(server: FakeServer, bot: Bot, peer: MakePeer) -> None:
    bot.lost_after = timedelta(seconds=1)
    alice = await peer("alice")
    room = server.room(alice.user_id, bot.user_id)
    await bot.start()
    await alice.sync()
    await server.stop()
    await bot.until(lambda: bot.notices("lost"))
    assert not bot.health.ready
    await server.start()
    event = await alice.say(room, "revenue")
    await bot.until(lambda: bot.notices("found"))
    assert bot.notices("lost") == bot.notices("found")
    assert body(await bot.row_of(event)) == "revenue"
    assert bot.health.ready


async def test_a_short_trouble_is_not_worth_a_notice(server: FakeServer, bot: Bot, peer: MakePeer) -> None:
    alice = await peer("alice")
    await bot.start()
    server.fault("GET", "/sync", status=502, body="<html>")
    room = server.room(alice.user_id, bot.user_id)
    await bot.row_of(server.post(room, alice.user_id, "m.x", {}))
    assert bot.notices("lost") == bot.notices("found") == []


@pytest.mark.parametrize("soft", [False, True])
async def test_a_revoked_token_costs_nothing(server: FakeServer, bot: Bot, peer: MakePeer, soft: bool) -> None:
    alice = await peer("alice")
    room = server.room(alice.user_id, bot.user_id)
    await bot.start()
    await alice.sync()
    await bot.row_of(await alice.say(room, "avant"))
    device, keys = bot.client.device_id, dict(bot.client.olm.account.identity_keys)
    server.revoke(bot.user_id, soft=soft)
    await bot.until(lambda: len(server.one_time_keys[bot.user_id, device]) >= 50)
    await bot.until(lambda: device in server.device_keys[bot.user_id])
    assert server.device_keys[bot.user_id][device]["keys"][f"ed25519:{device}"] == keys["ed25519"]
    alice.nio.invalidate_outbound_session(room)
    await alice.sync()
    assert body(await bot.row_of(await alice.say(room, "après"))) == "après"
    assert (bot.client.device_id, dict(bot.client.olm.account.identity_keys)) == (device, keys)
    assert len(bot.notices("started")) == 1


async def test_a_revoked_token_without_a_password_stops_the_loop_with_a_clear_word(
    server: FakeServer, tmp_path: Path
) -> None:
    user = server.user("bot")
    made = Bot(server.url, user, tmp_path, password=None, access_token=server.log_in(user, "DEV"))
    await made.start()
    server.revoke(user)
    assert made._task is not None
    with pytest.raises(LoggedOut, match="aucun mot de passe"):
        await asyncio.wait_for(made._task, 10)
    assert made.health.reasons["sync"] == "logged out"
    await made.close()


async def test_a_changed_password_stops_the_loop(server: FakeServer, bot: Bot) -> None:
    await bot.start()
    server.passwords[bot.user_id] = "another"
    server.revoke(bot.user_id)
    assert bot._task is not None
    with pytest.raises(LoggedOut, match="mot de passe"):
        await asyncio.wait_for(bot._task, 10)


async def test_a_fault_of_our_own_is_told_and_nothing_is_lost(
    server: FakeServer, bot: Bot, peer: MakePeer, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice = await peer("alice")
    room = server.room(alice.user_id, bot.user_id)
    await bot.start()
    await alice.sync()

    def broken(*_: object, **__: object) -> int:
        raise RuntimeError("what it says may quote a message")

    with monkeypatch.context() as patch:
        patch.setattr("bot.matrix.sync.write", broken)
        event = await alice.say(room, "une faute de notre part")
        await bot.until(lambda: bot.health.reasons.get("sync") == "RuntimeError")
    assert body(await bot.row_of(event)) == "une faute de notre part"
    assert bot.health.ready


async def test_key_upkeep_that_fails_holds_nothing_up_and_is_tried_again_slowly(
    server: FakeServer, bot: Bot, peer: MakePeer
) -> None:
    alice = await peer("alice")
    room = server.room(alice.user_id, bot.user_id)
    await bot.start()
    await alice.sync()
    held = server.one_time_keys[bot.user_id, bot.client.device_id]
    fault = server.fault("POST", "keys/upload", status=500, body="<html>", times=10_000)
    held.clear()
    for n in range(30):
        server.post(room, alice.user_id, "m.x", {"n": n})
        await asyncio.sleep(0.02)
    assert body(await bot.row_of(await alice.say(room, "quand même"))) == "quand même"
    assert 1 <= fault.seen <= 5
    fault.times = 0

    def refilled() -> bool:
        server.touch()
        return len(held) >= 49

    await bot.until(refilled)
    names = list(held)
    assert len(set(names)) == len(names)


async def test_a_kill_at_any_moment_of_a_stream_loses_and_doubles_nothing(
    server: FakeServer, bot: Bot, peer: MakePeer
) -> None:
    server.timeline_limit = 4
    alice = await peer("alice")
    room = server.room(alice.user_id, bot.user_id)
    await bot.start()
    await alice.sync()
    sent: list[str] = []

    async def stream() -> None:
        for n in range(60):
            sent.append(await alice.say(room, f"{n}"))
            if n % 7 == 0:
                alice.nio.invalidate_outbound_session(room)

    talking = asyncio.create_task(stream())
    for wait in (0.05, 0.11, 0.02, 0.17, 0.08, 0.01):
        await asyncio.sleep(wait)
        await bot.kill()
        await bot.open()
        bot.run()
    await talking
    await bot.row_of(sent[-1])
    await bot.until(lambda: set(sent) <= {row.event_id for row in bot.rows() if row.clear is not None})
    taken = [row for row in await bot.engine() if row.event_id in sent]
    assert [row.event_id for row in taken] == sent
    assert [body(row) for row in taken] == [str(n) for n in range(60)]
    assert all(row.provenance and row.provenance.trusted for row in taken)


def test_backoff_doubles_is_capped_and_never_below_its_first_step() -> None:
    backoff = Backoff(1, 60)
    waits = [backoff.next() for _ in range(40)]
    assert all(1 <= wait <= 60 for wait in waits)
    assert all(30 <= wait <= 60 for wait in waits[7:])
    assert len(set(waits[7:])) > 20, "jittered"
    backoff.reset()
    assert backoff.next() <= 1


async def test_a_listener_that_fails_after_a_new_login_is_called_again_and_holds_nothing_up(
    server: FakeServer, bot: Bot, peer: MakePeer
) -> None:
    alice = await peer("alice")
    room = server.room(alice.user_id, bot.user_id)
    await bot.start()
    await alice.sync()
    calls: list[str] = []

    async def sign_again() -> None:
        calls.append("")
        if len(calls) == 1:
            raise RuntimeError("not signed")

    bot.client.on_renewed.append(sign_again)
    server.revoke(bot.user_id, soft=True)
    await bot.until(lambda: "not signed" in bot.health.reasons.get("keys", ""))
    assert body(await bot.row_of(await alice.say(room, "quand même"))) == "quand même"

    def healed() -> bool:
        server.touch()
        return len(calls) == 2 and bot.health.ready

    await bot.until(healed)
