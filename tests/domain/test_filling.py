"""Values typed for the blanks of a text: what fills which, and what is a text to be taken whole."""

from __future__ import annotations

import pytest

from bot.domain.filling import Values, read, short

NAMES = ("mesures prises et prévues", "nature : confidentialité, intégrité ; origine", "contact presse")
MEASURES, NATURE, PRESS = NAMES


@pytest.mark.parametrize(
    ("typed", "values"),
    [
        ("mesures = accès coupés\nmots de passe changés", {MEASURES: "accès coupés\nmots de passe changés"}),
        ("mesures = accès coupés\nnature = attaque", {MEASURES: "accès coupés", NATURE: "attaque"}),
        ("mesures =\naccès coupés", {MEASURES: "accès coupés"}),
        ("contact presse : 01 00 00 00 02\nmesures = aucune", {PRESS: "01 00 00 00 02", MEASURES: "aucune"}),
    ],
)
def test_a_line_goes_on_with_the_value_before_it(typed: str, values: dict[str, str]) -> None:
    assert read(typed, NAMES) == Values(values)


def test_what_names_no_blank_on_a_line_of_its_own_fills_nothing() -> None:
    given = read("mesures = accès coupés\ngravité = haute", NAMES)
    assert given is not None
    assert given.unknown == "gravité"


@pytest.mark.parametrize(
    "typed", ["Le CH fait face à un incident.\nContact presse : 01 00 00 00 02", "Contact presse : Paul\nMerci à tous."]
)
def test_a_text_to_be_taken_whole_is_no_list_of_values(typed: str) -> None:
    assert read(typed, NAMES) is None


def test_a_blank_is_called_by_its_words_before_the_hint() -> None:
    assert short(NAMES) == ("mesures prises et prévues", "nature", "contact presse")
    for name, called in zip(NAMES, short(NAMES), strict=True):
        assert read(f"{called} = x", NAMES) == Values({name: "x"})


def test_a_blank_is_called_whole_where_another_begins_so() -> None:
    assert short(("données : catégories", "données de santé")) == ("données : catégories", "données de santé")
    assert short(("à, b", "c")) == ("à, b", "c")
