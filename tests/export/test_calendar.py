"""The calendar of the clocks: read by a library of its own, whole, the same bytes twice, and replaced when it changes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from icalendar import Calendar

from bot.domain.cell import Cell
from bot.domain.clocks import ClockStatus
from bot.export.calendar import to_ics
from tests.commands.harness import talk_in_crisis

STAMP = datetime(2026, 11, 22, 13, 5, tzinfo=UTC)


@pytest.fixture(scope="module")
def cell() -> Cell:
    talk = talk_in_crisis("claire", "karim", clocks=True)
    talk.say("karim", "!echeance Rappeler; l’hébergeur, « vite »\\n --dans 4h")
    return talk.cell


def events(data: bytes) -> dict[str, object]:
    return {str(event["uid"]): event for event in Calendar.from_ical(data).walk("VEVENT")}


def test_every_clock_that_has_a_time_is_an_event_at_that_time(cell: Cell) -> None:
    found = {event["dtstart"].dt for event in Calendar.from_ical(to_ics(cell, STAMP)).walk("VEVENT")}
    assert found == {clock.due.replace(microsecond=0) for clock in cell.clocks.values() if clock.due}


def test_it_is_as_rfc_5545_wants_it(cell: Cell) -> None:
    data = to_ics(cell, STAMP)
    assert data.startswith(b"BEGIN:VCALENDAR\r\n")
    assert data.endswith(b"END:VCALENDAR\r\n")
    assert all(len(line) <= 75 for line in data.split(b"\r\n"))
    assert b"\n" not in data.replace(b"\r\n", b"")


def test_what_people_typed_comes_back_as_they_typed_it(cell: Cell) -> None:
    own = next(clock for clock in cell.clocks.values() if clock.own)
    event = events(to_ics(cell, STAMP))[f"{cell.incident.id}-E1@tocsin"]
    assert str(event["summary"]) == f"E1 — {own.title.fr}"  # type: ignore[index]


def test_what_runs_rings_and_what_is_done_does_not(cell: Cell) -> None:
    cnil = cell.clocks["EU-GDPR-33-SA"]
    uid = f"{cell.incident.id}-EU-GDPR-33-SA@tocsin"
    runs = events(to_ics(cell, STAMP))[uid]
    alarms = [alarm["trigger"].dt for alarm in runs.walk("VALARM")]  # type: ignore[attr-defined]
    assert alarms == [timedelta(hours=-24), timedelta(hours=-2), timedelta(0)]
    closed = replace(cnil, status=ClockStatus.CLOSED, closed_at=STAMP, reference="2026-4411")
    done = events(to_ics(cell.with_clocks([closed]), STAMP))[uid]
    assert not done.walk("VALARM")  # type: ignore[attr-defined]
    assert "2026-4411" in str(done["description"])  # type: ignore[index]


def test_the_same_clocks_give_the_same_bytes(cell: Cell) -> None:
    assert to_ics(cell, STAMP) == to_ics(cell, STAMP)


def test_a_drill_says_so_before_anything_else(cell: Cell) -> None:
    drill = replace(cell, incident=replace(cell.incident, drill=True))
    titles = [str(event["summary"]) for event in Calendar.from_ical(to_ics(drill, STAMP)).walk("VEVENT")]
    assert titles
    assert all(title.startswith("EXERCICE · ") for title in titles)


def test_it_is_sent_to_who_asks_in_their_direct_room() -> None:
    talk = talk_in_crisis("claire", "karim", clocks=True)
    said = talk.say("claire", "!agenda")
    (file,) = [each for each in said if each.kind == "file"]
    assert file.room == "dm:claire"
    assert file.payload["filename"] == "INC-2026-001-deadlines.ics"
    bare = talk_in_crisis("claire", "karim")
    assert "rien à mettre" in bare.say("claire", "!agenda")[0].body
