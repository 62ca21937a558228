"""What nobody gets round: a text goes out only in the words that its approvers saw, whoever asks, dies or comes back."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from bot.domain.directory import Directory, Entry, Kind
from bot.domain.drafts import TextStanding
from bot.domain.roles import Role
from bot.domain.roster import Person, Roster
from bot.engine import Engine, Outside
from bot.library import frozen
from bot.library.templates import load_shipped
from bot.matrix.rooms import follow
from bot.matrix.verification import decline_in_room
from tests.commands.cast import ROSTER, matrix_id
from tests.commands.harness import Said, Talk, talk_in_crisis

TEXT = "Le CH de Val-Fleuri fait face à un incident informatique. Les soins continuent."
ROUTE = ("olivier", "pmartin", "claire")
"""Who approves a statement that communication wrote."""


def bodies(said: list[Said]) -> str:
    return "\n".join(each.body for each in said if each.edits is None)


def code_of(said: list[Said]) -> str:
    found = re.search(r"!oui (\d{4})", bodies(said))
    assert found is not None, bodies(said)
    return found[1]


def written(talk: Talk, text: str = TEXT, number: int = 1) -> Talk:
    talk.say("pdurand", "!rediger attente")
    talk.say("pdurand", f"!modifier {number} {text}")
    return talk


def approved(talk: Talk) -> Talk:
    for who in ROUTE:
        talk.say(who, "!approuver 1")
    return before_the_others(talk)


def before_the_others(talk: Talk) -> Talk:
    """Neither staff nor partners have heard anything, and somebody says why this text goes first."""
    talk.say("pdurand", "!ecarter C1 la presse publie dans dix minutes")
    return talk


def released(talk: Talk) -> Talk:
    before_the_others(talk)
    talk.say("pdurand", f"!oui {code_of(talk.say('pdurand', '!diffuser 1 site'))}")
    assert talk.cell.drafts[1].releases
    return talk


def version_event(talk: Talk) -> str:
    return [said for said in talk.said if said.key.startswith("draft:")][-1].event_id


def after_a_restart(talk: Talk) -> None:
    """The process died and came back: nothing is left of it but the database."""
    talk.engine = Engine(talk.db, talk.clock, talk.tools, Outside(follow, decline_in_room), lambda: None)


def drafted(talk: Talk, action: str) -> list[dict[str, Any]]:
    entries = (dict(each.content) for each in talk.entries() if each.kind == "draft" and each.content is not None)
    return [each for each in entries if each["action"] == action]


# -- what is found and let stand ---------------------------------------------------------------------------------------


def with_lists(talk: Talk) -> Talk:
    organisation = replace(talk.tools.organisation, withheld=("Dr Knock",))
    directory = Directory((Entry("Medisys SAS", Kind.VENDOR), Entry("Mme Lune", Kind.PERSON, phone="06 11 22 33 44")))
    talk.tools = replace(talk.tools, organisation=organisation, directory=directory)
    talk.engine._tools = talk.tools
    return talk


def test_what_must_not_be_said_stops_approval_and_release_until_somebody_says_why() -> None:
    talk = written(with_lists(talk_in_crisis()), "Le Dr Knock répond au 06 11 22 33 44 : LockBit demande 2 M€.")
    refused = bodies(talk.say("pmartin", "!approuver 1"))
    for words in ("Dr Knock", "06 11 22 33 44", "LockBit", "2 M€", "!ecarter C1 1 MOTIF"):
        assert words in refused
    said = talk.say("pdurand", "!ecarter C1 1, 2, 3 et 4 : la presse l’a publié")
    assert {user for each in said for user in each.rings} == {matrix_id("olivier"), matrix_id("pmartin")}
    assert [each["reason"] for each in drafted(talk, "set_aside")] == ["la presse l’a publié"] * 4
    card = bodies(talk.say("claire", "!brouillon 1"))
    assert card.count("laissé par Paul Durand\u00a0: la presse l’a publié") == 4
    released(approved(talk))
    assert "laissé tel quel\u00a0: «\u00a0LockBit\u00a0» (la presse l’a publié)" in bodies(
        talk.say("claire", "!diffusions 1")
    )


def test_what_was_let_stand_holds_for_these_words_and_no_others() -> None:
    talk = written(talk_in_crisis(), "LockBit est en cause.")
    talk.say("pdurand", "!ecarter C1 1 la presse l’a dit")
    talk.say("nadia", "!modifier 1 LockBit est en cause, et Akira.")
    refused = bodies(talk.say("pmartin", "!approuver 1"))
    assert "Akira" in refused
    assert "LockBit" not in refused


def test_another_reason_is_read_by_those_who_had_approved() -> None:
    talk = written(talk_in_crisis(), "LockBit est en cause.")
    talk.say("pdurand", "!ecarter C1 1 la presse l’a dit")
    approved(talk)
    said = bodies(talk.say("nadia", "!ecarter C1 1 le préfet l’a dit"))
    assert "de nouveau" in said
    assert not talk.cell.drafts[1].given()
    assert "pas encore approuvé" in bodies(talk.say("pdurand", "!diffuser 1 site"))


def test_where_one_thing_stops_it_no_number_is_needed() -> None:
    talk = written(talk_in_crisis(), "LockBit est en cause.")
    assert "laisse passer nom d’un attaquant" in bodies(talk.say("pdurand", "!ecarter C1 la presse l’a dit"))
    talk.say("pdurand", "!modifier 1 LockBit et Akira, pour 2 M€.")
    assert "Laquelle\u00a0: 1. nom d’un attaquant «\u00a0LockBit\u00a0»" in bodies(
        talk.say("pdurand", "!ecarter C1 vu")
    )
    assert "C3" in bodies(talk.say("pdurand", "!ecarter C3 1 vu"))


def test_a_supplier_is_named_by_legal_s_leave_alone() -> None:
    talk = written(with_lists(talk_in_crisis()), "Medisys travaille avec nous.")
    assert "accord du juridique. À taper par Paul Martin" in bodies(talk.say("claire", "!ecarter C1 1 vite"))
    assert "laisse passer" in bodies(talk.say("pmartin", "!ecarter C1 1 clause 12 du contrat"))
    assert "approuvé par Claire" in bodies(talk.say("claire", "!approuver 1"))


def test_a_list_that_changes_later_stops_nothing_that_was_written_before() -> None:
    talk = approved(written(talk_in_crisis(), "Medisys travaille avec nous."))
    with_lists(talk)
    released(talk)


def test_nobody_lets_a_patient_s_number_stand_nor_an_observer_anything() -> None:
    talk = written(talk_in_crisis(), "LockBit. Patient 1 85 05 78 006 084 36.")
    assert "n’a pas de remarque 4" in bodies(talk.say("pmartin", "!ecarter C1 4 vu"))
    talk.say("claire", "!role @oscar observateur")
    talk.join("oscar")
    assert "observ" in bodies(talk.say("oscar", "!ecarter C1 1 vu"))
    assert talk.cell.drafts[1].asides == ()


def test_a_fact_that_nobody_verified_goes_into_no_text_by_hand() -> None:
    talk = talk_in_crisis()
    talk.say("karim", "!info Les dossiers du bloc ont été copiés")
    written(talk, "Nous le disons : les dossiers du bloc ont été copiés.")
    assert "fait non vérifié" in bodies(talk.say("pmartin", "!approuver 1"))
    talk.say("olivier", "!vrai F1 le journal du pare-feu")
    assert "approuvé par" in bodies(talk.say("pmartin", "!approuver 1"))
    talk.say("soline", "!faux F1 c’étaient des sauvegardes")
    assert "fait non vérifié" in bodies(talk.say("claire", "!approuver 1"))


def test_an_authority_is_told_what_the_press_is_not() -> None:
    talk = talk_in_crisis()
    talk.say("pdurand", "!rediger plainte")
    talk.say("pdurand", "!modifier 1 LockBit a chiffré SRV-AD01 et demande 2 M€.")
    shown = bodies(talk.say("claire", "!brouillon 1"))
    assert "⚠️ montant" in shown
    assert "⛔" not in shown


def test_what_is_long_for_its_way_or_hard_to_read_is_pointed_out() -> None:
    talk = talk_in_crisis()
    talk.say("soline", "!rediger acces-soins")
    long = " ".join(["Les consultations externes programmées de radiologie interventionnelle sont reportées"] * 6)
    shown = bodies(talk.say("soline", f"!modifier 1 {long}."))
    assert "phrase longue" in shown
    assert "indice LIX" in shown
    assert "⛔" not in shown
    talk.say("nadia", "!rediger interne")
    said = bodies(talk.say("nadia", f"!modifier 2 {'Restez calmes et appelez votre cadre. ' * 20}"))
    assert "SMS (160 signes en font un, 306 deux)" in said
    assert "secondes à voix haute" in said


# -- who approved ------------------------------------------------------------------------------------------------------


def test_two_approvals_at_once_both_count_and_the_last_is_known() -> None:
    talk = written(talk_in_crisis())
    for who in ROUTE:
        talk.post(who, "!approuver 1")
    said = bodies(talk.settle())
    assert said.count("est approuvé par tous ceux qui le devaient") == 1
    assert len(drafted(talk, "approve")) == 3


def test_a_change_at_the_same_moment_leaves_no_approval_of_the_old_words() -> None:
    talk = written(talk_in_crisis())
    talk.post("olivier", "!approuver 1")
    talk.post("nadia", "!modifier 1 Un autre texte.")
    talk.post("pmartin", "!approuver 1")
    talk.settle()
    assert talk.cell.drafts[1].given() == {}


def test_who_leaves_after_approving_has_approved_and_who_leaves_before_is_replaced() -> None:
    talk = written(talk_in_crisis())
    talk.say("olivier", "!approuver 1")
    talk.leave("olivier")
    assert talk.cell.drafts[1].missing(4) == (Role.LEGAL, Role.DIRECTOR)
    talk.leave("pmartin")
    assert "Anne Legrand" in bodies(talk.say("claire", "!approuver 1")), "for legal there is the DPO"
    talk.say("anne", "!approuver 1")
    released(talk)


def test_what_a_suspended_account_approved_or_let_stand_falls() -> None:
    talk = written(talk_in_crisis(), "LockBit est en cause.")
    talk.say("pmartin", "!ecarter C1 1 la presse l’a dit")
    for who in ("olivier", "pmartin"):
        talk.say(who, "!approuver 1")
    said = talk.say("karim", f"!oui {code_of(talk.say('claire', '!compromis @pmartin'))}")
    assert "À relire, ce compte y a mis la main\u00a0: C1" in bodies(said)
    draft = talk.cell.drafts[1]
    assert Role.LEGAL not in draft.given()
    assert draft.asides == ()
    assert [each["suspended"] for each in drafted(talk, "fall")] == [matrix_id("pmartin")]
    talk.say("claire", "!approuver 1")
    assert not talk.cell.drafts[1].approved_at
    assert "LockBit" in bodies(talk.say("pdurand", "!diffuser 1"))


def test_a_vote_that_changes_is_the_last_one_that_was_cast() -> None:
    talk = approved(written(talk_in_crisis()))
    talk.say("pmartin", "!rejeter 1 trop tôt")
    assert "est contre" in bodies(talk.say("pdurand", "!diffuser 1 site"))
    talk.say("pmartin", "!approuver 1")
    talk.say("pmartin", "!rejeter 1 non, vraiment")
    assert "est contre" in bodies(talk.say("pdurand", "!diffuser 1 site"))
    assert talk.cell.drafts[1].releases == ()


def test_another_account_of_the_author_is_not_even_asked() -> None:
    author = next(person for person in ROSTER if person.localpart == "pdurand")
    twin = Person(author.name, matrix_id("durand2"), (Role.COMMUNICATION,))
    talk = talk_in_crisis(roster=Roster((*ROSTER, twin)))
    written(talk)
    said = bodies(talk.say("durand2", "!approuver 1"))
    assert "Olivier Roux" in said
    talk.say("durand2", "!ecarter C1 1 x")
    assert bodies(talk.react("durand2", "✅", version_event(talk)))
    assert talk.cell.drafts[1].given() == {}


# -- after a restart ---------------------------------------------------------------------------------------------------


def test_an_approval_replayed_after_a_restart_approves_nothing() -> None:
    talk = written(talk_in_crisis())
    for who in ("olivier", "pmartin"):
        talk.say(who, "!approuver 1")
    talk.say("claire", "!approuver 1", session_index=("megolm-claire", 7))
    talk.say("claire", "!rejeter 1 j’ai lu trop vite")
    after_a_restart(talk)
    replayed = talk.say("claire", "!approuver 1", session_index=("megolm-claire", 7), why="replay")
    assert "pas" in bodies(replayed)
    assert talk.cell.drafts[1].against()
    assert "est contre" in bodies(talk.say("pdurand", "!diffuser 1"))


def test_a_release_that_was_asked_before_a_restart_is_of_the_same_words_or_none() -> None:
    talk = approved(written(talk_in_crisis()))
    code = code_of(talk.say("pdurand", "!diffuser 1 site"))
    after_a_restart(talk)
    talk.say("nadia", "!modifier 1 Un autre texte.")
    talk.say("pdurand", f"!oui {code}")
    assert talk.cell.drafts[1].releases == ()


def test_what_was_taken_down_does_not_go_out_again_as_it_is() -> None:
    talk = released(approved(written(talk_in_crisis())))
    talk.say("pdurand", "!correctif 1 retrait le numéro est faux")
    for typed in ("!diffuser 1 affiches", "!publie 1 affiches"):
        assert "ne repart pas tel quel" in bodies(talk.say("pdurand", typed))
    assert len(talk.cell.drafts[1].releases) == 1


def test_what_nobody_approved_is_not_noted_as_put_up_by_hand() -> None:
    talk = written(talk_in_crisis())
    assert "n’est pas encore approuvé" in bodies(talk.say("pdurand", "!publie 1 affiches"))
    talk.say("olivier", "!rejeter 1 trop tôt")
    assert "est contre" in bodies(talk.say("claire", "!publie 1 affiches"))
    assert talk.cell.drafts[1].releases == ()


# -- approved in peacetime ---------------------------------------------------------------------------------------------


def in_peacetime(tmp_path: Any, on: date = date(2026, 11, 2)) -> Talk:
    text = "Notre informatique est en panne. Rendez-vous : [À COMPLÉTER : rendez-vous]."
    made = frozen.frozen("TPL-06", "fr", text, {"rendez-vous": ("maintenus", "reportés")}, ("A", "B"), on)
    frozen.write(tmp_path, made)
    talk = talk_in_crisis("claire", "pdurand", "karim")
    talk.tools = replace(talk.tools, templates=load_shipped(tmp_path))
    talk.engine._tools = talk.tools
    return talk


def test_the_values_asked_in_the_thread_are_those_that_were_approved(tmp_path: Any) -> None:
    talk = in_peacetime(tmp_path)
    talk.say("pdurand", "!rediger acces-soins")
    question = [said for said in talk.said if said.key.startswith("blank:")][-1]
    assert "Au choix\u00a0: «\u00a0maintenus\u00a0» ou «\u00a0reportés\u00a0»" in question.body
    talk.say("pdurand", "reportés", thread=version_event(talk))
    assert talk.cell.drafts[1].last.frozen
    talk.say("karim", f"!oui {code_of(talk.say('pdurand', '!diffuser 1 affiches'))}")
    assert [each.user for each in talk.cell.drafts[1].releases] == [matrix_id("pdurand")]


def test_any_other_value_sends_it_to_its_route(tmp_path: Any) -> None:
    talk = in_peacetime(tmp_path)
    talk.say("pdurand", "!rediger acces-soins")
    talk.say("pdurand", "tous annulés", thread=version_event(talk))
    assert talk.cell.drafts[1].last.frozen is None
    assert "n’est pas encore approuvé" in bodies(talk.say("pdurand", "!publie 1 affiches"))


def test_whoever_asked_is_not_the_second_nor_is_somebody_not_vouched_for(tmp_path: Any) -> None:
    talk = in_peacetime(tmp_path)
    talk.tools = replace(talk.tools, vouching=True)
    talk.engine._tools = talk.tools
    talk.say("claire", "!rediger acces-soins")
    talk.say("claire", "!modifier 1 rendez-vous = maintenus")
    assert "oui" not in bodies(talk.say("claire", "!diffuser 1 affiches")).lower() or not talk.cell.drafts[1].releases
    talk.say("claire", "!reconnu @karim")
    code = code_of(talk.say("claire", "!diffuser 1 affiches"))
    for who in ("claire", "pdurand"):
        talk.say(who, f"!oui {code}")
        assert talk.cell.drafts[1].releases == ()
    talk.say("karim", f"!oui {code}")
    assert talk.cell.drafts[1].releases


@pytest.mark.parametrize("how", ["changed", "aged"])
def test_what_is_approved_in_peacetime_no_more_does_not_go_out(tmp_path: Any, how: str) -> None:
    talk = in_peacetime(tmp_path, date(2025, 11, 22) if how == "aged" else date(2026, 11, 2))
    talk.say("pdurand", "!rediger acces-soins")
    talk.say("pdurand", "!modifier 1 rendez-vous = maintenus")
    assert talk.cell.drafts[1].last.frozen
    if how == "aged":
        talk.clock.pass_(timedelta(days=2))
    else:
        (path,) = (tmp_path / "frozen").glob("*.yaml")
        path.unlink()
        talk.tools = replace(talk.tools, templates=load_shipped(tmp_path))
        talk.engine._tools = talk.tools
    assert "n’est plus un texte approuvé en temps de paix" in bodies(talk.say("pdurand", "!diffuser 1 affiches"))


@pytest.mark.parametrize("release", ["!diffuser", "!publie"])
def test_the_duty_manager_lets_out_what_was_approved_in_peacetime_and_nothing_else(tmp_path: Any, release: str) -> None:
    talk = in_peacetime(tmp_path)
    talk.say("claire", "!role @karim cadre de garde")
    for number, value in ((1, "reportés"), (2, "demain")):
        talk.say("karim", "!rediger acces-soins")
        talk.say("karim", f"!modifier {number} rendez-vous = {value}")
    talk.say("pdurand", f"!oui {code_of(talk.say('karim', f'{release} 1 affiches'))}")
    assert [each.user for each in talk.cell.drafts[1].releases] == [matrix_id("karim")]
    assert "C2 v2" in bodies(talk.say("karim", f"{release} 2 affiches"))
    talk.say("pdurand", "!approuver 2")
    talk.say("claire", "!role @olivier direction des soins")
    talk.say("olivier", "!approuver 2")
    assert talk.cell.drafts[2].standing(4, talk.clock.now()) is TextStanding.APPROVED
    refused = bodies(talk.say("karim", f"{release} 2 affiches"))
    assert "De garde, vous pouvez diffuser un texte approuvé en temps de paix" in refused
    assert talk.cell.drafts[2].releases == ()


# -- besides ---------------------------------------------------------------------------------------------------------


def test_a_long_run_of_commas_or_spaces_holds_nothing_up() -> None:
    talk = written(talk_in_crisis())
    assert bodies(talk.say("claire", f"!ecarter C1 1{', ' * 300}x"))
    talk.say("claire", f"{' ' * 20_000}x", "dm:claire")
    assert [each.kind for each in talk.say("claire", "!note toujours là")] == ["reaction"]


def test_what_is_let_stand_after_an_approval_is_read_by_who_approved() -> None:
    talk = talk_in_crisis()
    written(talk, "Nous le disons : les dossiers du bloc ont été copiés.")
    assert "approuvé par" in bodies(talk.say("pmartin", "!approuver 1"))
    talk.say("karim", "!info Les dossiers du bloc ont été copiés")
    said = bodies(talk.say("pdurand", "!ecarter C1 1 la direction l’a vu de ses yeux"))
    assert "À approuver de nouveau par" in said
    assert talk.cell.drafts[1].given() == {}
    again = bodies(talk.say("pmartin", "!approuver 1"))
    assert "approuvé par" in again
