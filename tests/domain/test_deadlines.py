"""Every rule, computed by hand: what is due when, by which later reading, and who says the figure."""

from __future__ import annotations

import csv
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.domain.deadline_rules import Duration, Origin, Unit
from bot.domain.deadline_words import NOTES
from bot.domain.deadlines import DeadlineRefusedError, Due, Settings, due, provisional
from bot.library.rules import Rules, load_shipped

PARIS = "Europe/Paris"
SAMPLE = list(csv.DictReader((Path(__file__).parent / "deadline_sample.csv").open(encoding="utf-8")))
RULES = load_shipped()


@pytest.fixture(scope="module")
def rules() -> Rules:
    return RULES


def compute(name: str, typed: str, zone: str = PARIS, **given: Any) -> Due:
    rule = RULES.find(name)
    assert rule is not None, name
    site = ZoneInfo(zone)
    return due(rule, at(typed, zone), site, Settings(**given))


def at(typed: str, zone: str = PARIS) -> datetime:
    """An instant as written: with its offset, or on the site's clock, the earlier of two."""
    read = datetime.fromisoformat(typed)
    return (read if read.tzinfo else read.replace(tzinfo=ZoneInfo(zone))).astimezone(UTC)


def settings_of(text: str, zone: str) -> dict[str, Any]:
    pairs = dict(part.split("=") for part in text.split())
    given: dict[str, Any] = {key: pairs[key] for key in ("calendar",) if key in pairs}
    if "classified" in pairs:
        given["classified"] = at(pairs["classified"], zone)
    if "weekend_rule" in pairs:
        given["weekend_rule"] = pairs["weekend_rule"] == "yes"
    return given


@pytest.mark.parametrize("row", SAMPLE, ids=[row["id"] for row in SAMPLE])
def test_the_published_sample(row: dict[str, str]) -> None:
    found = compute(row["rule"], row["trigger_local"], row["zone"], **settings_of(row["settings"], row["zone"]))
    assert found.at == at(row["due_utc"])
    assert found.at.astimezone(ZoneInfo(row["zone"])).isoformat() == row["due_local"]
    assert found.lenient == (at(row["lenient_utc"]) if row["lenient_utc"] else None)


