"""A bad network between the bot and its homeserver: an HTTP proxy on loopback that loses, delays, cuts, repeats.

Guarantee: what it invents a real network or a real gateway could have done. It repeats only what a gateway may repeat
(RFC 9110, 9.2.2: idempotent methods); it never changes a byte of an answer that it lets through whole; a refusal by
429 means that the homeserver was not asked. While `calm` is set it only passes on.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Self

import aiohttp
from aiohttp import web
from yarl import URL

REPEATABLE: Final = frozenset({"GET", "PUT", "DELETE"})
PASSED_ON: Final = ("Authorization", "Content-Type")
RETURNED: Final = ("Content-Type", "Retry-After")
BIGGEST: Final = 64 << 20


@dataclass(frozen=True)
class Odds:
    """How likely each trouble is, for one request; `longest` bounds a delay, in seconds."""

    dropped: float = 0.04
    lost: float = 0.04
    cut: float = 0.04
    twice: float = 0.06
    late: float = 0.10
    bad_gateway: float = 0.04
    limited: float = 0.03
    longest: float = 2.0

    @property
    def chances(self) -> dict[str, float]:
        """Each trouble's name and chance."""
        return {name: float(getattr(self, name)) for name in TROUBLES}


TROUBLES: Final = {
    "dropped": "reset before they arrived",
    "lost": "done, and the answer lost",
    "cut": "done, and the answer cut in half",
    "twice": "done twice",
    "late": "delayed",
    "bad_gateway": "answered 502, half of them after they were done",
    "limited": "answered 429",
}
"""Each trouble, and what it does to a request."""


@dataclass(frozen=True)
class _Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    def as_response(self) -> web.Response:
        return web.Response(status=self.status, headers=self.headers, body=self.body)


class Proxy:
    """`async with Proxy(url, seed) as proxy:` listens on `proxy.url`. `counts` says what was done how often."""

    def __init__(self, target: str, seed: int, odds: Odds | None = None) -> None:
        self.calm = False
        self.counts: Counter[str] = Counter()
        self.url = ""
        self._target = target
        self._odds = odds or Odds()
        self._chance = random.Random(seed)
        app = web.Application(client_max_size=BIGGEST)
        app.router.add_route("*", "/{path:.*}", self._handle)
        # Whoever is killed takes their connection along: the homeserver must see that they went.
        self._runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=1)
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=5), connector=aiohttp.TCPConnector(limit=0)
        )
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._runner.cleanup()
        if self._session is not None:
            await self._session.close()

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        self.counts["requests"] += 1
        trouble = self._choose(request.method)
        if trouble is not None:
            self.counts[trouble] += 1
        if trouble == "dropped":
            return _hang_up(request)
        if trouble == "limited":
            return web.json_response(
                {"errcode": "M_LIMIT_EXCEEDED", "error": "Too Many Requests", "retry_after_ms": self._milliseconds()},
                status=429,
            )
        if trouble == "bad_gateway" and self._chance.random() < 0.5:
            return _bad_gateway()
        if trouble == "late":
            # Half of it on the way there, half on the way back: what follows may overtake it.
            await asyncio.sleep(self._milliseconds() / 2000)
        if trouble == "twice":
            await self._pass_on(request, body)
        answer = await self._pass_on(request, body)
        if trouble == "late":
            await asyncio.sleep(self._milliseconds() / 2000)
        if trouble == "lost":
            return _hang_up(request)
        if trouble == "bad_gateway":
            return _bad_gateway()
        if trouble == "cut":
            return self._cut(request, answer)
        return answer.as_response()

    def _choose(self, method: str) -> str | None:
        if self.calm:
            return None
        drawn = self._chance.random()
        for name, chance in self._odds.chances.items():
            if drawn < chance:
                return None if name == "twice" and method not in REPEATABLE else name
            drawn -= chance
        return None

    def _milliseconds(self) -> int:
        return int(self._chance.uniform(0.05, self._odds.longest) * 1000)

    async def _pass_on(self, request: web.Request, body: bytes) -> _Answer:
        assert self._session is not None
        headers = {name: request.headers[name] for name in PASSED_ON if name in request.headers}
        where = URL(self._target + request.raw_path, encoded=True)
        try:
            async with self._session.request(
                request.method, where, data=body or None, headers=headers, allow_redirects=False
            ) as answer:
                kept = {name: answer.headers[name] for name in RETURNED if name in answer.headers}
                return _Answer(answer.status, kept, await answer.read())
        except (aiohttp.ClientError, OSError):
            self.counts["unreachable"] += 1
            return _Answer(502, {"Content-Type": "text/html"}, _PAGE)

    def _cut(self, request: web.Request, answer: _Answer) -> web.StreamResponse:
        """Half an answer: with its whole length announced, or, as HTTP/1.0 does, with no length at all."""
        transport = request.transport
        if transport is not None:
            length = f"Content-Length: {len(answer.body)}\r\n" if self._chance.random() < 0.5 else ""
            head = f"HTTP/1.1 {answer.status} .\r\nContent-Type: application/json\r\n{length}Connection: close\r\n\r\n"
            transport.write(head.encode() + answer.body[: len(answer.body) // 2])
            transport.close()
        return web.Response()


_PAGE: Final = b"<html><body><h1>502 Bad Gateway</h1></body></html>"


def _bad_gateway() -> web.Response:
    return web.Response(status=502, body=_PAGE, content_type="text/html")


def _hang_up(request: web.Request) -> web.Response:
    """Reset the connection. What is returned here goes nowhere."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()
