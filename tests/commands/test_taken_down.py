"""A text that is taken down: what it had met is open again, unless people had read it or another text says the same."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from bot.commands import daily
from bot.domain.clocks import ClockStatus
from bot.domain.heard import heard
from tests.commands.harness import Said, Talk, messages, talk_in_crisis
from tests.commands.test_sending import approved

WHY = "le numéro est faux"
INTERN = "HOUSE-STAFF-MESSAGE"


def crisis(**more: Any) -> Talk:
    return talk_in_crisis("claire", "olivier", "karim", "pmartin", "pdurand", clocks=True, **more)


def plain(said: list[Said]) -> str:
    return "\n".join(each.body for each in messages(said)).replace("\u00a0", " ")


def logged(talk: Talk, kind: str, *actions: str) -> list[dict[str, Any]]:
    found = [dict(entry.content) for entry in talk.entries() if entry.kind == kind and entry.content]
    return [each for each in found if not actions or each["action"] in actions]


def acts(talk: Talk, clock: str) -> list[str]:
    return [each["action"] for each in logged(talk, "deadline") if each["id"] == clock]


def another(talk: Talk, number: int, template: str = "interne") -> None:
    talk.say("pdurand", f"!rediger {template}")
    talk.say("pdurand", f"!modifier {number} Incident informatique. Appelez le 56.")
    for who in ("olivier", "karim", "claire"):
        talk.say(who, f"!approuver {number}")


def test_at_once_it_has_informed_nobody_and_what_it_met_runs_again() -> None:
    talk = crisis()
    approved(talk)
    talk.say("pdurand", "!publie 1 affiches")
    assert talk.cell.clocks[INTERN].status is ClockStatus.CLOSED
    talk.clock.pass_(timedelta(minutes=9))
    said = plain(talk.say("pdurand", f"!correctif 1 retrait {WHY}"))
    assert "⏳ L’échéance interne court à nouveau (il reste 36 min, objectif dimanche 22 nov. 2026, 14 h 50)" in said
    assert "il compte comme non lu. S’il a été lu : `!depose interne COMMENT`" in said
    clock = talk.cell.clocks[INTERN]
    assert (clock.status, clock.filed_at, clock.reference) == (ClockStatus.RUNNING, None, None)
    assert "staff" not in heard(talk.cell)
    assert acts(talk, INTERN) == ["start", "file", "reopen"]
    (entry,) = logged(talk, "deadline", "reopen")
    assert (entry["reason"], entry["before"]["reference"]) == (WHY, talk.cell.drafts[1].heading)
    (down,) = logged(talk, "draft", "withdraw")
    assert (down["after"]["reopened"], down["after"]["still_met"]) == ([INTERN], [])
    assert "Paul Durand fait courir à nouveau interne" in plain(talk.say("claire", "!journal 9"))
    another(talk, 2)
    assert "L’échéance interne est tenue" in plain(talk.say("pdurand", "!publie 2 affiches"))
    assert len([c for c in talk.cell.clocks.values() if daily.is_daily(c) and c.open]) == 1


def test_what_stood_for_long_was_read_and_people_may_say_that_it_was_not() -> None:
    talk = crisis()
    approved(talk)
    talk.say("pdurand", "!publie 1 affiches")
    talk.clock.pass_(timedelta(hours=3))
    said = plain(talk.say("pdurand", f"!correctif 1 retrait {WHY}"))
    assert "✅ L’échéance interne reste close : il est resté assez longtemps pour être lu." in said
    assert "Sinon : `!rouvrir interne MOTIF`" in said
    assert talk.cell.clocks[INTERN].status is ClockStatus.CLOSED
    assert "staff" in heard(talk.cell)
    talk.say("claire", "!rouvrir interne les affiches n’étaient pas posées")
    assert talk.cell.clocks[INTERN].status is ClockStatus.RUNNING


def test_another_text_that_stands_meets_it() -> None:
    talk = crisis()
    approved(talk)
    another(talk, 2)
    talk.say("pdurand", "!publie 1 affiches")
    talk.say("pdurand", "!publie 2 salon des internes")
    said = plain(talk.say("pdurand", f"!correctif 1 retrait {WHY}"))
    assert "✅ L’échéance interne reste close : C2 la tient." in said
    clock = talk.cell.clocks[INTERN]
    assert (clock.status, clock.reference) == (ClockStatus.CLOSED, talk.cell.drafts[2].heading)
    assert acts(talk, INTERN) == ["start", "file", "file"]
    talk.say("pdurand", f"!correctif 2 retrait {WHY}")
    assert talk.cell.clocks[INTERN].status is ClockStatus.RUNNING


def test_the_days_message_is_asked_for_again_the_same_day() -> None:
    talk = crisis()
    approved(talk)
    talk.say("pdurand", "!publie 1 affiches")
    talk.clock.pass_(timedelta(hours=19))
    another(talk, 2, "suivi")
    talk.say("pdurand", "!publie 2 affiches")
    assert [(c.id, c.open) for c in talk.cell.clocks.values() if daily.is_daily(c)] == [("E1", False), ("E2", True)]
    said = plain(talk.say("pdurand", f"!correctif 2 retrait {WHY}"))
    assert "L’échéance E1 court à nouveau" in said
    assert [(c.id, c.open) for c in talk.cell.clocks.values() if daily.is_daily(c)] == [("E1", True), ("E2", False)]
    another(talk, 3, "suivi")
    talk.say("pdurand", "!publie 3 affiches")
    assert [c.id for c in talk.cell.clocks.values() if daily.is_daily(c) and c.open] == ["E3"]


def test_what_was_told_by_word_of_mouth_stays_told() -> None:
    talk = crisis()
    talk.say("pdurand", "!depose interne réunion des cadres")
    approved(talk)
    talk.say("pdurand", "!publie 1 affiches")
    assert "L’échéance" not in plain(talk.say("pdurand", f"!correctif 1 retrait {WHY}"))
    assert talk.cell.clocks[INTERN].status is ClockStatus.CLOSED


@pytest.mark.parametrize(("minutes", "words"), [(2, "runs again"), (30, "stays closed")])
def test_in_english(minutes: int, words: str) -> None:
    talk = crisis(language="en")
    talk.say("pdurand", "!draft staff")
    talk.say("pdurand", "!edit 1 IT incident. Call 55.")
    for who in ("olivier", "karim", "claire"):
        talk.say(who, "!approve 1")
    talk.say("pdurand", "!posted 1 posters")
    talk.clock.pass_(timedelta(minutes=minutes))
    assert f"The deadline staff {words}" in plain(talk.say("pdurand", "!amend 1 withdraw the number is wrong"))
