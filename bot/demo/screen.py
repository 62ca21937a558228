"""What one person's client shows, and waiting for it to be shown.

Guarantee: whoever waits is told what was seen instead, and never waits for a client that has stopped.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Sequence
from typing import Final, TypeVar

from bot.demo.seen import Message, Room

T = TypeVar("T")

SECONDS: Final = 60.0
"""How long a player waits for something unless told otherwise."""

# A reply that is not the one expected is final after this long: the right one may come second.
SECOND_THOUGHT: Final = 3.0


class PlayerError(Exception):
    """A player could not do what it had to; the message says what the homeserver or the client said."""


class Unseen(PlayerError):  # noqa: N818 (it is what was not seen)
    """What had to appear did not. `expected` says what, `pattern` its text; `got` is what appeared."""

    def __init__(self, name: str, expected: str, got: Sequence[str], pattern: str = "") -> None:
        seen = "\n".join(got) or "(nothing)"
        super().__init__(f"{name} did not see {expected}; the last seen:\n{seen}")
        self.name = name
        self.expected = expected
        self.pattern = pattern
        self.got = tuple(got)


class Screen:
    """The rooms of one person on one device, as they are shown."""

    def __init__(self, user: str, name: str) -> None:
        self.user = user
        self.name = name
        self._seen: dict[str, Room] = {}
        self._news = asyncio.Condition()

    def why_stopped(self) -> str | None:
        """Why nothing new will be shown any more; None while something may."""
        raise NotImplementedError

    def log(self, room: str) -> list[Message]:
        """The messages of a room as this client shows them, edits applied, oldest first."""
        return list(self._seen[room].messages.values()) if room in self._seen else []

    def message(self, room: str, event_id: str) -> Message | None:
        """One message as it is shown now, or None."""
        return self._seen[room].messages.get(event_id) if room in self._seen else None

    def pins(self, room: str) -> list[Message]:
        """The pinned messages that this client has, oldest pin first."""
        known = self._seen.get(room)
        return [known.messages[event] for event in known.pins if event in known.messages] if known else []

    def unreadable(self, room: str) -> list[Message]:
        """The messages that this client could not decrypt."""
        return [message for message in self.log(room) if not message.readable]

    async def until(
        self, found: Callable[[], T | None], *, seconds: float = SECONDS, what: str = "it", pattern: str = ""
    ) -> T:
        """Wait until `found` gives something true; return it. Raises Unseen, PlayerError if the loop died."""
        try:
            async with asyncio.timeout(seconds), self._news:
                while not (value := found()):
                    why = self.why_stopped()
                    if why is not None:
                        raise PlayerError(f"{self.user}'s client has stopped: {why}")
                    await self._news.wait()
                return value
        except TimeoutError:
            raise Unseen(self.name, f"{what} within {seconds:g} s", self._latest(), pattern) from None

    async def wait(
        self,
        wanted: Callable[[Message], bool],
        *,
        seconds: float = SECONDS,
        what: str = "such a message",
        pattern: str = "",
    ) -> Message:
        """The first readable message in any room, past or to come, of which `wanted` holds."""

        def found() -> Message | None:
            everything = (message for room in self._seen.values() for message in room.messages.values())
            return next((message for message in everything if message.readable and wanted(message)), None)

        return await self.until(found, seconds=seconds, what=what, pattern=pattern)

    async def hears(self, room: str, pattern: str, *, sender: str | None = None, seconds: float = SECONDS) -> Message:
        """The first message of a room, past or to come, from someone else, whose text matches."""
        return await self.wait(
            lambda message: (
                message.room == room
                and message.sender != self.user
                and sender in (None, message.sender)
                and _matches(pattern, message.text)
            ),
            seconds=seconds,
            what=f"a message that matches “{pattern}”",
            pattern=pattern,
        )

    async def reply(self, room: str, event_id: str, expect: str = "", *, seconds: float = SECONDS) -> Message:
        """The first reply to that message from someone else that matches. Raises Unseen with the others."""

        def replies() -> list[Message]:
            return [m for m in self.log(room) if m.reply_to == event_id and m.sender != self.user and m.readable]

        def right() -> Message | None:
            return next((message for message in replies() if _matches(expect, message.text)), None)

        what = f"a reply that matches “{expect}”" if expect else "a reply"
        await self.until(replies, seconds=seconds, what=what, pattern=expect)
        try:
            return await self.until(right, seconds=SECOND_THOUGHT, what=what)
        except Unseen as unseen:
            raise Unseen(self.name, what, [message.text for message in replies()], expect) from unseen

    async def ticked(self, room: str, event_id: str, sign: str = "✅", *, seconds: float = SECONDS) -> None:
        """Wait until someone else has put that reaction under the message. Raises Unseen."""

        def found() -> bool:
            message = self.message(room, event_id)
            return message is not None and any(s == sign and who != self.user for who, s in message.reactions)

        await self.until(found, seconds=seconds, what=f"the reaction {sign}")

    def answers(self, room: str, event_id: str) -> list[str]:
        """What others answered to one's message: the texts of replies, and reactions."""
        message = self.message(room, event_id)
        signs = [sign for who, sign in message.reactions if who != self.user] if message else []
        return [m.text for m in self.log(room) if m.reply_to == event_id and m.sender != self.user] + signs

    def _latest(self) -> list[str]:
        everything = [message for room in self._seen.values() for message in room.messages.values()]
        everything.sort(key=lambda message: message.at)
        return [f"{m.sender}: {m.text[:300] if m.readable else '(unreadable)'}" for m in everything[-8:]]


def _matches(pattern: str, text: str) -> bool:
    return re.search(pattern, text, re.IGNORECASE | re.DOTALL) is not None
