"""A short crisis, played over a bot that may die in the midst of it, and what must come of it."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from bot.demo.players import Player
from bot.demo.process import BotError, BotProcess
from bot.demo.seen import Message
from bot.demo.stage import Stage

from ..e2e.crisis import Crisis, marks, raise_alarm

Account = Counter[tuple[str, str]]


@dataclass(frozen=True)
class Played:
    """What was said, under the name that the account of it uses."""

    crisis: Crisis
    said: dict[str, str]


async def play(stage: Stage, claire: Player, karim: Player) -> Played:
    """The alarm, an arrival, several commands, some words; each is answered before the next is typed."""
    crisis = await raise_alarm(stage, claire)
    await karim.joined(crisis.name)
    await karim.hears(crisis.room, r"^Soins — .*T\d", sender=stage.bot_id)
    said: dict[str, str] = {"alarm": crisis.alarm}
    async with asyncio.TaskGroup() as at_once:
        words = [at_once.create_task(claire.say(crisis.room, f"Le couloir {n} est dans le noir")) for n in range(3)]
    said |= {f"words {n}": each.result() for n, each in enumerate(words)}
    said["take"] = await karim.say(crisis.room, "!prendre 1")
    await karim.ticked(crisis.room, said["take"])
    said["done"] = await karim.say(crisis.room, "!fait 1 : écrans photographiés")
    await karim.ticked(crisis.room, said["done"])
    said["assign"] = await claire.say(crisis.room, "!donner 3 @Karim")
    await karim.wait(lambda m: m.room == crisis.room and m.rings == (karim.user,), what="the task given")
    said["note"] = await karim.say(crisis.room, "!note Le SAMU est prévenu --a 0h05")
    await karim.reply(crisis.room, said["note"])
    said["wrong"] = await claire.say(crisis.room, "!prendre 999")
    await claire.reply(crisis.room, said["wrong"])
    return Played(crisis, said)


async def revive(bot: BotProcess, lives: Sequence[Mapping[str, str]]) -> list[int]:
    """Start the bot again whenever it is dead, each time with the next environment, at last unharmed.

    Returns how it died, each time.
    """
    deaths = []
    for life in [*lives, {}]:
        deaths.append(await bot.wait(seconds=60))
        with suppress(BotError):  # it may die before it is ready
            await bot.start(**life)
    return deaths


async def account(played: Played, claire: Player, karim: Player) -> Account:
    """What a person finds in the end: each answer, each change in the log, each event, with how often."""
    crisis, stage = played.crisis, played.crisis.stage
    events = await crisis.settled()
    found: Account = Counter()

    twice = {mark: count for mark, count in marks(events).items() if count > 1}
    assert not twice, f"said twice: {twice}"
    logged = Counter(entry.event_id for entry in crisis.entries() if entry.event_id)
    assert set(logged.values()) == {1}
    assert {event["event_id"] for event in events} <= set(logged)
    # A board may be edited, and that be logged, while this is asked.
    assert set(logged) <= {event["event_id"] for event in await crisis.server_events()}

    await claire.until(
        lambda: not claire.unreadable(crisis.room), what=f"the last key: {claire.unreadable(crisis.room)}"
    )
    for name, event in played.said.items():
        room = crisis.alert if name == "alarm" else crisis.room
        for answer in (m for m in claire.log(room) if m.reply_to == event and m.sender == stage.bot_id):
            found["answer", f"{name}: {_first_line(answer)}"] += 1
        message = claire.message(room, event)
        assert message is not None
        for sender, sign in message.reactions:
            found["tick", f"{name}: {sign}"] += sender == stage.bot_id
    rung = [m for m in karim.log(crisis.room) if m.sender == stage.bot_id and karim.user in m.rings]
    found["rung", "karim"] = len(rung)
    direct = await karim.dm(stage.bot_id)
    calls = [m for m in karim.log(direct) if crisis.incident in m.text]
    found["call", "karim"] = len(calls)
    told: Counter[str] = Counter()
    for entry in crisis.entries():
        said = entry.content or {}
        if said.get("action") == "notice":
            # The notice of entry waits for those who come in together: in how many messages is not said, but to each once.
            told.update(said["after"]["people"])
            continue
        if entry.event_id is None and entry.kind not in ("system", "gap", "anchor"):
            found["change", f"{entry.kind} {said.get('action')} {_neutral(str(said.get('id')))}"] += 1
    assert set(told) <= {claire.user, karim.user}
    assert set(told.values()) <= {1}
    return found


def _first_line(message: Message) -> str:
    return _neutral(message.text.splitlines()[0])


def _neutral(text: str) -> str:
    """What does not depend on which incident it is, nor on when it was played."""
    return re.sub(r"https://matrix\.to/\S+|\d{4}-\d{3}|\d+ h \d+|\d+ [a-zéû.]+ \d{4}|\w+day|\w+di|dimanche", "#", text)
