"""From the first revision to the present one, in the middle of an incident: nothing of it is lost, its log still holds,
and what keeps the log is there; a copy that the first one made comes back into either kind of database."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from bot.domain import log as chain
from bot.domain.log import Entry
from bot.export import folder
from bot.export.verify import verify
from bot.store import cells, log, migrating, pendings, purge, transfer, triggers
from bot.store.db import Database, Session
from bot.store.source import StoreSource
from tests.commands.harness import Talk, talk_in_crisis
from tests.commands.stock import OF_ITS_OWN

INCIDENT = "INC-2026-001"


def crisis() -> Talk:
    """A crisis under way: a task done, a fact judged, a decision, a purge, a text, a clock filed."""
    talk = talk_in_crisis("claire", "karim", "anne", "pmartin", "soline", "pdurand", url=OF_ITS_OWN, clocks=True)
    talk.say("karim", "!fait 3 isolé")
    talk.say("karim", "!info le PACS est chiffré, source : l’écran")
    talk.say("claire", "!vrai F1 vu")
    talk.say("claire", "!decision couper internet, car la sauvegarde est atteinte")
    talk.say("karim", "!preuve disque de l’hôte 4")
    talk.say("pmartin", "!depose plainte PV 2026/118")
    talk.say("pdurand", "!rediger attente")
    talk.say("soline", "Madame Kerdraon est au lit 3 du service")
    number = talk.entries()[-1].seq
    talk.say("soline", f"!purger {number} patient")
    return talk


def at_first(url: str, talk: Talk) -> None:
    """A database at the first revision that holds the crisis, as far as it had a place for it."""
    database = Database(url)
    with database._engine.connect() as connection:
        with connection.begin():
            config = migrating._config()
            config.attributes["connection"] = connection
            command.upgrade(config, "0001")
        assert migrating.revision(connection) == "0001"
    with talk.db.reading() as read, database.transaction() as write:
        transfer.bring(read, write)
    database.close()


def entries(session: Session) -> list[Entry]:
    return list(log.entries(session, INCIDENT))


def test_an_incident_under_way_goes_on_after_the_migration(database_url: str, tmp_path: Path) -> None:
    talk = crisis()
    at_first(database_url, talk)
    database = Database(database_url)
    database.migrate()
    with database.reading() as session:
        assert migrating.revision(session.connection()) == migrating.newest() != "0001"
        assert triggers.missing(session.connection()) == []
        found, cell = entries(session), cells.load(session, INCIDENT)
        assert purge.hidden(session, INCIDENT)
        waits = pendings.questions(session, INCIDENT, talk.clock.now())
        assert any(purge.is_asked(session, INCIDENT, request) for request in waits), "hidden by what it waits for"
    assert found == talk.entries()
    assert cell is not None
    before = talk.cell
    for name in ("tasks", "facts", "decisions", "evidence", "moments"):
        assert getattr(cell, name) == getattr(before, name), name
    unknown = {
        n: replace(d, audience=None, channel=None, versions=tuple(replace(v, days=()) for v in d.versions))
        for n, d in before.drafts.items()
    }
    assert cell.drafts == unknown, "for whom a text is, and which days it gives, was not kept"
    # The first revision kept no plan of a clock's reminders: it has the usual one.
    kept = {i: replace(c, ring=before.clocks[i].ring, plan=before.clocks[i].plan) for i, c in cell.clocks.items()}
    assert kept == before.clocks
    assert set(cell.members) == set(before.members)
    for statement in ("UPDATE log_entry SET kind = 'note'", "DELETE FROM log_entry", "DELETE FROM log_content"):
        with pytest.raises(DBAPIError, match=r"append-only|purge"), database.transaction() as session:
            session.connection().execute(text(statement))
    with database.transaction() as session:
        last = log.append(session, INCIDENT, kind="note", content={"text": "la vie continue"}, now=talk.clock.now())
    assert last.prev_hash == chain.entry_hash(found[-1])
    with database.reading() as session:
        exported = folder.write(StoreSource(session, talk.tools.passphrase), INCIDENT, tmp_path / "out")
    assert verify(exported).intact
    database.close()


def test_a_copy_of_the_first_revision_comes_back_into_the_present_one(postgres_url: str, tmp_path: Path) -> None:
    talk = crisis()
    copy = tmp_path / "copy.db"
    at_first(f"sqlite:///{copy}", talk)
    transfer.from_file(copy, postgres_url)
    database = Database(postgres_url)
    with database.reading() as session:
        assert entries(session) == talk.entries()
        assert triggers.missing(session.connection()) == []
        waits = pendings.questions(session, INCIDENT, talk.clock.now())
        assert any(purge.is_asked(session, INCIDENT, request) for request in waits), "hidden by what it waits for"
    database.close()
