"""An alarm that half of the people do not answer, over a store on disk, in a process that dies where the test says.

`python -m tests.crash.absentee STORE LIFE STEP`: the minutes of `BEATS` that no earlier life finished; dies by SIGKILL
at `STEP` (`name:n`, the n-th passing of it), or of nothing.
"""

from __future__ import annotations

import sys
from datetime import timedelta

from bot.store import meta
from tests.commands.cast import START
from tests.commands.harness import Talk
from tests.crash.dying import dying_at

BEATS = tuple(timedelta(minutes=minutes) for minutes in (6, 11, 17, 23))
"""From the first vital role whose holder says nothing, to the roles that are put to the director."""
DONE = "test_beats"


def talk_on(store: str, life: int) -> Talk:
    """The organisation over that store; what its people and the homeserver say in each life has ids of its own."""
    talk = Talk(url=f"sqlite:///{store}")
    talk.number = life * 10_000
    return talk


def live(talk: Talk, wanted: str) -> None:
    """Every minute that is still to come: who has not answered is followed, and what is said goes out."""
    step = dying_at(wanted)
    with talk.db.reading() as session:
        done = int(meta.get(session, DONE) or 0)
    for beat in range(done, len(BEATS)):
        talk.clock.pass_(START + BEATS[beat] - talk.clock.now())
        with talk.db.transaction() as session:
            talk.ticker.due(session)
            step("replaced-uncommitted")
        step("replaced")
        talk.settle()
        step("called")
        with talk.db.transaction() as session:
            meta.put(session, DONE, str(beat + 1))


if __name__ == "__main__":
    live(talk_on(sys.argv[1], int(sys.argv[2])), sys.argv[3])
