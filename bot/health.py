"""Whether the bot can do its work. Guarantee: ready means that nothing named here stands in the way.

`/live` and `/ready` over HTTP for a supervisor or a probe, and systemd's notification protocol (sd_notify(3))
over its socket.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Mapping

from aiohttp import web


class Health:
    """The reasons why the bot is not ready, each under the name of the part that gives it."""

    def __init__(self, *awaited: str) -> None:
        """Begin with the parts that have not reported yet, each of which holds readiness back."""
        self._reasons: dict[str, str] = dict.fromkeys(awaited, "starting")
        self._listeners: list[Callable[[bool], None]] = []
        self._warnings: dict[str, str] = {}

    def set(self, part: str, reason: str | None) -> None:
        """Say why a part is not ready, or with None that it is; tells the listeners what that changes."""
        before = self.ready
        if reason is None:
            self._reasons.pop(part, None)
        else:
            self._reasons[part] = reason
        if self.ready != before:
            for listener in self._listeners:
                listener(self.ready)

    def warn(self, part: str, warning: str | None) -> None:
        """Say what somebody should look at, though the bot does its work; with None that it is over."""
        if warning is None:
            self._warnings.pop(part, None)
        else:
            self._warnings[part] = warning

    def on_change(self, listener: Callable[[bool], None]) -> None:
        """Call this with the new state each time that readiness changes."""
        self._listeners.append(listener)

    @property
    def ready(self) -> bool:
        """Tell whether nothing stands in the way."""
        return not self._reasons

    @property
    def reasons(self) -> dict[str, str]:
        """Return why the bot is not ready, part by part."""
        return dict(self._reasons)

    @property
    def warnings(self) -> dict[str, str]:
        """Return what somebody should look at, part by part."""
        return dict(self._warnings)


class HealthServer:
    """Serves `/live` and `/ready`: 200, or 503 with the reasons."""

    def __init__(self, health: Health, address: tuple[str, int]) -> None:
        self._health = health
        self._host, self._port = address
        app = web.Application()
        app.add_routes([web.get("/live", self._live), web.get("/ready", self._ready)])
        self._runner = web.AppRunner(app, access_log=None)

    async def start(self) -> int:
        """Listen, and return the port; raises OSError when the address is taken."""
        await self._runner.setup()
        await web.TCPSite(self._runner, self._host, self._port).start()
        port: int = self._runner.addresses[0][1]
        return port

    async def stop(self) -> None:
        """Stop listening."""
        await self._runner.cleanup()

    async def _live(self, _: web.Request) -> web.Response:
        return web.json_response({"live": True})

    async def _ready(self, _: web.Request) -> web.Response:
        reasons = self._health.reasons
        said: dict[str, object] = {"ready": not reasons, "reasons": reasons}
        if self._health.warnings:
            said["warnings"] = self._health.warnings
        return web.json_response(said, status=503 if reasons else 200)


class Supervisor:
    """Tells systemd how things stand; says nothing where it did not ask."""

    def __init__(self, env: Mapping[str, str] = os.environ) -> None:
        self._address = env.get("NOTIFY_SOCKET", "")
        micros = env.get("WATCHDOG_USEC", "")
        pid = env.get("WATCHDOG_PID", "")
        meant_for_us = not pid or pid == str(os.getpid())
        self._interval = int(micros) / 2e6 if micros.isdecimal() and meant_for_us else None

    @property
    def watchdog_interval(self) -> float | None:
        """Return every how many seconds `alive` is due (half of what systemd allows), or None."""
        return self._interval

    def ready(self) -> None:
        """Say that the bot is ready."""
        self._send("READY=1")

    def stopping(self) -> None:
        """Say that the bot is stopping."""
        self._send("STOPPING=1")

    def alive(self) -> None:
        """Say that the bot still turns."""
        self._send("WATCHDOG=1")

    def status(self, text: str) -> None:
        """Give the line that `systemctl status` shows."""
        self._send("STATUS=" + text.replace("\n", " "))

    def _send(self, message: str) -> None:
        if not self._address:
            return
        # A name that begins with @ is in Linux's abstract namespace.
        address = "\0" + self._address[1:] if self._address.startswith("@") else self._address
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as outlet:
            try:
                outlet.sendto(message.encode(), address)
            except OSError:
                # systemd itself is restarting: it asks again, and the bot goes on without it.
                return
