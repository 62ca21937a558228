"""Communications against the real engine: what a vote is bound to, who may cast it, what leaves and what the log says."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from bot.domain.drafts import Draft
from bot.domain.roles import Role
from bot.domain.roster import Person, Roster
from bot.export.folder import write
from bot.export.verify import verify
from bot.store.source import StoreSource
from tests.commands.cast import ROSTER, matrix_id
from tests.commands.harness import Said, Talk, played_once, talk_in_crisis

TEXT = "Le CH de Val-Fleuri fait face à un incident informatique. Les soins continuent."


@pytest.fixture
@played_once
def talk() -> Talk:
    """A holding statement, written by communication, ready to be approved by coordinator, legal and director."""
    talk = talk_in_crisis()
    talk.say("pdurand", "!rediger attente")
    talk.say("pdurand", f"!modifier 1 {TEXT}")
    return talk


def draft(talk: Talk, number: int = 1) -> Draft:
    return talk.cell.drafts[number]


def shown(talk: Talk) -> Said:
    """The message that shows the newest version."""
    return [said for said in talk.said if said.key.startswith("draft:")][-1]


def records(talk: Talk) -> Iterator[dict[str, Any]]:
    return (dict(entry.content) for entry in talk.entries() if entry.kind == "draft" and entry.content is not None)


def bodies(said: list[Said]) -> str:
    return "\n".join(each.body for each in said if each.edits is None)


FIRST = "!ecarter C1 la presse publie dans dix minutes"
"""Neither staff nor partners have heard anything, and somebody says why this text goes first."""


def publish(talk: Talk, who: str, channel: str = "", room: str = "cell") -> list[Said]:
    talk.say(who, FIRST, room)
    asked = talk.say(who, f"!diffuser 1 {channel}".strip(), room)
    code = re.search(r"!oui (\d{4})", bodies(asked))
    return talk.say(who, f"!oui {code[1]}", room) if code else asked


def approve_all(talk: Talk) -> None:
    for who in ("pmartin", "olivier", "claire"):
        talk.say(who, "!approuver 1")


# -- what is shown -----------------------------------------------------------------------------------------------------


def test_a_version_is_a_message_of_its_own_headed_by_its_hash(talk: Talk) -> None:
    message = shown(talk)
    digest = hashlib.sha256(TEXT.encode()).hexdigest()
    assert message.body.splitlines()[0] == f"C1 v2 · {digest[:8]}"
    assert TEXT in message.body
    approve_all(talk)
    publish(talk, "pdurand", "site")
    versions = {said.key for said in talk.said if said.key.startswith("draft:")}
    assert not [said for said in talk.said if said.edits in versions], "what is voted on is never edited"


def test_every_character_is_shown(talk: Talk) -> None:
    typed = "Un.\n\n- <b>deux</b> & “trois”\n- l’été\u00a0: 100\u00a0€\n\n* quatre _cinq_ `six`"
    talk.say("pdurand", f"!modifier 1 {typed}")
    assert draft(talk).last.text == typed
    assert f"\n{typed}\n" in shown(talk).body
    assert "<b>" not in shown(talk).html


def test_the_route_follows_every_vote(talk: Talk) -> None:
    said = talk.say("pmartin", "!approuver 1")
    (edit,) = [each for each in said if each.edits and each.edits == "board:INC-2026-001:C1:1"]
    assert "✅ juriste\u00a0: Paul Martin, 22/11\u00a014\u00a0h\u00a005" in edit.body
    assert "◻️ directeur de crise\u00a0: Claire Morel" in edit.body


def test_later_comers_get_the_open_routes_anew_and_not_the_old_ones(talk: Talk) -> None:
    talk.notice("new_device", {"user": matrix_id("claire"), "device": "NEW", "signed": False})
    posted = [said.key for said in talk.wait(minutes=3) if said.kind == "message" and said.edits is None]
    assert [key for key in posted if ":C1:" in key] == ["board:INC-2026-001:C1:2"]


# -- what a vote is bound to -------------------------------------------------------------------------------------------


def test_an_approval_typed_before_the_new_version_was_shown_is_about_the_old_one(talk: Talk) -> None:
    talk.holding = True
    talk.say("pdurand", "!modifier 1 Un autre texte.")
    refused = talk.post("pmartin", "!approuver 1")
    talk.settle()
    talk.holding = False
    said = talk.settle()
    (answer,) = [each for each in said if each.reply_to == refused]
    assert "sur la version 2" in answer.body
    assert draft(talk).given() == {}


def test_a_vote_that_the_homeserver_took_before_the_version_does_not_count(talk: Talk) -> None:
    talk.clock.pass_(timedelta(minutes=1))
    talk.say("pdurand", "!modifier 1 Un autre texte.")
    said = talk.say("pmartin", "!approuver 1", ago=timedelta(seconds=30))
    assert "sur la version 2" in bodies(said)
    assert draft(talk).given() == {}
    assert "approuvé par Paul Martin" in bodies(talk.say("pmartin", "!approuver 1"))


def test_the_version_may_be_named_with_its_hash(talk: Talk) -> None:
    heading = draft(talk).heading
    assert "n’est pas une version" in bodies(talk.say("pmartin", "!approuver C1 v2 · 00000000"))
    assert "approuvé par Paul Martin" in bodies(talk.say("pmartin", f"!approuver {heading}"))


def test_a_vote_on_an_old_message_is_refused_after_a_change(talk: Talk) -> None:
    old = shown(talk)
    talk.say("pdurand", "!modifier 1 Un autre texte.")
    for sign in ("✅", "❌"):
        assert "elle est remplacée" in bodies(talk.react("pmartin", sign, old.event_id))
    assert draft(talk).given() == {}
    assert draft(talk).objections == ()


def test_a_change_voids_what_was_approved(talk: Talk) -> None:
    approve_all(talk)
    talk.say("nadia", "!modifier 1 Un autre texte.")
    assert "n’est pas encore approuvé" in bodies(talk.say("pdurand", "!diffuser 1"))
    # Paul wrote the version before, not this one: he may approve it now.
    assert "approuvé par Paul Durand" in bodies(talk.say("pdurand", "!approuver 1"))


def test_a_change_between_the_question_and_the_yes_stops_the_release(talk: Talk) -> None:
    approve_all(talk)
    talk.say("pdurand", FIRST)
    asked = talk.say("pdurand", "!diffuser 1 site")
    code = re.search(r"!oui (\d{4})", bodies(asked))
    assert code
    talk.clock.pass_(timedelta(minutes=1))
    talk.say("olivier", "!modifier 1 Un autre texte.")
    for who in ("pmartin", "pdurand", "claire"):
        talk.say(who, "!approuver 1")
    said = talk.say("pdurand", f"!oui {code[1]}")
    assert draft(talk).releases == ()
    assert "elle est remplacée" in bodies(said)


def test_in_reply_to_a_version_no_number_is_needed(talk: Talk) -> None:
    old = shown(talk)
    talk.say("pdurand", "!modifier Un texte tout neuf.", reply_to=old.event_id)
    assert draft(talk).last.text == "Un texte tout neuf."
    refused = bodies(talk.say("pmartin", "!approuver", reply_to=old.event_id))
    assert "sur la version 2" in refused, "they answered the old text"
    for who in ("pmartin", "olivier", "claire"):
        talk.say(who, "!approuver", reply_to=shown(talk).event_id)
    talk.say("pdurand", FIRST)
    asked = talk.say("pdurand", "!diffuser site de secours", reply_to=shown(talk).event_id)
    code = re.search(r"!oui (\d{4})", bodies(asked))
    assert code
    talk.say("pdurand", f"!oui {code[1]}")
    assert [each.channel for each in draft(talk).releases] == ["site de secours"]


# -- who ---------------------------------------------------------------------------------------------------------------


def test_the_author_never_approves(talk: Talk) -> None:
    assert "quelqu’un d’autre" in bodies(talk.say("pdurand", "!approuver 1"))
    assert "quelqu’un d’autre" in bodies(talk.react("pdurand", "✅", shown(talk).event_id))
    assert "quelqu’un d’autre" in bodies(talk.say("pdurand", "!rejeter 1 non"))


def test_the_last_approval_is_typed(talk: Talk) -> None:
    event = shown(talk).event_id
    talk.react("pmartin", "✅", event)
    talk.react("olivier", "✅\ufe0f", event)
    said = talk.react("claire", "✅🏽", event)
    assert "tapez `!approuver 1`" in bodies(said)
    assert draft(talk).missing(4) == (Role.DIRECTOR,)
    assert "approuvé par tous" in bodies(talk.say("claire", "!approuver 1"))


def test_one_who_holds_several_roles_gives_several_approvals() -> None:
    people = (
        Person("Claire Morel", matrix_id("claire"), (Role.DIRECTOR, Role.LEGAL, Role.COMMUNICATION)),
        Person("Nadia Benali", matrix_id("nadia"), (Role.SCRIBE,)),
    )
    talk = talk_in_crisis(roster=Roster(people))
    talk.say("nadia", "!rediger attente")
    talk.say("nadia", f"!modifier 1 {TEXT}")
    assert "approuvé par tous" in bodies(talk.say("claire", "!approuver 1"))
    (record,) = [each for each in records(talk) if each["action"] == "approve"]
    assert record["after"]["roles"] == ["communication", "legal", "director"]


def test_the_staff_message_needs_the_director_from_severity_three() -> None:
    talk = talk_in_crisis()
    talk.say("nadia", "!rediger interne")
    talk.say("nadia", "!modifier 1 Laissez tout en l’état.")
    talk.say("pdurand", "!approuver 1")
    said = talk.say("karim", "!approuver 1")
    assert "Il manque\u00a0: Claire Morel" in bodies(said), "it was opened at severity 4"


def test_observers_and_strangers_vote_on_nothing(talk: Talk) -> None:
    talk.say("claire", "!role @oscar observateur")
    talk.join("oscar")
    talk.say("oscar", "!approuver 1")
    assert "pas sur la liste" in bodies(talk.react("@mallory:ailleurs.example", "✅", shown(talk).event_id))
    assert draft(talk).approvals == ()


def test_a_vote_from_a_direct_room_counts_and_the_cell_sees_it(talk: Talk) -> None:
    said = talk.say("pmartin", "!approuver 1", "dm:pmartin")
    assert "approuvé par Paul Martin" in bodies(said)
    assert any(each.edits and each.room == "cell" for each in said)


# -- against -----------------------------------------------------------------------------------------------------------


def test_against_is_counted_at_once_and_asked_why(talk: Talk) -> None:
    why = talk.react("pmartin", "❌", shown(talk).event_id)
    assert "Pourquoi" in bodies(why)
    assert [o.reason for o in draft(talk).against()] == [None]
    question = next(each for each in why if "Pourquoi" in each.body)
    assert bodies(talk.say("olivier", "je suis d’accord avec lui", reply_to=question.event_id)) == ""
    talk.say("pmartin", "il manque l’heure", reply_to=question.event_id)
    assert [o.reason for o in draft(talk).against()] == ["il manque l’heure"]
    assert [each["action"] for each in records(talk)][-2:] == ["reject", "reject"]


def test_a_vote_can_be_taken_back(talk: Talk) -> None:
    approve_all(talk)
    assert "votre vote ne compte plus" in bodies(talk.say("pmartin", "!annuler"))
    assert draft(talk).missing(4) == (Role.LEGAL,)
    assert draft(talk).approved_at is None
    assert [each["action"] for each in records(talk)][-1] == "undo"
    assert "n’est pas encore approuvé" in bodies(talk.say("pdurand", "!diffuser 1"))
    talk.say("pdurand", "!modifier 1 Un autre texte.")
    assert "changé" in bodies(talk.say("claire", "!annuler"))


# -- time --------------------------------------------------------------------------------------------------------------


def test_an_approval_not_used_for_a_day_is_void(talk: Talk) -> None:
    approve_all(talk)
    said = talk.wait(hours=24, seconds=1)
    assert "il est à approuver de nouveau" in bodies(said)
    assert [each["action"] for each in records(talk)][-1] == "expire"
    assert "n’est pas encore approuvé" in bodies(talk.say("pdurand", "!diffuser 1"))
    assert not any("à approuver de nouveau" in each.body for each in talk.wait(hours=24))
    approve_all(talk)
    assert "diffusé par" in bodies(publish(talk, "pdurand"))


def test_a_release_is_not_undone_by_time(talk: Talk) -> None:
    approve_all(talk)
    publish(talk, "pdurand", "site")
    assert "à approuver de nouveau" not in bodies(talk.wait(hours=48))


# -- release -----------------------------------------------------------------------------------------------------------


def test_the_release_gives_exactly_the_text_and_logs_it(talk: Talk) -> None:
    approve_all(talk)
    said = publish(talk, "pdurand", "site de secours")
    assert TEXT in [each.body for each in said]
    record = list(records(talk))[-1]
    assert record["action"] == "publish"
    assert record["after"]["sha256"] == hashlib.sha256(TEXT.encode()).hexdigest()
    assert record["after"]["channel"] == "site de secours"
    assert record["after"]["mode"] == "copy"
    assert record["after"]["approved_by"] == [matrix_id(who) for who in ("claire", "olivier", "pmartin")]


def test_nothing_leaves_a_drill_unmarked() -> None:
    talk = Talk()
    talk.say("claire", "!incident rancongiciel Essai --exercice --gravite 4", "alert")
    talk.join(*(p.localpart for p in ROSTER if Role.OBSERVER not in p.roles))
    talk.say("pdurand", "!rediger attente")
    talk.say("pdurand", f"!modifier 1 {TEXT}")
    approve_all(talk)
    said = publish(talk, "pdurand")
    assert f"EXERCICE · {TEXT}" in [each.body for each in said]


def test_a_fact_drawn_in_must_stay_verified(talk: Talk) -> None:
    talk.say("karim", "!info Le laboratoire travaille sur papier")
    talk.say("olivier", "!vrai F1 vu sur place")
    talk.say("karim", "!info Une rumeur de plus")
    talk.say("pdurand", "!rediger interne")
    assert "- Le laboratoire travaille sur papier\n" in draft(talk, 2).last.text
    assert "rumeur" not in draft(talk, 2).last.text
    assert draft(talk, 2).last.facts == (1,)
    for blank in ("services touchés", "contact pour signaler", "heure du prochain message"):
        talk.say("pdurand", f"!modifier 2 {blank} : 5555")
    assert draft(talk, 2).last.facts == (1,)
    talk.say("olivier", "!approuver 2")
    talk.say("olivier", "!faux F1 le laboratoire est fermé")
    assert "qui n’est plus vérifié" in bodies(talk.say("karim", "!approuver 2"))


def test_an_act_is_stated_once_a_clock_proves_it(talk: Talk) -> None:
    assert "autorités" not in draft(talk).versions[0].text
    talk.say("pdurand", "!modifier 1 Les autorités ont été informées.")
    assert "acte que rien ne prouve encore" in bodies(talk.say("pmartin", "!brouillon 1"))


# -- the incident file -------------------------------------------------------------------------------------------------


def test_each_version_leaves_as_a_file_of_exactly_its_text(talk: Talk, tmp_path: Any) -> None:
    approve_all(talk)
    publish(talk, "pdurand")
    incident = talk.incident
    with talk.db.reading() as session:
        folder = write(StoreSource(session, talk.tools.passphrase), incident, tmp_path)
    for version in draft(talk).versions:
        data = (folder / "drafts" / f"C1-v{version.number}.md").read_bytes()
        assert hashlib.sha256(data).hexdigest() == version.sha256
    assert verify(folder).intact


def test_an_incident_goes_back_to_its_first_sign_though_the_attack_was_known_later() -> None:
    talk = talk_in_crisis()
    for moment in ("!constat 9h", "!attaque 13h"):
        talk.say("claire", moment)
        talk.say("claire", "!oui")
    talk.say("pdurand", "!rediger interne")
    assert "depuis le dimanche 22\u00a0novembre 2026 à 9\u00a0h\u00a000" in draft(talk).last.text
