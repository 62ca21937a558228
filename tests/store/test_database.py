"""Revisions, triggers, modes of files, one writer and many readers."""

from __future__ import annotations

import asyncio
import stat
import threading
from datetime import datetime
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from bot.store import incident_tables, log, meta, migrating
from bot.store.db import Database, StoreFault, inspect
from bot.store.lock import InstanceLock


def execute(db: Database, *statements: str) -> None:
    with db.transaction() as session:
        for statement in statements:
            session.connection().execute(text(statement))


def drop_trigger(db: Database, name: str, table: str) -> None:
    execute(db, f"DROP TRIGGER {name}" + ("" if db.path else f" ON {table}"))


def ordinary(name: str | None, kind: str, _: object) -> bool:
    """Whether it is a table as others are: the log's index, and what FTS5 keeps behind it, is not."""
    return not (kind == "table" and name is not None and name.startswith("log_search"))


def test_the_migrations_make_what_the_tables_say(db: Database) -> None:
    with db.transaction() as session:
        context = MigrationContext.configure(
            session.connection(), opts={"compare_type": True, "include_name": ordinary}
        )
        assert compare_metadata(context, incident_tables.Base.metadata) == []


def test_a_migrated_database_has_no_fault(db: Database, database_url: str) -> None:
    assert inspect(database_url) == []
    db.migrate()
    assert db.mended == []


def test_a_database_that_is_not_there_yet_has_no_fault_and_is_not_made(tmp_path: Path) -> None:
    assert inspect(f"sqlite:///{tmp_path}/none.db") == []
    assert list(tmp_path.iterdir()) == []


def test_a_dropped_trigger_is_found_and_put_back(db: Database, database_url: str) -> None:
    drop_trigger(db, "log_entry_update", "log_entry")
    assert (
        [fault for fault in inspect(database_url) if "log_entry_update" in fault.fr and "log_entry_update" in fault.en]
        == inspect(database_url)
        != []
    )
    db.migrate()
    assert db.mended == ["log_entry_update"]
    assert inspect(database_url) == []


def test_a_trigger_that_does_nothing_is_found(db: Database, database_url: str) -> None:
    drop_trigger(db, "log_content_delete", "log_content")
    if db.path:
        execute(db, "CREATE TRIGGER log_content_delete BEFORE DELETE ON log_content BEGIN SELECT 1; END")
    else:
        execute(
            db,
            "CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN OLD; END'",
            "CREATE TRIGGER log_content_delete BEFORE DELETE ON log_content FOR EACH ROW EXECUTE FUNCTION nothing()",
        )
    (fault,) = inspect(database_url)
    assert "log_content_delete" in fault.fr


def test_on_postgresql_a_trigger_that_is_off_or_emptied_is_found(postgres_url: str) -> None:
    db = Database(postgres_url)
    db.migrate()
    execute(db, "ALTER TABLE log_entry DISABLE TRIGGER log_entry_truncate")
    (fault,) = inspect(postgres_url)
    assert "log_entry_truncate" in fault.fr
    execute(
        db,
        "CREATE OR REPLACE FUNCTION tocsin_log_entry_insert() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
    )
    assert len(inspect(postgres_url)) == 2
    db.close()


def test_a_wrong_revision_is_found_and_a_newer_database_left_alone(db: Database, database_url: str) -> None:
    execute(db, "UPDATE alembic_version SET version_num = '9999'")
    (fault,) = inspect(database_url)
    assert "9999" in fault.fr
    with pytest.raises(StoreFault, match="plus récente"):
        db.migrate()


def test_an_existing_file_is_copied_before_it_is_migrated(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    db = Database(sqlite_url)
    db.migrate()
    with db.transaction() as session:
        meta.put(session, "sync_token", "s42")
    assert not list(tmp_path.glob("*.before-*"))
    # As if this program worked with a revision after the one that the file has.
    monkeypatch.setattr(migrating, "newest", lambda: "9999")
    db.migrate()
    db.close()
    (kept,) = tmp_path.glob("*.before-*")
    assert kept.name == "tocsin.db.before-9999"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    copy = Database(f"sqlite:///{kept}")
    with copy.reading() as session:
        assert meta.get(session, "sync_token") == "s42"
    copy.close()


def test_the_store_is_nobody_elses_to_read(tmp_path: Path) -> None:
    db = Database(f"sqlite:///{tmp_path}/data/deep/tocsin.db")
    db.migrate()
    with db.transaction() as session:
        meta.put(session, "turn", "1")
        made = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "data/deep").iterdir()}
    assert made == dict.fromkeys(("tocsin.db", "tocsin.db-wal", "tocsin.db-shm"), 0o600)
    assert stat.S_IMODE((tmp_path / "data/deep").stat().st_mode) == 0o700
    db.close()


def test_sqlite_is_as_durable_as_it_can_be(sqlite_url: str) -> None:
    db = Database(sqlite_url)
    db.migrate()
    wanted = {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "recursive_triggers": 1,
        "secure_delete": 1,
    }
    with db.transaction() as session:
        held = {name: session.connection().exec_driver_sql(f"PRAGMA {name}").scalar_one() for name in wanted}
    assert held == wanted
    db.close()


