"""A copy of a server's database is an SQLite file, and comes back as it was."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event, inspect, select, text

from bot.store import backup, blobs, journal, log, lookups, meta, outbox, rooms, search
from bot.store.db import Database, Session, StoreFault
from bot.store.outbox import Outgoing
from bot.store.received import Received
from bot.store.rooms import Room
from bot.store.tables import Base
from bot.store.transfer import TABLES, from_file

NOW = datetime(2026, 3, 14, 13, 5, 0, 123456, tzinfo=UTC)
INCIDENT = "INC-2026-001"


def fill(session: Session) -> None:
    """Something of each kind: bytes, instants, JSON, numbers that were given, a log with and without content."""
    meta.put(session, "sync_token", "s1_é")
    rooms.put(session, Room("alert", "!a:x", "alert", None, None, True, False))
    items = [Received("event", "timeline", "!a:x", f"${n}", "@a:x", "m.room.message", n, b"\x00\xff") for n in range(3)]
    journal.receive(session, items, turn=1, now=NOW, first=False)
    outbox.enqueue(session, Outgoing("alert", "message", {"content": {"body": "é"}}, "reply:$1:0"), NOW)
    blobs.put(session, b"\x00 bytes")
    for number in range(4):
        log.append(session, INCIDENT, kind="note", sender="@a:x", content={"text": f"mot{number}"}, now=NOW)


def rows(database: Database) -> dict[str, list[tuple[object, ...]]]:
    with database.reading() as session:
        return {
            table.name: [tuple(row) for row in session.execute(select(table).order_by(*table.primary_key))]
            for table in Base.metadata.sorted_tables
        }


def test_every_table_is_known_to_the_transfer(tmp_path: Path) -> None:
    assert TABLES
    database = Database(f"sqlite:///{tmp_path / 'a.db'}")
    database.migrate()
    with database.transaction() as session:
        held = {name for name in inspect(session.connection()).get_table_names() if not name.startswith("log_search")}
    database.close()
    assert held - {"alembic_version"} == set(Base.metadata.tables)


def test_a_server_s_database_goes_into_a_file_and_comes_back(
    postgres_url: str, sqlite_url: str, tmp_path: Path
) -> None:
    source = Database(postgres_url)
    source.migrate()
    with source.transaction() as session:
        fill(session)
    expected = rows(source)
    copy = tmp_path / "copy.db"
    backup.copy(postgres_url, copy)
    assert copy.stat().st_mode & 0o777 == 0o600
    held = backup.contents(copy)
    assert held.journal == 3
    assert held.heads[INCIDENT][0] == 4
    with source.transaction() as session:
        assert journal.receive(
            session,
            [Received("event", "timeline", "!a:x", "$9", "@a:x", "m.room.message", 9, b"{}")],
            turn=2,
            now=NOW,
            first=False,
        ) == [4]

    with pytest.raises(StoreFault, match=r"pas vide|not empty"):
        from_file(copy, postgres_url)
    with source.transaction() as session:
        session.execute(text("DROP SCHEMA public CASCADE"))
        session.execute(text("CREATE SCHEMA public"))
    source.close()
    from_file(copy, postgres_url)
    back = Database(postgres_url)
    assert rows(back) == expected
    with back.transaction() as session:
        assert search.newest(session, INCIDENT, search.Sought("mot2"), 5) == [3]
        item = Received("event", "timeline", "!a:x", "$10", "@a:x", "m.room.message", 9, b"{}")
        assert journal.receive(session, [item], turn=2, now=NOW, first=False) == [4], "numbers go on"
        assert log.append(session, INCIDENT, kind="note", sender="@a:x", content={}, now=NOW).seq == 5
    back.close()


def test_files_are_brought_over_one_by_one(tmp_path: Path) -> None:
    source = Database(f"sqlite:///{tmp_path / 'a.db'}")
    source.migrate()
    with source.transaction() as session:
        for number in range(3):
            blobs.put(session, b"%d" % number)
    source.close()
    written: list[int] = []

    def count(*said: Any) -> None:
        statement, parameters, many = said[2], said[3], said[5]
        if statement.startswith("INSERT INTO blob"):
            written.append(len(parameters) if many else 1)

    event.listen(Engine, "before_cursor_execute", count)
    try:
        from_file(tmp_path / "a.db", f"sqlite:///{tmp_path / 'b.db'}")
    finally:
        event.remove(Engine, "before_cursor_execute", count)
    assert written == [1, 1, 1]


def test_a_copy_of_a_file_is_of_one_moment_and_knows_what_is_newer(sqlite_url: str, tmp_path: Path) -> None:
    database = Database(sqlite_url)
    database.migrate()
    with database.transaction() as session:
        fill(session)
    copy = tmp_path / "copy.db"
    backup.copy(sqlite_url, copy)
    held = backup.contents(copy)
    assert sorted(path.name for path in tmp_path.iterdir() if path.name.startswith("copy")) == ["copy.db"]
    assert not backup.contents(copy).goes_beyond(held)
    with database.transaction() as session:
        log.append(session, INCIDENT, kind="note", sender="@a:x", content={}, now=NOW)
    database.close()
    newer = backup.checkpointed(database.path or copy)
    assert newer.goes_beyond(held)
    assert not held.goes_beyond(newer)
    assert backup.from_json(backup.as_json(newer)) == newer


def test_what_is_decided_again_after_a_restore_is_not_said_again(sqlite_url: str) -> None:
    database = Database(sqlite_url)
    database.migrate()
    out = Outgoing("alert", "message", {"content": {}}, "reply:$1:0")
    with database.transaction() as session:
        rooms.put(session, Room("alert", "!a:x", "alert", None, None, True, False))
        first = outbox.enqueue(session, Outgoing("alert", "message", {"content": {}}, "reply:$0:0"), NOW)
        outbox.sent(session, first, "$e0", NOW)
    database.close()
    copy = database.path
    assert copy is not None
    # What a lost life decided and said after the copy, and the store that came back from the copy meets again.
    lost = Database(sqlite_url.replace("tocsin.db", "lost.db"))
    backup.copy(sqlite_url, lost.path or copy)
    with lost.transaction() as session:
        said = outbox.enqueue(session, out, NOW)
    lost.close()

    backup.mark_restored(sqlite_url, NOW, NOW)
    back = Database(sqlite_url)
    with back.transaction() as session:
        assert backup.was_restored(session)
        assert not outbox.echoed(session, said, "$e1", NOW), "it is not known yet"
        again = outbox.enqueue(session, out, NOW)
        assert again == said
        assert outbox.event_of(session, out.dedupe_key) == "$e1"
        assert outbox.due(session, NOW, "talk") is None
        assert [row.type for row in journal.next_ready(session)] == ["restored"]
        assert not backup.settled(session)
        journal.done(session, [row.id for row in journal.next_ready(session)])
        assert backup.settled(session)
        assert backup.over(session)
        assert not backup.was_restored(session)
        assert lookups.under(session, "said:") == [], "what was kept of the rooms is forgotten"
    back.close()


def test_a_number_after_a_restore_is_not_the_number_before_it(sqlite_url: str) -> None:
    database = Database(sqlite_url)
    database.migrate()

    def ids() -> list[str]:
        keys = (
            "task:INC-2026-001:12:given",
            "gap:41",
            "board:INC-2026-001:card:2",
            "board:INC-2026-001:card:1",
            "ask:$1",
        )
        with database.transaction() as session:
            return [outbox.enqueue(session, Outgoing("alert", "message", {"content": {}}, key), NOW) for key in keys]

    with database.transaction() as session:
        rooms.put(session, Room("alert", "!a:x", "alert", None, None, True, False))
        outbox.derived(session, "the secret is in the copy")
    assert database.path is not None
    backup.copy(sqlite_url, copy := database.path.with_name("copy.db"))
    said = ids()
    database.close()
    database = Database(sqlite_url.replace("tocsin.db", copy.name))
    backup.mark_restored(sqlite_url.replace("tocsin.db", copy.name), NOW, NOW)
    with database.transaction() as session:
        for number, each in enumerate(said):
            outbox.echoed(session, each, f"$e{number}", NOW)
    again = ids()
    assert [one == other for one, other in zip(said, again, strict=True)] == [False, False, False, True, True]
    with database.transaction() as session:
        assert [row.state if (row := outbox.get(session, each)) else None for each in again] == [
            "waiting", "waiting", "waiting", "sent", "sent",
        ]  # fmt: skip
    database.close()
