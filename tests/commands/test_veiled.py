"""While a purge waits for its second person, nothing that the bot shows says what is hidden: not the registers, not what
was about to be said, not what comes back from the room, not an answer of no incident."""

from __future__ import annotations

import pytest
from sqlmodel import col, select

from bot.matrix.outgoing import freeze, timely
from bot.store import log, outbox, purge
from bot.store.db import Session
from bot.store.tables import Outbox
from tests.commands.cast import BOT
from tests.commands.harness import Talk, talk_in_crisis
from tests.commands.stock import OF_ITS_OWN
from tests.commands.test_long_pages import file_of
from tests.commands.test_purging import INCIDENT, SAID, code, seq
from tests.commands.test_texts_secured import with_lists

WAITS = "masqué en attendant le DPO ou le référent données"


def crisis(*, clocks: bool = False) -> Talk:
    return talk_in_crisis("soline", "karim", "anne", "claire", "nadia", clocks=clocks)


@pytest.mark.parametrize(
    ("typed", "register", "card"),
    [(f"!decision transférer, car {SAID}", "!decisions", "!decision D1"), (f"!preuve {SAID}", "!preuves", "!preuve P1"),
     (f"!tel SAMU {SAID}", "!appels", "!appel A1"), (f"!info {SAID}", "!infos", "!info F1"),
     (f"!rumeur {SAID}", "!rumeurs", "!info F1")],
)  # fmt: skip
def test_no_register_says_it(typed: str, register: str, card: str) -> None:
    talk = crisis()
    talk.say("claire" if typed.startswith("!decision") else "soline", typed)
    author = "claire" if typed.startswith("!decision") else "soline"
    number = seq(talk, talk.last_event)
    asked = talk.say(author, f"!purger {number} patient")
    for each in (register, card, "!journal 20", "!statut"):
        said = talk.say("karim", each)
        assert said
        assert "Kerdraon" not in "".join(s.body + s.html for s in said), each
    assert any(WAITS in s.body for s in talk.say("karim", register))
    talk.say("anne", f"!non {code(asked, 'définitivement')}")
    assert any("Kerdraon" in s.body for s in talk.say("karim", card)), "shown again"


def test_no_dossier_says_it_in_the_chat_or_in_its_file() -> None:
    talk = crisis(clocks=True)
    talk.say("soline", f"!info {SAID}")
    number = seq(talk, talk.last_event)
    talk.say("claire", "!vrai F1 vu sur place")
    talk.say("soline", f"!purger {number} patient")
    said = talk.say("claire", "!dossier cnil")
    assert any(s.kind == "file" for s in said)
    assert "Kerdraon" not in "".join(s.body + s.html for s in said)
    assert "Kerdraon" not in file_of(talk, said)[1]


def test_what_was_about_to_be_said_says_it_no_more() -> None:
    talk = crisis()
    talk.say("soline", SAID)
    number = seq(talk, talk.last_event)
    talk.holding = True
    talk.say("karim", f"!info {SAID}")
    talk.say("soline", f"!purger {number} patient")
    with talk.db.reading() as session:
        rows = session.exec(select(Outbox).where(col(Outbox.state) == "waiting")).all()
        waiting = [str(row.payload) for row in rows]
    assert "Kerdraon" not in "".join(waiting)
    assert WAITS in "".join(waiting)


@pytest.mark.parametrize("refused", [False, True])
def test_what_was_on_its_way_is_hidden_when_it_comes_back(*, refused: bool) -> None:
    talk = crisis()
    talk.say("soline", SAID)
    number = seq(talk, talk.last_event)
    talk.holding = True
    talk.say("karim", f"!info {SAID}")
    with talk.db.transaction() as session:
        found = session.exec(select(Outbox).where(col(Outbox.state) == "waiting", col(Outbox.kind) == "message")).all()
        (name,) = [row.id for row in found if "Kerdraon" in str(row.payload) and row.dedupe_key.startswith("reply:")]
        row = outbox.get(session, name)
        assert row is not None
        frozen = freeze(timely(row, talk.clock.now()), lambda key: outbox.event_of(session, key), BOT)
        sent = outbox.attempt(session, name, talk.clock.now(), "BOTDEVICE", dict(frozen)).frozen
    assert sent is not None
    talk.say("soline", f"!purger {number} patient")
    if refused:
        with talk.db.transaction() as session:
            purge.show(session, INCIDENT, f"purge:{number}")
    event = talk._event(BOT, "cell", "m.room.message", sent["content"], encrypted=True)
    talk.settle()
    with talk.db.reading() as session:
        assert (seq_in(session, event) in purge.hidden(session, INCIDENT)) != refused
        assert (outbox.by_key(session, f"withdraw:{event}") is None) == refused


def seq_in(session: Session, event: str) -> int:
    found = log.seq_of(session, event)
    assert found is not None
    return found[1]


def test_an_answer_of_no_incident_says_it_neither() -> None:
    talk = crisis()
    talk.say("soline", SAID)
    talk.say("soline", f"!purger {seq(talk, talk.last_event)} patient")
    for room in ("alert", "dm:karim"):
        said = talk.say("karim", f"!inccident {SAID}", room)
        assert "Kerdraon" not in "".join(s.body for s in said if s.kind == "message")


def test_what_was_found_in_a_text_is_quoted_as_it_stands_while_words_are_hidden_and_once_they_are_gone() -> None:
    talk = talk_in_crisis("soline", "karim", "anne", "claire", "pdurand", "pmartin", "olivier", url=OF_ITS_OWN)
    with_lists(talk)
    talk.say("soline", f"!info {SAID}")
    number = seq(talk, talk.last_event)
    talk.say("soline", "!info Le logiciel de Medisys SAS est arrêté")
    for fact in ("F1", "F2"):
        talk.say("claire", f"!vrai {fact} vu sur place")
    talk.say("pdurand", "!rediger suivi")
    talk.say("pmartin", "!ecarter C1 1 la presse l’a nommé")
    asked = talk.say("soline", f"!purger {number} patient")

    def shown() -> str:
        return "".join(each.body for each in talk.say("claire", "!brouillon 1")).replace("\u00a0", " ")

    assert "« Medisys SAS » (laissé par Paul Martin : la presse l’a nommé)" in shown()
    talk.say("anne", f"!oui {code(asked, 'définitivement')}")
    assert "Kerdraon" not in shown()
    assert "« Medisys SAS » (laissé par Paul Martin : la presse l’a nommé)" in shown()
