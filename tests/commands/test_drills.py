"""A drill says so before every line, in what is read and in what a lock screen shows, and calls nobody outside."""

from __future__ import annotations

import re

import pytest

from bot.render import Rendered, plain
from bot.speech import marked
from tests.commands.harness import Talk, messages


@pytest.mark.parametrize(
    ("html", "shown"),
    [
        ("une phrase", "<strong>EXERCICE</strong> · une phrase"),
        ("<p>a</p><ul><li>b</li></ul>", "EXERCICE · a, - EXERCICE · b"),
        ("<p>a<br>b</p><blockquote><p>c</p></blockquote>", "EXERCICE · a, EXERCICE · b, EXERCICE · c"),
    ],
)
def test_each_line_of_the_html_begins_with_it(html: str, shown: str) -> None:
    made = marked(Rendered(plain(html), html), "fr", drill=True)
    lines = [line.strip().lstrip(">").strip() for line in plain(made.html).splitlines() if line.strip()]
    assert made.html == shown or ", ".join(lines) == shown


def test_every_line_of_everything_that_is_said_in_a_drill_says_that_it_is_one() -> None:
    talk = Talk(clocks=True)
    said = talk.say("claire", "!incident rancongiciel Urgences --gravite 4 --exercice", "alert")
    said += talk.join("claire", "olivier", "pdurand", "karim", "james")
    said += talk.say("claire", "!echeances tout") + talk.say("karim", "!prendre 1") + talk.say("claire", "!aide")
    said += talk.wait(minutes=23) + talk.wait(hours=3)
    spoken = [each for each in messages(said) if each.key.partition(":")[0] != "anchor"]
    assert {"dm:pdurand", "cell"} <= {each.room for each in spoken}
    assert any(each.key.startswith("nudge:") for each in spoken)
    for each in spoken:
        for line in filter(None, map(str.strip, each.body.splitlines())):
            assert re.match(r"[->\d.\s]*(EXERCICE|DRILL) · ", line), (each.key, line)
        for line in filter(None, map(str.strip, plain(each.html).splitlines())):
            assert re.match(r"[->\d.\s]*(EXERCICE|DRILL) · ", line), (each.key, line)


# -- the stop word -----------------------------------------------------------------------------------------------------


def drill(*present: str) -> Talk:
    talk = Talk(clocks=True)
    talk.say("claire", "!incident rancongiciel Urgences --gravite 4 --exercice", "alert")
    talk.join("claire", *present)
    return talk


@pytest.mark.parametrize("typed", ["PAUSE RÉELLE", "pause reelle !", "Real pause.", "!stop", "!pause réelle", "!halte"])
def test_whoever_is_in_a_drill_stops_it_at_once_and_everybody_is_rung(typed: str) -> None:
    talk = drill("olivier", "karim")
    (said,) = [each for each in messages(talk.say("karim", typed)) if each.key.startswith("halted:")]
    assert {"@claire:secours.example", "@olivier:secours.example"} <= set(said.rings)
    assert "PAUSE RÉELLE" in said.body
    assert all(line.startswith("EXERCICE ARRÊTÉ · ") for line in filter(str.strip, said.body.splitlines()))
    assert [each.key for each in messages(talk.wait(hours=30)) if not each.key.startswith("anchor:")] == []
    assert "est archivée" in talk.say("karim", "!prendre 1")[0].body


def test_two_people_resume_it() -> None:
    talk = drill("olivier")
    talk.say("olivier", "PAUSE RÉELLE")
    assert "déjà arrêté" in talk.say("olivier", "!stop")[0].body
    talk.say("claire", "!reprendre fausse alerte")
    assert any("reprend" in said.body for said in talk.say("olivier", "!oui"))
    assert "EXERCICE · " in talk.say("claire", "!statut")[0].body


def test_a_real_crisis_is_opened_from_the_drill_s_room_at_once() -> None:
    talk = drill("olivier")
    talk.say("olivier", "PAUSE RÉELLE")
    said = talk.say("olivier", "!alerte rancongiciel Vraies urgences bloquées")
    assert any("INC-2026-001" in each.body for each in messages(said))


def test_nothing_real_is_stopped_by_it() -> None:
    talk = Talk(clocks=True)
    talk.say("claire", "!incident rancongiciel Urgences --gravite 4", "alert")
    talk.join("claire", "olivier")
    assert talk.say("olivier", "PAUSE RÉELLE") == []
    assert "n’est pas un exercice : rien n’est arrêté" in talk.say("olivier", "!stop")[0].body.replace("\u00a0", " ")
    assert talk.cell.incident.status == "open"


def test_in_a_direct_room_it_stops_the_drill_though_a_crisis_is_under_way_too() -> None:
    talk = drill("olivier")
    talk.say("claire", "!incident fuite Dossiers en vente --gravite 2", "alert")
    said = talk.say("claire", "pause réelle", "dm:claire")
    assert any("EXE-2026-001" in each.body and "PAUSE RÉELLE" in each.body for each in said)
