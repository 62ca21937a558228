"""The deadlines as a picture: what is typed is never markup, it is posted once, and what fails is said."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot import pictures
from bot.export.pdf.press import PressFault
from bot.export.poster import drawn
from bot.pictures import WAITS, Pictures, book
from bot.store import lookups
from tests.commands.harness import OF_ITS_OWN, Talk, catalogue, talk_in_crisis

PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture(scope="module")
def talk() -> Talk:
    made = talk_in_crisis("claire", "karim", clocks=True)
    made.say("karim", '!echeance #panic("x") $x$ <a> \\#let شبكة 🔥 --dans 4h')
    return made


def shown(talk: Talk, language: Any = "fr") -> dict[str, Any]:
    return book(catalogue(), talk.cell, language, lambda user: talk.tools.name_of(talk.cell, user), talk.clock.now())


@pytest.mark.parametrize("language", ["fr", "en"])
def test_it_is_a_picture_as_wide_as_a_phone(talk: Talk, language: str) -> None:
    data = drawn(shown(talk, language))
    assert data.startswith(PNG)
    assert 800 < int.from_bytes(data[16:20]) < 1000


def test_the_law_comes_first_and_what_is_left_out_is_counted(talk: Talk) -> None:
    said = shown(talk)
    classes = [line["class"] for line in said["lines"]]
    assert classes == sorted(classes, key=["loi", "contrat", "objectif interne"].index)
    assert len(classes) == pictures.MOST
    assert "autres" in said["more"]


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(min_size=1, max_size=60))
def test_no_text_is_read_as_a_template(talk: Talk, text: str) -> None:
    said = shown(talk)
    line = {**said["lines"][0], "name": text, "title": f"#{text}", "held": f"[{text}]"}
    assert drawn({**said, "lines": [line]}).startswith(PNG)


async def test_it_is_posted_once_where_it_was_asked_for() -> None:
    talk = talk_in_crisis("claire", clocks=True)
    assert talk.say("claire", "!echeances image") == []
    artist = Pictures(talk.db, talk.clock, talk.tools)
    assert await artist.draw() == 1
    (said,) = [each for each in talk.settle() if each.kind == "file"]
    assert (said.room, said.payload["mimetype"]) == ("cell", "image/png")
    assert said.payload["relates_to"]["m.in_reply_to"] == {"event_id": talk.last_event}
    assert await artist.draw() == 0


async def test_what_was_purged_meanwhile_is_not_posted(monkeypatch: pytest.MonkeyPatch) -> None:
    talk = talk_in_crisis("claire", "karim", "anne", clocks=True, url=OF_ITS_OWN)
    talk.say("karim", "!echeance Prévenir le fils de Madame Kerdraon --dans 1h")
    number = next(e.seq for e in talk.entries() if e.event_id == talk.last_event)
    talk.say("claire", "!echeances image")
    asked = talk.say("karim", f"!purger {number} patient : !echeance Prévenir le fils")
    code = re.search(r"!oui (\d{4})", "\n".join(each.body for each in asked))
    assert code
    seen: list[str] = []

    def overtaken(book: Any) -> bytes:
        seen.append(json.dumps(book, ensure_ascii=False))
        if len(seen) == 1:
            talk.say("anne", f"!oui {code[1]}")
        return PNG

    monkeypatch.setattr(pictures, "drawn", overtaken)
    artist = Pictures(talk.db, talk.clock, talk.tools)
    await artist.draw()
    assert not [each for each in talk.settle() if each.kind == "file"]
    await artist.draw()
    assert [each.kind for each in talk.settle()].count("file") == 1
    assert ["Kerdraon" in each for each in seen] == [True, False]


async def test_what_cannot_be_drawn_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(book: object) -> bytes:
        raise PressFault("no such font")

    monkeypatch.setattr(pictures, "drawn", refuse)
    talk = talk_in_crisis("claire", clocks=True)
    talk.say("claire", "!echeances image")
    await Pictures(talk.db, talk.clock, talk.tools).draw()
    (said,) = talk.settle()
    assert "echeances tout" in said.body
    with talk.db.transaction() as session:
        assert lookups.under(session, WAITS) == []
