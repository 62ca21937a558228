"""A full disk, a read-only one, a database that another program holds: the sync goes no further, and loses nothing."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import timedelta

import psycopg
import pytest
from sqlalchemy.exc import OperationalError

from bot.store import outage
from bot.store.db import Database
from tests.matrix.conftest import MakePeer
from tests.matrix.fake import FakeServer
from tests.matrix.harness import Bot, body


def pragma(db: Database, statement: str) -> None:
    """On the one connection that writes, outside of any transaction: a read-only one cannot begin one."""
    with db._alone(), closing(db._engine.raw_connection()) as writer:
        writer.cursor().execute(f"PRAGMA {statement}").close()


@contextmanager
def full(bot: Bot) -> Iterator[None]:
    """No page more than there are; a page is 4 kB, and pages that are free are used up first."""
    with bot.db.transaction() as session:
        used = session.connection().exec_driver_sql("PRAGMA page_count").scalar_one()
    pragma(bot.db, f"max_page_count={used}")
    yield
    pragma(bot.db, "max_page_count=1073741823")


@contextmanager
def read_only(bot: Bot) -> Iterator[None]:
    pragma(bot.db, "query_only=ON")
    yield
    pragma(bot.db, "query_only=OFF")


@contextmanager
def held(bot: Bot) -> Iterator[None]:
    pragma(bot.db, "busy_timeout=50")
    assert bot.db.path is not None
    with closing(sqlite3.connect(bot.db.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


def reached(bot: Bot) -> int:
    """How far the homeserver was told that we have everything."""
    return int((bot.token() or "s0_0")[1:].partition("_")[0])


FAULTS = {"full": full, "read_only": read_only, "held": held}


@pytest.mark.parametrize("kind", FAULTS)
async def test_what_cannot_be_written_is_not_acknowledged_and_comes_again(
    server: FakeServer, bot: Bot, peer: MakePeer, kind: str
) -> None:
    bot.lost_after = timedelta(seconds=0)
    alice = await peer("alice")
    room = server.room(alice.user_id, bot.user_id)
    await bot.start()
    await alice.sync()
    await bot.row_of(await alice.say(room, "avant"))
    # Where we stand is written after the words themselves.
    await bot.until(lambda: reached(bot) == server.position)
    token = bot.token()
    with FAULTS[kind](bot):
        said = [await alice.say(room, f"pendant {n} " + "x" * 9000) for n in range(6)]
        await bot.until(lambda: bot.health.reasons.get("store") == outage.WORDS[kind].en)
        assert bot.row(said[-1]) is None
        assert bot.token() == token, "the homeserver is not told that we have it"
    for event in said:
        assert body(await bot.row_of(event)).startswith("pendant")
    await bot.until(lambda: "store" not in bot.health.reasons)
    assert [notice["why"] for notice in bot.notices("written_again")] == [kind]
    assert bot.notices("lost") == [], "the homeserver was there all the time"
    assert len({*bot.events(room)}) == len(bot.events(room))


async def test_a_key_that_could_not_be_kept_comes_again(server: FakeServer, bot: Bot, peer: MakePeer) -> None:
    alice = await peer("alice")
    room = server.room(alice.user_id, bot.user_id)
    await bot.start()
    await alice.sync()
    keys = bot.client.nio.store.database  # type: ignore[union-attr]
    keys.execute_sql("PRAGMA query_only=ON")
    event = await alice.say(room, "la clé vient avec")
    await bot.until(lambda: bot.health.reasons.get("store") == outage.WORDS["read_only"].en)
    assert reached(bot) < server.position, "what bears the key is still on the homeserver"
    assert body(await bot.row_of(event)) == "la clé vient avec"
    await bot.kill()
    await bot.start()
    assert body(await bot.row_of(await alice.say(room, "encore"))) == "encore", "the key is on the disk"


def sqlite_error(make: Callable[[sqlite3.Connection], None]) -> sqlite3.Error:
    with closing(sqlite3.connect(":memory:")) as db, pytest.raises(sqlite3.Error) as caught:
        make(db)
    return caught.value


def test_faults_of_ours_are_no_outage() -> None:
    wrong = sqlite_error(lambda db: db.execute("SELECT nothing FROM nowhere"))
    assert outage.of(wrong) is None
    assert outage.of(OperationalError("SELECT 1", {}, wrong)) is None
    assert outage.of(ValueError("full")) is None
    assert outage.of(ConnectionResetError(104, "reset")) is None


def test_an_outage_is_known_by_its_code() -> None:
    def fill(db: sqlite3.Connection) -> None:
        db.execute("PRAGMA max_page_count=2")
        db.execute("CREATE TABLE a (b)")
        db.execute("INSERT INTO a VALUES (zeroblob(100000))")

    full_disk = outage.of(OperationalError("INSERT", {}, sqlite_error(fill)))
    assert full_disk is not None
    assert full_disk.kind == "full"
    no_room = outage.of(OSError(28, "No space left on device"))
    assert no_room is not None
    assert no_room.kind == "full"
    away = outage.of(OperationalError("", {}, psycopg.OperationalError("connection refused")))
    assert away is not None
    assert away.kind == "away"
    for sort, kind in ((psycopg.errors.DiskFull, "full"), (psycopg.errors.ReadOnlySqlTransaction, "read_only")):
        found = outage.of(OperationalError("", {}, sort("")))
        assert found is not None
        assert found.kind == kind
