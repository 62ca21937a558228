"""What the ground itself promises: a lock that can be trusted, a clock with one reader, nobody's paths."""

from __future__ import annotations

import ast
import re
import subprocess
import tomllib
from pathlib import Path

import pytest
import sqlalchemy

ROOT = Path(__file__).resolve().parents[2]

# The calls that read the wall clock; time.monotonic and time.perf_counter measure, and are free.
WALL_CLOCK = {
    ("datetime", "now"),
    ("datetime", "utcnow"),
    ("datetime", "today"),
    ("date", "today"),
    ("time", "time"),
    ("time", "time_ns"),
    ("time", "localtime"),
    ("time", "gmtime"),
}
CLOCK_READERS = {"bot/clock.py"}
# The demo's players live outside the product, as people do.
CLOCK_EXEMPT = ("bot/demo/",)


def tracked() -> list[Path]:
    """The files of the repository, or those of an unpacked archive of it."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
    ).stdout
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]


def wall_clock_reads(source: str) -> list[int]:
    """The lines on which a source text reads the wall clock, by whatever name it imported it."""
    tree = ast.parse(source)
    names: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names |= {alias.asname or alias.name: alias.name for alias in node.names}
    lines = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            owner = node.value
            last = owner.attr if isinstance(owner, ast.Attribute) else getattr(owner, "id", "")
            if (names.get(last, last), node.attr) in WALL_CLOCK:
                lines.append(node.lineno)
        elif isinstance(node, ast.ImportFrom) and node.module == "time":
            lines += [node.lineno for alias in node.names if ("time", alias.name) in WALL_CLOCK]
    return lines


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        ("from datetime import datetime, UTC\nx = datetime.now(UTC)", [2]),
        ("import datetime\nx = datetime.datetime.utcnow()", [2]),
        ("import datetime as dt\nx = dt.date.today()", [2]),
        ("from datetime import datetime as D\nx = D.now", [2]),
        ("import time as t\nx = t.time()", [2]),
        ("from time import time\nx = time()", [1]),
        ("import time\nx = time.monotonic()", []),
        ("def f(clock): return clock.now()", []),
    ],
)
def test_the_search_for_clock_reads_finds_them(source: str, lines: list[int]) -> None:
    assert wall_clock_reads(source) == lines


def test_only_the_clock_reads_the_wall_clock() -> None:
    found = [
        f"{name}:{line}"
        for path in sorted((ROOT / "bot").rglob("*.py"))
        if (name := path.relative_to(ROOT).as_posix()) not in CLOCK_READERS and not name.startswith(CLOCK_EXEMPT)
        for line in wall_clock_reads(path.read_text(encoding="utf-8"))
    ]
    assert found == [], "time is passed in; only bot/clock.py reads it"


def test_the_lock_has_a_hash_for_everything_and_no_address() -> None:
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    assert "://" not in lock
    assert not re.search(r"^-{1,2}(i|f|index-url|extra-index-url|find-links|e)\b", lock, re.MULTILINE)
    packages = re.findall(r"^(\S+)==(\S+)((?:.*\\\n)+.*)", lock, re.MULTILINE)
    assert len(packages) == len(re.findall(r"^\S+==", lock, re.MULTILINE)) > 50
    assert all("--hash=sha256:" in rest for _name, _version, rest in packages)


def test_the_lock_covers_what_the_project_declares() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = [
        *project["dependencies"],
        *(d for extra in project["optional-dependencies"].values() for d in extra),
    ]
    locked = set(re.findall(r"^([a-z0-9-]+)==", (ROOT / "requirements.lock").read_text(encoding="utf-8"), re.MULTILINE))
    assert {re.split(r"[\[<>=!~ ]", name)[0].lower() for name in declared} <= locked


def test_nothing_names_a_machine_or_a_registry() -> None:
    # Put together here, so that this file does not find itself.
    hosts = ["/".join(("", "work", "")), "pypi" + ".org", "pythonhosted" + ".org", "registry" + ".npmjs"]
    homes = re.compile("|".join([*map(re.escape, hosts), "/(?:ho" + r"me|Us" + r"ers)/[a-z]+/", "/ro" + "ot/"]))
    found = []
    for path in tracked():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        name = path.relative_to(ROOT)
        found += [f"{name}:{n}" for n, line in enumerate(text.splitlines(), 1) if homes.search(line)]
    assert found == []


def test_the_npm_lock_has_integrity_and_no_download_address() -> None:
    lock = (ROOT / "tests/e2e/peer/package-lock.json").read_text(encoding="utf-8")
    assert '"resolved"' not in lock
    assert lock.count('"integrity"') > 5


def test_each_database_is_real_and_empty(database_url: str) -> None:
    engine = sqlalchemy.create_engine(database_url)
    with engine.begin() as connection:
        assert sqlalchemy.inspect(connection).get_table_names() == []
        connection.execute(sqlalchemy.text("CREATE TABLE crise (nom TEXT)"))
        connection.execute(sqlalchemy.text("INSERT INTO crise VALUES ('éàü')"))
        assert connection.execute(sqlalchemy.text("SELECT nom FROM crise")).scalar_one() == "éàü"
    engine.dispose()
