"""Rooms for tracks: who is in them, and that no word leaves one but by the command that is made for it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import timedelta

import pytest

from bot.commands.inside import IN_TRACK
from bot.commands.scene import Organisation
from bot.commands.table import TABLE
from bot.domain.roles import BYSTANDERS, Role, Track
from bot.domain.roster import Person, Roster
from bot.store import blobs, rooms
from tests.commands.cast import ROSTER, matrix_id
from tests.commands.harness import Said, Talk, messages, talk_in_crisis

SECRET = "zanzibar"
"""A word that is said in one track's room, and must be read in no other."""
EVERYONE = ("claire", "olivier", "nadia", "karim", "pmartin", "pdurand", "anne", "soline", "james", "tous")
TRACKS = Organisation("CH de Val-Fleuri", "hospital", "Europe/Paris", "fr", rooms="tracks")
# Whoever may do everything: what stops a word is the room, not a missing right.
ALL_ROLES = Person("Toutes Mains", matrix_id("tous"), tuple(role for role in Role if role not in BYSTANDERS))
WITH_ALL_ROLES = Roster((*ROSTER, ALL_ROLES))


def crisis() -> Talk:
    talk = talk_in_crisis(*EVERYONE, organisation=TRACKS, roster=WITH_ALL_ROLES)
    talk.join("karim", "tous", room="track:it")
    return talk


def people_of(talk: Talk, track: Track) -> set[str]:
    return {user[1:].partition(":")[0] for user in talk.cell.tracks[track.value].people}


def moved(said: Sequence[Said], kind: str, room: str) -> list[str]:
    return [str(s.payload["user"])[1:].partition(":")[0] for s in said if s.kind == kind and s.room == room]


def text_of(talk: Talk, said: Said) -> str:
    """All that a message says: its words, and what is in the file that it posts."""
    blob = said.payload.get("blob")
    if not isinstance(blob, str):
        return json.dumps(dict(said.payload), ensure_ascii=False, default=str)
    with talk.db.reading() as session:
        return (blobs.get(session, blob) or b"").decode("utf-8", "replace")


# -- who is in which room ----------------------------------------------------------------------------------------------


def test_each_track_has_a_room_with_its_people_and_nobody_else() -> None:
    talk = crisis()
    assert people_of(talk, Track.IT) == {"karim", "tous"}
    assert people_of(talk, Track.CARE) == {"soline", "tous"}
    assert "claire" not in people_of(talk, Track.LEGAL)
    boards = {s.room for s in talk.said if s.key.startswith("board:") and s.edits is None}
    assert boards >= {"cell", "track:it", "track:legal", "track:care", "track:communication", "track:management"}
    assert not [s for s in talk.said if s.key.startswith(f"board:{talk.incident}:it:") and s.room == "cell"]


def test_names_travel_in_clear_and_say_nothing_of_what_happens() -> None:
    talk = crisis()
    names = [str(s.payload["name"]) for s in talk.said if s.kind == "create"]
    assert names[0] == "Cellule 2026-001"
    assert "Cellule 2026-001 · Informatique" in names
    assert not any("ransom" in n.lower() or "urgence" in n.lower() or "rançon" in n.lower() for n in names)


def test_the_rooms_hang_together_in_a_space() -> None:
    talk = crisis()
    with talk.db.reading() as session:
        ours = {room.room_id for room in rooms.all_(session) if room.kind in ("cell", "track")}
    children = {str(s.payload["state_key"]) for s in talk.said if s.kind == "state"}
    assert children == ours
    assert set(moved(talk.said, "invite", "space")) == set(EVERYONE)
    talk.leave("soline")
    talk.wait(minutes=1)
    assert moved(talk.say("olivier", "!role @soline biomed"), "invite", "space") == ["soline"]
    assert not moved(talk.say("olivier", "!role @nadia com"), "invite", "space"), "who is in it is not asked again"


