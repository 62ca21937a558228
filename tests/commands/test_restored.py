"""A store that came back from a copy: what a lost machine made after it is found again, or said to be lost."""

from __future__ import annotations

import json
from datetime import timedelta

from bot.decisions import new_code
from bot.domain.incident import Pending
from bot.matrix.reconcile import MARKER
from bot.store import journal, log, meta, outbox, pendings, rooms
from bot.store.journal import Received
from tests.commands.cast import BOT, START, matrix_id
from tests.commands.harness import Talk

SECRET = "ab" * 32
LOST = "!perdu:secours.example"


def talk() -> Talk:
    one = Talk()
    with one.db.transaction() as session:
        meta.put(session, "outbox_secret", SECRET)
    return one


def restore(one: Talk) -> None:
    payload = {"made_at": one.clock.now().isoformat(), "restored_at": one.clock.now().isoformat()}
    with one.db.transaction() as session:
        outbox.restored(session, payload)
        journal.notice(session, "restored", payload, one.clock.now())


def alias(one: Talk) -> str:
    return next(str(said.payload["alias_local"]) for said in one.said if said.kind == "create")


def come(one: Talk, number: int, sender: str, content: dict[str, str]) -> None:
    event = {"type": "m.room.message", "event_id": f"$p{number}", "sender": sender, "content": content}
    with one.db.transaction() as session:
        received = Received(
            "event", "timeline", LOST, f"$p{number}", sender, "m.room.message", 0, json.dumps(event).encode()
        )
        journal.receive(session, [received], turn=900 + number, now=one.clock.now(), first=False)


def test_the_same_command_makes_the_same_room() -> None:
    lost, back, other = talk(), talk(), talk()
    lost.say("claire", "!incident rancongiciel Urgences --gravite 4", "alert")
    other.say("claire", "!incident rancongiciel Laboratoire --gravite 4", "alert")
    restore(back)
    # It comes from before, and is offered: a yes carries it out, by another event and later.
    back.clock.pass_(timedelta(minutes=30))
    (offered,) = [
        said.body
        for said in back.say(
            "claire", "!incident rancongiciel Urgences --gravite 4", "alert", ago=timedelta(minutes=30)
        )
        if "!oui" in said.body
    ]
    back.say("claire", f"!oui {offered.split('!oui ')[1][:4]}", "alert")
    assert alias(back) == alias(lost) != alias(other)


def test_a_direct_room_is_made_under_the_same_name() -> None:
    names = []
    for one in (talk(), talk()):
        with one.db.transaction() as session:
            rooms.forget(session, f"dm:{matrix_id('karim')}")
        one.say("claire", "!incident rancongiciel Urgences --gravite 4", "alert")
        names += [said.payload["alias_local"] for said in one.said if said.payload.get("purpose") == "dm"]
    assert len(names) == 2
    assert names[0] == names[1]


def test_a_code_is_that_of_the_message_that_shows_it() -> None:
    one, two = talk(), talk()
    with one.db.transaction() as session:
        first = new_code(session, START, "ask:$1")
    with two.db.transaction() as session:
        assert new_code(session, START, "ask:$1") == first
        assert new_code(session, START, "ask:$2") != first
        user, life = matrix_id("claire"), START + timedelta(hours=1)
        taken = Pending(None, None, "late", user, (user,), {}, first, LOST, None, START, life)
        pendings.pend(session, taken)
        assert new_code(session, START, "ask:$1") == f"{(int(first) + 1) % 10_000:04d}"


def test_the_boards_are_posted_anew() -> None:
    one = talk()
    one.say("claire", "!incident rancongiciel Urgences --gravite 4", "alert")
    restore(one)
    one.settle()
    said = one.wait(minutes=1)
    assert [each.key for each in said if each.key.startswith("board:") and ":card:" in each.key] == [
        "board:INC-2026-001:card:2"
    ]


def test_a_room_that_is_not_known_again_is_told_and_its_boards_do_not_count() -> None:
    one, before = talk(), talk()
    before.say("claire", "!incident rancongiciel Urgences --gravite 4", "alert")
    with before.db.reading() as session:
        card = outbox.by_key(session, "board:INC-2026-001:card:1")
    assert card is not None
    restore(one)
    come(one, 1, BOT, {"msgtype": "m.text", "body": "carte", MARKER: card.id})
    come(one, 2, matrix_id("karim"), {"msgtype": "m.text", "body": "quelqu’un ?"})
    said = one.settle()
    told = [each for each in said if "plus récent" in each.html]
    assert {each.room for each in told} == {"room", "dm:claire"}, "there, and whoever directs"
    assert all("!incident rancongiciel" in each.body for each in told)
    one.say("claire", "!incident rancongiciel Tout autre chose", "alert")
    with one.db.reading() as session:
        again = outbox.by_key(session, "board:INC-2026-001:card:1")
    assert again is not None
    assert again.event_id != "$p1", "the new room has its card"
    # Where the room is found all the same, what was said in it goes to the log.
    with one.db.transaction() as session:
        rooms.mapped(session, "cell:INC-2026-001", LOST, True)
    one.settle()
    with one.db.reading() as session:
        assert "$p2" in {entry.event_id for entry in log.entries(session, "INC-2026-001")}
