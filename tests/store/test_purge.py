"""Nothing is left of what was purged: in no table, in no file, on SQLite and on PostgreSQL."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from sqlalchemy import text

from bot.domain import log as chain
from bot.domain.log import Entry
from bot.store import blobs, log, outbox, purge
from bot.store.db import Database
from bot.store.outbox import Outgoing
from tests.commands.harness import Talk, talk_in_crisis

NAME = "Zoubida Kerdraon-Évrard"
NUMBER = "2 69 05 49 588 157 80"
SAID = f"La patiente {NAME}, NIR {NUMBER}, du lit 3 n’a plus de dossier"
SAFE = "Une patiente du lit 3 n’a plus de dossier"
WORDS = ("Zoubida", "Kerdraon", "Évrard", NUMBER, "269054958815780")


def spellings(word: str) -> Iterator[bytes]:
    """A word as it may stand in a file: plain, folded, in UTF-16, escaped in JSON, in base64 at each offset."""
    for each in {word, word.lower(), word.upper(), word.casefold().replace("é", "e")}:
        yield each.encode()
        yield each.encode("utf-16-le")
        yield each.encode("utf-16-be")
        yield json.dumps(each)[1:-1].encode()
        for offset in range(3):
            # Without the characters at each end that depend on what stands beside the word.
            encoded = base64.b64encode(b"\0" * offset + each.encode())
            yield encoded[4 if offset else 0 : -4]


def left(folder: Path) -> list[tuple[str, bytes]]:
    """Where any of the words still stands in any file of a folder."""
    needles = {spelling for word in WORDS for spelling in spellings(word) if len(spelling) > 4}
    pattern = re.compile(b"|".join(re.escape(needle) for needle in needles))
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert files
    return [(path.name, found[0]) for path in files if (found := pattern.search(path.read_bytes()))]


def whole_database(db: Database) -> str:
    """Every value of every table, as text."""
    with db.reading() as session:
        names = session.execute(
            text("SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema()")
        ).scalars()
        rows = [str(row) for name in names for row in session.execute(text(f'SELECT * FROM "{name}"'))]
    return "\n".join(rows)


def crisis(url: str) -> Talk:
    """A cell in which one message about a patient has been quoted, edited, noted, registered, shown and exported."""
    talk = Talk(url=url)
    talk.say("claire", "!incident rancongiciel Urgences bloquées --gravite 4", "alert")
    talk.join("karim", "anne", "nadia", "soline", "claire", "pmartin")
    talk.say("soline", SAID)
    said = talk.last_event
    talk.say("soline", f"{SAID} du tout", edit_of=said)
    talk.say("nadia", f"> <@soline:secours.example> {SAID}\n\non s’en occupe", reply_to=said)
    talk.say("nadia", f"!info {SAID}, source : {NAME}")
    talk.say("claire", f"!decision transférer, car {SAID}")
    talk.say("nadia", f"!tel SAMU : {SAID}")
    talk.say("nadia", f"!preuve {SAID}")
    talk.say("karim", f"!note {SAID}", "dm:karim")
    talk.say("karim", f"!bloque 1 {SAID}")
    talk.say("karim", "!journal dossier")
    talk.say("nadia", "!journal 50")
    for number in range(8):
        talk.say("nadia", f"tout va bien à l’étage {number}")
    exported(talk)
    talk.wait(minutes=15)
    return talk


def exported(talk: Talk) -> None:
    """An incident file that was sent, as the deliveries put it in."""
    with talk.db.transaction() as session:
        digest = blobs.put(session, f"archive {SAID}".encode())
        payload = {"blob": digest, "filename": "INC-2026-001.zip", "mimetype": "application/zip", "body": "dossier"}
        outbox.enqueue(session, Outgoing("dm:@claire:secours.example", "file", payload, "file:x"), talk.clock.now())
        after = {"to": "@claire:secours.example", "upto": 60, "sha256": digest, "size": 9}
        log.append(
            session, "INC-2026-001", kind="export", sender="@claire:secours.example", now=talk.clock.now(),
            content={"cause": None, "action": "send", "id": "INC-2026-001", "before": None, "after": after},
        )  # fmt: skip


def of(talk: Talk, words: str) -> int:
    """The number of the first message that says so."""
    return next(e.seq for e in talk.entries() if words in json.dumps(dict(e.content or {}), ensure_ascii=False))


def two(talk: Talk, who: str, command: str, second: str) -> str:
    """Give a command that takes two, and the second person's yes; what the bot says at the end."""
    asked = talk.say(who, command)[-1]
    code = re.search(r"!oui (\d{4})", asked.body)
    assert code, asked.body
    return "\n".join(each.body for each in talk.say(second, f"!oui {code[1]}"))


