"""The reckoning: what the homeserver holds, what the log holds, and what each person's own client shows.

Guarantee: the homeserver is asked as its administrator, the log is read through its own export path, and the answers
and reminders are counted by clients that decrypt them; whatever is lost or doubled is named.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from bot.clock import SystemClock
from bot.demo.players import Player
from bot.demo.seen import Message
from bot.demo.soak.talk import COMMANDS, RINGS, verb_of, words_of
from bot.demo.stage import Stage
from bot.domain.log import Entry
from bot.matrix.reconcile import MARKER
from bot.store import journal, outbox, rooms
from bot.store.db import Database, Session
from bot.store.source import reading

Event = dict[str, Any]

SETTLE_SECONDS: Final = 180.0
QUIET_SECONDS: Final = 3.0
NEW_TASK: Final = "➕"
REMINDER: Final = "⏰"
SHOWN: Final = 12
"""Of so many lost or doubled things the ids are named; of more, how many."""


@dataclass
class Account:
    """What was counted, and what is wrong. Nothing is wrong: nothing was lost, and nothing doubled."""

    figures: dict[str, int] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    def fault(self, what: str, which: Iterable[object]) -> None:
        """Note something wrong, if there is any of it."""
        found = [str(each) for each in which]
        if found:
            more = f" and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
            self.faults.append(f"{what} ({len(found)}): {', '.join(found[:SHOWN])}{more}")


@dataclass(frozen=True)
class Scene:
    """What is reckoned with: one incident, its room, the people in it, and the bot's database."""

    stage: Stage
    incident: str
    room: str
    people: Sequence[Player]
    url: str

    @property
    def passphrase(self) -> str:
        """What opens the bot's store."""
        return (self.stage.folder / "secrets" / "store").read_text(encoding="utf-8").strip()

    def entries(self) -> list[Entry]:
        """The incident's log."""
        with reading(self.url, self.passphrase) as source:
            return list(source.entries(self.incident))


async def settle(scene: Scene) -> str:
    """Wait until nothing moves any more; return what was still missing if it never came to rest, else nothing."""
    end = time.monotonic() + SETTLE_SECONDS
    since = time.monotonic()
    last: object = None
    waiting = ""
    while time.monotonic() < end:
        events = await scene.stage.events(scene.room)
        there = {str(event["event_id"]) for event in events}
        logged = {entry.event_id for entry in scene.entries() if entry.event_id is not None}
        unsent = await asyncio.to_thread(_due, scene.url)
        waiting = f"{len(there - logged)} events not in the log, {unsent} of the bot's messages not sent"
        state = (len(there), len(logged), unsent)
        if state != last or unsent or there - logged:
            last, since = state, time.monotonic()
        elif time.monotonic() - since > QUIET_SECONDS:
            return ""
        await asyncio.sleep(0.5)
    return waiting


async def reckon(scene: Scene, out: Path) -> Account:
    """Count everything. The bot runs, and has come to rest."""
    account = Account()
    entries = scene.entries()
    await _events(scene, entries, account)
    await _everywhere(scene, account)
    reader = scene.people[0]
    try:
        await reader.until(lambda: not reader.unreadable(scene.room), seconds=30, what="the last key")
    except Exception as error:
        account.faults.append(f"what the bot said cannot be read: {error}")
    _commands(scene, entries, account)
    _reminders(scene, entries, account)
    _outbox(scene, account)
    await _verified(scene, out, account)
    return account


async def _events(scene: Scene, entries: Sequence[Entry], account: Account) -> None:
    """Each event of the incident's room stands in the log once, and its text was read."""
    there = Counter(str(event["event_id"]) for event in await scene.stage.events(scene.room))
    logged = Counter(entry.event_id for entry in entries if entry.event_id is not None)
    account.figures["events of the incident's room"] = len(there)
    account.figures["entries of the log"] = len(entries)
    account.fault("events that are not in the log", there.keys() - logged.keys())
    account.fault("events that are in the log more than once", (e for e, count in logged.items() if count > 1))
    account.fault("entries of events that the homeserver does not have", logged.keys() - there.keys())
    numbers = [entry.seq for entry in entries]
    if numbers != list(range(1, len(entries) + 1)):
        account.faults.append("the log's numbers have holes")
    read_later = {(entry.content or {}).get("target") for entry in entries if entry.kind == "decrypted"}
    unread = [entry for entry in entries if entry.kind == "undecryptable"]
    account.figures["read only when the key came later"] = sum(entry.seq in read_later for entry in unread)
    account.fault("events never read", (entry.event_id for entry in unread if entry.seq not in read_later))


async def _everywhere(scene: Scene, account: Account) -> None:
    """Each event of every room that is the bot's was written down as it came, once, and dealt with."""

    def look(session: Session, ids: list[str]) -> set[str]:
        return journal.known(session, ids)

    total = 0
    for room in await asyncio.to_thread(_read, scene.url, rooms.all_):
        if room.room_id is None or room.left:
            continue
        events = await scene.stage.events(room.room_id)
        # What was before the bot came in is not its to have, nor what came while it was not there.
        ids = [str(event["event_id"]) for event in events]
        total += len(ids)
        held = await asyncio.to_thread(_read, scene.url, lambda session, asked=ids: look(session, asked))
        account.fault(f"events of {room.key} that the bot never wrote down", set(ids) - held)
        marks = Counter(str(e["content"][MARKER]) for e in events if MARKER in e.get("content", {}))
        account.fault(f"messages that the bot sent twice to {room.key}", (m for m, count in marks.items() if count > 1))
    account.figures["events of all rooms of the bot"] = total


