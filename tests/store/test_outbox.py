"""The outbox: said once, in order, unchanged once attempted."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from bot.store import outbox, rooms
from bot.store.db import Database
from bot.store.outbox import OutboxRow, Outgoing
from bot.store.rooms import Room

CELL = "cell:INC-2026-001"
DM = "dm:@a:example.org"
CELL_ROOM = Room(CELL, "!cell:x", "cell", "INC-2026-001", None, encrypted=True, left=False)


def say(key: str, room: str = CELL, body: str = "", **more: Any) -> Outgoing:
    content = {"msgtype": "m.notice", "body": body or key}
    return Outgoing(room, "message", {"type": "m.room.message", "content": content}, key, **more)


def about(key: str, target: str, rel_type: str = "m.thread", room: str = CELL) -> Outgoing:
    relation = {"rel_type": rel_type, "event_id": {"outbox": target}}
    content = {"body": key, "m.relates_to": relation}
    return Outgoing(room, "message", {"type": "m.room.message", "content": content}, key)


class Desk:
    """The outbox with the cell's room mapped, and a clock that one moves by hand."""

    def __init__(self, db: Database, now: datetime) -> None:
        self.db, self.now = db, now
        with db.transaction() as session:
            rooms.put(session, CELL_ROOM)

    def put(self, *outs: Outgoing) -> list[str]:
        with self.db.transaction() as session:
            return [outbox.enqueue(session, out, self.now) for out in outs]

    def due(self, lane: str = "talk") -> OutboxRow | None:
        with self.db.transaction() as session:
            return outbox.due(session, self.now, lane)

    def next_key(self, lane: str = "talk") -> str | None:
        row = self.due(lane)
        return row.dedupe_key if row else None

    def say_in_turn(self) -> list[str]:
        """All that is due, as where the homeserver takes little: of two messages one may be an answer."""
        said, answered = [], False
        while True:
            with self.db.transaction() as session:
                row = outbox.due(session, self.now, "talk", answers_first=not answered)
            if row is None:
                return said
            answered = row.awaited
            self.attempt(row.id)
            self.sent(row.id, f"${row.seq}")
            said.append(row.dedupe_key)

    def attempt(self, row_id: str, frozen: dict[str, Any] | None = None, device: str = "DEV") -> OutboxRow:
        with self.db.transaction() as session:
            return outbox.attempt(session, row_id, self.now, device, frozen or {"body": "frozen"})

    def sent(self, row_id: str, event_id: str) -> None:
        with self.db.transaction() as session:
            outbox.sent(session, row_id, event_id, self.now)

    def failed(self, row_id: str, seconds: float) -> None:
        with self.db.transaction() as session:
            outbox.failed(session, row_id, "429", self.now + timedelta(seconds=seconds))

    def dead(self, row_id: str) -> None:
        with self.db.transaction() as session:
            outbox.dead(session, row_id, "forbidden")

    def by_key(self, key: str) -> OutboxRow:
        with self.db.transaction() as session:
            row = outbox.by_key(session, key)
        assert row is not None
        return row

    def drain(self) -> list[str]:
        said = []
        while row := self.due():
            self.attempt(row.id)
            self.sent(row.id, f"${row.seq}")
            said.append(row.dedupe_key)
        return said


def test_a_dedupe_key_is_said_once_for_ever(db: Database, now: datetime) -> None:
    desk = Desk(db, now)
    first, again = desk.put(say("k", body="one"), say("k", body="two"))
    assert first == again
    assert len(first) == 32
    assert int(first, 16) >= 0
    assert desk.drain() == ["k"]
    assert desk.put(say("k")) == [first]
    assert desk.due() is None
    assert desk.by_key("k").payload["content"]["body"] == "one"


def test_first_in_first_out_and_urgent_first(db: Database, now: datetime) -> None:
    desk = Desk(db, now)
    desk.put(say("a"), say("b"), say("idle", priority=2), say("alarm", priority=0))
    assert desk.drain() == ["alarm", "a", "b", "idle"]


