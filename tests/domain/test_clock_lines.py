"""A clock as a line: how much of its time has gone, what it lacks, and its hour in Paris where the site is elsewhere."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.cell import Cell
from bot.domain.clock_lines import line
from bot.domain.clocks import Clock, ClockStatus
from bot.domain.conduct import Opinion, Stance
from bot.domain.deadline_rules import Class
from bot.domain.playbook import Text
from bot.domain.roles import Role
from bot.render import in_paris, local
from tests.store.test_cells import incident

START = datetime(2026, 11, 22, 13, 5, tzinfo=UTC)
CELL = Cell(incident())
CLOCK = Clock(
    rule="EU-GDPR-33-SA", names=Text("cnil", "cnil"), title=Text("Notifier", "Notify"), visible=Class.LAW,
    owner_role=Role.DIRECTOR, moment="breach", started_at=START, data_protection=True, prudent_from=START,
    prudent_due=START + timedelta(hours=72),
)  # fmt: skip


@given(st.timedeltas(timedelta(0), timedelta(hours=100)))
def test_the_bar_has_ten_blocks_and_is_full_only_once_it_is_past(elapsed: timedelta) -> None:
    shown = line(CELL, CLOCK, START + elapsed)
    assert len(shown.bar) == 10
    assert (shown.tenths == 10) == (elapsed >= timedelta(hours=72))
    assert shown.bar == "▓" * (shown.tenths or 0) + "░" * (10 - (shown.tenths or 0))


@pytest.mark.parametrize("status", [status for status in ClockStatus if status is not ClockStatus.RUNNING])
def test_what_does_not_run_has_no_bar(status: ClockStatus) -> None:
    assert line(CELL, replace(CLOCK, status=status), START).bar == ""


def missing(cell: Cell, clock: Clock) -> list[str]:
    return [text.fr for text in line(cell, clock, START).missing]


def test_what_is_missing_is_what_still_has_to_be_done() -> None:
    assert missing(CELL, CLOCK) == ["constat", "avis du DPO", "dépôt"]
    advised = CELL.with_opinion(Opinion(1, CLOCK.id, Stance.FAVOURABLE, "", "@anne:x", START))
    found = replace(CLOCK, official_from=START, official_due=START + timedelta(hours=72))
    assert missing(advised, found) == ["dépôt"]
    assert missing(advised, replace(found, status=ClockStatus.FILED, filed_at=START)) == ["accusé"]
    assert missing(advised, replace(found, status=ClockStatus.CLOSED, filed_at=START)) == []
    assert missing(CELL, replace(CLOCK, visible=Class.HOUSE)) == []


def test_paris_is_named_where_the_site_is_elsewhere_and_only_there() -> None:
    assert in_paris(START, "Indian/Reunion", "fr") == " (Paris\u00a0: 22/11\u00a014\u00a0h\u00a005)"
    assert in_paris(START, "America/Martinique", "en") == " (Paris: 22 Nov 14:05)"
    assert in_paris(START, "Europe/Paris", "fr") == ""
    assert in_paris(START, "Europe/Berlin", "fr") == "", "the hour is the same"


@pytest.mark.parametrize(
    ("at", "zone", "fr", "en"),
    [
        ("2026-10-25T00:30:00Z", "Europe/Paris", "2 h 30 (heure d’été)", "02:30 (summer time)"),
        ("2026-10-25T01:30:00Z", "Europe/Paris", "2 h 30 (heure d’hiver)", "02:30 (winter time)"),
        ("2026-10-25T02:00:00Z", "Europe/Paris", "3 h 00", "03:00"),
        ("2026-03-29T01:00:00Z", "Europe/Paris", "3 h 00", "03:00"),
        ("2026-10-25T00:30:00Z", "Indian/Reunion", "4 h 30", "04:30"),
    ],
)
def test_an_hour_that_comes_twice_says_which(at: str, zone: str, fr: str, en: str) -> None:
    there = datetime.fromisoformat(at)
    assert local(there, zone, "fr").replace("\u00a0", " ").partition(", ")[2] == fr
    assert local(there, zone, "en").partition(", ")[2] == en
