"""Killed at ten moments that nobody chose, under a stream of messages: each is in the log once, none is missing."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

from bot.demo.players import Player
from bot.demo.stage import Stage

from ..e2e.conftest import Staged
from ..e2e.crisis import Crisis, marks, raise_alarm

KILLS = 10


async def chatter(who: Player, crisis: Crisis, enough: asyncio.Event) -> list[str]:
    """Talk, a few times a second, until told that it is enough; every tenth is a note that must take effect."""
    said: list[str] = []
    while not enough.is_set():
        text = f"{who.name} {len(said)}"
        said.append(await who.say(crisis.room, f"!note {text}" if len(said) % 10 == 0 else text))
        await asyncio.sleep(0.25)
    return said


async def test_ten_random_kills_lose_nothing_and_double_nothing(staged: Staged, tmp_path: Path) -> None:
    stage: Stage = await staged()
    claire, karim = await stage.player("claire"), await stage.player("karim")
    crisis = await raise_alarm(stage, claire)
    await karim.joined(crisis.name)

    enough = asyncio.Event()
    moments = random.Random(20260314)
    async with asyncio.TaskGroup() as talking:
        talk = [talking.create_task(chatter(who, crisis, enough)) for who in (claire, karim)]
        for _ in range(KILLS):
            await asyncio.sleep(moments.uniform(0.02, 0.6))
            await stage.bot.kill()
            await stage.bot.start()
        enough.set()
    claires, karims = (each.result() for each in talk)

    events = await crisis.settled(seconds=60)
    assert {*claires, *karims} <= {event["event_id"] for event in events}
    logged = [entry.event_id for entry in crisis.entries() if entry.event_id is not None]
    assert len(logged) == len(set(logged))
    assert {event["event_id"] for event in events} <= set(logged)
    # Boards that are posted anew may have come in between.
    assert set(logged) <= {event["event_id"] for event in await crisis.server_events()}
    entries = {e.event_id: e for e in crisis.entries() if e.event_id is not None}
    later = {(e.content or {}).get("target") for e in crisis.entries() if e.kind == "decrypted"}
    unread = [entries[e] for e in (*claires, *karims) if entries[e].kind != "message" and entries[e].seq not in later]
    assert unread == [], "each was read, too"

    notes = [e for e in crisis.entries() if e.kind == "note"]
    assert len(notes) == len(claires[::10]) + len(karims[::10])
    for who, said in ((claire, claires), (karim, karims)):
        for event in said[::10]:
            await who.ticked(crisis.room, event)
            message = who.message(crisis.room, event)
            assert message is not None
            assert [sender for sender, _ in message.reactions] == [stage.bot_id]
    assert [mark for mark, count in marks(events).items() if count > 1] == []
    assert crisis.verified(tmp_path / "out").intact
