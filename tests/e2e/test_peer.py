"""A client with Element's cryptography that gives keys to, and reads, only devices that their owner signed."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import pytest

from bot.demo.stage import Stage

from .conftest import Staged
from .crisis import ALARM, Crisis
from .jspeer import Event, JsPeer


@pytest.fixture
async def stage(staged: Staged) -> Stage:
    return await staged()


@pytest.fixture
async def claire(stage: Stage) -> AsyncIterator[JsPeer]:
    peer = JsPeer(stage.server, stage.user_id("claire"), stage.passwords["claire"], join=True)
    async with peer:
        yield peer


def of(bot: str, room: str, words: str) -> object:
    """Whether an event is a readable message of the bot's in that room with these words."""
    return lambda e: (
        (e["event"], e.get("room"), e.get("sender")) == ("message", room, bot) and words in (e.get("body") or "")
    )


async def direct_room(stage: Stage, peer: JsPeer) -> str:
    """The room in which the bot greets this person."""
    hello: Event = await peer.wait(
        lambda e: e["event"] == "message" and e["sender"] == stage.bot_id and "Je suis Tocsin" in (e["body"] or "")
    )
    return str(hello["room"])


async def test_a_strict_client_raises_the_alarm_and_reads_every_answer(stage: Stage, claire: JsPeer) -> None:
    invited = await claire.wait(lambda e: e["event"] == "invited" and e["by"] == stage.bot_id)
    alert = await claire.join(stage.alert_alias)
    assert await claire.trust(stage.bot_id) == {stage.bot.ready["device_id"]: True}, "the bot's device is signed"

    alarm = await claire.send(alert, ALARM)
    opened = await claire.message(alert, sender=stage.bot_id, contains="INC-")
    assert opened["relates"] == {"m.in_reply_to": {"event_id": alarm}}
    card = await claire.wait(
        lambda e: e["event"] == "message" and e["sender"] == stage.bot_id and "En cours — INC-" in (e["body"] or "")
    )
    room = card["room"]
    assert room not in (alert, invited["room"])
    for line in (opened, card):
        assert (line["encrypted"], line["decrypted"], line["shield"]) == (True, True, None), "and bears no red shield"
        assert line["content"]["formatted_body"]
        assert line["mentions"] == {}, "nobody is rung"

    asked = await claire.send(room, "!statut")
    status = await claire.wait(lambda e: e.get("relates") == {"m.in_reply_to": {"event_id": asked}})
    assert status["decrypted"]
    assert "Urgences bloquées" in status["body"]

    taken = await claire.send(room, "!prendre 60")
    await claire.wait(lambda e: e["event"] == "reaction" and e["relates"]["event_id"] == taken)
    edit = await claire.wait(
        lambda e: (
            e["event"] == "message"
            and e["sender"] == stage.bot_id
            and (e["relates"] or {}).get("rel_type") == "m.replace"
            and "✋ T60" in (e["content"] or {})["m.new_content"]["body"]
        )
    )
    assert edit["decrypted"], "the checklist is edited in place"

    typo = await claire.send(room, "Le SAMU est prevenu")
    await claire.do("edit", room=room, event=typo, body="!note Le SAMU est prévenu")
    told = await claire.message(room, sender=stage.bot_id, contains="modification")
    assert told["relates"]["m.in_reply_to"]["event_id"], "an edit that becomes a command is not carried out, and told"

    crisis = Crisis(stage, re.findall(r"INC-\d{4}-\d{3}", card["body"])[0], "", alert, alarm, room)
    await crisis.settled()
    assert [entry.kind for entry in crisis.entries() if entry.kind in ("undecryptable", "note")] == []
    for event, kind in ((typo, "message"), (asked, "message")):
        (entry,) = crisis.logged(event)
        assert (entry.kind, (entry.content or {})["device_signed"]) == (kind, True)


async def test_a_verification_is_declined_with_a_sentence_that_says_how_to_compare(
    stage: Stage, claire: JsPeer
) -> None:
    room = await direct_room(stage, claire)
    await claire.do("verify", user=stage.bot_id, room=room)
    ended = await claire.wait(lambda e: e["event"] == "verification" and e["phase"] == "Cancelled")
    assert ended["code"] == "m.user"
    sentence = await claire.message(room, sender=stage.bot_id, contains="tocsin check")
    assert stage.bot.ready["fingerprint"] in sentence["body"], "with the fingerprint that `tocsin check` prints"

    await claire.do("verify", user=stage.bot_id, device=stage.bot.ready["device_id"])
    await claire.wait(lambda e: e["event"] == "verification" and e["phase"] == "Cancelled" and e is not ended)
