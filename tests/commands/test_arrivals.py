"""What a text that was sent may be said to have done: once somebody has it, and not before; and to whom it is sent."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from bot.domain.clocks import ClockStatus
from bot.domain.outlets import SendState
from bot.domain.plan import Told, plan
from bot.store import sends
from bot.store.outside import CallState
from tests.commands.gateway import Gateway
from tests.commands.harness import Said, Talk, messages
from tests.commands.test_sending import ROOM, SMS, approved, code, crisis, kept, results, senders, tried, with_outlets

STAFF_CLOCK = "HOUSE-STAFF-MESSAGE"


def begun(there: Gateway, answer: int) -> tuple[Talk, list[Said]]:
    """A message to staff that a director has ordered to be sent, by a gateway that will answer so."""
    talk = crisis(clocks=True)
    approved(talk)
    asyncio.run(tried(talk, there))
    said = talk.say("claire", f"!oui {code(talk.say('pdurand', '!diffuser 1 sms'))}")
    there.answer = answer
    return talk, said


def made(talk: Talk, there: Gateway) -> str:
    asyncio.run(senders(talk, there).work())
    return results(talk.settle())[0].body.replace("\u00a0", " ")


def status(talk: Talk) -> ClockStatus:
    return talk.cell.clocks[STAFF_CLOCK].status


def first_line(talk: Talk) -> Told:
    return next(each.told for each in plan(talk.cell, "fr", talk.clock.now()) if each.template == "TPL-01")


def test_asked_to_be_sent_it_closes_nothing_yet_and_the_first_that_arrives_does(there: Gateway) -> None:
    talk, said = begun(there, 200)
    assert "sera tenue quand quelqu’un l’aura reçu" in " ".join(each.body for each in messages(said))
    assert status(talk) is ClockStatus.RUNNING
    assert first_line(talk) is Told.SENDING
    assert "L’échéance interne est tenue" in made(talk, there)
    assert status(talk) is ClockStatus.CLOSED
    assert first_line(talk) is Told.DONE
    filed = [e.content for e in talk.entries() if e.kind == "deadline" and e.content and e.content["action"] == "file"]
    assert [each["id"] for each in filed] == [STAFF_CLOCK], "once, whatever their number"
    assert talk.cell.clocks[STAFF_CLOCK].reference == talk.cell.drafts[1].heading


def test_refused_by_the_gateway_it_closes_nothing_and_says_so(there: Gateway) -> None:
    talk, _ = begun(there, 500)
    assert "L’échéance interne reste ouverte : rien ne prouve que quelqu’un l’ait reçu" in made(talk, there)
    assert status(talk) is ClockStatus.RUNNING
    assert first_line(talk) is Told.SENDING
    there.answer = 200
    talk.say("claire", f"!oui {code(talk.say('pdurand', '!diffuser 1 sms'))}")
    assert "L’échéance interne est tenue" in made(talk, there)


def test_of_unknown_outcome_it_stays_open_until_somebody_says_that_they_read_it(there: Gateway) -> None:
    talk, _ = begun(there, 200)
    with talk.db.transaction() as session:
        for each in sends.waiting(session):
            assert each.sent.id is not None
            assert sends.attempt(session, each.sent.id)
    asyncio.run(senders(talk, there).give_up())
    result = results(talk.settle())[0].body.replace("\u00a0", " ")
    assert [each.state for each in kept(talk) if not each.trial] == [SendState.UNKNOWN] * 3
    assert "reste ouverte" in result
    assert "Si l’un d’eux l’a lu : `!publie 1 sms`" in result
    assert status(talk) is ClockStatus.RUNNING
    talk.say("pdurand", "!publie 1 sms")
    assert status(talk) is ClockStatus.CLOSED


def test_what_was_taken_down_before_it_arrived_meets_nothing(there: Gateway) -> None:
    talk, _ = begun(there, 200)
    with talk.db.transaction() as session:
        (first, *_) = sends.waiting(session)
        assert first.sent.id is not None
        assert sends.attempt(session, first.sent.id)
    talk.say("pdurand", "!correctif 1 retrait le numéro est faux")
    with talk.db.transaction() as session:
        senders(talk, there)._settle(session, first, CallState.SENT)
    talk.settle()
    (release,) = talk.cell.drafts[1].releases
    assert release.arrived_at is not None
    assert status(talk) is ClockStatus.RUNNING


def test_in_the_staff_room_it_is_met_once_it_stands_there() -> None:
    talk = crisis(clocks=True)
    approved(talk)
    question = talk.say("claire", "!diffuser 1 salon")
    talk.holding = True
    talk.say("claire", f"!oui {code(question)}")
    assert status(talk) is ClockStatus.RUNNING
    talk.holding = False
    assert any("L’échéance interne est tenue" in each.body.replace("\u00a0", " ") for each in talk.settle())
    assert status(talk) is ClockStatus.CLOSED


@pytest.mark.parametrize(
    ("now", "count"),
    [
        ((*SMS.recipients, "+33 6 10 00 00 09"), 4),
        (SMS.recipients[:2], 2),
        ((*SMS.recipients[:2], "+33 6 10 00 00 09"), 3),
    ],
    ids=["one more", "one less", "as many, another"],
)
@pytest.mark.parametrize("who", ["pdurand", "claire"])
async def test_a_list_that_changed_since_the_question_is_asked_about_again(
    there: Gateway, now: tuple[str, ...], count: int, who: str
) -> None:
    talk = crisis()
    approved(talk)
    await tried(talk, there)
    asked = code(talk.say(who, "!diffuser 1 sms"))
    with_outlets(talk, (replace(SMS, recipients=now), ROOM))
    again = talk.say("claire", f"!oui {asked}")
    assert not [each for each in kept(talk) if not each.trial]
    body = again[0].body.replace("\u00a0", " ")
    assert "La liste des destinataires a changé depuis la question : rien n’est parti." in body
    assert f"à {count} destinataires" in body
    talk.say("claire", f"!oui {code(again)}")
    assert len([each for each in kept(talk) if not each.trial]) == count
    assert await senders(talk, there).work() == count


def test_a_head_more_in_the_staff_room_since_the_question_is_asked_about_again() -> None:
    talk = crisis()
    approved(talk)
    asked = code(talk.say("pdurand", "!diffuser 1 salon"))
    talk.tools = replace(talk.tools, readers=lambda _: 215)
    talk.engine._tools = talk.tools
    again = talk.say("claire", f"!oui {asked}")
    body = again[0].body.replace("\u00a0", " ")
    assert "Le nombre de lecteurs a changé depuis la question : rien n’est parti." in body
    assert "lu par 215 personnes" in body
    assert not kept(talk)
    talk.say("claire", f"!oui {code(again)}")
    assert len(kept(talk)) == 1


async def test_the_same_list_in_another_order_is_the_same(there: Gateway) -> None:
    talk = crisis()
    approved(talk)
    await tried(talk, there)
    asked = code(talk.say("pdurand", "!diffuser 1 sms"))
    with_outlets(talk, (replace(SMS, recipients=tuple(reversed(SMS.recipients))), ROOM))
    talk.say("claire", f"!oui {asked}")
    assert len([each for each in kept(talk) if not each.trial]) == 3


def test_what_a_question_keeps_of_the_recipients_is_no_number(there: Gateway) -> None:
    talk, _ = begun(there, 200)
    talk.say("pdurand", "!diffuser 1 sms")
    with talk.db.reading() as session:
        rows = session.connection().exec_driver_sql("SELECT call FROM pending").scalars().all()
    assert not [row for row in rows if "10 00 00 0" in str(row)]
