"""An organisation's own playbooks, over the shipped ones."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from bot.domain.playbook import Playbook
from bot.library.playbooks import PlaybookFault, lint, load
from tests.library.shelf import SCENARIOS, SHIPPED, from_the_start, own


def test_a_task_lies_over_the_built_in_one_and_keeps_the_rest(tmp_path: Path, ransomware: Playbook) -> None:
    own(
        tmp_path / "playbooks",
        """
id: rancongiciel
extends: rancongiciel
tasks:
  - id: RAN-IT-04
    title: {fr: "Couper le lien du bâtiment B", en: "Cut the link of building B"}
    delay: 40m
""",
    )
    mine = load(SHIPPED, tmp_path / "playbooks").playbooks["rancongiciel"]
    task, before = mine.task("RAN-IT-04"), ransomware.task("RAN-IT-04")
    assert task is not None
    assert before is not None
    assert task.title.fr == "Couper le lien du bâtiment B"
    assert task.delay == timedelta(minutes=40)
    assert task.why == before.why
    assert from_the_start(mine) == 93
    assert mine.sha256 != ransomware.sha256


def test_a_task_over_the_core_is_in_every_scenario(tmp_path: Path) -> None:
    own(
        tmp_path / "playbooks",
        """
id: core
extends: core
source: {ref: "Plan de crise de l’établissement", kind: practice, checked: "2026-11-21"}
without: [SOC-DIR-17]
tasks:
  - id: VAL-DIR-01
    track: management
    phase: alert
    role: logistics
    title: "Ouvrir la salle de crise du premier étage"
    why: "Elle a sa propre ligne."
    delay: 20m
""",
    )
    mine = load(SHIPPED, tmp_path / "playbooks").playbooks["rancongiciel"]
    task = mine.task("VAL-DIR-01")
    assert task is not None
    assert task.title.fr == task.title.en == "Ouvrir la salle de crise du premier étage"
    assert task.source.ref.startswith("Plan de crise")
    assert mine.task("SOC-DIR-17") is None
    assert from_the_start(mine) == 93


def test_a_file_with_a_built_in_id_replaces_it(tmp_path: Path) -> None:
    own(
        tmp_path / "playbooks",
        """
id: rancongiciel
code: RAN
name: {fr: rancongiciel, en: ransomware}
title: Notre rançongiciel
description: Une seule tâche.
tasks:
  - id: RAN-IT-01
    track: it
    phase: alert
    role: ciso
    title: Appeler le prestataire
    why: Lui seul sait faire.
    delay: 5m
    source: {ref: "Contrat", kind: practice, checked: "2026-11-21"}
""",
    )
    mine = load(SHIPPED, tmp_path / "playbooks").playbooks["rancongiciel"]
    assert [task.id for task in mine.tasks] == ["RAN-IT-01"]


def test_a_scenario_of_ones_own_extends_a_built_in_one(tmp_path: Path) -> None:
    own(
        tmp_path / "playbooks" / "scenarios",
        """
id: usine
code: USI
extends: rancongiciel
name: {fr: usine, en: plant}
title: {fr: "Usine arrêtée", en: "Plant stopped"}
description: {fr: "Les automates ne répondent plus.", en: "The controllers no longer answer."}
words: {fr: [automate], en: [controller]}
tasks: []
""",
    )
    library = load(SHIPPED, tmp_path / "playbooks")
    assert list(library.playbooks) == sorted([*SCENARIOS, "usine"])
    plant = library.find("plant")
    assert plant is not None
    assert from_the_start(plant) == 93
    assert plant.doctrine is not None, "the doctrine is inherited"
    assert plant.words == ("automate", "controller"), "words are a scenario's own"
    assert library.nearest("les automates") == ["usine"]


def test_an_empty_folder_of_ones_own_changes_nothing(tmp_path: Path, ransomware: Playbook) -> None:
    assert load(SHIPPED, tmp_path).playbooks["rancongiciel"].sha256 == ransomware.sha256


def test_how_an_organisation_writes_is_its_own_affair(tmp_path: Path) -> None:
    own(
        tmp_path,
        "id: core\nextends: core\ntasks:\n  - {id: SOC-DIR-12, title: 'Materiel!'}\n",
    )
    assert lint(SHIPPED, tmp_path) == []


def test_a_missing_folder_is_said(tmp_path: Path) -> None:
    with pytest.raises(PlaybookFault, match="le dossier n’existe pas"):
        load(SHIPPED, tmp_path / "playbooks")
