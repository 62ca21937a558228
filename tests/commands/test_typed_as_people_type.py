"""What a tired hand types, put to the whole bot: nothing that was typed is passed over in silence, and no number that was
denied is touched."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.domain.incident import TaskStatus
from tests.commands.cast import matrix_id
from tests.commands.harness import Talk, talk_in_crisis

CELL = ("claire", "olivier", "nadia", "karim", "anne")


@pytest.fixture
def talk() -> Talk:
    return talk_in_crisis(*CELL, clocks=True)


@pytest.mark.parametrize("text", ["!fait 1 !fait 5", "!fait 1, puis !fait 5", "!fait 1\n!fait 5"])
def test_a_second_command_is_not_carried_out_and_said_to_be_so(talk: Talk, text: str) -> None:
    said = talk.say("karim", text)
    assert talk.cell.tasks[1].status is TaskStatus.DONE
    assert talk.cell.tasks[1].note is None
    assert talk.cell.tasks[5].status is TaskStatus.OPEN
    (told,) = [s.body for s in said if "Une seule commande par message" in s.body]
    assert "!fait 5" in told
    talk.say("karim", "!lang en", "dm:karim")
    (told,) = [s.body for s in talk.say("karim", "!done 99\n!done 5") if "One command a message" in s.body]
    assert "!done 5" in told


def test_whoever_is_not_in_the_roster_is_still_told_but_once(talk: Talk) -> None:
    assert len(talk.say("@mallory:ailleurs.example", "!fait 1\n!fait 5")) == 1


@pytest.mark.parametrize("text", ["!done not 1", "!fait pas 1", "!done 5, not 1", "!fait 1 ou 5", "!done all except 1"])
def test_a_number_that_is_denied_or_left_open_is_not_touched(talk: Talk, text: str) -> None:
    talk.say("karim", text)
    assert talk.cell.tasks[1].status is TaskStatus.OPEN
    assert not any("1" in s.body for s in talk.say("karim", "!oui") if s.body.startswith("✅"))
    assert talk.cell.tasks[1].status is TaskStatus.OPEN


def test_a_task_is_put_off_until_the_time_that_was_said(talk: Talk) -> None:
    talk.wait(seconds=17)
    talk.say("karim", "!plustard 5 demain 9h")
    assert talk.cell.tasks[5].due == datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


def test_a_deadline_is_not_put_off_and_what_can_be_done_is_said(talk: Talk) -> None:
    before = talk.cell.clocks
    for line in ("!plustard cnil 1h", "!plustard 1h cnil"):
        (said,) = talk.say("claire", line)
        assert "!prendre cnil" in said.body
        assert "!vu" in said.body
    assert talk.cell.clocks == before


def test_a_moment_that_filing_sets_is_shown_how_to_be_set(talk: Talk) -> None:
    (said,) = talk.say("claire", "!connu filed:cnil 10h")
    assert "!depose cnil" in said.body


def test_who_did_it_may_be_named_last(talk: Talk) -> None:
    talk.say("karim", "!fait 1 @nadia")
    assert talk.cell.tasks[1].done_by == matrix_id("nadia")


def test_why_an_account_is_suspended_may_follow_whose_it_is(talk: Talk) -> None:
    (said,) = talk.say("claire", "!compromis @karim son téléphone est volé")
    assert "Karim Haddad" in said.body
    (said,) = talk.say("claire", "!compromis karim et nadia")
    assert "Je ne trouve personne" in said.body
