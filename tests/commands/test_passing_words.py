"""What tired people type in passing: a question mark, a second thing in the line, working days, somebody's name."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from bot.domain.clocks import ClockStatus
from bot.domain.incident import TaskStatus
from bot.domain.roles import Phase
from tests.commands.harness import Said, Talk, matrix_id, talk_in_crisis

PARIS = ZoneInfo("Europe/Paris")


def _told(said: list[Said]) -> str:
    return "\n".join(each.body for each in said if each.kind == "message")


@pytest.fixture
def talk() -> Talk:
    return talk_in_crisis("claire", "olivier", "karim", "pmartin", clocks=True)


def test_a_question_mark_asks_and_a_yes_does(talk: Talk) -> None:
    assert "`!fait 1`" in _told(talk.say("karim", "!fait 1 ?"))
    assert talk.cell.tasks[1].status is TaskStatus.OPEN
    talk.say("karim", "!oui")
    assert talk.cell.tasks[1].status is TaskStatus.DONE


def test_the_second_of_two_things_is_said_to_be_left(talk: Talk) -> None:
    told = _told(talk.say("karim", "!fait 1 et je prends la 5"))
    assert talk.cell.tasks[1].status is TaskStatus.DONE
    assert talk.cell.tasks[1].note is None
    assert talk.cell.tasks[5].status is TaskStatus.OPEN
    assert "`!prendre 5`" in told


@pytest.mark.parametrize(
    "typed", ["!depose cnil pas encore", "!filed cnil tomorrow", "!depose cnil et j'attends l'accusé"]
)
def test_what_is_not_filed_is_not_closed(talk: Talk, typed: str) -> None:
    before = len(talk.entries())
    assert _told(talk.say("claire", typed))
    assert talk.cell.clocks["EU-GDPR-33-SA"].status is ClockStatus.RUNNING
    assert all(entry.kind != "deadline" for entry in talk.entries()[before:])


def test_working_days_leave_out_weekends_and_holidays(talk: Talk) -> None:
    talk.say("claire", "!echeance rendre le rapport --dans 30 jours ouvrés")
    # From Sunday 22 November: six weeks of five days, less Christmas and the first of January, both Fridays.
    assert talk.cell.clocks["E1"].official_due == datetime(2027, 1, 5, 23, 59, 59, tzinfo=PARIS)
    talk.say("claire", "!task IT check the backups --in 2 business days")
    added = talk.cell.tasks[max(talk.cell.tasks)]
    assert added.due == datetime(2026, 11, 24, 23, 59, 59, tzinfo=PARIS)


def test_a_contract_is_not_given_in_working_days(talk: Talk) -> None:
    before = talk.cell.clocks["FR-ASSUR-5JO"]
    assert "--dans 72h" in _told(talk.say("claire", "!echeance assureur --dans 8 jours ouvrés"))
    assert talk.cell.clocks["FR-ASSUR-5JO"] == before


def test_the_tasks_of_somebody(talk: Talk) -> None:
    talk.say("olivier", f"!donner 28 {matrix_id('karim')}")
    told = _told(talk.say("olivier", "!taches @karim"))
    assert told.startswith("Karim Haddad")
    assert "T1 ★" in told
    told = _told(talk.say("olivier", "!taches juridique @karim"))
    assert "T28" in told
    assert "T1 ★" not in told
    assert "!taches @karim" in _told(talk.say("olivier", "!taches karim"))


def test_the_next_phase_is_the_one_after(talk: Talk) -> None:
    for phase in [*list(Phase)[1:], Phase.REVIEW]:
        talk.say("olivier", "!phase suivante")
        assert talk.cell.incident.phase is phase