@pytest.mark.parametrize(
    ("organisation", "command"),
    [
        (Organisation("Cabinet", "medical_practice", "Europe/Paris", "fr", rooms="tracks"), "rancongiciel Panne"),
        (TRACKS, "interne Dossier consulté"),
        (Organisation("CH", "hospital", "Europe/Paris", "fr"), "rancongiciel Panne"),
    ],
)
def test_a_practice_what_nobody_is_to_know_of_and_an_ordinary_crisis_have_one_room(
    organisation: Organisation, command: str
) -> None:
    talk = Talk(organisation=organisation)
    talk.say("claire", f"!incident {command}", "dm:claire")
    assert [s.room for s in talk.said if s.kind == "create"] == ["cell"]
    assert "n’a qu’un salon" in talk.say("claire", "!remonter bonjour")[-1].body


def test_a_role_opens_the_tracks_room_and_a_handover_closes_it() -> None:
    talk = crisis()
    assert moved(talk.say("olivier", "!role @nadia com"), "invite", "track:communication") == ["nadia"]
    talk.say("pdurand", "!passation @claire")
    said = talk.say("claire", "!oui")
    assert moved(said, "kick", "track:communication") == ["pdurand"]
    assert moved(said, "invite", "track:communication") == ["claire"]
    assert people_of(talk, Track.COMMUNICATION) == {"tous", "nadia", "claire"}


def test_who_leaves_the_cell_or_is_suspended_is_put_out_of_its_tracks() -> None:
    talk = crisis()
    said = talk.leave("soline")
    assert moved(said, "kick", "track:care") == ["soline"]
    assert moved(said, "kick", "space") == ["soline"]
    talk.say("claire", "!compromis @karim")
    code = talk.said[-1].body.partition("!oui ")[2][:4]
    assert "karim" in moved(talk.say("olivier", f"!oui {code}"), "kick", "track:it")
    assert people_of(talk, Track.IT) == {"tous"}


def test_whoever_is_brought_into_a_track_by_hand_is_put_out_and_a_stranger_is_an_alarm() -> None:
    talk = crisis()
    assert moved(talk.join("soline", room="track:it"), "kick", "track:it") == ["soline"]
    said = talk.join("inconnu", room="track:it")
    assert [s.payload["user"] for s in said if s.kind == "kick"] == [matrix_id("inconnu")]
    assert any("n’est" in s.body for s in messages(said, "cell"))
    assert {e.content["action"] for e in talk.entries() if e.kind == "system" and e.content} >= {"put_out", "stranger"}


# -- words ------------------------------------------------------------------------------------------------------------


def test_words_go_up_and_down_by_two_commands_and_both_are_logged() -> None:
    talk = crisis()
    (up,) = messages(talk.say("karim", "!remonter le contrôleur est touché", "track:it"), "cell")
    assert "Filière informatique, Karim Haddad" in up.body
    assert "le contrôleur est touché" in up.body
    assert matrix_id("olivier") in up.rings
    down = talk.say("olivier", "!descendre it ne redémarrez rien")
    (told,) = messages(down, "track:it")
    assert "Olivier Roux" in told.body
    assert "ne redémarrez rien" in told.body
    assert set(told.rings) == {matrix_id("karim"), matrix_id("tous")}
    logged = [(e.content["action"], e.content["text"]) for e in talk.entries() if e.kind == "note" and e.content]
    assert logged == [("raise", "le contrôleur est touché"), ("relay", "ne redémarrez rien")]
    journal = "".join(text_of(talk, said) for said in talk.say("olivier", "!journal 20"))
    assert "de la filière Informatique" in journal
    assert "descend vers la filière Informatique" in journal
    assert "autres" not in talk.say("karim", "!descendre soins bonjour", "track:it")[-1].body
    assert not list(messages(talk.said[-1:], "track:care"))


