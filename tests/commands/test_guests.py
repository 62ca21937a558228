"""Whoever comes from outside: by two people's word, for a time, in a room apart or in a role."""

from __future__ import annotations

import json
import re

import pytest

from bot.commands.inside import BY_GUESTS
from bot.commands.table import TABLE
from bot.domain.language import Language
from bot.domain.roles import Role
from bot.export.registers import files
from bot.store import cells
from tests.commands.cast import BOT, matrix_id
from tests.commands.harness import Said, Talk, messages, played_once, talk_in_crisis

EXPERT = matrix_id("expert")
DIGITS = re.compile(r"!(?:oui|yes) (\d{4})")
ROOM = "guests:1"


def code(said: list[Said]) -> str:
    return next(s.body.partition("!oui ")[2][:4] for s in said if "!oui " in s.body)


def invited(typed: str = f"!inviter {EXPERT} Société Réponse --jusqua demain 18h") -> tuple[Talk, list[Said]]:
    talk = talk_in_crisis()
    asked = talk.say("claire", typed)
    return talk, talk.say("olivier", f"!oui {code(asked)}")


@played_once
def with_guest() -> Talk:
    talk, _ = invited()
    talk.join("claire", "olivier", "expert", room=ROOM)
    return talk


def test_two_people_open_a_room_apart_for_a_time() -> None:
    talk, said = invited()
    (made,) = [s for s in said if s.kind == "create"]
    assert made.payload["name"] == "Invités 2026-001 A"
    assert made.payload["purpose"] == "guests"
    assert [s.payload["user"] for s in said if s.kind == "invite"] == [
        matrix_id("claire"), matrix_id("olivier"), EXPERT,
    ]  # fmt: skip
    assert "lundi 23 nov. 2026, 18 h 00" in next(messages(said)).body.replace("\u00a0", " ")
    (entry,) = [e for e in talk.entries() if e.content and e.content.get("action") == "guest_in"]
    assert entry.content
    assert entry.content["confirmed_by"] == matrix_id("olivier")
    assert EXPERT not in talk.cell.members


def test_nobody_lets_somebody_from_outside_in_alone_or_by_a_reaction() -> None:
    talk = talk_in_crisis()
    asked = talk.say("claire", f"!inviter {EXPERT} Société Réponse")
    talk.react("olivier", "✅", asked[0].event_id)
    talk.say("claire", f"!oui {code(asked)}")
    assert not talk.cell.guests
    assert not [s for s in talk.said if s.kind == "create" and s.room == ROOM]
    assert "coordin" in talk.say("karim", f"!inviter {EXPERT}")[0].body.lower()


def test_who_comes_is_told_what_they_may_and_that_all_is_kept() -> None:
    talk, _ = invited()
    (welcome,) = messages(talk.join("expert", room=ROOM))
    assert welcome.room == ROOM
    assert "Tout est conservé" in welcome.body
    assert welcome.rings == (EXPERT,)
    assert talk.cell.guests[1].joined_at is not None


def test_a_guest_notes_and_hands_in_evidence() -> None:
    talk = with_guest()
    assert [s.sign for s in talk.say("expert", "!note l’attaquant est entré par le VPN", ROOM)] == ["✅"]
    talk.say("expert", "capture.png", ROOM, msgtype="m.image", extra={"url": "mxc://s/a", "file": {}, "info": {}})
    said = talk.say("expert", "!preuve capture du VPN", ROOM, reply_to=talk.last_event)
    assert "P1" in next(messages(said, ROOM)).body
    assert talk.cell.evidence[1].collected_by == EXPERT
    shown = "\n".join(s.body for s in talk.say("olivier", "!journal VPN"))
    assert "Société Réponse" in shown
    assert "entré par le VPN" in shown


def test_a_guest_gives_no_other_command() -> None:
    talk = with_guest()
    before = talk.cell
    for spec in TABLE:
        if spec.name not in BY_GUESTS:
            said = talk.say("expert", f"{spec.example.fr}", ROOM)
            assert all(s.room == ROOM for s in said), spec.name
    after = talk.cell
    assert (after.tasks, after.facts, after.decisions, after.members) == (
        before.tasks, before.facts, before.decisions, before.members,
    )  # fmt: skip
    assert "!note TEXTE" in next(messages(talk.say("expert", "!aide", ROOM))).body