def test_two_lanes_do_not_wait_for_each_other(db: Database, now: datetime) -> None:
    desk = Desk(db, now)
    desk.put(say("talk"), Outgoing(CELL, "invite", {"user": "@a:x", "reason": ""}, "invite"))
    desk.put(Outgoing(CELL, "leave", {"room_id": "!x"}, "leave"))
    desk.failed(desk.put(say("talk"))[0], 60)
    assert desk.next_key("rooms") == "invite"
    assert desk.next_key("talk") is None


def test_a_room_that_is_not_there_yet_waits_and_blocks_nobody(db: Database, now: datetime) -> None:
    desk = Desk(db, now)
    desk.put(say("early", DM, priority=0), say("cell"), Outgoing(DM, "create", {"purpose": "dm"}, "create"))
    assert desk.next_key() == "cell"
    assert desk.next_key("rooms") == "create"
    with db.transaction() as session:
        rooms.mapped(session, DM, "!dm:x", encrypted=True)
    row = desk.due()
    assert row is not None
    assert (row.dedupe_key, row.room_id) == ("early", "!dm:x")


def test_a_room_named_by_its_id_needs_no_mapping(db: Database, now: datetime) -> None:
    desk = Desk(db, now)
    desk.put(say("x", "room:!foreign:y"))
    row = desk.due()
    assert row is not None
    assert row.room_id == "!foreign:y"


def test_nothing_overtakes_a_row_that_waits_for_its_next_attempt(db: Database, now: datetime) -> None:
    desk = Desk(db, now)
    first, _, _ = desk.put(say("first"), say("second"), say("elsewhere", "room:!o:x"))
    desk.attempt(first)
    desk.failed(first, 30)
    assert desk.next_key() == "elsewhere"
    desk.put(say("urgent", priority=0))
    assert desk.next_key() == "urgent"
    desk.now += timedelta(seconds=30)
    assert desk.drain() == ["urgent", "first", "second", "elsewhere"]


def test_not_before(db: Database, now: datetime) -> None:
    desk = Desk(db, now)
    desk.put(say("later", not_before=now + timedelta(minutes=1)), say("now"))
    assert desk.drain() == ["now"]
    desk.now += timedelta(minutes=1)
    assert desk.drain() == ["later"]


def test_the_first_attempt_freezes_what_is_sent(db: Database, now: datetime) -> None:
    desk = Desk(db, now)
    (row_id,) = desk.put(say("k"))
    assert desk.attempt(row_id, {"body": "one"}).frozen == {"body": "one"}
    desk.now += timedelta(hours=21)
    again = desk.attempt(row_id, {"body": "two"}, device="NEW")
    assert again.frozen == {"body": "one"}
    assert (again.attempts, again.first_attempt_at, again.attempted_at, again.device_id) == (
        2,
        now,
        desk.now,
        "NEW",
    )
    assert desk.next_key() == "k"
    desk.sent(row_id, "$e")
    assert desk.due() is None


def test_an_update_takes_the_place_of_one_that_was_not_attempted(db: Database, now: datetime) -> None:
    desk = Desk(db, now)
    first, _, second = desk.put(
        say("board:1", body="v1", coalesce="board"),
        say("between"),
        say("board:2", body="v2", coalesce="board"),
    )
    assert first == second
    assert desk.by_key("board:2").payload["content"]["body"] == "v2"
    assert desk.put(say("board:1", body="v3", coalesce="board")) == [first]
    desk.attempt(first)
    (third,) = desk.put(say("board:3", body="v3", coalesce="board"))
    assert third != first
    assert desk.drain() == ["board:1", "between", "board:3"]
    with db.transaction() as session:
        assert outbox.event_of(session, "board:2") == outbox.event_of(session, "board:1") is not None


def test_coalescing_stays_within_a_room(db: Database, now: datetime) -> None:
    desk = Desk(db, now)
    a, b = desk.put(say("a", coalesce="c"), say("b", "room:!o:x", coalesce="c"))
    assert a != b


