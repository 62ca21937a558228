"""The action log in the database: one chain, and nobody rewrites it."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError

from bot.domain.log import GENESIS, Entry, content_hash, entry_hash
from bot.store import log, sealing
from bot.store.db import Database

INC = "INC-2026-001"
COPY_AS = (
    "INSERT INTO log_entry SELECT incident, {}, kind, room_id, event_id, sender, origin_ts, logged_at,"
    " occurred_at, content_hash, prev_hash, entry_hash FROM log_entry WHERE seq = 1"
)


def write(db: Database, now: datetime, *bodies: str, incident: str = INC) -> list[Entry]:
    with db.transaction() as session:
        return [
            log.append(session, incident, kind="message", sender="@a:x", content={"body": body}, now=now)
            for body in bodies
        ]


def purge(db: Database, now: datetime, *targets: int) -> None:
    content = {"target": list(targets), "mode": "erase", "reason": "x", "by": "@d:x", "confirmed_by": "@e:x"}
    with db.transaction() as session:
        log.append(session, INC, kind="purge", content=content, now=now)


def run(db: Database, statement: str) -> None:
    with db.transaction() as session:
        session.connection().execute(text(statement))


@pytest.fixture
def history(db: Database, now: datetime) -> Iterator[Database]:
    """Three entries, of which every test that uses this finds the chain unbroken at the end."""
    write(db, now, "one", "two", "three")
    yield db
    assert_chain(db)


def assert_chain(db: Database) -> list[Entry]:
    with db.reading() as session:
        entries = list(log.entries(session, INC))
    previous = GENESIS
    for seq, entry in enumerate(entries, 1):
        assert (entry.seq, entry.prev_hash, entry.entry_hash) == (seq, previous, entry_hash(entry))
        if entry.content is not None and entry.nonce is not None:
            assert entry.content_hash == content_hash(entry.content, entry.nonce)
        previous = entry.entry_hash
    return entries


def test_entries_come_back_as_they_were_chained(db: Database, now: datetime) -> None:
    content = {"body": "Été 🚨", "number": 1.5, "deep": [{"a": None}], "big": 2**53 - 1}
    with db.transaction() as session:
        made = log.append(
            session, INC, kind="message", room_id="!r:x", event_id="$e", sender="@a:x", origin_ts=1,
            occurred_at=now - timedelta(days=1), content=content, now=now,
        )  # fmt: skip
        assert log.entry(session, INC, 1) == made
        assert log.head(session, INC) == made
        assert log.seq_of(session, "$e") == (INC, 1)
        assert log.seq_of(session, "$f") is None
    assert made.content == content
    assert assert_chain(db) == [made]


def test_an_event_stands_in_one_entry(db: Database, now: datetime) -> None:
    with db.transaction() as session:
        first = log.append(session, INC, kind="message", event_id="$e", content={"body": "1"}, now=now)
        again = log.append(session, "INC-2026-002", kind="message", event_id="$e", content={"body": "2"}, now=now)
        assert again == first
        assert log.head(session, "INC-2026-002") is None


def test_what_is_not_ijson_is_kept_and_never_stops_the_log(db: Database, now: datetime) -> None:
    with db.transaction() as session:
        log.append(session, INC, kind="message", content={"body": "\ud800", "n": 2**60}, now=now)
        log.append(session, INC, kind="message", content={"body": "a\x00b"}, now=now)
    entries = assert_chain(db)
    assert all(entry.content is not None and "raw_b64" in entry.content for entry in entries)


def test_each_incident_has_its_own_chain(db: Database, now: datetime) -> None:
    write(db, now, "a", "b")
    (first,) = write(db, now, "c", incident="EXE-2026-001")
    assert (first.seq, first.prev_hash) == (1, GENESIS)
    assert_chain(db)


def test_entries_are_read_page_by_page(db: Database, now: datetime) -> None:
    write(db, now, *(str(n) for n in range(1003)))
    assert [entry.seq for entry in assert_chain(db)] == list(range(1, 1004))
    with db.reading() as session:
        assert [entry.seq for entry in log.entries(session, INC, after=1001)] == [1002, 1003]
        assert [entry.seq for entry in log.last(session, INC, 2)] == [1002, 1003]
        assert log.count(session, INC) == 1003


def test_search(db: Database, now: datetime) -> None:
    paris = ZoneInfo("Europe/Paris")
    write(db, datetime(2026, 3, 13, 23, 30, tzinfo=UTC), "La sauvegarde était chiffrée")
    write(db, datetime(2026, 3, 14, 23, 30, tzinfo=UTC), "Sauvegardes hors ligne : intactes 100%")
    with db.transaction() as session:
        log.append(session, INC, kind="note", sender="@b:x", content={"body": "rien"}, now=now)

        def seqs(words: str = "", **more: object) -> list[int]:
            return [entry.seq for entry in log.search(session, INC, words, **more)]  # type: ignore[arg-type]

        assert seqs("SAUVEGARDE") == [1, 2]
        assert seqs("chiffree sauvegarde") == [1]
        assert seqs("% _") == [1, 2, 3]
        assert seqs("100") == [2]
        assert seqs(sender="@b:x") == [3]
        assert seqs(kinds=("note",)) == [3]
        assert seqs(day=date(2026, 3, 14), zone=paris) == [1, 3]
        assert seqs(limit=1) == [3]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE log_entry SET sender = 'x'",
        "UPDATE log_entry SET seq = 9 WHERE seq = 3",
        "UPDATE log_content SET content = '{}'",
        "DELETE FROM log_entry",
        "DELETE FROM log_entry WHERE seq = 3",
        "DELETE FROM log_content",
        "DELETE FROM log_content WHERE seq = 2",
        COPY_AS.format("seq + 5"),
        COPY_AS.format(4),
    ],
)
def test_the_database_refuses_to_rewrite_the_log(history: Database, statement: str) -> None:
    with pytest.raises(DBAPIError, match="append-only"):
        run(history, statement)


def test_replacing_is_refused(history: Database) -> None:
    if history.path is not None:
        statements = [
            "INSERT OR REPLACE INTO log_entry SELECT * FROM log_entry WHERE seq = 2",
            "REPLACE INTO log_content SELECT incident, seq, '{}', nonce FROM log_content WHERE seq = 3",
            "REPLACE INTO log_content SELECT incident, seq, '{}', nonce FROM log_content WHERE seq = 2",
        ]
    else:
        statements = [
            "INSERT INTO log_entry SELECT * FROM log_entry WHERE seq = 3 ON CONFLICT (incident, seq) DO UPDATE SET kind = ''",
            "INSERT INTO log_content SELECT * FROM log_content WHERE seq = 3 ON CONFLICT (incident, seq) DO UPDATE SET content = '{}'",
            "TRUNCATE log_entry CASCADE",
            "TRUNCATE log_content",
        ]
    for statement in statements:
        with pytest.raises(DBAPIError, match="append-only"):
            run(history, statement)


def test_replacing_is_refused_on_a_connection_that_never_heard_of_our_pragmas(sqlite_url: str, now: datetime) -> None:
    db = Database(sqlite_url)
    db.migrate()
    write(db, now, "one", "two")
    bare = create_engine(sqlite_url)
    for table in ("log_entry", "log_content"):
        for seq in (1, 2):
            with bare.connect() as connection, pytest.raises(DBAPIError, match="append-only"):
                connection.execute(text(f"INSERT OR REPLACE INTO {table} SELECT * FROM {table} WHERE seq = {seq}"))
    bare.dispose()
    assert len(assert_chain(db)) == 2
    db.close()


def test_a_content_goes_only_when_a_purge_names_it(history: Database, now: datetime) -> None:
    purge(history, now, 2)
    with pytest.raises(DBAPIError, match="no purge names"):
        run(history, "DELETE FROM log_content WHERE seq IN (1, 2)")
    run(history, "DELETE FROM log_content WHERE seq = 2")
    contents = [entry.content for entry in assert_chain(history)]
    assert contents[1] is None
    assert all(content is not None for n, content in enumerate(contents) if n != 1)


def test_a_purge_names_only_what_was_before_it_in_its_own_incident(history: Database, now: datetime) -> None:
    purge(history, now, 3, 4, 5)
    write(history, now, "five")
    write(history, now, "elsewhere", incident="INC-2026-002")
    for where in ("seq = 5", "seq = 4", "incident = 'INC-2026-002'"):
        with pytest.raises(DBAPIError, match="no purge names"):
            run(history, f"DELETE FROM log_content WHERE {where}")


def test_the_explanation_of_a_hole_cannot_be_purged(history: Database, now: datetime) -> None:
    purge(history, now, 1)
    purge(history, now, 4)
    with pytest.raises(DBAPIError, match="no purge names"):
        run(history, "DELETE FROM log_content WHERE seq = 4")


def test_a_content_that_is_gone_cannot_be_put_back_changed(history: Database, now: datetime) -> None:
    purge(history, now, 2)
    run(history, "DELETE FROM log_content WHERE seq = 2")
    with pytest.raises(DBAPIError, match="append-only"):
        run(history, f"INSERT INTO log_content VALUES ('{INC}', 2, '{{}}', '00')")


def test_the_log_has_a_key_of_its_own(db: Database, now: datetime) -> None:
    with db.transaction() as session:
        public = log.create_key(session, INC, "correct horse", now)
        assert log.create_key(session, INC, "another", now) == public
        held = log.key(session, INC)
        assert held is not None
        assert held[1] == public
        signature = log.sign(session, INC, "correct horse", b"manifest")
        with pytest.raises(sealing.NotOpened):
            log.sign(session, INC, "wrong", b"manifest")
        with pytest.raises(LookupError):
            log.sign(session, "INC-2026-009", "correct horse", b"manifest")
    Ed25519PublicKey.from_public_bytes(base64.b64decode(public + "=")).verify(signature, b"manifest")
