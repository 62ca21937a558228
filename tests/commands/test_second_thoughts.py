"""What is taken back, answered late, or asked of whoever stands in: no one person undoes what two did."""

from __future__ import annotations

import re
from datetime import timedelta

from bot.domain.cell import Cell
from bot.domain.clocks import ClockStatus
from bot.domain.roles import Role
from bot.domain.roster import Person, Roster
from bot.store import cells, meta
from tests.commands.cast import ROSTER, matrix_id
from tests.commands.harness import Said, Talk, talk_in_crisis

INCIDENT = "INC-2026-001"


def cell_of(talk: Talk) -> Cell:
    with talk.db.transaction() as session:
        found = cells.load(session, INCIDENT)
    assert found is not None
    return found


def code_of(said: list[Said]) -> str:
    found = re.search(r"!oui (\d{4})", "\n".join(each.body for each in said))
    assert found is not None
    return found[1]


def test_who_took_a_clock_cannot_bring_it_back_once_two_people_set_it_aside() -> None:
    talk = talk_in_crisis(clocks=True)
    talk.say("olivier", "!prendre assureur")
    talk.say("claire", "!prendre assureur")
    code = code_of(talk.say("pmartin", "!ecarter assureur non applicable, aucun contrat cyber"))
    talk.say("anne", f"!oui {code}")
    said = talk.say("claire", "!annuler")
    assert cell_of(talk).clocks["FR-ASSUR-5JO"].status is ClockStatus.WAIVED
    assert "Quelqu’un a changé" in said[0].body


def test_a_confirmed_decision_is_no_longer_its_typists_to_take_back() -> None:
    talk = talk_in_crisis()
    code = code_of(talk.say("nadia", "!decision @claire couper internet, car le chiffrement avance"))
    talk.say("claire", f"!oui {code}")
    talk.say("nadia", "!annuler")
    assert not cell_of(talk).decisions[1].withdrawn


def test_what_has_rung_does_not_ring_again_when_somebody_gives_a_clock_back() -> None:
    talk = talk_in_crisis(clocks=True)
    talk.join(*[person.localpart for person in ROSTER if Role.OBSERVER not in person.roles])
    clock = next(c for c in cell_of(talk).clocks.values() if c.names.fr == "certsante")
    assert clock.due is not None
    talk.wait(minutes=1)
    half = clock.start + (clock.due - clock.start) / 2
    talk.wait(seconds=(half - talk.clock.now() - timedelta(minutes=2)).total_seconds())
    talk.say("claire", "!prendre certsante")
    heard = talk.wait(minutes=4)
    assert any("certsante" in each.body for each in heard if each.rings)
    step = cell_of(talk).clocks[clock.id].ring.step
    assert "certsante" in talk.say("claire", "!annuler")[0].body
    back = cell_of(talk).clocks[clock.id]
    assert (back.owner, back.ring.step) == (None, step)
    assert not any("certsante" in each.body for each in talk.wait(seconds=4) if each.rings)


def test_a_clock_or_a_moment_is_not_given_to_somebody_whom_nobody_called() -> None:
    talk = talk_in_crisis(clocks=True)
    for typed in ("!prendre @oscar cnil", "!echeance Réponse --dans 4h --pour @oscar", "!connu @oscar constat 13h"):
        assert "Oscar Vidal n’est pas dans cet incident" in talk.say("claire", typed)[0].body


def test_a_button_that_arrives_late_answers_nothing() -> None:
    talk = talk_in_crisis(clocks=True)
    (asked, *_) = talk.say("karim", "!qualifier 1")
    said = talk.react("karim", "✅", asked.event_id, ago=timedelta(minutes=6))
    assert "plus de cinq minutes" in said[0].body
    assert not cell_of(talk).answers
    talk.react("karim", "✅", asked.event_id)
    assert cell_of(talk).answers["malicious"].by == matrix_id("karim")


def test_who_stands_in_for_the_coordinator_approves_the_point() -> None:
    duty = Person("Léa Faure", matrix_id("lea"), (Role.DUTY_MANAGER,), ())
    roster = Roster((*(p for p in ROSTER if Role.COORDINATOR not in p.roles), duty))
    talk = talk_in_crisis(roster=roster)
    asked = next(each for each in talk.say("claire", "!point") if "Point de situation" in each.body)
    assert asked.rings == (duty.matrix_id,)
    talk.react("lea", "✅", asked.event_id)
    assert cell_of(talk).points[1].approved_by == duty.matrix_id


def test_whoever_has_left_confirms_nothing() -> None:
    talk = talk_in_crisis()
    code = code_of(talk.say("claire", "!cloture services rétablis"))
    talk.leave("karim")
    said = talk.say("karim", f"!oui {code}", "dm:karim")
    assert cell_of(talk).incident.closed_at is None
    assert "pas été appelé" in said[0].body


def test_a_filing_counts_from_when_it_was_typed() -> None:
    talk = talk_in_crisis(clocks=True)
    talk.clock.pass_(timedelta(minutes=30))
    talk.say("claire", "!depose plainte PV 2026/118", ago=timedelta(minutes=4))
    filed = next(c for c in cell_of(talk).clocks.values() if c.names.fr == "plainte").filed_at
    assert filed == talk.clock.now() - timedelta(minutes=4)


def test_a_clock_that_follows_a_filing_names_it_as_people_do() -> None:
    talk = talk_in_crisis(clocks=True)
    talk.say("anne", "!violation 13h30")
    talk.say("anne", "!oui")
    point = "\n".join(each.body for each in talk.say("olivier", "!point"))
    talk.say("claire", "!depose cnil 2026-4411")
    following = next(c for c in cell_of(talk).clocks.values() if c.moment == "filed:EU-GDPR-33-SA")
    card = talk.say("claire", f"!echeances {following.names.fr}")[0].body
    assert "depuis le dépôt de cnil (" in card
    assert "filed:" not in point + card


def test_the_card_of_a_clock_set_aside_says_for_which_reason() -> None:
    talk = talk_in_crisis(clocks=True)
    code = code_of(talk.say("pmartin", "!ecarter assureur 3"))
    talk.say("claire", f"!oui {code}")
    card = talk.say("claire", "!echeances assureur")[0].body
    assert "Écartée par Paul Martin et Claire Morel\u00a0: autorité déjà informée" in card


async def test_a_duty_that_fails_keeps_nobody_from_being_rung() -> None:
    talk = talk_in_crisis(clocks=True)
    with talk.db.transaction() as session:
        # What no version of ours writes: posting the boards anew fails at every beat.
        meta.put(session, "repost:INC-2026-001", "1")
        meta.put(session, "reposted:INC-2026-001", "no date")
    talk.clock.pass_(timedelta(minutes=30))
    await talk.ticker.beat()
    assert any("interne" in each.body for each in talk.settle() if each.rings)