@pytest.mark.parametrize("who", ["karim", "soline"])
def test_only_who_steers_speaks_down(who: str) -> None:
    talk = crisis()
    said = talk.say(who, "!descendre it bonjour")
    assert [s.room for s in messages(said)] == ["cell"]
    assert "coordin" in said[0].body


def test_no_command_typed_in_a_tracks_room_carries_a_word_out_of_it() -> None:
    """Every command, in several forms, by somebody who holds every role, with the yes that it may ask for."""
    talk = crisis()
    before = len(talk.said)
    for spec in TABLE:
        if spec.name == "raise":
            continue
        forms = [f"{spec.example.fr} {SECRET}"]
        if spec.name in IN_TRACK:  # of the others the name alone is refused
            verb = spec.en[0]
            forms += [f"!{verb} {SECRET}", f"!{verb} 2 {SECRET}", f"!{verb} 3 @karim {SECRET}", f"!{verb} 3\n{SECRET}"]
        for typed in forms:
            talk.say("tous", typed, "track:it")
        talk.say("tous", "!oui", "track:it")
    leaked = [s for s in talk.said[before:] if s.room not in ("track:it",) and SECRET in text_of(talk, s)]
    assert not leaked, [(s.room, s.key, s.body) for s in leaked[:5]]
    assert len(talk.said) - before > len(TABLE), "each was answered"


def _said_in_track(talk: Talk) -> list[str]:
    """A word put into a track's room in every way but by a command that is refused there; returns the event ids."""
    room, found = "track:it", []
    talk.say("karim", f"le {SECRET} est touché", room)
    found.append(talk.last_event)
    talk.say("karim", f"!note {SECRET} vu à 14 h", room)
    found.append(talk.last_event)
    talk.say("karim", f"je corrige : {SECRET}", room, edit_of=found[0])
    talk.say("karim", f"!note {SECRET} encore", room, edit_of=found[1])
    talk.say("karim", "photo.jpg", room, msgtype="m.image", extra={"url": "mxc://s/a", "file": {}, "info": {}})
    picture = talk.last_event
    talk.say("karim", f"l’écran du {SECRET}", room, reply_to=picture)
    talk.say("karim", f"!preuve {SECRET}", room, reply_to=picture)
    talk.say("karim", f"!note tardive {SECRET}", room, ago=timedelta(minutes=20))
    talk.say("karim", f"!info tardive {SECRET}", room, ago=timedelta(minutes=20))
    talk.say("karim", f"c’est fait la 2 {SECRET}", room, extra={"m.mentions": {}})
    talk.say("karim", f"!fiat 2 {SECRET}", room)
    talk.react("karim", "✅", found[0], room)
    talk.react("karim", SECRET, found[0], room)
    return found


def test_what_was_said_in_a_tracks_room_is_read_in_no_other() -> None:
    talk = crisis()
    first, noted = _said_in_track(talk)
    talk.withdraw("karim", first, "track:it")
    numbers = [e.seq for e in talk.entries() if SECRET in json.dumps(e.content, ensure_ascii=False)]
    before = len(talk.said)
    for room in ("cell", "track:care", "dm:soline"):
        who = "olivier" if room == "cell" else "soline"
        for spec in TABLE if room != "track:care" else ():
            if not spec.args and not spec.dangerous:
                talk.say(who, f"!{spec.fr[0]}", room)
        talk.say(who, "!journal 500", room)
        talk.say(who, f"!journal {SECRET[:5]}", room)
        talk.say(who, "!journal @karim", room)
        talk.say(who, "!exporter", room)
    for number in numbers:
        talk.say("olivier", f"!corriger {number} autre chose")
    talk.say("olivier", "!point")
    talk.wait(hours=5)
    outside = [s for s in talk.said[before:] if s.room not in ("track:it", "dm:karim", "dm:tous")]
    leaked = [s for s in outside if SECRET in text_of(talk, s).lower()]
    assert not leaked, [(s.room, s.key, s.body[:300]) for s in leaked[:5]]
    assert len(outside) > 80
    assert len(numbers) > 5
    assert noted


