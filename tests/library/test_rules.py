"""The shipped deadline rules: complete, in both languages, citing their texts; and an organisation's own over them."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.domain.deadline_rules import Class, Lenient, Method, Origin, Status
from bot.domain.moments import MOMENTS, Moment, find_moment
from bot.domain.roles import Role
from bot.library.rules import Rules, RulesFault, lint, load, load_shipped
from bot.resources import data

SHIPPED = data("playbooks")
Own = Callable[[str], Path]

CNIL = """
rules:
  - id: EU-GDPR-33-SA
"""
WHOLE = """
rules:
  - id: HOUSE-OURS
    name: notre
    title: Prévenir le groupe
    why: Le groupe veut savoir.
    authority: {id: groupe, name: Groupe, channel: Téléphone, fallback: Téléphone}
    class: house
    legal_status: house
    obliged: cell
    moment: opened
    method: asap
    duration: {value: 2, unit: hours, from: house}
    owner: coordinator
    source: {ref: Nous, kind: practice, checked: "2026-11-21"}
    closes_by: [message]
"""


@pytest.fixture(scope="module")
def rules() -> Rules:
    return load_shipped()


@pytest.fixture
def own(tmp_path: Path) -> Own:
    def write(text: str) -> Path:
        folder = tmp_path / "deadlines"
        folder.mkdir(exist_ok=True)
        (folder / "ours.yaml").write_text(text, encoding="utf-8")
        return tmp_path

    return write


def test_what_is_shipped_has_no_fault() -> None:
    assert [str(fault) for fault in lint(SHIPPED)] == []


def test_there_are_sixty(rules: Rules) -> None:
    assert len(rules.by_id) == 60


def test_all_that_is_law_cites_its_text_and_nothing_else_pretends_to(rules: Rules) -> None:
    for rule in rules.by_id.values():
        assert (rule.law is not None) == (rule.visible is Class.LAW or rule.legal_status is Status.GUIDANCE), rule.id
        if rule.visible is not Class.LAW:
            assert rule.duration is None or rule.duration.origin is not Origin.LAW, rule.id
        if rule.without_figure:
            assert rule.duration is not None
            assert rule.duration.origin is Origin.HOUSE, rule.id


def test_every_duty_of_the_law_says_what_the_notification_must_contain(rules: Rules) -> None:
    for rule in rules.by_id.values():
        assert rule.contents or rule.visible is Class.HOUSE, rule.id


def test_the_later_reading_belongs_to_european_acts_and_their_likes(rules: Rules) -> None:
    lenient = {rule.id for rule in rules.by_id.values() if rule.lenient is not Lenient.NONE}
    beyond = {identifier for identifier in lenient if not identifier.startswith("EU-")}
    assert beyond == {"FR-EIGS-PART2", "US-HIPAA-60D"}


def test_a_data_protection_clock_never_falls_to_those_who_run_the_systems(rules: Rules) -> None:
    watched = [rule for rule in rules.by_id.values() if rule.data_protection]
    assert {rule.names.fr for rule in watched} >= {"cnil", "registre", "personnes", "ico", "anpd"}
    for rule in watched:
        assert not {Role.CISO, Role.CIO} & {rule.owner, *rule.fall_backs}, rule.id


def test_the_register_can_never_be_set_aside(rules: Rules) -> None:
    assert [rule.id for rule in rules.by_id.values() if not rule.waivable] == ["EU-GDPR-33-5-REGISTER"]


def test_the_stages(rules: Rules) -> None:
    follows = {rule.names.fr: rules.by_id[rule.follows].names.fr for rule in rules.by_id.values() if rule.follows}
    assert follows == {
        "cnil-complement": "cnil",
        "nis2-final": "nis2-72h",
        "eigs-suite": "eigs",
        "dora-inter": "dora",
        "dora-final": "dora-inter",
        "cra-final": "cra-72h",
        "anpd-complement": "anpd",
    }
    provisional = {rule.names.fr for rule in rules.by_id.values() if rule.provisional}
    assert provisional == {"nis2-final", "eigs-suite"}


def test_names_in_both_languages(rules: Rules) -> None:
    for french, english in (("plainte", "complaint"), ("point", "sitrep"), ("retex", "review"), ("cnil", "cnil")):
        assert rules.find(french) is rules.find(english)
    assert rules.find("inconnu") is None


@pytest.mark.parametrize(
    ("kind", "country", "flags", "named", "not_named"),
    [
        (
            "hospital",
            "FR",
            [],
            ["cnil", "certsante", "plainte", "eigs", "ars"],
            ["dora", "mdr-15", "sec", "nis2-24h", "ose"],
        ),
        ("hospital", "FR", ["ose", "nis2", "public"], ["ose", "nis2-24h", "nis2-72h", "procureur"], ["nis2-tsp"]),
        ("company", "FR", [], ["cnil", "plainte", "clients"], ["certsante", "ars", "plan-blanc", "eigs"]),
        ("company", "FR", ["esms"], ["certsante", "casf"], ["plan-blanc"]),
        (
            "company",
            "DE",
            ["nis2", "trust_service"],
            ["cnil", "nis2-tsp", "eidas"],
            ["nis2-72h", "plainte", "cnil-complement"],
        ),
        ("medical_practice", "FR", [], ["cnil", "plainte", "assureur"], ["certsante", "clients"]),
        ("medical_practice", "BR", [], ["anpd-petit"], ["anpd", "cnil"]),
        ("hospital", "CH", [], ["pfpdt"], ["cnil", "certsante"]),
        ("company", "GB", ["nis2"], ["ico", "uk-nis"], ["nis2-24h"]),
        ("company", "US", ["us_listed", "us_health"], ["sec", "hipaa"], ["cnil"]),
    ],
)
def test_who_owes_what(
    rules: Rules, kind: str, country: str, flags: list[str], named: list[str], not_named: list[str]
) -> None:
    owed = {rule.names.fr for rule in rules.by_id.values() if rule.concerns(kind, country, flags)}
    assert set(named) <= owed
    assert not set(not_named) & owed


def test_only_a_plain_no_unsettles_a_clock(rules: Rules) -> None:
    complaint = rules.by_id["FR-LOPMI-PLAINTE"]
    assert complaint.stands({})
    assert complaint.stands({"malicious": "unknown", "insurance": "yes"})
    assert not complaint.stands({"malicious": "yes", "insurance": "no"})


def test_every_moment_has_a_word_and_only_three_have_a_prudent_default() -> None:
    assert set(MOMENTS) == set(Moment)
    assert {m for m, card in MOMENTS.items() if card.prudent} == {Moment.ATTACK, Moment.BREACH, Moment.SIGNIFICANT}
    assert find_moment("Risque élevé") is Moment.HIGH_RISK
    assert find_moment("importance financière") is Moment.MATERIALITY
    assert find_moment("plan_blanc") is Moment.PLAN_BLANC
    assert find_moment("autre") is None


# -- an organisation's own ---------------------------------------------------------------------------------------------


def test_an_own_rule_lies_over_the_shipped_one(own: Own) -> None:
    folder = own("rules:\n  - id: EU-NIS2-23-EW\n    legal_status: in_force\n    owner: cio\n")
    changed = load(SHIPPED, folder).by_id["EU-NIS2-23-EW"]
    assert (changed.legal_status, changed.owner, changed.method) == (Status.IN_FORCE, Role.CIO, Method.HOURS)


def test_an_own_rule_in_one_language_is_welcome(own: Own) -> None:
    folder = own(WHOLE)
    assert lint(SHIPPED, folder) == []
    added = load(SHIPPED, folder).find("notre")
    assert added is not None
    assert added.title.en == "Prévenir le groupe"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("rules: [", ["YAML"]),
        ("- rien\n", ["rules"]),
        ("rules:\n  - titre: x\n", ["id"]),
        ("rules:\n  - id: minuscule\n", ["minuscule"]),
        (CNIL + "    methode: hours\n", ["EU-GDPR-33-SA", "methode"]),
        (CNIL + "    method: weeks\n", ["method", "weeks"]),
        (CNIL + "    method: months\n", ["months", "hours"]),
        (CNIL + "    method: manual\n", ["manual"]),
        (CNIL + "    moment: jamais\n", ["jamais"]),
        (CNIL + "    moment: filed:EU-NOWHERE-1\n", ["EU-NOWHERE-1"]),
        (CNIL + "    moment: filed:FR-CNIL-COMPLEMENT\n", ["→"]),
        (CNIL + "    owner: chef\n", ["chef"]),
        (CNIL + "    owner: ciso\n", ["ciso"]),
        (CNIL + "    class: house\n", ["in_force", "house"]),
        (CNIL + "    class: house\n    legal_status: house\n", ["law"]),
        (CNIL + "    valid_to: '2017-01-01'\n", ["valid_to"]),
        (CNIL + "    valid_from: '2026-02-30'\n", ["2026-02-30"]),
        (CNIL + "    name: plainte\n", ["plainte", "FR-LOPMI-PLAINTE"]),
        (CNIL + "    provisional: true\n", ["provisoire"]),
        (CNIL + "  - id: EU-GDPR-33-SA\n", ["EU-GDPR-33-SA"]),
        (CNIL + "    method: business_days\n    duration: {value: 2, unit: working_days, from: law}\n", ["cutoff"]),
        (CNIL + "    method: min_of\n", ["classified"]),
        (CNIL + "    cutoff: {at: '17:30', zone: Europe/Pari}\n", ["Europe/Pari"]),
        ("rules:\n  - id: FR-OSE-2018-384\n    duration: {value: 2, unit: hours, from: law}\n", ["from: house"]),
        (WHOLE.replace("    moment: opened\n", ""), ["HOUSE-OURS", "moment"]),
        (WHOLE + "    law: {act: Loi, article: '1'}\n", ["HOUSE-OURS"]),
        (
            WHOLE.replace("class: house", "class: law").replace("legal_status: house", "legal_status: in_force"),
            ["texte"],
        ),
    ],
)
def test_a_rule_that_cannot_be_used_is_refused_in_one_sentence(own: Own, text: str, words: list[str]) -> None:
    folder = own(text)
    faults = lint(SHIPPED, folder)
    assert faults
    assert all(fault.file == "ours.yaml" for fault in faults if fault.code != "chain_cycle")
    with pytest.raises(RulesFault) as refused:
        load(SHIPPED, folder)
    said = " ".join(fault.sentence(lang) for fault in faults for lang in ("fr", "en"))
    for word in words:
        assert word in said
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        (CNIL + "    method: weeks\n", "ours.yaml:4, EU-GDPR-33-SA"),
        (CNIL + "    why: Parce que.\n    moment: jamais\n", "ours.yaml:5, EU-GDPR-33-SA"),
        (CNIL + "  - id: EU-GDPR-33-SA\n", "ours.yaml:4, EU-GDPR-33-SA"),
        (CNIL + "    name: plainte\n", "ours.yaml:4, EU-GDPR-33-SA"),
        (CNIL + "    authority: {id: cnil, name: CNIL, channel: Tél}\n", "ours.yaml:4, EU-GDPR-33-SA"),
        (CNIL + "    stage: EU-NOWHERE-1\n", "ours.yaml:4, EU-GDPR-33-SA"),
        (WHOLE.replace("    moment: opened\n", ""), "ours.yaml:3, HOUSE-OURS"),
    ],
)
def test_a_fault_says_its_file_and_its_line(own: Own, text: str, place: str) -> None:
    (fault, *_) = lint(SHIPPED, own(text))
    assert fault.sentence("fr").startswith(f"{place}\u00a0: ")
    assert fault.sentence("en").startswith(f"{place}: ")


def test_the_house_style_of_what_is_shipped(tmp_path: Path) -> None:
    folder = tmp_path / "playbooks"
    shutil.copytree(SHIPPED, folder)
    (folder / "deadlines/ours.yaml").write_text(WHOLE, encoding="utf-8")
    codes = {fault.code for fault in lint(folder)}
    assert codes == {"one_language", "missing"}
    two = WHOLE.replace("title: Prévenir le groupe", 'title: {fr: "Prevenir : le reseau", en: "Tell the group "}')
    (folder / "deadlines/ours.yaml").write_text(two, encoding="utf-8")
    codes = {fault.code for fault in lint(folder)}
    assert codes == {"one_language", "missing", "no_accent", "no_nbsp", "spacing"}
