"""Attacks that come through others or from outside: a supplier, ourselves as the provider, a flooded or defaced site."""

from __future__ import annotations

import pytest

from bot.domain.playbook import Playbook
from bot.library.playbooks import Library

# Every task of these scenarios: how many each track has, without a hole in the numbering; and those that are critical.
OWN = {
    "prestataire": {"IT": 4, "JUR": 6, "COM": 3, "DIR": 1, "SOI": 1},
    "fournisseur": {"IT": 4, "JUR": 5, "COM": 3, "DIR": 2, "SOI": 1},
    "ddos": {"IT": 6, "JUR": 2, "COM": 2, "SOI": 1},
}
CRITICAL = {
    "prestataire": {"PRC-IT-01", "PRC-IT-02", "PRC-JUR-01", "PRC-JUR-02", "PRC-JUR-04", "PRC-SOI-01"},
    "fournisseur": {"PRF-IT-01", "PRF-IT-02", "PRF-JUR-01", "PRF-JUR-02", "PRF-DIR-01", "PRF-COM-01"},
    "ddos": {"DDO-IT-01", "DDO-IT-02", "DDO-IT-04", "DDO-COM-01"},
}


def own_tasks(book: Playbook) -> set[str]:
    return {task.id for task in book.tasks if task.id.startswith(f"{book.code}-")}


LEFT_OUT = {"prestataire": {"SOC-JUR-14"}, "fournisseur": {"SOC-JUR-16"}, "ddos": set[str]()}
"""Tasks of the core whose place a scenario's own have taken."""


@pytest.mark.parametrize("scenario", OWN)
def test_every_task_is_there_over_the_whole_core(library: Library, scenario: str) -> None:
    book = library.playbooks[scenario]
    expected = {f"{book.code}-{track}-{n:02}" for track, many in OWN[scenario].items() for n in range(1, many + 1)}
    core = {task.id for task in library.playbooks["fuite"].tasks if task.id.startswith("SOC-")} - LEFT_OUT[scenario]
    assert own_tasks(book) == expected
    assert {task.id for task in book.tasks} == expected | core
    assert {i for i in expected if (task := book.task(i)) and task.critical} == CRITICAL[scenario]


@pytest.mark.parametrize("scenario", OWN)
def test_a_task_laid_over_the_core_keeps_its_source_its_clocks_and_its_hard_stop(
    library: Library, scenario: str
) -> None:
    core = library.playbooks["rancongiciel"]
    laid_over = 0
    for task in library.playbooks[scenario].tasks:
        below = core.task(task.id)
        if below is None or task == below:
            continue
        laid_over += 1
        assert (task.role, task.delay, task.critical) == (below.role, below.delay, below.critical), task.id
        assert (task.deadlines, task.templates, task.blocked_by) == (below.deadlines, below.templates, below.blocked_by)
        assert task.source.kind == below.source.kind, task.id
        assert set(below.depends_on) <= set(task.depends_on), task.id
    assert laid_over >= 4


@pytest.mark.parametrize(
    ("typed", "scenario"),
    [
        ("prestataire", "prestataire"),
        ("SUPPLIER", "prestataire"),
        ("prc", "prestataire"),
        ("sous-traitant touché", "prestataire"),
        ("fournisseur", "fournisseur"),
        ("Provider", "fournisseur"),
        ("PRF", "fournisseur"),
        ("ddos", "ddos"),
        ("DDO", "ddos"),
        ("déni de service", "ddos"),
        ("site défiguré", "ddos"),
    ],
)
def test_they_are_found_by_every_name(library: Library, typed: str, scenario: str) -> None:
    found = library.find(typed)
    assert found is not None
    assert found.id == scenario


@pytest.mark.parametrize(
    ("typed", "scenario"),
    [
        ("notre hébergeur est attaqué", "prestataire"),
        ("our supplier was hacked", "prestataire"),
        ("nos clients sont touchés", "fournisseur"),
        ("le site est tombé", "ddos"),
        ("our website was defaced", "ddos"),
    ],
)
def test_plain_words_suggest_them(library: Library, typed: str, scenario: str) -> None:
    assert library.nearest(typed)[0] == scenario


@pytest.mark.parametrize("scenario", ["prestataire", "ddos"])
def test_a_company_reads_nothing_of_hospitals(library: Library, scenario: str) -> None:
    words = ("patient", "soins", "soignant", "ARS", "CERT Santé", " care", "hospital", "health agency")
    for task in library.playbooks[scenario].tasks_for("company"):
        for text in (task.title, task.why, task.how, task.avoid, task.evidence):
            if text is not None:
                assert not [word for word in words if word in text.fr or word in text.en], (task.id, text)


def test_a_customer_is_told_facts_and_judges_for_itself(library: Library) -> None:
    task = library.playbooks["fournisseur"].task("PRF-JUR-02")
    assert task is not None
    assert set(task.deadlines) == {"clients-rgpd", "clients"}
    assert task.templates == ("clients",)


def test_paper_for_the_whole_hospital_falls_away_where_a_flood_leaves_care_alone(library: Library) -> None:
    tasks = {task.id: task.condition for task in library.playbooks["ddos"].tasks}
    for task_id in ("SOC-SOI-02", "SOC-SOI-03", "SOC-SOI-05", "SOC-SOI-06", "SOC-SOI-07"):
        condition = tasks[task_id]
        assert condition is not None
        assert (condition.question, condition.unless) == ("care_affected", "no")
