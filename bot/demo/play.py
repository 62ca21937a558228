"""What an act of the story needs: people who speak, answers that are awaited, a book of what was written.

Guarantee: a step is passed only when the answer that it must get was decrypted by the player who waits;
everything that was written in the cell's room is remembered, to be looked for in the exported log.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, TypeVar

from bot.demo.players import Player
from bot.demo.screen import Unseen
from bot.demo.seen import Message, Sighting
from bot.demo.show import Show
from bot.demo.stage import Stage
from bot.domain.language import Language

T = TypeVar("T")

# Between two lines of different people: enough to be read as a conversation.
PACE: Final = 0.5

# Boards are posted anew for those who cannot read them, at most one batch every two minutes.
REPOSTED: Final = 150.0


@dataclass(frozen=True)
class Written:
    """An event that a player sent into the cell's room: `kind` as the log says it, `text` as typed."""

    event_id: str
    kind: str
    who: str
    text: str = ""
    target: str | None = None
    outage: bool = False


@dataclass
class Play:
    """A story under way. `cell` and `incident` are set by the first act."""

    stage: Stage
    show: Show
    lang: Language
    alert: str = ""
    cell: str = ""
    incident: str = ""
    outage: bool = False
    written: list[Written] = field(default_factory=list)
    answers: int = 0

    def pick(self, fr: T, en: T) -> T:
        """One of two, by the language that is played."""
        return fr if self.lang == "fr" else en

    def t_room(self, number: str) -> str:
        """The name of the cell's room for that year and number."""
        return f"{self.pick('Cellule', 'Cell')} {number}"

    def act(self, fr: str, en: str) -> None:
        """Begin a part of the story."""
        self.show.act(self.pick(fr, en))

    def note(self, fr: str, en: str) -> None:
        """Say what happens outside the rooms."""
        self.show.note(self.pick(fr, en))

    def proved(self, fr: str, en: str) -> None:
        """Say what has just been shown."""
        self.answers += 1
        self.show.proved(self.pick(fr, en))

    def person(self, local: str) -> Player:
        """The client of one of the characters, who has entered."""
        return self.stage.players[local]

    def watch(self, player: Player) -> None:
        """Show from now on what appears on that player's screen."""

        def see(seen: Sighting) -> None:
            direct = player.name if player.direct(self.stage.bot_id) == seen.room else None
            room = player.rooms.get(seen.room, "")
            self.show.sighting(seen, self.stage.name_of(seen.sender), room, direct)

        player.watchers.append(see)

    # Writing

    async def say(self, local: str, fr: str, en: str, *, room: str | None = None) -> str:
        """Somebody says something, in the cell's room unless told otherwise."""
        text = self.pick(fr, en)
        await asyncio.sleep(PACE)
        event_id = await self.person(local).say(room or self.cell, text)
        if room is None:
            self._wrote(event_id, "message", local, text)
        return event_id

    async def edit(self, local: str, event_id: str, fr: str, en: str) -> str:
        """Somebody changes what they wrote."""
        text = self.pick(fr, en)
        await asyncio.sleep(PACE)
        sent = await self.person(local).edit(self.cell, event_id, text)
        self._wrote(sent, "edit", local, text, event_id)
        return sent

    async def withdraw(self, local: str, event_id: str, fr: str, en: str) -> None:
        """Somebody takes back what they wrote."""
        await asyncio.sleep(PACE)
        sent = await self.person(local).withdraw(self.cell, event_id, self.pick(fr, en))
        self._wrote(sent, "redaction", local, "", event_id)

    async def react(self, local: str, event_id: str, sign: str) -> None:
        """Somebody presses a button under a message."""
        await asyncio.sleep(PACE)
        sent = await self.person(local).react(self.cell, event_id, sign)
        self._wrote(sent, "reaction", local, sign, event_id)

    def _wrote(self, event_id: str, kind: str, who: str, text: str = "", target: str | None = None) -> None:
        self.written.append(Written(event_id, kind, who, text, target, self.outage))

    # Being answered

    async def ask(
        self, local: str, fr: str, en: str, expect_fr: str, expect_en: str, *, room: str | None = None
    ) -> Message:
        """Somebody types something and gets the answer that it must; patterns are regular expressions."""
        event_id = await self.say(local, fr, en, room=room)
        expect = self.pick(expect_fr, expect_en)
        return await self.person(local).reply(room or self.cell, event_id, expect)

    async def ask_for_message(
        self, local: str, fr: str, en: str, expect_fr: str, expect_en: str, *, reader: str
    ) -> Message:
        """Somebody types what makes the bot tell the cell; return what another person then reads."""
        await self.say(local, fr, en)
        return await self.hears(reader, expect_fr, expect_en)

    def must_ring(self, message: Message, local: str) -> None:
        """The message makes that person's phone ring, and no other. Raises Unseen."""
        expected = (self.stage.user_id(local),)
        if message.rings != expected or message.kind != "m.text":
            what = f"a message that rings {self.person(local).name} alone"
            raise Unseen(self.person(local).name, what, [f"{message.kind} {message.rings} {message.text}"])

    async def ticked(self, local: str, fr: str, en: str) -> str:
        """Somebody types something that is answered by ✅ alone."""
        event_id = await self.say(local, fr, en)
        await self.person(local).ticked(self.cell, event_id)
        return event_id

    async def answered_once(self, local: str, event_id: str) -> None:
        """What somebody typed has been answered, by ✅ or by a reply, and not twice. Raises Unseen."""
        person = self.person(local)
        await person.until(lambda: person.answers(self.cell, event_id), what="an answer")
        if len(person.answers(self.cell, event_id)) > 1:
            raise Unseen(person.name, "one answer", person.answers(self.cell, event_id))

    async def hears(self, local: str, fr: str, en: str, *, room: str | None = None) -> Message:
        """Somebody sees a message of the bot's that matches."""
        expect = self.pick(fr, en)
        return await self.person(local).hears(room or self.cell, expect, sender=self.stage.bot_id)

    def task(self, fr: str, en: str) -> int:
        """The number of the task whose title matches, read from a checklist as people read it."""
        title = self.pick(fr, en)
        for message in self._ours("karim"):
            found = re.search(rf"\bT(\d+)\b[^\n]*{title}", message.text)
            if found:
                return int(found[1])
        raise Unseen(self.person("karim").name, f"a checklist with “{title}”", [])

    async def board_shows(self, local: str, fr: str, en: str) -> None:
        """The boards, as somebody reads them, come to show what matches."""
        pattern = self.pick(fr, en)
        await self.person(local).until(
            lambda: any(re.search(pattern, message.text) for message in self._ours(local)),
            what=f"a board that shows “{pattern}”",
            pattern=pattern,
        )

    async def reads_boards(self, local: str, checklists: Sequence[str]) -> None:
        """Somebody reads the pinned card and each checklist; who came last may have to wait for new ones."""
        person = self.person(local)
        await person.until(
            lambda: any(self.incident in message.text for message in person.pins(self.cell)),
            seconds=REPOSTED,
            what="the pinned card",
        )
        for name in checklists:
            await person.hears(self.cell, rf"^{name} — ", sender=self.stage.bot_id, seconds=REPOSTED)

    def _ours(self, local: str) -> list[Message]:
        return [m for m in self.person(local).log(self.cell) if m.sender == self.stage.bot_id]
