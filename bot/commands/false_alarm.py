"""It was no crisis. Guarantee: with an alarm that is lifted as a false one, our own targets are set aside by the same
two people, each with its entry, and ring nobody any more; what the law or a contract wants runs on until it is set
aside by itself; and a crisis that is taken up again has them back."""

from __future__ import annotations

import re
from dataclasses import replace
from zoneinfo import ZoneInfo

from bot.commands.clocks import arm
from bot.commands.scene import Scene
from bot.domain.cell import Cell
from bot.domain.clock_times import restored
from bot.domain.clocks import Clock, ClockStatus, WaiveReason
from bot.domain.deadline_rules import Class
from bot.domain.language import fold
from bot.domain.moments import Moment, filed_rule

_SAYS_SO = re.compile(
    r"(?:(?:c (?:est|etait)|it (?:is|was)|this (?:is|was)) )?(?:une?|an?)? ?"
    r"(?:fausse alerte|fausse alarme|faux positif|false alarm|false alert|false positive)\b"
)
"""What such a reason begins with; what comes after it says why."""


def is_one(reason: str | None) -> bool:
    """Whether a crisis is lifted since there was none."""
    return reason is not None and _SAYS_SO.match(fold(reason)) is not None


def ours(cell: Cell, reason: str | None) -> list[Clock]:
    """The targets of ours that have no sense then: neither what somebody typed, nor what follows a filing, nor what the
    end of the crisis begins."""
    if not is_one(reason):
        return []
    return [
        clock
        for clock in cell.by_urgency
        if clock.visible is Class.HOUSE and clock.status is ClockStatus.RUNNING and clock.waivable and not clock.own
        and clock.moment != Moment.ENDED.value and filed_rule(clock.moment) is None
    ]  # fmt: skip


def aside(scene: Scene, cell: Cell, reason: str | None) -> list[tuple[Clock, Clock]]:
    """What is set aside with the alarm, before and after."""
    by = (scene.sender, scene.confirmed_by or scene.sender)
    found = ours(cell, reason)
    after = (
        replace(
            clock, status=ClockStatus.WAIVED, waived_by=by, waived_at=scene.now,
            waive_reason=WaiveReason.NOT_APPLICABLE, waive_text=reason, answers={},
        )
        for clock in found
    )  # fmt: skip
    return [(old, arm(cell, new)) for old, new in zip(found, after, strict=True)]


def back(scene: Scene, cell: Cell) -> list[tuple[Clock, Clock]]:
    """What was set aside with the alarm and runs again now that it is a crisis after all, before and after."""
    lifted_at, zone = scene.here.incident.closed_at, ZoneInfo(cell.incident.timezone)
    with_it = [
        clock
        for clock in cell.clocks.values()
        if clock.status is ClockStatus.WAIVED and clock.waived_at == lifted_at and clock.visible is Class.HOUSE
    ]
    return [(clock, restored(clock, scene.now, zone)) for clock in with_it]