def test_a_row_waits_for_what_it_speaks_of(db: Database, now: datetime) -> None:
    desk = Desk(db, now)
    edit = replace(about("edit", "root", "m.replace"), priority=0)
    desk.put(edit, about("reply", "never enqueued"), say("root", priority=2), say("free"))
    assert desk.drain() == ["free", "root", "edit"]
    pin = Outgoing(CELL, "pin", {"events": [{"outbox": "root"}, {"outbox": "late"}]}, "pin")
    desk.put(pin)
    assert desk.due() is None
    desk.put(say("late"))
    assert desk.drain() == ["late", "pin"]


def test_what_speaks_of_a_dead_message_goes_without_or_dies(db: Database, now: datetime) -> None:
    desk = Desk(db, now)
    root, *_ = desk.put(
        say("root"),
        about("in thread", "root"),
        about("edit", "root", "m.replace"),
        Outgoing(CELL, "reaction", {"event_id": {"outbox": "root"}, "key": "✅"}, "tick"),
        Outgoing(CELL, "pin", {"events": [{"outbox": "root"}, {"outbox": "other"}]}, "pin"),
        say("other"),
        about("edit of edit", "edit", "m.replace"),
    )
    desk.dead(root)
    desk.put(about("later in thread", "root"), about("later edit", "root", "m.replace"))
    assert desk.drain() == ["in thread", "other", "pin", "later in thread"]
    assert "m.relates_to" not in desk.by_key("in thread").payload["content"]
    assert desk.by_key("pin").payload == {"events": [{"outbox": "other"}]}
    assert {k: desk.by_key(k).state for k in ("edit", "tick", "edit of edit", "later edit")} == dict.fromkeys(
        ("edit", "tick", "edit of edit", "later edit"), "dead"
    )
    with db.transaction() as session:
        assert outbox.unsent(session) == 0


def test_our_own_echo_is_proof(db: Database, now: datetime) -> None:
    desk = Desk(db, now)
    (row_id,) = desk.put(say("k"))
    desk.attempt(row_id)
    with db.transaction() as session:
        assert outbox.unsent(session) == 1
        assert outbox.echoed(session, row_id, "$mine", now)
        assert not outbox.echoed(session, "f" * 32, "$theirs", now)
        assert (outbox.event_of(session, "k"), outbox.key_of(session, "$mine")) == ("$mine", "k")
        assert outbox.key_of(session, "$theirs") is None
        assert outbox.unsent(session) == 0
    assert desk.due() is None
    assert desk.by_key("k").echoed_at == now


def test_an_upload_is_remembered(db: Database, now: datetime) -> None:
    desk = Desk(db, now)
    (row_id,) = desk.put(Outgoing(CELL, "file", {"blob": "00", "filename": "f"}, "f"))
    with db.transaction() as session:
        outbox.uploaded(session, row_id, "mxc://x/y", {"k": "secret", "iv": "é\u0000"})
        row = outbox.get(session, row_id)
    assert row is not None
    assert (row.mxc, row.upload_keys) == ("mxc://x/y", {"k": "secret", "iv": "é\u0000"})


def test_after_the_clock_was_set_back_nothing_waits_longer_than_its_own_interval(db: Database, now: datetime) -> None:
    desk = Desk(db, now)
    later, paced = desk.put(say("a"), say("b", room=DM, not_before=desk.now + timedelta(minutes=5)))
    desk.attempt(later)
    desk.failed(later, 30)
    desk.now -= timedelta(hours=3)
    with desk.db.transaction() as session:
        outbox.set_back(session, desk.now)
        outbox.set_back(session, desk.now)
        rooms.put(session, Room(DM, "!dm:x", "dm", None, "@a:example.org", encrypted=True, left=False))
    assert desk.next_key() is None
    desk.now += timedelta(seconds=31)
    assert desk.next_key() == "a"
    desk.sent(later, "$a")
    assert desk.next_key() is None
    desk.now += timedelta(minutes=5)
    assert desk.next_key() == "b"
    assert paced


