"""A homeserver small enough to misbehave on purpose: the client-server API that the bot uses, on loopback.

Real clients talk to it over real HTTP. It keeps rooms, devices, keys and to-device queues, numbers all that
happens (a sync token is `s<events>_<to-device>`), and does what a `Fault` tells it, or what a test puts into
its tables.
"""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.matrix.fake_keys import KeyTables
from tests.matrix.fake_rooms import RoomTables
from tests.matrix.fake_wire import DEVICE, USER, Problem, body_of, dumps

SERVER_NAME = "fake.test"


@dataclass
class Fault:
    """What to do instead with the next `times` requests that match.

    `drop`: "before" closes the connection without doing anything, "after" does it and closes without
    answering.
    """

    method: str
    pattern: str
    status: int | None = None
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    drop: str | None = None
    delay: float = 0.0
    times: int = 1
    seen: int = 0

    def matches(self, method: str, path: str) -> bool:
        return self.seen < self.times and self.method == method and re.search(self.pattern, path) is not None


@dataclass(frozen=True)
class Seen:
    """A request that came."""

    method: str
    path: str
    query: dict[str, str]
    at: float
    token: str | None


class FakeServer(RoomTables, KeyTables):
    """The homeserver. `async with FakeServer() as server`, then `server.url`."""

    def __init__(self, *, timeline_limit: int = 100, to_device_limit: int = 100) -> None:
        self.server_name = SERVER_NAME
        self.timeline_limit = timeline_limit
        self.to_device_limit = to_device_limit
        self.position = 0
        self.passwords: dict[str, str] = {}
        self.tokens: dict[str, tuple[str, str]] = {}
        self.devices: dict[str, set[str]] = defaultdict(set)
        self.soft: set[str] = set()
        self.faults: list[Fault] = []
        self.requests: list[Seen] = []
        self.raw_syncs: dict[str, list[bytes]] = defaultdict(list)
        self.media: dict[str, bytes] = {}
        self.url = ""
        self._changed = asyncio.Event()
        self._counter = 0
        self._runner: web.AppRunner | None = None
        self._site: web.TCPSite | None = None
        self._port = 0
        RoomTables.__init__(self)
        KeyTables.__init__(self)

    async def __aenter__(self) -> FakeServer:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self) -> None:
        """Listen; after `stop`, on the same port with the same tables."""
        app = web.Application(middlewares=[self._gate], client_max_size=64 * 2**20)
        for method, route, handler in [*self._routes(), *self.room_routes(), *self.key_routes()]:
            app.router.add_route(method, "/_matrix/client" + route, handler)
        app.router.add_post("/_matrix/media/v3/upload", self._upload)
        app.router.add_get("/_matrix/client/v1/media/download/{server}/{name}", self._download)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        self._site = web.TCPSite(self._runner, "127.0.0.1", self._port)
        await self._site.start()
        self._port = self._runner.addresses[0][1]
        self.url = f"http://127.0.0.1:{self._port}"

    async def stop(self) -> None:
        """Stop listening, as a machine that went down."""
        self.touch()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    # What a test tells it

    def user(self, name: str, password: str = "secret") -> str:
        """Make an account and return its id."""
        user = f"@{name}:{self.server_name}"
        self.passwords[user] = password
        return user

    def fault(self, method: str, pattern: str, **what: Any) -> Fault:
        """Let the next `times` requests that match fail; returns the fault, whose `seen` counts."""
        fault = Fault(method, pattern, **what)
        self.faults.append(fault)
        return fault

    def revoke(self, user: str, *, soft: bool = False) -> None:
        """End the user's sessions; unless `soft`, their devices and keys go too."""
        for token, (owner, device) in list(self.tokens.items()):
            if owner == user:
                del self.tokens[token]
                if soft:
                    self.soft.add(token)
                else:
                    self.forget_device(user, device)

    def count(self, method: str, pattern: str) -> int:
        """How many requests of this kind came."""
        return sum(seen.method == method and re.search(pattern, seen.path) is not None for seen in self.requests)

    # Time and wakening

    def tick(self) -> int:
        """Return the next position, and wake those who wait in `/sync`."""
        self.position += 1
        self.touch()
        return self.position

    def touch(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    def fresh(self, prefix: str) -> str:
        self._counter += 1
        return f"{prefix}{self._counter:06d}"

    # Requests

    @web.middleware
    async def _gate(self, request: web.Request, handler: Any) -> web.StreamResponse:
        auth = request.headers.get("Authorization", "")
        token = auth.removeprefix("Bearer ") or None
        self.requests.append(Seen(request.method, request.path, dict(request.query), time.monotonic(), token))
        fault = next((f for f in self.faults if f.matches(request.method, request.path)), None)
        if fault:
            fault.seen += 1
            if fault.delay:
                await asyncio.sleep(fault.delay)
            if fault.drop == "after":
                await self._answer(request, handler, token)
            if fault.drop:
                assert request.transport is not None
                request.transport.abort()
                raise web.HTTPServiceUnavailable
            if fault.status is not None:
                return self._fault_answer(fault)
        return await self._answer(request, handler, token)

    async def _answer(self, request: web.Request, handler: Any, token: str | None) -> web.StreamResponse:
        open_to_all = request.path.endswith(("/login", "/versions"))
        try:
            if not open_to_all:
                request[USER], request[DEVICE] = self._who(token)
            answer = await handler(request)
        except Problem as problem:
            return web.Response(status=problem.status, text=dumps(problem.body), content_type="application/json")
        if isinstance(answer, web.StreamResponse):
            return answer
        return web.Response(text=dumps(answer), content_type="application/json")

    @staticmethod
    def _fault_answer(fault: Fault) -> web.Response:
        assert fault.status is not None
        if isinstance(fault.body, str):
            return web.Response(status=fault.status, text=fault.body, content_type="text/html", headers=fault.headers)
        return web.Response(
            status=fault.status,
            text=dumps(fault.body or {}),
            content_type="application/json",
            headers=fault.headers,
        )

    def _who(self, token: str | None) -> tuple[str, str]:
        if token in self.tokens:
            return self.tokens[token]
        if token is None:
            raise Problem(401, "M_MISSING_TOKEN", "no token")
        raise Problem(401, "M_UNKNOWN_TOKEN", "unknown token", soft_logout=token in self.soft)

    def _routes(self) -> Iterable[tuple[str, str, Any]]:
        return [
            ("GET", "/versions", self._versions),
            ("GET", "/v3/login", self._flows),
            ("POST", "/v3/login", self._login),
            ("GET", "/v3/account/whoami", self._whoami),
            ("GET", "/v3/sync", self._sync),
            ("POST", "/v3/user/{user}/filter", self._filter),
            ("GET", "/v3/profile/{user}", self._profile),
        ]

    async def _versions(self, request: web.Request) -> Any:
        return {"versions": ["v1.11", "v1.15"]}

    async def _flows(self, request: web.Request) -> Any:
        return {"flows": [{"type": "m.login.password"}]}

    async def _login(self, request: web.Request) -> Any:
        body = await body_of(request)
        name = body.get("identifier", {}).get("user", body.get("user", ""))
        user = name if name.startswith("@") else f"@{name}:{self.server_name}"
        if self.passwords.get(user) != body.get("password"):
            raise Problem(403, "M_FORBIDDEN", "Invalid username or password")
        device = body.get("device_id") or self.fresh("DEVICE")
        token = self.log_in(user, device)
        return {"user_id": user, "device_id": device, "access_token": token, "home_server": self.server_name}

    def log_in(self, user: str, device: str) -> str:
        """Open a session; one that the device had is over."""
        for old, owner in list(self.tokens.items()):
            if owner == (user, device):
                del self.tokens[old]
        token = self.fresh("token")
        self.tokens[token] = (user, device)
        self.devices[user].add(device)
        return token

    async def _whoami(self, request: web.Request) -> Any:
        return {"user_id": request[USER], "device_id": request[DEVICE], "is_guest": False}

    async def _filter(self, request: web.Request) -> Any:
        return {"filter_id": "0"}

    async def _profile(self, request: web.Request) -> Any:
        if request.match_info["user"] not in self.passwords:
            raise Problem(404, "M_NOT_FOUND", "no such user")
        return {}

    async def _upload(self, request: web.Request) -> Any:
        name = self.fresh("media")
        self.media[name] = await request.read()
        return {"content_uri": f"mxc://{self.server_name}/{name}"}

    async def _download(self, request: web.Request) -> Any:
        if request.match_info["name"] not in self.media:
            raise Problem(404, "M_NOT_FOUND", "no such file")
        return web.Response(body=self.media[request.match_info["name"]])

    # Sync

    async def _sync(self, request: web.Request) -> Any:
        user, device = request[USER], request[DEVICE]
        if self.raw_syncs[user]:
            return web.Response(body=self.raw_syncs[user].pop(0), content_type="application/json")
        since, to_device = _parse_token(request.query.get("since"))
        full = request.query.get("full_state") == "true"
        limit = self._limit_of(request.query.get("filter"))
        deadline = time.monotonic() + int(request.query.get("timeout", "0")) / 1000
        self.to_device_seen(user, device, to_device)
        while True:
            changed = self._changed
            answer, news = self._sync_answer(user, device, since, to_device, full=full, limit=limit)
            remaining = deadline - time.monotonic()
            if news or since is None or full or remaining <= 0 or self._runner is None:
                return answer
            try:
                await asyncio.wait_for(changed.wait(), remaining)
            except TimeoutError:
                continue

    def _sync_answer(
        self, user: str, device: str, since: int | None, to_device: int, *, full: bool, limit: int
    ) -> tuple[dict[str, Any], bool]:
        rooms = self.sync_rooms(user, since, full=full, limit=limit)
        messages, last = self.to_device_after(user, device, to_device, self.to_device_limit)
        changed = self.changed_devices(user, since or 0)
        answer = {
            "next_batch": f"s{self.position}_{last}",
            "rooms": rooms,
            "to_device": {"events": messages},
            "device_lists": {"changed": changed, "left": []},
            **self.key_counts(user, device),
        }
        return answer, bool(messages or changed or any(rooms.values()))

    def _limit_of(self, given: str | None) -> int:
        wanted = 10
        if given and given.startswith("{"):
            wanted = json.loads(given).get("room", {}).get("timeline", {}).get("limit", wanted)
        return min(wanted, self.timeline_limit)


def _parse_token(token: str | None) -> tuple[int | None, int]:
    if not token:
        return None, 0
    events, _, to_device = token.removeprefix("s").partition("_")
    return int(events), int(to_device or 0)
