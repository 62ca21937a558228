"""Nothing of what is purged comes back: with our own message's echo, a question of no incident, a file in the making."""

from __future__ import annotations

import asyncio
import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import col, select

from bot.deliveries import Deliveries
from bot.domain.incident import Pending
from bot.export.verify import verify
from bot.matrix.outgoing import freeze, timely
from bot.store import outbox, pendings
from bot.store.tables import Journal, Outbox
from tests.commands.cast import BOT
from tests.commands.harness import Talk, talk_in_crisis
from tests.commands.stock import OF_ITS_OWN
from tests.commands.test_export import received
from tests.commands.test_purging import SAID, code, seq


@pytest.fixture
def cell() -> Talk:
    return talk_in_crisis("soline", "karim", "anne", "claire", url=OF_ITS_OWN)


@pytest.mark.parametrize("known", [True, False], ids=["sent", "attempted"])
@pytest.mark.parametrize("again", [False, True], ids=["as_it_was", "sent_after_the_purge"])
def test_our_own_message_that_has_not_come_back_yet_does_not_escape(cell: Talk, *, known: bool, again: bool) -> None:
    cell.say("soline", SAID)
    number = seq(cell, cell.last_event)
    codes = code(cell.say("karim", f"!purger {number} patient : une patiente est au lit 3"), "!oui")
    cell.holding = True
    cell.say("claire", f"!info {SAID}")
    with cell.db.transaction() as session:
        rows = session.exec(select(Outbox).where(col(Outbox.state) == "waiting")).all()
        names = [row.id for row in rows if "Kerdraon" in str(row.payload) and row.kind == "message"]
        assert names
        said = {}
        for name in names:
            row = outbox.get(session, name)
            assert row is not None
            frozen = freeze(timely(row, cell.clock.now()), lambda key: outbox.event_of(session, key), BOT)
            said[name] = outbox.attempt(session, name, cell.clock.now(), "BOTDEVICE", dict(frozen)).frozen
            if known:
                outbox.sent(session, name, f"$sent-{name}", cell.clock.now())
    cell.say("anne", f"!oui {codes}")
    with cell.db.transaction() as session:
        withdrawn = outbox.by_key(session, f"withdraw:$sent-{names[0]}")
        assert (withdrawn is not None) == known
        left = outbox.get(session, names[0])
        assert left is not None
        content = left.frozen["content"] if again and not known else said[names[0]]["content"]
    event = cell._event(BOT, "cell", "m.room.message", content, encrypted=True)
    cell.settle()
    (entry,) = [each for each in cell.entries() if each.event_id == event]
    text = json.dumps(dict(entry.content or {}), ensure_ascii=False)
    assert "Kerdraon" not in text
    clean = again and not known
    with cell.db.reading() as session:
        assert (outbox.by_key(session, f"withdraw:{event}") is None) == clean
        assert not session.exec(select(Journal).where(col(Journal.clear).contains(b"Kerdraon"))).all()
    if clean:
        assert "au lit 3" in text


def test_a_question_asked_in_a_direct_room_keeps_nothing_of_what_was_purged(cell: Talk) -> None:
    cell.say("soline", SAID)
    number = seq(cell, cell.last_event)
    now = cell.clock.now()
    asked = {"command": "fact", "text": f"!info {SAID}"}
    question = Pending(None, None, "self", "@x:y", ("@x:y",), asked, "1234", "!dm", None, now, now + timedelta(hours=9))
    with cell.db.transaction() as session:
        pendings.pend(session, question)
    codes = code(cell.say("karim", f"!purger {number} patient : une patiente est au lit 3"), "!oui")
    cell.say("anne", f"!oui {codes}")
    with cell.db.reading() as session:
        texts = [each.call["text"] for each in pendings.waiting(session, now) if each.incident is None]
    assert len(texts) == 1
    assert "Kerdraon" not in texts[0]


def test_what_is_purged_while_a_file_is_made_is_not_in_the_file_that_is_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"sqlite:///{tmp_path / 'tocsin.db'}"
    talk = Talk(url=url)
    talk.say("claire", "!incident rancongiciel Urgences bloquées --gravite 4", "alert")
    talk.join("claire", "karim", "anne")
    talk.say("karim", "Madame Kerdraon est au lit 3 du service")
    number = next(e.seq for e in talk.entries() if e.event_id == talk.last_event)
    asked = talk.say("karim", f"!purger {number} patient : la patiente du lit 3 est au service")
    code = re.search(r"!oui (\d{4})", "\n".join(each.body for each in asked))
    assert code
    talk.say("claire", "!exporter")
    deliveries = Deliveries(talk.db, url, talk.clock, talk.tools)
    make = Deliveries._make

    def overtaken(self: Deliveries, *given: Any) -> Any:
        made = make(self, *given)
        monkeypatch.setattr(Deliveries, "_make", make)
        talk.say("anne", f"!oui {code[1]}")
        assert "purge" in {each.kind for each in talk.entries()}
        return made

    monkeypatch.setattr(Deliveries, "_make", overtaken)
    assert asyncio.run(deliveries.deliver()) == 1
    assert not [each for each in talk.settle() if each.kind == "file"]
    folder, _ = received(talk, deliveries, tmp_path)
    assert verify(folder).intact
    assert b"Kerdraon" not in b"".join(path.read_bytes() for path in folder.rglob("*.[cj]*") if path.is_file())
    assert [each.kind for each in talk.entries()].count("export") == 1
    talk.db.close()