@pytest.mark.parametrize("spec", [s for s in TABLE if s.who.observers and not s.args], ids=lambda spec: spec.name)
def test_nothing_of_the_cell_is_shown_before_a_guest(spec: object) -> None:
    talk = with_guest()
    talk.say("karim", "!info la sauvegarde est saine")
    said = talk.say("claire", f"!{spec.fr[0]}", ROOM)  # type: ignore[attr-defined]
    assert "sauvegarde" not in json.dumps([s.body for s in said], ensure_ascii=False)
    assert not [s for s in said if s.kind == "message" and "Photographier" in s.body]


def test_what_is_said_with_a_guest_is_not_quoted_in_the_cell() -> None:
    talk = with_guest()
    talk.say("expert", "le mot est zanzibar", ROOM)
    talk.say("claire", "zanzibar, bien reçu", ROOM)
    assert "Rien" in talk.say("olivier", "!journal zanzibar")[0].body
    assert "zanzibar" in talk.say("claire", "!journal zanzibar", "dm:claire")[0].body


def test_much_that_is_said_with_a_guest_crowds_nothing_out_of_what_the_cell_finds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("bot.commands.log.MOST_LINES", 3)
    talk = with_guest()
    talk.say("karim", "le mot est zanzibar")
    for number in range(20):
        talk.post("claire", f"zanzibar, {number}", ROOM)
    talk.settle()
    (found,) = talk.say("olivier", "!journal zanzibar")
    assert "Karim Haddad : le mot est zanzibar" in found.body.replace("\u00a0", " ")
    assert found.body.count("zanzibar") == 1


def test_their_time_ends_and_can_be_made_longer() -> None:
    talk = with_guest()
    asked = talk.say("claire", "!inviter @expert:secours.example --jusqua 25/11 12:00")
    assert "laisser" in asked[0].body
    talk.say("olivier", f"!oui {code(asked)}")
    assert [s.kind for s in talk.wait(hours=40) if s.kind == "kick"] == []
    said = talk.wait(hours=40)
    assert [(s.room, s.payload["user"]) for s in said if s.kind == "kick"] == [(ROOM, EXPERT)]
    (told,) = (s for s in messages(said, "cell") if "invité" in s.body)
    assert "Le temps de Société Réponse" in told.body
    assert told.rings == (matrix_id("olivier"),)
    assert talk.cell.guests[1].left_at is not None
    talk.say("expert", "!note trop tard", ROOM)
    assert not [e for e in talk.entries() if e.kind == "note" and e.content and "trop tard" in str(e.content)]


def test_whoever_coordinates_after_a_handover_is_with_the_guest_too() -> None:
    talk = with_guest()
    asked = talk.say("olivier", "!passation @nadia")
    said = [*asked, *talk.say("nadia", "!oui")]
    assert [s.payload["user"] for s in said if s.kind == "invite" and s.room == ROOM] == [matrix_id("nadia")]
    assert talk.cell.guests[1].hosts[-1] == matrix_id("nadia")
    assert [s for s in talk.join("nadia", room=ROOM) if s.kind == "kick"] == []
    assert "accompagner l’invité Société Réponse" in " ".join(s.body for s in talk.say("claire", "!journal 30"))
    assert not [s for s in talk.say("nadia", "!statut") if s.kind == "invite"], "once"


def test_a_host_who_leaves_the_cell_stays_with_no_guest() -> None:
    talk = with_guest()
    assert [(s.room, s.payload["user"]) for s in talk.leave("claire") if s.kind == "kick"] == [
        (ROOM, matrix_id("claire"))
    ]


def test_a_host_who_comes_back_to_the_cell_is_asked_back_in_with_the_guest() -> None:
    talk = with_guest()
    talk.leave("claire")
    talk.say("olivier", "!inviter @claire")
    said = talk.join("claire")
    assert [(s.room, s.payload["user"]) for s in said if s.kind == "invite"] == [(ROOM, matrix_id("claire"))]
    assert not [s for s in talk.join("claire", room=ROOM) if s.kind == "kick"]
    talk.say("olivier", "!congedier Société Réponse")
    talk.leave("claire")
    talk.say("olivier", "!inviter @claire")
    assert not [s for s in talk.join("claire") if s.kind == "invite"], "nobody is there any more"


