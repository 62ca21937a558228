"""What is set aside rests on something, and comes back when that changes."""

from __future__ import annotations

import re
from datetime import timedelta

from bot.domain.clocks import ClockStatus
from tests.commands.harness import Talk, messages, talk_in_crisis

CNIL, SUPPLEMENT, COMPLAINT = "EU-GDPR-33-SA", "FR-CNIL-COMPLEMENT", "FR-LOPMI-PLAINTE"


def crisis() -> Talk:
    return talk_in_crisis(clocks=True)


def set_aside(talk: Talk, text: str, who: str = "claire", second: str = "pmartin") -> None:
    (asked,) = messages(talk.say(who, text))
    code = re.search(r"!oui (\d{4})", asked.body)
    assert code, asked.body
    talk.say(second, f"!oui {code[1]}")


def test_it_comes_back_once_a_fact_that_the_reason_named_has_changed() -> None:
    talk = crisis()
    talk.say("karim", "!info la sauvegarde de lundi est intacte")
    talk.say("anne", "!avis cnil favorable")
    set_aside(talk, "!ecarter cnil risque improbable, voir F1")
    assert talk.cell.clocks[CNIL].status is ClockStatus.WAIVED
    before = [entry.kind for entry in talk.entries()].count("deadline")
    said = talk.say("claire", "!faux 1 effacée mardi")
    assert talk.cell.clocks[CNIL].status is ClockStatus.RUNNING
    assert "cnil" in next(messages(said)).body
    assert [entry.kind for entry in talk.entries()].count("deadline") == before + 2, "what follows it, too"


def test_a_fact_that_it_did_not_name_changes_nothing() -> None:
    talk = crisis()
    talk.say("karim", "!info la sauvegarde de lundi est intacte")
    set_aside(talk, "!ecarter plainte non applicable, panne du groupe électrogène", "pmartin", "claire")
    talk.say("claire", "!vrai 1 journal")
    assert talk.cell.clocks[COMPLAINT].status is ClockStatus.WAIVED


def test_an_unlikely_risk_wants_the_opinion_first_and_then_the_decision_is_the_controllers() -> None:
    talk = crisis()
    (refused,) = messages(talk.say("claire", "!ecarter cnil risque improbable"))
    assert "!avis cnil" in refused.body
    assert "Anne Legrand" in refused.body
    talk.say("anne", "!avis cnil defavorable des dossiers ont été copiés")
    set_aside(talk, "!ecarter cnil risque improbable")
    assert talk.cell.clocks[CNIL].status is ClockStatus.WAIVED, "a disagreement is logged, and blocks nothing"


def test_what_was_to_follow_is_set_aside_with_it_and_comes_back_with_it() -> None:
    talk = crisis()
    talk.say("anne", "!avis cnil favorable")
    set_aside(talk, "!ecarter cnil risque improbable")
    assert talk.cell.clocks[SUPPLEMENT].status is ClockStatus.WAIVED
    talk.say("claire", "!rouvrir cnil la copie est confirmée")
    assert talk.cell.clocks[CNIL].status is ClockStatus.RUNNING
    assert talk.cell.clocks[SUPPLEMENT].status is ClockStatus.PROVISIONAL


def test_filing_what_was_set_aside_brings_back_what_follows_it_and_undoing_that_sets_both_aside_again() -> None:
    talk = crisis()
    talk.say("anne", "!avis cnil favorable")
    set_aside(talk, "!ecarter cnil risque improbable")
    (filed,) = messages(talk.say("claire", "!depose cnil CNIL-77"))
    assert "Suite : cnil-complement, objectif mercredi 25 nov. 2026" in filed.body
    supplement = talk.cell.clocks[SUPPLEMENT]
    assert supplement.status is ClockStatus.RUNNING
    assert supplement.official_due == talk.clock.now() + timedelta(hours=72)
    entries = [(e.content or {}) for e in talk.entries() if e.kind == "deadline"]
    assert [e["action"] for e in entries if e.get("id") == SUPPLEMENT][-1] == "restore"
    talk.say("claire", "!annuler")
    clocks = talk.cell.clocks
    assert [clocks[rule].status for rule in (CNIL, SUPPLEMENT)] == [ClockStatus.WAIVED] * 2


def test_a_complete_filing_of_what_was_set_aside_leaves_the_supplement_aside() -> None:
    talk = crisis()
    talk.say("anne", "!avis cnil favorable")
    set_aside(talk, "!ecarter cnil risque improbable")
    talk.say("claire", "!depose cnil CNIL-77 complet")
    clocks = talk.cell.clocks
    assert [clocks[rule].status for rule in (CNIL, SUPPLEMENT)] == [ClockStatus.CLOSED, ClockStatus.WAIVED]


def test_what_comes_back_has_the_time_that_was_found_meanwhile() -> None:
    talk = crisis()
    talk.say("anne", "!qualifier 2")
    talk.say("anne", "!non")
    set_aside(talk, "!ecarter cnil non applicable")
    talk.say("anne", "!violation il y a 3h")
    talk.say("anne", "!oui")
    assert talk.cell.clocks[CNIL].official_due is None, "what is set aside is not moved"
    talk.say("anne", "!qualifier 2")
    talk.say("anne", "!oui")
    back = talk.cell.clocks[CNIL]
    assert back.status is ClockStatus.RUNNING
    assert back.official_due is not None
    assert talk.cell.clocks[SUPPLEMENT].status is ClockStatus.PROVISIONAL
