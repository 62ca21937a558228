"""A communication as a file, from the command to the room: exactly the version that was asked for, posted once."""

from __future__ import annotations

import io

import pytest
from docx import Document

from bot import prints
from bot.export.logo import Logo
from bot.export.pdf.press import PressFault
from bot.prints import WAITS, Prints
from bot.store import blobs, lookups
from tests.commands.harness import Said, Talk, played_once, talk_in_crisis
from tests.commands.stock import OF_ITS_OWN
from tests.export.test_logo import png

TEXT = "Les urgences restent ouvertes. Standard : 01 00 00 00 01."


@played_once
def drafted(**options: object) -> Talk:
    talk = talk_in_crisis(**options)
    talk.say("pdurand", "!rediger attente")
    talk.say("pdurand", f"!modifier 1 {TEXT}")
    return talk


def files(said: list[Said]) -> list[Said]:
    return [each for each in said if each.kind == "file"]


def words(talk: Talk, file: Said) -> list[str]:
    with talk.db.transaction() as session:
        data = blobs.get(session, file.payload["blob"])
    assert data is not None
    return [paragraph.text for paragraph in Document(io.BytesIO(data)).paragraphs]


async def test_a_text_that_nobody_approved_says_so_in_its_file_which_is_posted_once() -> None:
    talk = drafted()
    talk.say("pdurand", "!brouillon 1 --format docx")
    printer = Prints(talk.db, talk.clock, talk.tools)
    assert await printer.draw() == 1
    (file,) = files(talk.settle())
    assert file.payload["filename"] == "INC-2026-001-C1-v2.docx"
    said = words(talk, file)
    assert "NON APPROUVÉ" in said[0]
    assert TEXT in said
    assert await printer.draw() == 0


async def test_what_is_released_for_a_poster_is_printed_without_a_mark() -> None:
    talk = drafted()
    for who in ("olivier", "pmartin", "claire"):
        talk.say(who, "!approuver 1")
    talk.say("pdurand", "!ecarter C1 la presse publie dans dix minutes")
    asked = talk.say("pdurand", "!diffuser 1 affiches")
    code = next(each.body for each in asked if "!oui" in each.body).split("!oui ")[1][:4]
    talk.say("pdurand", f"!oui {code}")
    with talk.db.transaction() as session:
        ((_, waiting),) = lookups.under(session, WAITS)
    assert '"mark": ""' in waiting
    await Prints(talk.db, talk.clock, talk.tools).draw()
    (file,) = files(talk.settle())
    assert file.payload["mimetype"] == "application/pdf"


async def test_what_was_taken_down_says_so() -> None:
    talk = drafted()
    for who in ("olivier", "pmartin", "claire"):
        talk.say(who, "!approuver 1")
    talk.say("pdurand", "!ecarter C1 la presse publie dans dix minutes")
    asked = talk.say("pdurand", "!diffuser 1 standard")
    code = next(each.body for each in asked if "!oui" in each.body).split("!oui ")[1][:4]
    talk.say("pdurand", f"!oui {code}")
    talk.say("karim", "!correctif 1 retrait le numéro est faux")
    talk.say("pdurand", "!brouillon 1 --format docx")
    await Prints(talk.db, talk.clock, talk.tools).draw()
    (file,) = files(talk.settle())
    assert "NE PAS DIFFUSER" in words(talk, file)[0]


async def test_what_cannot_be_printed_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> bytes:
        raise PressFault("no paper")

    monkeypatch.setattr(prints, "made", broken)
    talk = drafted()
    talk.say("pdurand", "!brouillon 1 --format pdf")
    await Prints(talk.db, talk.clock, talk.tools).draw()
    (said,) = talk.settle()
    assert "copiez-le" in said.body
    with talk.db.transaction() as session:
        assert lookups.under(session, WAITS) == []


async def test_a_purge_takes_the_file_of_what_it_takes_out() -> None:
    talk = drafted(url=OF_ITS_OWN)
    talk.say("pdurand", "!modifier 1 La patiente Kerdraon est sortie.")
    typed = talk.last_event
    talk.say("pdurand", "!brouillon 1 --format docx")
    await Prints(talk.db, talk.clock, talk.tools).draw()
    (file,) = files(talk.settle())
    seq = next(entry.seq for entry in talk.entries() if entry.event_id == typed)
    asked = talk.say("karim", f"!purger {seq} patient --effacer")
    code = next(each.body for each in asked if "!oui" in each.body).split("!oui ")[1][:4]
    talk.say("anne", f"!oui {code}")
    with talk.db.transaction() as session:
        assert blobs.get(session, file.payload["blob"]) is None


@pytest.mark.parametrize(("data", "stands"), [(png(40, 40), True), (b"\x89PNG\r\n\x1a\nbroken", False)])
async def test_the_logo_of_the_house_stands_on_the_poster_and_stops_none(data: bytes, stands: bool) -> None:
    talk = drafted()
    talk.say("pdurand", "!brouillon 1 --format affiche")
    await Prints(talk.db, talk.clock, talk.tools, Logo(data, "png")).draw()
    (file,) = files(talk.settle())
    with talk.db.transaction() as session:
        made = blobs.get(session, file.payload["blob"])
    assert made is not None
    assert (b"/Subtype/Image" in made) is stands
