"""Which clocks an opening starts, for each kind of organisation, country and flag: a table, worked from the texts."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from types import MappingProxyType

import pytest

from bot.domain.clock_times import opened
from bot.domain.deadline_rules import Rule
from bot.domain.parties import Profile
from tests.domain.test_clocks import RULES, START, cell

ALONE = "partenaires"
HOUSE = f"interne attente point quart {ALONE}"
GDPR = "cnil registre"
FRANCE = f"{GDPR} cnil-complement plainte assureur assureur-appel {HOUSE}"
CARE = "certsante ars"

# kind, country, flags, what starts at once or is expected (French names)
TABLE = [
    ("hospital", "FR", "", f"{FRANCE} {CARE}"),
    ("company", "FR", "", f"{FRANCE} clients"),
    ("medical_practice", "FR", "", FRANCE.replace(HOUSE, ALONE)),
    ("hospital", "FR", "public", f"{FRANCE} {CARE} procureur"),
    ("hospital", "FR", "public ose", f"{FRANCE} {CARE} procureur ose"),
    ("hospital", "FR", "nis2", f"{FRANCE} {CARE} nis2-24h nis2-72h nis2-final"),
    ("hospital", "FR", "hds", f"{FRANCE} {CARE} clients"),
    ("hospital", "FR", "cer", f"{FRANCE} {CARE} cer-24h cer-detail"),
    ("company", "FR", "esms", f"{FRANCE} {CARE} clients"),
    ("company", "FR", "processor", f"{FRANCE} clients clients-rgpd"),
    ("company", "FR", "financial", f"{FRANCE} clients dora dora-inter dora-final"),
    ("company", "FR", "trust_service", f"{FRANCE} clients eidas"),
    ("company", "FR", "nis2 trust_service", f"{FRANCE} clients eidas nis2-24h nis2-tsp nis2-final"),
    ("company", "FR", "software_vendor", f"{FRANCE} clients editeur"),
    ("company", "FR", "manufacturer_cra", f"{FRANCE} clients cra-24h cra-72h cra-final"),
    ("company", "FR", "manufacturer_mdr", f"{FRANCE} clients"),
    ("company", "FR", "ai_provider", f"{FRANCE} clients"),
    ("company", "FR", "us_health us_listed", f"{FRANCE} clients hipaa"),
    ("hospital", "DE", "", f"{GDPR} {HOUSE}"),
    ("hospital", "DE", "nis2 cer", f"{GDPR} {HOUSE} nis2-24h nis2-72h nis2-final cer-24h cer-detail"),
    ("company", "IS", "", f"{GDPR} {HOUSE} clients"),
    ("hospital", "DE", "ose public esms software_vendor", f"{GDPR} {HOUSE} clients"),
    ("hospital", "GB", "", f"ico {HOUSE}"),
    ("company", "GB", "nis2", f"ico uk-nis clients {HOUSE}"),
    ("hospital", "CH", "nis2", f"pfpdt {HOUSE}"),
    ("hospital", "BR", "", f"anpd anpd-complement {HOUSE}"),
    ("medical_practice", "BR", "", f"anpd-petit anpd-complement {ALONE}"),
    ("company", "US", "", f"clients {HOUSE}"),
    ("company", "US", "us_health us_listed", f"hipaa clients {HOUSE}"),
    ("hospital", "MA", "", HOUSE),
]


def started(kind: str, country: str, flags: str, at: datetime = START) -> set[str]:
    bare = replace(cell(observed=at), clocks=MappingProxyType({}))
    changed = opened(bare, RULES, Profile(kind, country, tuple(flags.split())), at)
    return {clock.names.fr for clock in changed.cell.clocks.values()}


@pytest.mark.parametrize(("kind", "country", "flags", "expected"), TABLE, ids=lambda each: str(each)[:40])
def test_what_an_opening_starts(kind: str, country: str, flags: str, expected: str) -> None:
    assert started(kind, country, flags) == set(expected.split())


def test_a_text_that_does_not_apply_yet_starts_nothing() -> None:
    after = datetime(2027, 12, 3, 12, tzinfo=UTC)
    assert {"aia-2", "aia-10", "aia-15"} <= started("company", "FR", "ai_provider", after)
    before = datetime(2026, 9, 1, 12, tzinfo=UTC)
    assert not {"cra-24h", "cra-72h"} & started("company", "FR", "manufacturer_cra", before)


def test_every_flag_and_every_rule_is_somewhere_in_the_table() -> None:
    """What no opening starts waits for a moment that somebody has to record, for an authority, or for its day."""
    seen = {name for _, _, _, names in TABLE for name in names.split()}
    left = {rule.names.fr: rule for rule in RULES.values() if rule.names.fr not in seen}
    assert all(_waits(rule) for rule in left.values()), left.keys()
    flags = {flag for rule in RULES.values() for one in rule.organisations for flag in one.flags}
    assert flags <= {flag for _, _, given, _ in TABLE for flag in given.split()}


def _waits(rule: Rule) -> bool:
    prudent = ("attack", "breach", "significant", "opened")
    return rule.moment not in prudent or rule.duration is None or rule.names.fr.startswith("aia")


@pytest.mark.parametrize(("country", "status"), [("FR", "pending_national_transposition"), ("BE", "in_force")])
def test_a_directive_binds_where_it_is_transposed(country: str, status: str) -> None:
    bare = replace(cell(), clocks=MappingProxyType({}))
    clocks = opened(bare, RULES, Profile("hospital", country, ("nis2", "cer")), START).cell.clocks
    for rule in ("EU-NIS2-23-EW", "EU-CER-15-INIT"):
        assert clocks[rule].legal_status == status
        assert clocks[rule].climbs == (country != "FR")
