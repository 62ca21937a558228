"""Killed while a text is being sent: nobody gets it twice, whoever may have missed it is named, the others get it."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from bot.store import sends
from tests.commands.gateway import Gateway
from tests.commands.harness import Talk
from tests.commands.test_sending import STAFF, asked, crisis


@pytest.mark.timeout(560)  # two starts, on a machine that may be very busy
@pytest.mark.parametrize(("step", "reached"), [("text-begun:2", 2), ("text-made:2", 3)])
def test_a_text_is_sent_to_each_once_at_most(there: Gateway, tmp_path: Path, step: str, reached: int) -> None:
    store = tmp_path / "tocsin.db"
    talk = crisis(url=f"sqlite:///{store}")
    incident = talk.incident
    asyncio.run(asked(talk, there))
    talk.db.close()
    there.said.clear()
    for life, ends in ((step, -signal.SIGKILL), ("none", 0)):
        ended = subprocess.run(
            [sys.executable, "-m", "tests.crash.sender", str(store), life, there.url],
            check=False, timeout=250, capture_output=True, text=True,
        )  # fmt: skip
        assert ended.returncode == ends, ended.stderr[-2000:]
    got = Counter(path for path, _ in there.said)
    assert set(got.values()) == {1}
    assert len(got) == reached
    after = Talk(url=f"sqlite:///{store}")
    with after.db.reading() as session:
        states = [each.state.value for each in sends.of_draft(session, incident, 1) if not each.trial]
    assert states == ["sent", "unknown", "sent"]
    assert len(states) == len(STAFF)
    after.number = 20_000
    told = [s.body for s in after.settle() if s.key.startswith("sent:")]
    assert ["issue inconnue" in body.lower() and "…02" in body for body in told] == [True]
    after.db.close()
