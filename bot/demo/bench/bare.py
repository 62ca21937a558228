"""Bare nio: an echo bot as nio's own examples write one, with what the bench needs beside it.

Guarantee: it makes the Matrix calls that the bot makes for the same thing, as nio makes them, and nothing else:
no log, no journal, no outbox. It runs in a process of its own, as the bot does, and says one ready line.

It is told what to do by a JSON file, and by what is typed: `!echo` is answered by a reply, `!tick` by ✅, and
`!open` by a room, an invitation for each person, and one message.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from pathlib import Path
from typing import Any, Final

from nio import (
    InviteMemberEvent,
    LoginResponse,
    MatrixRoom,
    RoomCreateResponse,
    RoomMessagesResponse,
    RoomMessageText,
    SyncResponse,
    ToDeviceEvent,
)
from nio.api import MessageDirection
from nio.client.async_client import AsyncClient, AsyncClientConfig

# As many as the bot asks for; a homeserver may give fewer.
TIMELINE: Final = 1000
PAGE: Final = 500
_FILTER: Final = {"room": {"timeline": {"limit": TIMELINE}}}
_ENCRYPTION: Final = {
    "type": "m.room.encryption",
    "state_key": "",
    "content": {"algorithm": "m.megolm.v1.aes-sha2"},
}


class Bare:
    """One account on one device, kept over restarts."""

    def __init__(self, told: dict[str, Any]) -> None:
        self._told = told
        folder = Path(told["store"])
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._session = folder / "session.json"
        config = AsyncClientConfig(pickle_key="bare", store_sync_tokens=True)
        self._nio = AsyncClient(told["server"], told["user"], store_path=str(folder), config=config)
        self._errands: set[asyncio.Task[None]] = set()
        self._synced = asyncio.Condition()

    async def run(self) -> None:
        """Log in, catch up, say so, and answer until the process ends."""
        await self._enter()
        began = time.perf_counter()
        messages = await self._catch_up()
        took = time.perf_counter() - began
        print(json.dumps({"event": "ready", "messages": messages, "seconds": took}), flush=True)
        listening: Any = self._nio  # what nio says of its callbacks' types is not what it takes
        listening.add_event_callback(self._typed, RoomMessageText)
        listening.add_event_callback(self._invited, InviteMemberEvent)
        listening.add_response_callback(self._news, SyncResponse)
        await self._nio.sync_forever(timeout=30_000, sync_filter=_FILTER)

    async def _enter(self) -> None:
        if self._session.exists():
            known = json.loads(self._session.read_text())
            self._nio.restore_login(self._told["user"], known["device"], known["token"])
            return
        answer = await self._nio.login(self._told["password"], device_name="bare")
        if not isinstance(answer, LoginResponse):
            raise SystemExit(f"bare nio could not log in: {answer}")
        self._session.write_text(json.dumps({"device": answer.device_id, "token": answer.access_token}))
        await self._nio.keys_upload()

    # What was missed

    async def _catch_up(self) -> int:
        """Read what came while nobody was here; return how many texts could be read.

        All keys first (a homeserver gives a hundred to-device messages at a time), then what a timeline left out.
        """
        since = self._nio.loaded_sync_token or None
        found, gaps, full = 0, [], True
        arrived: list[ToDeviceEvent] = []
        while full or arrived:
            answer = await self._nio.sync(timeout=0, sync_filter=_FILTER, full_state=full)
            if not isinstance(answer, SyncResponse):
                raise SystemExit(f"bare nio could not sync: {answer}")
            full, arrived = False, answer.to_device_events
            for room_id, info in answer.rooms.join.items():
                found += sum(isinstance(event, RoomMessageText) for event in info.timeline.events)
                if info.timeline.limited and since and info.timeline.prev_batch:
                    gaps.append((room_id, since, info.timeline.prev_batch))
            if self._nio.should_upload_keys:
                await self._nio.keys_upload()
            if self._nio.should_query_keys:
                await self._nio.keys_query()
        for gap in gaps:
            found += await self._walk(*gap)
        return found

    async def _walk(self, room_id: str, start: str, end: str) -> int:
        found = 0
        while True:
            page = await self._nio.room_messages(room_id, start, end=end, direction=MessageDirection.front, limit=PAGE)
            if not isinstance(page, RoomMessagesResponse):
                raise SystemExit(f"bare nio could not read on: {page}")
            found += sum(isinstance(event, RoomMessageText) for event in page.chunk)
            if not page.chunk or not page.end or page.end in (start, end):
                return found
            start = page.end

    # What is typed

    async def _invited(self, room: MatrixRoom, event: InviteMemberEvent) -> None:
        if event.state_key == self._nio.user_id and event.membership == "invite":
            await self._nio.join(room.room_id)

    async def _typed(self, room: MatrixRoom, event: RoomMessageText) -> None:
        if event.sender == self._nio.user_id:
            return
        if event.body.startswith("!echo"):
            relation = {"m.in_reply_to": {"event_id": event.event_id}}
            await self._say(room.room_id, {**self._told["answer"], "m.relates_to": relation})
        elif event.body.startswith("!tick"):
            sign = {"rel_type": "m.annotation", "event_id": event.event_id, "key": "✅"}
            await self._nio.room_send(room.room_id, "m.reaction", {"m.relates_to": sign})
        elif event.body.startswith("!open"):
            # Its room comes by /sync, which must not wait for this.
            errand = asyncio.create_task(self._open())
            self._errands.add(errand)
            errand.add_done_callback(self._errands.discard)

    async def _open(self) -> None:
        people = self._told["people"]
        made = await self._nio.room_create(name="bare", initial_state=[_ENCRYPTION])
        if not isinstance(made, RoomCreateResponse):
            raise SystemExit(f"bare nio could not make a room: {made}")
        for person in people:
            await self._nio.room_invite(made.room_id, person)
        async with self._synced:
            await self._synced.wait_for(lambda: self._knows(made.room_id, people))
        await self._say(made.room_id, self._told["first"])

    def _knows(self, room_id: str, people: list[str]) -> bool:
        """Whether the room is known as encrypted, with everybody: else they would not be given the key."""
        room = self._nio.rooms.get(room_id)
        return room is not None and room.encrypted and set(people) <= set(room.users)

    async def _news(self, _response: SyncResponse) -> None:
        async with self._synced:
            self._synced.notify_all()

    async def _say(self, room_id: str, content: dict[str, Any]) -> None:
        await self._nio.room_send(room_id, "m.room.message", content, ignore_unverified_devices=True)


def main() -> None:
    """`bare.py --config FILE …`: what follows the file is the bot's own, and means nothing here."""
    told = json.loads(Path(sys.argv[sys.argv.index("--config") + 1]).read_text(encoding="utf-8"))
    asyncio.run(Bare(told).run())


if __name__ == "__main__":
    main()
