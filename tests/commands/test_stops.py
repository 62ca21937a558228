"""Hard stops: they stop; the director and whoever is competent pass one together, with a reason, in red and in words."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pytest

from bot.domain.incident import Task
from bot.domain.qualifying import asked_of
from bot.export.pdf.lines import told
from bot.export.pdf.words import Words
from tests.commands.harness import Talk, talk_in_crisis


@pytest.fixture
def talk() -> Talk:
    return talk_in_crisis()


def task(talk: Talk, code: str) -> Task:
    found = talk.cell.by_code(code)
    assert found is not None
    return found


def number(talk: Talk, code: str) -> int:
    return task(talk, code).number


def said(found: Sequence[object]) -> str:
    return "\n".join(getattr(each, "body", "") for each in found)


def code_in(text: str) -> str:
    match = re.search(r"!oui (\d{4})", text)
    assert match is not None, text
    return match[1]


@pytest.mark.parametrize("verb", ["fait", "prendre"])
def test_it_stops_and_says_what_must_come_first(talk: Talk, verb: str) -> None:
    answer = said(talk.say("karim", f"!{verb} {number(talk, 'SOC-IT-11')}"))
    assert "🛑" in answer
    assert "Démontrer que l’attaquant est dehors" in answer
    assert task(talk, "SOC-IT-11").status == "open"
    assert task(talk, "SOC-IT-11").owner is None


def test_once_what_comes_first_is_done_it_goes(talk: Talk) -> None:
    talk.say("karim", f"!fait {number(talk, 'SOC-IT-10')} note signée")
    talk.say("karim", f"!prendre {number(talk, 'SOC-IT-11')}")
    assert task(talk, "SOC-IT-11").owner == "@karim:secours.example"


def test_a_reason_alone_passes_nothing_two_people_are_wanted(talk: Talk) -> None:
    restoring = number(talk, "RAN-IT-13")
    asked = said(talk.say("claire", f"!prendre {restoring} : un patient attend son dossier"))
    assert "veut passer outre un arrêt" in asked
    assert task(talk, "RAN-IT-13").owner is None
    talk.say("karim", f"!oui {code_in(asked)}")
    assert task(talk, "RAN-IT-13").owner is None, "before a complaint, the law's own people judge, not who restores"
    talk.say("pmartin", f"!oui {code_in(asked)}")
    passed = task(talk, "RAN-IT-13")
    assert passed.owner == "@claire:secours.example"
    assert {each["code"] for each in passed.passed} == {"RAN-IT-11", "RAN-IT-12", "SOC-JUR-06"}
    assert {each["second"] for each in passed.passed} == {"@pmartin:secours.example"}


def test_who_is_neither_director_nor_competent_is_told_who_is(talk: Talk) -> None:
    answer = said(talk.say("karim", f"!prendre {number(talk, 'RAN-IT-13')} : il faut bien"))
    assert "Claire Morel" in answer
    assert "Paul Martin" in answer
    assert not task(talk, "RAN-IT-13").passed


def test_setting_the_stop_aside_does_not_lift_it(talk: Talk) -> None:
    shown = number(talk, "SOC-IT-10")
    asked = said(talk.say("karim", f"!sansobjet {shown} c’est évident"))
    if "!oui" in asked:
        talk.say("karim", f"!oui {code_in(asked)}")
    assert task(talk, "SOC-IT-10").status == "skipped"
    assert "🛑" in said(talk.say("karim", f"!fait {number(talk, 'SOC-IT-11')}"))


def test_a_stop_that_falls_away_with_an_answer_is_lifted(talk: Talk) -> None:
    for code in ("RAN-IT-11", "RAN-IT-12"):
        talk.say("claire", f"!fait {number(talk, code)} fait")
    restoring = number(talk, "RAN-IT-13")
    assert "Déposer plainte" in said(talk.say("karim", f"!prendre {restoring}"))
    question = next(n for n, q in enumerate(asked_of("hospital"), 1) if q.id == "malicious")
    talk.say("karim", f"!qualifier {question}")
    talk.say("karim", "!non")
    talk.say("karim", f"!prendre {restoring}")
    assert task(talk, "RAN-IT-13").owner == "@karim:secours.example"


def test_the_log_shows_it_in_red_and_in_words(talk: Talk) -> None:
    asked = said(talk.say("claire", f"!fait {number(talk, 'SOC-IT-11')} : réanimation sans dossier"))
    talk.say("karim", f"!oui {code_in(asked)}")
    entry = next(e for e in talk.entries() if e.content and e.content.get("action") == "pass")
    assert entry.content is not None
    assert entry.content["reason"] == "réanimation sans dossier"
    assert entry.content["confirmed_by"] == "@karim:secours.example"
    words = Words(talk.cell, "@tocsin:secours.example")
    (line,) = [each for each in told(talk.entries(), words, frozenset(), None) if each.seq == entry.seq]
    assert line.tone == "alarm"
    assert "passe outre un arrêt ferme" in line.did
    assert "réanimation sans dossier" in line.text
    assert "🔴" in said(talk.say("claire", "!journal 6"))


def test_several_are_passed_one_by_one_each_by_its_own_judge(talk: Talk) -> None:
    restoring, reopening = number(talk, "RAN-IT-13"), number(talk, "SOC-IT-11")
    answer = said(talk.say("claire", f"!prendre {restoring}, {reopening} : un patient attend"))
    assert "une par une" in answer
    assert "!oui" not in answer
    assert not task(talk, "RAN-IT-13").passed
    assert not task(talk, "SOC-IT-11").passed