@pytest.mark.parametrize(
    ("language", "typed", "left", "again"),
    [
        (
            "fr",
            "!inviter",
            "Vous n’êtes plus dans le salon de Société Réponse (invité). Pour y revenir : `!inviter @claire`",
            "🚪 Claire Morel peut revenir dans le salon de Société Réponse : l’invitation est partie.",
        ),
        (
            "en",
            "!invite",
            "You are no longer in the room of Société Réponse (guest). To come back: `!invite @claire`",
            "🚪 Claire Morel may come back to the room of Société Réponse: the invitation has been sent.",
        ),
    ],
)
def test_a_host_who_leaves_the_guest_s_room_learns_how_to_come_back(
    language: Language, typed: str, left: str, again: str
) -> None:
    talk = talk_in_crisis(language=language)
    asked = talk.say("claire", f"{typed} {EXPERT} Société Réponse")
    talk.say("olivier", f"!oui {next(code for s in asked if (code := DIGITS.search(s.body)))[1]}")
    talk.join("claire", "olivier", "expert", room=ROOM)
    (told,) = messages(talk.leave("claire", room=ROOM))
    assert (told.room, told.body.replace("\u00a0", " "), told.rings) == ("dm:claire", left, ())
    said = talk.say("claire", f"{typed} @claire")
    assert [(s.room, s.payload["user"]) for s in said if s.kind == "invite"] == [(ROOM, matrix_id("claire"))]
    assert [s.body.replace("\u00a0", " ") for s in messages(said)] == [again]
    assert not [s for s in talk.join("claire", room=ROOM) if s.kind == "kick"]
    assert "@karim" in talk.say("claire", f"{typed} @karim")[0].body, "who is with no guest is there already"


def test_a_guest_s_account_in_other_hands_is_put_out_of_the_room_apart_at_once() -> None:
    talk = with_guest()
    asked = talk.say("claire", f"!compromis {EXPERT}")
    said = talk.say("olivier", f"!oui {code(asked)}")
    assert (ROOM, {"user": EXPERT, "bar": True}) in [(s.room, s.payload) for s in said if s.kind == "kick"]
    assert talk.cell.guests[1].left_at is not None
    (entry,) = [e for e in talk.entries() if e.content and e.content.get("action") == "guest_out"]
    assert entry.sender == matrix_id("claire")
    talk.say("expert", "!note encore là", ROOM)
    assert not [e for e in talk.entries() if e.kind == "note" and "encore" in str(e.content)]


@pytest.mark.parametrize("typed", ["!inviter {} Robot", "!inviter {} juridique", "!compromis {}"])
def test_the_bot_s_own_account_is_no_guest_and_is_not_suspended(typed: str) -> None:
    talk = talk_in_crisis()
    (said,) = talk.say("claire", typed.format(BOT))
    assert "mon propre compte" in said.body
    assert "!oui" not in said.body


def test_one_person_ends_it_before() -> None:
    talk = with_guest()
    said = talk.say("olivier", "!congedier Société Réponse")
    assert [(s.room, s.payload["user"]) for s in said if s.kind == "kick"] == [(ROOM, EXPERT)]
    listed = talk.say("karim", "!invites")[0].body
    assert "Partis" in listed
    assert "congédié par Olivier Roux" in listed
    assert "Aucun invité" in talk.say("olivier", "!congedier expert")[0].body


def test_several_of_one_house_share_a_room_and_another_house_has_its_own() -> None:
    talk = with_guest()
    for who, house in (("expert2", "société réponse"), ("cert", "CERT")):
        asked = talk.say("claire", f"!inviter {matrix_id(who)} {house}")
        talk.say("olivier", f"!oui {code(asked)}")
    assert [g.room for g in talk.cell.guests.values()] == [1, 1, 2]
    said = talk.join("cert", room=ROOM)
    assert [s.payload["user"] for s in said if s.kind == "kick"] == [matrix_id("cert")]


