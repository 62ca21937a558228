"""When the bot was not there: the log says since when and till when, and the room how much came meanwhile, once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from bot.store import journal, meta, rooms
from tests.commands.harness import Said, Talk, messages, talk_in_crisis


@pytest.fixture
def talk() -> Talk:
    return talk_in_crisis()


def work(talk: Talk) -> list[str]:
    """Let the engine do what is ready, and what follows from it; return what the bot says."""
    before = len(talk.said)
    talk.settle()
    said: list[Said] = talk.said[before:]
    return [each.body for each in messages(said)]


def notice(talk: Talk, name: str, **payload: Any) -> None:
    with talk.db.transaction() as session:
        journal.notice(session, name, payload, talk.clock.now(), payload.get("room_id"))


def system(talk: Talk, action: str) -> list[dict[str, Any]]:
    said = [dict(entry.content or {}) for entry in talk.entries() if entry.kind == "system"]
    return [each for each in said if each["action"] == action]


def stop(talk: Talk, away: timedelta) -> None:
    with talk.db.transaction() as session:
        meta.put(session, "last_seen", talk.clock.now().isoformat())
    talk.clock.pass_(away)


def test_what_came_while_we_were_stopped_is_counted_and_told_once_in_words(talk: Talk) -> None:
    stop(talk, timedelta(minutes=20))
    notice(talk, "started")
    for ago in (15, 4, 2):
        talk.post("karim", f"il y a {ago} min", ago=timedelta(minutes=ago))
    (told,) = work(talk)
    assert "J’étais arrêté" in told
    assert "3 messages" in told
    assert "4\xa0min en général, de 15\xa0min au plus" in told
    (said,) = system(talk, "caught_up")
    assert (said["after"], said["events"], said["messages"]) == ("started", 3, 3)
    assert (said["median_late_s"], said["most_late_s"]) == (240, 900)
    assert said["to"] > said["from"]
    talk.post("karim", "et maintenant")
    assert work(talk) == []
    assert len(system(talk, "caught_up")) == 1


def test_a_short_absence_is_logged_and_the_room_is_spared(talk: Talk) -> None:
    stop(talk, timedelta(seconds=20))
    notice(talk, "started")
    talk.post("karim", "vite", ago=timedelta(seconds=10))
    assert work(talk) == []
    (said,) = system(talk, "caught_up")
    assert (said["messages"], said["most_late_s"]) == (1, 10)


def test_nothing_that_came_is_said_to_be_nothing(talk: Talk) -> None:
    stop(talk, timedelta(hours=2))
    notice(talk, "started")
    assert work(talk) == []
    (said,) = system(talk, "caught_up")
    assert (said["events"], said["median_late_s"], said["most_late_s"]) == (0, None, None)


def test_a_gap_is_walked_before_anything_is_said_to_be_caught_up_and_told_with_it(talk: Talk) -> None:
    stop(talk, timedelta(hours=1))
    notice(talk, "started")
    with talk.db.transaction() as session:
        room = rooms.of_incidents(session)[-1]
        number = journal.open_gap(session, room, "s1", "p1", 1)
    talk.post("karim", "derrière le trou", ago=timedelta(minutes=30))
    assert work(talk) == []
    assert system(talk, "caught_up") == []
    with talk.db.transaction() as session:
        journal.advance_gap(session, number, "p1", 7)
        journal.close_gap(session, number, True, None, now=talk.clock.now())
    (told,) = work(talk)
    assert "J’étais arrêté" in told, "one message for both"
    (gap,) = [e.content or {} for e in talk.entries() if e.kind == "gap"]
    assert (gap["recovered"], gap["found"]) == (True, 7)
    assert gap["from"] < gap["to"], "in times that people read"


def test_what_cannot_be_had_is_always_told(talk: Talk) -> None:
    notice(talk, "gap", room_id=talk.room_id("cell"), found=3, recovered=False, reason="forbidden")
    (told,) = work(talk)
    assert "le trou est noté" in told


def test_a_lost_homeserver_is_logged_and_what_waited_behind_it_is_told(talk: Talk) -> None:
    since = talk.clock.now()
    talk.clock.pass_(timedelta(minutes=1))
    notice(talk, "lost", since=since.isoformat())
    assert work(talk) == []
    talk.clock.pass_(timedelta(minutes=30))
    talk.post("karim", "je n’arrivais pas à vous joindre", ago=timedelta(minutes=12))
    notice(talk, "found", since=since.isoformat())
    (told,) = work(talk)
    assert "injoignable" in told
    assert "12\xa0min de retard" in told
    assert [len(system(talk, name)) for name in ("lost", "found", "caught_up")] == [1, 1, 1]


def test_two_stops_before_anything_was_caught_up_are_one_absence(talk: Talk) -> None:
    stop(talk, timedelta(minutes=20))
    notice(talk, "started")
    stop(talk, timedelta(minutes=1))
    notice(talk, "started")
    talk.post("karim", "enfin", ago=timedelta(minutes=19))
    assert len(work(talk)) == 1
    (said,) = system(talk, "caught_up")
    assert said["most_late_s"] == 19 * 60


def test_what_the_comparison_with_the_homeserver_found_is_told(talk: Talk) -> None:
    room = talk.room_id("cell")
    notice(talk, "walked", room_id=room, server=9, ours=9, missing=[])
    assert work(talk) == []
    notice(talk, "walked", room_id=room, server=9, ours=7, missing=["$a", "$b"])
    (told,) = work(talk)
    assert "2 événements" in told
    assert [each["missing"] for each in system(talk, "walked")] == [[], ["$a", "$b"]]
