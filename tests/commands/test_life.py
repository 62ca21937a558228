"""Two days of ninety-three tasks: what people are told of them, and how often it rings."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from bot.domain.roles import Role
from tests.commands.cast import ROSTER, matrix_id
from tests.commands.life import PARIS, STORIES, file_of, idle
from tests.commands.story import Story, busiest

DIRECTORS = {person.matrix_id for person in ROSTER if Role.DIRECTOR in person.roles}
TOLD: dict[str, Story] = {}


def story(name: str) -> Story:
    """A story, lived once for all the tests."""
    if name not in TOLD:
        TOLD[name] = STORIES[name]()
    return TOLD[name]


@pytest.mark.parametrize("name", sorted(STORIES))
def test_it_is_told_as_it_was_read(name: str) -> None:
    assert story(name).told() == file_of(name).read_text(encoding="utf-8"), (
        "python -m tests.commands.life; then read it"
    )


def test_nobody_is_rung_more_than_six_times_an_hour() -> None:
    within_budget(story("tasks_fr"))


def test_nor_where_nobody_does_anything_and_the_deadlines_ring_too() -> None:
    within_budget(idle(14))


def test_in_the_first_hour_nobody_is_reminded_of_single_tasks() -> None:
    lived = story("tasks_fr")
    begin = lived.talk.cell.incident.opened_at
    early = [said for at, said in lived.heard if at < begin + timedelta(minutes=55)]
    assert [s.key.split(":")[0] for s in early if ":remind:" in s.key or s.key.startswith("tasks:")] == []
    assert [s.key for s in early if s.key.startswith("tasks_digest:")] == [
        f"tasks_digest:INC-2026-001:{number}" for number in (1, 2, 3)
    ]


def test_directors_hear_nothing_of_tasks() -> None:
    rung = [said for user in DIRECTORS for _, said in story("tasks_fr").rings.get(user, ()) if "task" in said.key]
    assert rung == []


def test_at_night_nothing_rings_that_is_not_critical() -> None:
    lived = story("tasks_fr")
    for at, said in lived.heard:
        if said.rings and said.key.startswith(("task:", "tasks:")):
            assert (6, 30) <= clock(at) < (22, 0), said.body


def test_messages_fit_a_phone() -> None:
    for _, said in story("tasks_fr").heard:
        if said.kind == "message" and said.room.startswith("dm:") and "remind" in said.key:
            assert said.body.count("\n") < 10, said.body


def test_boards_are_edited_and_never_posted_anew_for_a_tick() -> None:
    posted = [said.key for _, said in story("tasks_fr").heard if said.key.startswith("board:")]
    assert [key.split(":")[2] for key in posted] == ["services"]


def within_budget(lived: Story) -> None:
    for user, rings in lived.rings.items():
        most = 3 if user in DIRECTORS else 6
        times = [at for at, _ in rings]
        assert busiest(times) <= most, f"{user}: {[f'{at:%H:%M} {said.key}' for at, said in rings]}"
    assert matrix_id("karim") in lived.rings


def clock(at: datetime) -> tuple[int, int]:
    local = at.astimezone(PARIS)
    return local.hour, local.minute
