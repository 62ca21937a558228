"""The homeserver's bucket, as its refusals show it."""

from __future__ import annotations

from bot.matrix.pace import Pace


class Seconds:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_nothing_is_known_before_a_refusal() -> None:
    pace = Pace(Seconds())
    for _ in range(100):
        assert pace.wait() == 0
        pace.take()
    assert pace.period == 0


def test_a_refusal_is_obeyed_and_teaches_the_period() -> None:
    clock = Seconds()
    pace = Pace(clock)
    pace.take()
    pace.limited(3.2)
    assert pace.wait() == 3.2
    clock.now += 3.2
    assert pace.wait() == 0
    pace.take()
    pace.limited(4.9)
    assert pace.wait() == 4.9
    clock.now += 4.9
    pace.take()
    assert 4.8 < pace.wait() <= 4.9  # the next is not tried in vain


def test_a_bucket_long_unused_is_full() -> None:
    clock = Seconds()
    pace = Pace(clock)
    pace.limited(5.0)
    clock.now += 20
    assert pace.wait() == 0
    for _ in range(4):
        pace.take()
    assert pace.wait() > 0
    clock.now += 60
    assert (pace.wait(), pace.period) == (0, 0)