def verified(entries: list[Entry]) -> None:
    """The chain holds, and every content that is gone is named by a later purge."""
    head, named = "0" * 64, set()
    for entry in reversed(entries):
        if entry.kind == "purge" and entry.content:
            named |= set(entry.content["target"])
        assert entry.content is not None or entry.seq in named
    for entry in entries:
        line = json.loads(chain.to_line(entry))
        assert line["prev_hash"] == head
        assert chain.entry_hash(line) == line["entry_hash"]
        if line["content"] is not None:
            assert chain.content_hash(line["content"], line["nonce"]) == line["content_hash"]
        head = line["entry_hash"]


def test_no_file_of_the_store_holds_what_was_masked(tmp_path: Path, sqlite_url: str) -> None:
    talk = crisis(sqlite_url)
    (tmp_path / "tocsin.db.before-0000").write_bytes(SAID.encode())
    assert left(tmp_path)
    with talk.db.reading() as session:
        session.execute(text("SELECT count(*) FROM log_entry")).scalar_one()
        two(talk, "karim", f"!purger {of(talk, 'Zoubida')} patient : {SAFE}", "anne")
        # Somebody still reads what was there before: it is cleaned once they are done.
        assert not talk.db.scrub_now()
    with talk.db.transaction() as session:
        assert purge.unclean(session)
    assert talk.db.scrub_now()
    assert left(tmp_path) == []
    verified(talk.entries())
    masked(talk)


def test_no_file_of_the_store_holds_what_was_erased(tmp_path: Path, sqlite_url: str) -> None:
    talk = crisis(sqlite_url)
    assert left(tmp_path)
    two(talk, "karim", f"!purger {of(talk, 'Zoubida')} patient --effacer", "anne")
    assert talk.db.scrub_now()
    assert left(tmp_path) == []
    verified(talk.entries())


def test_no_table_of_postgresql_holds_what_was_masked(postgres_url: str) -> None:
    talk = crisis(postgres_url)
    done = two(talk, "karim", f"!purger {of(talk, 'Zoubida')} patient : {SAFE}", "anne")
    assert "PostgreSQL" in done
    assert talk.db.scrub_now()
    verified(talk.entries())
    masked(talk)
    held = whole_database(talk.db)
    assert not [word for word in WORDS if word.casefold() in held.casefold()]


def masked(talk: Talk) -> None:
    """The registers say what the message says now."""
    facts, decisions, calls = talk.cell.facts, talk.cell.decisions, talk.cell.calls
    assert facts[1].text == SAFE
    assert facts[1].source is not None
    assert "Zoubida" not in facts[1].source
    assert decisions[1].reasons == SAFE
    assert calls[1].summary == SAFE


def test_what_is_no_copy_stays_and_is_pointed_out_if_it_names_the_same_person() -> None:
    talk = talk_in_crisis("karim", "anne", "nadia", "soline")
    talk.say("soline", SAID)
    talk.say("nadia", "Zoubida va bien")
    talk.say("nadia", "le dossier du lit 4 est au bloc")
    talk.wait(minutes=15)
    other = of(talk, "va bien")
    done = two(talk, "karim", f"!purger {of(talk, 'NIR')} patient : {SAFE}", "anne")
    assert f"!purger {other} patient" in done
    said = [str(dict(e.content)) for e in talk.entries() if e.content]
    assert any("va bien" in each for each in said)
    assert any("lit 4" in each for each in said)


def test_hidden_rows_and_holds(database_url: str) -> None:
    talk = Talk(url=database_url)
    talk.say("claire", "!incident rancongiciel Urgences bloquées --gravite 4", "alert")
    at = talk.clock.now()
    with talk.db.transaction() as session:
        purge.hide(session, "INC-2026-001", [3, 4, 5], "purge:3", at)
        purge.hide(session, "INC-2026-001", [4], "purge:4", at + timedelta(minutes=1))
        assert purge.hidden(session, "INC-2026-001") == {3, 4, 5}
        purge.show(session, "INC-2026-001", "purge:3")
        assert purge.hidden(session, "INC-2026-001") == {4}
        assert purge.held(session, "INC-2026-001") is None
        purge.hold(session, "INC-2026-001", "@karim:x", "enquête", at)
        assert purge.held(session, "INC-2026-001") == ("@karim:x", at, "enquête")
        purge.release(session, "INC-2026-001")
        assert purge.held(session, "INC-2026-001") is None
