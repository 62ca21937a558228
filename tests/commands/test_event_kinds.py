"""What an event is to the log, whatever it holds: words for what is no text, and nothing that a stranger makes up."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot import gist, inbound
from bot.domain.language import Language
from bot.domain.log_lines import line_of
from bot.store import blobs, journal, outbox
from bot.store.journal import Received
from bot.store.outbox import Outgoing
from tests.commands.cast import BOT, matrix_id
from tests.commands.harness import Talk, talk_in_crisis

ANSWERS = [{"id": "a", "org.matrix.msc1767.text": "Nadia"}, {"m.id": "b", "m.text": [{"body": "Karim"}]}]
QUESTION = {"m.text": [{"body": "<b>Qui ?</b>", "mimetype": "text/html"}, {"body": "Qui ?"}]}


@pytest.fixture
def talk() -> Talk:
    return talk_in_crisis()


@pytest.mark.parametrize(
    ("type_", "content", "words"),
    [
        ("m.poll.start", {"m.poll": {"question": QUESTION, "answers": ANSWERS}}, "Qui ? (1) Nadia (2) Karim"),
        ("m.poll.start", {"m.text": [{"body": "Qui ? Nadia ou Karim"}]}, "Qui ? Nadia ou Karim"),
        ("m.poll.response", {"m.selections": ["b", "a"]}, "Karim, Nadia"),
        ("m.poll.response", {"m.selections": []}, "—"),
        ("m.poll.response", {"m.selections": ["z", 3]}, "z"),
        ("m.poll.end", {"m.text": [{"body": "Karim l’emporte"}]}, "Karim l’emporte"),
        ("m.room.message", {"msgtype": "m.location", "geo_uri": "geo:1,2"}, "geo:1,2"),
        ("m.beacon", {"m.location": {"uri": "geo:1,2", "description": "ambulance"}}, "ambulance — geo:1,2"),
        ("m.sticker", {"body": "pouce"}, "pouce"),
        ("m.room.message", {"msgtype": "m.text", "body": "bonjour"}, None),
        ("org.example.x", {"body": "nul \x00"}, None),
        ("org.example.x", {}, None),
    ],
)
def test_words_for_what_is_no_text(type_: str, content: dict[str, Any], words: str | None) -> None:
    poll = {"m.poll": {"question": QUESTION, "answers": ANSWERS}}
    assert gist.in_words(type_, content, poll) == words


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(
        ["m.poll", "question", "answers", "m.text", "body", "id", "m.selections", "geo_uri", "m.location", "uri",
         "description", "m.relates_to", "unsigned", "redacted_because", "prev_content", "membership", "msgtype"]
    ), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip
TYPES = (
    "m.poll.start",
    "m.poll.response",
    "m.poll.end",
    "m.room.member",
    "m.call.invite",
    "m.room.message",
    "m.beacon",
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(TYPES), JSON, JSON)
def test_nothing_that_anybody_puts_in_an_event_stops_its_reading(type_: str, content: Any, unsigned: Any) -> None:
    raw = json.dumps({"type": type_, "content": content, "unsigned": unsigned, "state_key": "@a:b"}).encode()
    row = journal.JournalRow(
        "event", "timeline", "!r", "$e", "@a:b", type_, 1, raw, id=1, turn=1, part=1, received_at=None,  # type: ignore[arg-type]
        first=False, state="ready", clear=None, provenance=None, late=False, attempts=0,
    )  # fmt: skip
    happening = inbound.read(row)
    gist.in_words(happening.type, happening.content, happening.content)


@pytest.mark.parametrize(
    ("by", "now", "before", "change", "line"),
    [
        ("karim", "join", "invite", "join", "entre"),
        ("karim", "join", "join", "profile", "change de nom ou d’image"),
        ("karim", "leave", "join", "leave", "sort"),
        ("karim", "leave", "invite", "decline", "décline l’invitation"),
        ("claire", "leave", "join", "kick", "fait sortir Karim"),
        ("claire", "leave", "ban", "unban", "lève l’exclusion de Karim"),
        ("claire", "leave", "invite", "uninvite", "retire l’invitation de Karim"),
        ("claire", "ban", "join", "ban", "exclut Karim"),
        ("claire", "invite", None, "invite", "invite Karim"),
    ],
)
def test_comings_and_goings_are_told_apart(
    talk: Talk, by: str, now: str, before: str | None, change: str, line: str
) -> None:
    unsigned = {"prev_content": {"membership": before}} if before else {}
    event = raw(talk, by, "m.room.member", {"membership": now}, state_key=matrix_id("karim"), unsigned=unsigned)
    (entry,) = [e for e in talk.entries() if e.event_id == event]
    assert (entry.kind, (entry.content or {})["change"]) == ("membership", change)
    language: Language = "fr"
    shown = line_of(entry, lambda user: talk.tools.name_of(talk.cell, user), language)
    said = talk.tools.voice.catalogue.render("log.what", language, {"line": shown})
    assert said.body.startswith(line)


def test_what_was_withdrawn_before_it_came_says_by_whom_when_and_why(talk: Talk) -> None:
    because = {"sender": matrix_id("karim"), "origin_server_ts": 7, "content": {"reason": "mauvais salon"}}
    event = raw(talk, "karim", "m.room.message", {}, unsigned={"redacted_because": because})
    sealed = raw(talk, "karim", "m.room.encrypted", {}, unsigned={"redacted_because": because})
    entries = {e.event_id: e for e in talk.entries()}
    for each in (event, sealed):
        assert (entries[each].content or {})["withdrawn"] == {
            "by": matrix_id("karim"), "at": 7, "reason": "mauvais salon",
        }  # fmt: skip
    assert entries[sealed].kind == "undecryptable"


def test_the_withdrawal_of_what_nobody_saw_still_names_it(talk: Talk) -> None:
    talk.withdraw("karim", "$jamais-vu")
    (entry,) = [e for e in talk.entries() if e.kind == "redaction"]
    assert ((entry.content or {})["target"], (entry.content or {})["target_event"]) == (None, "$jamais-vu")


def test_a_file_that_we_post_in_the_room_is_kept_at_once(talk: Talk) -> None:
    incident = talk.incident
    with talk.db.transaction() as session:
        digest = blobs.put(session, b"des lignes")
        payload = {"blob": digest, "filename": "journal.txt", "mimetype": "text/plain", "body": "x"}
        number = outbox.enqueue(session, Outgoing(f"cell:{incident}", "file", payload, "k"), talk.clock.now())
        outbox.attempt(session, number, talk.clock.now(), "D", {})
        outbox.sent(session, number, None, talk.clock.now())
    content = {"msgtype": "m.file", "body": "journal.txt", "file": {"url": "mxc://x/y"}, "info": {"size": 10}}
    event = talk._event(BOT, "cell", "m.room.message", content | {"fr.tocsin.id": number}, encrypted=True)
    talk.settle()
    (entry,) = [e for e in talk.entries() if e.event_id == event]
    assert (entry.content or {})["file"] == {
        "path": f"files/{entry.seq:04d}-journal.txt", "name": "journal.txt", "size": 10, "sha256": digest,
        "mimetype": "text/plain",
    }  # fmt: skip


def raw(
    talk: Talk, who: str, type_: str, content: dict[str, Any], *, state_key: str | None = None, unsigned: Any
) -> str:
    """An event in clear, with what the homeserver adds to it."""
    number = talk._next()
    event_id, room, now = f"$raw{number}", talk.room_id("cell"), talk.clock.now()
    event: dict[str, Any] = {
        "type": type_, "event_id": event_id, "sender": matrix_id(who), "room_id": room, "content": content,
        "origin_server_ts": int(now.timestamp() * 1000), "unsigned": unsigned,
    }  # fmt: skip
    if state_key is not None:
        event["state_key"] = state_key
    item = Received("event", "timeline", room, event_id, matrix_id(who), type_, 1, json.dumps(event).encode())
    with talk.db.transaction() as session:
        (row,) = journal.receive(session, [item], turn=number, now=now, first=False)
        if type_ == "m.room.encrypted":
            journal.unreadable(session, row, "redacted")
    talk.settle()
    return event_id
