"""Eighty hours of three crises: the budget for noise, the night, and every word of what reminds, as it is kept.

After a change of words: `python -m tests.commands.story`, then read what changed.
"""

from __future__ import annotations

from datetime import datetime

import pytest

from bot.domain.nudges import CAN_WAIT, NIGHT_FROM, NIGHT_TO
from bot.domain.roles import Role
from bot.store import nudges
from tests.commands.stories import STORIES
from tests.commands.story import FOLDER, Story, blocks, busiest

MOST, MOST_FOR_DIRECTORS = 6, 3


@pytest.fixture(scope="module", params=list(STORIES))
def told(request: pytest.FixtureRequest) -> tuple[str, Story]:
    return request.param, STORIES[request.param]()


def test_nobody_is_rung_more_than_six_times_an_hour_nor_a_director_more_than_three(told: tuple[str, Story]) -> None:
    story = told[1]
    directors = {person.matrix_id for person in story.talk.tools.roster if Role.DIRECTOR in person.roles}
    for user, rung in story.rings.items():
        # Whoever typed is answered, and has called nobody: that a question is put to them is no reminder.
        times = [at for at, said in rung if said.reply_to is None]
        assert busiest(times) <= (MOST_FOR_DIRECTORS if user in directors else MOST), (user, busiest(times))


def test_nothing_that_can_wait_rings_at_night(told: tuple[str, Story]) -> None:
    story = told[1]
    cell = story.talk.cell
    with story.talk.db.reading() as session:
        rows = nudges.of_incident(session, cell.incident.id)
    clocks = {row.message: cell.clocks[row.clock] for row in rows if row.clock in cell.clocks}
    for at, said in story.heard:
        if not said.rings or not said.key.startswith("nudge:") or not _night(at, story):
            continue
        clock = clocks[said.key]
        assert clock.due is not None
        assert clock.due - at <= CAN_WAIT, (at, said.body)
        assert not clock.without_figure or clock.due - clock.start < CAN_WAIT, (at, said.body)


def test_one_message_a_person_at_a_time(told: tuple[str, Story]) -> None:
    for user, rung in told[1].rings.items():
        times = [at for at, said in rung if said.key.startswith("nudge:") and ":4:room:" not in said.key]
        assert len(times) == len(set(times)), user


def test_every_word_is_as_it_was_read(told: tuple[str, Story]) -> None:
    name, story = told
    kept = (FOLDER / f"{name}.txt").read_text(encoding="utf-8")
    assert blocks(story.told()) == blocks(kept)


def _night(at: datetime, story: Story) -> bool:
    local = at.astimezone(story.zone).time()
    return local >= NIGHT_FROM or local < NIGHT_TO
