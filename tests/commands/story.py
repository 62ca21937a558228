"""A whole crisis, lived by the hour: a script of what people type, habits by which they answer what rings, and the
heartbeat in between. What comes of it is laid out as a transcript: every message of every person, in order.

A story's file is told anew by `python -m tests.commands.story`; what changed in it is read before it is kept.
"""

from __future__ import annotations

import asyncio
import heapq
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from zoneinfo import ZoneInfo

from bot.channels.callers import Callers
from bot.ringing import LAST_BEAT
from bot.store import cells, meta, outside
from tests.commands.gateway import Gateway
from tests.commands.harness import Said, Talk

FOLDER = Path(__file__).parent / "transcripts" / "stories"
EVERY, AT_FIRST = timedelta(hours=4), timedelta(minutes=30)
"""So often the heart beats where no clock asks for it, and in the first two hours: other duties have their hours too."""
MOST_LINES = 14
"""So many lines of a message that is not about deadlines are laid out."""
OURS = ("nudge", "outside")
"""The kinds of messages of which a story keeps every word."""
DAYS = {
    "fr": ("lun.", "mar.", "mer.", "jeu.", "ven.", "sam.", "dim."),
    "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
}
_CODE = re.compile(r"!(?:oui|yes) (\d{4})")


@dataclass(frozen=True)
class Habit:
    """How somebody answers a reminder: by which button, after how many minutes, between which hours of the day."""

    sign: str = "👍"
    after: int = 10
    hours: tuple[int, int] = (0, 24)


@dataclass(frozen=True)
class Act:
    """Something typed, so long after the beginning; `joins` if the text is empty."""

    after: timedelta
    who: str
    text: str
    room: str = "cell"