# rule, local trigger, zone, due with its offset, later reading with its offset ("" if there is none)
CASES = [
    # Personal data
    ("cnil", "2026-12-31T23:30", PARIS, "2027-01-03T23:30+01:00", "2027-01-04T00:00+01:00"),
    ("cnil", "2026-10-24T02:15:20", PARIS, "2026-10-27T01:15:20+01:00", "2026-10-27T02:00+01:00"),
    ("cnil", "2026-11-20T10:10", "Asia/Kolkata", "2026-11-23T10:10+05:30", "2026-11-23T11:00+05:30"),
    ("cnil-complement", "2026-10-24T10:00", PARIS, "2026-10-27T09:00+01:00", ""),
    ("clients-rgpd", "2026-10-24T20:00", PARIS, "2026-10-25T19:00+01:00", ""),
    ("registre", "2026-03-28T10:00", PARIS, "2026-03-31T11:00+02:00", ""),
    ("personnes", "2026-11-20T18:00", "Pacific/Noumea", "2026-11-23T18:00+11:00", ""),
    ("droits", "2026-10-31T09:00", PARIS, "2026-11-30T09:00+01:00", "2026-11-30T23:59:59+01:00"),
    ("droits", "2027-01-31T09:00", PARIS, "2027-02-28T09:00+01:00", "2027-03-01T23:59:59+01:00"),
    # NIS 2: both clocks from awareness; the final one month from what was in fact filed
    ("nis2-24h", "2026-10-24T12:00", PARIS, "2026-10-25T11:00+01:00", "2026-10-25T12:00+01:00"),
    ("nis2-72h", "2026-10-24T12:00", PARIS, "2026-10-27T11:00+01:00", "2026-10-27T12:00+01:00"),
    ("nis2-tsp", "2027-03-27T13:05", PARIS, "2027-03-28T14:05+02:00", "2027-03-28T15:00+02:00"),
    ("nis2-final", "2027-01-30T23:59:30", PARIS, "2027-02-28T23:59:30+01:00", "2027-03-01T23:59:59+01:00"),
    ("nis2-final", "2026-02-28T02:30", PARIS, "2026-03-28T02:30+01:00", "2026-03-30T23:59:59+02:00"),
    ("nis2-suite", "2026-03-31T08:00", PARIS, "2026-04-30T08:00+02:00", "2026-04-30T23:59:59+02:00"),
    # French health: no figure in the law, a mark of ours
    ("certsante", "2026-10-25T02:30", PARIS, "2026-10-25T03:30+01:00", ""),
    ("certsante-fin", "2026-10-24T12:00", PARIS, "2026-10-25T11:00+01:00", ""),
    ("ose", "2026-11-21T23:10", "Indian/Reunion", "2026-11-22T01:10+04:00", ""),
    ("materiovigilance", "2027-03-28T00:30", PARIS, "2027-03-28T05:30+02:00", ""),
    ("eigs", "2026-11-21T22:00", PARIS, "2026-11-22T02:00+01:00", ""),
    ("eigs-suite", "2027-08-31T09:00", "Indian/Reunion", "2027-11-30T09:00+04:00", "2027-11-30T23:59:59+04:00"),
    ("casf", "2026-11-21T22:00", PARIS, "2026-11-22T02:00+01:00", ""),
    ("plan-blanc", "2026-11-21T23:30", PARIS, "2026-11-22T00:30+01:00", ""),
    # Complaint and insurance
    ("plainte", "2026-05-21T08:00", "America/Martinique", "2026-05-24T08:00-04:00", ""),
    ("procureur", "2026-11-21T10:00", PARIS, "2026-11-22T10:00+01:00", ""),
    ("assureur", "2026-04-30T10:00", PARIS, "2026-05-11T23:59:59+02:00", ""),
    ("assureur-vol", "2026-11-21T10:00", PARIS, "2026-11-24T23:59:59+01:00", ""),
    ("assureur-appel", "2026-11-21T23:30", PARIS, "2026-11-22T01:30+01:00", ""),
    # Contracts and vendors
    ("clients", "2026-11-21T10:00", PARIS, "2026-11-22T10:00+01:00", ""),
    ("editeur", "2026-11-21T10:00", PARIS, "2026-11-22T10:00+01:00", ""),
    # Finance
    ("dora-inter", "2026-12-01T10:30", PARIS, "2026-12-04T10:30+01:00", "2026-12-04T11:00+01:00"),
    ("dora-final", "2026-11-15T10:00", PARIS, "2026-12-15T10:00+01:00", "2026-12-15T23:59:59+01:00"),
    # Products
    ("cra-24h", "2026-10-25T02:30", PARIS, "2026-10-26T01:30+01:00", "2026-10-26T02:00+01:00"),
    ("cra-72h", "2026-11-21T10:59:59", PARIS, "2026-11-24T10:59:59+01:00", "2026-11-24T11:00+01:00"),
    ("cra-final-vuln", "2027-03-20T10:00", PARIS, "2027-04-03T10:00+02:00", "2027-04-05T23:59:59+02:00"),
    ("cra-final", "2026-12-31T10:00", PARIS, "2027-01-31T10:00+01:00", "2027-02-01T23:59:59+01:00"),
    ("mdr-15", "2026-12-10T08:00", PARIS, "2026-12-25T23:59:59+01:00", "2026-12-28T23:59:59+01:00"),
    ("mdr-2", "2026-11-17T10:00", PARIS, "2026-11-19T23:59:59+01:00", "2026-11-19T23:59:59+01:00"),
    ("mdr-10", "2026-11-01T10:00", PARIS, "2026-11-11T23:59:59+01:00", "2026-11-12T23:59:59+01:00"),
    ("aia-15", "2028-03-01T10:00", PARIS, "2028-03-16T23:59:59+01:00", "2028-03-16T23:59:59+01:00"),
    ("aia-2", "2028-05-26T10:00", PARIS, "2028-05-28T23:59:59+02:00", "2028-05-30T23:59:59+02:00"),
    ("aia-10", "2027-12-15T10:00", PARIS, "2027-12-25T23:59:59+01:00", "2027-12-27T23:59:59+01:00"),
    # Critical entities and trust services
    ("cer-24h", "2027-03-27T10:20", PARIS, "2027-03-28T11:20+02:00", "2027-03-28T12:00+02:00"),
    ("cer-detail", "2026-11-21T10:00", PARIS, "2026-12-21T10:00+01:00", "2026-12-21T23:59:59+01:00"),
    ("eidas", "2026-10-24T22:30", PARIS, "2026-10-25T21:30+01:00", "2026-10-25T22:00+01:00"),
    # Abroad
    ("ico", "2027-03-26T22:00", "Europe/London", "2027-03-29T23:00+01:00", ""),
    ("uk-nis", "2026-11-20T22:00", "Europe/London", "2026-11-23T22:00+00:00", ""),
    ("pfpdt", "2026-10-23T10:00", "Europe/Zurich", "2026-10-26T09:00+01:00", ""),
    ("anpd", "2027-02-05T10:00", "America/Sao_Paulo", "2027-02-10T23:59:59-03:00", ""),
    ("anpd-petit", "2026-04-01T10:00", "America/Sao_Paulo", "2026-04-10T23:59:59-03:00", ""),
    ("anpd-complement", "2026-11-25T10:00", "America/Sao_Paulo", "2026-12-23T23:59:59-03:00", ""),
    ("hipaa", "2027-12-31T23:30", "America/New_York", "2028-02-29T23:59:59-05:00", "2028-02-29T23:59:59-05:00"),
    ("sec", "2027-06-30T09:00", "America/New_York", "2027-07-07T17:30-04:00", ""),
    ("sec", "2027-12-29T09:00", "America/New_York", "2028-01-05T17:30-05:00", ""),
    ("sec", "2026-11-24T02:00", PARIS, "2026-11-30T17:30-05:00", ""),
    # Our own targets
    ("ars", "2026-11-21T10:00", PARIS, "2026-11-21T11:00+01:00", ""),
    ("interne", "2026-10-25T02:45", PARIS, "2026-10-25T02:30+01:00", ""),
    ("attente", "2026-03-29T01:30", PARIS, "2026-03-29T04:30+02:00", ""),
    ("partenaires", "2026-11-21T20:00", PARIS, "2026-11-22T02:00+01:00", ""),
    ("point", "2026-10-25T00:30", PARIS, "2026-10-25T03:30+01:00", ""),
    ("quart", "2026-11-21T20:00", PARIS, "2026-11-22T04:00+01:00", ""),
    ("retex-chaud", "2026-10-24T10:00", PARIS, "2026-10-26T09:00+01:00", ""),
    ("retex", "2026-11-21T10:00", PARIS, "2026-12-21T23:59:59+01:00", ""),
    ("exercice-annuel", "2028-02-29T10:00", PARIS, "2029-02-28T10:00+01:00", ""),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case[0]}-{case[1]}")
