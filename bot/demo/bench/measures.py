"""The measures, in the order in which each needs the one before.

Guarantee: a figure stands only if what it times was done whole: every command has its entry in the log, every
message that was missed is in the log once, and was read by bare nio.
"""

from __future__ import annotations

import asyncio
import re
import secrets
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bot.demo.bench.clocks import open_clocks
from bot.demo.bench.contest import BREATH, PROBE, Contest, alternate, started
from bot.demo.bench.figures import Figure
from bot.demo.bench.paper import paper
from bot.demo.bench.processes import BenchError, processor_seconds, resident_megabytes
from bot.demo.bench.proof import proof, rate
from bot.store import cells, log, meta
from bot.store.db import Database, Session

OPENING: Final = "!incident rancongiciel Postes bloqués aux admissions --gravite 4"
YES: Final = "!oui"
ASKED: Final = "!equipe"
DRAFTED: Final = "!rediger interne"
# An hour of a cell's talk, in ordinary lines.
LINE: Final = "{number:05d} On a isolé le commutateur du deuxième étage, le laboratoire travaille sur papier."

ANSWER_BOUND, ANSWER_AIM = 1.25, 1.05
OPENING_BOUND = 2.0
CATCH_UP_BOUND, CATCH_UP_AIM = 1.5, 1.2
START_BOUND_S = 3.0
MEMORY_BOUND_MB = 200.0

_CHUNK: Final = 1000
_MESSAGES_A_SECOND: Final = 10.0
"""Slower than this, whoever catches up is given up."""


@dataclass(frozen=True)
class Sizes:
    """How much is measured."""

    openings: int
    answers: int
    starts: int
    missed: int
    rounds: int
    entries: int
    warm_up: int = 1
    clocks: int = 1_000


FULL: Final = Sizes(
    openings=7, answers=100, starts=5, missed=2_000, rounds=2, entries=100_000, warm_up=3, clocks=10_000
)
QUICK: Final = Sizes(openings=2, answers=20, starts=2, missed=200, rounds=1, entries=5_000)


@dataclass(frozen=True)
class Rooms:
    """Where the two are spoken to: the bot's cell, and the room that bare nio made in the same way."""

    cell: str
    bare: str


async def measure(contest: Contest, sizes: Sizes, say: Callable[[str], None]) -> AsyncIterator[Figure]:
    """Measure everything, each figure as soon as it is there. Raises BenchError, and what the players raise."""
    say("starting the bot and bare nio")
    alert = await _alert(contest)
    say("opening incidents")
    figure, rooms = await opening(contest, sizes, alert)
    yield figure
    say("commands and their answers")
    for figure in await answers(contest, sizes, rooms):
        yield figure
    say("starting")
    for figure in await starting(contest, sizes):
        yield figure
    say(f"catching up on {sizes.missed} messages, {sizes.rounds} times; sending them takes longest")
    caught_up = await catching_up(contest, sizes, rooms, say)
    yield caught_up
    yield rate(caught_up, sizes.missed)
    say(f"keeping {sizes.clocks} clocks")
    for figure in await open_clocks(contest, rooms.cell, sizes.clocks):
        yield figure
    say(f"filling the log with {sizes.entries} entries")
    for figure in await crowded(contest, sizes, rooms):
        yield figure
    say("verifying the log")
    for figure in await proof(contest, rooms.cell):
        yield figure
    say("searching and printing the log")
    for figure in await paper(contest, rooms.cell):
        yield figure


async def _alert(contest: Contest) -> dict[str, str]:
    """Both are up, and have a room where they can be spoken to: the alert room, a direct one."""
    await started(contest.bot)
    await started(contest.bare)
    player = contest.player
    alert = await player.joined(contest.stage.alert_name)
    direct = await player.open_dm(contest.bare_id)
    await player.until(lambda: contest.bare_id in player.members(direct), what="bare nio")
    await contest.quiet()
    return {"bot": alert, "bare": direct}


# -- (b) opening -------------------------------------------------------------------------------------------------------


