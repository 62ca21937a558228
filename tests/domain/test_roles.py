"""The words of the cell, and who stands in for whom."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from bot.domain.language import LANGUAGES
from bot.domain.roles import (
    BYSTANDERS,
    LEADS,
    VITAL,
    Phase,
    Role,
    Track,
    acting_for,
    fall_backs,
    find_phase,
    find_role,
    find_track,
    holders,
)


@dataclass(frozen=True)
class Someone:
    matrix_id: str
    roles: tuple[Role, ...]
    deputies: tuple[str, ...] = ()


IDS = [
    "director",
    "coordinator",
    "scribe",
    "cio",
    "ciso",
    "legal",
    "dpo",
    "data_lead",
    "communication",
    "spokesperson",
    "media_watch",
    "care_director",
    "medical_lead",
    "duty_manager",
    "biomed",
    "pharmacy",
    "laboratory",
    "imaging",
    "emergency",
    "theatre",
    "admissions",
    "hr",
    "logistics",
    "finance",
    "liaison",
    "facilitator",
    "player",
    "observer",
]

FRENCH_IDS = {
    "directeur_crise": "director", "coordinateur": "coordinator", "historien": "scribe", "dsi": "cio", "rssi": "ciso",
    "juridique": "legal", "dpo": "dpo", "referent_donnees": "data_lead", "com": "communication",
    "porte_parole": "spokesperson", "veille": "media_watch", "dir_soins": "care_director", "pcme": "medical_lead",
    "cadre_garde": "duty_manager", "directeur_de_garde": "duty_manager", "biomed": "biomed", "pharma": "pharmacy",
    "labo": "laboratory", "imagerie": "imaging", "urgences": "emergency", "bloc": "theatre",
    "admissions": "admissions", "rh": "hr", "logistique": "logistics", "finances": "finance",
    "relais_externe": "liaison", "animateur": "facilitator", "observateur": "observer", "joueur": "player",
}  # fmt: skip

TYPED = {
    "Délégué à la protection des données": "dpo", "DELEGUE A LA PROTECTION DES DONNEES": "dpo", "porte-parole": "spokesperson",
    "Président de CME": "medical_lead", "mc": "scribe", "secrétaire": "scribe", "secu": "ciso", "dg": "director",
    "Head of IT": "cio", "On-call manager": "duty_manager", "garde": "duty_manager", "RH": "hr", "drh": "hr",
    "assurance": "finance", "autorités": "liaison", "obs": "observer", "Bloc opératoire": "theatre", "Crisis director": "director",
}  # fmt: skip


def test_the_ids_are_the_published_ones() -> None:
    assert [role.value for role in Role] == IDS
    assert [track.value for track in Track] == ["it", "legal", "communication", "management", "care"]
    assert [phase.value for phase in Phase] == [
        "alert",
        "containment",
        "investigation",
        "recovery",
        "return",
        "review",
    ]


@pytest.mark.parametrize(("text", "role"), [*FRENCH_IDS.items(), *TYPED.items(), *((i, i) for i in IDS)])
def test_a_role_is_found_by_id_label_or_alias(text: str, role: str) -> None:
    assert find_role(text) is Role(role)
    assert find_role(text.upper()) is Role(role)


@pytest.mark.parametrize("text", ["", " ", "!", "chef de projet", "directeur des achats", "x" * 5000])
def test_a_word_that_is_no_role_is_none(text: str) -> None:
    assert find_role(text) is None


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("role", Role)
def test_each_role_has_a_label_that_finds_it_and_a_mission(role: Role, language: str) -> None:
    assert find_role(role.label(language)) is role
    assert role.mission(language).endswith(".")


@pytest.mark.parametrize(
    ("text", "track"),
    [("IT", "it"), ("JUR", "legal"), ("COM", "communication"), ("DIR", "management"), ("SOINS", "care"), ("SOI", "care"),
     ("informatique", "it"), ("Juridique", "legal"), ("direction", "management"), ("soins", "care"), ("care", "care")],
)  # fmt: skip
def test_a_track_is_found_by_id_code_or_word(text: str, track: str) -> None:
    assert find_track(text) is Track(track)


@pytest.mark.parametrize(
    ("text", "phase"),
    [("AL", "alert"), ("alerte", "alert"), ("EN", "containment"), ("Endiguement", "containment"), ("IN", "investigation"),
     ("remediation", "recovery"), ("Remédiation", "recovery"), ("RN", "return"), ("retour", "return"), ("RX", "review"),
     ("retex", "review"), ("review", "review")],
)  # fmt: skip
def test_a_phase_is_found_by_id_code_or_label(text: str, phase: str) -> None:
    assert find_phase(text) is Phase(phase)


@pytest.mark.parametrize(
    ("role", "chain"),
    [
        ("ciso", "cio coordinator director"), ("cio", "ciso coordinator director"), ("dpo", "data_lead legal director"),
        ("data_lead", "dpo legal director"), ("legal", "dpo director"), ("communication", "spokesperson coordinator director"),
        ("spokesperson", "communication director"), ("media_watch", "communication director"),
        ("care_director", "medical_lead duty_manager director"), ("medical_lead", "care_director director"),
        ("pharmacy", "care_director director"), ("theatre", "care_director director"), ("biomed", "cio director"),
        ("scribe", "coordinator director"), ("coordinator", "duty_manager director"), ("duty_manager", "coordinator director"),
        ("hr", "coordinator director"), ("finance", "legal director"), ("liaison", "coordinator director"),
        ("director", "duty_manager coordinator"), ("observer", ""), ("player", ""), ("facilitator", ""),
    ],
)  # fmt: skip
def test_fall_backs(role: str, chain: str) -> None:
    assert [stand_in.value for stand_in in fall_backs(Role(role))] == chain.split()


@pytest.mark.parametrize("role", [Role.DPO, Role.DATA_LEAD])
def test_data_protection_never_falls_to_who_runs_the_systems(role: Role) -> None:
    assert not {Role.CIO, Role.CISO} & set(fall_backs(role))
    technical = [Someone("@a:x", (Role.CISO,)), Someone("@b:x", (Role.CIO,))]
    assert acting_for(role, technical) is None


def test_no_role_falls_back_on_itself_or_on_a_bystander() -> None:
    for role in Role:
        assert role not in fall_backs(role)
        assert not BYSTANDERS & set(fall_backs(role))


def test_the_first_present_holder_acts_in_roster_order() -> None:
    first, second = Someone("@a:x", (Role.LEGAL, Role.DPO)), Someone("@b:x", (Role.DPO,))
    assert holders(Role.DPO, [first, second]) == [first, second]
    assert acting_for(Role.DPO, [first, second]) == (first, Role.DPO)
    assert acting_for(Role.DPO, [second]) == (second, Role.DPO)


def test_a_deputy_comes_before_the_fall_backs() -> None:
    absent = Someone("@dpo:x", (Role.DPO,), ("@deputy:x",))
    deputy, lawyer = Someone("@deputy:x", (Role.HR,)), Someone("@law:x", (Role.LEGAL,))
    assert acting_for(Role.DPO, [lawyer, deputy], [absent, lawyer, deputy]) == (deputy, Role.DPO)
    assert acting_for(Role.DPO, [lawyer], [absent, lawyer, deputy]) == (lawyer, Role.LEGAL)


def test_nobody_present_is_nobody() -> None:
    assert acting_for(Role.CISO, []) is None
    assert acting_for(Role.CISO, [Someone("@o:x", (Role.OBSERVER,))]) is None


def test_leads_and_vital_roles() -> None:
    assert LEADS[Track.IT] == (Role.CIO, Role.CISO)
    assert LEADS[Track.CARE] == (Role.CARE_DIRECTOR, Role.MEDICAL_LEAD)
    assert set(LEADS) == set(Track)
    assert VITAL[0] is Role.DIRECTOR
