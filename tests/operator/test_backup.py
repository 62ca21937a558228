"""`tocsin backup` and `tocsin restore` at a terminal, on both databases, without a homeserver."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from bot.cli import execute
from bot.matrix.identity import make_seeds
from bot.store import log, outbox
from bot.store.db import Database
from bot.store.lock import InstanceLock

from .conftest import Run, Write

NOW = datetime(2026, 3, 14, 13, 5, tzinfo=UTC)
BOT = "@tocsin:secours.example"
INCIDENT = "INC-2026-001"


@pytest.fixture
def url(database_url: str, tmp_path: Path) -> str:
    """The database as the configuration names it."""
    return database_url


@pytest.fixture
def installed(url: str, tmp_path: Path, write: Write) -> Database:
    """A store as a bot leaves it: a database with a log, a device's keys, an identity."""
    write(matrix='store = "crypto"', more=f'[database]\nurl = "{url}"\n[paths]\nroster = "roster.yaml"\n')
    (tmp_path / "roster.yaml").write_text("people: []\n")
    keys = tmp_path / "crypto"
    keys.mkdir(mode=0o700)
    make_seeds(keys, "phrase du coffre", BOT)
    session = {"user_id": BOT, "device_id": "ABCD", "access_token": "syt_jeton_du_bot", "shared": True}
    (keys / "session.json").write_text(json.dumps(session))
    with closing(sqlite3.connect(keys / f"{BOT}_ABCD.db")) as device:
        device.execute("CREATE TABLE ratchets (step)")
        device.execute("INSERT INTO ratchets VALUES (41)")
        device.commit()
    database = Database(url)
    database.migrate()
    write_down(database, "avant")
    return database


def write_down(database: Database, text: str) -> None:
    with database.transaction() as session:
        log.append(session, INCIDENT, kind="note", sender=None, content={"text": text}, now=NOW)


def texts(url: str) -> list[str]:
    database = Database(url)
    with database.reading() as session:
        found = [str((entry.content or {}).get("text")) for entry in log.entries(session, INCIDENT)]
    database.close()
    return found


def lose(url: str, tmp_path: Path) -> None:
    """The machine is lost, with its disk; a server's database is made anew, empty."""
    for file in (tmp_path / "crypto").iterdir():
        file.unlink()
    if url.startswith("sqlite"):
        for file in tmp_path.glob("tocsin.db*"):
            file.unlink()
    else:
        with psycopg.connect(url.replace("postgresql+psycopg", "postgresql"), autocommit=True) as server:
            server.execute("DROP SCHEMA public CASCADE")
            server.execute("CREATE SCHEMA public")


def test_there_and_back(installed: Database, url: str, tmp_path: Path, tocsin: Run) -> None:
    made = tocsin("backup", "copie")
    assert (made.code, made.err) == (0, "")
    assert "phrase secrète" in made.out
    copy = tmp_path / "copie"
    assert copy.stat().st_mode & 0o777 == 0o700
    assert {file.stat().st_mode & 0o777 for file in copy.rglob("*") if file.is_file()} == {0o600}
    assert not any(b"syt_jeton" in file.read_bytes() for file in copy.rglob("*") if file.is_file())
    write_down(installed, "après")
    installed.close()
    lose(url, tmp_path)

    back = tocsin("restore", "copie")
    assert (back.code, back.err) == (0, "")
    assert texts(url) == ["avant"]
    session = json.loads((tmp_path / "crypto" / "session.json").read_text())
    assert session["restored"] is True, "the device is not to encrypt again"
    assert session["access_token"] == "syt_jeton_du_bot"
    database = Database(url)
    with database.transaction() as held:
        assert log.entries(held, INCIDENT)
        assert outbox.unsent(held) == 0
    database.close()
    assert tocsin("restore", "copie", LANG="en_GB.UTF-8").code == (2 if url.startswith("postgresql") else 0)


