"""Who comes an hour late, and who takes up a second device, reads the card and the boards without typing anything."""

from __future__ import annotations

import asyncio
import itertools

from bot.demo.process import BotProcess
from bot.demo.stage import Stage

from .conftest import PROGRAM, Staged
from .crisis import CHECKLISTS, boards, raise_alarm, second_device


async def hasty(staged: Staged, every: float) -> Stage:
    """A stage whose bot may post the boards anew after so many seconds."""
    stage = await staged(run=False)
    stage.bot = BotProcess(stage.config, stage.bot.log, PROGRAM)
    await stage.bot.start(REPOST_EVERY=str(every))
    return stage


async def test_one_who_had_no_device_at_the_alarm_reads_all_boards(staged: Staged) -> None:
    stage = await hasty(staged, 1)
    claire = await stage.player("claire")
    crisis = await raise_alarm(stage, claire)
    await boards(crisis, claire)
    await crisis.settled()
    paul = await stage.player("paul")
    await paul.joined(crisis.name)
    seen = await boards(crisis, paul)
    assert set(seen) == {"card", *CHECKLISTS}
    pinned = await paul.until(lambda: [m for m in paul.pins(crisis.room) if m.readable], what="a card that can be read")
    assert crisis.incident in pinned[0].text
    assert [m for m in paul.log(crisis.room) if m.sender == paul.user] == [], "and typed nothing"


async def test_one_who_is_called_in_later_reads_all_boards(staged: Staged) -> None:
    stage = await hasty(staged, 1)
    claire, sophie, nadia = [await stage.player(name) for name in ("claire", "sophie", "nadia")]
    crisis = await raise_alarm(stage, claire, "!incident rancongiciel Panne --gravite 4 --sans @Sophie")
    await boards(crisis, claire)
    await crisis.settled()
    await nadia.joined(crisis.name)
    await claire.say(crisis.room, "!role @Sophie legal")
    asked = await nadia.hears(crisis.room, r"laissé de côté.*!oui \d{4}")
    await nadia.say(crisis.room, f"!oui {asked.text.partition('!oui ')[2][:4]}")
    await sophie.joined(crisis.name)
    assert set(await boards(crisis, sophie)) == {"card", *CHECKLISTS}


async def test_a_second_device_signed_or_not_reads_all_boards(staged: Staged) -> None:
    stage = await hasty(staged, 1)
    claire, karim, paul = [await stage.player(local) for local in ("claire", "karim", "paul")]
    crisis = await raise_alarm(stage, claire)
    await asyncio.gather(boards(crisis, karim), boards(crisis, paul))
    await crisis.settled()
    for person in (karim, paul):
        async with second_device(person) as other:
            seen = await boards(crisis, other)
            assert set(seen) == {"card", *CHECKLISTS}
    warned = await claire.hears(crisis.room, "Nouvel appareil de Paul Girard.*non signé", sender=stage.bot_id)
    assert warned.kind == "m.text", "whose device it is, and who coordinates, are rung"


async def test_boards_are_posted_anew_at_most_once_in_the_interval_and_old_ones_point_below(staged: Staged) -> None:
    every = 6.0
    stage = await hasty(staged, every)
    claire, karim = await stage.player("claire"), await stage.player("karim")
    crisis = await raise_alarm(stage, claire)
    first = await boards(crisis, karim)
    await crisis.settled()
    # From its second life on the bot writes in another session: who comes now cannot be given the first one's key.
    await stage.bot.stop()
    await stage.bot.start(REPOST_EVERY=str(every))
    async with second_device(claire) as one:
        await boards(crisis, one)
        async with second_device(karim) as two:
            await boards(crisis, two)
    cards = [m for m in karim.log(crisis.room) if crisis.incident in m.text and m.sender == stage.bot_id]
    old = karim.message(crisis.room, first["card"].event_id)
    assert old is not None
    assert "plus bas" in old.text
    posted = sorted(m.at for m in cards if "En cours" in m.text.splitlines()[0])
    gaps = [(later - earlier).total_seconds() for earlier, later in itertools.pairwise(posted[1:])]
    assert all(gap > every - 2 for gap in gaps), gaps
    await karim.until(
        lambda: sum(crisis.incident in m.text for m in karim.pins(crisis.room)) == 1, what="one card pinned"
    )
