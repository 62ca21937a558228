"""Rooms by our own keys, people's choices and identities, small facts, files."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import datetime

from bot.store import blobs, meta, people, rooms
from bot.store.db import Database
from bot.store.rooms import Room

CELL = Room("cell:INC-2026-001", None, "cell", "INC-2026-001", None, encrypted=False, left=False)


def test_a_room_is_named_before_it_is_there(db: Database) -> None:
    with db.transaction() as session:
        rooms.put(session, CELL)
        assert rooms.by_key(session, CELL.key) == CELL
        rooms.mapped(session, CELL.key, "!r:x", encrypted=True)
        there = replace(CELL, room_id="!r:x", encrypted=True)
        assert rooms.by_id(session, "!r:x") == there
        assert rooms.all_(session) == [there]
        rooms.put(session, replace(there, left=True))
        rooms.mapped(session, CELL.key, "!r2:x", encrypted=True)
        assert rooms.by_id(session, "!r:x") is None
        assert rooms.by_key(session, CELL.key) == replace(there, room_id="!r2:x")
        rooms.forget(session, CELL.key)
        assert rooms.by_key(session, CELL.key) is None


def test_encryption_never_goes_away(db: Database) -> None:
    with db.transaction() as session:
        rooms.mapped(session, CELL.key, "!r:x", encrypted=True)
        rooms.mapped(session, CELL.key, "!r:x", encrypted=False)
        found = rooms.by_id(session, "!r:x")
        assert found is not None
        assert found.encrypted
        rooms.mapped(session, CELL.key, "!new:x", encrypted=False)
        found = rooms.by_id(session, "!new:x")
        assert found is not None
        assert not found.encrypted


def test_a_room_known_by_its_id_comes_under_its_key(db: Database) -> None:
    with db.transaction() as session:
        rooms.put(session, Room("room:!r:x", "!r:x", "foreign", None, None, encrypted=True, left=False))
        rooms.mapped(session, "dm:@a:x", "!r:x", encrypted=False)
        assert rooms.all_(session) == [Room("dm:@a:x", "!r:x", "dm", None, "@a:x", encrypted=True, left=False)]


def test_people(db: Database, now: datetime) -> None:
    with db.transaction() as session:
        assert people.language(session, "@a:x") is None
        people.set_language(session, "@a:x", "en")
        assert people.pinned(session, "@a:x") is None
        people.pin(session, "@a:x", "master", now)
        assert (people.language(session, "@a:x"), people.pinned(session, "@a:x")) == ("en", "master")
        people.pin(session, "@a:x", "new", now)
        assert people.pinned(session, "@a:x") == "new"
        assert people.device_seen(session, "@a:x", "DEV", False, now)
        assert not people.device_seen(session, "@a:x", "DEV", True, now)
        assert people.device_seen(session, "@b:x", "DEV", True, now)


def test_small_facts(db: Database) -> None:
    with db.transaction() as session:
        assert meta.get(session, "turn") is None
        meta.put(session, "turn", "1")
        meta.put(session, "turn", "2")
    with db.reading() as session:
        assert meta.get(session, "turn") == "2"


def test_a_file_is_kept_once_under_its_hash(db: Database) -> None:
    data = bytes(range(256)) * 10
    with db.transaction() as session:
        digest = blobs.put(session, data)
        assert blobs.put(session, data) == digest == hashlib.sha256(data).hexdigest()
        assert blobs.get(session, digest) == data
        assert blobs.get(session, "00") is None
