"""What whoever is called is told: by a message of their own that leads to the room, or in the room where they are already
while the homeserver takes little."""

from __future__ import annotations

import re

import pytest

from bot.domain.language import Language
from bot.domain.roles import Role
from bot.domain.roster import Person, Roster
from bot.store import outbox
from tests.commands.cast import ROSTER, matrix_id
from tests.commands.harness import Said, Talk, messages, talk_in_crisis

ALARM: dict[Language, str] = {
    "fr": "!incident rancongiciel Urgences bloquées --gravite 4",
    "en": "!open ransomware Emergency blocked --severity 4",
}


def slow(talk: Talk, *alarm: str) -> None:
    """The alarm, at a homeserver that has taken the room, the invitations and the boards by now, and of what each is
    called for nothing yet."""
    talk.holding = talk.limited = True
    for typed in alarm or (ALARM["fr"],):
        talk.say("claire", typed, "alert")
    for _ in range(99):
        with talk.db.reading() as session:
            now = talk.clock.now()
            rows = [outbox.due(session, now, lane) for lane in ("rooms", "talk")]
        if rows[0] is None and rows[1] is not None and rows[1].dedupe_key.startswith("call:"):
            return
        one_more(talk)
    raise AssertionError("nobody was called")


def one_more(talk: Talk) -> None:
    talk.holding = False
    talk._send()
    talk._work()
    talk.holding = True


def gone(talk: Talk) -> list[Said]:
    talk.holding = False
    return talk.settle()


def called(said: list[Said]) -> set[str]:
    return {each.room.removeprefix("dm:") for each in said if each.key.startswith("call:")}


def entered(said: list[Said]) -> list[Said]:
    return [each for each in said if each.key.startswith("entering:")]


def told(talk: Talk, action: str) -> list[list[str]]:
    found = [e.content for e in talk.entries() if e.content and e.content.get("action") == action]
    return [[user[1:].partition(":")[0] for user in content["after"]["people"]] for content in found]


# -- the way to the room -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_call_leads_to_the_room_by_an_address_that_stands_before_the_room_does(language: Language) -> None:
    talk = Talk(language=language)
    said = talk.say("claire", ALARM[language], "alert")
    (made,) = [each for each in said if each.kind == "create"]
    address = f"https://matrix.to/#/%23{made.payload['alias_local']}:secours.example"
    (call,) = [each for each in said if each.key.startswith("call:") and each.room == "dm:karim"]
    name = "Cellule 2026-001" if language == "fr" else "Cell 2026-001"
    assert f'<a href="{address}">{name}</a>' in call.html
    assert f"{name} ({address})" in call.body, "where nothing but text is shown"


def test_who_opens_is_led_there_even_where_the_room_takes_long_to_be_made() -> None:
    talk = Talk()
    talk.holding = True
    talk.say("claire", ALARM["fr"], "alert")
    talk.wait(seconds=9)
    said = gone(talk)
    (made,) = [each for each in said if each.kind == "create"]
    (answer,) = [each for each in said if each.key.endswith(":opened")]
    assert answer.body.startswith("🚨 Incident INC-2026-001 ouvert")
    assert f"https://matrix.to/#/%23{made.payload['alias_local']}:secours.example" in answer.body.split("\n")[0]
    assert talk.say("claire", "!statut")[0].body, "and the room, when it comes, is not in the way of what follows"


def test_whoever_is_called_later_is_led_there_by_its_id() -> None:
    talk = talk_in_crisis()
    said = talk.say("claire", "!role @oscar logistique")
    (call,) = [each for each in said if each.key.startswith("call:")]
    assert f"https://matrix.to/#/{talk.room_id('cell')}?via=secours.example" in call.body


# -- told in the room ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["fr", "en"])
def test_who_is_there_before_their_message_left_is_told_in_the_room_and_only_there(language: Language) -> None:
    talk = Talk(language=language, clocks=True)
    slow(talk, ALARM[language])
    talk.join("claire", "karim", "pmartin")
    talk.wait(seconds=20)
    said = gone(talk)
    (notice,) = entered(said)
    assert set(notice.rings) == {matrix_id("karim"), matrix_id("pmartin")}
    assert notice.msgtype == "m.text", "it rings"
    lines = notice.body.replace("\u00a0", " ").split("\n")
    if language == "fr":
        assert lines[0] == "🚨 Alerte INC-2026-001 : on vous attendait ici. Votre rôle, et par quoi commencer :"
        assert lines[1].startswith("- Karim Haddad (RSSI) : T1 — Photographier la note de rançon")
        assert lines[1].endswith("★, pour 22/11 14 h 15")
        assert lines[2].endswith("; ⏱️ assureur-appel, plainte, assureur")
    else:
        assert lines[0] == "🚨 Alarm INC-2026-001: the cell was waiting for you. Your role, and what to begin with:"
        assert lines[1].startswith("- Karim Haddad (CISO): T1 — Photograph the ransom note")
    assert f'<a href="https://matrix.to/#/{matrix_id("karim")}">Karim Haddad</a>' in notice.html
    assert "Tout est conservé" in notice.body or "Everything is kept" in notice.body
    assert "Claire Morel" in notice.body, "who opened it is told that all is kept, and nothing that she knows"
    assert called(said) == {"olivier", "nadia", "pdurand", "anne", "soline", "james"}
    assert said.index(notice) < min(said.index(each) for each in said if each.key.startswith("call:"))
    assert told(talk, "notice") == [["claire", "karim", "pmartin"]]
    assert told(talk, "briefed") == [["karim", "pmartin"]]
    talk.react("karim", "✅", notice.event_id)
    assert talk.cell.entrances[matrix_id("karim")].read_at is not None
    assert not list(messages(talk.wait(minutes=2), "cell")), "nobody is told again"


