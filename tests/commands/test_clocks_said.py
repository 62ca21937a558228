"""What a filing and a reminder say to who reads them: the tasks that lead to it, who is alone, what a button changes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from bot.commands.scene import Organisation
from bot.domain.checklist import templates
from bot.domain.roles import Role
from bot.domain.roster import Person, Roster
from tests.commands.cast import START, matrix_id
from tests.commands.harness import Talk, messages, talk_in_crisis


def test_a_filing_asks_of_the_tasks_that_lead_to_it_alone_whether_they_are_done_too() -> None:
    talk = talk_in_crisis(clocks=True)
    of = templates(talk.cell)
    lead = [task.number for task in talk.cell.in_order if task.code and of[task.code].deadlines == ("plainte",)]
    assert lead
    (told,) = messages(talk.say("pmartin", "!depose plainte PV 2026/118"), "cell")
    assert f"`!fait {', '.join(map(str, lead[:3]))}`" in told.body
    talk.say("pmartin", "!annuler")
    for number in lead:
        talk.say("olivier", f"!fait {number} : déposée")
    assert "faite aussi" not in next(messages(talk.say("pmartin", "!depose plainte PV 2026/118"), "cell")).body


def test_who_is_alone_is_asked_once_more_and_not_told_that_nobody_answers() -> None:
    practice = Organisation("Cabinet Vasseur", "medical_practice", "Europe/Paris", "fr", dpo="none")
    alone = Roster((Person("Hélène Vasseur", matrix_id("helene"), (Role.DIRECTOR,)),))
    talk = Talk(kind="medical_practice", roster=alone, clocks=True, organisation=practice)
    talk.say("helene", "!incident cabinet Agenda chiffré", "alert")
    talk.join("helene")
    talk.say("helene", "!violation 14h00")
    talk.say("helene", "!oui")
    talk.say("helene", "!depose cnil CNIL-1")
    talk.wait(hours=68)
    heard = [each for _ in range(24) for each in talk.wait(minutes=15)]
    room = next(each for each in heard if ":4:room:" in each.key)
    assert "Hélène Vasseur, vous n’avez pas répondu" in room.body
    assert "Qui s’en charge" not in room.body
    rung = [s.body for s in heard if s.rings and ":room:" not in s.key and "— registre (loi)" in s.body]
    assert "🙋 je m’en charge (ensuite une fois par matin)" in next(
        body for body in rung if "objectif interne passé" in body
    )


@pytest.mark.parametrize("colleague", [False, True])
def test_who_is_the_whole_cell_is_told_once_where_it_is_kept_and_it_rings(colleague: bool) -> None:
    practice = Organisation("Cabinet Vasseur", "medical_practice", "Europe/Paris", "fr", dpo="none")
    people = [Person("Hélène Vasseur", matrix_id("helene"), (Role.DIRECTOR,))]
    people += [Person("Ali Ben", matrix_id("ali"), (Role.SCRIBE,))] if colleague else []
    talk = Talk(kind="medical_practice", roster=Roster(tuple(people)), clocks=True, organisation=practice)
    talk.say("helene", "!incident cabinet Agenda chiffré --gravite 4", "alert")
    talk.join("helene", *(["ali"] if colleague else []))
    heard = [each for _ in range(8) for each in talk.wait(minutes=15)]
    nudges = [each for each in heard if each.key.startswith("nudge:") and "helene" in each.key]
    in_cell = [each for each in nudges if each.room == "cell"]
    assert in_cell
    assert all(each.rings == (matrix_id("helene"),) for each in in_cell)
    direct = [each.body for each in nudges if each.room == "dm:helene"]
    assert direct == ([each.body for each in in_cell] if colleague else [])


def test_what_was_filed_with_its_reference_is_closed_since_then_and_no_receipt_came_later() -> None:
    talk = talk_in_crisis("claire", "pmartin", clocks=True)
    talk.wait(hours=3)
    talk.say("pmartin", "!depose plainte PV 2026/118 --a 14h30")
    clock = talk.cell.clocks["FR-LOPMI-PLAINTE"]
    assert clock.filed_at == clock.closed_at == START + timedelta(minutes=25)
    talk.say("pmartin", "!depose cnil --tel service des plaintes")
    talk.wait(hours=1)
    talk.say("pmartin", "!accuse cnil 2026-4411")
    clock = talk.cell.clocks["EU-GDPR-33-SA"]
    assert clock.filed_at is not None
    assert clock.closed_at == clock.filed_at + timedelta(hours=1)


def test_a_few_words_after_a_filing_are_no_proof_of_it() -> None:
    talk = talk_in_crisis("claire", "pmartin", clocks=True)
    (told,) = messages(talk.say("pmartin", "!depose plainte au commissariat"), "cell")
    assert "« au commissariat » n’est pas une référence : rien n’est clos." in told.body.replace("\u00a0", " ")
    clock = talk.cell.clocks["FR-LOPMI-PLAINTE"]
    assert clock.filed_at is not None
    assert (clock.closed_at, clock.reference) == (None, None)
    assert "`!accuse plainte RÉF`" in told.body
    talk.say("pmartin", "!accuse plainte récépissé remis en main propre")
    assert talk.cell.clocks["FR-LOPMI-PLAINTE"].closed_at is not None


def test_the_card_of_a_stage_to_come_says_on_what_its_time_rests_and_what_was_taken_back() -> None:
    talk = talk_in_crisis(clocks=True)
    before = card(talk, "cnil-complement")
    assert "Provisoire, si cnil n’est déposée qu’à sa limite (mercredi 25 nov. 2026, 14 h 05) : samedi 28" in before
    assert "premier signe" not in before
    talk.say("claire", "!depose cnil CNIL-1")
    assert "annulé" not in card(talk, "cnil-complement")
    talk.say("claire", "!annuler")
    after = card(talk, "cnil-complement")
    assert "dit par Claire Morel le 22/11 14 h 05 (annulé depuis)" in after
    assert "Provisoire, si cnil" in after
    talk.say("claire", "!depose cnil CNIL-2")
    assert card(talk, "cnil-complement").count("annulé depuis") == 0


@pytest.mark.parametrize(("length", "noted"), [("48h", True), ("20j", False)])
def test_the_card_says_what_the_contract_gives_and_whether_it_moves_anything(length: str, *, noted: bool) -> None:
    talk = talk_in_crisis(clocks=True)
    assert "contrat" not in card(talk, "assureur")
    talk.say("claire", f"!echeance assureur --dans {length}")
    said = card(talk, "assureur")
    assert "Délai du contrat : " in said
    assert ("la limite n’en est pas avancée" in said) == noted


def test_a_finding_that_is_typed_anew_takes_the_place_of_the_one_that_was_not_confirmed() -> None:
    talk = talk_in_crisis(clocks=True)
    talk.say("pmartin", "!attaque 13h00")
    (asked,) = messages(talk.say("pmartin", "!connu attaque 13h30 vu avec le RSSI"))
    assert "13 h 30" in asked.body
    talk.say("karim", "!attaque 13h40")
    talk.say("pmartin", "!oui")
    assert talk.cell.moments["attack"].at == START - timedelta(minutes=35)
    (left,) = messages(talk.say("pmartin", "!oui"))
    assert "Je n’attends pas de réponse" in left.body


def test_the_card_calls_what_is_ours_a_target_and_gives_the_hour_of_paris_to_a_site_elsewhere() -> None:
    house = Organisation("CHU", "hospital", "Indian/Reunion", "fr")
    talk = talk_in_crisis(clocks=True, organisation=house)
    talk.say("karim", "!connu important il y a 10 min")
    talk.say("karim", "!oui")
    ours, prudent = card(talk, "certsante"), card(talk, "cnil")
    assert (
        "Objectif, depuis le repère important (dimanche 22 nov. 2026, 16 h 55) : dimanche 22 nov. 2026, 18 h 55" in ours
    )
    assert "18 h 55 (Paris : 22/11 15 h 55)" in ours
    assert "Limite" not in ours
    assert "Limite officielle : pas encore" in prudent
    assert "mercredi 25 nov. 2026, 17 h 05 (Paris : 25/11 14 h 05)" in prudent
    assert "Objectif, depuis" in card(talk, "attente")


def test_a_stage_that_follows_another_form_of_the_stage_before_says_so() -> None:
    talk = talk_in_crisis(
        clocks=True,
        organisation=Organisation("Certif", "company", "Europe/Paris", "fr", flags=("nis2", "trust_service")),
    )
    before = card(talk, "nis2-final")
    assert "Provisoire, si l’étape précédente n’est déposée qu’à sa limite (lundi 23 nov. 2026, 14 h 05)" in before
    talk.say("karim", "!depose nis2-tsp R-1")
    assert "Limite, depuis le dépôt de l’étape précédente (dimanche 22" in card(talk, "nis2-final")


def card(talk: Talk, rule: str) -> str:
    (said,) = messages(talk.say("claire", f"!echeances {rule}"))
    return said.body.replace("\u00a0", " ")


@pytest.mark.parametrize(
    ("language", "typed", "yes", "words"),
    [
        ("fr", "!connu prestataire hier 18h", "!oui", "!connu violation 21/11 18 h 00"),
        ("en", "!known supplier yesterday 18:00", "!yes", "!known breach 21 Nov 18:00"),
    ],
)
def test_a_suppliers_notice_tells_of_the_breach_and_moves_nothing_by_itself(
    language: Any, typed: str, yes: str, words: str
) -> None:
    talk = talk_in_crisis(clocks=True, language=language)
    before = dict(talk.cell.clocks)
    talk.say("claire", typed)
    said = "\n".join(each.body for each in talk.say("claire", yes)).replace("\u00a0", " ")
    assert f"`{words}`" in said
    assert dict(talk.cell.clocks) == before
    talk.say("anne", words)
    talk.say("anne", yes)
    assert talk.cell.moments["breach"].at == talk.cell.moments["supplier"].at
