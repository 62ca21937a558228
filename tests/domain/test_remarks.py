"""What stops a text, and for whom; what was let stand; how it reads and how long it is."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain import drafts
from bot.domain.drafts import Aside, Draft, Step
from bot.domain.language import LANGUAGES
from bot.domain.paper import Carrier, carriers, pages
from bot.domain.playbook import Text
from bot.domain.readability import reading
from bot.domain.remarks import Grade, Remark, grade_of, remarks
from bot.domain.roles import Role
from bot.domain.screening import Act, Finding, Lists
from bot.domain.screening_reasons import INSTEAD, REASONS

NOW = datetime(2026, 11, 22, 13, 5, tzinfo=UTC)
GROUPS = ("staff", "public", "individuals", "partners", "authorities", "cell", None)


def draft(text: str, audience: str | None = "public", channel: str | None = None, template: str = "TPL-05") -> Draft:
    version = drafts.write(1, text, "@a:x", NOW, lists=Lists(("Dr Knock",), ("Medisys",), ("06 11 22 33 44",)))
    return Draft(
        1,
        template,
        Text("t", "t"),
        "fr",
        True,
        (Step(Role.LEGAL),),
        NOW,
        (version,),
        audience=audience,
        channel=channel,
    )


def said(of: Draft) -> tuple[Remark, ...]:
    return remarks(of, of.last, frozenset())


def test_what_stays_in_the_cell_may_suppose() -> None:
    text = "Hypothèses : les dossiers auraient été copiés."
    for leaves, expected in ((True, ["unverified"]), (False, [])):
        made = replace(draft(text, "cell"), leaves=leaves)
        found = remarks(made, made.last, frozenset(), (), ("les dossiers auraient été copiés",))
        assert [each.what.value for each in found] == expected


def stops(of: Draft) -> list[str]:
    return [each.what.value for each in said(of) if each.stops]


@pytest.mark.parametrize("what", Finding)
def test_every_finding_says_why_and_what_instead(what: Finding) -> None:
    for language in LANGUAGES:
        assert all(each[what].get(language) for each in (REASONS, INSTEAD))


@pytest.mark.parametrize("audience", GROUPS)
def test_a_blank_and_a_patient_s_number_stop_any_text(audience: str | None) -> None:
    assert stops(draft("[À COMPLÉTER : x] 1 85 05 78 006 084 36", audience)) == ["blank", "national_number"]


@pytest.mark.parametrize(
    ("audience", "stopped"),
    [
        ("public", {"attacker", "amount", "machine", "supplier", "name", "own_phone", "absolute"}),
        ("staff", {"attacker", "amount", "machine", "supplier", "name", "own_phone", "absolute"}),
        ("individuals", {"attacker", "amount", "machine", "supplier", "name", "own_phone", "absolute", "link"}),
        ("partners", {"attacker", "amount", "name", "own_phone", "absolute"}),
        ("authorities", set()),
        ("cell", set()),
        (None, {"attacker", "amount", "machine", "supplier", "name", "own_phone", "absolute"}),
    ],
)
def test_whom_it_is_for_says_what_must_not_be_said(audience: str | None, stopped: set[str]) -> None:
    text = (
        "LockBit demande 2 M€ pour SRV-AD01. Medisys et le Dr Knock répondent au 06 11 22 33 44. "
        "Jamais vu. Nos excuses. Voir www.exemple.fr."
    )
    assert set(stops(draft(text, audience))) == stopped


def test_words_approved_in_peacetime_stop_nothing_but_what_they_state_must_be_so() -> None:
    assert grade_of(Finding.ABSOLUTE, "public", frozen=True) is Grade.SHOWN
    assert grade_of(Finding.ACT, "public", frozen=True) is Grade.REASON
    assert grade_of(Finding.NATIONAL_NUMBER, "public", frozen=True) is Grade.MEND


def test_an_act_that_is_proved_is_no_remark() -> None:
    of = draft("Une plainte a été déposée.")
    assert stops(of) == ["act"]
    assert remarks(of, of.last, {Act.COMPLAINT}) == ()


def test_what_was_let_stand_stops_no_more_and_its_words_are_kept_nowhere_else() -> None:
    of = draft("LockBit demande 2 M€.")
    first, second = said(of)
    after = drafts.put_aside(of, Aside(first.what, first.mark, "déjà public", "@b:x", NOW))
    assert stops(after) == [second.what.value]
    assert [each.number for each in said(after)] == [1, 2], "what is let stand keeps its number"
    (kept,) = after.asides
    assert first.words not in repr(kept)
    again = drafts.put_aside(after, Aside(first.what, first.mark, "confirmé", "@c:x", NOW))
    assert [each.reason for each in again.asides] == ["confirmé"]


def test_an_own_number_is_not_told_twice() -> None:
    assert [each.what.value for each in said(draft("Appelez le 06 11 22 33 44."))] == ["own_phone"]


def test_words_that_were_purged_from_the_text_are_quoted_no_more() -> None:
    of = draft("Le Dr Knock répond.")
    gone = replace(of, versions=(replace(of.last, text="[masqué]"),))
    assert [each.what for each in said(gone) if each.what is Finding.NAME and "Knock" in each.words] == []


@given(st.text(max_size=300), st.sampled_from(GROUPS), st.sampled_from(["SMS, affiche, répondeur", None]))
def test_any_text_is_looked_at_and_every_remark_can_be_said(
    text: str, audience: str | None, channel: str | None
) -> None:
    for each in said(draft(text, audience, channel)):
        for language in LANGUAGES:
            assert each.said(language) or each.words
        assert (each.number > 0) is (each.grade is Grade.REASON)


# -- how it reads, how long it is --------------------------------------------------------------------------------------


def test_a_long_sentence_and_hard_words_are_told_to_whoever_writes_for_patients() -> None:
    hard = "Les consultations programmées de radiologie interventionnelle sont temporairement suspendues. " * 4
    assert [each.what.value for each in said(draft(hard))] == ["reading"]
    assert said(draft(hard, "staff")) == ()
    long = "Nous " + "vous prions de venir à pied " * 8 + "."
    assert [each.what.value for each in said(draft(long))] == ["sentence"]


def test_what_says_that_it_is_easy_is_held_to_more() -> None:
    text = "Les rendez-vous sont maintenus, et nous vous attendons tous demain matin à la même heure que prévu."
    assert said(draft(text)) == ()
    assert [each.what.value for each in said(draft(text, template="TPL-06-FALC"))] == ["sentence"]


@pytest.mark.parametrize(
    ("text", "lix"),
    [
        ("Le chat dort. " * 12, 3),
        ("The hospital is open. Come in. " * 6, 20),
        ("Rendez-vous annulés. " * 10, None),
        ("", None),
    ],
)
def test_the_measure_counts_words_sentences_and_long_words(text: str, lix: int | None) -> None:
    assert reading(text).lix == lix


def test_the_length_is_that_of_the_ways_that_the_template_names() -> None:
    long = "Les soins continuent. " * 40
    for channel, expected in (("Presse", ()), ("SMS", ("length",)), ("SMS court qui renvoie au standard", ())):
        assert tuple(each.what.value for each in said(draft(long, "staff", channel))) == expected
    (remark,) = said(draft(long, "staff", "SMS, répondeur"))
    assert (
        remark.said("fr")
        == "6 SMS (160 signes en font un, 306 deux), 48 secondes à voix haute (un répondeur coupe à 40)"
    )
    assert said(draft("Les soins continuent.", "staff", "SMS, affiche, répondeur")) == ()


def test_an_unfinished_text_is_not_measured() -> None:
    assert {
        each.what.value for each in said(draft("[À COMPLÉTER : x] " + "Les soins continuent. " * 40, channel="SMS"))
    } == {"blank"}


def test_a_page_is_counted_as_it_is_printed() -> None:
    line = "Les consultations de lundi sont reportées et nous vous rappelons dès que possible. "
    assert [pages((line * count).strip()) for count in (1, 70, 85)] == [1, 1, 2]
    assert carriers("Affiches à l’entrée, messages vocaux") == {Carrier.POSTER, Carrier.VOICE}
    assert carriers("Poster at the entrance, answering machine") == {Carrier.POSTER, Carrier.VOICE}
    assert carriers(None) == frozenset()
