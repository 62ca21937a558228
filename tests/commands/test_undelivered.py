"""What could not be said: logged where it matters, and told to somebody who can say it another way."""

from __future__ import annotations

from typing import Any

import pytest

from bot.store import rooms
from bot.store.rooms import Room
from tests.commands.cast import matrix_id
from tests.commands.harness import Talk, talk_in_crisis


def dead(room_key: str, kind: str = "message", why: str = "not_in_room", **more: Any) -> dict[str, Any]:
    return {"outbox_id": "x", "room_key": room_key, "kind": kind, "key": "reply:$1:0", "why": why, **more}


def holes(talk: Talk) -> list[str]:
    """The room of each message that the log says never went."""
    return [e.content["room_key"] for e in talk.entries() if (e.content or {}).get("action") == "undeliverable"]


def test_the_director_is_told_of_a_direct_room_that_cannot_be_written_to() -> None:
    talk = talk_in_crisis("claire", "karim")
    key = f"dm:{matrix_id('karim')}"
    (told,) = talk.notice("undeliverable", dead(key))
    assert told.room == "dm:claire"
    assert "Karim Haddad" in told.body
    assert "je n’y suis pas" in told.body
    assert "de vive voix" in told.body
    assert told.rings == (matrix_id("claire"),)
    assert holes(talk) == [key]
    assert talk.notice("undeliverable", dead(key)) == [], "once an hour for a room"
    assert holes(talk) == [key, key], "the log has each"
    talk.wait(hours=1)
    assert len(talk.notice("undeliverable", dead(key))) == 1


def test_where_it_is_the_director_who_cannot_be_reached_the_coordinator_is_told() -> None:
    talk = talk_in_crisis("claire", "olivier")
    (told,) = talk.notice("undeliverable", dead(f"dm:{matrix_id('claire')}"))
    assert told.room == "dm:olivier"
    assert "Claire Morel" in told.body


@pytest.mark.parametrize(
    ("room", "words"), [("alert", "dans le salon d’alerte"), ("cell:INC-2026-001", "dans la cellule d’INC-2026-001")]
)
def test_the_director_is_told_of_a_room_that_cannot_be_written_to(room: str, words: str) -> None:
    talk = talk_in_crisis("claire", "karim")
    (told,) = talk.notice("undeliverable", dead(room, why="M_FORBIDDEN (403): no power"))
    assert told.room == "dm:claire"
    assert f"{words} (M_FORBIDDEN (403): no power)" in told.body
    assert "tocsin check" in told.body
    assert holes(talk) == [room]


def test_in_peacetime_it_is_told_without_ringing_and_a_room_that_cannot_be_made_is_the_administrators() -> None:
    talk = Talk()
    assert talk.notice("undeliverable", dead(f"dm:{matrix_id('karim')}", "create", "no_such_user")) == []
    assert talk.notice("undeliverable", dead("alert", "invite", "no_such_user", user=matrix_id("karim"))) == []
    (told,) = talk.notice("undeliverable", dead("alert"))
    assert (told.room, told.rings) == ("dm:claire", ())


def test_a_warning_that_cannot_be_delivered_makes_no_other() -> None:
    talk = talk_in_crisis("claire", "karim")
    about = dead(f"dm:{matrix_id('claire')}") | {"key": "unsaid:alert:@claire:secours.example:2026-11-22T13"}
    assert talk.notice("undeliverable", about) == []
    assert len(holes(talk)) == 1


def test_who_could_not_be_invited_is_told_in_the_cell() -> None:
    talk = talk_in_crisis("claire", "olivier")
    (told,) = talk.notice("undeliverable", dead("cell:INC-2026-001", "invite", "no_such_user", user=matrix_id("karim")))
    assert (told.room, told.rings) == ("cell", (matrix_id("olivier"),))
    assert "L’invitation de Karim Haddad n’est pas passée (ce compte n’existe pas)" in told.body


def test_when_the_server_has_lost_the_thread_the_cell_is_told_what_to_do() -> None:
    talk = talk_in_crisis("claire")
    (told,) = talk.notice("started_over", {"why": "M_UNKNOWN (400): Invalid token"})
    assert told.room == "cell"
    assert "rétabli depuis une sauvegarde" in told.body
    assert "retapez" in told.body
    (entry,) = [e for e in talk.entries() if (e.content or {}).get("action") == "started_over"]
    assert entry.content is not None
    assert entry.content["why"] == "M_UNKNOWN (400): Invalid token"
    assert Talk().notice("started_over", {"why": "x"}) == []


@pytest.mark.parametrize(
    ("room", "where"), [("cell:INC-2026-001", "dans ce salon"), ("track:INC-2026-001:it", "un autre")]
)
def test_whoever_could_not_be_put_out_is_said_to_be_there_still(room: str, where: str) -> None:
    talk = talk_in_crisis("claire", "olivier", "karim")
    with talk.db.transaction() as session:
        made = Room("track:INC-2026-001:it", "!it:x", "track", "INC-2026-001", None, encrypted=True, left=False)
        rooms.put(session, made)
    payload = dead(room, "kick", "M_FORBIDDEN (403): You cannot kick user", user=matrix_id("karim"))
    (told,) = talk.notice("undeliverable", payload)
    assert told.room == "cell"
    assert "Karim Haddad est encore" in told.body
    assert where in told.body
    assert "invité" not in told.body
    assert told.rings == (matrix_id("olivier"),)