def test_those_of_the_track_find_it_again_there_and_in_their_direct_room() -> None:
    talk = crisis()
    _said_in_track(talk)
    for room in ("track:it", "dm:karim"):
        assert SECRET in " ".join(s.body for s in talk.say("karim", f"!journal {SECRET}", room))
    assert SECRET not in " ".join(s.body for s in talk.say("soline", f"!journal {SECRET}", "dm:soline"))


def test_the_log_and_the_file_hold_every_room() -> None:
    """What no other room shows is evidence all the same."""
    talk = crisis()
    talk.say("karim", f"le {SECRET} est touché", "track:it")
    found = [e for e in talk.entries() if SECRET in json.dumps(e.content, ensure_ascii=False)]
    assert [e.room_id for e in found] == [talk.room_id("track:it")]


def test_work_is_done_in_the_tracks_room_and_its_board_is_there() -> None:
    talk = crisis()
    said = talk.say("karim", "!fait 2", "track:it")
    assert [s.sign for s in said if s.kind == "reaction"] == ["✅"]
    assert [s.room for s in said if s.edits and ":it:" in s.edits] == ["track:it"]
    (refused,) = messages(talk.say("karim", f"!bloque 3 {SECRET}", "track:it"))
    assert "!bloque" in refused.body
    assert refused.room == "track:it"
    assert {spec.name for spec in TABLE} >= IN_TRACK


def test_a_list_that_came_before_its_room_moves_there_and_says_so_where_it_stood() -> None:
    talk = Talk(organisation=TRACKS)
    talk.say("karim", "!incident rancongiciel Urgences bloquées", "alert")
    talk.join("karim", "olivier")
    key = f"board:{talk.incident}:legal"
    assert [s.room for s in talk.said if s.key == f"{key}:1"] == ["cell"], "nobody of that track is called yet"
    said = talk.say("olivier", "!role @pmartin juridique")
    (gone,) = [s for s in said if s.edits == f"{key}:1"]
    assert gone.room == "cell"
    assert gone.body.startswith("➡️ Cette liste est maintenant dans le salon de la filière juridique.")
    (moved_there,) = [s for s in said if s.key == f"{key}:2"]
    assert moved_there.room == "track:legal"
    talk.join("pmartin")
    talk.join("pmartin", room="track:legal")
    number = next(task.number for task in talk.cell.open_tasks if task.track is Track.LEGAL)
    kept = [s for s in talk.say("pmartin", f"!prendre {number}") if s.edits and s.edits.startswith(key)]
    assert [(s.room, s.edits) for s in kept] == [("track:legal", f"{key}:2")]


def test_the_numbers_of_help_are_typed_in_the_room_that_shows_them_and_in_no_other() -> None:
    talk = crisis()
    shown = talk.say("karim", "!aide", "track:it")[0].body
    number = next(line[0] for line in shown.splitlines() if "!statut" in line)
    assert [s.room for s in talk.say("karim", f"!{number}", "track:it")] == ["track:it"]
    assert not [s for s in talk.say("karim", f"!{number}") if "Scénario" in s.body]
    carried = next(line[0] for line in shown.splitlines() if "!remonter" in line)
    assert not [s for s in talk.say("karim", f"!{carried}", "track:it") if s.room == "cell"], "an example is not typed"


def test_who_joins_a_track_late_can_read_its_board() -> None:
    talk = crisis()
    talk.wait(minutes=5)
    talk.leave("james")
    talk.say("olivier", "!role @nadia dsi")
    talk.new_sessions()
    talk.join("nadia", room="track:it")
    said = talk.wait(minutes=3)
    assert any(s.room == "track:it" and s.key.startswith(f"board:{talk.incident}:it:2") for s in said)
