"""A track's tasks as a board shows them. Guarantee: about twenty lines, what is late and what is stuck before what is
still to come, and a number for what is not shown."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from bot.domain.cell import Cell
from bot.domain.checklist import FINISHED, is_late, unmet, wanted_at
from bot.domain.incident import Task, TaskStatus
from bot.domain.reminders import by_time
from bot.domain.roles import Track

MOST_OPEN, MOST_DONE = 12, 3
MOST_LATE, MOST_BLOCKED, MOST_TAKEN = 6, 3, 4
BAR = 10


def of_track(cell: Cell, track: Track, now: datetime) -> Mapping[str, Any]:
    """What the checklist says: the open tasks in the order in which they are to be looked at, the latest finished."""
    tasks = cell.track(track)
    over = [t for t in tasks if t.status in FINISHED]
    done = sorted((t for t in over if t.status is TaskStatus.DONE), key=lambda t: (t.done_at or t.opened_at, t.number))
    shown = _to_show(cell, [t for t in tasks if t.status not in FINISHED], now)
    open_ = len(tasks) - len(over)
    filled = max(BAR * len(over) // max(1, len(tasks)), 1 if over else 0)
    waiting = [t for t in tasks if t.status in (TaskStatus.OPEN, TaskStatus.TAKEN)]
    return {
        "track": track,
        "tasks": tasks,
        "late": {t.number for t in shown if is_late(cell, t, now)},
        "shown": shown,
        "more": open_ - len(shown),
        "latest": done[: -MOST_DONE - 1 : -1],
        "done": len(done),
        "over": len(over),
        "bar": "▰" * filled,
        "rest": "▱" * (BAR - filled),
        "example": (shown or waiting or tasks)[0].number,
    }


def _to_show(cell: Cell, open_: list[Task], now: datetime) -> list[Task]:
    """What is late, what is stuck, what somebody has in hand, then what comes next; what must wait comes last."""
    ordered = by_time(cell, open_)
    late = [t for t in ordered if is_late(cell, t, now) and t.status is not TaskStatus.BLOCKED]
    late.sort(key=lambda t: not t.critical)
    blocked = [t for t in ordered if t.status is TaskStatus.BLOCKED]
    rest = [t for t in ordered if t not in late and t not in blocked]
    taken = [t for t in rest if t.status is TaskStatus.TAKEN]
    to_do = [t for t in rest if t.status is TaskStatus.OPEN and (not unmet(cell, t) or t.due is not None)]
    first = [*late[:MOST_LATE], *blocked[:MOST_BLOCKED], *taken[:MOST_TAKEN]]
    later = [t for t in (*to_do, *late, *blocked, *taken, *rest) if t not in first and wanted_at(cell, t) is not None]
    listed = {task.number: task for task in (*first, *later, *ordered)}
    return list(listed.values())[:MOST_OPEN]
