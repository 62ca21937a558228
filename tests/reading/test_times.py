"""Times and durations: what is read, what is asked about, what is refused; across both changes of the clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.commands.call import When
from bot.commands.spec import Tense
from bot.reading.durations import LONGEST, read_duration
from bot.reading.times import Unread, read_date, read_when
from tests.reading.cast import NOW, PARIS

NBSP = "\u00a0"

PAST = {
    "14h05": "2026-11-21 14:05",
    "14 h 05": "2026-11-21 14:05",
    f"14{NBSP}h{NBSP}05": "2026-11-21 14:05",
    "14:05": "2026-11-21 14:05",
    "14:05:30": "2026-11-21 14:05",
    "14h": "2026-11-21 14:00",
    "14H05": "2026-11-21 14:05",
    "14 heures 05": "2026-11-21 14:05",
    "à 14h05": "2026-11-21 14:05",
    "8h10": "2026-11-21 08:10",
    "0h00": "2026-11-21 00:00",
    "16h": "2026-11-20 16:00",
    "23:59": "2026-11-20 23:59",
    "15h": "2026-11-21 15:00",
    "15h01": "2026-11-20 15:01",
    "2pm": "2026-11-21 14:00",
    "2:05 pm": "2026-11-21 14:05",
    "9 p.m.": "2026-11-20 21:00",
    "12am": "2026-11-21 00:00",
    "12 pm": "2026-11-21 12:00",
    "3h du matin": "2026-11-21 03:00",
    "9h du soir": "2026-11-20 21:00",
    "9h et demie": "2026-11-21 09:30",
    "midi": "2026-11-21 12:00",
    "midi et demi": "2026-11-21 12:30",
    "minuit": "2026-11-21 00:00",
    "noon": "2026-11-21 12:00",
    "midnight": "2026-11-21 00:00",
    "maintenant": "2026-11-21 15:00",
    "à l'instant": "2026-11-21 15:00",
    "a minute ago": "2026-11-21 14:59",
    "ce midi": "2026-11-21 12:00",
    "20h hier soir": "2026-11-20 20:00",
    "now": "2026-11-21 15:00",
    "hier 22h30": "2026-11-20 22:30",
    "hier à 22h30": "2026-11-20 22:30",
    "Hier, 22 h 30": "2026-11-20 22:30",
    "22h30 hier": "2026-11-20 22:30",
    "hier midi": "2026-11-20 12:00",
    "yesterday 22:30": "2026-11-20 22:30",
    "yesterday at 10pm": "2026-11-20 22:00",
    "avant-hier 8h": "2026-11-19 08:00",
    "aujourd'hui 8h": "2026-11-21 08:00",
    "aujourd’hui à 8h": "2026-11-21 08:00",
    "today 8:00": "2026-11-21 08:00",
    "ce matin 8h10": "2026-11-21 08:10",
    "this morning at 8:10": "2026-11-21 08:10",
    "hier soir 22h30": "2026-11-20 22:30",
    "hier matin à 9h": "2026-11-20 09:00",
    "yesterday evening 22:30": "2026-11-20 22:30",
    "cette nuit 2h": "2026-11-21 02:00",
    "cette nuit à 23h": "2026-11-20 23:00",
    "last night at 23:00": "2026-11-20 23:00",
    "lundi 9h": "2026-11-16 09:00",
    "lundi matin 9h": "2026-11-16 09:00",
    "lundi dernier 9h": "2026-11-16 09:00",
    "monday 9:00": "2026-11-16 09:00",
    "last monday at 9am": "2026-11-16 09:00",
    "samedi 9h": "2026-11-21 09:00",
    "samedi 16h": "2026-11-14 16:00",
    "J-1 9h": "2026-11-20 09:00",
    "21/11 14:05": "2026-11-21 14:05",
    "21/11 à 14h05": "2026-11-21 14:05",
    "le 21/11 à 14h05": "2026-11-21 14:05",
    "21/11/2026 14h": "2026-11-21 14:00",
    "21/11/26 14h": "2026-11-21 14:00",
    "21-11-2026 14h": "2026-11-21 14:00",
    "05.03 10:00": "2026-03-05 10:00",
    "05/03/2026 10h": "2026-03-05 10:00",
    "25/12 10h": "2025-12-25 10:00",
    "samedi 21/11 9h": "2026-11-21 09:00",
    "21 novembre 14h05": "2026-11-21 14:05",
    "1er novembre à 8h": "2026-11-01 08:00",
    "20 nov. 8h": "2026-11-20 08:00",
    "November 20 at 2pm": "2026-11-20 14:00",
    "20 November 2026, 14:00": "2026-11-20 14:00",
    "2026-11-20T14:05": "2026-11-20 14:05",
    "2026-11-20 14:05": "2026-11-20 14:05",
    "2026-11-20T14:05Z": "2026-11-20 15:05",
    "2026-11-20T14:05+02:00": "2026-11-20 13:05",
    "il y a 2h": "2026-11-21 13:00",
    "il y a 2 heures": "2026-11-21 13:00",
    "y a 10 min": "2026-11-21 14:50",
    "il y a 1h30": "2026-11-21 13:30",
    "il y a une demi-heure": "2026-11-21 14:30",
    "il y a un quart d'heure": "2026-11-21 14:45",
    "il y a 2 jours": "2026-11-19 15:00",
    "2h ago": "2026-11-21 13:00",
    "an hour ago": "2026-11-21 14:00",
    "half an hour ago": "2026-11-21 14:30",
    "25/10 2h30": "2026-10-25 02:30 twice",
}

FUTURE = {
    "16h": "2026-11-21 16:00",
    "14h": "2026-11-22 14:00",
    "demain 9h": "2026-11-22 09:00",
    "demain matin 9h": "2026-11-22 09:00",
    "tomorrow 9am": "2026-11-22 09:00",
    "après-demain à 9h": "2026-11-23 09:00",
    "J+1 9h": "2026-11-22 09:00",
    "j+2 à 14h30": "2026-11-23 14:30",
    "lundi 9h": "2026-11-23 09:00",
    "next monday 9:00": "2026-11-23 09:00",
    "samedi 16h": "2026-11-21 16:00",
    "samedi 9h": "2026-11-28 09:00",
    "25/12 10h": "2026-12-25 10:00",
    "05/03 10h": "2027-03-05 10:00",
    "dans 2h": "2026-11-21 17:00",
    "in 90 min": "2026-11-21 16:30",
    "minuit": "2026-11-22 00:00",
    "ce soir 20h": "2026-11-21 20:00",
}

UNREAD = {
    "hier soir": "hour",
    "hier": "hour",
    "lundi": "hour",
    "J+1": "hour",
    "ce matin": "hour",
    "cette nuit": "hour",
    "last night": "hour",
    "21/11": "hour",
    "14.05": "hour",
    "hier minuit": "hour",
    "hier soir 10h": "hour",
    "tout à l'heure": "hour",
    "": "bad_time",
    "14": "bad_time",
    "1405": "bad_time",
    "14h5": "bad_time",
    "vers 14h": "bad_time",
    "14h05 environ": "bad_time",
    "entre 14h et 15h": "bad_time",
    "lundi 21/11 9h": "bad_time",
    "1 14h": "bad_time",
    "il y a 3 mois": "bad_time",
    "il y a longtemps": "bad_time",
    "patate": "bad_time",
    "14h05 14h06": "bad_time",
    "25h": "no_such_time",
    "24h00": "no_such_time",
    "14h60": "no_such_time",
    "13pm": "no_such_time",
    "31/11 10h": "no_such_date 2026-11-30 12:00, 2026-12-01 12:00",
    "29/02 10h": "no_such_date 2026-02-28 12:00, 2026-03-01 12:00",
    "11/21 10h": "no_such_date 2026-11-21 12:00",
    "45/45 10h": "no_such_date",
    "2026-13-40T10:00": "no_such_date",
    "29/03/2026 2h30": "no_such_time 2026-03-29 01:59, 2026-03-29 03:00",
    "demain 9h": "in_the_future 2026-11-22 09:00",
    "dans 2h": "in_the_future 2026-11-21 17:00",
    "21/11/2027 9h": "in_the_future 2027-11-21 09:00",
    "ce soir 20h": "in_the_future 2026-11-21 20:00",
}


def _shown(read: When | Unread, zone: ZoneInfo = PARIS) -> str:
    if isinstance(read, When):
        return f"{read.at.astimezone(zone):%Y-%m-%d %H:%M}" + (" twice" if read.twice else "")
    times = ", ".join(f"{at.astimezone(zone):%Y-%m-%d %H:%M}" for at in read.times)
    return f"{read.reason} {times}".strip()


@pytest.mark.parametrize(("text", "meaning"), PAST.items())
def test_what_has_happened(text: str, meaning: str) -> None:
    assert _shown(read_when(text, NOW, PARIS, Tense.PAST)) == meaning


@pytest.mark.parametrize(("text", "meaning"), FUTURE.items())
def test_what_is_to_come(text: str, meaning: str) -> None:
    assert _shown(read_when(text, NOW, PARIS, Tense.FUTURE)) == meaning


@pytest.mark.parametrize(("text", "meaning"), UNREAD.items())
def test_what_is_asked_or_refused(text: str, meaning: str) -> None:
    assert _shown(read_when(text, NOW, PARIS, Tense.PAST)) == meaning


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
