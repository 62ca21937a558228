"""Voice messages and pictures without words: one line is asked for, once, and its answer stands beside them in the log."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.commands.harness import Said, Talk, messages, talk_in_crisis

INFO = {"url": "mxc://secours.example/abc", "info": {"mimetype": "audio/ogg"}}
VOICE = {**INFO, "org.matrix.msc3245.voice": {}}


@pytest.fixture
def talk() -> Talk:
    return talk_in_crisis()


def post(talk: Talk, who: str, msgtype: str = "m.audio", body: str = "Message vocal", **extra: Any) -> list[Said]:
    return list(messages(talk.say(who, body, msgtype=msgtype, extra=INFO | extra)))


def summaries(talk: Talk) -> list[dict[str, Any]]:
    return [dict(e.content or {}) for e in talk.entries() if (e.content or {}).get("action") == "summary"]


def test_a_voice_message_is_asked_about_and_the_reply_stands_beside_it(talk: Talk) -> None:
    (asked,) = post(talk, "karim", **VOICE)
    voice = talk.last_event
    assert "résumez en une ligne" in asked.body
    assert asked.reply_to == voice
    assert asked.rings == ()
    done = talk.say("karim", "Le prestataire arrive à 15 h", reply_to=asked.event_id)
    assert [(each.kind, each.sign) for each in done] == [("reaction", "✅")]
    (note,) = summaries(talk)
    (file,) = [e for e in talk.entries() if e.event_id == voice]
    assert (note["target"], note["text"]) == (file.seq, "Le prestataire arrive à 15 h")
    talk.say("soline", "Le prestataire ? non, son patron", reply_to=asked.event_id)
    assert len(summaries(talk)) == 1, "the first one is it"


def test_in_english(talk: Talk) -> None:
    talk.say("karim", "!langue en")
    (asked,) = post(talk, "karim", "m.image", "IMG_1.jpg")
    assert "sum it up in one line" in asked.body


def test_somebody_else_may_answer_the_question_and_only_the_author_the_picture_itself(talk: Talk) -> None:
    (asked,) = post(talk, "karim", "m.image", "IMG_1.jpg")
    picture = talk.last_event
    talk.say("soline", "c’est quel poste ?", reply_to=picture)
    assert summaries(talk) == []
    talk.say("soline", "L’écran de rançon du poste 12", reply_to=asked.event_id)
    (note,) = summaries(talk)
    assert note["text"] == "L’écran de rançon du poste 12"


def test_a_command_in_reply_is_a_command(talk: Talk) -> None:
    (asked,) = post(talk, "karim", "m.image", "IMG_1.jpg")
    talk.say("karim", "!preuve écran de rançon", reply_to=talk.last_event)
    assert talk.cell.evidence[1].description == "écran de rançon"
    talk.say("karim", "!note le poste est isolé", reply_to=asked.event_id)
    assert summaries(talk) == []


@pytest.mark.parametrize(
    ("msgtype", "extra"),
    [
        ("m.file", {"filename": "a.pdf"}),
        ("m.image", {"filename": "a.png"}),
        ("m.image", {"filename": "IMG_1.jpg"}),
    ],
)
def test_what_says_something_in_writing_is_not_asked_about(talk: Talk, msgtype: str, extra: dict[str, Any]) -> None:
    assert post(talk, "karim", msgtype, "écran de rançon, poste 12", **extra) == []


def test_ten_pictures_in_a_row_are_one_question_and_one_later_is_another(talk: Talk) -> None:
    asked = [each for n in range(10) for each in post(talk, "karim", "m.image", f"IMG_{n}.jpg")]
    assert len(asked) == 1
    assert len(post(talk, "soline", "m.image", "IMG.jpg")) == 1, "somebody else's is somebody else's"
    talk.clock.pass_(timedelta(minutes=2))
    assert len(post(talk, "karim", "m.image", "IMG_11.jpg")) == 1


def test_an_answer_that_its_senders_device_did_not_write_is_only_logged(talk: Talk) -> None:
    (asked,) = post(talk, "karim", **VOICE)
    talk.say("karim", "Tout va bien", reply_to=asked.event_id, why="foreign_device")
    assert summaries(talk) == []


def test_nobody_is_asked_in_a_direct_room_or_of_long_ago(talk: Talk) -> None:
    assert list(messages(talk.say("karim", "IMG", "dm:karim", msgtype="m.image", extra=INFO))) == []
    assert list(messages(talk.say("karim", "IMG", msgtype="m.image", extra=INFO, first=True))) == []
