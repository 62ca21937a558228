"""The journal: what came is here once, and leaves in order."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot.store import journal
from bot.store.db import Database, Session
from bot.store.journal import Provenance, Received

ROOM = "!cell:example.org"
OTHER = "!other:example.org"


def text(event_id: str, room: str = ROOM, section: str = "timeline") -> Received:
    raw = json.dumps({"event_id": event_id, "type": "m.room.message"}).encode()
    return Received("event", section, room, event_id, "@a:example.org", "m.room.message", 1000, raw)


def cipher(event_id: str, room: str = ROOM, session_id: str = "megolm", section: str = "timeline") -> Received:
    raw = json.dumps({"event_id": event_id, "content": {"session_id": session_id}}).encode()
    return Received("event", section, room, event_id, "@a:example.org", "m.room.encrypted", 1000, raw)


def vouched(session_id: str = "megolm", index: int = 0) -> Provenance:
    return Provenance(True, session_id, index, "curve", "DEVICE", True, trusted=True)


def receive(db: Database, now: datetime, *items: Received, turn: int = 1, part: int = 1) -> list[int]:
    with db.transaction() as session:
        return journal.receive(session, items, turn=turn, now=now, first=False, part=part)


def ready(db: Database, now: datetime | None = None) -> list[str | None]:
    with db.transaction() as session:
        return [row.event_id or row.type for row in journal.next_ready(session, now=now)]


def test_an_event_is_received_once(db: Database, now: datetime) -> None:
    first = receive(db, now, text("$1"), text("$2"), text("$1"))
    again = receive(db, now, text("$2"), text("$3"), turn=2)
    assert (len(first), len(again)) == (2, 1)
    assert ready(db) == ["$1", "$2", "$3"]
    with db.transaction() as session:
        assert journal.known(session, ["$1", "$3", "$4"]) == {"$1", "$3"}


def test_a_row_comes_back_as_it_was_received(db: Database, now: datetime) -> None:
    raw = b'{"weird":\xff\x00"'
    item = Received("event", "leave", ROOM, "$x", "@b:example.org", "m.room.topic", 5, raw)
    receive(db, now, item, turn=7)
    with db.transaction() as session:
        (row,) = journal.next_ready(session)
    assert (row.raw, row.turn, row.part, row.received_at, row.first, row.late) == (
        raw,
        7,
        1,
        now,
        False,
        False,
    )
    assert row.received_at.utcoffset() == timedelta(0)
    assert row.provenance == Provenance(encrypted=False, why="cleartext")


def test_what_no_database_can_hold_is_received_all_the_same(db: Database, now: datetime) -> None:
    nasty = "$\x00\ud800" + "x" * 5000
    items = [
        Received("event", "timeline", ROOM, nasty, "@\x00:x", "m.\udfff", 2**70, b"{}"),
        Received("event", "timeline", ROOM, nasty + "y", "@b:x", "m.room.message", -(2**60), b"[" * 400),
    ]
    assert len(receive(db, now, *items)) == 2
    assert receive(db, now, *items, turn=2) == []
    with db.transaction() as session:
        rows = journal.next_ready(session)
        assert journal.known(session, [nasty]) == {nasty}
    assert [row.origin_ts for row in rows] == [None, None]
    assert len({row.event_id for row in rows}) == 2


def test_order_is_turn_then_part_then_arrival(db: Database, now: datetime) -> None:
    receive(db, now, text("$later"), turn=2)
    receive(db, now, text("$timeline"), turn=1, part=1)
    receive(db, now, text("$gap", section="gap"), turn=1, part=0)
    assert ready(db) == ["$gap", "$timeline", "$later"]


def test_a_room_waits_behind_its_sealed_row_and_others_do_not(db: Database, now: datetime) -> None:
    ids = receive(db, now, text("$1"), cipher("$2"), text("$3"), text("$other", OTHER))
    assert ready(db) == ["$1", "$other"]
    with db.transaction() as session:
        assert [row.event_id for row in journal.sealed(session)] == ["$2"]
        assert journal.opened(session, ids[1], b'{"clear":1}', vouched())
    assert ready(db) == ["$1", "$2", "$3", "$other"]


def test_only_what_can_be_decrypted_is_sealed(db: Database, now: datetime) -> None:
    sections = ("timeline", "gap", "walk", "leave", "state", "invite")
    receive(db, now, *(cipher(f"${s}", f"!{s}:x", section=s) for s in sections))
    with db.transaction() as session:
        assert {row.section for row in journal.sealed(session)} == {"timeline", "gap", "walk", "leave"}


def test_an_open_gap_holds_the_room_and_not_its_past_nor_others(db: Database, now: datetime) -> None:
    receive(db, now, text("$before"), turn=1)
    with db.transaction() as session:
        gap = journal.open_gap(session, ROOM, "s1", "p1", turn=2)
        assert journal.open_gap(session, ROOM, "s1", "p1", turn=3) == gap
    receive(db, now, text("$after"), text("$other", OTHER), turn=2)
    receive(db, now, text("$missed", section="gap"), turn=2, part=0)
    assert ready(db) == ["$before", "$other"]
    with db.transaction() as session:
        journal.advance_gap(session, gap, "p0", 1)
        (walked,) = journal.gaps(session)
        assert (walked.position, walked.found, walked.since, walked.turn) == ("p0", 1, "s1", 2)
        journal.close_gap(session, gap, True, "the start was met", now=now)
        journal.close_gap(session, gap, True, "said once")
        assert journal.gaps(session) == []
    assert ready(db) == ["$before", "$missed", "gap", "$after", "$other"]
    with db.transaction() as session:
        notice = next(row for row in journal.next_ready(session) if row.type == "gap")
    assert (notice.kind, notice.room_id) == ("notice", ROOM)
    assert json.loads(notice.raw) == {
        "room_id": ROOM, "from": "s1", "to": "p1", "found": 1, "recovered": True, "reason": "the start was met",
    }  # fmt: skip


def test_a_notice_is_held_back_by_nothing(db: Database, now: datetime) -> None:
    receive(db, now, cipher("$1"), turn=4)
    with db.transaction() as session:
        journal.open_gap(session, ROOM, None, "p", turn=1)
        journal.notice(session, "lost", {"since": "now"}, now, ROOM)
    assert ready(db) == ["lost"]


def test_done_rows_do_not_come_again(db: Database, now: datetime) -> None:
    ids = receive(db, now, text("$1"), text("$2"))
    with db.transaction() as session:
        journal.done(session, ids[:1])
    assert ready(db) == ["$2"]


def test_the_same_message_index_under_another_event_is_a_replay(db: Database, now: datetime) -> None:
    first, replayed, other_room = receive(db, now, cipher("$1"), cipher("$2"), cipher("$3", OTHER))
    with db.transaction() as session:
        assert journal.opened(session, first, b"{}", vouched(index=4))
        assert not journal.opened(session, replayed, b"{}", vouched(index=4))
        assert journal.opened(session, other_room, b"{}", vouched(index=4))
        rows = {row.event_id: row for row in journal.next_ready(session)}
    assert rows["$1"].provenance == vouched(index=4)
    judged = rows["$2"].provenance
    assert judged is not None
    assert (judged.trusted, judged.why, judged.device) == (False, "replay", "DEVICE")


def test_a_copy_under_another_name_that_was_read_first_takes_nothing_from_the_original(
    db: Database, now: datetime
) -> None:
    foreign = Provenance(True, "megolm", 4, "curve", None, None, False, "foreign_device")
    (copy,) = receive(db, now, replace(cipher("$1"), sender="@mallory:example.org"))
    original, again, third = receive(db, now, cipher("$2"), cipher("$3"), cipher("$4"))
    with db.transaction() as session:
        assert not journal.opened(session, copy, b"{}", foreign)
    with db.transaction() as session:
        assert journal.opened_all(session, [(original, b"{}", vouched(index=4)), (again, b"{}", vouched(index=4))]) == [
            True, False,
        ]  # fmt: skip
        rows = {row.event_id: row.provenance for row in journal.next_ready(session)}
    assert [rows[each] and rows[each].why for each in ("$1", "$2", "$3")] == ["foreign_device", None, "replay"]
    with db.transaction() as session:
        assert not journal.opened(session, third, b"{}", vouched(index=4))


def test_a_session_that_somebody_else_passes_off_as_theirs_has_no_words_said_twice(db: Database, now: datetime) -> None:
    """A member of the room has the session's key, may give it to us as their own, and send what was said as theirs: with
    a homeserver that helps, what the first one said would be read again under another event."""
    said, passed, again = receive(
        db, now, cipher("$1"), replace(cipher("$2"), sender="@mallory:example.org"), cipher("$3")
    )
    for row, usable in ((said, True), (passed, False), (again, False)):
        with db.transaction() as session:
            assert journal.opened(session, row, b"{}", vouched(index=4)) is usable


def test_what_its_own_senders_device_wrote_before_it_was_known_is_used_all_the_same(
    db: Database, now: datetime
) -> None:
    unknown = Provenance(True, "megolm", 4, "curve", None, None, False, "foreign_device")
    first, replayed = receive(db, now, cipher("$1"), cipher("$2"))
    with db.transaction() as session:
        assert not journal.opened(session, first, b"{}", unknown)
        assert not journal.opened(session, replayed, b"{}", vouched(index=4))


def test_opening_a_row_twice_is_no_replay(db: Database, now: datetime) -> None:
    (row_id,) = receive(db, now, cipher("$1"))
    with db.transaction() as session:
        assert journal.opened(session, row_id, b"{}", vouched())
        journal.done(session, [row_id])
        assert journal.opened(session, row_id, b"{}", vouched())
    assert ready(db) == []


def test_an_unreadable_row_is_logged_then_waits_for_its_key(db: Database, now: datetime) -> None:
    row_id, _ = receive(db, now, cipher("$1", session_id="s1"), cipher("$2", OTHER, session_id="s2"))
    with db.transaction() as session:
        journal.unreadable(session, row_id, "no key")
        (row,) = journal.next_ready(session)
        assert (row.clear, row.provenance) == (None, Provenance(True, session_id="s1", why="no key"))
        journal.done(session, [row_id])
        assert journal.next_ready(session) == []
        assert [r.event_id for r in journal.unread(session)] == ["$1"]
        assert [r.event_id for r in journal.unread(session, session_id="s1", room_id=ROOM)] == ["$1"]
        assert journal.unread(session, session_id="s2") == []
        assert journal.opened(session, row_id, b"{}", vouched("s1"))
        (late,) = journal.next_ready(session)
        assert late.late
        journal.done(session, [row_id])
        assert journal.unread(session) == []


def test_a_key_that_comes_before_the_row_was_logged_makes_it_an_ordinary_one(db: Database, now: datetime) -> None:
    (row_id,) = receive(db, now, cipher("$1"))
    with db.transaction() as session:
        journal.unreadable(session, row_id, "no key")
        assert [r.id for r in journal.unread(session)] == [row_id]
        journal.opened(session, row_id, b"{}", vouched())
        (row,) = journal.next_ready(session)
    assert (row.late, row.clear) == (False, b"{}")


def test_what_a_backlog_costs_grows_as_it_does(tmp_path: Path, now: datetime) -> None:
    """In steps of SQLite's own machine: four times the rows take four times the steps, none looks through the others."""

    def steps(rows: int) -> int:
        database = Database(f"sqlite:///{tmp_path / str(rows)}")
        database.migrate()
        receive(database, now, *(text(f"${n}") for n in range(rows)))
        counted = 0

        def step() -> int:
            nonlocal counted
            counted += 1
            return 0

        with database.transaction() as session:
            raw = session.connection().connection.driver_connection
            assert raw is not None
            raw.set_progress_handler(step, 1)
            assert len(journal.next_ready(session, rows, now=now)) == rows
            raw.set_progress_handler(None, 0)
        database.close()
        return counted

    assert steps(800) < 5 * steps(200)


def test_a_failing_row_is_retried_later_and_at_last_set_aside(db: Database, now: datetime) -> None:
    bad, _, _ = receive(db, now, text("$bad"), text("$next"), text("$other", OTHER))
    with db.transaction() as session:
        assert not journal.poison(session, bad, "boom", now=now)
    assert ready(db, now) == ["$other"]
    assert ready(db, now + timedelta(seconds=2)) == ["$bad", "$next", "$other"]
    with db.transaction() as session:
        outcomes = [journal.poison(session, bad, "boom", now=now) for _ in range(4)]
    assert outcomes == [False, False, False, True]
    assert ready(db, now) == ["$next", "$other"]


def test_what_is_written_in_a_transaction_that_fails_was_never_there(db: Database, now: datetime) -> None:
    def receive_and_fall(session: Session) -> None:
        journal.receive(session, [text("$1")], turn=1, now=now, first=False)
        raise LookupError

    with pytest.raises(LookupError), db.transaction() as session:
        receive_and_fall(session)
    assert ready(db) == []


def test_a_naive_instant_is_refused(db: Database, now: datetime) -> None:
    with pytest.raises(Exception, match="without a time zone"):
        receive(db, now.replace(tzinfo=None), text("$1"))
    assert ready(db) == []
