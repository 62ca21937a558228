"""A crisis as a test sees it from outside: what the homeserver holds, what the log holds, and whether they agree."""

from __future__ import annotations

import asyncio
import re
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

from bot.demo.players import Player
from bot.demo.stage import Stage
from bot.domain.log import Entry
from bot.export.verify import Verdict, verify
from bot.matrix.reconcile import MARKER
from bot.store import outbox
from bot.store.source import reading

Event = dict[str, Any]
T = TypeVar("T")

ALARM = "!incident rancongiciel Urgences bloquées --gravite 4"
CARD = r"En cours — INC-\d{4}-\d{3}"
CHECKLISTS = ("Informatique", "Juridique", "Communication", "Direction", "Soins")


@dataclass(frozen=True)
class Crisis:
    """An open incident: its id, its room, and the event that raised the alarm."""

    stage: Stage
    incident: str
    name: str
    alert: str
    alarm: str
    room: str

    # What the homeserver holds

    async def state(self) -> dict[tuple[str, str], Event]:
        """The room's state, by type and state key, as the homeserver has it."""
        return await state_of(self.stage, self.room)

    async def server_events(self) -> list[Event]:
        """Every event of the room, oldest first."""
        return await self.stage.events(self.room)

    # What the log holds

    def entries(self) -> list[Entry]:
        """The log, read beside the running bot."""
        with reading(database(self.stage), passphrase(self.stage)) as source:
            return list(source.entries(self.incident))

    def logged(self, event_id: str) -> list[Entry]:
        """The entries of one event: one, if all is well."""
        return [entry for entry in self.entries() if entry.event_id == event_id]

    def actions(self, action: str, identifier: str | None = None) -> list[dict[str, Any]]:
        """The changes of state of that name in the log, of one thing or of all."""
        said = [entry.content or {} for entry in self.entries()]
        return [c for c in said if c.get("action") == action and identifier in (None, c.get("id"))]

    async def settled(self, *, seconds: float = 30) -> list[Event]:
        """Wait until nothing waits to be sent and each of the server's events is in the log; return them."""
        last: tuple[object, object, int] | None = None

        async def quiet() -> list[Event] | None:
            nonlocal last
            events = await self.server_events()
            known = Counter(entry.event_id for entry in self.entries() if entry.event_id is not None)
            there = {event["event_id"] for event in events}
            unsent = unsent_rows(self.stage)
            last = (there - set(known), set(known) - there, unsent)
            return events if set(known) == there and not unsent else None

        try:
            return await eventually(quiet, seconds=seconds)
        except AssertionError:
            assert last is not None
            raise AssertionError(
                f"not in the log: {last[0]}; not on the server: {last[1]}; not sent: {last[2]}"
            ) from None

    def verified(self, folder: Path) -> Verdict:
        """The verdict on an export made now, beside the running bot."""
        from bot.export.folder import export

        return verify(export(database(self.stage), self.incident, folder, passphrase(self.stage)))


# Raising it


async def raise_alarm(stage: Stage, who: Player, text: str = ALARM) -> Crisis:
    """Raise the alarm in the alert room; return when its author is in the cell's room."""
    alert = await who.joined(stage.alert_name)
    alarm = await who.say(alert, text)
    answer = await who.reply(alert, alarm, r"(INC|EXE)-\d{4}-\d{3}")
    found = re.search(r"(?:INC|EXE)-(\d{4}-\d{3})", answer.text)
    assert found is not None
    name = f"{'Exercice' if found[0].startswith('EXE') else 'Cellule'} {found[1]}"
    return Crisis(stage, found[0], name, alert, alarm, await who.joined(name))


async def boards(crisis: Crisis, who: Player, *, seconds: float = 30) -> dict[str, Any]:
    """The card and the checklists as this person reads them, by their first words."""
    card = await who.hears(crisis.room, CARD, sender=crisis.stage.bot_id, seconds=seconds)
    lists = {
        name: await who.hears(crisis.room, rf"^{name} — .*T\d", sender=crisis.stage.bot_id, seconds=seconds)
        for name in CHECKLISTS
    }
    return {"card": card, **lists}


