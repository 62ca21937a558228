"""The deadlines as a picture: what is typed is never markup, it is posted once, and what fails is said."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot import pictures
from bot.domain.deadline_rules import Class
from bot.export.pdf.press import PressFault
from bot.export.poster import DARK, LIGHT, drawn
from bot.pictures import WAITS, Pictures, book
from bot.store import lookups
from tests.commands.harness import Talk, talk_in_crisis
from tests.commands.stock import OF_ITS_OWN, catalogue

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


def test_the_most_urgent_comes_first_and_what_binds_is_left_out_last(talk: Talk) -> None:
    said = shown(talk)
    running = [clock for clock in talk.cell.by_urgency if clock.open]
    names = [line["name"] for line in said["lines"]]
    assert names == [clock.typed("fr") for clock in running if clock.typed("fr") in names]
    assert len(names) == pictures.MOST
    assert {clock.typed("fr") for clock in running if clock.visible is Class.LAW} <= set(names)
    assert "autres" in said["more"]


def _light(colour: str) -> float:
    """Relative luminance (WCAG 2.2)."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("colours", [LIGHT, DARK])
def test_every_tone_is_read_on_its_ground(colours: dict[str, str]) -> None:
    for name in ("ink", "soft", "late", "soon", "calm", "done"):
        dark, light = sorted((_light(colours["ground"]), _light(colours[name])))
        assert (light + 0.05) / (dark + 0.05) >= 4.5, name


async def test_it_is_drawn_light_on_dark_where_that_is_asked_for() -> None:
    talk = talk_in_crisis("claire", clocks=True)
    talk.say("claire", "!echeances image sombre")
    with talk.db.transaction() as session:
        ((_, waiting),) = lookups.under(session, WAITS)
    assert json.loads(waiting)["book"]["colours"] == DARK
    assert await Pictures(talk.db, talk.clock, talk.tools).draw() == 1


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
