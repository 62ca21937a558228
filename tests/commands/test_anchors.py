"""Anchors: the log's head stands in the room at least every hour in which anything was added, and at closing."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from bot.domain.incident import TaskStatus
from bot.domain.language import Language
from bot.domain.log import Entry
from bot.store import cells
from tests.commands.harness import Said, Talk, played_once, talk_in_crisis


@played_once
def opened(**more: Language) -> Talk:
    talk = Talk(**more)  # type: ignore[arg-type]
    talk.say("claire", "!incident rancongiciel Urgences bloquées --gravite 4", "alert")
    talk.join("claire", "karim", "pmartin")
    talk.wait(seconds=2)  # whoever enters is told what is kept
    return talk


def posted(said: list[Said]) -> list[Said]:
    return [each for each in said if each.key.startswith("anchor:")]


def logged(talk: Talk) -> list[Entry]:
    return [entry for entry in talk.entries() if entry.kind == "anchor"]


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("fr", ("Empreinte n°\N{NO-BREAK SPACE}{seq}", "Clé de la main courante")),
        ("en", ("Fingerprint no. {seq}", "Key of the log")),
    ],
)
def test_the_head_is_posted_whole_with_the_key_and_logged_once_seen(language: Language, words: tuple[str, str]) -> None:
    talk = opened(language=language)
    talk.say("karim", "le scanner ne répond plus")
    (said,) = posted(talk.wait(minutes=61))
    entry = logged(talk)[-1]
    assert entry.content is not None
    seq = entry.content["seq"]
    anchored = talk.entries()[seq - 1]
    assert entry.content == {"seq": seq, "entry_hash": anchored.entry_hash, "event_id": said.event_id, "token": None}
    assert entry.event_id is None
    digits = " ".join(re.findall("....", anchored.entry_hash))
    assert digits in said.body
    assert words[0].format(seq=seq) in said.body
    assert re.search(words[1] + r"\s*: `[A-Za-z0-9+/]{43}`$", said.body.strip())
    assert said.msgtype == "m.notice"
    # The posting itself is in the log too, between the head that it names and the anchor.
    assert seq < next(e.seq for e in talk.entries() if e.event_id == said.event_id) < entry.seq


def test_an_hour_in_which_nothing_was_said_brings_no_anchor() -> None:
    talk = talk_in_crisis()
    incident = talk.incident
    with (
        talk.db.transaction() as session
    ):  # with everybody there and nothing left to do, the bot says nothing by itself
        cell = cells.load(session, incident)
        assert cell is not None
        done = [replace(task, status=TaskStatus.DONE) for task in cell.tasks.values()]
        cells.save(session, cell, cell.with_tasks(done))
    talk.say("karim", "le scanner ne répond plus")
    assert posted(talk.wait(minutes=61))
    for _ in range(5):
        assert not posted(talk.wait(minutes=61))
    talk.say("karim", "le scanner répond")
    assert posted(talk.wait(seconds=2))
    assert not posted(talk.wait(minutes=59))


def test_what_was_posted_and_never_seen_is_not_posted_again() -> None:
    talk = opened()
    talk.say("karim", "le scanner ne répond plus")
    talk.holding = True
    for _ in range(3):
        talk.wait(minutes=61)
        talk.post("karim", "toujours rien")
    talk.holding = False
    assert len(posted(talk.settle())) == 1


def test_closing_anchors_what_was_decided() -> None:
    talk = opened()
    before = len(logged(talk))
    talk.say("claire", "!cloture tout est rétabli")
    code = re.search(r"!oui (\d{4})", " ".join(each.body for each in talk.said))
    assert code is not None
    said = talk.say("pmartin", f"!oui {code[1]}")
    closing = [e for e in talk.entries() if e.kind == "incident" and (e.content or {}).get("action") == "close"]
    if not closing:
        pytest.fail("\n".join(each.body for each in said))
    assert len(posted(said)) == 1
    after = logged(talk)
    assert len(after) == before + 1
    assert after[-1].content is not None
    assert after[-1].content["seq"] >= closing[-1].seq
