"""What holds of every deadline, whatever the instant, the zone and the rule."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.calendars import CALENDARS, add_working_days, is_working_day, next_working_day
from bot.domain.deadline_rules import Method, Rule, Unit
from bot.domain.deadlines import Settings, due
from bot.library.rules import load_shipped

RULES = tuple(rule for rule in load_shipped().by_id.values() if rule.method is not Method.MANUAL)
ELAPSED = tuple(
    rule
    for rule in RULES
    if rule.method in (Method.HOURS, Method.ASAP)
    or (rule.method is Method.RECURRING and rule.duration and rule.duration.unit is Unit.HOURS)
)
# A month from the 31st and one from the 28th may end on the same day: there the dates are monotone, not the hours.
BY_DATE = (Method.MONTHS, Method.RECURRING, Method.DAYS_KEEP_TIME)
ZONES = st.sampled_from(
    [
        ZoneInfo(name)
        for name in (
            "Europe/Paris", "Indian/Reunion", "Pacific/Noumea", "America/Miquelon", "America/Martinique", "Pacific/Tahiti",
            "Pacific/Marquesas", "America/Sao_Paulo", "America/New_York", "Europe/London", "Asia/Kolkata", "America/Nuuk",
            "Australia/Lord_Howe", "Africa/Cairo", "Asia/Beirut", "America/Havana", "Pacific/Chatham", "UTC",
        )
    ]
)  # fmt: skip
# Both changes of hour, often, and any other time of four years.
CHANGES = st.sampled_from(
    [datetime(2026, 3, 29, 1, tzinfo=UTC), datetime(2026, 10, 25, 1, tzinfo=UTC), datetime(2027, 3, 28, 1, tzinfo=UTC)]
)
INSTANTS = st.one_of(
    st.builds(
        lambda change, days, seconds: change + timedelta(days=days, seconds=seconds),
        CHANGES,
        st.integers(-35, 2),
        st.integers(-14_400, 14_400),
    ),
    st.integers(0, 4 * 366 * 86_400).map(lambda s: datetime(2025, 6, 1, tzinfo=UTC) + timedelta(seconds=s)),
)


def rules(*among: Rule) -> st.SearchStrategy[Rule]:
    return st.sampled_from(among)


@given(rules(*ELAPSED), INSTANTS, ZONES)
def test_hours_are_elapsed_seconds_exactly(rule: Rule, trigger: datetime, zone: ZoneInfo) -> None:
    assert rule.duration is not None
    seconds = rule.duration.value * (60 if rule.duration.unit is Unit.MINUTES else 3600)
    assert due(rule, trigger, zone).at - trigger == timedelta(seconds=seconds)


@given(rules(*(r for r in RULES if r.method not in BY_DATE)), INSTANTS, st.integers(0, 400_000), ZONES)
def test_a_later_start_is_never_due_earlier(rule: Rule, trigger: datetime, later: int, zone: ZoneInfo) -> None:
    one, other = due(rule, trigger, zone), due(rule, trigger + timedelta(seconds=later), zone)
    assert one.at <= other.at
    if one.lenient and other.lenient:
        assert one.lenient <= other.lenient


@given(rules(*(r for r in RULES if r.method in BY_DATE)), INSTANTS, st.integers(0, 400_000), ZONES)
def test_nor_on_an_earlier_day(rule: Rule, trigger: datetime, later: int, zone: ZoneInfo) -> None:
    if rule.duration and rule.duration.unit is Unit.HOURS:
        return
    one, other = due(rule, trigger, zone), due(rule, trigger + timedelta(seconds=later), zone)
    # A time that the clock skips is taken up to an hour before it, which may be the day before at midnight.
    slack = timedelta(hours=1)
    assert one.at.astimezone(zone).date() <= (other.at + slack).astimezone(zone).date()


@given(rules(*RULES), INSTANTS, ZONES, st.sampled_from(CALENDARS), st.booleans())
def test_what_is_shown_is_the_earliest(
    rule: Rule, trigger: datetime, zone: ZoneInfo, calendar: str, weekend: bool
) -> None:
    found = due(rule, trigger, zone, Settings(calendar=calendar, weekend_rule=weekend))
    assert found.at > trigger
    assert found.at.utcoffset() == timedelta()
    assert found.lenient is None or found.lenient >= found.at


@given(rules(*RULES), INSTANTS, ZONES, ZONES)
def test_the_form_of_the_trigger_changes_nothing(
    rule: Rule, trigger: datetime, zone: ZoneInfo, other: ZoneInfo
) -> None:
    assert due(rule, trigger.astimezone(other), zone) == due(rule, trigger, zone)


@pytest.fixture
def machines() -> Iterator[None]:
    before = os.environ.get("TZ")
    yield
    if before is None:
        os.environ.pop("TZ", None)
    else:
        os.environ["TZ"] = before
    time.tzset()


@pytest.mark.usefixtures("machines")
def test_the_machines_own_zone_changes_nothing() -> None:
    trigger, paris = datetime(2026, 10, 24, 22, 30, tzinfo=UTC), ZoneInfo("Europe/Paris")
    answers = []
    for zone in ("UTC", "Pacific/Kiritimati", "America/New_York"):
        os.environ["TZ"] = zone
        time.tzset()
        answers.append([due(rule, trigger, paris) for rule in RULES])
    assert answers[0] == answers[1] == answers[2]


@given(INSTANTS, st.integers(1, 30), st.sampled_from(CALENDARS))
def test_working_days_end_on_a_working_day(trigger: datetime, count: int, calendar: str) -> None:
    day = trigger.date()
    last = add_working_days(day, count, calendar)
    assert is_working_day(last, calendar)
    days = (day + timedelta(days=n) for n in range(1, (last - day).days + 1))
    assert sum(is_working_day(each, calendar) for each in days) == count
    assert add_working_days(day, count, calendar, local=True) >= last
    assert next_working_day(last, calendar) == last
