"""DORA's first notification counts from the classification, too: Delegated Regulation (EU) 2025/301, art. 5."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from bot.commands.scene import Organisation
from bot.domain.clocks import ClockStatus
from bot.domain.language import Language
from tests.commands.cast import START
from tests.commands.harness import Said, Talk, messages, talk_in_crisis

INIT, INTER, FINAL = "EU-DORA-19-INIT", "EU-DORA-19-INTER", "EU-DORA-19-FINAL"


def crisis(language: Language = "fr") -> Talk:
    house = Organisation("Mutuelle", "company", "Europe/Paris", language, flags=("financial",))
    return talk_in_crisis(clocks=True, organisation=house)


def record(talk: Talk, typed: str, who: str = "karim") -> list[Said]:
    talk.say(who, typed)
    return said(talk, who, "!oui")


def said(talk: Talk, who: str, typed: str) -> list[Said]:
    return list(messages(talk.say(who, typed)))


def dues(talk: Talk) -> list[datetime | None]:
    return [talk.cell.clocks[rule].due for rule in (INIT, INTER, FINAL)]


@pytest.mark.parametrize(("language", "words"), [("fr", "`!connu classe QUAND`"), ("en", "`!known classified WHEN`")])
def test_the_classification_brings_it_forward_and_until_then_is_said_to_be_missing(
    language: Language, words: str
) -> None:
    talk = crisis(language)
    record(talk, "!connu important 13h40")
    known = START - timedelta(minutes=25)
    assert dues(talk)[:2] == [known + timedelta(hours=24), known + timedelta(hours=96)]
    assert words in said(talk, "karim", "!echeances dora")[0].body
    told = record(talk, "!connu classe 13h55")[0].body.replace("\u00a0", " ")
    assert "17 h 55" in told or "17:55" in told
    due = START - timedelta(minutes=10) + timedelta(hours=4)
    assert dues(talk)[:2] == [due, due + timedelta(hours=72)]
    assert talk.cell.clocks[INIT].official_due == due
    card = said(talk, "karim", "!echeances dora")[0].body
    assert words not in card
    dossier = said(talk, "karim", "!dossier dora")[0].body.replace("\u00a0", " ")
    assert ("classe : dimanche 22 nov." if language == "fr" else "classified: Sunday 22 Nov") in dossier
    assert ("Classé incident majeur" if language == "fr" else "Classified as a major incident") in card


def test_a_classification_before_awareness_counts_from_awareness() -> None:
    talk = crisis()
    record(talk, "!connu classe 13h40")
    assert dues(talk)[0] == START + timedelta(hours=4), "from the first sign, till the finding"
    record(talk, "!connu important 13h55")
    assert dues(talk)[0] == START - timedelta(minutes=10) + timedelta(hours=4)


def test_a_classification_after_a_day_leaves_four_hours() -> None:
    talk = crisis()
    record(talk, "!connu important 14h00")
    talk.clock.pass_(timedelta(hours=30))
    assert talk.cell.clocks[INIT].late_at(talk.clock.now())
    record(talk, "!connu classe il y a 1h")
    assert dues(talk)[0] == talk.clock.now() + timedelta(hours=3)
    (filed,) = said(talk, "karim", "!depose dora ACPR-1")
    assert "Après la limite" not in filed.body
    assert talk.cell.clocks[INIT].status is ClockStatus.CLOSED
    assert "dora-final" in filed.body
    assert [line.endswith("provisoire.") for line in filed.body.splitlines() if "Suite" in line] == [False, True]


def test_who_may_not_judge_it_does_not_record_it() -> None:
    talk = crisis()
    (refused,) = said(talk, "pdurand", "!connu classe 13h55")
    assert "classe" in refused.body
    assert "classified" not in talk.cell.moments