async def opening(contest: Contest, sizes: Sizes, alert: dict[str, str]) -> tuple[Figure, Rooms]:
    """An incident with ten people called, until its first checklist is readable by one of them."""
    screen = contest.screen
    # Bare nio says what the bot said: the first opening, which is not counted, shows what that is.
    _, first = await screen.opened(alert["bot"], OPENING)
    await contest.quiet()
    _, answered = await screen.answer(first.room, ASKED)
    said = contest.player.message(first.room, answered.event_id)
    if said is None:
        raise BenchError(f"« {ASKED} » was not answered by a message")
    await contest.bare.stop()
    contest.tell(
        {
            "first": _content(first.text, first.html),
            "answer": _content(said.text, said.html),
        }
    )
    await started(contest.bare)
    cell, room = first.room, ""

    async def by_bot(_: int) -> float:
        nonlocal cell
        # One like it runs already: the bot asks whether this is another, and the yes opens it.
        await screen.answer(alert["bot"], OPENING)
        took, shown = await screen.opened(alert["bot"], YES)
        cell = shown.room
        await contest.quiet()
        return took

    async def by_bare(_: int) -> float:
        nonlocal room
        took, shown = await screen.opened(alert["bare"], "!open")
        room = shown.room
        return took

    ours, theirs = await alternate(sizes.openings, sizes.warm_up, by_bot, by_bare)
    figure = Figure("(b) ten people called, first checklist readable", "ms", tuple(ours), tuple(theirs), OPENING_BOUND)
    return figure, Rooms(cell, room)


def _content(text: str, html: str) -> dict[str, object]:
    made: dict[str, object] = {"msgtype": "m.notice", "body": text, "m.mentions": {}}
    return made | ({"format": "org.matrix.custom.html", "formatted_body": html} if html else {})


# -- (a) a command and its answer --------------------------------------------------------------------------------------


