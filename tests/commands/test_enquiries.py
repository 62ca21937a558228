"""Enquiries from outside: none is lost, whoever was to answer, however long it takes; and rumours, with what to answer."""

from __future__ import annotations

from datetime import timedelta

from tests.commands.cast import matrix_id
from tests.commands.harness import Said, Talk, talk_in_crisis

CALL = "!demande Ouest-France : des dossiers de patients ont-ils été volés ?"


def crisis() -> Talk:
    return talk_in_crisis("claire", "olivier", "karim", "pmartin", "pdurand")


def reminded(said: list[Said]) -> list[Said]:
    return [s for s in said if s.key.startswith("asked:")]


def test_an_enquiry_is_called_to_mind_until_it_is_answered_and_not_at_night() -> None:
    talk = crisis()
    talk.say("karim", CALL)
    assert not reminded(talk.wait(minutes=55))
    (first,) = reminded(talk.wait(minutes=6))
    assert first.rings == (matrix_id("pdurand"),)
    assert "Q1 Ouest-France" in first.body
    assert "!fait Q1 RÉPONSE" in first.body
    assert not reminded(talk.wait(hours=2))
    assert len(reminded(talk.wait(hours=1))) == 1
    night = [s for _ in range(8) for s in reminded(talk.wait(hours=1)) if talk.clock.now().hour >= 21]
    assert night == []
    talk.clock.pass_(timedelta(hours=8))
    assert len(reminded(talk.wait(minutes=1))) == 1, "in the morning"
    talk.say("pdurand", "!fait Q1 renvoyé à la déclaration de 14 h")
    talk.clock.pass_(timedelta(hours=24))
    assert not reminded(talk.wait(minutes=1))
    nudged = [e.content for e in talk.entries() if e.kind == "nudge" and e.content and e.content["id"] == "Q1"]
    assert [each["after"]["step"] for each in nudged] == [1, 2, 3]


def test_who_rests_or_has_left_is_replaced_by_who_stands_in() -> None:
    talk = crisis()
    talk.say("karim", CALL)
    talk.say("pdurand", "!repos")
    (said,) = reminded(talk.wait(hours=1, minutes=1))
    assert said.rings
    assert matrix_id("pdurand") not in said.rings


def test_several_are_one_message() -> None:
    talk = crisis()
    talk.say("karim", CALL)
    talk.say("karim", "!demande la fille de Mme B. : où est ma mère ?")
    (said,) = reminded(talk.wait(hours=1, minutes=1))
    assert "Q1" in said.body
    assert "Q2" in said.body


def test_a_rumour_has_what_to_answer() -> None:
    talk = crisis()
    talk.say("karim", "!rumeur l’hôpital aurait payé")
    talk.say("karim", "!rumeur les urgences seraient fermées")
    talk.say("claire", "!faux F2 elles sont ouvertes")
    body = talk.say("pdurand", "!rumeurs")[0].body.replace("\u00a0", " ")
    assert "à répondre : ce n’est pas confirmé, nous vérifions" in body
    assert "à répondre : c’est faux (elles sont ouvertes)" in body
