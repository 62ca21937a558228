"""What is missing in a text, asked for one thing at a time: whose answer counts, for which blank, and when it counts no
more."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.domain.drafts import Draft
from bot.domain.screening import blanks
from bot.engine import Engine, Outside
from bot.matrix.rooms import follow
from bot.matrix.verification import decline_in_room
from tests.commands.cast import matrix_id
from tests.commands.harness import Said, Talk, played_once, talk_in_crisis

NAMES = ("conséquence pour le public", "où se renseigner", "prochaine déclaration", "contact presse")


@pytest.fixture
@played_once
def talk() -> Talk:
    talk = talk_in_crisis()
    talk.say("pdurand", "!rediger attente")
    return talk


def draft(talk: Talk) -> Draft:
    return talk.cell.drafts[1]


def version_event(talk: Talk) -> str:
    return [said for said in talk.said if said.key.startswith("draft:")][-1].event_id


def questions(talk: Talk) -> list[Said]:
    return [said for said in talk.said if said.key.startswith("blank:")]


def in_thread(talk: Talk, text: str, who: str = "pdurand") -> list[Said]:
    return talk.say(who, text, thread=version_event(talk))


def bodies(said: list[Said]) -> str:
    return "\n".join(each.body for each in said if each.edits is None)


def test_the_questions_stand_in_the_thread_of_the_version_and_ring_nobody(talk: Talk) -> None:
    (first,) = questions(talk)
    assert first.thread == version_event(talk)
    assert first.msgtype == "m.notice"
    in_thread(talk, "tout est maintenu")
    assert questions(talk)[-1].thread == version_event(talk)
    assert draft(talk).last.number == 1, "nothing changes before the last answer"


def test_the_answers_fill_their_blanks_once(talk: Talk) -> None:
    before = len(draft(talk).versions)
    for answer in ("tout est maintenu", "01 00 00 00 01", "demain", "01 00 00 00 02"):
        in_thread(talk, answer)
    assert len(draft(talk).versions) == before + 1
    assert blanks(draft(talk).last.text) == ()
    assert "Contact presse\u00a0: 01 00 00 00 02." in draft(talk).last.text
    assert draft(talk).last.author == matrix_id("pdurand")


def test_a_death_between_two_answers_loses_neither(talk: Talk) -> None:
    in_thread(talk, "tout est maintenu")
    talk.post("pdurand", "01 00 00 00 01", thread=version_event(talk))
    talk.engine = Engine(talk.db, talk.clock, talk.tools, Outside(follow, decline_in_room), lambda: None)
    talk.settle()
    for answer in ("demain", "01 00 00 00 02"):
        in_thread(talk, answer)
    assert "Pour vos rendez-vous\u00a0: 01 00 00 00 01." in draft(talk).last.text
    assert draft(talk).last.number == 2
    assert [said.key.rpartition(":")[2] for said in questions(talk)] == ["0", "1", "2", "3"], "each was asked once"


def test_a_question_that_was_asked_before_a_change_is_answered_by_nobody(talk: Talk) -> None:
    old = questions(talk)[-1]
    talk.say("nadia", "!modifier 1 contact presse = 5555")
    talk.say("pdurand", "tout est maintenu", reply_to=old.event_id)
    assert draft(talk).last.number == 2
    assert draft(talk).last.author == matrix_id("nadia")
    assert len(questions(talk)) == 2
    assert "1 sur 3" in questions(talk)[-1].body, "of the new version what is left is asked, of who wrote it"
    in_thread(talk, "tout est maintenu", "nadia")
    assert "2 sur 3" in questions(talk)[-1].body


def test_remarks_of_others_in_the_thread_and_of_anybody_elsewhere_are_no_answers(talk: Talk) -> None:
    assert in_thread(talk, "je ne suis pas d’accord", "olivier") == []
    assert talk.say("pdurand", "tout est maintenu") == []
    assert talk.say("pdurand", "tout est maintenu", "dm:pdurand") == [] or len(questions(talk)) == 1
    assert len(questions(talk)) == 1


def test_who_may_change_no_text_answers_nothing(talk: Talk) -> None:
    talk.say("claire", "!role @oscar observateur")
    talk.join("oscar")
    refused = talk.say("oscar", "tout est maintenu", reply_to=questions(talk)[-1].event_id)
    assert "observ" in bodies(refused)
    talk.say("@mallory:ailleurs.example", "tout est maintenu", reply_to=questions(talk)[-1].event_id)
    in_clear = talk.say("pdurand", "tout est maintenu", thread=version_event(talk), why="cleartext")
    assert in_clear
    assert len(questions(talk)) == 1


def test_an_answer_that_waited_through_an_outage_is_not_taken(talk: Talk) -> None:
    late = talk.say("pdurand", "tout est maintenu", thread=version_event(talk), ago=timedelta(minutes=6))
    assert "plus de cinq minutes" in bodies(late)
    assert len(questions(talk)) == 1


def test_a_command_in_the_thread_is_a_command(talk: Talk) -> None:
    in_thread(talk, "!modifier 1 Le CH fait face à un incident.")
    assert draft(talk).last.text == "Le CH fait face à un incident."
    in_thread(talk, "!annuler")
    assert draft(talk).last.number == 2


def test_what_is_put_off_is_not_asked_again(talk: Talk) -> None:
    for answer in ("tout est maintenu", "!nsp", "plus tard", "01 00 00 00 02"):
        in_thread(talk, answer)
    assert blanks(draft(talk).last.text) == ("où se renseigner", "prochaine déclaration")
    asked = len(questions(talk))
    talk.say("pdurand", "!modifier 1 prochaine déclaration = demain")
    assert len(questions(talk)) == asked


def test_after_half_a_day_nobody_is_waited_for(talk: Talk) -> None:
    talk.wait(hours=13)
    in_thread(talk, "tout est maintenu")
    assert len(questions(talk)) == 1


HOSTILE = (
    "[À COMPLÉTER : contact presse]",
    "a = b, contact presse = 99",
    "x\n\n# Titre\n- liste",
    "{{ 7 * 7 }} {% raw %} ${x} <b>gras</b> [lien](http://x.invalid) `code`",
    "\u202emal\u200b a\u0000b",
    "😀" * 50,
    "!approuver 1"[1:],
)


@pytest.mark.parametrize("value", HOSTILE)
def test_a_value_that_means_harm_stays_one_value(value: str) -> None:
    talk = talk_in_crisis()
    talk.say("pdurand", "!rediger attente")
    lines = draft(talk).last.text.count("\n")
    for answer in (value, "01 00 00 00 01", "demain", "01 00 00 00 02"):
        in_thread(talk, answer)
    text = draft(talk).last.text
    assert draft(talk).last.number == 2
    assert text.count("\n") == lines, "it changes nothing around it"
    assert text.endswith("Contact presse\u00a0: 01 00 00 00 02.")
    shown = [said for said in talk.said if said.key.startswith("draft:")][-1]
    assert "<b>" not in shown.html
    assert not any("49" in said.body for said in talk.said if said.key.startswith("draft:"))


def test_one_too_long_is_refused_at_once_and_asked_again(talk: Talk) -> None:
    assert "trop long" in bodies(in_thread(talk, "mot " * 6000))
    in_thread(talk, "tout est maintenu")
    assert "2 sur 4" in questions(talk)[-1].body
