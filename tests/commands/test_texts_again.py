"""Communications in their corner cases: the last word is typed, what they rest on may go, and some have nobody else."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest

from bot.domain.clocks import ClockStatus
from bot.domain.drafts import Draft, TextStanding
from bot.domain.filling import read
from bot.domain.roles import Role
from bot.domain.roster import Person, Roster
from tests.commands.cast import ROSTER, matrix_id
from tests.commands.harness import Said, Talk, played_once, talk_in_crisis

TEXT = "Le CH de Val-Fleuri fait face à un incident informatique. Les soins continuent."
TWO_JURISTS = Roster((*ROSTER, Person("Lise Bernard", matrix_id("lise"), (Role.LEGAL,))))


def draft(talk: Talk, number: int = 1) -> Draft:
    return talk.cell.drafts[number]


def shown(talk: Talk) -> str:
    return [said for said in talk.said if said.key.startswith("draft:")][-1].event_id


def route(talk: Talk) -> str:
    """What the board of the text says now."""
    return [said for said in talk.said if ":C1:" in said.key or said.edits == "board:INC-2026-001:C1:1"][-1].body


def bodies(said: list[Said]) -> str:
    return "\n".join(each.body for each in said if each.edits is None)


def code_of(said: list[Said]) -> str:
    found = re.search(r"!(?:oui|yes) (\d{4})", bodies(said))
    assert found is not None
    return found[1]


def said_of(talk: Talk, action: str) -> list[dict[str, Any]]:
    entries = (dict(entry.content) for entry in talk.entries() if entry.kind == "draft" and entry.content is not None)
    return [each for each in entries if each["action"] == action]


def publish(talk: Talk, number: int = 1) -> list[Said]:
    talk.say("pdurand", f"!ecarter C{number} la presse publie dans dix minutes")
    return talk.say("pdurand", f"!oui {code_of(talk.say('pdurand', f'!diffuser {number} affiche'))}")


# -- the last approval is typed ----------------------------------------------------------------------------------------


def test_while_somebody_is_against_a_reaction_does_not_complete_the_route_either() -> None:
    talk = talk_in_crisis(roster=TWO_JURISTS)
    talk.say("pdurand", "!rediger attente")
    talk.say("pdurand", f"!modifier 1 {TEXT}")
    talk.say("lise", "!rejeter 1 il manque l’heure")
    for who in ("olivier", "pmartin", "claire"):
        talk.react(who, "✅", shown(talk))
    talk.say("lise", "!annuler")
    assert draft(talk).missing(4) == (Role.DIRECTOR,)
    assert "n’est pas encore approuvé" in bodies(talk.say("pdurand", "!diffuser 1"))
    talk.say("claire", "!approuver 1")
    assert draft(talk).standing(4, talk.clock.now()) is TextStanding.APPROVED


def test_a_severity_that_falls_leaves_a_typed_approval_to_be_given() -> None:
    talk = talk_in_crisis()
    talk.say("nadia", "!rediger interne")
    talk.say("nadia", "!modifier 1 Laissez tout en l’état.")
    for who in ("pdurand", "karim"):
        talk.react(who, "✅", shown(talk))
    talk.say("olivier", "!gravite 2")
    assert draft(talk).missing(2) == ()
    assert draft(talk).approved_at is None
    assert "il manque un dernier accord, tapé" in route(talk)
    assert "Il manque un accord tapé, `!approuver 1`" in bodies(talk.say("pdurand", "!diffuser 1"))
    assert "tapez `!approuver 1`" in bodies(talk.react("karim", "✅", shown(talk)))
    assert "approuvé par tous" in bodies(talk.say("karim", "!approuver 1"))
    assert draft(talk).approved_at == talk.clock.now()
    assert "diffusé par" in bodies(publish(talk))


def test_a_severity_that_falls_completes_a_route_whose_last_approval_was_typed() -> None:
    talk = talk_in_crisis()
    talk.say("nadia", "!rediger interne")
    talk.say("nadia", "!modifier 1 Laissez tout en l’état.")
    talk.react("pdurand", "✅", shown(talk))
    talk.say("karim", "!approuver 1")
    talk.say("olivier", "!gravite 2")
    assert draft(talk).approved_at == talk.clock.now()
    talk.say("olivier", "!annuler")
    assert draft(talk).approved_at is None


# -- what a text rests on ----------------------------------------------------------------------------------------------


@pytest.fixture
@played_once
def used() -> Talk:
    """A verified fact in a text that is approved, in one that is released and in one that is only written."""
    talk = talk_in_crisis()
    talk.say("karim", "!info Le laboratoire travaille sur papier")
    talk.say("olivier", "!vrai F1 vu sur place")
    for number in (1, 2, 3):
        talk.say("nadia", "!rediger interne")
        talk.say("nadia", f"!modifier {number} Message {number}.\n\n- Le laboratoire travaille sur papier")
    for number in (1, 2):
        for who in ("pdurand", "karim", "claire"):
            talk.say(who, f"!approuver {number}")
    publish(talk, 2)
    return talk


def test_a_refuted_fact_takes_the_texts_back_and_the_cell_reads_which(used: Talk) -> None:
    said = used.say("soline", "!faux F1 le laboratoire est fermé")
    (told,) = [each for each in said if "Textes qui le reprennent" in each.body]
    assert told.room == "cell"
    assert set(told.rings) == {matrix_id("nadia"), matrix_id("pdurand")}
    lines = told.body.splitlines()
    assert "ses approbations tombent" in next(line for line in lines if line.startswith("- C1 v2"))
    assert "diffusé le" in next(line for line in lines if line.startswith("- C2 v2"))
    assert "pas encore approuvé" in next(line for line in lines if line.startswith("- C3 v2"))
    assert [line for line in lines if "`!correctif 2`" in line], "what is out is corrected, not edited"
    assert [line for line in lines if "`!modifier 1 TEXTE`" in line]
    assert draft(used).given() == {}
    assert draft(used).approved_at is None
    assert "repose sur F1" in route(used)
    (fallen,) = said_of(used, "fall")
    assert fallen["before"]["approved_by"] == [matrix_id(who) for who in ("claire", "karim", "pdurand")]
    assert fallen["facts_gone"] == ["F1"]
    assert "n’est pas encore approuvé" in bodies(used.say("pdurand", "!diffuser 1"))


@pytest.mark.parametrize(
    ("language", "draft_it", "text", "put_right", "told", "board"),
    [
        ("fr", "!rediger interne", "!modifier 1 Incident depuis le dimanche 22 novembre 2026 à 14 h 05.", "!constat 13h20",
         "Une date ou une heure a changé. Textes qui la donnent :", "donne une date ou une heure qui a changé"),
        ("en", "!draft staff", "!edit 1 Incident since Sunday 22 November 2026 at 14:05.", "!observed 13:20",
         "A date or an hour has changed. Texts that give it:", "gives a date or an hour that has changed"),
    ],
)  # fmt: skip
def test_an_hour_that_is_put_right_takes_back_the_texts_that_give_it(
    language: Any, draft_it: str, text: str, put_right: str, told: str, board: str
) -> None:
    talk = talk_in_crisis(language=language)
    approve = "!approuver 1" if language == "fr" else "!approve 1"
    talk.say("nadia", draft_it)
    talk.say("nadia", text)
    talk.say("pdurand", approve)
    assert draft(talk).given()
    talk.say("nadia", put_right)
    said = [
        each for each in talk.say("nadia", "!oui" if language == "fr" else "!yes") if each.key.startswith("fallen:")
    ]
    assert told in said[0].body.replace("\u00a0", " ")
    assert "14" in said[0].body.splitlines()[1], "which hour"
    assert draft(talk).given() == {}
    assert board in route(talk)
    (entry,) = said_of(talk, "fall")
    assert len(entry["hours_gone"]) == 1
    assert "!" in bodies(talk.say("pdurand", approve))
    assert draft(talk).given() == {}
    talk.say("nadia", text.replace("14 h 05", "13 h 20").replace("14:05", "13:20"))
    talk.say("pdurand", approve)
    assert draft(talk).given(), "the hour of today may be approved"


@pytest.mark.parametrize(
    ("put_right", "falls"), [("!constat 13h20", False), ("!constat hier 23h50", True)], ids=["same day", "day before"]
)
def test_so_does_a_day_of_which_no_hour_is_given(put_right: str, falls: bool) -> None:
    talk = talk_in_crisis()
    talk.say("nadia", "!rediger attente")
    blanks = "conséquence pour le public", "où se renseigner", "prochaine déclaration", "contact presse"
    talk.say("nadia", "!modifier 1 " + ", ".join(f"{name} = à dire" for name in blanks))
    assert "depuis le dimanche 22 novembre 2026 à un incident" in draft(talk).last.text.replace("\u00a0", " ")
    talk.say("pdurand", "!approuver 1")
    assert draft(talk).given()
    talk.say("nadia", put_right)
    said = [each for each in talk.say("nadia", "!oui") if each.key.startswith("fallen:")]
    assert bool(said) == falls
    assert bool(draft(talk).given()) != falls
    if falls:
        assert said[0].body.splitlines()[1].endswith("dimanche\u00a022\u00a0nov. 2026"), "the day alone"
        assert [entry["hours_gone"] for entry in said_of(talk, "fall")] == [["2026-11-22"]]
        assert "donne une date ou une heure qui a changé" in bodies(talk.say("pdurand", "!approuver 1"))


def test_the_end_of_a_crisis_is_no_longer_to_be_said_once_it_is_taken_up_again() -> None:
    talk = talk_in_crisis()
    talk.say("olivier", f"!oui {code_of(talk.say('claire', '!cloture tout est rétabli'))}")
    talk.say("nadia", "!rediger fin")
    names = "ce qui fonctionne de nouveau", "ce qui reste en suivi", "ce qui change", "date du bilan", "contact"
    talk.say("nadia", "!modifier 1 " + ", ".join(f"{name} = à dire" for name in names))
    assert "levée depuis le dimanche 22 novembre 2026" in draft(talk).last.text.replace("\u00a0", " ")
    for who in ("pdurand", "claire"):
        talk.say(who, "!approuver 1")
    assert draft(talk).approved_at is not None
    said = talk.say("olivier", f"!oui {code_of(talk.say('claire', '!reprendre le chiffrement reprend'))}")
    assert any(each.key.startswith("fallen:") for each in said)
    assert draft(talk).given() == {}
    assert "une date ou une heure qui a changé" in bodies(talk.say("claire", "!approuver 1"))
    assert draft(talk).given() == {}


def test_so_does_a_verdict_that_is_taken_back_or_weakened() -> None:
    for typed, who in (("!annuler", "olivier"), ("!probable F1 à revoir", "soline")):
        talk = talk_in_crisis()
        talk.say("karim", "!info Le laboratoire travaille sur papier")
        talk.say("nadia", "!rediger interne")
        talk.say("olivier", "!vrai F1 vu sur place")
        talk.say("nadia", "!modifier 1 Le laboratoire travaille sur papier")
        talk.say("pdurand", "!approuver 1")
        assert "Textes qui le reprennent" in bodies(talk.say(who, typed))
        assert draft(talk).given() == {}


def test_and_an_act_that_is_no_longer_proved() -> None:
    talk = talk_in_crisis(clocks=True)
    talk.say("pmartin", "!depose plainte PV 12")
    talk.say("nadia", "!rediger interne")
    talk.say("nadia", "!modifier 1 Une plainte a été déposée.")
    talk.say("pdurand", "!approuver 1")
    assert draft(talk).given()
    said = bodies(talk.say("pmartin", "!annuler"))
    assert "un acte n’est plus prouvé" in said
    assert draft(talk).given() == {}


# -- nobody else -------------------------------------------------------------------------------------------------------


def practice() -> Talk:
    doctor = Person("Claire Morel", matrix_id("claire"), (Role.DIRECTOR, Role.COORDINATOR))
    talk = talk_in_crisis(kind="medical_practice", roster=Roster((doctor,)))
    talk.say("claire", "!rediger attente")
    return talk


def test_whoever_is_alone_approves_their_own_text_by_saying_so_twice() -> None:
    talk = practice()
    said = talk.say("claire", f"!modifier 1 {TEXT}")
    assert "Personne d’autre que vous ne peut l’approuver" in bodies(said)
    first = code_of(talk.say("claire", "!approuver 1"))
    talk.say("claire", f"!oui {first}")
    assert draft(talk).given() == {}, "once is not enough"
    second = code_of(talk.wait(minutes=10))
    assert "décidé seul" in bodies(talk.say("claire", f"!oui {second}"))
    assert draft(talk).standing(4, talk.clock.now()) is TextStanding.APPROVED
    assert "décidé seul" in route(talk)
    (record,) = said_of(talk, "approve")
    assert record["alone"] is True
    assert "déjà approuvé" in bodies(talk.say("claire", "!approuver 1"))
    asked = talk.say("claire", "!diffuser 1 affiche")
    assert "diffusé par" in bodies(talk.say("claire", f"!oui {code_of(asked)}"))


def test_a_text_that_changed_in_between_is_not_approved_by_the_second_code() -> None:
    talk = practice()
    talk.say("claire", f"!modifier 1 {TEXT}")
    talk.say("claire", f"!oui {code_of(talk.say('claire', '!approuver 1'))}")
    talk.clock.pass_(timedelta(minutes=1))
    talk.say("claire", "!modifier 1 Un autre texte.")
    second = code_of(talk.wait(minutes=10))
    assert "elle est remplacée" in bodies(talk.say("claire", f"!oui {second}"))
    assert draft(talk).given() == {}


def test_where_a_second_person_can_the_author_may_not() -> None:
    people = (
        Person("Claire Morel", matrix_id("claire"), (Role.DIRECTOR,)),
        Person("Nadia Benali", matrix_id("nadia"), (Role.DIRECTOR,)),
    )
    talk = talk_in_crisis(kind="medical_practice", roster=Roster(people))
    talk.say("claire", "!rediger attente")
    talk.say("claire", f"!modifier 1 {TEXT}")
    assert "Peuvent le faire\u00a0: Nadia Benali" in bodies(talk.say("claire", "!approuver 1"))
    assert "approuvé par tous" in bodies(talk.say("nadia", "!approuver 1"))


# -- several blanks at once --------------------------------------------------------------------------------------------


def test_several_blanks_make_one_version_and_three_messages() -> None:
    talk = talk_in_crisis()
    talk.say("pdurand", "!rediger interne")
    said = talk.say(
        "pdurand", "!modifier C1 services = urgences, bloc, contact = 5555, heure du prochain message = 18 h"
    )
    assert draft(talk).last.number == 2
    assert "[À COMPLÉTER" not in draft(talk).last.text
    assert "urgences, bloc" in draft(talk).last.text
    posted = [each for each in said if each.kind == "message"]
    assert [each.key.partition(":")[0] for each in posted if each.edits is None] == ["draft", "reply"]
    assert [each.edits for each in posted if each.edits] == ["board:INC-2026-001:C1:1"]


def test_a_blank_that_does_not_exist_changes_nothing() -> None:
    talk = talk_in_crisis()
    talk.say("pdurand", "!rediger attente")
    for typed in ("presse = 01", "contact presse = 01, standard = 02", "contact presse ="):
        said = bodies(talk.say("pdurand", f"!modifier 1 {typed}"))
        assert "Il reste à remplir\u00a0: conséquence pour le public" in said
    assert draft(talk).last.number == 1


NAMES = ("services touchés", "contact presse", "numéro, ou adresse")


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("contact presse : 01 02", {"contact presse": "01 02"}),
        ("Contact presse: 01, services touches : urgences, bloc", {"contact presse": "01", NAMES[0]: "urgences, bloc"}),
        ("services=a, b\ncontact=c", {"services touchés": "a, b", "contact presse": "c"}),
        ("numéro, ou adresse = 5 ; contact = 6", {"numéro, ou adresse": "5", "contact presse": "6"}),
        ("[contact presse] = https://exemple.fr/a=b", {"contact presse": "https://exemple.fr/a=b"}),
    ],
)
def test_values_are_read_as_they_are_typed(typed: str, found: dict[str, str]) -> None:
    values = read(typed, NAMES)
    assert values is not None
    assert (dict(values.by_name), values.unknown) == (found, None)


@pytest.mark.parametrize(
    "typed", ["Un texte tout neuf.", "Bonjour : voici.", "contact presse : 01\nLes soins continuent.", "Rien"]
)
def test_a_whole_text_is_no_value(typed: str) -> None:
    assert read(typed, NAMES) is None


# -- what a release meets ----------------------------------------------------------------------------------------------


def test_the_release_of_the_first_staff_message_closes_the_clock_that_waits_for_it() -> None:
    talk = talk_in_crisis(clocks=True)
    talk.say("nadia", "!rediger interne")
    talk.say("nadia", "!modifier 1 Laissez tout en l’état.")
    for who in ("pdurand", "karim", "claire"):
        talk.say(who, "!approuver 1")
    assert "interne est tenue" in bodies(publish(talk))
    clock = talk.cell.clocks["HOUSE-STAFF-MESSAGE"]
    assert (clock.status, clock.reference) == (ClockStatus.CLOSED, draft(talk).heading)
    assert clock.next_at is None
    assert talk.cell.clocks["HOUSE-HOLDING"].status is ClockStatus.RUNNING
    filed = [
        dict(e.content) for e in talk.entries() if e.kind == "deadline" and e.content and e.content["id"] == clock.id
    ]
    assert filed[-1]["action"] == "file"


def test_nor_does_haste_spare_whoever_is_alone_the_second_time() -> None:
    talk = practice()
    talk.say("claire", "!rediger interne")
    talk.say("claire", f"!modifier 2 {TEXT}")
    asked = talk.say("claire", "!approuver 2 --urgence le chiffrement avance")
    assert "deux fois" in bodies(asked)
    assert draft(talk, 2).given() == {}
    talk.say("claire", f"!oui {code_of(asked)}")
    assert draft(talk, 2).given() == {}, "once is not enough"
    talk.say("claire", f"!oui {code_of(talk.wait(minutes=10))}")
    assert draft(talk, 2).standing(4, talk.clock.now()) is TextStanding.APPROVED


def test_in_haste_nobody_passes_over_who_is_against() -> None:
    talk = talk_in_crisis()
    talk.say("pdurand", "!rediger interne")
    talk.say("pdurand", f"!modifier 1 {TEXT}")
    talk.say("karim", "!rejeter 1 le numéro est faux")
    assert "Karim Haddad est contre" in bodies(talk.say("claire", "!approuver 1 --urgence vite"))
    assert draft(talk).given() == {}


def test_what_waits_for_nobody_is_not_approved_in_haste() -> None:
    talk = talk_in_crisis()
    talk.say("pdurand", "!rediger interne")
    talk.say("pdurand", f"!modifier 1 {TEXT}")
    assert "en urgence" in bodies(talk.say("claire", "!approuver 1 --urgence vite"))
    assert "déjà approuvé" in bodies(talk.say("claire", "!approuver 1 --urgence encore"))
    assert len(said_of(talk, "approve")) == 1


def test_another_account_of_the_author_is_the_author() -> None:
    author = next(person for person in ROSTER if person.localpart == "pdurand")
    twin = Person(author.name, matrix_id("durand2"), (Role.COMMUNICATION,))
    talk = talk_in_crisis("claire", "pdurand", "durand2", roster=Roster((*ROSTER, twin)))
    talk.say("pdurand", "!rediger interne")
    talk.say("pdurand", f"!modifier 1 {TEXT}")
    assert "quelqu’un d’autre" in bodies(talk.say("durand2", "!approuver 1"))
    assert draft(talk).given() == {}


def test_a_correction_stands_whole_in_a_message_like_any_text() -> None:
    talk = talk_in_crisis()
    talk.say("nadia", "!rediger attente")
    talk.say("nadia", f"!modifier 1 {TEXT}")
    for who in ("pdurand", "pmartin", "claire"):
        talk.say(who, "!approuver 1")
    publish(talk)
    assert draft(talk).releases
    assert "trop long" in bodies(talk.say("nadia", f"!correctif 1 {'Les soins continuent. ' * 1000}"))
    assert set(talk.cell.drafts) == {1}


def test_a_text_that_was_drafted_from_it_and_written_anew_is_to_be_read_again(used: Talk) -> None:
    """In other words it may still say so: nobody but its readers can tell, and they are told."""
    used.say("nadia", "!rediger suivi")
    assert draft(used, 4).last.facts == (1,)
    used.say("nadia", "!modifier 4 Le laboratoire rend ses résultats à la main. Prochain message demain à 10 h.")
    assert draft(used, 4).last.facts == ()
    for who in ("pdurand", "claire"):
        used.say(who, "!approuver 4")
    given = draft(used, 4).given()
    said = used.say("soline", "!faux F1 le laboratoire est fermé")
    (told,) = [each for each in said if "Textes qui le reprennent" in each.body]
    line = next(each for each in told.body.replace("\u00a0", " ").splitlines() if each.startswith("- C4 v2"))
    assert line.endswith("approuvé, rédigé d’abord d’après F1 puis réécrit : relisez-le")
    assert draft(used, 4).given() == given, "what is approved no longer says it word for word"
