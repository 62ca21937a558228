"""`tocsin run` where no homeserver answers yet, as after a power cut: a real process, told things by signals."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from tests.operator.test_roster_file import GOOD

WAIT = 120.0


def ready(port: int) -> dict[str, str]:
    """Why it is not ready, by part; raises OSError while nobody listens."""
    asked = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    asked.request("GET", "/ready")
    answer = asked.getresponse()
    assert answer.status == 503
    reasons: dict[str, str] = json.loads(answer.read())["reasons"]
    return reasons


def free_port() -> int:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port: int = held.getsockname()[1]
        return port


def test_a_start_without_a_homeserver_says_why_it_waits_outlives_a_hangup_and_stops_when_told(
    tmp_path: Path, write: Callable[..., Path]
) -> None:
    (tmp_path / "roster.yaml").write_text(GOOD, encoding="utf-8")
    port, nobody = free_port(), free_port()
    env = os.environ | {
        "PYTHONPATH": str(Path(__file__).resolve().parents[2]),
        "TOCSIN_HEALTH__LISTEN": f"127.0.0.1:{port}",
        "TOCSIN_MATRIX__HOMESERVER": f"http://127.0.0.1:{nobody}",
    }
    command = [sys.executable, "-m", "bot.cli", "--config", str(write()), "run"]
    with (
        (tmp_path / "out").open("wb") as out,
        (tmp_path / "err").open("wb") as err,
        subprocess.Popen(command, cwd=tmp_path, env=env, stdout=out, stderr=err) as bot,
    ):
        try:
            until = time.monotonic() + WAIT
            reasons: dict[str, str] = {}
            while "homeserver" not in reasons:
                assert bot.poll() is None, (tmp_path / "err").read_text()
                assert time.monotonic() < until, reasons
                time.sleep(0.1)
                with suppress(OSError):
                    reasons = ready(port)
            assert str(nobody) in reasons["homeserver"]
            bot.send_signal(signal.SIGHUP)
            for _ in range(3):
                assert ready(port)
            bot.send_signal(signal.SIGTERM)
            assert bot.wait(WAIT) == 0
        finally:
            bot.kill()
    assert (tmp_path / "out").read_bytes() == b""
    assert "Traceback" not in (tmp_path / "err").read_text()
