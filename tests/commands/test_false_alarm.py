"""A false alarm that is lifted: what is ours rings nobody any more, what the law wants runs on."""

from __future__ import annotations

import re
from typing import Any

import pytest

from bot.commands.false_alarm import is_one
from bot.domain.clocks import ClockStatus
from bot.domain.deadline_rules import Class
from bot.domain.language import Language
from tests.commands.cast import matrix_id
from tests.commands.harness import Said, Talk, messages, talk_in_crisis

OURS = {"HOUSE-STAFF-MESSAGE", "HOUSE-ARS", "HOUSE-HOLDING", "HOUSE-INSURER-CALL", "HOUSE-PARTNERS"}


def lifted(typed: str, *, language: Language = "fr", own: str = "") -> tuple[Talk, list[Said], list[Said]]:
    talk = talk_in_crisis("claire", "olivier", "pmartin", clocks=True, language=language)
    if own:
        talk.say("olivier", own)
    asked = talk.say("claire", typed)
    code = next(found[1] for each in asked if (found := re.search(r"!(?:oui|yes) (\d{4})", each.body)))
    return talk, asked, talk.say("olivier", f"!oui {code}")


def words(said: list[Said]) -> str:
    return "\n".join(each.body for each in messages(said)).replace("\u00a0", " ")


def logged(talk: Talk, action: str) -> list[dict[str, Any]]:
    found = [e.content for e in talk.entries() if e.kind == "deadline" and e.content]
    return [content for content in found if content["action"] == action]


def waived(talk: Talk) -> set[str]:
    return {clock.rule for clock in talk.cell.clocks.values() if clock.status is ClockStatus.WAIVED}


@pytest.mark.parametrize(
    ("language", "typed", "asks", "says"),
    [
        (
            "fr",
            "!cloture fausse alerte : un antivirus zélé",
            (
                "Fausse alerte : seront écartés avec elle nos objectifs internes (interne, ars, attente, assureur-appel,"
                " partenaires). Ce que la loi et les contrats exigent continue."
            ),
            (
                "Fausse alerte : nos objectifs internes sont écartés (interne, ars, attente, assureur-appel, partenaires)."
                " Ce que la loi et les contrats exigent continue ; pour écarter une échéance, à deux :"
                " `!ecarter certsante non applicable`"
            ),
        ),
        (
            "en",
            "!close false alarm, a zealous antivirus",
            (
                "A false alarm: our internal targets are set aside with it (staff, ars, holding, insurer-call, partners)."
                " What the law and contracts want goes on."
            ),
            (
                "A false alarm: our internal targets are set aside (staff, ars, holding, insurer-call, partners)."
                " What the law and contracts want goes on; to set a deadline aside, by two people:"
                " `!waive certsante not applicable`"
            ),
        ),
    ],
)
def test_what_is_ours_is_set_aside_with_it_by_the_same_two_people_and_what_the_law_wants_is_not(
    language: Language, typed: str, asks: str, says: str
) -> None:
    talk, asked, said = lifted(typed, language=language)
    assert asks in words(asked), words(asked)
    assert says in words(said), words(said)
    assert waived(talk) == OURS
    entries = logged(talk, "waive")
    assert {entry["id"] for entry in entries} == OURS
    assert {entry["confirmed_by"] for entry in entries} == {matrix_id("olivier")}
    assert talk.cell.clocks["HOUSE-ARS"].waived_by == (matrix_id("claire"), matrix_id("olivier"))
    law = [clock for clock in talk.cell.clocks.values() if clock.visible is Class.LAW]
    assert law
    assert all(clock.status is ClockStatus.RUNNING and clock.owner for clock in law)
    heard = [each for _ in range(40) for each in talk.wait(minutes=15) if each.key.startswith("nudge:")]
    assert not [each for each in heard if any(f":{rule}:" in each.key for rule in OURS)]
    assert [each for each in heard if ":FR-CSP-1111-8-2:" in each.key], "the law goes on asking"


def test_a_crisis_that_is_over_keeps_what_is_ours() -> None:
    talk, asked, said = lifted("!cloture services rétablis")
    assert not waived(talk)
    assert "Fausse alerte" not in words(asked) + words(said)


def test_what_somebody_typed_stays_theirs() -> None:
    talk, _, _ = lifted("!cloture fausse alerte", own="!echeance Rappeler l’éditeur --dans 5h")
    assert waived(talk) == OURS
    (own,) = [clock for clock in talk.cell.clocks.values() if clock.own]
    assert own.status is ClockStatus.RUNNING


def test_an_alarm_that_was_none_and_is_one_after_all_has_its_targets_back() -> None:
    talk, _, _ = lifted("!cloture fausse alerte")
    talk.wait(minutes=10)
    asked = talk.say("claire", "!reprendre les écrans sont revenus")
    code = next(found[1] for each in asked if (found := re.search(r"!oui (\d{4})", each.body)))
    talk.say("olivier", f"!oui {code}")
    assert not waived(talk)
    assert {entry["id"] for entry in logged(talk, "restore")} == OURS
    heard = [each for _ in range(8) for each in talk.wait(minutes=15)]
    assert [each for each in heard if ":HOUSE-STAFF-MESSAGE:" in each.key], "it rings again"


@pytest.mark.parametrize(
    ("reason", "so"),
    [
        ("fausse alerte", True),
        ("Fausse alerte : antivirus", True),
        ("c’était une fausse alerte", True),
        ("faux positif", True),
        ("False alarm, nothing there", True),
        ("it was a false alarm", True),
        ("ce n’est pas une fausse alerte", False),
        ("fausses alertes traitées, services rétablis", False),
        ("services rétablis", False),
        ("", False),
        (None, False),
    ],
)
def test_what_says_that_it_was_none(reason: str | None, so: bool) -> None:
    assert is_one(reason) is so
