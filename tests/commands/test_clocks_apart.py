"""The homeserver's clock and ours: what differs too much, and a step of ours, is logged, told once, and in health."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot import drift
from bot.clock import SystemClock
from bot.store import meta, outbox
from bot.ticker import Ticker
from tests.commands.cast import BOT
from tests.commands.harness import Talk, messages, talk_in_crisis


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
        assert read is None or watch.look(*read) is None


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
