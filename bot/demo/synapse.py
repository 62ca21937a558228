"""An embedded homeserver: a real Synapse, on loopback, in one folder, as a process of its own.

Guarantees: Synapse is never imported here (it is AGPL-3.0, an optional extra); it listens on 127.0.0.1 only
and federates with nobody; its process ends when this one does, however this one ends; a start on a folder
that was used before finds the same accounts, rooms and signing key at the same address.
"""

from __future__ import annotations

import asyncio
import atexit
import base64
import hashlib
import hmac
import importlib.util
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import quote
from urllib.request import urlopen

import aiohttp

from bot.demo.leash import LEASH
from bot.demo.synapse_settings import MARK, Limits, log_settings, settings

START_SECONDS: Final = 60.0
STOP_SECONDS: Final = 10.0

_PROGRAM: Final = """
sys.argv[0] = "synapse"
runpy.run_module("synapse.app.homeserver", run_name="__main__", alter_sys=True)
"""


class SynapseError(Exception):
    """The embedded homeserver is missing, did not start, or refused; the message is for a person."""


class Synapse:
    """One Synapse with its data in `folder`; `async with Synapse(folder) as server:` starts and stops it.

    `limits="default"` keeps Synapse's own rate limits on messages, invitations, joins and rooms.
    """

    def __init__(
        self,
        folder: Path,
        *,
        server_name: str = "tocsin.test",
        limits: Limits = "none",
        port: int | None = None,
    ) -> None:
        self.folder = folder
        self.server_name = server_name
        self.limits: Limits = limits
        self._port = port
        self._process: subprocess.Popen[bytes] | None = None
        self._admin_token: str | None = None

    @property
    def url(self) -> str:
        """The client address, without a final slash; known once it was started."""
        if self._port is None:
            raise SynapseError("The embedded homeserver has no address before it is started.")
        return f"http://127.0.0.1:{self._port}"

    @property
    def pid(self) -> int | None:
        """The process id while it runs."""
        return self._process.pid if self._process is not None and self._process.poll() is None else None

    def user_id(self, localpart: str) -> str:
        """The full Matrix id of a local account."""
        return f"@{localpart}:{self.server_name}"

    # Starting and stopping

    def start(self) -> None:
        """Starts and waits until it answers (about two seconds). Raises SynapseError with the reason."""
        if self.pid is not None:
            return
        if importlib.util.find_spec("synapse") is None:
            raise SynapseError(
                f"Synapse is not installed for {sys.executable}: install Tocsin's « demo » extra "
                "(pip install 'tocsin[demo]')."
            )
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        known = self._known()
        fixed = self._port or known.get("port")
        for _attempt in range(3):
            self._port = fixed or _free_port()
            mark = secrets.token_hex(8)
            self._write(known, mark)
            if self._launch(mark):
                return
            if fixed is not None or "Address already in use" not in self._last_words():
                break
        raise SynapseError(f"The embedded homeserver did not start: {self._last_words()}")

    def stop(self) -> None:
        """Ends it cleanly, and by force after ten seconds; nothing to do if it does not run."""
        process = self._process
        if process is None:
            return
        if process.poll() is None:
            process.send_signal(signal.SIGCONT)  # a paused process would not see the request to end
            process.terminate()
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
        self._reap()

    def kill(self) -> None:
        """Ends it as a power cut would; `start()` brings it back on the same data."""
        if self._process is not None:
            self._process.kill()
            self._reap()

    def restart(self) -> None:
        """Stops and starts it again: same address, same data."""
        self.stop()
        self.start()

    def pause(self) -> None:
        """Freezes it: connections are accepted by the kernel and never answered."""
        self._running().send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Ends a pause."""
        self._running().send_signal(signal.SIGCONT)

    async def __aenter__(self) -> Self:
        await asyncio.to_thread(self.start)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await asyncio.to_thread(self.stop)

    # What an administrator of the homeserver does

    async def register(self, localpart: str, password: str, *, admin: bool = False) -> str:
        """Makes an account and returns its Matrix id. Raises SynapseError if the name is taken."""
        await self._register(localpart, password, admin=admin)
        return self.user_id(localpart)

    async def override_ratelimit(self, user_id: str) -> None:
        """Lifts the message limits of one account, as an administrator may."""
        path = f"/_synapse/admin/v1/users/{quote(user_id, safe='')}/override_ratelimit"
        await self.admin("POST", path, {"messages_per_second": 0, "burst_count": 0})

    async def admin(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """A call as an administrator of the homeserver; raises SynapseError unless it is answered by 200."""
        if self._admin_token is None:
            name = f"admin-{secrets.token_hex(4)}"
            self._admin_token = await self._register(name, secrets.token_urlsafe(24), admin=True)
        return await self._ok(method, path, body, self._admin_token)

    async def request(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, token: str | None = None
    ) -> tuple[int, dict[str, Any]]:
        """One HTTP call to it: the status and the answer's JSON."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=60)) as session,
            session.request(method, self.url + path, json=body, headers=headers) as answer,
        ):
            content: dict[str, Any] = await answer.json(content_type=None)
            return answer.status, content

    async def _register(self, localpart: str, password: str, *, admin: bool) -> str:
        path = "/_synapse/admin/v1/register"
        nonce = str((await self._ok("GET", path, None, None))["nonce"])
        parts = (nonce, localpart, password, "admin" if admin else "notadmin")
        mac = hmac.new(self._known()["registration"].encode(), "\0".join(parts).encode(), hashlib.sha1)
        request = {
            "nonce": nonce,
            "username": localpart,
            "password": password,
            "admin": admin,
            "mac": mac.hexdigest(),
        }
        return str((await self._ok("POST", path, request, None))["access_token"])

    async def _ok(self, method: str, path: str, body: Mapping[str, Any] | None, token: str | None) -> dict[str, Any]:
        status, content = await self.request(method, path, body, token)
        if status != 200:
            raise SynapseError(f"The homeserver refused {method} {path}: {status} {content.get('error', '')}")
        return content

    # The process and its files

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            raise SynapseError("The embedded homeserver does not run.")
        return self._process

    def _launch(self, mark: str) -> bool:
        with (self.folder / "output.txt").open("wb") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-c", LEASH + _PROGRAM, "-c", str(self.folder / "homeserver.yaml")],
                cwd=self.folder,
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C is for us: we end it in our own order
            )
        atexit.register(self.stop)
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            if _read(f"{self.url}/.well-known/matrix/client").get(MARK) == mark:
                return True
            time.sleep(0.05)
        self.kill()
        return False

    def _reap(self) -> None:
        if self._process is None:
            return
        self._process.wait()
        if self._process.stdin is not None:
            self._process.stdin.close()
        self._process = None
        atexit.unregister(self.stop)

    def _last_words(self) -> str:
        output = self.folder / "output.txt"
        lines = output.read_text(errors="replace").strip().splitlines() if output.exists() else []
        return " ".join(lines[-3:]) or "it said nothing."

    def _known(self) -> dict[str, Any]:
        """The folder's secrets and, after a first start, its port: a restart changes neither."""
        path = self.folder / "secrets.json"
        if not path.exists():
            made = {name: secrets.token_urlsafe(32) for name in ("macaroon", "form", "registration")}
            _write_private(path, json.dumps(made))
        content: dict[str, Any] = json.loads(path.read_text())
        return content

    def _write(self, known: Mapping[str, Any], mark: str) -> None:
        _write_private(self.folder / "secrets.json", json.dumps({**known, "port": self._port}))
        signing_key = self.folder / "signing.key"
        if not signing_key.exists():
            seed = base64.b64encode(secrets.token_bytes(32)).decode().rstrip("=")
            _write_private(signing_key, f"ed25519 a_{secrets.token_hex(2)} {seed}\n")
        _write_private(self.folder / "log.yaml", json.dumps(log_settings(self.folder)))
        # JSON is YAML, and needs no library to write.
        _write_private(
            self.folder / "homeserver.yaml",
            json.dumps(
                settings(self.folder, self.server_name, self.url, self.limits, known=known, mark=mark),
                indent=1,
            ),
        )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _read(url: str) -> dict[str, Any]:
    """The JSON object at a local address, or nothing while it does not answer."""
    try:
        with urlopen(url, timeout=2) as answer:
            content: dict[str, Any] = json.load(answer)
            return content
    except (OSError, ValueError):  # URLError is an OSError
        return {}


def _write_private(path: Path, text: str) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