def test_a_case_worked_by_hand(case: tuple[str, str, str, str, str]) -> None:
    name, trigger, zone, expected, lenient = case
    found = compute(name, trigger, zone)
    assert found.at == at(expected)
    assert found.lenient == (at(lenient) if lenient else None)


def test_every_rule_is_worked_by_hand_at_least_once(rules: Rules) -> None:
    worked = {rules.find(name) for name, *_ in CASES} | {rules.find(row["rule"]) for row in SAMPLE}
    manual = {rules.find("nis2-question")}
    assert {rule.id for rule in rules.by_id.values()} == {rule.id for rule in worked | manual if rule}


# -- local holidays lengthen only the later reading --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("calendar", "zone", "trigger", "expected", "lenient"),
    [
        ("FR-AM", PARIS, "2027-03-25T10:00", "2027-03-30", "2027-03-31"),  # Good Friday
        ("FR-AM", PARIS, "2025-12-24T10:00", "2025-12-29", "2025-12-30"),  # 26 December
        ("FR-YT", "Indian/Mayotte", "2026-04-24T10:00", "2026-04-28", "2026-04-29"),
        ("FR-MQ", "America/Martinique", "2026-05-21T10:00", "2026-05-26", "2026-05-27"),
        ("FR-GP", "America/Guadeloupe", "2026-05-26T10:00", "2026-05-28", "2026-05-29"),
        ("FR-MF", "America/Marigot", "2026-05-26T10:00", "2026-05-28", "2026-05-29"),
        ("FR-GF", "America/Cayenne", "2026-06-09T10:00", "2026-06-11", "2026-06-12"),
        ("FR-BL", "America/St_Barthelemy", "2026-10-08T10:00", "2026-10-12", "2026-10-13"),
        ("FR-RE", "Indian/Reunion", "2027-12-17T10:00", "2027-12-21", "2027-12-22"),
    ],
)
def test_a_local_holiday_is_counted_and_said_beside(
    calendar: str, zone: str, trigger: str, expected: str, lenient: str
) -> None:
    found = compute("assureur-vol", trigger, zone, calendar=calendar)
    assert found.at == at(f"{expected}T23:59:59", zone)
    assert found.lenient == at(f"{lenient}T23:59:59", zone)


