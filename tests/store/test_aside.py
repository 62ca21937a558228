"""A room's first events may come before we know that it is ours: they wait, in order, and are not lost."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

from bot.store import journal, rooms
from bot.store.db import Database
from bot.store.journal import Received

ROOM = "!new:example.org"


def text(event_id: str, room: str = ROOM) -> Received:
    raw = json.dumps({"event_id": event_id}).encode()
    return Received("event", "timeline", room, event_id, "@a:example.org", "m.room.message", 1000, raw)


def ready(db: Database) -> list[str | None]:
    with db.transaction() as session:
        return [row.event_id for row in journal.next_ready(session)]


def test_what_is_set_aside_comes_back_in_order_once_its_room_is_known(db: Database, now: datetime) -> None:
    with db.transaction() as session:
        ids = journal.receive(session, [text("$1"), text("$2"), text("$x", "!o")], turn=1, now=now, first=False)
        journal.aside(session, ids)
    assert ready(db) == []
    with db.transaction() as session:
        journal.receive(session, [text("$3")], turn=2, now=now, first=False)
        rooms.mapped(session, "cell:INC-2026-001", ROOM, True)
    assert ready(db) == ["$1", "$2", "$3"]


def test_what_was_done_does_not_come_back_when_its_room_is_mapped_again(db: Database, now: datetime) -> None:
    with db.transaction() as session:
        (row,) = journal.receive(session, [text("$1")], turn=1, now=now, first=False)
        journal.done(session, [row])
        journal.aside(session, [row])
        rooms.mapped(session, "cell:INC-2026-001", ROOM, True)
    assert ready(db) == []


def test_what_could_not_be_read_waits_for_its_key_while_it_is_aside(db: Database, now: datetime) -> None:
    raw = json.dumps({"event_id": "$c", "content": {"session_id": "megolm"}}).encode()
    sealed = Received("event", "timeline", ROOM, "$c", "@a:example.org", "m.room.encrypted", 1000, raw)
    with db.transaction() as session:
        (row,) = journal.receive(session, [sealed], turn=1, now=now, first=False)
        journal.unreadable(session, row, "no key")
        journal.aside(session, [row])
        assert [found.event_id for found in journal.unread(session, "megolm")] == ["$c"]
        rooms.mapped(session, "cell:INC-2026-001", ROOM, True)
        journal.done(session, [row])
        assert [found.event_id for found in journal.unread(session, "megolm")] == ["$c"]


def test_what_never_became_ours_is_dropped_after_a_while(db: Database, now: datetime) -> None:
    week = timedelta(days=7)
    with db.transaction() as session:
        old = journal.receive(session, [text("$1"), text("$2", "!o")], turn=1, now=now, first=False)
        logged = journal.receive(session, [text("$3")], turn=2, now=now, first=False)
        new = journal.receive(session, [text("$4")], turn=3, now=now + week, first=False)
        journal.aside(session, [*old, *new])
        journal.done(session, logged)
        assert journal.prune_aside(session, now) == 0
        assert journal.prune_aside(session, now + week) == 2
        assert journal.prune_aside(session, now + week) == 0
        assert journal.known(session, ["$1", "$2", "$3", "$4"]) == {"$3", "$4"}
