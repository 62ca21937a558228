"""A migrated database, on SQLite and on PostgreSQL: every contract holds on both."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from bot.store.db import Database

NOW = datetime(2026, 3, 14, 13, 5, 0, 123456, tzinfo=UTC)


@pytest.fixture
def db(database_url: str) -> Iterator[Database]:
    database = Database(database_url)
    database.migrate()
    yield database
    database.close()


@pytest.fixture
def now() -> datetime:
    return NOW
