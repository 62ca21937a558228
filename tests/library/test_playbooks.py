"""The shipped playbooks: complete, in both languages, in the house style."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.domain.playbook import Playbook, from_snapshot, snapshot
from bot.domain.roles import Role, Track, fall_backs
from bot.library.playbooks import Library, lint_shipped, load
from bot.library.templates import load_shipped
from tests.library.shelf import SCENARIOS, SHIPPED, from_the_start

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)

# Every task of the common core and of ransomware: how many each track has, without a hole in the numbering.
CORE = {"DIR": 21, "IT": 13, "JUR": 17, "COM": 12, "SOI": 9}
RANSOMWARE = {"IT": 15, "JUR": 4, "COM": 4, "SOI": 5, "DIR": 2}
IDS = {
    *(f"SOC-{track}-{n:02}" for track, count in CORE.items() for n in range(1, count + 1)),
    *(f"RAN-{track}-{n:02}" for track, count in RANSOMWARE.items() for n in range(1, count + 1)),
} - {"SOC-JUR-15"}
DORMANT = {
    "SOC-IT-13": "medical_device",
    "SOC-JUR-12": "medical_device",
    "SOC-SOI-08": "medical_device",
    "SOC-JUR-13": "theft",
    "SOC-JUR-14": "supplier",
    "SOC-SOI-09": "patient_harmed",
}
"""What an answer brings up, by the question."""
CRITICAL = {
    *(f"SOC-DIR-{n:02}" for n in (1, 2, 3, 5, 6, 8, 11, 18)),
    *(f"SOC-IT-{n:02}" for n in (1, 2, 3)),
    *(f"SOC-JUR-{n:02}" for n in (1, 2, 3, 5, 6, 7)),
    *(f"SOC-COM-{n:02}" for n in (1, 2, 3, 7)),
    *(f"SOC-SOI-{n:02}" for n in (1, 2, 3)),
    *(f"RAN-IT-{n:02}" for n in (1, 2, 3, 4, 5, 6, 10, 13)),
    "RAN-JUR-01",
    "RAN-COM-01",
    "RAN-SOI-01",
    "RAN-SOI-02",
}


def test_what_is_shipped_has_no_fault() -> None:
    assert [str(fault) for fault in lint_shipped()] == []


def test_every_task_of_the_core_and_of_ransomware_is_there(ransomware: Playbook) -> None:
    assert {task.id for task in ransomware.tasks} == IDS
    assert from_the_start(ransomware) == 93


def test_some_tasks_wait_for_an_answer_a_filing_or_a_flag(ransomware: Playbook) -> None:
    waiting = {task.id: task for task in ransomware.tasks if task.dormant}
    answers = {i: t.condition.question for i, t in waiting.items() if t.condition is not None and t.condition.given}
    assert answers == DORMANT
    assert {i: t.flags for i, t in waiting.items() if t.flags} == {
        "SOC-JUR-16": ("processor", "hds"),
        "SOC-JUR-17": ("nis2",),
    }
    assert not [i for i, t in waiting.items() if t.awaits], "a clock rings for its own next stage"


def test_the_critical_tasks_are_these(ransomware: Playbook) -> None:
    assert {task.id for task in ransomware.tasks if task.critical and not task.dormant} == CRITICAL


def test_every_task_of_the_breach_is_there(library: Library) -> None:
    own_tasks = {task.id: task for task in library.playbooks["fuite"].tasks if task.id.startswith("FUI-")}
    counts = {"IT": 6, "JUR": 7, "COM": 5, "DIR": 2, "SOI": 2}
    assert own_tasks.keys() == {f"FUI-{track}-{n:02}" for track, count in counts.items() for n in range(1, count + 1)}
    assert {i for i, task in own_tasks.items() if task.critical} == {
        *("FUI-IT-01", "FUI-IT-02", "FUI-IT-04", "FUI-JUR-01", "FUI-JUR-02", "FUI-JUR-05", "FUI-JUR-06"),
        *("FUI-COM-01", "FUI-COM-02"),
    }


@pytest.mark.parametrize(
    "typed",
    ["fuite", "Fuite", "BREACH", "fui", "leak", "fuite de données", "data breech", "nos dossiers sont en vente"],
)
def test_the_breach_is_found_or_suggested(library: Library, typed: str) -> None:
    assert library.nearest(typed)[0] == "fuite"


def test_a_company_has_no_care_in_its_breach(library: Library) -> None:
    tasks = library.playbooks["fuite"].tasks_for("company")
    assert not [task.id for task in tasks if task.id.startswith("FUI-SOI")]
    assert "clients" in next(task.title.fr for task in tasks if task.id == "FUI-COM-01")


def test_every_task_of_the_device_is_there(library: Library) -> None:
    own_tasks = {task.id: task for task in library.playbooks["dispositif"].tasks if task.id.startswith("DMC-")}
    counts = {"IT": 6, "JUR": 4, "COM": 2, "DIR": 1, "SOI": 2}
    assert own_tasks.keys() == {f"DMC-{track}-{n:02}" for track, count in counts.items() for n in range(1, count + 1)}
    assert {i for i, task in own_tasks.items() if task.critical} == {
        *("DMC-SOI-01", "DMC-SOI-02", "DMC-IT-01", "DMC-IT-02", "DMC-IT-04", "DMC-JUR-01"),
    }


def test_a_device_is_not_isolated_before_a_doctor_agrees(library: Library) -> None:
    tasks = library.playbooks["dispositif"].tasks_for("hospital")
    stops = {task.id: set(task.blocked_by) for task in tasks if task.blocked_by}
    assert stops == {"SOC-IT-11": {"SOC-IT-10"}, "DMC-IT-02": {"DMC-SOI-02"}}
    patient = next(task for task in tasks if task.id == "DMC-SOI-01")
    assert patient.delay == min(task.delay for task in tasks if task.delay is not None)
    assert not patient.depends_on, "the patient waits for nothing"


def test_a_device_adds_to_tasks_of_the_core_and_keeps_their_sources(library: Library, ransomware: Playbook) -> None:
    for task_id in ("SOC-IT-03", "SOC-IT-04", "SOC-SOI-01"):
        mine, core = library.playbooks["dispositif"].task(task_id), ransomware.task(task_id)
        assert mine is not None
        assert core is not None
        assert mine.how != core.how
        assert (mine.title, mine.source, mine.critical, mine.delay) == (
            core.title,
            core.source,
            core.critical,
            core.delay,
        )


def test_a_practice_has_fifteen_tasks_of_its_own_and_none_of_the_core(library: Library) -> None:
    tasks = {task.id: task for task in library.playbooks["cabinet"].tasks_for("medical_practice")}
    counts = {"IT": 5, "JUR": 4, "COM": 3, "DIR": 1, "SOI": 2}
    assert tasks.keys() == {f"CAB-{track}-{n:02}" for track, count in counts.items() for n in range(1, count + 1)}
    assert {i for i, task in tasks.items() if task.critical} == {
        *(f"CAB-IT-{n:02}" for n in (1, 2, 3, 4)),
        *(f"CAB-JUR-{n:02}" for n in (1, 2, 3)),
        "CAB-SOI-01",
    }
    assert {i: task.blocked_by for i, task in tasks.items() if task.blocked_by} == {"CAB-IT-05": ("CAB-JUR-03",)}


def test_one_person_alone_stands_for_every_role_of_a_practice(library: Library) -> None:
    for role in library.playbooks["cabinet"].roles:
        assert role is Role.DIRECTOR or Role.DIRECTOR in fall_backs(role), role


@pytest.mark.parametrize(
    ("typed", "scenario"),
    [
        ("cabinet", "cabinet"),
        ("CAB", "cabinet"),
        ("medical-practice", "cabinet"),
        ("maison de santé", "cabinet"),
        ("dispositif", "dispositif"),
        ("Device", "dispositif"),
        ("dmc", "dispositif"),
        ("medical device", "dispositif"),
    ],
)
def test_practice_and_device_are_found_by_name(library: Library, typed: str, scenario: str) -> None:
    found = library.find(typed)
    assert found is not None
    assert found.id == scenario


@pytest.mark.parametrize(
    ("typed", "scenario"),
    [
        ("mon cabinet est bloqué", "cabinet"),
        ("our practice is down", "cabinet"),
        ("les respirateurs affichent n’importe quoi", "dispositif"),
        ("pompes à perfusion", "dispositif"),
        ("two ventilators stopped", "dispositif"),
    ],
)
def test_practice_and_device_are_suggested_by_plain_words(library: Library, typed: str, scenario: str) -> None:
    assert library.nearest(typed)[0] == scenario


def test_the_core_is_there_to_be_extended_and_cannot_be_opened(library: Library) -> None:
    assert list(library.playbooks) == sorted(SCENARIOS)
    assert library.find("core") is None


def test_every_text_is_there_in_both_languages_and_they_differ(ransomware: Playbook) -> None:
    for task in ransomware.tasks:
        for text in (task.title, task.why, task.how, task.evidence, task.no_link):
            if text is not None:
                assert text.fr.strip()
                assert text.en.strip()
        assert task.title.fr != task.title.en
        assert task.why.fr != task.why.en


def test_the_hard_stops_are_those_and_no_others(ransomware: Playbook) -> None:
    stops = {task.id: set(task.blocked_by) for task in ransomware.tasks if task.blocked_by}
    assert stops == {
        "SOC-IT-11": {"SOC-IT-10"},
        "SOC-IT-13": {"SOC-SOI-08"},
        "RAN-IT-13": {"RAN-IT-11", "RAN-IT-12", "SOC-JUR-06"},
    }


@pytest.mark.parametrize(
    ("task_id", "delay", "anchor", "repeat"),
    [
        ("SOC-DIR-01", 5 * MINUTE, "opened", None),
        ("SOC-COM-02", 45 * MINUTE, "opened", None),
        ("SOC-COM-05", 2 * HOUR, "opened", None),
        ("SOC-COM-07", 6 * HOUR, "opened", None),
        ("SOC-JUR-03", 2 * HOUR, "opened", None),
        ("SOC-JUR-04", 2 * HOUR, "opened", None),
        ("SOC-JUR-08", 3 * DAY, "opened", None),
        ("SOC-DIR-16", 8 * HOUR, "opened", 8 * HOUR),
        ("SOC-COM-09", DAY, "opened", DAY),
        ("SOC-JUR-10", None, "opened", DAY),
        ("SOC-DIR-19", 2 * DAY, "ended", None),
        ("SOC-DIR-20", 30 * DAY, "ended", None),
        ("RAN-IT-13", None, "opened", None),
    ],
)
def test_times(
    ransomware: Playbook, task_id: str, delay: timedelta | None, anchor: str, repeat: timedelta | None
) -> None:
    task = ransomware.task(task_id)
    assert task is not None
    assert (task.delay, task.anchor, task.repeat) == (delay, anchor, repeat)


def test_a_hospital_has_all_tracks_a_company_has_no_care(ransomware: Playbook) -> None:
    assert {task.track for task in ransomware.tasks_for("hospital")} == set(Track)
    company = ransomware.tasks_for("company")
    assert {task.track for task in company} == set(Track) - {Track.CARE}
    assert not {task.role for task in company} & {
        Role.CARE_DIRECTOR,
        Role.MEDICAL_LEAD,
        Role.EMERGENCY,
        Role.PHARMACY,
        Role.ADMISSIONS,
    }


def test_a_company_reads_nothing_of_hospitals(ransomware: Playbook) -> None:
    french = (
        "patient",
        "soins",
        "soignant",
        "plan blanc",
        "ARS",
        "CERT Santé",
        "médica",
        "GHT",
        "SAMU",
        "CME",
    )
    english = ("patient", " care", "hospital", "health agency", "CERT Santé", "medical")
    for task in ransomware.tasks_for("company"):
        for text in (task.title, task.why, task.how, task.avoid, task.evidence):
            if text is not None:
                assert not [word for word in french if word in text.fr], (task.id, text.fr)
                assert not [word for word in english if word in text.en], (task.id, text.en)


def test_no_task_of_a_company_has_only_texts_of_care(library: Library) -> None:
    texts = load_shipped()
    for book in library.playbooks.values():
        for task in book.tasks_for("company") if book.suits("company") else ():
            offered = texts.offered(task.templates, care=False)
            assert offered or not task.templates, (book.id, task.id)
            assert not [name for name in offered if texts.get(texts.find(name) or "", "fr").care_only]


def test_nobody_is_told_to_pay(ransomware: Playbook) -> None:
    assert ransomware.doctrine is not None
    assert ransomware.doctrine.fr.startswith("Pas de paiement")
    assert not [task.id for task in ransomware.tasks if task.title.fr.startswith(("Payer", "Verser"))]


def test_it_comes_in_the_order_that_boards_show(ransomware: Playbook) -> None:
    shown = ransomware.tasks_for("hospital")
    assert [task.track for task in shown] == sorted((task.track for task in shown), key=list(Track).index)
    it = [task for task in shown if task.track is Track.IT]
    assert it[0].id == "RAN-IT-01"
    dated = [task.delay for task in it if task.delay is not None]
    assert dated == sorted(dated)


def test_the_snapshot_of_the_real_playbook_comes_back(ransomware: Playbook) -> None:
    assert from_snapshot(snapshot(ransomware)).sha256 == ransomware.sha256


def test_reading_twice_gives_the_same_fingerprint(ransomware: Playbook) -> None:
    assert load(SHIPPED).playbooks["rancongiciel"].sha256 == ransomware.sha256