def _commands(scene: Scene, entries: Sequence[Entry], account: Account) -> None:
    """Each command that stands in the room changed one thing, and was answered once."""
    seq_of = {entry.event_id: entry.seq for entry in entries if entry.event_id is not None}
    changes: dict[int, list[Entry]] = {}
    for entry in entries:
        cause = (entry.content or {}).get("cause")
        if entry.event_id is None and isinstance(cause, int):
            changes.setdefault(cause, []).append(entry)
    typed = _typed(scene)
    account.figures["messages typed"] = len(typed)
    commands = [message for message in typed if verb_of(message.text)]
    account.figures["commands among them"] = len(commands)
    wrong_effect, wrong_answer = [], []
    for message in commands:
        kind = COMMANDS[verb_of(message.text) or ""]
        done = [entry for entry in changes.get(seq_of.get(message.event_id, 0), []) if entry.kind == kind]
        if len(done) != 1:
            wrong_effect.append(f"{message.event_id} « {message.text} » × {len(done)}")
        said = _answers(scene, message)
        if said != 1:
            wrong_answer.append(f"{message.event_id} « {message.text} » × {said}")
    account.fault("commands that did not take effect once", wrong_effect)
    account.fault("commands that were not answered once", wrong_answer)


def _typed(scene: Scene) -> list[Message]:
    """What people typed, as one of their clients shows it."""
    people = {person.user for person in scene.people}
    return [m for m in scene.people[0].log(scene.room) if m.sender in people and m.readable]


def _answers(scene: Scene, message: Message) -> int:
    """How often it was answered: by a reply, by a reaction, or, a new task, by a message that announces it."""
    bot, words = scene.stage.bot_id, words_of(message.text)
    shown = scene.people[0].message(scene.room, message.event_id)
    found = sum(sender == bot for sender, _ in shown.reactions) if shown is not None else 0
    for said in (each for each in scene.people[0].log(scene.room) if each.sender == bot):
        found += said.reply_to == message.event_id
        found += said.text.startswith(NEW_TASK) and said.text.partition("\n")[0].endswith(f": {words}")
    return found


def _reminders(scene: Scene, entries: Sequence[Entry], account: Account) -> None:
    """Each reminder that the log says was given was decided once, and stands once where it says."""
    rung = [entry.content or {} for entry in entries if entry.kind == "nudge" and (entry.content or {}).get("after")]
    steps = Counter((c["id"], c["after"]["step"], c["after"]["rung"], c["after"]["person"]) for c in rung)
    account.figures["reminders"] = len(rung)
    account.fault("reminders that were decided twice", (step for step, count in steps.items() if count > 1))
    made = {
        (entry.content or {}).get("cause"): str((entry.content or {}).get("id"))
        for entry in entries
        if entry.kind == "deadline"
    }
    seq_of = {entry.event_id: entry.seq for entry in entries if entry.event_id is not None}
    wrong, unrung = [], []
    for message in _typed(scene):
        if verb_of(message.text) != RINGS:
            continue
        clock, title = made.get(seq_of.get(message.event_id)), words_of(message.text)
        due = [c for c in rung if c["id"] == clock]
        seen = f"{clock} « {title} »"
        if not due:
            unrung.append(seen)
        for person in scene.people:
            direct = person.direct(scene.stage.bot_id)
            mine = [c for c in due if c["after"]["person"] == person.user]
            beside = _said(person, direct, str(clock), scene.stage.bot_id) if direct else 0
            if beside != len(mine):
                wrong.append(f"{seen} beside, to {person.name}: {beside} for {len(mine)}")
        here = sum(c["after"]["where"] == "cell" for c in due)
        shown = _said(scene.people[0], scene.room, str(clock), scene.stage.bot_id)
        if shown != here:
            wrong.append(f"{seen} in the room: {shown} for {here}")
    account.fault("clocks that never rang", unrung)
    account.fault("reminders that do not stand once", wrong)


def _said(person: Player, room: str, clock: str, bot: str) -> int:
    """How many of the bot's reminders name this clock; one message may remind of several."""
    found = [m.text for m in person.log(room) if m.sender == bot and m.text.startswith(REMINDER)]
    return sum(f" {clock} (" in text for text in found)


def _outbox(scene: Scene, account: Account) -> None:
    """Nothing that the bot had to say is left over, or was given up."""
    found: Counter[str] = _read(scene.url, outbox.states)
    account.figures["messages and acts of the bot"] = found["sent"]
    if found["dead"]:
        account.faults.append(f"messages of the bot that were given up: {found['dead']}")


async def _verified(scene: Scene, out: Path, account: Account) -> None:
    ran = await scene.stage.tocsin("export", scene.incident, "--out", str(out))
    if ran.code == 0:
        ran = await scene.stage.tocsin("verify", str(out / scene.incident), "--json")
    if ran.code != 0 or not json.loads(ran.out)["intact"]:
        account.faults.append(f"the log does not verify: {ran.out or ran.err}")


def _due(url: str) -> int:
    """How many rows are to be sent now; what is paced for later does not count."""
    now = SystemClock().now()
    return sum(_read(url, lambda session, lane=lane: outbox.due(session, now, lane)) is not None for lane in _LANES)


_LANES: Final = ("talk", "rooms")


def _read(url: str, look: Any) -> Any:
    database = Database(url)
    try:
        with database.reading() as session:
            return look(session)
    finally:
        database.close()
