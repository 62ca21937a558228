"""Reminders that climb, over a store on disk, in a process that dies where the test says: SIGKILL.

`python -m tests.crash.climber STORE LIFE STEP URL`: beats at the hours of `BEATS` that no earlier life finished, each
followed by the calls outside; dies at `STEP` (`name:n`, the n-th passing of it), or of nothing.
"""

from __future__ import annotations

import asyncio
import sys
from datetime import timedelta

from bot.channels.callers import Callers
from bot.store import meta
from tests.commands.cast import START
from tests.commands.harness import Talk
from tests.commands.test_outside import PEOPLE
from tests.crash.dying import dying_at

BEATS = tuple(timedelta(minutes=121 + 11 * number) for number in range(8))
"""From the hour at which a clock that binds is due, as far as the room."""
DONE = "test_beats"


def talk_on(store: str, life: int) -> Talk:
    """The organisation over that store; what its people and the homeserver say in each life has ids of its own."""
    talk = Talk(clocks=True, roster=PEOPLE, channels=frozenset({"sms"}), url=f"sqlite:///{store}")
    talk.number = life * 10_000
    return talk


def live(talk: Talk, wanted: str, url: str) -> None:
    """Every beat that is still to be made, and its calls."""
    step = dying_at(wanted)
    callers = Callers(talk.db, talk.clock, talk.tools, {"sms": url}, lambda: None, step)
    with talk.db.reading() as session:
        done = int(meta.get(session, DONE) or 0)
    talk.clock.pass_(START + BEATS[min(done, len(BEATS) - 1)] - talk.clock.now())
    asyncio.run(callers.give_up())
    for beat in range(done, len(BEATS)):
        talk.clock.pass_(START + BEATS[beat] - talk.clock.now())
        with talk.db.transaction() as session:
            talk.ticker.due(session)
            step("rung")
        step("rang")
        talk.settle()
        step("said")
        asyncio.run(callers.work())
        step("called")
        talk.settle()
        with talk.db.transaction() as session:
            meta.put(session, DONE, str(beat + 1))


if __name__ == "__main__":
    live(talk_on(sys.argv[1], int(sys.argv[2])), sys.argv[3], sys.argv[4])
