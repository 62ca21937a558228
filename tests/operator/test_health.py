"""What a supervisor is told."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import aiohttp
import pytest

from bot.health import Health, HealthServer, Supervisor


async def asked(port: int, path: str) -> tuple[int, dict[str, object]]:
    async with aiohttp.ClientSession() as http, http.get(f"http://127.0.0.1:{port}{path}") as answer:
        return answer.status, await answer.json()


async def test_ready_only_when_nothing_stands_in_the_way() -> None:
    health = Health("sync", "signed")
    server = HealthServer(health, ("127.0.0.1", 0))
    port = await server.start()
    try:
        assert await asked(port, "/live") == (200, {"live": True})
        status, answer = await asked(port, "/ready")
        assert (status, answer["reasons"]) == (503, {"sync": "starting", "signed": "starting"})
        health.set("sync", None)
        health.set("signed", "the device is not signed")
        assert await asked(port, "/ready") == (
            503,
            {"ready": False, "reasons": {"signed": "the device is not signed"}},
        )
        health.set("signed", None)
        assert await asked(port, "/ready") == (200, {"ready": True, "reasons": {}})
        health.set("sync", "no answer for 90 s")
        assert (await asked(port, "/ready"))[0] == 503
    finally:
        await server.stop()
    with pytest.raises(aiohttp.ClientConnectionError):
        await asked(port, "/live")


def test_listeners_hear_changes_only() -> None:
    health, heard = Health(), []
    health.on_change(heard.append)
    health.set("sync", "down")
    health.set("store", "full")
    health.set("sync", None)
    assert heard == [False]
    health.set("store", None)
    health.set("store", None)
    assert heard == [False, True]


@pytest.fixture
def systemd() -> Iterator[tuple[socket.socket, str]]:
    # A Unix socket's path must be short, which a test's own folder is not always.
    with TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as inlet:
        address = str(Path(folder) / "notify")
        inlet.bind(address)
        inlet.settimeout(10)
        yield inlet, address


def test_systemd_is_told(systemd: tuple[socket.socket, str]) -> None:
    inlet, address = systemd
    supervisor = Supervisor({"NOTIFY_SOCKET": address, "WATCHDOG_USEC": "60000000", "WATCHDOG_PID": str(os.getpid())})
    assert supervisor.watchdog_interval == 30.0
    supervisor.ready()
    supervisor.alive()
    supervisor.status("deux\nlignes")
    supervisor.stopping()
    assert [inlet.recv(100) for _ in range(4)] == [
        b"READY=1",
        b"WATCHDOG=1",
        b"STATUS=deux lignes",
        b"STOPPING=1",
    ]


def test_an_abstract_socket() -> None:
    name = f"tocsin-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as inlet:
        inlet.bind("\0" + name)
        inlet.settimeout(10)
        Supervisor({"NOTIFY_SOCKET": "@" + name}).ready()
        assert inlet.recv(100) == b"READY=1"


def test_without_systemd_nothing_is_said_and_nothing_fails(tmp_path: Path) -> None:
    supervisor = Supervisor({})
    supervisor.ready()
    assert supervisor.watchdog_interval is None
    Supervisor({"NOTIFY_SOCKET": str(tmp_path / "gone")}).ready()
    assert Supervisor({"WATCHDOG_USEC": "2000000", "WATCHDOG_PID": "1"}).watchdog_interval is None