async def answers(contest: Contest, sizes: Sizes, rooms: Rooms) -> list[Figure]:
    """A question and its answer beside an echo; a change of state and its ✅ beside a ✅."""
    screen = contest.screen
    tasks = await _tasks(contest, rooms.cell)
    typed: list[str] = []

    async def answered(room: str, text: str) -> float:
        took, answer = await screen.answer(room, text)
        if room == rooms.cell:
            typed.append(answer.event_id)
        return took

    asked = await alternate(
        sizes.answers,
        sizes.warm_up,
        lambda _: answered(rooms.cell, ASKED),
        lambda _: answered(rooms.bare, "!echo"),
    )
    # A task of one's own, each time another: the state, a board and the log change.
    changed = await alternate(
        max(2, sizes.answers // 2),
        sizes.warm_up,
        lambda turn: answered(rooms.cell, f"!prendre {tasks[turn % len(tasks)]}"),
        lambda _: answered(rooms.bare, "!tick"),
    )
    await contest.quiet()

    async def drafted(_: int) -> float:
        took = await screen.drafted(rooms.cell, DRAFTED)
        await contest.quiet()  # what is still to be filled in is asked afterwards
        return took

    texts = await alternate(
        max(2, sizes.answers // 10), sizes.warm_up, drafted, lambda _: answered(rooms.bare, "!echo")
    )  # fmt: skip
    await _all_logged(contest, typed)
    return [
        Figure("(a) a question answered, logged", "ms", tuple(asked[0]), tuple(asked[1]), ANSWER_BOUND, ANSWER_AIM),
        Figure(
            "(a) a task changed and ticked, logged",
            "ms",
            tuple(changed[0]),
            tuple(changed[1]),
            ANSWER_BOUND,
            ANSWER_AIM,
        ),
        Figure("(a) a text drafted, its card readable", "ms", tuple(texts[0]), tuple(texts[1])),
    ]


async def _tasks(contest: Contest, cell: str) -> list[int]:
    """The numbers of the open tasks, read from the checklists as people read them: whoever takes one gets a ✅."""
    await contest.quiet()
    lines = [line for message in contest.player.log(cell) for line in message.text.splitlines() if "✅" not in line]
    numbers = sorted({int(found[1]) for line in lines if (found := re.search(r"\bT(\d+)\b", line))})
    if not numbers:
        raise BenchError("the checklists name no open task")
    return numbers


async def _all_logged(contest: Contest, events: list[str]) -> None:
    """Every one of these events stands in the log. Raises BenchError."""
    missing = await contest.read(lambda session: [each for each in events if log.seq_of(session, each) is None])
    if missing:
        raise BenchError(f"{len(missing)} of {len(events)} events are not in the log")


# -- (d) starting ------------------------------------------------------------------------------------------------------


async def starting(contest: Contest, sizes: Sizes) -> list[Figure]:
    """From the start of the process until it says that it is ready, with nothing missed; the homeserver's answers
    are in it, so the bound is kept a little more strictly than it is meant."""
    took: dict[str, list[float]] = {"bot": [], "bare": []}
    worked: dict[str, list[float]] = {"bot": [], "bare": []}
    for _ in range(sizes.starts):
        for name, process in (("bot", contest.bot), ("bare", contest.bare)):
            await process.stop()
            await asyncio.sleep(BREATH)
            took[name].append(await started(process) / 1000)
            worked[name].append(processor_seconds(process.pid))
            await asyncio.sleep(BREATH)
    return [
        Figure("(d) start to ready, server's answers included", "s", tuple(took["bot"]), (), START_BOUND_S),
        Figure("    of that, processor time", "s", tuple(worked["bot"]), tuple(worked["bare"])),
    ]


# -- (c) catching up ---------------------------------------------------------------------------------------------------


async def catching_up(contest: Contest, sizes: Sizes, rooms: Rooms, say: Callable[[str], None]) -> Figure:
    """After a restart, from the process's first words to the homeserver until the last message that was missed is in
    the log, on disk (bare nio: decrypted)."""
    ours: list[float] = []
    theirs: list[float] = []

    async def by_bot(sent: list[str]) -> None:
        await contest.bot.start()
        last = await contest.logged(sent[-1], seconds=30 + len(sent) / _MESSAGES_A_SECOND)
        began = await contest.read(lambda session: meta.get(session, "process_started"))
        if began is None:
            raise BenchError("the bot did not note when it began")
        await _all_logged(contest, sent)
        ours.append((last - datetime.fromisoformat(began)).total_seconds())
        await contest.quiet()

    async def by_bare(sent: list[str]) -> None:
        ready = await contest.bare.start()
        if ready["messages"] != len(sent):
            raise BenchError(f"bare nio read {ready['messages']} messages of {len(sent)}")
        theirs.append(ready["seconds"])

    for turn in range(sizes.rounds):
        await contest.bot.stop()
        await contest.bare.stop()
        missed = {room: await _send(contest, room, sizes.missed) for room in (rooms.cell, rooms.bare)}
        say(f"catching up, {turn + 1} of {sizes.rounds}")
        if turn % 2:
            await by_bare(missed[rooms.bare])
            await by_bot(missed[rooms.cell])
        else:
            await by_bot(missed[rooms.cell])
            await by_bare(missed[rooms.bare])
    name = f"(c) {sizes.missed} missed messages caught up, logged"
    return Figure(name, "s", tuple(ours), tuple(theirs), CATCH_UP_BOUND, CATCH_UP_AIM)


async def _send(contest: Contest, room: str, count: int) -> list[str]:
    """Send so many lines, encrypted; return their event ids in order."""
    return [await contest.player.say(room, LINE.format(number=number)) for number in range(count)]


# -- (e) a long crisis -------------------------------------------------------------------------------------------------


async def crowded(contest: Contest, sizes: Sizes, rooms: Rooms) -> list[Figure]:
    """The bot with a long log behind it: what it weighs, and how it answers."""
    await contest.bot.stop()
    await asyncio.to_thread(_fill, contest, rooms.cell, sizes.entries)
    await contest.bot.start()
    took = [(await contest.screen.answer(rooms.cell, ASKED))[0] for _ in range(max(2, sizes.answers // 5))]
    await contest.screen.answer(rooms.cell, "!journal 20")
    await contest.quiet()
    memory = resident_megabytes(contest.bot.pid)
    return [
        Figure(f"(e) memory with {sizes.entries} entries", "MB", (memory,), (), MEMORY_BOUND_MB),
        Figure(f"    a question answered with {sizes.entries} entries", "ms", tuple(took)),
    ]


def _fill(contest: Contest, room: str, count: int) -> None:
    """Put in the log and in the journal what so many messages would leave there, by the store's own functions."""
    database = Database(contest.database_url)
    sender = contest.stage.user_id(PROBE)
    now = contest.clock.now()
    stamp = int(now.timestamp() * 1000)

    def some(session: Session, incident: str, start: int, end: int) -> None:
        for number in range(start, end):
            content = {"msgtype": "m.text", "body": LINE.format(number=number), "m.mentions": {}}
            said = {"type": "m.room.message", "content": content, "encrypted": True, "device": "FILLED"}
            log.append(
                session,
                incident,
                kind="message",
                room_id=room,
                event_id=f"$filled-{number}-{secrets.token_urlsafe(24)}",
                sender=sender,
                origin_ts=stamp,
                content=said,
                now=now,
            )

    try:
        with database.reading() as session:
            incident = cells.by_room(session, room)
        if incident is None:
            raise BenchError("the cell's room has no incident")
        for start in range(0, count, _CHUNK):
            with database.transaction() as session:
                some(session, incident, start, min(count, start + _CHUNK))
    finally:
        database.close()
