"""Whom `@x` means."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.roles import Role
from bot.domain.roster import Person, Roster

CLAIRE = Person("Claire Morel", "@claire:secours.example", (Role.DIRECTOR,), ("@paul:secours.example",))
PAUL = Person("Paul Garnier", "@paul:secours.example", (Role.COORDINATOR, Role.DPO))
HELENE = Person("Dr Hélène Petit", "@hp:secours.example", (Role.LEGAL,))
PAUL_TOO = Person("Paul Roux", "@proux:autre.example", (Role.LEGAL,))
JEAN = Person("Jean-Marc Diallo", "@jean.marc:secours.example", (Role.CISO,))
ROSTER = Roster((CLAIRE, PAUL, HELENE, PAUL_TOO, JEAN))


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("@claire:secours.example", [CLAIRE]),
        ("@claire", [CLAIRE]),
        ("Claire", [CLAIRE]),
        ("CLAIRE MOREL", [CLAIRE]),
        ("@claire:ailleurs.example", []),
        ("@hélène", [HELENE]),
        ("helene petit", []),
        ("dr helene petit", [HELENE]),
        ("@Helene", [HELENE]),
        ("@jean-marc", [JEAN]),
        ("@jean.marc", [JEAN]),
        ("@dpo", [PAUL]),
        ("@rssi", [JEAN]),
        ("@directeur", [CLAIRE]),
        ("@juriste", [HELENE, PAUL_TOO]),
        ("@inconnu", []),
        ("@", []),
        ("", []),
        ("@observateur", []),
    ],
)
def test_whom_a_word_means(typed: str, found: list[Person]) -> None:
    assert ROSTER.find(typed) == found


def test_a_local_part_wins_over_a_first_name() -> None:
    assert ROSTER.find("@paul") == [PAUL]


def test_a_first_name_that_two_have_is_both() -> None:
    people = Roster((Person("Paul A", "@pa:x", ()), Person("Paul B", "@pb:x", ())))
    assert [person.matrix_id for person in people.find("paul")] == ["@pa:x", "@pb:x"]


def test_a_first_name_wins_over_a_role() -> None:
    people = Roster((Person("Bloc Durand", "@bd:x", ()), Person("Anne", "@an:x", (Role.THEATRE,))))
    assert [person.name for person in people.find("bloc")] == ["Bloc Durand"]


def test_order_ids_and_deputies() -> None:
    assert list(ROSTER) == [CLAIRE, PAUL, HELENE, PAUL_TOO, JEAN]
    assert len(ROSTER) == 5
    assert ROSTER.by_id("@paul:secours.example") is PAUL
    assert ROSTER.by_id("@etranger:secours.example") is None
    assert "@paul:secours.example" in ROSTER
    assert ROSTER.holders(Role.LEGAL) == [HELENE, PAUL_TOO]
    assert ROSTER.deputies_of(CLAIRE) == [PAUL]


@given(st.text(max_size=200))
def test_any_text_finds_people_of_the_roster_or_nobody(text: str) -> None:
    assert all(person in ROSTER.people for person in ROSTER.find(text))
