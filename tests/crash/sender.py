"""A text being sent, over a store on disk, in a process that dies where the test says: SIGKILL.

`python -m tests.crash.sender STORE STEP URL`: sends what waits; dies at `STEP` (`name:n`, the n-th passing of it), or of
nothing.
"""

from __future__ import annotations

import asyncio
import sys

from bot.channels.senders import Senders
from tests.commands.harness import Talk
from tests.commands.test_sending import with_outlets
from tests.crash.dying import dying_at


def live(store: str, wanted: str, url: str) -> None:
    """What `run` does at its start, and then once."""
    step = dying_at(wanted)
    talk = Talk(url=f"sqlite:///{store}")
    talk.number = 10_000
    with_outlets(talk)
    senders = Senders(talk.db, talk.clock, talk.tools, {"sms": url}, lambda: None, step, within=120.0)
    asyncio.run(senders.give_up())
    asyncio.run(senders.work())
    talk.db.close()


if __name__ == "__main__":
    live(*sys.argv[1:4])