def test_who_was_told_that_all_is_kept_at_once_is_told_the_rest_when_it_is_late() -> None:
    talk = Talk()
    slow(talk)
    talk.limited = False  # not refused yet
    talk.join("karim")
    talk.wait(seconds=5)
    talk.limited = True
    talk.wait(seconds=20)
    assert not told(talk, "briefed"), "not within the same half minute"
    talk.wait(seconds=10)
    said = gone(talk)
    first, second = sorted(entered(said), key=lambda each: each.key)
    assert not first.rings
    assert "Tout est conservé" in first.body
    assert second.rings == (matrix_id("karim"),)
    assert "Tout est conservé" not in second.body
    assert "karim" not in called(said)


def test_where_nothing_waits_each_has_their_own_message() -> None:
    talk = Talk()
    said = talk.say("claire", ALARM["fr"], "alert")
    talk.join("claire", "karim")
    (notice,) = entered(talk.wait(seconds=40))
    assert not notice.rings
    assert "karim" in called(said)
    assert not told(talk, "briefed")


def test_what_waits_for_another_reason_than_the_homeserver_s_limit_is_waited_for() -> None:
    talk = Talk()
    slow(talk)
    talk.limited = False
    talk.join("claire", "karim")
    talk.wait(minutes=1)
    assert told(talk, "notice") == [["claire", "karim"]]
    assert not told(talk, "briefed")
    assert "karim" in called(gone(talk))


def test_what_is_of_one_person_alone_stays_in_their_own_message() -> None:
    """Another language, another crisis."""
    talk = Talk()
    talk.say("claire", "!incident fuite Un fichier copié --gravite 1 --sans @olivier", "alert")
    other = set(talk.cell.members)
    assert matrix_id("karim") in other
    slow(talk, ALARM["fr"], "!oui")
    talk.join("karim", "james", "nadia")
    talk.wait(seconds=31)
    said = gone(talk)
    assert {user for each in entered(said) for user in each.rings} == {matrix_id("nadia")}
    assert {"karim", "james"} <= called(said)


def test_so_many_are_told_by_one_message_as_a_phone_shows() -> None:
    more = tuple(Person(f"Personne {n}", matrix_id(f"p{n}"), (Role.LOGISTICS,)) for n in range(23))
    talk = Talk(roster=Roster((*ROSTER.people, *more)))
    slow(talk)
    talk.join("claire", "karim", *(f"p{n}" for n in range(23)))
    talk.wait(seconds=31)
    said = gone(talk)
    notices = entered(said)
    assert [len(each.rings) for each in notices] == [10, 10, 4]
    assert len({user for each in notices for user in each.rings}) == 24
    for notice in notices:
        asked = re.search(r"^(.*), pour dire que c’est lu", notice.body, re.MULTILINE)
        assert asked is not None
        assert asked[1].count("Personne") == notice.body.count("- Personne"), "each is asked where they are named"
    assert sum("Claire Morel" in each.body for each in notices) == 1
    assert not {user for user in called(said) if user.startswith("p") and user[1:].isdigit()}


def test_nothing_is_put_in_words_while_people_are_still_being_invited() -> None:
    talk = Talk()
    talk.holding = talk.limited = True
    talk.say("claire", ALARM["fr"], "alert")
    one_more(talk)  # the room is made
    talk.join("claire", "karim")
    talk.wait(seconds=31)
    assert not told(talk, "notice"), "whoever comes meanwhile is told by the same message"
    talk.join("nadia")
    talk.wait(minutes=3)  # a homeserver that takes no invitation keeps nobody waiting for ever
    assert told(talk, "notice") == [["claire", "nadia", "karim"]]
    assert told(talk, "briefed") == [["nadia", "karim"]]


def test_a_message_that_is_under_way_is_not_taken_back() -> None:
    talk = Talk()
    slow(talk)
    with talk.db.transaction() as session:
        row = outbox.due(session, talk.clock.now(), "talk")
        assert row is not None
        outbox.attempt(session, row.id, talk.clock.now(), "BOTDEVICE", {"type": "m.room.message", "content": {}})
        user = row.room_key.removeprefix("dm:")
    talk.join(user, "karim")
    talk.wait(seconds=31)
    assert told(talk, "briefed") == [["karim"]]
    with talk.db.reading() as session:
        again = outbox.by_key(session, row.dedupe_key)
    assert again is not None
    assert again.state == "attempted", "what became of it nobody knows: it is tried again"
