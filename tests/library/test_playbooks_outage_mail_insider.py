"""Outage, compromised mail and insider access: whole, found by their names, and true to what each is."""

from __future__ import annotations

import pytest

from bot.domain.playbook import Playbook
from bot.domain.roles import Track
from bot.library.playbooks import Library

OWN = {
    "panne": ("PAN", {"IT": 6, "JUR": 2, "COM": 2, "DIR": 1, "SOI": 3}),
    "messagerie": ("MES", {"IT": 7, "JUR": 3, "COM": 3, "DIR": 1, "SOI": 1}),
    "interne": ("INT", {"IT": 3, "JUR": 2, "COM": 1, "DIR": 1}),
}
CRITICAL = {
    "panne": {"PAN-IT-01", "PAN-IT-02", "PAN-IT-04", "PAN-COM-01", "PAN-SOI-01"},
    "messagerie": {
        *(f"MES-IT-{n:02}" for n in (1, 2, 3, 5)),
        *("MES-JUR-01", "MES-JUR-03", "MES-COM-01", "MES-COM-02"),
    },
    "interne": {"INT-IT-01", "INT-JUR-01"},
}
# What a company must not read: its people have no patients.
HOSPITAL_FR = ("patient", "soins", "soignant", "plan blanc", "ARS", "CERT Santé", "médica", "GHT", "SAMU", "CME")
HOSPITAL_EN = ("patient", " care", "hospital", "health agency", "CERT Santé", "medical")


@pytest.mark.parametrize("name", OWN)
def test_every_task_of_its_own_is_there(library: Library, name: str) -> None:
    code, counts = OWN[name]
    own = {task.id for task in library.playbooks[name].tasks if task.id.startswith(f"{code}-")}
    assert own == {f"{code}-{track}-{n:02}" for track, count in counts.items() for n in range(1, count + 1)}
    assert {i for i in own if getattr(library.playbooks[name].task(i), "critical", False)} == CRITICAL[name]


@pytest.mark.parametrize("name", OWN)
def test_a_company_reads_nothing_of_hospitals(library: Library, name: str) -> None:
    tasks = library.playbooks[name].tasks_for("company")
    assert Track.CARE not in {task.track for task in tasks}
    for task in tasks:
        for text in (task.title, task.why, task.how, task.avoid, task.evidence):
            if text is not None:
                assert not [word for word in HOSPITAL_FR if word in text.fr], (task.id, text.fr)
                assert not [word for word in HOSPITAL_EN if word in text.en], (task.id, text.en)


@pytest.mark.parametrize("name", OWN)
def test_nothing_reopens_before_what_makes_it_safe_is_shown(library: Library, name: str) -> None:
    stops = {task.id: task.blocked_by for task in library.playbooks[name].tasks if task.blocked_by}
    assert stops == {"SOC-IT-11": ("SOC-IT-10",), "SOC-IT-13": ("SOC-SOI-08",)}


def test_in_an_outage_malice_is_ruled_out_in_writing_and_no_complaint_is_owed(library: Library) -> None:
    outage = library.playbooks["panne"]
    shown, complaint = outage.task("SOC-IT-10"), outage.task("SOC-JUR-06")
    assert shown is not None
    assert "malveillance" in shown.title.fr
    assert complaint is not None
    assert complaint.condition is not None
    assert (complaint.condition.question, complaint.condition.unless) == ("malicious", "no")
    assert complaint.deadlines == ("plainte", "procureur"), "laid over the core, not in place of it"


def test_one_task_stands_where_the_core_has_a_general_one(library: Library) -> None:
    assert _missing(library.playbooks["panne"]) == {"SOC-COM-02", "SOC-SOI-02"}
    assert _missing(library.playbooks["messagerie"]) == {"SOC-COM-02", "SOC-JUR-06"}


def test_an_insider_is_not_warned_by_a_message_to_all_staff(library: Library) -> None:
    early = [task for task in library.playbooks["interne"].tasks if task.track is Track.COMMUNICATION]
    assert not [task.id for task in early if "interne" in task.templates]
    assert {"SOC-COM-02", "SOC-COM-07", "SOC-COM-08", "SOC-COM-09"} <= _missing(library.playbooks["interne"])


@pytest.mark.parametrize(
    ("typed", "scenario"),
    [("panne", "panne"), ("Outage", "panne"), ("PAN", "panne"), ("indisponibilite", "panne"),
     ("messagerie", "messagerie"), ("mail", "messagerie"), ("hameconnage", "messagerie"), ("mes", "messagerie"),
     ("interne", "interne"), ("INSIDER", "interne"), ("accès illégitime", "interne"), ("int", "interne")],
)  # fmt: skip
def test_they_are_found_by_every_name(library: Library, typed: str, scenario: str) -> None:
    found = library.find(typed)
    assert found is not None
    assert found.id == scenario


@pytest.mark.parametrize(
    ("typed", "scenario"),
    [("le serveur ne répond plus", "panne"), ("the network is down", "panne"),
     ("la secrétaire a cliqué sur un lien", "messagerie"), ("un faux virement est parti", "messagerie"),
     ("quelqu’un a ouvert mon dossier", "interne"), ("a former employee", "interne")],
)  # fmt: skip
def test_plain_words_suggest_them(library: Library, typed: str, scenario: str) -> None:
    assert library.nearest(typed) == [scenario]


def _missing(book: Playbook) -> set[str]:
    """The tasks of the core that a scenario leaves out."""
    core = {"DIR": 21, "IT": 12, "JUR": 11, "COM": 12, "SOI": 7}
    whole = {f"SOC-{track}-{n:02}" for track, count in core.items() for n in range(1, count + 1)}
    return whole - {task.id for task in book.tasks}
