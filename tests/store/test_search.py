"""The log's index: accents and case do not count, words are beginnings, and what is purged leaves no trace in it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text

from bot.store import log, search
from bot.store.db import Database

INC = "INC-2026-001"
PARIS = ZoneInfo("Europe/Paris")


def write(db: Database, now: datetime, *texts: str, sender: str = "@a:x", incident: str = INC) -> None:
    with db.transaction() as session:
        for each in texts:
            log.append(session, incident, kind="message", sender=sender, content={"body": each}, now=now)


def found(db: Database, words: str = "", incident: str = INC, **more: object) -> list[int]:
    with db.reading() as session:
        return [entry.seq for entry in log.search(session, incident, words, **more)]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("sauvegarde", [1, 2]),
        ("SAUVEGARDÉ", [1, 2]),
        ("sauv intac", [2]),
        ("garde", []),
        ("chiffrée, la", [1]),
        ("œuvre", [3]),
        ("oeuv", [3]),
        ("ميه", [4]),
        ("d'ici", [3]),
        ("hors-ligne", [2]),
        ('" OR 1 : *', []),
        ("NEAR(sauvegarde) AND -hors", []),
        ("near", []),
        ("'; DROP TABLE log_search", []),
        ("&|!:*()<->", [1, 2, 3, 4]),
        ("a" * 5000, [5]),
        ("🚨", [1, 2, 3, 4, 5]),
    ],
)
def test_words_are_beginnings_and_nothing_in_them_is_a_query(
    db: Database, now: datetime, typed: str, expected: list[int]
) -> None:
    write(db, now, "La sauvegarde était chiffrée", "Sauvegardes hors ligne : intactes 100%", "Mise en œuvre d’ici 5 h")
    write(db, now, "مرحبا ميهو", "a" * 5000 + " b")
    everything = [1, 2, 3, 4, 5]
    assert found(db, typed) == (everything if expected == [1, 2, 3, 4] else expected)


def test_an_incident_s_search_ends_at_its_own_entries_and_gives_the_newest(db: Database, now: datetime) -> None:
    for number in range(12):
        write(db, now, f"panne {number}", incident=INC if number % 2 else "INC-2026-002")
    assert found(db, "panne", limit=3) == [4, 5, 6]
    assert found(db, "panne", incident="INC-2026-002") == [1, 2, 3, 4, 5, 6]


def test_who_did_it_is_found_whoever_typed_it(db: Database, now: datetime) -> None:
    write(db, now, "de claire", sender="@claire:x")
    with db.transaction() as session:
        log.append(session, INC, kind="task", sender="@nadia:x", content={"by": "@claire:x"}, now=now)
        log.append(session, INC, kind="message", sender="@nadia:x", content={"body": '"by":"@claire:x"'}, now=now)
        log.append(session, INC, kind="task", sender="@nadia:x", content={"by": "@claire_x"}, now=now)
        log.append(session, INC, kind="system", content={"event": "claire"}, now=now)
    assert found(db, sender="@claire:x") == [1, 2]
    assert found(db, "claire", without="@nadia:x") == [1, 5]


def test_a_day_is_that_of_the_place_and_of_what_happened_on_it(db: Database) -> None:
    write(db, datetime(2026, 3, 13, 23, 30, tzinfo=UTC), "le 14 à Paris")
    write(db, datetime(2026, 3, 14, 23, 30, tzinfo=UTC), "le 15 à Paris")
    with db.transaction() as session:
        log.append(
            session, INC, kind="note", content={"text": "hier"}, now=datetime(2026, 3, 15, 9, tzinfo=UTC),
            occurred_at=datetime(2026, 3, 14, 12, tzinfo=UTC),
        )  # fmt: skip
    assert found(db, day=date(2026, 3, 14), zone=PARIS) == [1, 3]
    assert found(db, "hier", day=date(2026, 3, 15), zone=PARIS) == [3]


def test_what_is_forgotten_is_not_found_and_the_rest_is(db: Database, now: datetime) -> None:
    write(db, now, "la patiente Durandeau", "Durandeau encore", "autre chose")
    with db.transaction() as session:
        search.forget(session, INC, [1, 2, 99])
        search.forget(session, "INC-2026-009", [3])
    assert found(db, "durandeau") == []
    assert found(db, "autre") == [3]


def test_nothing_of_what_is_forgotten_stays_in_the_file(sqlite_url: str, now: datetime, tmp_path: Path) -> None:
    """Neither in the index's rows, nor in its segments, nor in the pages that they leave."""
    db = Database(sqlite_url)
    db.migrate()
    for part in range(20):
        write(db, now, *(f"ligne {part} {n} durandeau{part}x{n}" for n in range(50)))
    with db.transaction() as session:
        # The contents are the purge's own business: here only the index counts.
        session.execute(text("DROP TRIGGER log_content_delete"))
        session.execute(text("DELETE FROM log_content"))
        search.forget(session, INC, range(1, 1001))
    with db.transaction() as session:
        assert session.execute(text("SELECT count(*) FROM log_search")).scalar_one() == 0
    db.close()
    connection = Database(sqlite_url)
    with connection._engine.connect() as raw:
        raw.exec_driver_sql("COMMIT")
        raw.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    for path in tmp_path.rglob("tocsin.db*"):
        assert b"durandeau" not in path.read_bytes(), path


def test_the_index_is_made_anew_from_the_log(db: Database, now: datetime) -> None:
    write(db, now, *(f"ligne {n}" for n in range(1100)))
    write(db, now, "ligne ailleurs", incident="EXE-2026-001")
    with db.transaction() as session:
        session.execute(text("DELETE FROM log_search"))
        assert not search.complete(session)
    assert found(db, "ligne") == []
    db.migrate()
    assert db.reindexed
    assert db.mended == [], "no trigger of the log was missing: the cell is not alarmed"
    assert found(db, "ligne", limit=2) == [1099, 1100]
    assert found(db, "ailleurs", incident="EXE-2026-001") == [1]
    with db.transaction() as session:
        assert search.complete(session)
        assert search.rebuild(session) == 1101
    db.migrate()
    assert not db.reindexed
    assert db.mended == []


def test_an_entry_that_is_rolled_back_is_not_in_the_index(db: Database, now: datetime) -> None:
    def fails() -> None:
        with db.transaction() as session:
            log.append(session, INC, kind="note", content={"text": "perdu"}, now=now)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fails()
    write(db, now + timedelta(seconds=1), "gardé")
    assert found(db, "perdu") == []
    assert found(db, "garde") == [1]
