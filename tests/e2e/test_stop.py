"""SIGTERM in the middle of a busy room: the bot ends in time, and nothing that was written is lost or done twice."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections import Counter
from pathlib import Path

from bot.demo.players import Player

from .conftest import Staged
from .crisis import eventually, marks, raise_alarm

BEFORE, AFTER = 12, 6
"""So many messages stand in the room when the signal comes; so many more are written once it has ended."""
PROMISED = 10.0
"""Seconds in which it ends."""


async def test_it_ends_in_time_under_load_and_nothing_is_lost(staged: Staged, tmp_path: Path) -> None:
    stage = await staged()
    people = [await stage.player("claire"), await stage.player("karim")]
    crisis = await raise_alarm(stage, people[0])
    await people[1].joined(crisis.name)
    said: list[str] = []
    notes: list[tuple[Player, str]] = []

    enough = asyncio.Event()

    async def write(who: Player) -> None:
        """Without a pause, until told that it is enough; each third message is a command."""
        for number in itertools.count():
            if enough.is_set():
                return
            text = f"parole {number} de {who.name}"
            event_id = await who.say(crisis.room, f"!note {text}" if number % 3 == 0 else text)
            said.append(event_id)
            if number % 3 == 0:
                notes.append((who, event_id))

    async with asyncio.TaskGroup() as writing:
        for who in people:
            writing.create_task(write(who))
        await eventually(lambda: len(said) >= BEFORE, what="a busy room")
        began = time.monotonic()
        assert await stage.bot.stop() == 0
        assert time.monotonic() - began < PROMISED
        ended = len(said)
        await eventually(lambda: len(said) >= ended + AFTER, what="what is written while it is away")
        enough.set()

    await stage.bot.start()
    for who, note in notes:
        await who.ticked(crisis.room, note)
    events = await crisis.settled()
    assert all(count == 1 for count in marks(events).values())
    entries = Counter(entry.event_id for entry in crisis.entries())
    assert [entries[event_id] for event_id in said] == [1] * len(said)
    texts = [entry for entry in crisis.entries() if entry.kind == "note"]
    assert len(texts) == len(notes), "each command has had its effect once"
    assert [len(crisis.actions(name)) for name in ("stopped", "started")] == [1, 1]
    assert crisis.verified(tmp_path / "out").intact
