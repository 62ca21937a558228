"""The homeserver's clock and ours: what differs too much, and a step of ours, is logged, told once, and in health."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot import drift
from bot.clock import SystemClock
from bot.store import cells, meta, nudges, outbox
from bot.store.db import Session
from bot.ticker import Ticker
from tests.commands.cast import BOT
from tests.commands.harness import Talk, messages, played_once, talk_in_crisis


@pytest.fixture
def talk() -> Talk:
    return talk_in_crisis()


@pytest.fixture
def server(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> dict[str, timedelta]:
    """How far the homeserver's clock is ahead of ours, when it takes what the bot says."""
    skew = {"ahead": timedelta(0)}
    event = talk._event

    def skewed(who: str, *about: Any, **more: Any) -> str:
        return event(who, *about, **({**more, "ago": -skew["ahead"]} if who == BOT else more))

    monkeypatch.setattr(talk, "_event", skewed)
    return skew


def system(talk: Talk, action: str) -> list[dict[str, Any]]:
    said = [dict(entry.content or {}) for entry in talk.entries() if entry.kind == "system"]
    return [each for each in said if each.get("action") == action]


def told(talk: Talk) -> list[str]:
    return [each.body for each in messages(talk.said) if each.key.startswith(("clock_drift:", "clock_step:"))]


def health(talk: Talk) -> str | None:
    with talk.db.reading() as session:
        return drift.standing(session)


@pytest.mark.parametrize(("seconds", "words"), [(90, "avance"), (-3600, "retarde")])
def test_a_clock_too_far_from_ours_is_told_once_and_so_is_its_end_in_the_log(
    talk: Talk, server: dict[str, timedelta], seconds: int, words: str
) -> None:
    talk.say("karim", "!statut")
    assert health(talk) is None
    server["ahead"] = timedelta(seconds=seconds)
    for _ in range(3):
        talk.say("karim", "!statut")
    (said,) = told(talk)
    assert words in said
    (entry,) = system(talk, "clock_drift")
    assert entry["seconds"] == seconds
    assert str(abs(seconds)) in (health(talk) or "")
    server["ahead"] = timedelta(0)
    talk.say("karim", "!statut")
    assert health(talk) is None
    assert len(system(talk, "clock_drift_over")) == 1
    server["ahead"] = timedelta(seconds=seconds)
    talk.say("karim", "!statut")
    assert len(told(talk)) == 1, "never twice in the same room"


@pytest.mark.parametrize("seconds", [0, 25, -25])
def test_a_little_is_nothing(talk: Talk, server: dict[str, timedelta], seconds: int) -> None:
    server["ahead"] = timedelta(seconds=seconds)
    talk.say("karim", "!statut")
    assert told(talk) == []
    assert health(talk) is None


def test_a_step_of_our_own_clock_is_logged_told_once_and_in_health(talk: Talk) -> None:
    start = datetime(2026, 11, 22, 14, 0, tzinfo=UTC)
    looks = iter(
        [(start, 100.0), (start + timedelta(seconds=2), 102.0), None, (start + timedelta(hours=1, seconds=4), 104.0),
         (start + timedelta(hours=1, seconds=6), 106.0)]
    )  # fmt: skip
    warned: dict[str, str | None] = {}
    ticker = Ticker(talk.db, talk.clock, talk.engine, lambda: None, both=lambda: next(looks), warn=warned.__setitem__)
    for _ in range(5):
        with talk.db.transaction() as session:
            ticker._clocks(session, talk.clock.now())
    talk.settle()
    (said,) = told(talk)
    assert "avancée de 1\xa0h" in said
    (entry,) = system(talk, "clock_step")
    assert (entry["seconds"], entry["before"][:19]) == (3600, "2026-11-22T14:00:04")
    assert "+3600 s" in (warned["clock_step"] or "")


def test_the_systems_clocks_go_together() -> None:
    clock = SystemClock()
    watch = drift.Watch()
    for _ in range(3):
        read = clock.both()
        if read is not None:
            assert watch.look(*read) is None
            watch.keep(*read)


async def test_a_step_whose_transaction_fails_is_told_by_the_next_beat(talk: Talk) -> None:
    start = talk.clock.now()
    hour = timedelta(hours=1)
    looks = iter([(start, 100.0), *((start + hour + timedelta(seconds=n), 100.0 + n) for n in (2, 4, 6))])
    ticker = Ticker(talk.db, talk.clock, talk.engine, lambda: None, both=lambda: next(looks))

    def full_disk(session: Session, now: datetime) -> bool:
        ticker._clocks(session, now)
        raise OSError

    assert await ticker._do(ticker._clocks) is False
    talk.clock.pass_(hour)
    assert await ticker._do(full_disk) is None
    assert await ticker._do(ticker._clocks) is True
    assert await ticker._do(ticker._clocks) is False
    talk.settle()
    (entry,) = system(talk, "clock_step")
    assert entry["seconds"] == 3600


async def test_a_beat_that_somebody_else_ends_says_so(talk: Talk) -> None:
    ticker = Ticker(talk.db, talk.clock, talk.engine, lambda: None)
    under_way = asyncio.create_task(ticker.beat())
    await asyncio.sleep(0)
    under_way.cancel()
    with pytest.raises(asyncio.CancelledError):
        await under_way


