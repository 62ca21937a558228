"""The embedded homeserver: real, restartable, gone when its owner is."""

from __future__ import annotations

import asyncio
import os
import stat
import subprocess
import sys
import time
from pathlib import Path

import aiohttp
import pytest

from bot.demo.synapse import Synapse, SynapseError


async def login(server: Synapse, user: str, password: str) -> tuple[int, dict[str, object]]:
    identifier = {"type": "m.id.user", "user": user}
    body = {"type": "m.login.password", "identifier": identifier, "password": password}
    return await server.request("POST", "/_matrix/client/v3/login", body)


async def test_accounts_can_log_in_and_names_are_taken_once(synapse: Synapse) -> None:
    user = await synapse.register("ground-claire", "pas un secret")
    assert user == f"@ground-claire:{synapse.server_name}"
    status, answer = await login(synapse, user, "pas un secret")
    assert (status, answer["user_id"]) == (200, user)
    assert (await login(synapse, user, "faux"))[0] == 403
    with pytest.raises(SynapseError, match="400"):
        await synapse.register("ground-claire", "autre")


async def test_it_listens_on_loopback_only_and_keeps_its_secrets(tmp_path: Path) -> None:
    async with Synapse(tmp_path / "hs") as server:
        assert server.url.startswith("http://127.0.0.1:")
        port = int(server.url.rpartition(":")[2])
        listening = [
            line.split()[1]
            for table in ("/proc/net/tcp", "/proc/net/tcp6")
            for line in Path(table).read_text().splitlines()[1:]
            if line.split()[3] == "0A" and line.split()[1].endswith(f":{port:04X}")
        ]
        assert listening == [f"0100007F:{port:04X}"]
        for name in ("homeserver.yaml", "secrets.json", "signing.key"):
            assert stat.S_IMODE((server.folder / name).stat().st_mode) == 0o600
    assert server.pid is None


async def test_a_restart_and_a_kill_keep_address_and_accounts(tmp_path: Path) -> None:
    server = Synapse(tmp_path / "hs")
    server.start()
    try:
        address = server.url
        await server.register("paul", "p")
        server.kill()
        assert server.pid is None
        with pytest.raises(aiohttp.ClientError):
            await login(server, "paul", "p")
        server.start()
        assert server.url == address
        assert (await login(server, "paul", "p"))[0] == 200
        server.stop()
        again = Synapse(tmp_path / "hs")
        again.start()
        try:
            assert again.url == address
            assert (await login(again, "paul", "p"))[0] == 200
        finally:
            again.stop()
    finally:
        server.stop()


async def test_a_paused_server_is_silent_until_resumed(tmp_path: Path) -> None:
    async with Synapse(tmp_path / "hs") as server:
        await server.register("paul", "p")
        server.pause()
        waiting = asyncio.create_task(login(server, "paul", "p"))
        done, _ = await asyncio.wait({waiting}, timeout=1)
        assert not done
        server.resume()
        assert (await waiting)[0] == 200
        server.pause()
    assert server.pid is None, "a paused server can be stopped"


@pytest.mark.parametrize("lifted", [False, True])
async def test_default_limits_hold_until_an_administrator_lifts_them(tmp_path: Path, lifted: bool) -> None:
    async with Synapse(tmp_path / "hs", limits="default") as server:
        user = await server.register("bavarde", "p")
        if lifted:
            await server.override_ratelimit(user)
        token = str((await login(server, user, "p"))[1]["access_token"])
        _, room = await server.request("POST", "/_matrix/client/v3/createRoom", {}, token)
        path = f"/_matrix/client/v3/rooms/{room['room_id']}/send/m.room.message"
        statuses = [
            (await server.request("PUT", f"{path}/{n}", {"msgtype": "m.text", "body": "x"}, token))[0]
            for n in range(15)
        ]
        assert (429 in statuses) is not lifted


def test_it_ends_with_its_owner_even_when_that_one_is_killed(tmp_path: Path) -> None:
    program = (
        "import sys, time; from pathlib import Path; from bot.demo.synapse import Synapse\n"
        "server = Synapse(Path(sys.argv[1])); server.start(); print(server.pid, flush=True); time.sleep(600)"
    )
    owner = subprocess.Popen([sys.executable, "-c", program, str(tmp_path / "hs")], stdout=subprocess.PIPE, text=True)
    assert owner.stdout is not None
    pid = int(owner.stdout.readline())
    owner.kill()
    owner.wait()
    owner.stdout.close()
    deadline = time.monotonic() + 30
    while _alive(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _alive(pid)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # Killed, and not yet reaped by whoever adopted it, is dead too.
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"


def test_a_port_that_is_taken_is_a_clear_sentence(tmp_path: Path) -> None:
    first = Synapse(tmp_path / "one")
    first.start()
    try:
        port = int(first.url.rpartition(":")[2])
        with pytest.raises(SynapseError, match="did not start"):
            Synapse(tmp_path / "two", port=port).start()
    finally:
        first.stop()


def test_what_is_not_running_cannot_be_paused(tmp_path: Path) -> None:
    with pytest.raises(SynapseError, match="does not run"):
        Synapse(tmp_path).pause()
