"""Reminders: when they ring, how they climb, and when they let people sleep."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.clocks import Clock, ClockStatus, Ring
from bot.domain.deadline_rules import Class, NudgePlan
from bot.domain.nudges import (
    CLOSEST,
    DUE,
    MORNING,
    ROOM,
    START,
    Step,
    armed,
    climbs_now,
    clock_set,
    due_step,
    held,
    last_rung,
    next_at,
    on_rung,
    orphan,
    outside_from,
    patience,
    rearmed,
    responsible,
    steps,
)
from bot.domain.playbook import Text
from bot.domain.roles import Role
from tests.domain.test_clocks import cell

PARIS = ZoneInfo("Europe/Paris")
BEGIN = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


def clock(length: timedelta, **changes: object) -> Clock:
    made = Clock(
        "EU-GDPR-33-SA", Text("cnil", "cnil"), Text("t", "t"), Class.LAW, Role.DIRECTOR, "breach", BEGIN,
        legal_status="in_force", official_from=BEGIN, official_due=BEGIN + length, owner="@claire:x",
    )  # fmt: skip
    return replace(made, **changes)  # type: ignore[arg-type]


def house(length: timedelta, **changes: object) -> Clock:
    return clock(length, visible=Class.HOUSE, legal_status="house", **changes)


def test_the_plan_of_seventy_two_hours() -> None:
    found = [(step.name, step.at - BEGIN) for step in steps(clock(72 * HOUR)) if not step.name.startswith("+")]
    assert found == [
        (START, timedelta(0)),
        ("50%", 36 * HOUR),
        ("-24h", 48 * HOUR),
        ("75%", 54 * HOUR),
        ("-12h", 60 * HOUR),
        ("90%", timedelta(hours=64.8)),
        ("-6h", 66 * HOUR),
        ("-2h", 70 * HOUR),
        ("-1h", 71 * HOUR),
        ("-30m", timedelta(hours=71.5)),
        (DUE, 72 * HOUR),
    ]


def test_once_past_it_rings_every_hour_for_a_day_where_it_binds() -> None:
    after = [step for step in steps(clock(72 * HOUR)) if step.name.startswith("+")]
    assert [step.at - BEGIN for step in after] == [(72 + n) * HOUR for n in range(1, 25)]
    assert not [step for step in steps(house(72 * HOUR)) if step.name.startswith("+")]
    pending = clock(72 * HOUR, legal_status="pending_national_transposition")
    assert not [step for step in steps(pending) if step.name.startswith("+")]
    prudent = clock(72 * HOUR, official_from=None, official_due=None, prudent_from=BEGIN, prudent_due=BEGIN + HOUR)
    assert steps(prudent)[-1].name == DUE


def test_steps_that_coincide_are_one() -> None:
    names = [step.name for step in steps(house(2 * HOUR))]
    # Half of two hours is an hour before; three quarters is half an hour before.
    assert names == [START, "50%", "75%", DUE], "twelve minutes before is no reminder of its own"
    assert [step.name for step in steps(clock(2 * HOUR))][1:5] == ["50%", "75%", "90%", DUE]
    assert names[0] == START
    assert names[-1] == DUE


def test_twenty_seconds_ring_in_time() -> None:
    made = house(timedelta(seconds=20))
    assert [step.at - BEGIN for step in steps(made)] == [timedelta(seconds=s) for s in (0, 10, 20)]


@given(st.integers(1, 60 * 24 * 120).map(lambda minutes: timedelta(minutes=minutes)))
def test_a_plan_is_in_order_ends_when_it_is_due_and_leaves_people_time(length: timedelta) -> None:
    found = [step for step in steps(clock(length)) if not step.name.startswith("+")]
    times = [step.at for step in found]
    assert times == sorted(set(times))
    assert found[-1].name == DUE
    assert found[-1].at == BEGIN + length
    gaps = [later - sooner for sooner, later in pairwise(times)]
    assert all(gap >= min(CLOSEST, length / 2) for gap in gaps)


@given(st.integers(1, 60 * 24 * 30), st.integers(0, 60 * 24 * 40))
def test_what_rang_never_rings_again(minutes: int, waited: int) -> None:
    made = armed(clock(minutes * MINUTE), PARIS)
    now = BEGIN + waited * MINUTE
    step = due_step(made, now, PARIS)
    if step is None:
        return
    assert step.at <= now
    rung = armed(replace(made, ring=Ring(step.name, now)), PARIS)
    assert due_step(rung, now, PARIS) is None
    assert rung.next_at is None or rung.next_at > now


def test_after_an_outage_the_last_reminder_stands_for_those_that_were_missed() -> None:
    made = clock(72 * HOUR, ring=Ring(START, BEGIN))
    step = due_step(made, BEGIN + 61 * HOUR, PARIS)
    assert step is not None
    assert step.name == "-12h"
    assert step.directors, "three quarters had elapsed meanwhile"


def test_directors_hear_of_three_quarters_and_of_what_is_past() -> None:
    told = [step.name for step in steps(clock(72 * HOUR)) if step.directors]
    assert told[:2] == ["75%", DUE]
    assert all(name.startswith("+") for name in told[2:])
    assert not any(step.directors for step in steps(house(72 * HOUR)))


def test_nothing_that_can_wait_rings_at_night() -> None:
    # Half of 72 hours from 11:00 UTC on the 22nd is midnight in Paris.
    begin = datetime(2026, 11, 22, 11, 0, tzinfo=UTC)
    made = clock(72 * HOUR, started_at=begin, official_from=begin, official_due=begin + 72 * HOUR)
    made = replace(made, ring=Ring(START, begin))
    assert next_at(made, PARIS) == datetime(2026, 11, 24, 5, 30, tzinfo=UTC)
    nobodys = replace(made, owner=None)
    assert next_at(nobodys, PARIS) == begin + 36 * HOUR
    assert next_at(nobodys, PARIS, held=True) == next_at(made, PARIS), "its role is held"
    ours = clock(24 * HOUR, started_at=begin, official_from=begin, official_due=begin + 24 * HOUR, without_figure=True)
    ours = replace(ours, ring=Ring("-12h", begin + 12 * HOUR))
    assert next_at(ours, PARIS) == datetime(2026, 11, 23, 5, 30, tzinfo=UTC), "near, but by a figure of our own"
    soon = clock(
        10 * HOUR, started_at=begin, official_from=begin, official_due=begin + 12 * HOUR, ring=Ring(START, begin)
    )
    nights = [step.at.astimezone(PARIS).hour for step in steps(soon)]
    assert 23 in nights or 22 in nights, "less than twelve hours are left: it rings"


def test_patience_is_a_tenth_of_what_is_left() -> None:
    least = timedelta(minutes=10)
    assert patience(clock(72 * HOUR), BEGIN, least) == 2 * HOUR
    assert patience(clock(10 * HOUR), BEGIN, least) == HOUR
    assert patience(clock(HOUR), BEGIN, least) == least
    assert patience(clock(HOUR), BEGIN + 2 * HOUR, least) == least


def test_it_climbs_unless_somebody_takes_it_and_seeing_is_not_taking() -> None:
    ring = Ring("50%", BEGIN, 0, BEGIN + HOUR, ("@claire:x",))
    made = clock(10 * HOUR, owner=None, ring=ring)
    assert not climbs_now(made, BEGIN + timedelta(minutes=59), PARIS)
    assert climbs_now(made, BEGIN + HOUR, PARIS)
    assert climbs_now(made.seen_by("@claire:x"), BEGIN + HOUR, PARIS), "seen is not taken"
    assert not climbs_now(made.taken("@claire:x"), BEGIN + HOUR, PARIS)
    assert not climbs_now(replace(made, owner="@claire:x").seen_by("@claire:x"), BEGIN + HOUR, PARIS)
    assert due_step(made.taken("@claire:x"), BEGIN + 8 * HOUR, PARIS) is not None, "until the next step"


def test_house_targets_climb_to_the_coordinator_and_no_further() -> None:
    assert last_rung(house(HOUR)) == 1
    assert last_rung(clock(HOUR, legal_status="guidance")) == 1
    assert last_rung(clock(HOUR)) == ROOM


def test_who_is_rung() -> None:
    made = cell()
    legal = clock(HOUR, owner_role=Role.LEGAL, owner=None)
    assert responsible(made, legal) == "@paul:x"
    assert on_rung(made, legal, 1) == ("@olivier:x",)
    assert on_rung(made, legal, 2) == ("@claire:x",)
    nobody = clock(HOUR, owner_role=Role.DATA_LEAD, owner=None)
    assert orphan(made, nobody)
    assert responsible(made, nobody) == "@anne:x", "the data-protection officer stands in"
    gone = made.with_member(replace(made.members["@paul:x"], left_at=BEGIN))
    assert responsible(gone, legal) == "@anne:x"
    deputy = made.with_member(replace(made.members["@paul:x"], deputies=("@anne:x",)))
    assert on_rung(deputy, legal, 1) == ("@anne:x",)


def test_what_is_filed_reminds_of_the_receipt_in_the_daytime() -> None:
    filed = clock(
        72 * HOUR, status=ClockStatus.FILED, filed_at=BEGIN + HOUR, filed_by="@paul:x", ring=Ring(DUE, BEGIN + HOUR)
    )
    first = next_at(filed, PARIS)
    assert first == BEGIN + 13 * HOUR
    later = replace(filed, filed_at=BEGIN + 4 * HOUR, ring=Ring(DUE, BEGIN + 4 * HOUR))
    assert next_at(later, PARIS) == datetime(2026, 11, 24, 5, 30, tzinfo=UTC)
    assert responsible(cell(), filed) == "@paul:x"


@pytest.mark.parametrize("status", [ClockStatus.CLOSED, ClockStatus.WAIVED, ClockStatus.PROVISIONAL])
def test_what_does_not_run_does_not_ring(status: ClockStatus) -> None:
    assert next_at(clock(HOUR, status=status), PARIS) is None


def test_a_moment_that_moves_a_clock_into_the_past_rings_at_once() -> None:
    now = BEGIN + 80 * HOUR
    made = rearmed(clock(72 * HOUR), now, PARIS)
    step = due_step(made, now, PARIS)
    assert step is not None
    assert step.name == "+8h"
    ahead = rearmed(clock(100 * HOUR), now, PARIS)
    assert due_step(ahead, now, PARIS) is None
    assert ahead.next_at is not None
    assert ahead.next_at > now


def test_after_a_day_it_rings_each_morning_and_a_prudent_instant_that_is_past_does_from_the_first() -> None:
    late = clock(HOUR, ring=Ring("+24h", BEGIN + 25 * HOUR))
    first, second = (BEGIN.replace(day=day, hour=7, minute=0) for day in (25, 26))
    assert next_at(late, PARIS) == first, "eight o'clock in Paris"
    assert due_step(late, first, PARIS) == Step(first, MORNING, True)
    assert next_at(replace(late, ring=Ring(MORNING, first)), PARIS) == second
    prudent = clock(HOUR, official_from=None, official_due=None, prudent_from=BEGIN, prudent_due=BEGIN + HOUR)
    prudent = replace(prudent, ring=Ring(DUE, BEGIN + HOUR))
    assert next_at(prudent, PARIS) == BEGIN.replace(day=24), "it is not late, and does not go silent"
    assert next_at(house(HOUR, ring=Ring(DUE, BEGIN + HOUR)), PARIS) is None


def test_by_a_figure_of_ours_it_repeats_hourly_only_while_nobody_has_it() -> None:
    past = clock(2 * HOUR, without_figure=True, ring=Ring(DUE, BEGIN + 2 * HOUR))
    assert next_at(past, PARIS) == BEGIN.replace(day=24, hour=7), "somebody took it: in the morning"
    assert next_at(replace(past, owner=None), PARIS) == BEGIN + 3 * HOUR


def test_a_rule_may_have_a_plan_of_its_own() -> None:
    own = clock(10 * HOUR, plan=NudgePlan((40,), (MINUTE * 90,)))
    assert [s.name for s in steps(own) if not s.name.startswith("+")] == [START, "40%", "-90m", DUE]


def test_who_rests_is_passed_over_and_what_only_they_held_climbs_at_once_yet_not_at_night() -> None:
    made = cell()
    legal = clock(HOUR, owner_role=Role.LEGAL, owner=None)
    assert responsible(made, legal) == "@paul:x"
    for user in ("@paul:x", "@olivier:x"):
        made = made.with_member(replace(made.members[user], resting_since=BEGIN))
    assert responsible(made, legal) == "@anne:x"
    assert orphan(made, legal) is (not [m for m in made.holders(Role.LEGAL) if m.resting_since is None])
    assert held(made, legal), "they are at rest, not gone"
    for rung in range(ROOM + 1):
        assert not {"@paul:x", "@olivier:x"} & set(on_rung(made, legal, rung))


def test_outside_channels_and_the_room_are_for_what_cannot_wait() -> None:
    made = clock(72 * HOUR)
    assert outside_from(made, BEGIN + HOUR) == BEGIN + 60 * HOUR
    assert outside_from(made, BEGIN + 61 * HOUR) == BEGIN + 61 * HOUR


def test_what_is_ours_climbs_late_what_binds_at_every_step() -> None:
    assert [s.name for s in steps(house(10 * HOUR)) if s.climbs] == ["-2h", DUE]
    assert all(s.climbs for s in steps(clock(10 * HOUR)))


@given(st.integers(-30 * 60, 30 * 60), st.integers(0, 72 * 60))
def test_a_clock_that_was_never_ahead_rings_nothing_twice_when_it_is_set(by: int, waited: int) -> None:
    now = BEGIN + waited * MINUTE
    made = armed(clock(72 * HOUR), PARIS)
    step = due_step(made, now, PARIS)
    if step is None:
        return
    rung = replace(made, ring=Ring(step.name, step.at, rang_at=now))
    after = clock_set(rung, by * MINUTE, now + by * MINUTE, PARIS, None)
    again = due_step(after, now + by * MINUTE, PARIS)
    assert again is None or again.at > step.at
