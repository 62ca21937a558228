"""A crisis is opened as the organisation's circumstances want it, said and logged; and it keeps its playbook."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.commands.scene import Organisation
from bot.domain.cell import Cell
from bot.domain.roles import Role
from bot.domain.roster import Roster
from bot.domain.variants import Circumstances, chosen, out_of_hours
from bot.library.playbooks import load
from bot.resources import data
from tests.commands.cast import ROSTER
from tests.commands.harness import Talk
from tests.commands.stock import whole_library

WORKING = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
NIGHT = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
GOOD_FRIDAY = datetime(2026, 4, 3, 8, 0, tzinfo=UTC)
ABOLITION = datetime(2027, 12, 20, 6, 0, tzinfo=UTC)
NO_DPO = Roster(tuple(replace(p, roles=tuple(r for r in p.roles if r is not Role.DPO)) for p in ROSTER))


def house(**more: object) -> Organisation:
    return replace(Organisation("CH de Val-Fleuri", "hospital", "Europe/Paris", "fr"), **more)  # type: ignore[arg-type]


def opened(start: datetime = WORKING, text: str = "rancongiciel Urgences bloquées", **options: object) -> Talk:
    talk = Talk(variants=True, start=start, **options)  # type: ignore[arg-type]
    talk.say("claire", f"!incident {text}", "alert")
    return talk


def chosen_in(talk: Talk) -> list[str]:
    assert talk.entries()[0].content is not None
    return list(talk.entries()[0].content["after"]["variants"])


def codes(cell: Cell) -> set[str]:
    return {task.code for task in cell.tasks.values() if task.code}


def told(talk: Talk) -> str:
    return "\n".join(said.body for said in talk.said if said.kind == "message")


@pytest.mark.parametrize(
    ("start", "options", "found"),
    [
        (WORKING, {}, []),
        (NIGHT, {}, ["nuit"]),
        (WORKING, {"roster": NO_DPO}, ["sans-dpo"]),
        (WORKING, {"organisation": house(dpo="none")}, ["sans-dpo"]),
        (WORKING, {"organisation": house(dpo="external"), "roster": NO_DPO}, ["dpo-externe"]),
        (NIGHT, {"organisation": house(parties=3)}, ["groupement", "nuit"]),
        (GOOD_FRIDAY, {}, []),
        (GOOD_FRIDAY, {"organisation": house(calendar="FR-AM")}, ["nuit"]),
        (ABOLITION, {"organisation": house(timezone="Indian/Reunion")}, ["nuit"]),
    ],
)
def test_the_circumstances_choose(start: datetime, options: dict[str, object], found: list[str]) -> None:
    talk = opened(start, **options)
    assert chosen_in(talk) == found
    titles = {each.id: each for each in whole_library().playbooks["rancongiciel"].overlays}
    for name in found:
        assert titles[name].said.fr in told(talk)
    assert ("🔧" in told(talk)) is bool(found)


def test_what_a_variant_brings_has_its_place_after_what_is_numbered_already() -> None:
    plain, night = opened(WORKING).cell, opened(NIGHT).cell
    count = len(plain.tasks)
    assert [night.tasks[n].code for n in range(1, count + 1)] == [plain.tasks[n].code for n in range(1, count + 1)]
    assert codes(night) - codes(plain) == {"NUIT-DIR-01", "NUIT-DIR-02", "NUIT-IT-01"}


def test_lives_at_risk_are_said_at_once_or_when_the_severity_is_reached() -> None:
    grave = opened(WORKING, "panne Plus rien ne répond --gravite 4")
    assert chosen_in(grave) == ["danger-vital"]
    assert "N’attendez pas Tocsin." in told(grave)
    assert "SIVITAL-SOI-01" in codes(grave.cell)
    calm = opened(WORKING, "panne Plus rien ne répond --gravite 2")
    assert "SIVITAL-SOI-01" not in codes(calm.cell)
    calm.join("claire", "olivier")
    calm.say("claire", "!gravite 4")
    assert "SIVITAL-SOI-01" in codes(calm.cell)
    assert "N’attendez pas Tocsin." in told(calm)
    assert any(e.content and e.content.get("action") == "appear" for e in calm.entries())


def test_an_answer_brings_up_what_was_dormant_and_sets_it_aside_again() -> None:
    talk = opened(WORKING, "fuite Fichier mis en vente --gravite 3")
    talk.join("claire", "olivier", "karim")
    assert "SOC-JUR-13" not in codes(talk.cell)
    number = next(n for n, said in enumerate(_questions(talk), 1) if said == "theft")
    talk.say("claire", f"!qualifier {number}")
    talk.say("claire", "!oui")
    task = talk.cell.by_code("SOC-JUR-13")
    assert task is not None
    assert task.number == max(talk.cell.tasks), "numbers are never moved"
    talk.say("claire", f"!qualifier {number}")
    talk.say("claire", "!non")
    gone = talk.cell.by_code("SOC-JUR-13")
    assert gone is not None
    assert gone.status == "skipped"
    assert gone.aside == "theft=no"


def test_what_is_begun_done_or_critical_never_goes_in_silence() -> None:
    talk = opened(WORKING, "messagerie Compte détourné --gravite 3")
    talk.join("claire", "karim", "anne")
    evaluating = talk.cell.by_code("MES-JUR-02")
    notifying = talk.cell.by_code("SOC-JUR-07")
    assert evaluating is not None
    assert notifying is not None
    talk.say("anne", f"!prendre {evaluating.number}")
    number = next(n for n, said in enumerate(_questions(talk), 1) if said == "personal_data")
    talk.say("anne", f"!qualifier {number}")
    said = [each for each in talk.say("anne", "!non") if each.kind == "message"]
    (told_once,) = [each.body for each in said if "Sans objet d’après cette réponse" in each.body]
    assert evaluating.id in told_once
    assert f"{notifying.id} (critique)" in told_once
    left = talk.cell.by_code("SOC-JUR-07")
    assert left is not None
    assert left.status == "open"


def test_only_the_scenarios_of_one_s_kind_are_listed() -> None:
    hospital, practice = Talk(start=WORKING), Talk(start=WORKING, kind="medical_practice")
    for talk, there in ((hospital, False), (practice, True)):
        listed = "\n".join(each.body for each in talk.say("claire", "!scenarios", "alert"))
        assert ("Cabinet ou maison de santé" in listed) is there
        assert "Rançongiciel" in listed


def _questions(talk: Talk) -> list[str]:
    from bot.domain.qualifying import asked_of

    return [question.id for question in asked_of(talk.cell.incident.kind)]


def test_an_insider_s_crisis_calls_nobody_but_who_opens_it() -> None:
    talk = opened(WORKING, "interne Dossier consulté sans raison")
    assert list(talk.cell.members) == ["@claire:secours.example"]


def test_a_crisis_under_way_keeps_its_playbook_though_the_files_change(tmp_path: Path) -> None:
    talk = opened(NIGHT, url=f"sqlite:///{tmp_path / 'kept.db'}")
    before = talk.cell
    shutil.copytree(data("playbooks"), tmp_path / "playbooks")
    changed = tmp_path / "playbooks" / "scenarios" / "core.yaml"
    text = changed.read_text(encoding="utf-8")
    changed.write_text(
        text.replace("Vérifier l’identité de chaque personne", "Compter chaque personne"), encoding="utf-8"
    )
    other = load(tmp_path / "playbooks")
    assert other.playbooks["rancongiciel"].sha256 != whole_library().playbooks["rancongiciel"].sha256
    # The bot starts again, with the changed files, in the morning, and with a DPO who has left.
    again = Talk(variants=True, start=WORKING, url=f"sqlite:///{tmp_path / 'kept.db'}", organisation=house(dpo="none"))
    again.tools = replace(again.tools, library=other)
    again.said, again.number = talk.said, talk.number
    after = again.cell
    assert after.incident.playbook == before.incident.playbook
    assert after.incident.playbook_sha256 == before.incident.playbook_sha256
    assert after.incident.book.sha256 == before.incident.playbook_sha256
    assert after.tasks == before.tasks
    assert [each.id for each in after.incident.book.overlays] == ["danger-vital", "nuit"]


@pytest.mark.parametrize(
    ("local", "out"),
    [
        (datetime(2026, 11, 24, 6, 59), True),
        (datetime(2026, 11, 24, 7, 0), False),
        (datetime(2026, 11, 24, 19, 59), False),
        (datetime(2026, 11, 24, 20, 0), True),
        (datetime(2026, 11, 28, 12, 0), True),
        (datetime(2026, 12, 25, 12, 0), True),
    ],
)
def test_hours_of_work(local: datetime, out: bool) -> None:
    assert out_of_hours(local.replace(tzinfo=UTC), "FR") is out


def test_no_order_of_the_files_changes_what_is_chosen() -> None:
    overlays = whole_library().playbooks["rancongiciel"].overlays
    known = Circumstances(NIGHT + timedelta(hours=1), "hospital", "FR", "none", 2)
    assert chosen(overlays, known) == chosen(reversed(overlays), known)


def test_what_is_for_carers_is_not_for_a_company() -> None:
    overlays = whole_library().playbooks["rancongiciel"].overlays
    assert [each.id for each in chosen(overlays, Circumstances(WORKING, "hospital"))] == ["danger-vital"]
    assert chosen(overlays, Circumstances(WORKING, "company")) == ()
