"""Boards that grow: they fit a phone, what is urgent is always on them, and no incident's fault keeps another's reminders back."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

from sqlalchemy import text

from bot import boards
from bot.domain.cell import Cell
from bot.domain.checklists import of_track
from bot.domain.incident import Task, TaskStatus
from bot.domain.playbook import Text
from bot.domain.roles import Phase, Role, Track
from bot.render import LIMIT, Rendered
from tests.commands.harness import Said, Talk, talk_in_crisis
from tests.commands.stock import catalogue


def tasks(cell: Cell, count: int, status: TaskStatus, first: int) -> list[Task]:
    now, title = cell.incident.opened_at, "Prévenir le service de garde, puis noter l’heure et le nom " * 2
    return [
        Task(
            number=number,
            code=None,
            track=Track.IT,
            phase=Phase.CONTAINMENT,
            role=Role.CISO,
            title=Text(title, title),
            opened_at=now,
            status=status,
            done_at=now + timedelta(minutes=number) if status is TaskStatus.DONE else None,
            done_by=cell.incident.opened_by if status is TaskStatus.DONE else None,
        )
        for number in range(first, first + count)
    ]


def checklist(cell: Cell) -> Rendered:
    values = {**of_track(cell, Track.IT, cell.incident.opened_at), "names": lambda user: user or ""}
    return catalogue().whole("boards.checklist", "fr", values)


def test_a_long_checklist_fits_a_phone_and_says_how_to_see_the_rest() -> None:
    cell = talk_in_crisis().cell
    cell = cell.with_tasks([*tasks(cell, 90, TaskStatus.DONE, 1001), *tasks(cell, 20, TaskStatus.OPEN, 2001)])
    shown = checklist(cell)
    assert shown.body.count("\n") < 20
    assert "… et 35 autres à faire\u00a0: `!taches informatique`" in shown.body
    assert "Terminées\u00a0: 90, toutes\u00a0: `!taches finies informatique`" in shown.body
    assert "T1090" in shown.body, "the latest are still there"
    assert "T1001" not in shown.body


def test_what_is_stuck_or_late_is_on_the_board_however_much_is_to_do() -> None:
    talk = talk_in_crisis()
    cell = talk.cell
    stuck = replace(cell.tasks[27], status=TaskStatus.BLOCKED, reason="panne")
    late = replace(cell.tasks[20], due=cell.incident.opened_at - timedelta(minutes=1))
    shown = checklist(cell.with_tasks([stuck, late, *tasks(cell, 400, TaskStatus.OPEN, 1001)]))
    lines = shown.body.splitlines()
    assert lines[1].startswith("- ⏰ T20 en retard")
    assert lines[2].startswith("- ⛔ T27 bloquée")
    assert shown.fits


def test_the_board_of_deadlines_keeps_all_that_is_open() -> None:
    talk = talk_in_crisis(clocks=True)
    cell = talk.cell
    some = next(iter(cell.clocks.values()))
    many = [replace(some, rule=f"E{n}", names=Text(f"E{n}", f"E{n}")) for n in range(100, 180)]
    cell = cell.with_clocks(many)
    shown = boards._render(talk.tools.voice, cell, lambda user: user or "", boards.CLOCKS, talk.clock.now())
    assert all(f"E{n} " in shown.body for n in range(100, 180))
    assert len(shown.body.encode()) + len(shown.html.encode()) <= LIMIT


def test_finished_tasks_are_shown_on_demand() -> None:
    talk = talk_in_crisis()
    talk.say("karim", "!fait @karim 5, 6 : vu sur place")
    said = talk.say("karim", "!taches finies")[0].body
    assert "✅ T6" in said
    assert "✅ T5" in said
    assert "Aucune tâche terminée (juridique)" in talk.say("karim", "!taches finies juridique")[0].body


def test_an_edit_says_nothing_of_the_versions_before() -> None:
    talk = talk_in_crisis()
    talk.say("pdurand", "!rediger interne")
    for number in range(6):
        talk.say("pdurand", f"!modifier 1 Texte {number}.")
    assert [name for name in boards.wanted(talk.cell) if name.startswith("C")] == ["C1"]


def test_the_deadlines_of_a_phones_screen_put_the_law_first() -> None:
    talk = talk_in_crisis(clocks=True)
    short = talk.say("claire", "!echeances")[0].body.splitlines()
    assert "ouvertes, la plus urgente d’abord" in short[0]
    shown = [line for line in short if line.startswith("- ")]
    assert len(shown) == 5
    assert all("(loi)" in line for line in shown)
    assert "`!echeances tout`" in short[-1]
    everything = talk.say("claire", "!echeances tout")[0].body
    assert all(f"{clock.names.fr} (" in everything for clock in talk.cell.clocks.values())


async def test_a_fault_in_one_incident_keeps_no_other_from_ringing() -> None:
    talk = Talk(clocks=True)
    talk.say("claire", "!incident rancongiciel Urgences bloquées --gravite 4 --exercice", "alert")
    talk.say("claire", "!incident rancongiciel Laboratoire bloqué --gravite 4 --exercice", "alert")
    talk.say("claire", "!oui", "alert")
    talk.join("claire", "pdurand", "olivier")
    with talk.db.transaction() as session:
        # What no version of ours writes: the first incident cannot be read any more.
        session.execute(text("UPDATE clock SET owner_role = 'nobody' WHERE incident = 'EXE-2026-001'"))
    talk.db.forget()
    talk.faults_are_meant = True
    talk.clock.pass_(timedelta(minutes=30))
    await talk.ticker.beat()
    rung = [said for said in talk.settle() if said.rings]
    assert any("EXE-2026-002" in said.key and "interne" in said.body for said in rung)


def test_what_begins_with_the_end_of_the_crisis_rings_when_it_is_due_and_not_before() -> None:
    talk = talk_in_crisis(clocks=True)
    asked = talk.say("claire", "!cloture services rétablis")
    code = next(found[1] for each in asked if (found := re.search(r"!oui (\d{4})", each.body)))
    talk.say("karim", f"!oui {code}")
    review = talk.cell.clocks["HOUSE-REVIEW-HOT"]
    assert review.due is not None
    assert review.next_at is not None
    assert review.next_at >= review.due

    def heard(said: list[Said]) -> bool:
        return any("retex-chaud" in each.body for each in said if each.key.startswith("nudge:"))

    assert not heard(talk.wait(seconds=2))
    assert not heard(talk.wait(hours=47))
    assert heard(talk.wait(seconds=(review.next_at - talk.clock.now()).total_seconds() + 2))


def test_the_cells_room_is_named_in_the_language_of_the_incident() -> None:
    talk = Talk(language="en")
    created = [
        said
        for said in talk.say("claire", "!open ransomware Ward locked --severity 4", "alert")
        if said.kind == "create"
    ]
    assert [said.payload["name"] for said in created] == ["Cell 2026-001"]
    drill = [said for said in talk.say("claire", "!open ransomware Try --drill", "alert") if said.kind == "create"]
    assert [said.payload["name"] for said in drill] == ["Drill 2026-001"]
