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
