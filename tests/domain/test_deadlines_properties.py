"""What holds of every deadline, whatever the instant, the zone and the rule."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

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
Start = tuple[datetime, ZoneInfo]
FIRST, LAST = datetime(2026, 1, 1, tzinfo=UTC), datetime(2028, 3, 1, tzinfo=UTC)
ZONES = st.sampled_from([ZoneInfo(name) for name in sorted(available_timezones())])


@cache
def changes(zone: ZoneInfo) -> tuple[datetime, ...]:
    """Every instant of two years at which a zone's clock is put forward or back; a day of none for the others."""
    days = [FIRST + timedelta(days=n) for n in range((LAST - FIRST).days)]
    jumps = [day for day in days if _offset(day, zone) != _offset(day + timedelta(days=1), zone)]
    found = []
    for start in jumps:
        low, high = 0, 86_400
        while high - low > 1:
            middle = (low + high) // 2
            same = _offset(start + timedelta(seconds=middle), zone) == _offset(start, zone)
            low, high = (middle, high) if same else (low, middle)
        found.append(start + timedelta(seconds=high))
    return tuple(found) or (FIRST,)


def _offset(at: datetime, zone: ZoneInfo) -> timedelta | None:
    return at.astimezone(zone).utcoffset()


def near_a_change(zone: ZoneInfo) -> st.SearchStrategy[tuple[datetime, ZoneInfo]]:
    """Instants around the zone's own changes of hour, and so long before that a period ends there."""
    spread = st.tuples(st.sampled_from(changes(zone)), st.integers(-95, 2), st.integers(-14_400, 14_400))
    return st.tuples(spread.map(lambda s: s[0] + timedelta(days=s[1], seconds=s[2])), st.just(zone))


ANY = st.tuples(
    st.integers(0, 4 * 366 * 86_400).map(lambda s: datetime(2025, 6, 1, tzinfo=UTC) + timedelta(seconds=s)), ZONES
)
STARTS = st.one_of(ZONES.flatmap(near_a_change), ANY)
INSTANTS = STARTS.map(lambda start: start[0])


def rules(*among: Rule) -> st.SearchStrategy[Rule]:
    return st.sampled_from(among)


@given(rules(*ELAPSED), STARTS)
def test_hours_are_elapsed_seconds_exactly(rule: Rule, start: Start) -> None:
    trigger, zone = start
    assert rule.duration is not None
    seconds = rule.duration.value * (60 if rule.duration.unit is Unit.MINUTES else 3600)
    assert due(rule, trigger, zone).at - trigger == timedelta(seconds=seconds)


@given(rules(*(r for r in RULES if r.method not in BY_DATE)), STARTS, st.integers(0, 400_000))
def test_a_later_start_is_never_due_earlier(rule: Rule, start: Start, later: int) -> None:
    trigger, zone = start
    one, other = due(rule, trigger, zone), due(rule, trigger + timedelta(seconds=later), zone)
    assert one.at <= other.at
    if one.lenient and other.lenient:
        assert one.lenient <= other.lenient


@given(rules(*(r for r in RULES if r.method in BY_DATE)), STARTS, st.integers(0, 400_000))
def test_nor_on_an_earlier_day(rule: Rule, start: Start, later: int) -> None:
    trigger, zone = start
    if rule.duration and rule.duration.unit is Unit.HOURS:
        return
    one, other = due(rule, trigger, zone), due(rule, trigger + timedelta(seconds=later), zone)
    # A time that the clock skips is taken before it, by as much as it skips: at midnight on the day before.
    slack = timedelta(hours=1)
    assert one.at.astimezone(zone).date() <= (other.at + slack).astimezone(zone).date()


@given(rules(*RULES), STARTS, st.sampled_from(CALENDARS), st.booleans())
def test_what_is_shown_is_the_earliest(rule: Rule, start: Start, calendar: str, weekend: bool) -> None:
    trigger, zone = start
    found = due(rule, trigger, zone, Settings(calendar=calendar, weekend_rule=weekend))
    assert found.at > trigger
    assert found.at.utcoffset() == timedelta()
    assert found.lenient is None or found.lenient >= found.at


@given(rules(*RULES), STARTS, ZONES)
def test_the_form_of_the_trigger_changes_nothing(rule: Rule, start: Start, other: ZoneInfo) -> None:
    trigger, zone = start
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