def test_foreign_keys_hold(db: Database) -> None:
    with pytest.raises(DBAPIError, match=r"(?i)foreign key"):
        execute(db, "INSERT INTO outbox_key (dedupe_key, seq) VALUES ('k', 99)")


def test_a_reader_sees_one_moment_and_never_waits_for_the_writer(db: Database) -> None:
    with db.transaction() as session:
        meta.put(session, "turn", "1")
    with db.reading() as reader:
        assert meta.get(reader, "turn") == "1"
        with db.transaction() as writer:
            meta.put(writer, "turn", "2")
            reader.expire_all()
            assert meta.get(reader, "turn") == "1"
        reader.expire_all()
        assert meta.get(reader, "turn") == "1"
    with db.reading() as reader:
        assert meta.get(reader, "turn") == "2"


def test_a_reader_cannot_write(db: Database) -> None:
    with db.reading() as reader, pytest.raises(DBAPIError, match=r"(?i)read.?only"):
        meta.put(reader, "turn", "1")


def test_writers_queue_and_none_is_lost(db: Database, now: datetime) -> None:
    def write() -> None:
        for _ in range(10):
            with db.transaction() as session:
                log.append(session, "INC-2026-001", kind="note", content={"body": "x"}, now=now)

    threads = [threading.Thread(target=write) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with db.reading() as session:
        assert [entry.seq for entry in log.entries(session, "INC-2026-001")] == list(range(1, 31))


def test_two_connections_cannot_fork_the_chain(db: Database, database_url: str, now: datetime) -> None:
    other = Database(database_url)
    for database in (db, other, db, other):
        with database.transaction() as session:
            log.append(session, "INC-2026-001", kind="note", content={"body": "x"}, now=now)
    with db.reading() as session:
        assert log.count(session, "INC-2026-001") == 4
    other.close()


async def test_call_runs_in_the_one_worker_thread_in_a_transaction(db: Database) -> None:
    def touch(session: Session, key: str, *, value: str) -> str:
        meta.put(session, key, value)
        return threading.current_thread().name

    names = await asyncio.gather(*(db.call(touch, f"k{n}", value="v") for n in range(5)))
    assert len(set(names)) == 1
    assert names[0] != threading.current_thread().name
    assert await db.call(meta.get, "k4") == "v"

    def fail(session: Session) -> None:
        meta.put(session, "k4", "changed")
        raise LookupError("no")

    with pytest.raises(LookupError):
        await db.call(fail)
    assert await db.call(meta.get, "k4") == "v"


def test_in_memory(now: datetime) -> None:
    db = Database("sqlite://")
    db.migrate()
    with db.transaction() as session:
        log.append(session, "INC-2026-001", kind="note", content={"body": "x"}, now=now)
    with db.reading() as session:
        assert log.count(session, "INC-2026-001") == 1
    db.close()


@pytest.mark.parametrize("url", ["mysql://x/y", "not a url", ""])
def test_a_url_of_no_use_is_one_sentence(url: str) -> None:
    with pytest.raises(StoreFault):
        Database(url)


def test_a_file_that_is_no_database_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "x.db").write_bytes(b"not a database at all, but long enough to be taken for one" * 20)
    with pytest.raises(StoreFault, match="not a database"):
        inspect(f"sqlite:///{tmp_path}/x.db")


@pytest.mark.parametrize(
    ("locale", "said"), [("fr_FR.UTF-8", "la base ne peut pas"), ("en_GB.UTF-8", "the database cannot")]
)
def test_a_database_out_of_reach_is_one_sentence_in_the_terminal_s_language(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, locale: str, said: str
) -> None:
    monkeypatch.setenv("LC_ALL", locale)
    unreachable = "postgresql+psycopg://tocsin:secret@127.0.0.1:1/x"
    with pytest.raises(StoreFault, match=said) as refused:
        Database(unreachable).migrate()
    with pytest.raises(StoreFault, match=said):
        InstanceLock(tmp_path / "crypto", unreachable).acquire()
    InstanceLock(tmp_path / "crypto").acquire()  # nothing was left held
    (tmp_path / "file").write_text("a file where a folder should be")
    with pytest.raises(StoreFault, match=said):
        Database(f"sqlite:///{tmp_path}/file/tocsin.db").migrate()
    assert "\n" not in str(refused.value)
    assert "secret" not in str(refused.value)


def test_a_path_may_hold_any_character(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/données 100% #1/tocsin.db"
    db = Database(url)
    db.migrate()
    with db.transaction() as session:
        meta.put(session, "turn", "1")
    with db.reading() as session:
        assert meta.get(session, "turn") == "1"
    assert inspect(url) == []
    db.close()


def test_a_reader_does_not_hold_up_the_cleaning_of_a_server_s_tables(postgres_url: str) -> None:
    database = Database(postgres_url)
    database.migrate()
    with database.reading() as session:
        session.execute(text("SELECT count(*) FROM log_entry")).scalar_one()
        assert not database.scrub_now(), "it is done again once the reader is gone"
    assert database.scrub_now()
    with database.transaction() as session:
        assert session.execute(text("SHOW lock_timeout")).scalar_one() == "0"
    database.close()