def test_a_clock_that_was_set_back_holds_nothing_up(talk: Talk) -> None:
    talk.holding = True
    talk.say("claire", "!statut")
    now = talk.clock.now()
    with talk.db.transaction() as session:
        row = outbox.due(session, now, "talk")
        assert row is not None
        outbox.attempt(session, row.id, now, "BOTDEVICE", dict(row.payload))
        outbox.failed(session, row.id, "no route", now + timedelta(minutes=1))
    talk.clock.pass_(timedelta(hours=-2))
    with talk.db.transaction() as session:
        drift.stepped(session, talk.tools, timedelta(hours=-2), talk.clock.now())
    talk.clock.pass_(timedelta(seconds=61))
    with talk.db.transaction() as session:
        again = outbox.due(session, talk.clock.now(), "talk")
    assert again is not None
    assert again.id == row.id


def test_so_does_one_that_was_set_back_while_the_bot_was_stopped(talk: Talk) -> None:
    talk.holding = True
    talk.say("claire", "!statut")
    now = talk.clock.now()
    with talk.db.transaction() as session:
        row = outbox.due(session, now, "talk")
        assert row is not None
        outbox.attempt(session, row.id, now, "BOTDEVICE", dict(row.payload))
        outbox.failed(session, row.id, "no route", now + timedelta(minutes=1))
        meta.put(session, "last_seen", now.isoformat())
    talk.clock.pass_(timedelta(hours=-2))
    talk.notice("started", {})
    talk.clock.pass_(timedelta(seconds=61))
    with talk.db.transaction() as session:
        again = outbox.due(session, talk.clock.now(), "talk")
    assert again is not None
    assert again.id == row.id


def rung(talk: Talk) -> list[tuple[str, str]]:
    """What reminded, so far: for which clock, and of which step."""
    with talk.db.reading() as session:
        incidents = cells.every(session)
        return [
            (row.clock, row.step) for row in nudges.of_incident(session, incidents[-1]) if row.message[:5] == "nudge"
        ]


def set_clock(talk: Talk, by: timedelta) -> None:
    """Our clock is set by so much, and noticed to be, as the heartbeat does it."""
    talk.clock.pass_(by)
    with talk.db.transaction() as session:
        drift.stepped(session, talk.tools, by, talk.clock.now())
    talk.settle()


def minutes(talk: Talk, number: int) -> None:
    for _ in range(number):
        talk.wait(minutes=1)


@pytest.fixture
@played_once
def own() -> Talk:
    """A clock of our own, of four hours, and nothing else: it rings half-way, later, and at its end."""
    talk = talk_in_crisis("claire", "karim")
    talk.say("karim", "!echeance Rappeler --dans 4h")
    return talk


def test_a_clock_that_is_put_back_doubles_nothing(own: Talk) -> None:
    own.wait(hours=2, seconds=1)
    assert rung(own).count(("E1", "50%")) == 2  # in the cell, and beside
    set_clock(own, timedelta(hours=-1))
    minutes(own, 65)
    assert rung(own).count(("E1", "50%")) == 2


def test_a_clock_that_was_wrongly_set_forward_and_back_skips_nothing(own: Talk) -> None:
    own.wait(hours=1)
    set_clock(own, timedelta(hours=2))
    own.wait(seconds=2)
    assert rung(own).count(("E1", "50%")) + rung(own).count(("E1", "75%")) == 2, "it cannot know better"
    set_clock(own, timedelta(hours=-2))
    own.wait(hours=1, seconds=5)
    assert ("E1", "50%") in rung(own)
    own.wait(hours=2)
    assert ("E1", "due") in rung(own)
    assert rung(own).count(("E1", "due")) == 2


def test_a_clock_that_was_behind_and_is_set_right_says_the_last_of_what_it_missed_once(own: Talk) -> None:
    set_clock(own, timedelta(hours=3, minutes=30))
    own.wait(seconds=2)
    before = rung(own)
    assert len(before) == 2
    own.wait(seconds=2)
    assert rung(own) == before


def test_patience_is_time_that_has_passed(own: Talk) -> None:
    own.say("claire", "!prendre E1")
    own.wait(hours=4, seconds=1)
    climbs = own.cell.clocks["E1"].ring.climb_at
    assert climbs is not None
    set_clock(own, timedelta(hours=-5))
    assert own.cell.clocks["E1"].ring.climb_at == climbs - timedelta(hours=5)


async def test_between_two_beats_too_a_step_is_noticed_before_anybody_is_rung_for_it(own: Talk) -> None:
    own.say("claire", "!prendre E1")
    own.wait(hours=4, seconds=1)
    climbs, before = own.cell.clocks["E1"].ring.climb_at, rung(own)
    assert climbs is not None
    seconds = [0.0]
    ticker = Ticker(own.db, own.clock, own.engine, lambda: None, both=lambda: (own.clock.now(), seconds[0]))
    await ticker.beat()
    own.clock.pass_(timedelta(hours=5, seconds=1))
    seconds[0] += 1
    await ticker.ring_due()
    assert rung(own) == before
    assert own.cell.clocks["E1"].ring.climb_at == climbs + timedelta(hours=5)


async def test_a_beat_that_lasts_too_long_leaves_something_of_what_can_wait_for_no_later_one(
    own: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.ticker.AT_MOST_SECONDS", 0.0)
    await own.ticker.beat()
    left = len(own.ticker._later)
    assert left
    own.clock.pass_(timedelta(seconds=2))
    await own.ticker.beat()
    assert len(own.ticker._later) < left
