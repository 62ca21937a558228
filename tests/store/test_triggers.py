"""Whatever a migration does to the log's tables, nobody rewrites the log afterwards, and no start goes on without that."""

from __future__ import annotations

import shutil
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from bot.resources import data
from bot.store import log, migrating, triggers
from bot.store.db import Database, StoreFault

INC = "INC-2026-001"
NEXT = '''"""A column more, by the way that makes an SQLite table anew and drops its triggers."""

import sqlalchemy as sa
from alembic import op

revision = "9999"
down_revision = "{before}"
branch_labels = depends_on = None


def upgrade():
    with op.batch_alter_table("{table}", recreate="{recreate}") as batch:
        batch.add_column(sa.Column("more", sa.Text(), nullable=True))
'''


@pytest.mark.parametrize("table", ["log_entry", "log_content"])
def test_a_migration_that_makes_the_table_anew_keeps_the_triggers(
    *,
    db: Database,
    now: datetime,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
    table: str,
) -> None:
    with db.transaction() as session:
        log.append(session, INC, kind="message", content={"body": "x"}, now=now)
    shutil.copytree(data("migrations"), tmp_path / "migrations")
    recreate = "always" if db.path and table == "log_content" else "auto"
    script = NEXT.format(before=migrating.newest(), table=table, recreate=recreate)
    (tmp_path / "migrations" / "versions" / "9999_more.py").write_text(script)
    monkeypatch.setattr(migrating, "data", tmp_path.joinpath)
    migrating._revisions.cache_clear()
    request.addfinalizer(migrating._revisions.cache_clear)
    db.migrate()
    assert migrating.newest() == "9999"
    with db.transaction() as session:
        assert triggers.missing(session.connection()) == []
    for statement in (f"DELETE FROM {table}", f"UPDATE {table} SET more = 'x'"):
        with pytest.raises(DBAPIError, match="append-only"), db.transaction() as session:
            session.connection().execute(text(statement))


def test_a_database_that_does_not_keep_the_log_is_not_used(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    def forgets(connection: Connection) -> None:
        """A database that takes the statements and keeps none."""

    with db.transaction() as session:
        connection = session.connection()
        connection.execute(text("DROP TRIGGER log_entry_update" + ("" if db.path else " ON log_entry")))
    monkeypatch.setattr(triggers, "install", forgets)
    with pytest.raises(StoreFault, match="log_entry_update"):
        db.migrate()
