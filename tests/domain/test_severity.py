"""The severity that four answers speak for."""

from __future__ import annotations

from itertools import product

import pytest

from bot.domain.qualifying import Answer
from bot.domain.severity import LEVELS, SIGNS, next_sign, proposed

YES, NO, UNKNOWN = Answer.YES, Answer.NO, Answer.UNKNOWN


@pytest.mark.parametrize(
    ("answers", "level"),
    [
        ({}, 1),
        ({"danger": YES}, 4),
        ({"danger": UNKNOWN}, 3),
        ({"danger": NO, "several": YES}, 3),
        ({"danger": NO, "several": UNKNOWN}, 2),
        ({"danger": NO, "several": NO, "sensitive": UNKNOWN}, 2),
        ({"danger": NO, "several": NO, "sensitive": NO, "degraded": YES}, 2),
        ({"danger": NO, "several": NO, "sensitive": NO, "degraded": UNKNOWN}, 2),
        ({"danger": NO, "several": NO, "sensitive": NO, "degraded": NO}, 1),
    ],
)
def test_what_the_answers_speak_for(answers: dict[str, Answer], level: int) -> None:
    assert proposed(answers) == level
    assert level in LEVELS


def test_questions_end_when_no_answer_could_raise_it_and_never_before() -> None:
    """Whatever is answered, asking the rest too would have given the same."""
    for every in product(Answer, repeat=len(SIGNS)):
        whole = dict(zip((sign.id for sign in SIGNS), every, strict=True))
        asked: dict[str, Answer] = {}
        while (sign := next_sign(asked)) is not None:
            asked[sign.id] = whole[sign.id]
        assert proposed(asked) == proposed(whole)


def test_a_doubt_is_never_worth_less_than_a_no() -> None:
    for every in product(Answer, repeat=len(SIGNS)):
        answers = dict(zip((sign.id for sign in SIGNS), every, strict=True))
        denied = {name: NO if said is UNKNOWN else said for name, said in answers.items()}
        granted = {name: YES if said is UNKNOWN else said for name, said in answers.items()}
        assert proposed(denied) <= proposed(answers) <= proposed(granted)