def test_customary_days_that_the_law_does_not_list_are_working_days() -> None:
    """21 July in Martinique, Good Friday in Guadeloupe: closed by custom, not by the Code du travail."""
    found = compute("assureur-vol", "2026-07-20T10:00", "America/Martinique", calendar="FR-MQ")
    assert found.at == found.lenient == at("2026-07-22T23:59:59", "America/Martinique")


# -- the clock that goes back and forth --------------------------------------------------------------------------------


def test_a_due_time_that_the_clock_skips_is_taken_before_it() -> None:
    assert compute("cra-final-vuln", "2027-03-14T02:30").at == at("2027-03-28T00:30Z")
    assert compute("droits", "2027-02-28T02:30").at == at("2027-03-28T00:30Z")


def test_a_due_time_that_comes_twice_is_the_first() -> None:
    assert compute("nis2-final", "2026-09-25T02:30").at == at("2026-10-25T02:30+02:00")


def test_the_end_of_a_day_that_the_clock_cuts_short() -> None:
    """In Nuuk the last hour of Saturday 27 March 2027 does not exist."""
    assert compute("retex", "2027-02-25T10:00", "America/Nuuk").at == at("2027-03-28T00:59:59Z")


def test_the_next_full_hour_where_the_clock_moves_by_half_an_hour() -> None:
    """Lord Howe, 4 October 2026: 01:59 is followed by 02:30, so the hour of 01:45 ends at 03:00."""
    found = compute("cnil", "2026-10-04T01:45", "Australia/Lord_Howe")
    assert found.lenient == at("2026-10-04T03:00+11:00") + timedelta(hours=72)


# -- contracts ---------------------------------------------------------------------------------------------------------

EIGHT_WORKING_DAYS = Duration(8, Unit.WORKING_DAYS, Origin.CONTRACT)


def test_a_contract_lengthens_the_insurers_time() -> None:
    longer = compute("assureur", "2026-12-07T10:00", contract=Duration(10, Unit.DAYS, Origin.CONTRACT))
    assert (longer.at, longer.source) == (at("2026-12-17T10:00"), Origin.CONTRACT)
    worked = compute("assureur", "2026-12-07T10:00", contract=EIGHT_WORKING_DAYS)
    assert (worked.at, worked.source) == (at("2026-12-17T23:59:59"), Origin.CONTRACT)


def test_a_shorter_contract_is_said_and_moves_nothing() -> None:
    plain = compute("assureur", "2026-12-07T10:00")
    shorter = compute("assureur", "2026-12-07T10:00", contract=Duration(48, Unit.HOURS, Origin.CONTRACT))
    assert (shorter.at, shorter.source, plain.notes) == (plain.at, Origin.LAW, ())
    assert "48\u00a0heures" in shorter.notes[0].fr


def test_customers_are_told_in_the_contracts_time_or_in_ours() -> None:
    ours = compute("clients", "2026-12-07T10:00")
    theirs = compute("clients", "2026-12-07T10:00", contract=Duration(36, Unit.HOURS, Origin.CONTRACT))
    assert (ours.source, theirs.source) == (Origin.HOUSE, Origin.CONTRACT)
    assert theirs.at == at("2026-12-08T22:00")
    processor = compute("clients-rgpd", "2026-12-07T10:00", contract=Duration(36, Unit.HOURS, Origin.CONTRACT))
    assert processor.at == theirs.at
    assert processor.notes == (NOTES["no_figure_contract"],)


# -- DORA --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("classified", "expected"),
    [
        ("2026-09-08T08:00", "2026-09-08T12:00"),  # at once: four hours
        ("2026-09-09T04:00", "2026-09-09T08:00"),  # twenty hours later: both at the same time
        ("2026-09-09T07:00", "2026-09-09T08:00"),  # awareness decides
        ("2026-09-09T08:00", "2026-09-09T08:00"),  # within the 24 hours still
        ("2026-09-09T08:01", "2026-09-09T12:01"),  # article 5(2): after them, four hours from classification
    ],
)
def test_the_initial_notification(classified: str, expected: str) -> None:
    assert compute("dora", "2026-09-08T08:00", classified=at(classified)).at == at(expected)


def test_an_incident_not_classified_yet_is_due_a_day_after_awareness() -> None:
    found = compute("dora", "2026-09-08T08:00")
    assert found.at == at("2026-09-09T08:00")
    assert "4\u00a0heures" in found.notes[0].fr


