"""Staff before anyone outside, partners before the press: a text that goes before them goes only with a reason."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.domain.heard import unheard
from bot.domain.plan import Told, plan
from bot.export.enquiry_register import RELEASE_COLUMNS, releases
from tests.commands.cast import DIRECTORY
from tests.commands.harness import Said, Talk, talk_in_crisis
from tests.commands.test_texts_secured import bodies, code_of, drafted, in_peacetime

TEXT = "Le CH de Val-Fleuri fait face à un incident informatique. Les soins continuent."
WHY = "le journal publie dans dix minutes"


def plain(said: list[Said]) -> str:
    return bodies(said).replace("\u00a0", " ")


def ready(talk: Talk, template: str = "attente", number: int = 1, text: str = TEXT) -> Talk:
    """A text that all have approved."""
    talk.say("pdurand", f"!rediger {template}")
    talk.say("pdurand", f"!modifier {number} {text}")
    for who in ("olivier", "pmartin", "karim", "soline", "claire"):
        talk.say(who, f"!approuver {number}")
    assert talk.cell.drafts[number].approved_at, template
    return talk


def test_it_is_approved_without_a_reason_and_not_released_without_one() -> None:
    talk = ready(talk_in_crisis())
    refused = plain(talk.say("pdurand", "!diffuser 1 site de secours"))
    assert (
        "n’est pas parti : il passerait avant le personnel et les partenaires, à qui rien n’a encore été dit."
        in refused
    )
    assert "Prévenez-les d’abord : `!rediger interne`, `!rediger partenaires`" in refused
    assert "`!ecarter C1 1, 2 MOTIF`, puis `!diffuser 1 site de secours`" in refused
    assert "n’est pas parti" in plain(talk.say("pdurand", "!publie 1 site de secours"))
    assert "Ce sera au registre" in plain(talk.say("pdurand", "!ecarter C1"))
    assert talk.cell.drafts[1].releases == ()
    said = plain(talk.say("nadia", f"!ecarter C1 1, 2 {WHY}"))
    assert "Nadia Benali laisse passer ordre des messages (le personnel n’a encore rien reçu)" in said
    assert "À diffuser : `!diffuser 1 CANAL`" in said, "who approved the words need not read them again"
    asked = talk.say("pdurand", "!diffuser 1 site de secours")
    assert f"Motif : {WHY} (Nadia Benali)" in plain(asked)
    talk.say("pdurand", f"!oui {code_of(asked)}")
    (release,) = talk.cell.drafts[1].releases
    assert release.before == ("staff", "partners")
    assert [each["reason"] for each in drafted(talk, "set_aside")] == [WHY, WHY]
    assert drafted(talk, "publish")[0]["after"]["before"] == ["staff", "partners"]
    assert f"avant le personnel et les partenaires ({WHY})" in plain(talk.say("claire", "!diffusions"))
    (row,) = [dict(zip(RELEASE_COLUMNS, each, strict=True)) for each in releases(talk.cell)]
    assert f"order: le personnel n’a encore rien reçu ({WHY})" in str(row["let_stand"])


def test_without_a_number_one_reason_is_for_both() -> None:
    talk = ready(talk_in_crisis())
    talk.say("pdurand", f"!ecarter C1 {WHY}")
    talk.say("pdurand", f"!oui {code_of(talk.say('pdurand', '!diffuser 1'))}")
    assert talk.cell.drafts[1].releases


def test_who_was_told_first_is_no_obstacle_until_that_is_taken_down() -> None:
    talk = ready(talk_in_crisis())
    ready(talk, "interne", 2, "Incident informatique. Appelez le 55.")
    refused = plain(talk.say("pdurand", "!diffuser 1 site"))
    assert "Prévenez-les d’abord : `!diffuser 2 CANAL` (Message interne immédiat)" in refused
    talk.say("pdurand", "!publie 2 affiches")
    refused = plain(talk.say("pdurand", "!diffuser 1 site"))
    assert "personnel" not in refused.partition("Prévenez")[0]
    talk.say("pdurand", f"!ecarter C1 {WHY}")
    assert "Pour le diffuser" in plain(talk.say("pdurand", "!diffuser 1 site"))
    talk.say("pdurand", "!correctif 2 retrait le numéro est faux")
    assert "il passerait avant le personnel" in plain(talk.say("pdurand", "!diffuser 1 site"))


def test_told_by_word_of_mouth_is_told() -> None:
    talk = ready(talk_in_crisis(clocks=True))
    for clock in ("interne", "partenaires"):
        talk.say("pdurand", f"!depose {clock} dit par téléphone")
    assert "Pour le diffuser" in plain(talk.say("pdurand", "!diffuser 1 site"))


@pytest.mark.parametrize(
    ("language", "typed", "words"),
    [
        (
            "fr",
            ("!prevenu hôpital voisin", "!diffuser 1 site"),
            "Au registre des partenaires, pas encore prévenus : Éditeur DPI",
        ),
        (
            "en",
            ("!warned hôpital voisin", "!publish 1 web site"),
            "In the register of partners, not warned yet: Éditeur DPI",
        ),
    ],
)
def test_a_partner_in_the_register_is_told_and_who_is_not_is_named(
    language: Any, typed: tuple[str, str], words: str
) -> None:
    talk = talk_in_crisis(language=language)
    talk.tools = replace(talk.tools, directory=DIRECTORY)
    talk.engine.renew(talk.tools)
    if language == "fr":
        ready(talk)
        assert "(au téléphone, notez-le : `!prevenu QUI`)" in plain(talk.say("pdurand", typed[1]))
    else:
        talk.say("pdurand", "!draft holding")
        talk.say("pdurand", "!edit 1 The hospital faces an incident. Care goes on.")
        for who in ("olivier", "pmartin", "claire"):
            talk.say(who, "!approve 1")
        assert "(by telephone, note it: `!warned WHO`)" in plain(talk.say("pdurand", typed[1]))
    talk.say("karim", typed[0])
    assert unheard(talk.cell, talk.cell.drafts[1]) == ("staff",)
    talk.say("pdurand", f"{'!ecarter' if language == 'fr' else '!waive'} C1 1 {WHY}")
    assert words in plain(talk.say("pdurand", typed[1]))


@pytest.mark.parametrize("template", ["mobilisation", "ars", "plainte"])
def test_who_is_asked_for_help_or_told_by_duty_waits_for_nobody(template: str) -> None:
    talk = talk_in_crisis()
    talk.say("pdurand", f"!rediger {template}")
    talk.say("pdurand", f"!modifier 1 {TEXT}")
    assert "ordre des messages" not in plain(talk.say("claire", "!brouillon 1"))


def test_a_practice_has_no_order() -> None:
    talk = talk_in_crisis("claire", "pdurand", kind="medical_practice")
    talk.say("pdurand", "!rediger acces-soins")
    talk.say("pdurand", f"!modifier 1 {TEXT}")
    assert "ordre des messages" not in plain(talk.say("claire", "!brouillon 1"))


def test_a_directors_urgent_word_is_the_reason_too_and_goes_with_it() -> None:
    talk = talk_in_crisis()
    talk.say("pdurand", "!rediger acces-soins")
    talk.say("pdurand", f"!modifier 1 {TEXT}")
    said = plain(talk.say("claire", "!approuver 1 --urgence les patients arrivent"))
    assert "Pour le même motif, il passe aussi avant le personnel, à qui rien n’a encore été dit." in said
    assert [each["reason"] for each in drafted(talk, "set_aside")] == ["les patients arrivent"]
    talk.say("claire", "!annuler")
    assert talk.cell.drafts[1].asides == ()
    talk.say("claire", "!approuver 1 --urgence les patients arrivent")
    asked = talk.say("pdurand", "!diffuser 1 affiches")
    assert "Motif : les patients arrivent (Claire Morel)" in plain(asked)
    talk.say("pdurand", f"!oui {code_of(asked)}")
    assert talk.cell.drafts[1].releases[0].before == ("staff",)


def test_of_a_text_of_peacetime_both_are_shown_who_should_hear_first(tmp_path: Any) -> None:
    talk = in_peacetime(tmp_path)
    talk.say("pdurand", "!rediger acces-soins")
    talk.say("pdurand", "!modifier 1 rendez-vous = maintenus")
    asked = talk.say("pdurand", "!diffuser 1 affiches")
    assert "⚠️ Il passe avant le personnel, à qui rien n’a encore été dit." in plain(asked)
    talk.say("karim", f"!oui {code_of(asked)}")
    assert talk.cell.drafts[1].releases[0].before == ("staff",)


def test_in_english() -> None:
    talk = talk_in_crisis(language="en")
    talk.say("pdurand", "!draft holding")
    talk.say("pdurand", "!edit 1 The hospital faces an incident. Care goes on.")
    for who in ("olivier", "pmartin", "claire"):
        talk.say(who, "!approve 1")
    refused = bodies(talk.say("pdurand", "!publish 1 web site"))
    assert "has not gone out: staff and partners have been told nothing yet." in refused
    assert "`!waive C1 1, 2 REASON`, then `!publish 1 web site`" in refused
    said = bodies(talk.say("pdurand", "!waive C1 1, 2 the paper prints in ten minutes"))
    assert "To release it: `!publish 1 CHANNEL`" in said
    assert "Reason: the paper prints in ten minutes (Paul Durand)" in bodies(talk.say("pdurand", "!publish 1 web site"))


# -- what was said and taken down is to be said again ------------------------------------------------------------------


def first_line(talk: Talk) -> tuple[Told, str]:
    line = next(each for each in plan(talk.cell, "fr", talk.clock.now()) if each.template == "TPL-01")
    return line.told, plain(talk.say("claire", "!plan")).splitlines()[1]


def test_in_the_plan_what_was_taken_down_is_not_done() -> None:
    talk = ready(talk_in_crisis(clocks=True), "interne")
    talk.say("pdurand", "!publie 1 affiches")
    assert first_line(talk)[0] is Told.DONE
    talk.say("pdurand", "!correctif 1 retrait le numéro est faux")
    told, line = first_line(talk)
    assert told is Told.DOWN
    assert "🚫 Personnel, premier message : C1 retiré le 22/11 14 h 05, rien ne le remplace — `!correctif 1`" in line
    talk.say("pdurand", "!correctif 1 Incident informatique. Appelez le 56.")
    assert first_line(talk)[0] is Told.DRAFTED
    for who in ("olivier", "karim", "claire"):
        talk.say(who, "!approuver 2")
    talk.say("pdurand", "!publie 2 affiches")
    assert first_line(talk)[0] is Told.DONE


def test_the_card_of_what_was_taken_down_says_so_and_a_correction_says_what_it_corrects() -> None:
    talk = ready(talk_in_crisis(), "interne")
    talk.say("pdurand", "!publie 1 affiches")
    assert "Le corriger ou le retirer : `!correctif 1`" in plain(talk.say("claire", "!brouillon 1"))
    talk.say("pdurand", "!correctif 1 retrait le numéro est faux")
    card = plain(talk.say("claire", "!brouillon 1"))
    assert "— 🚫 retirée le dimanche 22 nov. 2026, 14 h 05 par Paul Durand : le numéro est faux" in card
    assert "Retiré. Pour le remplacer : `!correctif 1`" in card
    assert "🚫 retiré" in plain(talk.say("claire", "!brouillons"))
    said = plain(talk.say("pdurand", "!correctif 1 Appelez le 56."))
    assert "Message interne immédiat (corrige C1) — à approuver par" in said
    assert "« Message interne immédiat », qui corrige C1, est rédigé." in said


def test_told_by_word_of_mouth_it_stays_done_whatever_text_comes_down() -> None:
    talk = talk_in_crisis(clocks=True)
    talk.say("pdurand", "!depose interne réunion des cadres")
    ready(talk, "interne")
    talk.say("pdurand", "!publie 1 affiches")
    talk.say("pdurand", "!correctif 1 retrait le numéro est faux")
    assert first_line(talk)[0] is Told.DONE
