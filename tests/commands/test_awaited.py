"""A text that waits: who is asked is called to mind a few times, each step once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.reminders import at_night, awake_between
from bot.store import nudges
from bot.store.nudges import Nudge
from tests.commands.cast import matrix_id
from tests.commands.harness import Said, Talk, messages, played_once, talk_in_crisis

PARIS = ZoneInfo("Europe/Paris")


@played_once
def waiting() -> Talk:
    talk = talk_in_crisis()
    talk.say("pdurand", "!rediger attente")
    talk.say("pdurand", "!modifier 1 Le CH fait face à un incident informatique.")
    return talk


def reminders(said: list[Said]) -> list[Said]:
    return [each for each in messages(said, "cell") if "attend depuis" in each.body]


def test_who_is_missing_is_called_to_mind_at_each_step_once() -> None:
    talk = waiting()
    assert not reminders(talk.wait(minutes=29))
    (first,) = reminders(talk.wait(minutes=2))
    assert "Olivier Roux" in first.body
    assert "!approuver 1" in first.body
    assert {user.partition(":")[0] for user in first.rings} == {"@olivier", "@pmartin"}, "no director rings for a text"
    assert not reminders(talk.wait(minutes=2))
    talk.say("olivier", "!approuver 1")
    (second,) = reminders(talk.wait(minutes=30))
    assert "Olivier Roux" not in second.body.partition("\n")[0], "they have said yes; as a deputy they may be named"


def test_what_is_approved_refused_or_not_ready_calls_nobody() -> None:
    talk = talk_in_crisis()
    talk.say("pdurand", "!rediger attente")
    assert not reminders(talk.wait(minutes=40)), "it has blanks"
    talk = waiting()
    talk.say("olivier", "!rejeter 1 trop tôt")
    assert not reminders(talk.wait(minutes=40))
    talk = waiting()
    for who in ("olivier", "pmartin", "claire"):
        talk.say(who, "!approuver 1")
    assert not reminders(talk.wait(minutes=40))


def test_after_an_outage_only_the_latest_step_is_said() -> None:
    talk = waiting()
    assert len(reminders(talk.wait(hours=3))) == 1
    assert not reminders(talk.wait(minutes=10))


def test_the_log_says_who_was_called_to_mind() -> None:
    talk = waiting()
    talk.wait(minutes=31)
    (entry,) = [e for e in talk.entries() if e.kind == "nudge" and e.content and e.content["action"] == "approval"]
    assert entry.content is not None
    assert entry.content["id"] == "C1"
    assert entry.content["after"]["step"] == 1


# -- at night, and within the budget of noise --------------------------------------------------------------------------


def at_night_with(template: str, *, clocks: bool = False, hour: str = "2026-11-22T23:10+01:00") -> Talk:
    """A text that was shown then, in a crisis that began at five past two in the afternoon."""
    talk = talk_in_crisis(clocks=clocks)
    talk.clock.pass_(datetime.fromisoformat(hour) - talk.clock.now())
    talk.say("pdurand", f"!rediger {template}")
    talk.say("pdurand", "!modifier 1 Le CH fait face à un incident informatique.")
    return talk


def heard(talk: Talk, until: str, every: int = 15) -> list[tuple[str, Said]]:
    """The reminders until then, the heart beating every so many minutes, with the site's hour."""
    found = []
    while talk.clock.now() < datetime.fromisoformat(until):
        found += [(f"{talk.clock.now().astimezone(PARIS):%H:%M}", s) for s in reminders(talk.wait(minutes=every))]
    return found


def test_what_can_wait_rings_nobody_at_night_and_loses_no_step() -> None:
    talk = at_night_with("faq", hour="2026-11-22T21:50+01:00")
    assert [at for at, _ in heard(talk, "2026-11-23T12:00+01:00")] == ["06:50", "07:20", "08:20", "10:20"]


@pytest.mark.parametrize(("template", "clocks"), [("acces-soins", False), ("partenaires", True)])
def test_what_is_urgent_or_near_its_target_reaches_its_approvers_at_night(template: str, clocks: bool) -> None:
    talk = at_night_with(template, clocks=clocks)
    assert [at for at, _ in heard(talk, "2026-11-23T04:00+01:00")] == ["23:40", "00:10", "01:10", "03:10"]


def test_a_target_that_was_missed_long_ago_does_not_wake_anybody() -> None:
    talk = at_night_with("attente", clocks=True, hour="2026-11-24T23:10+01:00")
    assert heard(talk, "2026-11-25T05:00+01:00") == []


def spent(talk: Talk, who: str, rings: int) -> None:
    now = talk.clock.now()
    row = Nudge("INC-2026-001", "T1", "task", 1, matrix_id(who), "", rang=True, due=now, sent_at=now)
    with talk.db.transaction() as session:
        nudges.put(session, [Nudge(**{**row.__dict__, "message": f"task:{who}:{n}"}) for n in range(rings)])


def test_who_was_rung_enough_is_not_rung_for_a_text_and_the_others_are() -> None:
    talk = waiting()
    talk.wait(minutes=29)
    spent(talk, "olivier", 6)
    (first,) = reminders(talk.wait(minutes=2))
    assert first.rings == (matrix_id("pmartin"),)
    assert "Olivier Roux" in first.body


def test_where_nobody_may_hear_it_it_waits_until_somebody_may() -> None:
    talk = waiting()
    talk.clock.pass_(timedelta(minutes=29))
    for who in ("olivier", "pmartin"):
        spent(talk, who, 6)
    assert not reminders(talk.wait(minutes=2))
    talk.clock.pass_(timedelta(hours=1))
    (late,) = reminders(talk.wait(minutes=1))
    assert set(late.rings) == {matrix_id("olivier"), matrix_id("pmartin")}


def test_what_rings_for_a_text_counts_in_the_budget() -> None:
    talk = waiting()
    (first,) = reminders(talk.wait(minutes=31))
    incident = talk.incident
    with talk.db.reading() as session:
        rows = [row for row in nudges.of_incident(session, incident) if row.message == first.key]
    assert {row.person for row in rows if row.rang} == set(first.rings)


@given(
    st.datetimes(datetime(2026, 3, 20), datetime(2026, 11, 20), timezones=st.just(UTC)),
    st.integers(0, 3 * 24 * 60),
    st.sampled_from(["Europe/Paris", "Indian/Reunion", "America/Cayenne", "Pacific/Noumea"]),
)
def test_the_hours_that_count_are_those_of_the_day(since: datetime, minutes: int, zone: str) -> None:
    until, there = since + timedelta(minutes=minutes), ZoneInfo(zone)
    counted = sum(not at_night(since + timedelta(minutes=n), there) for n in range(minutes))
    assert abs(awake_between(since, until, there) - timedelta(minutes=counted)) <= timedelta(minutes=12)