def test_it_cannot_be_classified_before_it_is_known() -> None:
    with pytest.raises(DeadlineRefusedError):
        compute("dora", "2026-09-08T08:00", classified=at("2026-09-08T07:59"))


@pytest.mark.parametrize(
    ("name", "trigger", "expected", "with_rule", "without"),
    [
        ("dora-inter", "2026-12-02T10:00", "2026-12-05T10:00", "2026-12-07T12:00", "2026-12-05T11:00"),
        ("dora-inter", "2026-12-22T10:00", "2026-12-25T10:00", "2026-12-28T12:00", "2026-12-25T11:00"),
        ("dora-inter", "2026-12-01T10:00", "2026-12-04T10:00", "2026-12-04T11:00", "2026-12-04T11:00"),
        ("dora-final", "2026-11-05T10:00", "2026-12-05T10:00", "2026-12-07T12:00", "2026-12-07T23:59:59"),
    ],
)
def test_the_weekend_rule_is_for_those_who_may(
    name: str, trigger: str, expected: str, with_rule: str, without: str
) -> None:
    eligible, other = compute(name, trigger, weekend_rule=True), compute(name, trigger)
    assert eligible.at == other.at == at(expected)
    assert (eligible.lenient, other.lenient) == (at(with_rule), at(without))


# -- the other methods -------------------------------------------------------------------------------------------------


def test_what_an_authority_asks_has_the_time_that_it_set() -> None:
    found = compute("nis2-question", "2026-11-23T10:00", due=at("2026-11-27T17:00"))
    assert (found.at, found.source, found.lenient) == (at("2026-11-27T17:00"), Origin.TYPED, None)
    for given in ({}, {"due": at("2026-11-23T09:59")}):
        with pytest.raises(DeadlineRefusedError):
            compute("nis2-question", "2026-11-23T10:00", **given)


def test_what_recurs_counts_from_the_last_time() -> None:
    assert compute("point", "2026-11-21T10:00", last=at("2026-11-21T16:00")).at == at("2026-11-21T20:00")
    drill = compute("exercice-annuel", "2025-05-05T10:00", last=at("2026-01-31T09:00"))
    assert drill.at == at("2027-01-31T09:00")


def test_a_figure_of_ours_is_never_said_to_be_the_laws(rules: Rules) -> None:
    for rule in rules.by_id.values():
        if rule.without_figure:
            found = due(rule, at("2026-11-21T10:00"), ZoneInfo(PARIS))
            assert found.source is Origin.HOUSE, rule.id
            assert NOTES["no_figure"] in found.notes, rule.id


def test_the_reader_is_told_how_the_text_stands() -> None:
    assert NOTES["pending"] in compute("nis2-24h", "2026-11-21T10:00").notes
    assert NOTES["memory"] in compute("uk-nis", "2026-11-21T10:00").notes
    assert any("02/12/2027" in note.fr for note in compute("aia-2", "2026-11-21T10:00").notes)
    assert any("2026-09-11" in note.en for note in compute("cra-24h", "2026-09-10T10:00").notes)
    assert compute("cra-24h", "2026-09-11T10:00").notes == ()


def test_what_is_beyond_the_calendar_is_refused() -> None:
    for name, trigger in (
        ("droits", "9999-12-15T10:00"),
        ("cnil", "9999-12-30T10:00"),
        ("assureur", "9999-12-30T10:00"),
    ):
        with pytest.raises(DeadlineRefusedError):
            compute(name, trigger)


# -- stages ------------------------------------------------------------------------------------------------------------


def test_a_stage_not_started_is_reckoned_as_if_the_one_before_were_filed_when_due(rules: Rules) -> None:
    paris = ZoneInfo(PARIS)
    known = at("2027-01-28T14:00")
    found = provisional(rules.by_id, rules.by_id["EU-NIS2-23-FR"], known, paris)
    assert found.at == at("2027-02-28T14:00")
    final = provisional(rules.by_id, rules.by_id["EU-DORA-19-FINAL"], at("2026-11-01T10:00"), paris)
    assert final.at == at("2026-12-05T10:00")


def test_an_early_filing_pulls_the_next_stage_forward(rules: Rules) -> None:
    known, filed = at("2026-11-20T10:00"), at("2026-11-20T18:00")
    rule = rules.by_id["EU-NIS2-23-FR"]
    early = due(rule, filed, ZoneInfo(PARIS))
    assert early.at == at("2026-12-20T18:00")
    assert early.at < provisional(rules.by_id, rule, known, ZoneInfo(PARIS)).at
