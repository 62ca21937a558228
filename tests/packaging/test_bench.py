"""`make bench`: every measure is made once, small, on a real homeserver; and a figure is judged as it must be."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from rich.console import Console

from bot.demo.bench.__main__ import main, run
from bot.demo.bench.figures import Figure, show
from bot.demo.bench.measures import Sizes
from bot.demo.bench.processes import BenchError, processor_seconds, resident_megabytes

TINY = Sizes(openings=1, answers=2, starts=1, missed=12, rounds=1, entries=50, warm_up=1, clocks=100)


@pytest.mark.slow
@pytest.mark.timeout(600)
async def test_every_measure_is_made(tmp_path: Path) -> None:
    figures = await run(TINY, tmp_path)
    assert [figure.name[:3] for figure in figures if figure.name.startswith("(")] == [
        *("(b)", "(a)", "(a)", "(a)", "(d)", "(c)", "(i)", "(e)", "(f)", "(g)", "(h)"),
    ]
    compared = [figure for figure in figures if figure.bare]
    assert len(compared) == 8
    for figure in figures:
        assert figure.bot
        assert all(value > 0 for value in (*figure.bot, *figure.bare))
    console = Console(width=200, record=True, file=(tmp_path / "table.txt").open("w", encoding="utf-8"))
    show(figures, console)
    assert "first checklist readable" in " ".join(console.export_text().split())
    json.dumps([figure.as_dict() for figure in figures])


def test_a_bound_is_on_the_ratio_of_the_medians() -> None:
    within = Figure("x", "ms", (10.0, 12.0, 500.0), (10.0, 10.0, 1.0), bound=1.25)
    assert within.ratio == within.judged == 1.2
    assert within.within
    assert not Figure("x", "ms", (13.0,), (10.0,), bound=1.25).within


def test_without_bare_nio_a_bound_is_on_the_bot_s_own_median() -> None:
    assert Figure("x", "MB", (199.0,), bound=200.0).within
    assert not Figure("x", "MB", (201.0,), bound=200.0).within
    assert Figure("x", "MB", (1e9,)).within
    assert Figure("x", "MB", (1e9,)).ratio is None


def test_what_the_system_does_not_say_is_an_error_and_no_figure() -> None:
    for ask in (processor_seconds, resident_megabytes):
        with pytest.raises(BenchError):
            ask(None)


def test_without_a_homeserver_it_says_what_is_missing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert main(["--quick"]) == 3
    assert "tocsin[demo]" in capsys.readouterr().err