# Reading the homeserver


async def events_of(stage: Stage, room: str) -> list[Event]:
    """Every event of a room that the homeserver has, oldest first."""
    return await stage.events(room)


async def state_of(stage: Stage, room: str) -> dict[tuple[str, str], Event]:
    """The current state of a room, by type and state key."""
    answer = await stage.server.admin("GET", f"/_synapse/admin/v1/rooms/{quote(room, safe='')}/state")
    return {(event["type"], event["state_key"]): event for event in answer["state"]}


async def members_of(stage: Stage, room: str, membership: str) -> set[str]:
    """Whom the homeserver has in a room with that membership."""
    found = await state_of(stage, room)
    return {
        key
        for (kind, key), event in found.items()
        if kind == "m.room.member" and event["content"]["membership"] == membership
    }


def marks(events: list[Event]) -> Counter[str]:
    """How often each of the bot's transaction ids stands in a room: once, if nothing was said twice."""
    return Counter(event["content"][MARKER] for event in events if MARKER in event["content"])


# Reading the bot's own store


def database(stage: Stage) -> str:
    """The address of the bot's database, which may be read while it runs."""
    return f"sqlite:///{stage.folder / 'data' / 'tocsin.db'}"


def passphrase(stage: Stage) -> str:
    """What opens the bot's store."""
    return (stage.folder / "secrets" / "store").read_text().strip()


def unsent_rows(stage: Stage) -> int:
    """How much waits in the outbox and is due: direct rooms that are paced for later do not count."""
    from datetime import UTC, datetime

    from bot.store.db import Database

    db = Database(database(stage))
    try:
        with db.reading() as session:
            now = datetime.now(UTC)
            return sum(outbox.due(session, now, lane) is not None for lane in ("talk", "rooms"))
    finally:
        db.close()


async def eventually(found: Callable[[], Any], *, seconds: float = 30, what: str = "it") -> Any:
    """Ask again and again, until the answer is something. Raises AssertionError."""
    deadline = time.monotonic() + seconds
    while True:
        value = found()
        if asyncio.iscoroutine(value):
            value = await value
        if value is not None and value is not False:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} did not come within {seconds:g} s")
        await asyncio.sleep(0.2)


# Acting as a person's client would, beyond what players do


async def api(
    stage: Stage, who: Player, method: str, path: str, body: dict[str, Any] | None = None
) -> tuple[int, dict[str, Any]]:
    """One request of the client-server API as this person: the status and the answer."""
    return await stage.server.request(method, f"/_matrix/client/v3/{path}", body, who._nio.access_token)


async def create_room(stage: Stage, who: Player, *invite: str, encrypted: bool = True, **more: Any) -> str:
    """Make a private room as this person; return its id once their client knows it."""
    state = {"type": "m.room.encryption", "state_key": "", "content": {"algorithm": "m.megolm.v1.aes-sha2"}}
    body = {"preset": "private_chat", "invite": list(invite), "initial_state": [state] if encrypted else []} | more
    status, answer = await api(stage, who, "POST", "createRoom", body)
    assert status == 200, answer
    room = str(answer["room_id"])
    await who.until(lambda: room in who.rooms, what="its own new room")
    return room


@asynccontextmanager
async def second_device(who: Player) -> AsyncIterator[Player]:
    """The same person on another device, for a while."""
    other = await who.second_device()
    try:
        yield other
    finally:
        await other.close()


async def left_with(stage: Stage, room: str, user: str) -> str | None:
    """Wait until somebody has left a room; return the reason that they gave."""

    async def gone() -> Event | None:
        member = (await state_of(stage, room)).get(("m.room.member", user))
        return member if member is not None and member["content"]["membership"] == "leave" else None

    event = await eventually(gone, what=f"the leaving of {user}")
    reason: str | None = event["content"].get("reason")
    return reason
