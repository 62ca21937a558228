"""What an export reads, while the bot writes."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from bot.domain.cell import Cell
from bot.domain.incident import Incident, IncidentStatus
from bot.domain.roles import Phase
from bot.store import blobs, cells, log, rooms
from bot.store.db import Database, StoreFault
from bot.store.rooms import Room
from bot.store.sealing import NotOpened
from bot.store.source import reading

INC = "INC-2026-001"
PASS = "correct horse"
FILE = b"ransom note" * 200_000


@pytest.fixture
def cell(db: Database, now: datetime) -> Cell:
    made = Cell(
        Incident(
            id=INC, year=2026, number=1, drill=False, scenario="rancongiciel", title="", status=IncidentStatus.OPEN,
            phase=Phase.ALERT, severity=None, opened_at=now, opened_by="@a:x", organisation="CH", kind="hospital",
            timezone="Europe/Paris", language="fr", room_key=f"cell:{INC}", playbook={}, playbook_sha256="",
        )
    )  # fmt: skip
    with db.transaction() as session:
        cells.save(session, None, made)
        rooms.put(session, Room(f"cell:{INC}", "!r:x", "cell", INC, None, encrypted=True, left=False))
        rooms.put(session, Room("dm:@a:x", "!d:x", "dm", None, "@a:x", encrypted=True, left=False))
        log.create_key(session, INC, PASS, now)
        sha256 = blobs.put(session, FILE)
        log.append(session, INC, kind="incident", content={"action": "open"}, now=now)
        kept = {"path": "files/2-note.txt", "name": "note.txt", "size": len(FILE), "sha256": sha256}
        log.append(session, INC, kind="file", content={"file": kept}, now=now)
        log.append(session, INC, kind="file", content={"not_kept": "too large"}, now=now)
    return made


def test_one_moment_of_the_record(db: Database, database_url: str, cell: Cell, now: datetime) -> None:
    with reading(database_url, PASS) as source:
        assert source.cell(INC) == cell
        with db.transaction() as session:
            log.append(session, INC, kind="note", content={"body": "after"}, now=now)
            cells.save(session, cell, replace(cell, incident=replace(cell.incident, title="after")))
        assert [entry.seq for entry in source.entries(INC)] == [1, 2, 3]
        assert source.cell("INC-2026-404") is None
        assert [(room.room_id, room.track) for room in source.rooms(INC)] == [("!r:x", None)]
    with reading(database_url, PASS) as source:
        assert [entry.seq for entry in source.entries(INC)] == [1, 2, 3, 4]


def test_files_by_the_path_that_the_log_names(database_url: str, cell: Cell) -> None:
    with reading(database_url, PASS) as source:
        ((path, pieces),) = source.files(cell.incident.id)
        whole = list(pieces)
    assert path == "2-note.txt"
    assert len(whole) > 1
    assert hashlib.sha256(b"".join(whole)).digest() == hashlib.sha256(FILE).digest()


def test_the_signature_is_the_logs(database_url: str, cell: Cell) -> None:
    with reading(database_url, PASS) as source:
        key = Ed25519PublicKey.from_public_bytes(source.public_key(cell.incident.id))
        key.verify(source.sign(INC, b"manifest"), b"manifest")
        with pytest.raises(LookupError):
            source.public_key("INC-2026-404")
    with reading(database_url, "wrong") as source, pytest.raises(NotOpened):
        source.sign(INC, b"manifest")


def test_a_database_that_is_not_there_is_one_sentence_and_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(StoreFault, match="pas de base"), reading(f"sqlite:///{tmp_path}/x.db", PASS):
        pass
    assert list(tmp_path.iterdir()) == []