def test_nothing_is_put_over_what_is_newer_or_alive(installed: Database, url: str, tmp_path: Path, tocsin: Run) -> None:
    assert tocsin("backup", "copie").code == 0
    with InstanceLock(tmp_path / "crypto", url):
        alive = tocsin("restore", "copie")
    assert (alive.code, alive.out) == (3, "")
    assert "un autre Tocsin" in alive.err
    write_down(installed, "après")
    installed.close()
    newer = tocsin("restore", "copie")
    assert (newer.code, newer.out) == (2, "")
    assert "plus récente" in newer.err or "pas vide" in newer.err
    assert texts(url) == ["avant", "après"]
    assert (tmp_path / "crypto" / "identity").exists(), "nothing was touched"
    assert tocsin("backup", "copie").code == 2, "a copy is never written over"
    assert tocsin("restore", "nulle-part").code == 2


def test_a_copy_of_a_later_version_is_refused_before_anything_is_moved(
    installed: Database, url: str, tmp_path: Path, tocsin: Run
) -> None:
    assert tocsin("backup", "copie").code == 0
    installed.close()
    manifest = tmp_path / "copie" / "manifest.json"
    told = json.loads(manifest.read_text())
    told["database"]["revision"] = "9999"
    manifest.write_text(json.dumps(told))
    refused = tocsin("restore", "copie")
    assert (refused.code, refused.out) == (2, "")
    assert "9999" in refused.err
    assert "Rien n’a été touché" in refused.err
    assert texts(url) == ["avant"]
    assert (tmp_path / "crypto" / "identity").exists()
    assert not list(tmp_path.glob("*before-restore*"))


def test_without_room_there_is_no_copy_and_no_trace_of_one(installed: Database, tmp_path: Path, tocsin: Run) -> None:
    installed.close()
    (tmp_path / "plat").write_text("un fichier")
    ran = tocsin("backup", "plat/copie")
    assert (ran.code, ran.out) == (2, "")
    assert "n’a pas pu être écrite" in ran.err
    assert "Traceback" not in ran.err
    assert not list(tmp_path.glob("**/*.partial"))


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_copy_that_is_damaged_or_another_s_is_refused(
    installed: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    installed.close()
    monkeypatch.setenv("LANG", "fr_FR.UTF-8")
    copy, config = tmp_path / "copie", ["--config", str(tmp_path / "tocsin.toml")]
    assert execute([*config, "backup", str(copy)]) == 0
    (tmp_path / "crypto" / "note").write_text("ce qui était là")

    def refused(words: str) -> None:
        capsys.readouterr()
        assert execute([*config, "restore", str(copy)]) == 2
        said = capsys.readouterr()
        assert words in said.err
        assert said.out == ""
        assert (tmp_path / "crypto" / "note").exists(), "nothing was touched"

    changes: dict[str, list[tuple[Callable[[bytes], bytes], str]]] = {
        "database.db": [(lambda data: data[:-1] + bytes([data[-1] ^ 1]), "abîmée")],
        "keys/identity": [(lambda data: data + b"x", "abîmée")],
        "keys/session.json": [(lambda _: b"", "abîmée")],
        "manifest.json": [
            (lambda _: b"{", "n’est pas une copie"),
            (lambda data: data.replace(b"tocsin-backup/1", b"tocsin-backup/9"), "n’est pas une copie"),
            (lambda data: data.replace(BOT.encode(), b"@autre:x"), "@autre:x"),
        ],
    }
    for name, each in changes.items():
        whole = (copy / name).read_bytes()
        for change, words in each:
            (copy / name).write_bytes(change(whole))
            refused(words)
        (copy / name).write_bytes(whole)
    (copy / "keys" / "intrus").write_text("x")
    refused("abîmée")
    (copy / "keys" / "intrus").unlink()
    toml = tmp_path / "tocsin.toml"
    toml.write_text(toml.read_text().replace("phrase du coffre", "une autre phrase"))
    refused("phrase secrète")
    toml.write_text(toml.read_text().replace("une autre phrase", "phrase du coffre"))

    assert execute([*config, "restore", str(copy)]) == 0
    aside = next(tmp_path.glob("crypto.before-restore-*"))
    assert (aside / "note").read_text() == "ce qui était là", "what was there is kept"
    assert (aside / "tocsin.db").exists()
