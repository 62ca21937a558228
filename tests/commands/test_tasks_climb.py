"""A task that is late climbs: its owner, then a deputy, then the coordinator, whether somebody has it in hand or not."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.domain.cell import Cell
from bot.domain.incident import TaskStatus
from bot.domain.reminders import reminders
from bot.domain.roster import Roster
from tests.commands.cast import ROSTER, matrix_id
from tests.commands.harness import messages, talk_in_crisis

PARIS = ZoneInfo("Europe/Paris")
DEPUTIES = {"pmartin": "anne"}
WITH_DEPUTIES = Roster(
    tuple(replace(p, deputies=tuple(matrix_id(d) for d in (DEPUTIES.get(p.localpart),) if d)) for p in ROSTER)
)
NUMBER = 34
"""A task of legal, four hours after the opening: a tenth of its time are twenty-four minutes."""


def climb(cell: Cell, number: int) -> list[tuple[int, str]]:
    """Whom a task is called to mind, and how many minutes after it was due, as long as nobody does anything."""
    due = cell.tasks[number].due
    assert due is not None
    heard = []
    for minute in range(-5, 100):
        now = due + timedelta(minutes=minute)
        for each in (r for r in reminders(cell, now, PARIS) if r.task.number == number):
            heard.append((minute, each.person[1:].partition(":")[0]))
            cell = cell.with_tasks([replace(cell.tasks[number], rung=each.rung, rung_at=now)])
    return [(minute, who) for minute, who in heard if minute >= 0]


@pytest.mark.parametrize("status", [TaskStatus.OPEN, TaskStatus.TAKEN])
@pytest.mark.parametrize(
    ("roster", "after_owner"),
    [(WITH_DEPUTIES, [(24, "anne"), (48, "olivier")]), (ROSTER, None)],
    ids=["a deputy", "none"],
)
def test_owner_then_deputy_then_coordinator(
    status: TaskStatus, roster: Roster, after_owner: list[tuple[int, str]] | None
) -> None:
    cell = talk_in_crisis(roster=roster).cell
    owner = matrix_id("pmartin") if status is TaskStatus.TAKEN else None
    cell = cell.with_tasks([replace(cell.tasks[NUMBER], status=status, owner=owner)])
    # Where no deputy stands between them, the coordinator hears of what is in hand no sooner than behind one.
    alone = [(48 if status is TaskStatus.TAKEN else 24, "olivier")]
    assert climb(cell, NUMBER) == [(0, "pmartin"), *(after_owner or alone)]


def test_the_deputy_is_told_who_has_it_in_hand() -> None:
    talk = talk_in_crisis(roster=WITH_DEPUTIES)
    talk.say("pmartin", f"!prendre {NUMBER}")
    said = [each for _ in range(31) for each in messages(talk.wait(minutes=10))]
    told = [each.body for each in said if each.room == "dm:anne"]
    assert sum(f"T{NUMBER} (en main)" in body for body in told) == 1, told