def test_a_role_makes_a_member_of_somebody_from_outside() -> None:
    talk = talk_in_crisis()
    asked = talk.say("claire", f"!inviter {matrix_id('conseil')} juridique Maître Dupuis")
    assert "lira tout le salon" in asked[0].body
    said = talk.say("olivier", f"!oui {code(asked)}")
    member = talk.cell.members[matrix_id("conseil")]
    assert member.outsider
    assert member.roles == (Role.LEGAL,)
    assert member.name == "Maître Dupuis"
    assert [s.payload["user"] for s in said if s.kind == "invite" and s.room == "cell"] == [matrix_id("conseil")]
    talk.join("conseil")
    assert "Maître Dupuis" in talk.say("claire", "!equipe")[0].body
    assert talk.say("conseil", "!note je prends connaissance")[0].sign == "✅"
    assert "T28" in talk.say("conseil", "!moi", "dm:conseil")[0].body, "as anybody of the roster, in their direct room"


@pytest.mark.parametrize("where", ["cell", "dm:conseil", "alert"])
@pytest.mark.parametrize("typed", ["!incident fuite Dossiers en vente", "!alerte plus rien ne marche au labo"])
def test_a_role_in_one_crisis_opens_no_other(typed: str, where: str) -> None:
    talk = talk_in_crisis()
    asked = talk.say("claire", f"!inviter {matrix_id('conseil')} juridique Maître Dupuis")
    talk.say("olivier", f"!oui {code(asked)}")
    talk.join("conseil")
    assert "liste de la cellule" in talk.say("conseil", typed, where)[0].body
    for text in ("!2", "!oui"):
        assert not [s for s in talk.say("conseil", text, where) if s.kind in ("create", "invite")]
    with talk.db.reading() as session:
        assert len(cells.all_open(session)) == 1


def test_somebody_of_the_roster_is_brought_in_by_one_person() -> None:
    talk = talk_in_crisis()
    talk.leave("james")
    said = talk.say("olivier", "!inviter @james")
    assert [s.payload["user"] for s in said if s.kind == "invite"] == [matrix_id("james")]
    assert "déjà dans la cellule" in talk.say("olivier", "!inviter @james")[0].body
    assert "n’est pas un rôle" in talk.say("olivier", "!inviter @james plombier")[0].body


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("!inviter @expert:ailleurs.example Réponse", "ne sortent pas de secours.example"),
        ("!inviter Réponse", "identifiant Matrix complet"),
        (f"!inviter {EXPERT} Réponse --jusqua plustard", "--jusqua"),
        ("!congedier personne", "Aucun invité"),
        ("!invites", "Aucun invité de l’extérieur"),
        ("!inviter", "Aucun invité de l’extérieur"),
    ],
)
def test_what_cannot_be_is_said_with_what_to_type(typed: str, words: str) -> None:
    talk = talk_in_crisis()
    said = talk.say("claire", typed)
    assert words in said[0].body.replace("\u00a0", " "), said[0].body
    assert not talk.cell.guests


def test_the_same_in_english() -> None:
    talk = talk_in_crisis(language="en")
    asked = talk.say("claire", f"!invite {EXPERT} Response Firm --until tomorrow 18:00")
    assert "from outside" in asked[0].body
    said = talk.say("olivier", f"!yes {asked[0].body.partition('!yes ')[2][:4]}")
    assert "is invited into a room apart" in next(messages(said, "cell")).body
    assert "Guests" in talk.say("karim", "!guests")[0].body


def test_the_file_says_who_came_and_which_room_was_whose() -> None:
    talk = with_guest()
    talk.say("olivier", "!congedier Société Réponse")
    register = dict(files(talk.cell, []))["guests.csv"].decode("utf-8-sig").splitlines()
    assert register[1].startswith(
        f"Société Réponse;'{EXPERT};'{matrix_id('claire')};'{matrix_id('olivier')};2026-11-22"
    )
    assert f"'{matrix_id('claire')} {matrix_id('olivier')}" in register[1]
