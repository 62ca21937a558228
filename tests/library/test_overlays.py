"""Variants that several scenarios share, and what becomes of a playbook where an organisation leaves tasks out."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest

from bot.domain.language import LANGUAGES
from bot.domain.playbook import Applies, Playbook, from_snapshot, snapshot
from bot.domain.roles import Phase
from bot.library.playbooks import Library, PlaybookFault, lint, load
from bot.resources import data
from tests.library.shelf import SHIPPED, own


def over(book: Playbook, *names: str) -> Playbook:
    return book.fitted((), [each for each in book.overlays if each.id in names])


def test_each_scenario_carries_the_overlays_that_suit_it(library: Library) -> None:
    names = {i: {each.id for each in book.overlays} for i, book in library.playbooks.items()}
    shared = {"danger-vital", "dpo-externe", "groupement", "nuit", "sans-dpo"}
    assert names["rancongiciel"] == names["panne"] == shared
    assert names["cabinet"] == {"danger-vital", "dpo-externe"}, "a lone doctor owes no DPO, and has no duty manager"


def test_when_each_overlay_applies(library: Library) -> None:
    applies = {each.id: each.applies for each in library.playbooks["rancongiciel"].overlays}
    assert applies == {
        "danger-vital": Applies(severity=4),
        "dpo-externe": Applies(dpo=("external",)),
        "groupement": Applies(parties=2),
        "nuit": Applies(night=True),
        "sans-dpo": Applies(dpo=("none",)),
    }


def test_what_an_overlay_brings_comes_after_the_scenario_s_own(library: Library) -> None:
    book = library.playbooks["rancongiciel"]
    plain = [task.id for task in over(book).tasks_for("hospital")]
    laid = over(book, "sans-dpo")
    tasks = laid.tasks_for("hospital")
    assert [task.id for task in tasks][: len(plain)] == plain, "nothing that has a number moves"
    assert {task.id for task in tasks[len(plain) :]} == {*(f"SDPO-JUR-{n:02}" for n in range(1, 6)), "SDPO-DIR-01"}
    assert all(task.overlay == "sans-dpo" for task in tasks[len(plain) :])
    assert [each.id for each in laid.overlays] == ["sans-dpo"]


def test_lives_at_risk_wait_for_the_severity(library: Library) -> None:
    laid = over(library.playbooks["panne"], "danger-vital")
    first = laid.task("SIVITAL-SOI-01")
    assert first is not None
    assert first.awaits is not None
    assert first.awaits.severity == 4
    assert first.critical
    assert first.delay == timedelta(minutes=5)


def test_a_snapshot_keeps_the_overlays_that_were_chosen(library: Library) -> None:
    laid = over(library.playbooks["rancongiciel"], "nuit", "groupement")
    again = from_snapshot(snapshot(laid))
    assert again == laid
    assert again.sha256 == laid.sha256 != library.playbooks["rancongiciel"].sha256


def test_an_organisation_s_own_overlay_changes_a_task_of_the_core(tmp_path: Path) -> None:
    own(
        tmp_path / "overlays",
        """
id: nuit
title: Nuit chez nous
said: "Astreinte : appeler le PC sécurité."
applies: {night: true}
tasks:
  - id: SOC-IT-02
    how: Passer par le PC sécurité.
  - id: NUIT-DIR-09
    track: management
    phase: alert
    role: logistics
    title: Ouvrir la salle de crise
    why: Elle est fermée la nuit.
    delay: 20m
    depends_on: [SOC-DIR-01]
    source: {ref: "Plan d’astreinte", kind: practice, checked: "2026-11-21"}
""",
    )
    book = load(SHIPPED, tmp_path).playbooks["rancongiciel"]
    laid = over(book, "nuit")
    changed, new = laid.task("SOC-IT-02"), laid.task("NUIT-DIR-09")
    assert changed is not None
    assert changed.how is not None
    assert new is not None
    assert changed.how.fr == "Passer par le PC sécurité."
    assert (changed.overlay, changed.phase) == (None, Phase.ALERT), "the rest of it stays"
    assert new.overlay == "nuit"
    assert laid.task("NUIT-DIR-01") is None, "one's own takes the place of the shipped one"


@pytest.mark.parametrize(
    ("tasks", "said"),
    [
        ("  - {id: SOC-IT-77, how: x}\n", "aucun scénario n’a cette tâche"),
        ("  - {id: NUIT-IT-09, track: it, title: Voir venir}\n", "il manque"),
        ("  - {id: SOC-IT-01, depends_on: [SOC-IT-02]}\n", "tournent en rond"),
    ],
)
def test_a_broken_overlay_is_refused(tmp_path: Path, tasks: str, said: str) -> None:
    own(tmp_path / "overlays", f"id: essai\ntitle: x\nsaid: x\napplies: {{night: true}}\ntasks:\n{tasks}")
    with pytest.raises(PlaybookFault) as fault:
        load(SHIPPED, tmp_path)
    assert said in str(fault.value)


# -- tasks that an organisation leaves out -----------------------------------------------------------------------------

LEFT_OUT = "id: core\nextends: core\nwithout: [SOC-COM-02, SOC-IT-10]\n"


def test_a_core_task_may_be_left_out_and_what_lay_over_it_falls_away(tmp_path: Path, library: Library) -> None:
    mine = load(SHIPPED, own(tmp_path, LEFT_OUT))
    assert mine.playbooks.keys() == library.playbooks.keys()
    book = mine.playbooks["rancongiciel"]
    assert book.task("SOC-COM-02") is None
    assert book.task("SOC-IT-10") is None
    reopening = book.task("SOC-IT-11")
    assert reopening is not None
    assert "SOC-IT-10" not in (*reopening.depends_on, *reopening.blocked_by)
    said = [str(each) for each in mine.warnings]
    assert any("SOC-IT-11" in each and "ne l’attend plus" in each for each in said)
    assert lint(SHIPPED, tmp_path) == []


def test_nothing_is_said_where_nothing_was_left_out(library: Library) -> None:
    assert library.warnings == ()


def test_what_lies_over_a_task_keeps_its_mark(tmp_path: Path, library: Library) -> None:
    own(
        tmp_path,
        """
