"""Help by role and moment: its numbers do what its lines say, and stand in nobody's way."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.commands.help import SCREEN
from bot.commands.subjects import SUBJECTS
from bot.commands.table import TABLE
from bot.domain.incident import TaskStatus
from tests.commands.harness import Talk, talk_in_crisis


def lines(talk: Talk, who: str, room: str = "cell") -> list[str]:
    body = talk.say(who, "!aide", room)[0].body
    return [line.partition("`")[2].partition("`")[0] for line in body.splitlines() if line[:1].isdigit()]


def test_a_number_does_what_its_line_says_and_the_others_can_be_chosen_after() -> None:
    talk = talk_in_crisis()
    assert lines(talk, "karim")[0] == "!prendre 1"
    talk.say("karim", "!1")
    assert talk.cell.tasks[1].status is TaskStatus.TAKEN
    assert "En cours" in talk.say("karim", "!5")[0].body
    page = talk.say("karim", "!4")[0].body
    assert page.startswith("`!note TEXTE")
    assert "Dr Martin" in page


def test_a_line_that_is_dangerous_or_wants_words_shows_its_own_page_and_does_nothing() -> None:
    talk = talk_in_crisis()
    talk.say("claire", "!phase retex")
    found = lines(talk, "claire")
    assert "!cloture services rétablis" in found
    page = talk.say("claire", f"!{found.index('!cloture services rétablis') + 1}")[0].body
    assert page.startswith("`!cloture [MOTIF]`")
    assert "Une autre personne confirme" in page


def test_its_numbers_are_the_askers_alone_for_ten_minutes_and_no_yes_is_meant_for_them() -> None:
    talk = talk_in_crisis()
    lines(talk, "karim")
    assert talk.say("olivier", "!1") == []
    talk.say("claire", "!passation @karim")
    assert "prend la suite" in talk.say("karim", "!oui")[0].body
    lines(talk, "karim")
    assert "n’attends pas" in talk.say("karim", "!oui")[0].body
    talk.clock.pass_(timedelta(minutes=11))
    assert talk.say("karim", "!1") == []


def test_it_changes_with_the_moment() -> None:
    talk = talk_in_crisis()
    assert "!presents" in lines(talk, "olivier")
    talk.clock.pass_(timedelta(hours=2))
    assert "!presents" not in lines(talk, "olivier")
    talk.say("karim", "!bloque 1 pas de photo")
    assert any(line.startswith("!donner") for line in lines(talk, "olivier"))
    asked = talk.say("claire", "!cloture tout va bien")
    code = asked[0].body.partition("!oui ")[2][:4]
    talk.say("olivier", f"!oui {code}")
    assert lines(talk, "claire")[:3] == ["!echeances", "!conformite", "!archiver"]


# « !aide moi » asks for help for me.
@pytest.mark.parametrize("spec", [s for s in TABLE if s.name != "mine"], ids=lambda spec: spec.name)
def test_each_command_has_a_page_with_examples(spec: object) -> None:
    talk = talk_in_crisis()
    body = talk.say("claire", f"!aide {spec.fr[0]}", "dm:claire")[0].body  # type: ignore[attr-defined]
    assert spec.example.fr in body  # type: ignore[attr-defined]
    assert len(body.splitlines()) <= 6


def test_every_command_that_is_listed_stands_under_one_subject() -> None:
    placed = [name for subject in SUBJECTS for name in subject.names]
    assert sorted(placed) == sorted(spec.name for spec in TABLE if not spec.hidden)
    assert len(SUBJECTS) <= 9


@pytest.mark.parametrize(("who", "ask", "more"), [("claire", "!aide plus", "plus"), ("james", "!help more", "more")])
def test_everything_comes_a_screen_at_a_time_by_subject(who: str, ask: str, more: str) -> None:
    talk = talk_in_crisis(clocks=True)
    menu = talk.say(who, ask)[0].body.splitlines()
    subjects = [line for line in menu if line[:1].isdigit()]
    shown = 0
    for number, line in enumerate(subjects, start=1):
        page = talk.say(who, f"{ask} {number}")[0].body
        seen = [page]
        while f"{more} {number} {len(seen) + 1}`" in page:
            page = talk.say(who, "!1")[0].body
            seen.append(page)
        forms = [form for each in seen for form in each.splitlines() if form.startswith("- ")]
        assert max(each.count("\n- ") for each in seen) <= SCREEN
        assert f"({len(forms)})" in line
        shown += len(forms)
    assert shown > 60


def test_the_number_of_a_subject_shows_it_and_an_unknown_one_the_list() -> None:
    talk = talk_in_crisis()
    talk.say("karim", "!aide plus")
    assert "`!equipe`" in talk.say("karim", "!2")[0].body
    assert talk.say("oscar", "!aide plus", "dm:oscar")[0].body == talk.say("oscar", "!aide plus 9", "dm:oscar")[0].body


def test_an_observer_is_not_told_to_open_a_crisis() -> None:
    talk = Talk()
    said = talk.say("oscar", "!taches", "dm:oscar")[0].body
    assert "`!aide`" in said
    assert "!incident" not in said
    assert "`!incident rancongiciel Urgences bloquées`" in talk.say("karim", "!taches", "dm:karim")[0].body
