"""Which variants lie over a scenario when an incident is opened. Guarantee: the same circumstances choose the same
ones, in the order of their ids, whoever opens."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time

from bot.domain.calendars import is_working_day
from bot.domain.playbook import Overlay

WORK_BEGINS, WORK_ENDS = time(7), time(20)
"""Between the two, on a working day, people are at work; a figure of ours."""


@dataclass(frozen=True)
class Circumstances:
    """What is known when an incident is opened. `local` is the opening on the site's clocks; `calendar` the holidays';
    `kind` the organisation's.

    `dpo`: `internal`, `external` or `none`; `parties`: how many owe notifications of their own.
    """

    local: datetime
    kind: str
    calendar: str = "FR"
    dpo: str = "internal"
    parties: int = 1


def out_of_hours(local: datetime, calendar: str) -> bool:
    """Whether few people are at work: at night, at a weekend, on a public holiday."""
    if not is_working_day(local.date(), calendar, local=True):
        return True
    return not WORK_BEGINS <= local.time() < WORK_ENDS


def chosen(overlays: Iterable[Overlay], known: Circumstances) -> tuple[Overlay, ...]:
    """Those that lie over the scenario. One that waits for a severity always does: its tasks appear with it."""
    return tuple(each for each in sorted(overlays, key=lambda o: o.id) if _holds(each, known))


def _holds(overlay: Overlay, known: Circumstances) -> bool:
    applies = overlay.applies
    if overlay.kinds and known.kind not in overlay.kinds:
        return False
    if applies.dpo and known.dpo not in applies.dpo:
        return False
    if applies.parties is not None and known.parties < applies.parties:
        return False
    return not applies.night or out_of_hours(known.local, known.calendar)