def test_what_somebody_is_called_for_is_told_once_those_called_with_them_are_invited(
    db: Database, now: datetime
) -> None:
    desk = Desk(db, now)
    with db.transaction() as session:
        rooms.put(session, Room(DM, "!dm:x", "dm", None, "@a:example.org", encrypted=True, left=False))
    first, _ = desk.put(Outgoing(CELL, "invite", {"user": "@a:x"}, "invite:a"), say("call:INC-2026-001:@a:x:1", DM))
    assert desk.next_key() is None
    assert desk.next_key("rooms") == "invite:a"
    desk.put(say("reply:1", DM))
    assert desk.next_key() == "reply:1", "nothing else waits for it"
    desk.failed(first, 300)
    desk.now += timedelta(seconds=1)
    assert desk.next_key() == "call:INC-2026-001:@a:x:1", "one whom the homeserver keeps waiting keeps nobody else"
    desk.put(Outgoing(CELL, "invite", {"user": "@b:x"}, "invite:b"), say("call:INC-2026-001:@b:x:1", DM))
    desk.sent(desk.put(say("call:INC-2026-001:@a:x:1", DM))[0], "$1")
    desk.sent(desk.put(say("reply:1", DM))[0], "$2")
    assert desk.next_key() is None
    desk.now += timedelta(seconds=151)
    assert desk.next_key() == "call:INC-2026-001:@b:x:1", "nor for ever"


def brief(who: str) -> Outgoing:
    return say(f"call:INC-2026-001:@{who}:x:1", f"dm:@{who}:x")


def direct_rooms(db: Database, *people: str) -> None:
    with db.transaction() as session:
        for who in people:
            room = Room(f"dm:@{who}:x", f"!{who}:x", "dm", None, f"@{who}:x", encrypted=True, left=False)
            rooms.put(session, room)


def test_an_answer_goes_before_what_others_are_called_for_and_holds_it_up_no_more_than_twice(
    db: Database, now: datetime
) -> None:
    desk = Desk(db, now)
    direct_rooms(db, "a", "b", "c")
    desk.put(brief("a"), brief("b"), brief("c"), say("reply:$1:0"), say("tick:$2:✅"), say("ask:$3:x"), say("idle"))
    assert desk.drain()[:3] == [brief(who).dedupe_key for who in "abc"], (
        "where nothing limits it is first in, first out"
    )
    desk.put(*(say(f"call:INC-2026-001:@{who}:x:2", f"dm:@{who}:x") for who in "abc"))
    desk.put(say("reply:$4:0"), say("tick:$5:✅"), say("ask:$6:x"), say("reply:$7:0"), say("later"))
    told = [f"call:INC-2026-001:@{who}:x:2" for who in "abc"]
    first, second, third = told
    assert desk.say_in_turn() == [
        "reply:$4:0", first, "tick:$5:✅", second, "ask:$6:x", third, "reply:$7:0", "later",
    ]  # fmt: skip


def test_an_answer_takes_along_what_its_room_was_to_hear_before_it(db: Database, now: datetime) -> None:
    desk = Desk(db, now)
    direct_rooms(db, "a", "b", "c")
    desk.put(brief("a"), brief("b"), brief("c"), say("reply:$1:0", "dm:@c:x"), say("urgent", priority=0))
    a, b, c = [brief(who).dedupe_key for who in "abc"]
    assert desk.say_in_turn() == ["urgent", c, a, "reply:$1:0", b]


def test_an_answer_waits_for_no_board_and_boards_keep_their_order(db: Database, now: datetime) -> None:
    desk = Desk(db, now)
    boards = [f"board:INC-2026-001:{name}:1" for name in ("it", "legal", "care")]
    desk.put(*(say(key) for key in boards), say("edit:INC-2026-001:it:$1"), say("reply:$1:0"), say("reply:$2:0"))
    assert desk.say_in_turn() == [
        "reply:$1:0", boards[0], "reply:$2:0", boards[1], boards[2], "edit:INC-2026-001:it:$1",
    ]  # fmt: skip
