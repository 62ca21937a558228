"""Times and durations: what is read, what is asked about, what is refused; across both changes of the clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bot.commands.call import When
from bot.commands.spec import Tense
from bot.reading.durations import LONGEST, read_duration
from bot.reading.times import Unread, read_date, read_when
from tests.reading.cast import NOW, PARIS

NBSP = "\u00a0"

TABLE = [
    (text.replace("·", NBSP), Tense(tense), meaning)
    for text, _, tense, meaning in yaml.safe_load((Path(__file__).parent / "times.yaml").read_text(encoding="utf-8"))
]


def _shown(read: When | Unread, zone: ZoneInfo = PARIS) -> str:
    if isinstance(read, When):
        return f"{read.at.astimezone(zone):%Y-%m-%d %H:%M}" + (" twice" if read.twice else "")
    times = ", ".join(f"{at.astimezone(zone):%Y-%m-%d %H:%M}" for at in read.times)
    return f"{read.reason} {times}".strip()


@pytest.mark.parametrize(("text", "tense", "meaning"), TABLE)
def test_a_time_is_what_is_meant_or_is_asked(text: str, tense: Tense, meaning: str) -> None:
    assert _shown(read_when(text, NOW, PARIS, tense)) == meaning


def test_no_text_is_no_time() -> None:
    assert _shown(read_when("", NOW, PARIS, Tense.PAST)) == "bad_time"


def test_an_hour_that_comes_twice_is_the_earlier_one() -> None:
    read = read_when("2h30", datetime(2026, 10, 25, 12, 0, tzinfo=PARIS), PARIS, Tense.PAST)
    assert isinstance(read, When)
    assert read.twice
    assert read.at == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


def test_an_hour_that_does_not_exist_is_refused_even_without_a_date() -> None:
    read = read_when("2h30", datetime(2026, 3, 29, 12, 0, tzinfo=PARIS), PARIS, Tense.PAST)
    assert _shown(read) == "no_such_time 2026-03-29 01:59, 2026-03-29 03:00"


@pytest.mark.parametrize("zone", ["Indian/Reunion", "Pacific/Noumea", "America/Martinique"])
def test_the_hour_is_the_site_s(zone: str) -> None:
    place = ZoneInfo(zone)
    read = read_when("0h30", datetime(2026, 11, 21, 1, 0, tzinfo=place), place, Tense.PAST)
    assert _shown(read, place) == "2026-11-21 00:30"


@given(st.datetimes(datetime(2001, 1, 1), datetime(2090, 1, 1)), st.sampled_from(Tense))
def test_a_written_date_and_time_is_that_instant_or_refused(local: datetime, tense: Tense) -> None:
    local = local.replace(second=0, microsecond=0)
    read = read_when(f"{local:%d/%m/%Y %Hh%M}", NOW, PARIS, tense)
    if isinstance(read, When):
        assert read.at.astimezone(PARIS).replace(tzinfo=None) == local
        assert (read.at <= NOW) is (tense is Tense.PAST)
    else:
        assert read.reason in ("no_such_time", "in_the_future", "in_the_past")


@given(st.integers(0, 23), st.integers(0, 59))
def test_a_bare_hour_is_the_latest_or_the_next(hour: int, minute: int) -> None:
    past = read_when(f"{hour} h {minute:02}", NOW, PARIS, Tense.PAST)
    future = read_when(f"{hour} h {minute:02}", NOW, PARIS, Tense.FUTURE)
    assert isinstance(past, When)
    assert isinstance(future, When)
    assert NOW - timedelta(days=1) < past.at <= NOW < future.at <= NOW + timedelta(days=1)


DURATIONS = {
    "2h": 120, "90 min": 90, "1h30": 90, "1 h 30": 90, "2 jours": 2880, "10m": 10, "10 mn": 10, "1j": 1440,
    "2d": 2880, "1 semaine": 10080, "48h": 2880, "+1h": 60, "une heure": 60, "deux heures": 120, "an hour": 60,
    "1 jour et 2h": 1560, "2 days and 3 hours": 3060, "half an hour": 30, "une demi-heure": 30, "1,5h": 90,
    "une heure et demie": 90, "1 h 30 min": 90, "30'": 30, "45 minutes": 45, "3 hrs": 180,
}  # fmt: skip


@pytest.mark.parametrize(("text", "minutes"), DURATIONS.items())
def test_durations(text: str, minutes: int) -> None:
    assert read_duration(text) == timedelta(minutes=minutes)


@pytest.mark.parametrize(
    "text", ["", "30", "0h", "1h90", "2 mois", "2h environ", "longtemps", "h", "-2h", "9999 jours", "2h 3 4"]
)
def test_no_duration(text: str) -> None:
    assert read_duration(text) is None


@given(st.text(max_size=80))
def test_a_duration_is_positive_and_bounded(text: str) -> None:
    length = read_duration(text)
    assert length is None or timedelta() < length <= LONGEST


@given(st.text(max_size=80), st.sampled_from(Tense))
def test_reading_a_time_never_raises(text: str, tense: Tense) -> None:
    assert isinstance(read_when(text, NOW, PARIS, tense), When | Unread)
    read_date(text, NOW, PARIS)
