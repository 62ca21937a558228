"""What people really type, from who they are and where: every line is read, and each sort of line is put to the whole bot."""

from __future__ import annotations

import pytest

from tests.reading.living import Case, cases, glance, outcome

EVERY = tuple(cases())
# The whole bot for a line costs a tenth of a second: all where the room or the role decides, else one in so many.
DECIDED_ELSEWHERE = frozenset({"wrong_place"})
ONE_IN = 25


def _whole() -> list[Case]:
    return [each for n, each in enumerate(EVERY) if each.file in DECIDED_ELSEWHERE or n % ONE_IN == 0]


@pytest.mark.parametrize("case", EVERY, ids=lambda case: case.id)
def test_read_as_meant(case: Case) -> None:
    read = glance(case)
    # Whether it may be done is the engine's to say.
    permission = read.startswith("does ") and any(each.split()[0] in ("refuses", "silent") for each in case.must)
    assert case.allows(read) or permission


@pytest.mark.parametrize("case", _whole(), ids=lambda case: case.id)
def test_done_as_meant(case: Case) -> None:
    assert case.allows(outcome(case))


def test_the_corpus_is_large_and_in_both_languages() -> None:
    assert len(EVERY) >= 350
    english = ("!done", "!take", "!note", "i'll", "!known", "the ", "who", "what", "how", "is ", "task")
    assert sum(case.says.casefold().startswith(english) for case in EVERY) >= 60
