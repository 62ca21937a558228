"""A short run of what `make soak` does a million times: no line raises, takes long, or is more than one command."""

from __future__ import annotations

import pytest

from tests.reading.lines import hold, lines

FEW = 1500


@pytest.mark.parametrize("seed", range(1, 5))
def test_whatever_is_typed_holds(seed: int) -> None:
    sorts = {hold(text, where) for text, where in lines(seed, FEW)}
    assert sorts >= {"Call", "Suggestion", "Refused", "Silence"}
