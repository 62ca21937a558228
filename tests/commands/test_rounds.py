"""The rhythm of the cell: the situation point, the change of shift, and what is owed with each point."""

from __future__ import annotations

from datetime import timedelta

from bot.commands.scene import Organisation
from bot.domain.clocks import Clock, ClockStatus
from tests.commands.cast import matrix_id
from tests.commands.harness import Talk, messages, talk_in_crisis

POINT, SHIFT, ARS = "HOUSE-SITREP", "HOUSE-SHIFT", "HOUSE-ARS"
FOUR, EIGHT = timedelta(hours=4), timedelta(hours=8)


def clock(talk: Talk, rule: str) -> Clock:
    return talk.cell.clocks[rule]


def actions(talk: Talk, rule: str) -> list[str]:
    """What the log says of a clock, in order."""
    said = [entry.content or {} for entry in talk.entries() if entry.kind == "deadline"]
    return [str(each["action"]) for each in said if each["id"] == rule]


def approve(talk: Talk, typed: str = "!point") -> str:
    """A point is drafted and approved; what the cell is told."""
    draft = next(each for each in messages(talk.say("olivier", typed)) if "Point de situation" in each.body)
    said = talk.react("olivier", "✅", draft.event_id)
    return next(each.body for each in messages(said) if "validé" in each.body)


def test_the_rhythm_begins_with_the_crisis() -> None:
    talk = talk_in_crisis(clocks=True)
    opened = talk.cell.incident.opened_at
    assert (clock(talk, POINT).due, clock(talk, SHIFT).due) == (opened + FOUR, opened + EIGHT)
    heard = [each for _ in range(50) for each in talk.wait(minutes=10)]
    mine = [each for each in heard if each.rings and each.body.startswith("⏰") and "— point (" in each.body]
    assert [each.rings for each in mine] == [(matrix_id("olivier"),)] * 2, "an hour before, and at its time"
    assert "c’est l’heure" in mine[-1].body
    assert "!point" in mine[-1].body
    shifts = [each.body for each in heard if each.rings and each.body.startswith("⏰") and "— quart (" in each.body]
    assert shifts
    assert all("`!passation @x`" in each for each in shifts), "the reminder names what to type"


def test_a_point_that_is_approved_begins_the_next_and_what_is_owed_with_it() -> None:
    talk = talk_in_crisis(clocks=True)
    talk.wait(minutes=30)
    told = approve(talk)
    first = talk.clock.now()
    assert "(point)" in told
    assert "ars" not in told, "the first word to the agency is still owed: nothing is added to it"
    talk.say("olivier", "!depose ars --tel astreinte")
    talk.wait(hours=2)
    assert clock(talk, POINT).due == first + FOUR
    told = approve(talk, "!point --dans 2h")
    now = talk.clock.now()
    assert "De nouveau\u00a0: ars" in told
    assert "`!depose ars RÉF`" in told
    assert (clock(talk, POINT).due, clock(talk, POINT).owner) == (now + timedelta(hours=2), matrix_id("olivier"))
    assert (clock(talk, ARS).status, clock(talk, ARS).due) == (ClockStatus.RUNNING, now + timedelta(hours=1))
    assert actions(talk, POINT) == ["start", "done", "again", "done", "again"]
    assert actions(talk, ARS) == ["start", "file", "again"]
    talk.say("karim", "!attaque 14h00")
    talk.say("karim", "!oui")
    assert clock(talk, POINT).due == now + timedelta(hours=2), "it follows no moment any more"


def test_a_no_to_care_affected_owes_the_agency_nothing_anew() -> None:
    talk = talk_in_crisis(clocks=True)
    talk.say("olivier", "!depose ars vu avec le directeur")
    question = next(n for n, q in enumerate(talk.cell.questions, 1) if q.id == "care_affected")
    talk.say("soline", f"!qualifier {question}")
    talk.say("soline", "!non")
    assert "De nouveau" not in approve(talk)
    assert clock(talk, ARS).status is ClockStatus.CLOSED


def test_a_round_is_said_to_be_done_and_taken_back() -> None:
    talk = talk_in_crisis(clocks=True)
    talk.wait(hours=7)
    (told,) = messages(talk.say("olivier", "!fait quart équipe de nuit en place"), "cell")
    now = talk.clock.now()
    assert told.body.startswith("✅ quart (Relève des équipes)")
    assert "équipe de nuit en place" in told.body
    assert clock(talk, SHIFT).due == now + EIGHT
    talk.say("olivier", "!annuler")
    assert clock(talk, SHIFT).due == talk.cell.incident.opened_at + EIGHT
    talk.say("olivier", "!depose quart --a 21h00")
    at = talk.cell.incident.opened_at + timedelta(hours=6, minutes=55)
    assert clock(talk, SHIFT).due == at + EIGHT
    assert clock(talk, SHIFT).rounds == 1


def test_a_coordinator_who_hands_over_has_changed_the_shift() -> None:
    talk = talk_in_crisis(clocks=True)
    talk.wait(hours=6)
    asked = talk.say("olivier", "!passation @nadia")
    code = next(s.body for s in asked if "!oui" in s.body).partition("!oui ")[2][:4]
    said = talk.say("nadia", f"!oui {code}")
    assert any("Prochaine relève" in each.body for each in messages(said))
    assert clock(talk, SHIFT).due == talk.clock.now() + EIGHT
    assert actions(talk, SHIFT) == ["start", "done", "again"]


def test_nothing_recurs_once_the_crisis_is_lifted_and_it_does_again_when_it_goes_on() -> None:
    talk = talk_in_crisis(clocks=True)
    said = talk.say("claire", "!cloture sous contrôle")
    shown = next(s.body for s in said if "!oui" in s.body)
    assert "quart" not in shown
    talk.say("olivier", f"!oui {shown.partition('!oui ')[2][:4]}")
    assert {clock(talk, rule).status for rule in (POINT, SHIFT)} == {ClockStatus.CLOSED}
    (refused,) = messages(talk.say("olivier", "!fait quart"))
    assert "déjà" in refused.body
    said = talk.say("claire", "!reprendre nouvelle alerte")
    talk.say("olivier", f"!oui {next(s.body for s in said if '!oui' in s.body).partition('!oui ')[2][:4]}")
    now = talk.clock.now()
    assert (clock(talk, POINT).due, clock(talk, SHIFT).due) == (now + FOUR, now + EIGHT)
    assert actions(talk, SHIFT) == ["start", "stop", "again"]


def test_who_is_alone_has_no_rhythm_of_the_cell_to_keep() -> None:
    practice = Organisation("Cabinet Vasseur", "medical_practice", "Europe/Paris", "fr")
    talk = talk_in_crisis(clocks=True, organisation=practice)
    assert not {POINT, SHIFT} & set(talk.cell.clocks)