id: core
extends: core
source: {ref: "Plan de crise", kind: practice, checked: "2026-11-21"}
tasks:
  - {id: SOC-JUR-07, how: Passer par le juriste de garde.}
""",
    )
    mine = load(SHIPPED, tmp_path).playbooks["rancongiciel"].task("SOC-JUR-07")
    shipped = library.playbooks["rancongiciel"].task("SOC-JUR-07")
    assert mine is not None
    assert shipped is not None
    assert mine.how is not None
    assert mine.how.fr == "Passer par le juriste de garde."
    assert mine.source == shipped.source


def test_the_example_of_the_manual_loads(tmp_path: Path) -> None:
    page = Path(__file__).parents[2].joinpath("docs", "playbooks.md").read_text(encoding="utf-8")
    example = page.partition("```yaml\n")[2].partition("```")[0]
    mine = load(SHIPPED, own(tmp_path, example))
    book = mine.playbooks["rancongiciel"]
    added = book.task("SOC-DIR-90")
    assert added is not None
    assert added.avoid is not None
    assert book.task("SOC-COM-08") is None


def test_a_task_may_name_a_clock_of_one_s_own(tmp_path: Path) -> None:
    task = "id: core\nextends: core\ntasks:\n  - {id: SOC-DIR-14, triggers: {deadlines: [siege]}}\n"
    with pytest.raises(PlaybookFault, match="aucune échéance ne s’appelle"):
        load(SHIPPED, own(tmp_path, task))
    own(
        tmp_path / "deadlines",
        """
rules:
  - id: HOUSE-GROUP
    name: siege
    title: Prévenir le siège
    why: Le siège a ses propres délais.
    authority: {id: siege, name: Siège, channel: Courriel de secours, fallback: Téléphone}
    class: house
    legal_status: house
    obliged: cell
    moment: opened
    method: asap
    duration: {value: 3, unit: hours, from: house}
    owner: director
    contents: [ce qui est touché]
    closes_by: [message]
    source: {ref: "Plan du groupe", kind: practice, checked: "2026-01-31"}
""",
    )
    named = load(SHIPPED, tmp_path).playbooks["rancongiciel"].task("SOC-DIR-14")
    assert named is not None
    assert named.deadlines == ("siege",)


def test_a_task_may_name_a_template_of_one_s_own(tmp_path: Path) -> None:
    books, texts = tmp_path / "playbooks", tmp_path / "templates"
    own(books, "id: core\nextends: core\ntasks:\n  - {id: SOC-COM-09, triggers: {templates: [mutuelle, TPL-90]}}\n")
    with pytest.raises(PlaybookFault, match=r"SOC-COM-09.*aucun modèle ne s’appelle «.mutuelle.»"):
        load(SHIPPED, books)
    for language in LANGUAGES:
        source = data("templates", "communications", language, "TPL-05.md.j2").read_text(encoding="utf-8")
        named = re.sub(r"^alias: .*$", "alias: {fr: mutuelle, en: mutual}", source, count=1, flags=re.MULTILINE)
        own(texts / "communications" / language, named.replace("id: TPL-05", "id: TPL-90"), "mutual.md.j2")
    with pytest.raises(PlaybookFault, match="mutuelle"):
        load(SHIPPED, books)
    laid = load(SHIPPED, books, texts).playbooks["rancongiciel"].task("SOC-COM-09")
    assert laid is not None
    assert laid.templates == ("mutuelle", "TPL-90")
    assert lint(SHIPPED, books, texts) == []
    task = "id: core\nextends: core\ntasks:\n  - {id: SOC-COM-09, triggers: {templates: [communiqe]}}\n"
    (fault,) = lint(SHIPPED, own(tmp_path / "wrong", task), texts)
    assert (fault.code, fault.values) == ("template_unknown", {"name": "communiqe"})
