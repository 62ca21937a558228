"""From a real database to a file that verifies: the store's record, the store's key."""

from __future__ import annotations

import json
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from bot.domain import log as chain
from bot.export.folder import ExportRefused, export
from bot.export.verify import read_key, verify
from bot.store import blobs, cells, log, rooms
from bot.store.db import Database

ID = "INC-2026-001"
PASSPHRASE = "correcte agrafe"


@pytest.fixture
def store(database_url: str, memory: Any) -> tuple[str, str]:
    """The URL of a database that holds the small incident, and its log's public key."""
    database = Database(database_url)
    database.migrate()
    with database.transaction() as session:
        cells.save(session, None, memory.cell_)
        rooms.put(session, rooms.Room(f"cell:{ID}", "!cellule:chu.example", "cell", ID, None, True, False))
        key = log.create_key(session, ID, PASSPHRASE, chain.from_rfc3339(memory.log[0].logged_at))
        for entry in memory.log:
            if entry.kind in ("anchor", "purge"):
                continue
            log.append(
                session, ID, kind=entry.kind, room_id=entry.room_id, event_id=entry.event_id, sender=entry.sender,
                origin_ts=entry.origin_ts, content=entry.content or {"type": "m.room.message"}, now=chain.from_rfc3339(entry.logged_at),
            )  # fmt: skip
        for data in memory.posted.values():
            blobs.put(session, data)
    database.close()
    return database_url, key


def test_what_the_store_holds_is_exported_signed_and_verified(
    store: tuple[str, str], tmp_path: Path, independent: ModuleType
) -> None:
    url, key = store
    written = export(url, ID, tmp_path / "out", PASSPHRASE)
    verdict = verify(written, key=read_key(key))
    assert (verdict.faults, verdict.entries, verdict.key) == ((), 10, key)
    assert verdict.proved == ("consistent", "signed")
    assert verify(written.with_suffix(".zip")).intact
    assert independent.main(written) == 0
    assert (written / "files" / "8-ecran.png").read_bytes().startswith(b"\x89PNG")
    assert json.loads((written / "incident.json").read_bytes())["rooms"][0]["room_id"] == "!cellule:chu.example"


def test_two_exports_of_one_store_have_the_same_bytes(store: tuple[str, str], tmp_path: Path) -> None:
    first, second = (export(store[0], ID, tmp_path / name, PASSPHRASE).with_suffix(".zip") for name in "ab")
    assert first.read_bytes() == second.read_bytes()


def test_an_id_in_small_letters_is_understood(store: tuple[str, str], tmp_path: Path) -> None:
    assert export(store[0], f" {ID.lower()}", tmp_path / "out", PASSPHRASE) == tmp_path / "out" / ID


def test_another_passphrase_writes_nothing(store: tuple[str, str], tmp_path: Path) -> None:
    with pytest.raises(ExportRefused, match="ne peut pas être exporté"):
        export(store[0], ID, tmp_path / "out", "autre")
    assert list((tmp_path / "out").iterdir()) == []


def test_no_store_no_export(tmp_path: Path) -> None:
    with pytest.raises(ExportRefused, match="ne peut pas être exporté"):
        export(f"sqlite:///{tmp_path}/none.db", ID, tmp_path / "out", PASSPHRASE)
    assert list(tmp_path.iterdir()) == []
