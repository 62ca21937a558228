"""`tocsin playbook`: shown as it would be opened, compared with what is shipped, begun without overwriting."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.cli import execute
from bot.library.playbooks import load
from bot.playbook.new import NameRefusedError, started
from bot.resources import data

CONFIG = """
[organisation]
name = "CH d’essai"
[matrix]
homeserver = "https://matrix.example"
user_id = "@tocsin:matrix.example"
password = "x"
alert_room = ""
store = "crypto"
store_passphrase = "une phrase de passe bien longue"
[database]
url = "sqlite:///tocsin.db"
[paths]
roster = "roster.yaml"
playbooks = "playbooks"
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("TOCSIN_CONFIG", raising=False)
    monkeypatch.setenv("LANG", "fr_FR.UTF-8")
    return tmp_path


def configured(folder: Path, own: str) -> None:
    (folder / "tocsin.toml").write_text(CONFIG, encoding="utf-8")
    (folder / "roster.yaml").write_text("people: []\n", encoding="utf-8")
    (folder / "playbooks" / "scenarios").mkdir(parents=True)
    (folder / "playbooks" / "scenarios" / "own.yaml").write_text(own, encoding="utf-8")


def test_a_text_of_one_s_own_that_cannot_be_read_is_named_and_nothing_is_shown(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    configured(here, "")
    (here / "playbooks" / "scenarios" / "own.yaml").unlink()
    (here / "templates" / "communications" / "fr").mkdir(parents=True)
    (here / "templates" / "communications" / "fr" / "TPL-90.md.j2").write_text("Bonjour.", encoding="utf-8")
    assert execute(["playbook", "show", "rancongiciel"]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.replace("\u00a0", " ") == (
        "fr/TPL-90.md.j2 : il y manque l’en-tête, entre deux lignes « --- » (docs/texts.md)\n"
    )


def test_it_is_shown_without_any_configuration(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert execute(["playbook", "show", "rancongiciel", "--lang", "fr"]) == 0
    said = capsys.readouterr().out
    assert "93 tâches, et 6 qui attendent" in said
    assert "RAN-IT-02      ★ Débrancher du réseau les machines touchées" in said
    assert "Arrêt ferme, à ne pas commencer avant RAN-IT-11, RAN-IT-12, SOC-JUR-06" in said


@pytest.mark.parametrize(
    ("options", "there", "not_there"),
    [
        (["--kind", "medical_practice"], "17Cyber", "SOC-DIR-13"),
        (["--dpo", "none"], "SDPO-JUR-01", "DPOX-JUR-01"),
        (["--dpo", "external"], "DPOX-JUR-01", "SDPO-JUR-01"),
        (["--night", "--parties", "2"], "GHT-JUR-01", "SIVITAL"),
        (["--severity", "4"], "SIVITAL-SOI-01", "NUIT-DIR-01"),
        (["--flags", "processor,public"], "SOC-JUR-16", "SOC-JUR-17"),
        (["--role", "biomed"], "SOC-IT-13", "SOC-DIR-02"),
    ],
)
def test_it_is_shown_as_it_would_be_opened(
    here: Path, capsys: pytest.CaptureFixture[str], options: list[str], there: str, not_there: str
) -> None:
    assert execute(["playbook", "show", "rancongiciel", "--lang", "fr", *options]) == 0
    said = capsys.readouterr().out
    assert there in said
    assert not_there not in said


def test_in_markdown_a_task_says_all_that_it_knows(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert execute(["playbook", "show", "ransomware", "--lang", "en", "--format", "md"]) == 0
    said = capsys.readouterr().out
    part = said.partition("### RAN-IT-13")[2].partition("###")[0]
    for label in ("Why", "What not to do", "Evidence", "Hard stop", "Comes after", "Source"):
        assert f"**{label}" in part


def test_the_cards_are_written_once(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    order = ["playbook", "show", "cabinet", "--format", "pdf", "--out", "fiches.pdf"]
    assert execute(order) == 0
    made = (here / "fiches.pdf").read_bytes()
    assert made.startswith(b"%PDF")
    assert execute(order) == 2
    assert "existe déjà" in capsys.readouterr().err
    assert (here / "fiches.pdf").read_bytes() == made


@pytest.mark.parametrize(
    ("order", "said"),
    [
        (["show", "rancongicel"], "le plus proche est «\u00a0rancongiciel\u00a0»"),
        (["show", "cabinet", "--format", "pdf"], "--out FICHIER"),
        (["show", "cabinet", "--role", "sorcier"], "Le rôle «\u00a0sorcier\u00a0» n’existe pas"),
        (["show", "cabinet", "--role", "biomed"], "aucune tâche dans ce scénario"),
        (["diff"], "Aucun scénario à vous"),
        (["new", "Mon Scénario"], "ne peut pas nommer un scénario"),
        (["new", "usine", "--extends", "nulle-part"], "Le scénario «\u00a0nulle-part\u00a0» n’existe pas"),
    ],
)
def test_what_is_wrong_is_one_sentence(
    here: Path, capsys: pytest.CaptureFixture[str], order: list[str], said: str
) -> None:
    assert execute(["playbook", *order]) == 2
    found = capsys.readouterr()
    assert said in found.err
    assert found.err.count("\n") == 1
    assert found.out == ""


def test_what_one_changes_is_said_task_by_task(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    configured(
        here,
        """
id: core
extends: core
without: [SOC-COM-08]
tasks:
  - {id: SOC-DIR-10, delay: 1h}
  - id: SOC-DIR-90
    track: management
    phase: alert
    role: logistics
    title: Ouvrir la salle
    why: Elle a sa ligne.
    delay: 20m
    source: {ref: "Plan", kind: practice, checked: "2026-01-31"}
""",
    )
    assert execute(["playbook", "diff", "rancongiciel"]) == 0
    said = capsys.readouterr().out
    assert "+ SOC-DIR-90 Ouvrir la salle (ajoutée)" in said
    assert "- SOC-COM-08" in said
    assert "delay: 2\u00a0h → 1\u00a0h" in said


def test_a_new_one_loads_and_is_never_written_over(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert execute(["playbook", "new", "usine", "--out", "playbooks"]) == 0
    assert execute(["playbook", "new", "rancongiciel", "--out", "playbooks"]) == 0
    capsys.readouterr()
    mine = load(data("playbooks"), here / "playbooks")
    assert mine.playbooks["usine"].task("USI-IT-01") is not None
    assert mine.playbooks["rancongiciel"] == load(data("playbooks")).playbooks["rancongiciel"]
    assert execute(["playbook", "new", "usine", "--out", "playbooks"]) == 2
    assert "existe déjà" in capsys.readouterr().err
    assert (here / "playbooks" / "scenarios" / "usine.yaml").stat().st_mode & 0o077 == 0


def test_a_new_code_is_nobody_else_s() -> None:
    assert "code: PANI" in started("panique", {"panne": "PAN"}, "core", "fr")
    with pytest.raises(NameRefusedError):
        started("../x", {}, "core", "fr")
