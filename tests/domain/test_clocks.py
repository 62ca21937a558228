"""Clocks: two instants, three classes, and what a change of a moment does to them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.domain.cell import Cell
from bot.domain.clock_lines import line, lines, nearest, still_open
from bot.domain.clock_times import applicable, opened, proposed, reconsider, retimed
from bot.domain.clocks import Clock, ClockStatus, Standing, WaiveReason
from bot.domain.deadline_rules import Class
from bot.domain.incident import Incident, IncidentStatus, Member, Moment
from bot.domain.parties import Profile
from bot.domain.playbook import Text
from bot.domain.roles import Phase, Role
from bot.library.rules import load_shipped

START = datetime(2026, 11, 22, 13, 5, tzinfo=UTC)
HOUR = timedelta(hours=1)
HOSPITAL = Profile("hospital", "FR", ())
RULES = load_shipped().by_id
CNIL, SUPPLEMENT, REGISTER = "EU-GDPR-33-SA", "FR-CNIL-COMPLEMENT", "EU-GDPR-33-5-REGISTER"


def cell(**moments: datetime) -> Cell:
    incident = Incident(
        id="INC-2026-001", year=2026, number=1, drill=False, scenario="rancongiciel", title="t",
        status=IncidentStatus.OPEN, phase=Phase.ALERT, severity=4, opened_at=START, opened_by="@claire:x",
        organisation="CH", kind="hospital", timezone="Europe/Paris", language="fr", room_key="cell:INC-2026-001",
        playbook={}, playbook_sha256="00",
    )  # fmt: skip
    people = (("claire", Role.DIRECTOR), ("olivier", Role.COORDINATOR), ("anne", Role.DPO), ("paul", Role.LEGAL))
    made = Cell(incident)
    for name, role in people:
        made = made.with_member(Member(f"@{name}:x", name, (role,), START, START))
    made = made.with_change(Moment("opened", START, "@claire:x", START))
    made = made.with_change(Moment("observed", moments.pop("observed", START), None, START, "opened"))
    return opened(made, RULES, HOSPITAL, START).cell


def record(before: Cell, name: str, at: datetime, now: datetime) -> Cell:
    return retimed(before.with_change(Moment(name, at, "@anne:x", now)), RULES, HOSPITAL, now).cell


def test_the_opening_starts_what_a_hospital_may_owe_and_no_more() -> None:
    started = cell().clocks
    assert {"EU-GDPR-33-SA", "FR-LOPMI-PLAINTE", "FR-CSP-1111-8-2", "FR-ASSUR-5JO"} <= set(started)
    # Flags of an organisation are two-valued: what it did not ask for is not shown to it.
    assert not {"EU-NIS2-23-EW", "EU-DORA-19-INIT", "US-SEC-8K-105", "BR-ANPD-3DU", "EU-CRA-14-EW"} & set(started)
    # What waits for a moment that nobody has recorded does not run.
    assert not {"EU-GDPR-34-SUBJECTS", "FR-EIGS-PART1", "HOUSE-REVIEW-HOT"} & set(started)
    assert "EU-NIS2-23-EW" in {rule.id for rule in applicable(RULES, Profile("company", "FR", ("nis2",)))}


def test_until_it_is_found_there_is_a_prudent_instant_only_and_nothing_is_late() -> None:
    clock = cell(observed=START - HOUR).clocks[CNIL]
    assert clock.prudent_due == START + 71 * HOUR
    assert clock.official_due is None
    assert clock.hypothesis
    assert clock.standing(START + 100 * HOUR) is Standing.PRUDENT_PAST
    assert not clock.late_at(START + 100 * HOUR)


def test_a_finding_gives_the_official_instant_and_keeps_the_prudent_one() -> None:
    found = record(cell(), "breach", START + HOUR, START + 2 * HOUR).clocks[CNIL]
    assert found.official_due == START + 73 * HOUR
    assert found.prudent_due == START + 72 * HOUR
    assert found.due == found.official_due
    assert not found.late_at(START + 73 * HOUR)
    assert found.late_at(START + 73 * HOUR + timedelta(seconds=1))
    assert found.standing(START + 74 * HOUR) is Standing.LATE


@pytest.mark.parametrize(
    ("rule", "standing"),
    [
        ("FR-CSP-1111-8-2", Standing.NO_FIGURE_PAST),
        ("HOUSE-STAFF-MESSAGE", Standing.TARGET_PAST),
        (CNIL, Standing.PRUDENT_PAST),
    ],
)
def test_a_figure_of_ours_is_never_late(rule: str, standing: Standing) -> None:
    clock = cell().clocks[rule]
    assert clock.standing(START + 200 * HOUR) is standing
    assert not replace(clock, official_due=clock.due).late_at(START + 200 * HOUR) or rule == CNIL


def test_a_stage_is_provisional_until_the_one_before_is_filed_and_then_runs_from_the_filing() -> None:
    before = cell()
    waiting = before.clocks[SUPPLEMENT]
    assert waiting.status is ClockStatus.PROVISIONAL
    assert waiting.due == START + 144 * HOUR
    after = record(before, f"filed:{CNIL}", START + 10 * HOUR, START + 11 * HOUR).clocks[SUPPLEMENT]
    assert after.status is ClockStatus.RUNNING
    assert after.official_due == START + 82 * HOUR


def test_a_moment_that_starts_a_clock_starts_it() -> None:
    after = record(cell(), "high_risk", START + HOUR, START + HOUR)
    assert after.clocks["EU-GDPR-34-SUBJECTS"].official_due == START + 73 * HOUR


def test_the_history_of_a_moment_is_kept() -> None:
    once = record(cell(), "breach", START + HOUR, START + HOUR)
    twice = record(once, "breach", START, START + 2 * HOUR)
    changes = [c for c in twice.history.values() if c.name == "breach"]
    assert [(c.at, c.previous) for c in changes] == [(START + HOUR, None), (START, START + HOUR)]


def test_a_clock_that_was_set_aside_comes_back_when_what_it_rested_on_changes() -> None:
    before = cell()
    aside = replace(
        before.clocks[CNIL], status=ClockStatus.WAIVED, waive_reason=WaiveReason.RISK_UNLIKELY,
        waived_by=("@claire:x", "@paul:x"), answers={"personal_data": "no"},
    )  # fmt: skip
    waived = before.with_clocks([aside])
    assert reconsider(waived, {"personal_data": "no"}, START).clocks == ()
    back = reconsider(waived, {"personal_data": "yes"}, START + HOUR).cell.clocks[CNIL]
    assert back.status is ClockStatus.RUNNING
    assert back.waived_by == ()
    assert back.waive_reason is None
    assert back.next_at is not None
    unsure = reconsider(waived, {"personal_data": "unknown"}, START).cell.clocks[CNIL]
    assert unsure.status is ClockStatus.RUNNING


def test_a_no_only_proposes_and_the_register_is_never_proposed() -> None:
    proposals = {clock.rule for clock in proposed(cell(), {"personal_data": "no"})}
    assert CNIL in proposals
    assert REGISTER not in proposals
    assert proposed(cell(), {"personal_data": "unknown"}) == []


def test_the_most_urgent_comes_first_and_what_is_closed_last() -> None:
    made = cell()
    filed = replace(made.clocks["FR-CSP-1111-8-2"], status=ClockStatus.CLOSED)
    shown = lines(made.with_clocks([filed]), START)
    dues = [each.clock.due for each in shown if each.clock.status is ClockStatus.RUNNING]
    assert dues == sorted(due for due in dues if due)
    assert shown[-1].clock.rule == "FR-CSP-1111-8-2"
    assert [c.due for c in nearest(made, 3)] == [each.clock.due for each in lines(made, START)[:3]]
    assert CNIL in {clock.rule for clock in still_open(made)}


def test_what_is_left_is_rounded_down_and_a_board_changes_seldom() -> None:
    made = cell()
    clock = made.clocks[CNIL]
    assert clock.due is not None
    now = clock.due - timedelta(hours=5, minutes=59, seconds=59)
    assert line(made, clock, now).left == timedelta(hours=5, minutes=59, seconds=59)
    assert line(made, clock, now.replace(second=0), coarse=True).left == timedelta(hours=5, minutes=45)
    assert line(made, clock, clock.due - timedelta(seconds=30), coarse=True).left == timedelta(0)
    assert line(made, clock, clock.due).left is None


def test_a_party_has_its_own_line() -> None:
    clock = cell().clocks[CNIL]
    north = replace(clock, party="nord")
    assert (clock.id, north.id) == (CNIL, f"{CNIL}/nord")
    assert (clock.typed("fr"), north.typed("en")) == ("cnil", "cnil/nord")


def test_a_clock_of_our_own_is_an_internal_target() -> None:
    own = Clock("E5", Text("E5", "E5"), Text("Rappeler", "Call back"), Class.HOUSE, Role.CISO, "typed", START)
    own = replace(own, official_due=START + HOUR)
    assert own.number == 5
    assert own.standing(START + 2 * HOUR) is Standing.TARGET_PAST
    assert not own.climbs


def test_hours_are_elapsed_hours_over_the_end_of_summer_time() -> None:
    night = datetime(2026, 10, 24, 20, tzinfo=UTC)
    made = cell()
    after = record(made, "breach", night, night).clocks[CNIL]
    assert after.official_due == night + 72 * HOUR
    assert after.official_due.astimezone(ZoneInfo("Europe/Paris")).hour == 21
