"""What is asked of somebody else: who it may be, how long it waits, that it is called to mind and never ends in silence."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest

from bot.store import pendings
from tests.commands.cast import matrix_id
from tests.commands.harness import Said, Talk, talk_in_crisis


def code_of(said: list[Said]) -> str:
    found = re.search(r"!(?:oui|yes) (\d{4})", "\n".join(each.body for each in said))
    assert found is not None
    return found[1]


def said_by(said: list[Said]) -> str:
    return "\n".join(each.body for each in said if each.edits is None)


def waiting(talk: Talk) -> int:
    with talk.db.reading() as session:
        return len(pendings.waiting(session, talk.clock.now()))


def actions(talk: Talk, kind: str) -> list[str]:
    return [str(e.content["action"]) for e in talk.entries() if e.kind == kind and e.content and "action" in e.content]


# -- a moment, typed for somebody --------------------------------------------------------------------------------------


def test_what_was_typed_for_somebody_waits_for_them_and_is_called_to_mind_once() -> None:
    talk = talk_in_crisis(clocks=True)
    asked = talk.say("nadia", "!connu @claire attaque 13h")
    assert "Nadia Benali note pour vous" in said_by(asked)
    code = code_of(asked)
    assert actions(talk, "moment")[-1] == "ask"
    assert not [each for each in talk.wait(minutes=29) if each.rings == (matrix_id("claire"),) and code in each.body]
    (reminder,) = [each for each in talk.wait(minutes=2) if code in each.body]
    assert (reminder.room, reminder.rings) == ("cell", (matrix_id("claire"),))
    assert not [each for each in talk.wait(hours=5) if code in each.body]
    assert "attack" not in talk.cell.moments
    talk.say("claire", f"!oui {code}", reply_to=reminder.event_id)
    attack = talk.cell.moments["attack"]
    assert (attack.at, attack.set_by) == (datetime(2026, 11, 22, 12, tzinfo=UTC), matrix_id("claire"))


def test_typed_anew_for_the_same_person_the_later_one_counts() -> None:
    talk = talk_in_crisis(clocks=True)
    first = code_of(talk.say("nadia", "!connu @claire attaque 13h"))
    second = code_of(talk.say("nadia", "!connu @claire attaque 12h30"))
    assert "Rien n’attend ce code" in said_by(talk.say("claire", f"!oui {first}"))
    talk.say("claire", f"!oui {second}")
    assert talk.cell.moments["attack"].at == datetime(2026, 11, 22, 11, 30, tzinfo=UTC)


def test_a_yes_to_what_has_become_a_later_time_is_not_enough() -> None:
    talk = talk_in_crisis(clocks=True)
    code = code_of(talk.say("nadia", "!connu @claire attaque 13h confusion de fuseau"))
    talk.say("karim", "!attaque 12h")
    talk.say("karim", "!oui")
    second = code_of(talk.say("claire", f"!oui {code}"))
    assert talk.cell.moments["attack"].at.hour == 11
    talk.say("pmartin", f"!oui {second}")
    assert talk.cell.moments["attack"].at.hour == 12


# -- the first sign, moved later ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("second", ["karim", "james", "claire"])
def test_whoever_may_say_the_first_sign_may_second_that_it_is_moved_later(second: str) -> None:
    talk = talk_in_crisis(clocks=True)
    talk.say("nadia", "!constat 12h")
    talk.say("nadia", "!oui")
    code = code_of(talk.say("nadia", "!constat 12h30 heure lue sur un autre serveur"))
    assert "Ce n’est pas à vous" in said_by(talk.say("nadia", f"!oui {code}"))
    talk.say(second, f"!oui {code}")
    assert talk.cell.moments["observed"].at == datetime(2026, 11, 22, 11, 30, tzinfo=UTC)


def test_but_who_only_observes_may_not() -> None:
    talk = talk_in_crisis(clocks=True)
    talk.say("claire", "!role @oscar observateur")
    talk.join("oscar")
    talk.say("nadia", "!constat 12h")
    talk.say("nadia", "!oui")
    code = code_of(talk.say("nadia", "!constat 12h30 heure lue sur un autre serveur"))
    talk.say("oscar", f"!oui {code}")
    assert talk.cell.moments["observed"].at == datetime(2026, 11, 22, 11, tzinfo=UTC)


# -- no answer ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("room", ["cell", "dm:pmartin"])
def test_who_asked_is_told_once_that_nobody_answered(room: str) -> None:
    talk = talk_in_crisis(clocks=True)
    code_of(talk.say("pmartin", "!ecarter assureur non applicable, aucun contrat cyber", room))
    (told,) = [each for each in talk.wait(minutes=11) if "personne n’a répondu" in each.body]
    assert (told.room, told.rings) == (room, (matrix_id("pmartin"),))
    assert "!ecarter assureur" in told.body
    assert "waive_unanswered" in actions(talk, "deadline")
    assert "Tocsin reste sans réponse" in said_by(talk.say("claire", "!journal écarter"))
    assert "personne n’a répondu" not in said_by(talk.wait(minutes=11))


def test_what_one_was_asked_oneself_ends_quietly() -> None:
    talk = talk_in_crisis(clocks=True)
    talk.say("karim", "!attaque 12h")
    assert "personne n’a répondu" not in said_by(talk.wait(minutes=11))


def test_a_decision_that_nobody_confirmed_is_said_so_and_stays() -> None:
    talk = talk_in_crisis()
    talk.say("nadia", "!decision @claire couper internet, car le chiffrement avance")
    said = said_by(talk.wait(hours=24 * 7, minutes=1))
    assert "ce reste à confirmer" in said
    assert talk.cell.decisions[1].waits


def test_a_decision_that_is_taken_back_is_asked_of_nobody() -> None:
    talk = talk_in_crisis()
    code = code_of(talk.say("nadia", "!decision @claire couper internet, car le chiffrement avance"))
    talk.say("nadia", "!annuler")
    assert waiting(talk) == 0
    assert "Rien n’attend ce code" in said_by(talk.say("claire", f"!oui {code}"))
    assert talk.cell.decisions[1].withdrawn
    assert code not in said_by(talk.wait(minutes=31))


# -- the situation point -----------------------------------------------------------------------------------------------


def test_a_yes_to_a_point_as_it_was_before_it_changed_counts_for_nothing() -> None:
    talk = talk_in_crisis()
    before = next(each for each in talk.say("nadia", "!point") if "Point de situation" in each.body)
    after = next(each for each in talk.say("nadia", "!point 7 rouvrir le bloc") if "rouvrir le bloc" in each.body)
    talk.react("olivier", "✅", before.event_id)
    assert talk.cell.points[1].approved_by is None
    talk.react("olivier", "✅", after.event_id)
    assert (talk.cell.points[1].approved_by, talk.cell.points[1].said) == (
        matrix_id("olivier"),
        ((7, "rouvrir le bloc"),),
    )
    assert actions(talk, "draft")[-3:] == ["sitrep", "sitrep_edit", "sitrep_approve"]
