"""Each legal entity owes its own: by its kind, country and flags, on its own site's clock."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from types import MappingProxyType

from bot.domain.cell import Cell
from bot.domain.clock_times import filing_moments, opened, retimed
from bot.domain.clocks import HOUSE_PARTY, Clock, ClockStatus
from bot.domain.incident import Moment
from bot.domain.parties import Party, Profile, calendar_of
from tests.domain.test_clocks import HOUR, RULES, START, cell

NORTH = Party("hospital", "FR", ("public",), "nord", "CH Nord", "Europe/Paris")
ISLAND = Party("hospital", "FR", ("ose",), "ile", "CH de l’île", "Indian/Reunion")
CLINIC = Party("company", "BE", (), "clinique", "Clinique", "Europe/Brussels")
GROUP = Profile("hospital", "FR", (), (NORTH, ISLAND, CLINIC))
CNIL, SUPPLEMENT, INSURER = "EU-GDPR-33-SA", "FR-CNIL-COMPLEMENT", "FR-ASSUR-5JO"


def started(profile: Profile = GROUP) -> dict[str, Clock]:
    bare = cell()
    return dict(opened(_without_clocks(bare), RULES, profile, START).cell.clocks)


def _without_clocks(bare: Cell) -> Cell:
    return replace(bare, clocks=MappingProxyType({}))


def owing(clocks: dict[str, Clock], rule: str) -> set[str]:
    return {clock.party for clock in clocks.values() if clock.rule == rule}


def test_each_party_has_its_clock_of_what_it_may_owe() -> None:
    clocks = started()
    assert owing(clocks, CNIL) == {"nord", "ile", "clinique"}
    assert owing(clocks, "FR-OSE-2018-384") == {"ile"}
    assert owing(clocks, "FR-CPP-40") == {"nord"}
    assert owing(clocks, "FR-LOPMI-PLAINTE") == {"nord", "ile"}
    assert clocks[f"{CNIL}/nord"].typed("fr") == "cnil/nord"


def test_what_the_cell_asks_of_itself_is_owed_once() -> None:
    clocks = started()
    assert owing(clocks, "HOUSE-STAFF-MESSAGE") == {HOUSE_PARTY}
    assert owing(clocks, "HOUSE-INSURER-CALL") == {"nord", "ile"}, "each has an insurer of its own"


def test_days_are_those_of_the_partys_site() -> None:
    clocks = started()
    assert clocks[f"{INSURER}/nord"].prudent_due == datetime(2026, 11, 27, 22, 59, 59, tzinfo=UTC)
    assert clocks[f"{INSURER}/ile"].prudent_due == datetime(2026, 11, 27, 19, 59, 59, tzinfo=UTC)
    assert calendar_of("Indian/Reunion") == "FR-RE"
    assert calendar_of("Europe/Paris") is None


def test_a_partys_filing_starts_its_own_next_stage_only() -> None:
    before = _without_clocks(cell())
    at_work = opened(before, RULES, GROUP, START).cell
    (name,) = filing_moments(RULES, at_work.clocks[f"{CNIL}/nord"])
    assert name == f"filed:{CNIL}/nord"
    filed = Moment(name, START + HOUR, "@anne:x", START + HOUR)
    after = retimed(at_work.with_change(filed), RULES, GROUP, START + HOUR).cell.clocks
    assert after[f"{SUPPLEMENT}/nord"].status is ClockStatus.RUNNING
    assert after[f"{SUPPLEMENT}/nord"].official_from == START + HOUR
    assert after[f"{SUPPLEMENT}/ile"].status is ClockStatus.PROVISIONAL


def test_another_form_of_a_stage_starts_what_follows_it() -> None:
    """A trust service provider notifies within 24 hours; its final report counts from that notification."""
    provider = Profile("company", "FR", ("nis2", "trust_service"))
    at_work = opened(_without_clocks(cell()), RULES, provider, START).cell
    assert "EU-NIS2-23-IN" not in at_work.clocks
    expected = at_work.clocks["EU-NIS2-23-FR"]
    assert expected.status is ClockStatus.PROVISIONAL
    assert expected.prudent_from == START + 24 * HOUR
    names = filing_moments(RULES, at_work.clocks["EU-NIS2-23-IN-TSP"])
    assert names == ("filed:EU-NIS2-23-IN-TSP", "filed:EU-NIS2-23-IN")
    filed = Moment(names[1], START + HOUR, "@karim:x", START + HOUR)
    after = retimed(at_work.with_change(filed), RULES, provider, START + HOUR).cell.clocks["EU-NIS2-23-FR"]
    assert (after.status, after.official_from) == (ClockStatus.RUNNING, START + HOUR)


def test_parties_named_during_a_crisis_owe_nothing_twice() -> None:
    at_work = cell()
    after = retimed(at_work, RULES, GROUP, START + HOUR).cell.clocks
    assert owing(dict(after), CNIL) == {HOUSE_PARTY}
