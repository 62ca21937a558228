"""What was measured, and whether it is within bounds. Guarantee: what is shown is medians of all that was measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True)
class Figure:
    """One thing measured, in `unit`. With `bare` the bound is on the ratio of the medians, else on the bot's own.

    `bound` is None for what is only told.
    """

    name: str
    unit: str
    bot: tuple[float, ...]
    bare: tuple[float, ...] = ()
    bound: float | None = None
    aim: float | None = None

    @property
    def ratio(self) -> float | None:
        """The bot's median for one of bare nio's; None where there is nothing to compare with."""
        return median(self.bot) / median(self.bare) if self.bare else None

    @property
    def judged(self) -> float:
        """What the bound is on."""
        ratio = self.ratio
        return median(self.bot) if ratio is None else ratio

    @property
    def within(self) -> bool:
        """Whether the bound is kept; what has none cannot break it."""
        return self.bound is None or self.judged <= self.bound

    def as_dict(self) -> dict[str, Any]:
        """Everything, for machines."""
        return {**asdict(self), "ratio": self.ratio, "within": self.within}


def show(figures: Sequence[Figure], console: Console) -> None:
    """Print the table."""
    table = Table(title="Tocsin beside bare nio: medians (nineteen of twenty are below)", title_justify="left")
    table.add_column("what")
    for name in ("Tocsin", "bare nio", "ratio", "bound"):
        table.add_column(name, justify="right")
    table.add_column("")
    for each in figures:
        ratio = each.ratio
        table.add_row(
            f"{each.name} (n={len(each.bot)})",
            _spread(each.bot, each.unit),
            _spread(each.bare, each.unit) if each.bare else "–",
            f"{ratio:.2f}" if ratio is not None else "–",
            _bound(each),
            "" if each.bound is None else "✓" if each.within else "✗",
        )
    console.print(table)


def _spread(values: Sequence[float], unit: str) -> str:
    ordered = sorted(values)
    worst = ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))]
    return f"{_short(median(ordered))} ({_short(worst)}) {unit}"


def _bound(figure: Figure) -> str:
    if figure.bound is None:
        return "–"
    bound = f"≤ {figure.bound:g}" + (f" {figure.unit}" if not figure.bare else "")
    return bound if figure.aim is None else f"{bound}, aim {figure.aim:g}"


def _short(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"
