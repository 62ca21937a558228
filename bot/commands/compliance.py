"""The duties on one page. Guarantee: each is said to be done in time, done late, decided against or open, by what is
recorded; a figure that is ours is never shown as the law's, and what was met is shown with its proof. The answer fits a
telephone's screen; a longer page is a file beside it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from bot.commands.call import Call
from bot.commands.listing import listed
from bot.commands.scene import Scene
from bot.domain.cell import Cell
from bot.domain.clock_lines import ClockLine, line
from bot.domain.clocks import Clock, ClockStatus
from bot.domain.conduct import Opinion
from bot.domain.deadline_rules import Class
from bot.domain.language import Both
from bot.domain.outcome import Outcome

_INLINE = 3
"""So many duties are read on a telephone's screen, each with its proof; more are counted, and stand in a file."""


class Kept(StrEnum):
    """How a duty stands. `DONE`: it was met, where the law gives no figure or its clock has no official instant."""

    LATE_OPEN = "late_open"
    OPEN = "open"
    LATE = "late"
    DONE = "done"
    IN_TIME = "in_time"
    WAIVED = "waived"


@dataclass(frozen=True)
class Duty:
    """One duty of one party. `after`: how long after its beginning it was met."""

    line: ClockLine
    kept: Kept
    after: timedelta | None
    opinion: Opinion | None


def compliance(scene: Scene, call: Call) -> Outcome:
    """The page: what binds, each with its proof; of our own targets only how many were met."""
    values = page(scene.here, scene)
    duties: list[Duty] = values["duties"]
    counts = [(kept.value, sum(duty.kept is kept for duty in duties)) for kept in Kept]
    values["counts"] = [each for each in counts if each[1]]
    name = Both("conformite", "compliance")
    return listed(
        scene, "compliance.page", "duties", duties, name, values=values, most=_INLINE, brief="compliance.brief"
    )


def page(cell: Cell, scene: Scene) -> dict[str, Any]:
    """The duties in order: what is late and open first, then what is open, then what is done or decided."""
    bound = [c for c in cell.by_urgency if c.visible is not Class.HOUSE]
    duties = [_duty(cell, scene, clock) for clock in bound if clock.status is not ClockStatus.PROVISIONAL]
    order = {kept: place for place, kept in enumerate(Kept)}
    own = [c for c in cell.by_urgency if c.visible is Class.HOUSE and c.status is not ClockStatus.PROVISIONAL]
    met = [c for c in own if c.status in (ClockStatus.CLOSED, ClockStatus.FILED)]
    return {
        "cell": cell,
        "now": scene.now,
        "duties": sorted(duties, key=lambda duty: order[duty.kept]),
        "met": sum(_done_at(c, scene.now) <= c.due for c in met if c.due is not None),
        "own": len(own),
        "still": len([c for c in own if c.open]),
    }


def _duty(cell: Cell, scene: Scene, clock: Clock) -> Duty:
    at = clock.filed_at or clock.closed_at
    after = at - clock.start if at is not None and at >= clock.start else None
    return Duty(line(cell, clock, scene.now), _kept(clock, scene), after, cell.opinion_on(clock.id))


def _kept(clock: Clock, scene: Scene) -> Kept:
    at = clock.filed_at or clock.closed_at
    if clock.status is ClockStatus.WAIVED:
        return Kept.WAIVED
    if at is None:
        return Kept.LATE_OPEN if clock.late_at(scene.now) else Kept.OPEN
    if clock.late_at(at):
        return Kept.LATE
    return Kept.DONE if clock.without_figure or clock.official_due is None else Kept.IN_TIME


def _done_at(clock: Clock, now: datetime) -> datetime:
    """When it was met: filing counts, the receipt only proves it."""
    return clock.filed_at or clock.closed_at or now
