"""What somebody with the database in hands did to the log is found at the next start, and told to the cell."""

from __future__ import annotations

import asyncio
import re
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from bot import integrity
from bot.domain.incident import IncidentStatus
from bot.integrity import Integrity
from bot.store import cells
from bot.store.db import Database
from tests.commands.cast import matrix_id
from tests.commands.harness import Talk

ID = "INC-2026-001"


@pytest.fixture
def talk(tmp_path: Path) -> Talk:
    talk = Talk(url=f"sqlite:///{tmp_path / 'tocsin.db'}")
    talk.say("claire", "!incident rancongiciel Urgences bloquées --gravite 4", "alert")
    talk.join("claire", "karim")
    for number in range(6):
        talk.say("karim", f"ligne {number}")
    return talk


def anchored(talk: Talk) -> int:
    """The entry that was anchored last."""
    return int(next(e.content["seq"] for e in reversed(talk.entries()) if e.kind == "anchor" and e.content))


def by_hand(talk: Talk, *statements: str) -> None:
    """What somebody does who has the file, and takes the triggers away first."""
    with sqlite3.connect(str(talk.db.path)) as connection:
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            connection.execute(statement)
    connection.close()


async def again(talk: Talk) -> list[tuple[int, str]]:
    """The bot starts again; what it finds."""
    db = Database(f"sqlite:///{talk.db.path}")
    db.migrate()
    found = await Integrity(db, talk.clock, talk.tools, db.mended).look()
    db.close()
    return [(broken.seq, broken.what) for _, broken in found]


async def test_a_log_as_it_was_written_is_found_whole_and_nothing_is_said(talk: Talk) -> None:
    before = len(talk.entries())
    assert await again(talk) == []
    assert talk.settle() == []
    assert len(talk.entries()) == before


@pytest.mark.parametrize(
    ("statement", "what"),
    [
        ("UPDATE log_content SET content = replace(content, 'ligne 3', 'ligne X') WHERE seq = {seq}", "content"),
        ("UPDATE log_content SET content = 'pas du JSON' WHERE seq = {seq}", "content"),
        ("DELETE FROM log_content WHERE seq = {seq}", "content"),
        ("UPDATE log_entry SET sender = '@mallory:x' WHERE seq = {seq}", "entry"),
        ("UPDATE log_entry SET prev_hash = '" + "0" * 64 + "' WHERE seq = {seq}", "order"),
    ],
)
async def test_what_was_changed_is_named_told_once_and_the_bot_goes_on(talk: Talk, statement: str, what: str) -> None:
    (seq,) = [
        e.seq
        for e in talk.entries()
        if e.kind == "message" and (e.content or {}).get("content", {}).get("body") == "ligne 3"
    ]
    assert seq > anchored(talk)
    by_hand(talk, statement.format(seq=seq))
    assert await again(talk) == [(seq, what)]
    unguarded, broken = [each for each in talk.settle() if each.room == "cell" and each.kind == "message"]
    assert "remis" in unguarded.body
    assert "voyez ci-dessous" in unguarded.body
    assert f"l’entrée {seq} " in broken.body
    assert matrix_id("claire") in broken.rings
    assert await again(talk) == [(seq, what)]
    assert talk.settle() == []
    assert talk.say("karim", "ligne 7") == []


async def test_triggers_that_were_gone_are_back_and_it_is_said(talk: Talk) -> None:
    by_hand(talk)
    assert await again(talk) == []
    (told,) = [each for each in talk.settle() if each.kind == "message"]
    assert "tout est intact" in told.body
    logged = [e.content for e in talk.entries() if e.kind == "system" and e.content]
    assert [(c["action"], c["intact"]) for c in logged if c["action"] == "triggers_mended"] == [
        ("triggers_mended", True)
    ]
    with sqlite3.connect(str(talk.db.path)) as connection, pytest.raises(sqlite3.IntegrityError, match="append-only"):
        connection.execute("DELETE FROM log_entry")
    connection.close()


async def test_what_lies_before_the_last_anchor_is_not_read_at_each_start(talk: Talk) -> None:
    talk.wait(minutes=61)
    assert anchored(talk) > 4
    by_hand(talk, "UPDATE log_entry SET sender = '@mallory:x' WHERE seq = 2")
    assert await again(talk) == []
    by_hand(talk, f"UPDATE log_entry SET entry_hash = '{'0' * 64}' WHERE seq = {anchored(talk)}")
    assert [what for _, what in await again(talk)] == ["entry"]


async def test_a_long_log_does_not_hold_up_the_end_of_the_process(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(integrity, "BREATH_EVERY", 1)
    monkeypatch.setattr(integrity, "BREATH_SECONDS", 3600.0)
    begun, loop, first_break = asyncio.Event(), asyncio.get_running_loop(), integrity.first_break

    def noticed(*about: Any) -> integrity.Break | None:
        loop.call_soon_threadsafe(begun.set)
        return first_break(*about)

    monkeypatch.setattr(integrity, "first_break", noticed)
    db = Database(f"sqlite:///{talk.db.path}")
    looking = asyncio.create_task(Integrity(db, talk.clock, talk.tools).look())
    await begun.wait()
    looking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await looking
    # What a process waits for before it ends: with an hour between two entries, only a thread that was told ends.
    await asyncio.wait_for(loop.shutdown_default_executor(), 60)
    db.close()


def archived(talk: Talk) -> None:
    """The crisis is lifted, then archived."""
    for typed in ("!cloture services rétablis", "!archiver"):
        asked = talk.say("claire", typed)
        code = next(code[1] for each in asked if (code := re.search(r"!oui (\d{4})", each.body)))
        talk.say("olivier", f"!oui {code}")
    with talk.db.reading() as session:
        cell = cells.load(session, ID)
    assert cell is not None
    assert cell.incident.status is IncidentStatus.ARCHIVED


async def test_an_archived_log_is_looked_at_too_and_what_is_added_to_it_is_anchored(talk: Talk) -> None:
    talk.join("olivier")
    talk.say("karim", "une dernière ligne")
    (line,) = [e.seq for e in talk.entries() if e.event_id == talk.last_event]
    archived(talk)
    talk.wait(minutes=61)
    before = anchored(talk)
    talk.say("karim", f"!corriger {line} une dernière ligne, corrigée")
    talk.wait(minutes=61)
    correction = next(e.seq for e in talk.entries() if e.kind == "correction")
    assert anchored(talk) >= correction > before
    by_hand(talk, f"UPDATE log_entry SET entry_hash = '{'0' * 64}' WHERE seq = {anchored(talk)}")
    assert [what for _, what in await again(talk)] == ["entry"]
