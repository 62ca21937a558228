"""Texts that the bot itself sends: to whom, after what, once, and never to the public."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from bot.channels.senders import Senders
from bot.domain.drafts import ReleaseMode
from bot.domain.outlets import Outlet, Sent
from bot.domain.roster import Roster
from bot.store import rooms, sends
from bot.store.draft_tables import TextSendRow
from bot.store.rooms import Room
from tests.commands.cast import ROSTER, SERVER, matrix_id
from tests.commands.gateway import Gateway
from tests.commands.harness import Said, Talk, messages, talk_in_crisis

STAFF = ("+33 6 10 00 00 01", "+33 6 10 00 00 02", "+33 6 10 00 00 03")
SMS = Outlet("sms", frozenset({"staff"}), STAFF)
ROOM = Outlet("#staff", frozenset({"staff"}))
TEXT = "Incident informatique. N’allumez rien, appelez le 55."
INCIDENT = "INC-2026-001"


def with_outlets(talk: Talk, outlets: tuple[Outlet, ...] = (SMS, ROOM)) -> None:
    people = tuple(replace(p, phone="+33 6 00 00 00 77") for p in ROSTER)
    talk.tools = replace(talk.tools, roster=Roster(people), outlets=outlets, readers=lambda _: 214)
    talk.engine._tools = talk.tools


def crisis(outlets: tuple[Outlet, ...] = (SMS, ROOM), *, drill: bool = False, url: str = "", **more: Any) -> Talk:
    present = ("claire", "olivier", "karim", "pmartin", "pdurand")
    talk = Talk(**({"url": url} if url else {})) if drill or url else talk_in_crisis(*present, **more)
    if drill or url:
        talk.say("claire", f"!incident rancongiciel Urgences --gravite 4{' --exercice' if drill else ''}", "alert")
        talk.join(*present)
    with_outlets(talk, outlets)
    with talk.db.transaction() as session:
        rooms.put(session, Room("staff", f"!staff:{SERVER}", "staff", None, None, encrypted=True, left=False))
    return talk


def approved(talk: Talk, text: str = TEXT) -> None:
    talk.say("pdurand", "!rediger interne")
    talk.say("pdurand", f"!modifier 1 {text}")
    for who in ("olivier", "karim", "claire"):
        talk.say(who, "!approuver 1")


def senders(talk: Talk, there: Gateway, **more: Any) -> Senders:
    more = {"within": 120.0, **more}  # no outcome depends on how busy the machine is
    return Senders(talk.db, talk.clock, talk.tools, {"sms": there.url}, lambda: None, **more)


def code(said: list[Said]) -> str:
    found = re.search(r"!oui (\d{4})", "\n".join(s.body for s in said))
    assert found
    return found[1]


def results(said: list[Said]) -> list[Said]:
    """What the bot says became of what it sent."""
    return [each for each in messages(said) if each.key.startswith("sent:")]


def kept(talk: Talk) -> list[Sent]:
    with talk.db.reading() as session:
        return sends.of_draft(session, INCIDENT, 1)


def logged(talk: Talk, action: str) -> list[dict[str, Any]]:
    found = [e.content for e in talk.entries() if e.kind == "draft" and e.content]
    return [each["after"] for each in found if each["action"] == action]


async def tried(talk: Talk, there: Gateway) -> None:
    talk.say("pdurand", "!diffuser 1 sms essai")
    assert await senders(talk, there).work() == 1
    talk.settle()


async def asked(talk: Talk, there: Gateway) -> None:
    """Approved, tried, asked for by who communicates, and a director has said yes."""
    approved(talk)
    await tried(talk, there)
    talk.say("claire", f"!oui {code(talk.say('pdurand', '!diffuser 1 sms'))}")


async def test_it_goes_after_a_trial_and_a_directors_word_to_each_once_to_the_letter(there: Gateway) -> None:
    talk = crisis()
    approved(talk)
    assert "D’abord un essai" in talk.say("pdurand", "!diffuser 1 sms")[0].body
    assert "…77" in talk.say("pdurand", "!diffuser 1 sms essai")[0].body
    made = senders(talk, there)
    await made.work()
    assert [(path, said["message"]) for path, said in there.said] == [("/+33600000077", TEXT)]
    assert "S’il est bien arrivé" in talk.settle()[0].body
    question = talk.say("pdurand", "!diffuser 1 sms")
    assert question[0].rings == (matrix_id("claire"),)
    assert "à 3 destinataires" in question[0].body
    assert TEXT in question[0].body
    assert "Ce n’est pas à vous" in talk.say("karim", f"!oui {code(question)}")[0].body, (
        "a director's word, and no other"
    )
    assert await made.work() == 0
    begun = talk.say("claire", f"!oui {code(question)}")
    assert any("envoi par" in s.body for s in begun)
    assert await made.work() == 3
    assert await made.work() == 0
    assert [path for path, _ in there.said[1:]] == [f"/{to.replace(' ', '')}" for to in STAFF]
    assert {said["message"] for _, said in there.said} == {TEXT}
    (result,) = results(talk.settle())
    assert "3 remis à la passerelle" in result.body
    assert [(each["state"], each["to"]) for each in logged(talk, "sent")] == [
        ("sent", "…77"), ("sent", "…01"), ("sent", "…02"), ("sent", "…03"),
    ]  # fmt: skip
    (release,) = talk.cell.drafts[1].releases
    assert (release.mode, release.channel) == (ReleaseMode.SENT, "sms")
    assert logged(talk, "publish")[0]["by_order_of"] == matrix_id("claire")
    assert logged(talk, "publish")[0]["recipients"] == 3
    assert "déjà été envoyé à tous" in talk.say("pdurand", "!diffuser 1 sms")[0].body
    with talk.db.reading() as session:
        assert session.connection().exec_driver_sql("SELECT count(address) FROM text_send").scalar() == 0
    assert not [e for e in talk.entries() if "6 10 00 00" in json.dumps(e.content)], "a number is nobody's to read"


async def test_a_director_who_asks_says_yes_themselves(there: Gateway) -> None:
    talk = crisis()
    approved(talk)
    talk.say("claire", "!diffuser 1 sms essai")
    await senders(talk, there).work()
    talk.settle()
    talk.say("claire", f"!oui {code(talk.say('claire', '!diffuser 1 sms'))}")
    assert await senders(talk, there).work() == 3


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ("attente", "Je n’envoie rien aux patients ni à la presse"),
        ("acces-soins", "Je n’envoie rien aux patients ni à la presse"),
        ("ars", "Je n’envoie rien à une autorité"),
        ("partenaires", "« sms » n’est pas ouvert à ce texte"),
    ],
)
@pytest.mark.parametrize("typed", ["sms", "SMS essai", "salon du personnel"])
def test_nothing_is_sent_to_patients_press_or_authorities(template: str, words: str, typed: str) -> None:
    talk = crisis()
    assert talk.say("pdurand", f"!rediger {template}")[0].body.startswith("C1")
    body = talk.say("pdurand", f"!diffuser 1 {typed}")[0].body.replace("\u00a0", " ")
    assert (
        words.replace("« sms » n’est", "Le salon du personnel n’est" if "salon" in typed else "« sms » n’est") in body
    )
    assert "!diffuser 1 affiche" in body
    assert kept(talk) == []


def test_in_a_drill_nothing_leaves() -> None:
    talk = crisis(drill=True)
    approved(talk)
    for typed in ("sms", "sms essai", "salon"):
        assert "rien ne sort" in talk.say("pdurand", f"!diffuser 1 {typed}")[0].body


def test_what_is_not_approved_is_not_even_tried() -> None:
    talk = crisis()
    talk.say("pdurand", "!rediger interne")
    talk.say("pdurand", "!modifier 1 N’allumez rien.")
    for typed in ("sms essai", "sms", "salon", "salon essai"):
        assert "pas encore approuvé" in talk.say("pdurand", f"!diffuser 1 {typed}")[0].body
    assert kept(talk) == []


async def test_what_died_in_between_is_unknown_and_never_sent_again_what_failed_is_on_demand(there: Gateway) -> None:
    class Died(BaseException):
        pass

    passed: list[str] = []

    def die(name: str) -> None:
        passed.append(name)
        if passed.count("text-made") == 2:
            raise Died

    talk = crisis()
    await asked(talk, there)
    before = len(there.said)
    with pytest.raises(Died):
        await senders(talk, there, step=die).work()
    assert len(there.said) == before + 2
    again = senders(talk, there)
    assert await again.give_up() == 1
    there.answer = 500
    assert await again.work() == 1
    assert [each.state.value for each in kept(talk) if not each.trial] == ["sent", "unknown", "failed"]
    (result,) = results(talk.settle())
    assert "1 remis à la passerelle, 1 refusé ou sans réponse, 1 d’issue inconnue" in result.body
    assert "je ne les renvoie pas\u00a0: …02" in result.body
    assert "Pas reçu\u00a0: …03" in result.body
    there.answer = 200
    question = talk.say("pdurand", "!diffuser 1 sms")
    assert "à 1 destinataire," in question[0].body
    register = talk.say("pdurand", "!diffusions 1")[0].body.replace("\u00a0", " ")
    assert "« sms » : 1 remis, pas reçu : …03, issue inconnue : …02." in register
    assert "envoyé par le bot" in register
    assert "2 autres personnes l’ont déjà" in question[0].body
    talk.say("claire", f"!oui {code(question)}")
    sofar = len(there.said)
    await again.work()
    assert [path for path, _ in there.said[sofar:]] == ["/+33610000003"]


async def test_what_waited_in_a_copy_that_came_back_is_unknown(there: Gateway) -> None:
    talk = crisis()
    await asked(talk, there)
    before = len(there.said)
    with talk.db.transaction() as session:
        sends.restored(session)
    again = senders(talk, there)
    assert await again.give_up() == 3
    assert await again.work() == 0
    assert len(there.said) == before
    assert [each.state.value for each in kept(talk) if not each.trial] == ["unknown"] * 3


async def test_a_channel_that_is_named_no_more_sends_nothing_says_so_and_keeps_no_number(there: Gateway) -> None:
    talk = crisis()
    await asked(talk, there)
    with talk.db.reading() as session:
        assert sends.unended(session)
    assert await Senders(talk.db, talk.clock, talk.tools, {}, lambda: None).work() == 0
    with talk.db.reading() as session:
        assert not sends.unended(session)
        assert {row.address for row in session.scalars(select(TextSendRow))} == {None}
    (result,) = results(talk.settle())
    assert "3 non essayés" in result.body


async def test_a_gateway_that_is_down_is_not_asked_for_hours(there: Gateway) -> None:
    many = replace(SMS, recipients=tuple(f"+33 6 10 00 01 {n:02d}" for n in range(20)))
    talk = crisis(outlets=(many,))
    await asked(talk, there)
    there.answer = 500
    before = len(there.said)
    await senders(talk, there).work()
    assert len(there.said) - before == 5
    (result,) = results(talk.settle())
    assert "5 refusés ou sans réponse, 15 non essayés" in result.body


@pytest.mark.parametrize("how", ["!correctif 1 retrait le numéro est faux", "!modifier 1 Appelez le 56."])
async def test_what_is_changed_or_taken_down_meanwhile_is_not_sent(there: Gateway, how: str) -> None:
    talk = crisis()
    await asked(talk, there)
    before = len(there.said)
    talk.say("pdurand", how)
    assert await senders(talk, there).work() == 0
    assert len(there.said) == before
    assert [each.state.value for each in kept(talk) if not each.trial] == ["dropped"] * 3


async def test_what_waited_too_long_is_not_sent(there: Gateway) -> None:
    talk = crisis()
    await asked(talk, there)
    talk.clock.pass_(timedelta(hours=3))
    assert await senders(talk, there).work() == 0


def test_the_staff_room_gets_the_very_words_once_and_the_log_says_so() -> None:
    talk = crisis()
    approved(talk)
    assert TEXT in talk.say("pdurand", "!diffuser 1 salon essai")[0].body
    question = talk.say("pdurand", "!diffuser 1 salon du personnel")
    assert "lu par 214 personnes" in question[0].body
    said = talk.say("claire", f"!oui {code(question)}")
    (posted,) = [s for s in said if s.room == "staff"]
    assert (posted.body, posted.msgtype, posted.rings) == (TEXT, "m.text", ())
    assert [each["state"] for each in logged(talk, "sent")] == ["sent"]
    assert any("est dans le salon du personnel" in s.body for s in said)
    assert "déjà été envoyé au salon" in talk.say("pdurand", "!diffuser 1 salon")[0].body


@pytest.mark.parametrize("how", ["!correctif 1 retrait le numéro est faux", "!modifier 1 Appelez le 56."])
def test_what_is_taken_back_while_the_homeserver_is_away_never_stands_in_the_staff_room(how: str) -> None:
    talk = crisis()
    approved(talk)
    question = talk.say("claire", "!diffuser 1 salon")
    talk.holding = True
    talk.say("claire", f"!oui {code(question)}")
    talk.say("pdurand", how)
    talk.holding = False
    said = talk.settle()
    assert [s for s in said if s.room == "staff"] == []
    assert [each["state"] for each in logged(talk, "sent")] == ["dropped"]
    (told,) = [s for s in said if "n’est pas parti dans le salon du personnel" in s.body.replace("\u00a0", " ")]
    assert "Copiez-le" not in told.body


def test_where_the_staff_room_cannot_be_reached_it_is_said() -> None:
    talk = crisis()
    approved(talk)
    question = talk.say("claire", "!diffuser 1 salon")
    talk.holding = True
    talk.say("claire", f"!oui {code(question)}")
    key = f"staff:{INCIDENT}:1:{kept(talk)[0].turn}"
    talk.holding = False
    told = talk.notice("undeliverable", {"room_key": "staff", "kind": "message", "key": key, "why": "not_in_room"})
    assert any("n’a pas pu être mis dans le salon" in s.body for s in told)
    with talk.db.transaction() as session:
        rooms.forget(session, "staff")
    assert "Je ne suis pas dans le salon" in talk.say("claire", "!diffuser 1 salon")[0].body


def test_what_people_say_in_the_staff_room_is_nobodys_command_and_in_no_log() -> None:
    talk = crisis()
    before = len(talk.entries())
    assert talk.say("claire", "!statut", "staff") == []
    assert len(talk.entries()) == before
