"""A supplier owes a notice to each customer, in the time of each contract."""

from __future__ import annotations

from datetime import timedelta

from bot.commands.scene import Organisation
from bot.domain.clocks import ClockStatus, Standing
from tests.commands.harness import Talk, messages, talk_in_crisis

SUPPLIER = Organisation("Hébergeur", "company", "Europe/Paris", "fr", flags=("processor",))
NOTICE, INSURER = "EU-GDPR-33-2-PROC", "FR-ASSUR-5JO"


def crisis() -> Talk:
    return talk_in_crisis(clocks=True, organisation=SUPPLIER)


def test_each_customer_has_a_clock_with_the_time_of_its_contract() -> None:
    talk = crisis()
    (said,) = messages(talk.say("pmartin", "!echeance clients-rgpd/acme --dans 8h"))
    assert "clients-rgpd/acme" in said.body
    talk.say("pmartin", "!echeance clients-rgpd/zenith")
    clocks = talk.cell.clocks
    acme, zenith = clocks[f"{NOTICE}/acme"], clocks[f"{NOTICE}/zenith"]
    assert acme.due is not None
    assert acme.due - acme.start == timedelta(hours=8)
    assert zenith.due is not None
    assert zenith.due - zenith.start == timedelta(hours=24)
    assert NOTICE in clocks, "those whom nobody has named yet are still owed theirs"


def test_it_moves_with_the_moment_and_keeps_its_contract() -> None:
    talk = crisis()
    talk.say("pmartin", "!echeance clients-rgpd/acme --dans 8h")
    talk.say("pmartin", "!violation il y a 1h")
    talk.say("pmartin", "!oui")
    acme = talk.cell.clocks[f"{NOTICE}/acme"]
    assert acme.official_from is not None
    assert acme.official_due == acme.official_from + timedelta(hours=8)


def test_past_the_time_of_the_contract_a_notice_is_late_and_past_ours_it_is_not() -> None:
    talk = crisis()
    (said,) = messages(talk.say("pmartin", "!echeance clients-rgpd/acme --dans 8h"))
    assert "limite dimanche\u00a022\u00a0nov. 2026, 22\u00a0h\u00a005" in said.body
    assert "objectif interne" not in said.body
    talk.say("pmartin", "!echeance clients-rgpd/zenith")
    talk.say("pmartin", "!violation il y a 1 min")
    talk.say("pmartin", "!oui")
    talk.clock.pass_(timedelta(hours=30))
    clocks, now = talk.cell.clocks, talk.clock.now()
    assert clocks[f"{NOTICE}/acme"].standing(now) is Standing.LATE
    assert clocks[f"{NOTICE}/zenith"].standing(now) is Standing.NO_FIGURE_PAST


def test_filing_for_a_customer_closes_that_one_alone() -> None:
    talk = crisis()
    talk.say("pmartin", "!echeance clients-rgpd/acme --dans 8h")
    talk.say("pmartin", "!depose clients-rgpd/acme mail 12")
    clocks = talk.cell.clocks
    assert clocks[f"{NOTICE}/acme"].status is ClockStatus.CLOSED
    assert clocks[NOTICE].status is ClockStatus.RUNNING


def test_a_customer_whom_nobody_named_is_said_how_to_name() -> None:
    talk = crisis()
    (said,) = messages(talk.say("pmartin", "!depose clients-rgpd/acme mail 12"))
    assert "!echeance clients-rgpd/acme --dans 24h" in said.body


def test_a_contract_lengthens_the_insurers_time_and_never_shortens_it() -> None:
    talk = crisis()
    before = talk.cell.clocks[INSURER].due
    talk.say("claire", "!echeance assureur --dans 2h")
    assert talk.cell.clocks[INSURER].due == before
    talk.say("claire", "!echeance assureur --dans 20j")
    after = talk.cell.clocks[INSURER].due
    assert before is not None
    assert after is not None
    assert after > before


def test_only_who_answers_for_the_clock_says_what_the_contract_is() -> None:
    talk = crisis()
    (refused,) = messages(talk.say("karim", "!echeance assureur --dans 20j"))
    assert talk.cell.clocks[INSURER].contract_minutes is None
    assert "Claire Morel" in refused.body


def test_a_name_that_is_no_rule_stays_a_clock_of_our_own() -> None:
    talk = crisis()
    talk.say("claire", "!echeance cnil rappel du standard --dans 2h")
    assert "E1" in talk.cell.clocks