@dataclass
class Story:
    """One crisis. `heard` is all that was said, and when; `typed` what people did."""

    talk: Talk
    zone: ZoneInfo
    script: Sequence[Act]
    habits: dict[str, Habit]
    heard: list[tuple[datetime, Said]] = field(default_factory=list)
    typed: list[tuple[datetime, str]] = field(default_factory=list)
    gateway: Gateway | None = None
    outside: list[tuple[datetime, str, str]] = field(default_factory=list)
    begin: datetime = field(init=False)

    def live(self, hours: int) -> Story:
        """Let it happen, until so many hours after its beginning."""
        clock = self.talk.clock
        self.begin, order = clock.now(), count()
        end = self.begin + timedelta(hours=hours)
        agenda: list[tuple[datetime, int, Act | tuple[str, str, Said]]] = []
        for act in self.script:
            heapq.heappush(agenda, (self.begin + act.after, next(order), act))
        while clock.now() < end:
            at = min(self._next_beat(), agenda[0][0] if agenda else end, end)
            said = self._beat(max(at, clock.now()))
            while agenda and agenda[0][0] <= clock.now():
                said += self._do(heapq.heappop(agenda)[2])
            said += self._call_outside()
            self.heard += [(clock.now(), each) for each in said]
            for each in said:
                for answer in self._answers(each):
                    heapq.heappush(agenda, (answer[0], next(order), answer[1:]))
        if self.gateway is not None:
            self.gateway.stop()
        return self

    def _call_outside(self) -> list[Said]:
        """The calls that are to be made outside, by a gateway on loopback."""
        talk, there = self.talk, self.gateway
        with talk.db.reading() as session:
            waiting = outside.waiting(session)
        if there is None or not waiting:
            return []
        callers = Callers(talk.db, talk.clock, talk.tools, {"sms": there.url}, lambda: None)
        before = len(there.said)
        asyncio.run(callers.work())
        self.outside += [(talk.clock.now(), path[1:], said["message"]) for path, said in there.said[before:]]
        return talk.settle()

    def _next_beat(self) -> datetime:
        now = self.talk.clock.now()
        with self.talk.db.reading() as session:
            wanted = [
                clock.next_at
                for incident in cells.every(session)
                if (cell := cells.load(session, incident)) is not None
                for clock in cell.clocks.values()
                if clock.next_at is not None and clock.next_at > now
            ]
        return min((*wanted, now + (AT_FIRST if now < self.begin + timedelta(hours=2) else EVERY)))

    def _beat(self, at: datetime) -> list[Said]:
        """The heart beats at that time, as it did every two seconds before."""
        with self.talk.db.transaction() as session:
            meta.put(session, LAST_BEAT, (at - timedelta(seconds=2)).isoformat())
        return self.talk.wait(seconds=(at - self.talk.clock.now()).total_seconds())

    def _do(self, what: Act | tuple[str, str, Said]) -> list[Said]:
        talk, now = self.talk, self.talk.clock.now()
        if not isinstance(what, Act):
            who, sign, said = what
            self.typed.append((now, f"{who} {sign}"))
            return talk.react(who, sign, said.event_id, said.room)
        if not what.text:
            self.typed.append((now, f"{what.who} →"))
            return talk.join(what.who)
        text = what.text.replace("{code}", self._code())
        self.typed.append((now, f"{what.who}> {text}"))
        return talk.say(what.who, text, what.room)

    def _code(self) -> str:
        codes = (found for _, said in reversed(self.heard) if (found := _CODE.search(said.body)))
        return next((found[1] for found in codes), "0000")

    def _answers(self, said: Said) -> Iterable[tuple[datetime, str, str, Said]]:
        if not said.key.startswith("nudge:"):
            return
        for user in said.rings:
            who = user[1:].partition(":")[0]
            habit = self.habits.get(who)
            at = self.talk.clock.now() + timedelta(minutes=habit.after if habit else 0)
            if habit is not None and habit.hours[0] <= at.astimezone(self.zone).hour < habit.hours[1]:
                yield at, who, habit.sign, said

    @property
    def rings(self) -> dict[str, list[tuple[datetime, Said]]]:
        """By account: what rang for it, and when."""
        found: dict[str, list[tuple[datetime, Said]]] = defaultdict(list)
        for at, said in self.heard:
            for user in said.rings:
                found[user].append((at, said))
        return found

    def told(self) -> str:
        """The transcript."""
        lines: list[tuple[datetime, int, str]] = []
        language = self.talk.tools.organisation.language
        order = count()
        for at, text in self.typed:
            lines.append((at, next(order), f"{self._at(at, language)}  {text}"))
        for at, to, text in self.outside:
            lines.append((at, next(order), f"{self._at(at, language)}  sms ({to})>\n      | {text}"))
        copies = {(at, said.body) for at, said in self.heard if said.room == "cell" and said.kind == "message"}
        for at, said in self.heard:
            if said.kind not in ("message", "file") or said.edits is not None:
                continue
            kind = said.key.partition(":")[0]
            names = " ".join(user[1:].partition(":")[0] for user in said.rings)
            where = f"{said.room}, 🔔 {names}" if names else said.room
            head = f"{self._at(at, language)}  bot {kind} ({where})>"
            if kind in ("board", "anchor", "hello", "entering"):
                text = f"{head} […]"
            elif said.room.startswith("dm:") and not said.rings and (at, said.body) in copies:
                text = f"{head} [=]"
            else:
                body = said.body.split("\n")
                kept = body if kind in OURS else body[:MOST_LINES]
                text = "\n      | ".join((head, *kept, *(["…"] if len(kept) < len(body) else [])))
            lines.append((at, next(order), text))
        told = "\n".join(text for _, _, text in sorted(lines, key=lambda each: each[:2])) + "\n"
        return re.sub(r"(?<=%23tocsin-)[0-9a-f]{16}", "…", told)  # each organisation's are its own

    def _at(self, at: datetime, language: str) -> str:
        local = at.astimezone(self.zone)
        return f"{DAYS[language][local.weekday()]} {local:%H:%M}"


def busiest(times: Sequence[datetime]) -> int:
    """The most rings within any hour."""
    return max((sum(at - timedelta(hours=1) < other <= at for other in times) for at in times), default=0)


def blocks(text: str) -> list[str]:
    """Of a transcript, what is said of deadlines and outside: when, to whom, and every word."""
    masked = re.sub(r"(?<=[Cc]ode )\d{4}", "····", text)  # each organisation's are its own
    found = re.split(r"\n(?=\S)", masked.strip("\n"))
    return [
        block
        for block in found
        if re.match(rf".{{10,12}}  (?:bot (?:{'|'.join(OURS)})|sms) ", block.partition("\n")[0])
    ]


if __name__ == "__main__":
    import sys

    from tests.commands.stories import STORIES

    for name in sys.argv[1:] or STORIES:
        FOLDER.mkdir(exist_ok=True)
        (FOLDER / f"{name}.txt").write_text(STORIES[name]().told(), encoding="utf-8")
