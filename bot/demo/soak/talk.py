"""What people say meanwhile: words, and commands each of which must take effect once and be answered once.

Guarantee: no two commands say the same, so that one that took effect twice is seen to have. What stands in the room is
what counts, and is read there afterwards: whoever's own client was cut off while it sent does not know what it sent.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

import aiohttp

from bot.demo.players import Player
from bot.demo.screen import PlayerError

COMMANDS: Final = {
    "!note": "note",
    "!info": "fact",
    "!rumeur": "fact",
    "!tache": "task",
    "!tel": "call",
    "!echeance": "deadline",
}
"""Each verb that is typed here, and the kind of the one change that it makes in the log."""

RINGS: Final = "!echeance"
_FORMS: Final = ("!note {0}", "!info {0}", "!rumeur {0}", "!tache it {0}", "!tel le voisin {0}")
_CLOCK: Final = "!echeance {0} --dans 15s --pour @nadia"


@dataclass(frozen=True)
class Pace:
    """How fast each person talks (seconds between two messages, at least and at most), and how much is a command."""

    least: float = 0.5
    most: float = 2.5
    commands: float = 0.25
    clocks: int = 4


class Conversation:
    """People who talk in one room until `enough` is set and at least `messages` were said."""

    def __init__(self, room: str, people: Sequence[Player], messages: int, seed: int, pace: Pace) -> None:
        self._room, self._people, self._messages, self._pace = room, people, messages, pace
        self._chance = random.Random(seed)
        self.enough = asyncio.Event()
        self.said = 0
        self._clocks = 0

    async def run(self) -> None:
        """Talk, all at once."""
        async with asyncio.TaskGroup() as talking:
            for person in self._people:
                talking.create_task(self._talk(person))

    async def _talk(self, person: Player) -> None:
        while self.said < self._messages or not self.enough.is_set():
            self.said += 1
            # While their homeserver is away what they type may come to stand in the room or not: the room is read.
            with suppress(aiohttp.ClientError, PlayerError, TimeoutError):
                await person.say(self._room, self._text(person.name, self.said))
            await asyncio.sleep(self._chance.uniform(self._pace.least, self._pace.most))

    def _text(self, name: str, number: int) -> str:
        words = f"{name.split(maxsplit=1)[0]} {number}"
        if self._clocks < self._pace.clocks and number * (self._pace.clocks + 1) > self._messages * (self._clocks + 1):
            self._clocks += 1
            return _CLOCK.format(words)
        if self._chance.random() < self._pace.commands:
            return self._chance.choice(_FORMS).format(words)
        return words


def verb_of(text: str) -> str | None:
    """The verb of one of our commands, or None for words."""
    verb = text.partition(" ")[0]
    return verb if verb in COMMANDS else None


def words_of(text: str) -> str:
    """What a command of ours is about: « Claire 12 »."""
    for form in (*_FORMS, _CLOCK):
        before, _, after = form.partition("{0}")
        if text.startswith(before) and text.endswith(after):
            return text[len(before) : len(text) - len(after)]
    return text
