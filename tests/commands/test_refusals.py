"""What is refused, in one sentence that says what to type instead; and hostile text, which changes nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.render import NBSP
from tests.commands.harness import Said, Talk, messages, talk_in_crisis

LATE = timedelta(minutes=6)


def only(said: list[Said]) -> str:
    (message,) = messages(said)
    return message.body.replace(NBSP, " ")


def code_in(text: str) -> str:
    return text.partition("!oui ")[2][:4]


def test_a_member_who_is_not_in_the_roster_is_refused_in_one_sentence() -> None:
    talk = talk_in_crisis()
    talk.join("mallory")
    for text in ("!fait 1", "!fiat 1", "!oui 1234", "!incident rancongiciel X", "!aide", "!fait"):
        assert only(talk.say("mallory", text)).startswith("Vous n’êtes pas sur la liste de la cellule")
    assert talk.cell.tasks[1].status == "open"


def test_a_display_name_is_not_an_identity() -> None:
    talk = talk_in_crisis("karim")
    talk.join("@claire:ailleurs.example")
    assert "liste de la cellule" in only(talk.say("@claire:ailleurs.example", "!cloture"))


@pytest.mark.parametrize(
    ("why", "reason"),
    [
        ("cleartext", "en clair, sans chiffrement"),
        ("foreign_device", "ne vient pas d’un appareil connu de Karim Haddad"),
        ("no_such_device", "son origine n’a pas pu être vérifiée"),
    ],
)
def test_what_is_not_its_senders_own_word_is_logged_told_and_not_carried_out(why: str, reason: str) -> None:
    talk = talk_in_crisis("karim")
    answer = only(talk.say("karim", "!fait 1", why=why))
    assert reason in answer
    assert "retapez-la" in answer
    assert talk.cell.tasks[1].status == "open"
    entry = next(e for e in talk.entries() if e.event_id == talk.last_event)
    assert entry.content is not None
    assert entry.content["untrusted"] == why


def test_a_replay_is_logged_told_and_not_carried_out() -> None:
    talk = talk_in_crisis("karim")
    talk.say("karim", "!prendre 1", session_index=("megolm", 7))
    talk.say("karim", "!annuler")
    assert "copie d’un message déjà reçu" in only(talk.say("karim", "!prendre 1", session_index=("megolm", 7)))
    assert talk.cell.tasks[1].owner is None


def test_plain_conversation_in_clear_gets_no_answer() -> None:
    talk = talk_in_crisis("karim")
    assert talk.say("karim", "Je suis dans le couloir.", why="cleartext") == []


def test_a_command_that_waited_is_listed_once_and_run_by_its_code() -> None:
    talk = talk_in_crisis("karim", "claire")
    talk.post("karim", "!fait 1", ago=LATE)
    talk.post("karim", "!prendre 2", ago=LATE)
    talk.post("claire", "!statut", ago=LATE)
    said = list(messages(talk.settle()))
    assert sorted(each.rings for each in said) == [("@claire:secours.example",), ("@karim:secours.example",)]
    listed = next(each.body for each in said if each.rings == ("@karim:secours.example",))
    assert listed.count("!oui ") == 2
    assert "14 h 59" not in listed
    assert "13 h 59" in listed.replace(NBSP, " ")
    assert talk.cell.tasks[1].status == "open"
    assert talk.settle() == []
    assert [e for e in talk.say("karim", f"!oui {code_in(listed)}") if e.kind == "reaction"]
    assert talk.cell.tasks[1].status == "done"
    assert "Rien n’attend ce code" in only(talk.say("karim", f"!oui {code_in(listed)}"))
    assert talk.cell.tasks[2].owner is None


def test_the_code_of_a_late_command_belongs_to_its_author_and_the_reaction_is_answered() -> None:
    talk = talk_in_crisis("karim", "claire")
    (late,) = messages(talk.say("karim", "!fait 1", ago=LATE))
    assert "Ce n’est pas à vous" in only(talk.say("claire", f"!oui {code_in(late.body)}"))
    assert f"`!oui {code_in(late.body)}`" in only(talk.react("karim", "✅", late.event_id))
    assert talk.cell.tasks[1].status == "open"


def test_a_late_command_run_from_another_room_is_still_about_its_own() -> None:
    talk = talk_in_crisis("karim")
    (late,) = messages(talk.say("karim", "!fait 1", ago=LATE))
    talk.say("karim", f"!oui {code_in(late.body)}", "dm:karim")
    assert talk.cell.tasks[1].done_by == "@karim:secours.example"


def test_a_late_reaction_is_offered_like_a_command() -> None:
    talk = talk_in_crisis()
    talk.say("olivier", "!donner 1 @karim")
    given = next(said.event_id for said in reversed(talk.said) if said.key.startswith("task:"))
    (late,) = messages(talk.react("karim", "✅", given, ago=LATE))
    assert "!fait 1" in late.body
    talk.say("karim", f"!oui {code_in(late.body)}")
    assert talk.cell.tasks[1].status == "done"


def test_a_note_is_always_taken_and_its_time_is_read_as_of_when_it_was_typed() -> None:
    talk = talk_in_crisis("nadia")
    talk.wait(hours=2)
    said = talk.say("nadia", "!note le groupe électrogène a démarré --a il y a 10 min", ago=timedelta(minutes=60))
    assert "14 h 55" in only(said)


def test_a_late_answer_is_not_an_answer() -> None:
    talk = talk_in_crisis()
    talk.say("claire", "!cloture fin des essais")
    question = next(said for said in reversed(talk.said) if said.key.startswith("second:"))
    assert "plus de cinq minutes" in only(talk.say("karim", f"!oui {code_in(question.body)}", ago=LATE))
    assert talk.cell.incident.status == "open"


def test_a_clock_of_theirs_that_is_ahead_is_not_believed() -> None:
    talk = talk_in_crisis("karim")
    talk.say("karim", "!fait 1", ago=-timedelta(hours=5))
    assert talk.cell.tasks[1].status == "done"


def test_forty_kilobytes_of_text_are_kept_whole_and_answered_shortly() -> None:
    talk = talk_in_crisis("nadia")
    long = "é" * 20_000
    said = talk.say("nadia", f"!note {long} fin")
    assert [each.kind for each in said] == ["reaction"]
    note = next(e for e in reversed(talk.entries()) if e.kind == "note")
    assert note.content is not None
    assert note.content["text"] == f"{long} fin"
    for verb in ("!fait 1", "!bloque 1", "!incident", "!fiat 1", "!journal", "!aide", "!role @karim"):
        for each in messages(talk.say("nadia", f"{verb} {long}")):
            assert len(each.body) < 1_000


HOSTILE = '<b>Urgences</b> @room <img src=x onerror=alert(1)> [clic](http://x) \u202egnp.exe & "fin"'


def test_html_and_room_in_a_title_ring_nobody_and_are_no_markup() -> None:
    talk = Talk()
    talk.say("claire", f"!incident rancongiciel {HOSTILE} --gravite 4", "alert")
    talk.join("claire")
    talk.say("claire", "!statut")
    shown = [said for said in talk.said if "Urgences" in said.body]
    assert len(shown) > 8
    for said in shown:
        assert "@room" not in said.body
        assert "@room" not in said.html
        assert "<b>" not in said.html
        assert "<img" not in said.html
        assert "\u202e" not in said.body
        assert said.rings == ((f"@{said.room.removeprefix('dm:')}:secours.example",) if said.room[:2] == "dm" else ())
    opening = talk.entries()[0]
    assert opening.content is not None
    assert opening.content["text"].endswith(f"{HOSTILE} --gravite 4")
    assert opening.content["after"]["title"] == HOSTILE.replace("\u202e", "")


def test_nobody_is_rung_but_those_who_are_named() -> None:
    talk = talk_in_crisis()
    quoted = "@room @karim:secours.example à vous"
    talk.say("nadia", f"!note {quoted} --a 14h05")
    talk.say("karim", f"!bloque 1 {quoted}")
    for said in messages(talk.said):
        assert said.msgtype == ("m.text" if said.rings else "m.notice")
    assert talk.said[-1].rings == () or talk.said[-1].rings == ("@olivier:secours.example",)


def test_answers_are_replies_in_the_thread_that_they_come_from() -> None:
    talk = talk_in_crisis("karim")
    (plain,) = messages(talk.say("karim", "!fait 99"))
    assert (plain.reply_to, plain.thread) == (talk.last_event, None)
    (threaded,) = messages(talk.say("karim", "!fait 99", thread="$root"))
    assert (threaded.reply_to, threaded.thread) == (talk.last_event, "$root")


def test_a_configuration_overrides_who_may() -> None:
    from bot.domain.roles import Role

    talk = talk_in_crisis(overrides={"close": (Role.CISO,), "note": (Role.SCRIBE,)})
    assert "réservée (RSSI)" in only(talk.say("claire", "!cloture fin des essais"))
    assert "réservée (secrétaire de cellule)" in only(talk.say("karim", "!note vu"))
    assert [said.kind for said in talk.say("nadia", "!note vu")] == ["reaction"]
