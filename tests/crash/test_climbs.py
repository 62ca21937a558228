"""Killed at any step of a climb: nobody is rung twice for it, no rung is left out, and nobody is called outside twice."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from bot.store import nudges, outside
from tests.commands.gateway import Gateway

from .climber import live, talk_on

STEPS = ("rung:2", "outside-begun:1", "outside-made:1")


def lived(store: Path, there: Gateway, steps: tuple[str, ...]) -> tuple[Counter[tuple[str, str, int, str]], list[str]]:
    """Who was rung, for what and how high, in the log, and what became of the calls; over lives that end so."""
    talk = talk_on(str(store), 0)
    talk.say("claire", "!incident rancongiciel Urgences --gravite 4", "alert")
    talk.join("olivier")
    if not steps:
        live(talk, "none", there.url)
    talk.db.close()
    for life, step in enumerate((*steps, "none") if steps else (), start=1):
        ended = subprocess.run(
            [sys.executable, "-m", "tests.crash.climber", str(store), str(life), step, there.url],
            check=False, timeout=250, capture_output=True, text=True,
        )  # fmt: skip
        assert ended.returncode == (0 if step == "none" else -signal.SIGKILL), (step, ended.stderr[-2000:])
    talk = talk_on(str(store), 99)
    incident = talk.incident
    with talk.db.reading() as session:
        rows = Counter(
            (row.clock, row.step, row.rung, row.person)
            for row in nudges.of_incident(session, incident)
            if row.message.startswith("nudge:") and row.message.endswith(":dm")
        )
        states = [call.state.value for call in outside.of_incident(session, incident)]
    rung = [entry.content for entry in talk.entries() if entry.kind == "nudge" and entry.content]
    logged = Counter(
        (each["id"], each["after"]["step"], each["after"]["rung"], each["after"]["person"])
        for each in rung
        if each["action"] == "ring"
    )
    assert rows <= logged
    talk.db.close()
    return logged, states


@pytest.mark.timeout(560)  # four starts, on a machine that may be very busy
def test_deaths_along_a_climb_change_nothing_but_what_nobody_can_know(there: Gateway, tmp_path: Path) -> None:
    unharmed, sent = lived(tmp_path / "whole.db", there, ())
    assert {rung for _, _, rung, _ in unharmed} == {0, 1, 3, 4}, "the owner, the deputies, outside, the room"
    assert set(sent) == {"sent"}
    first = len(there.said)
    assert first == len(sent)
    harmed, states = lived(tmp_path / "killed.db", there, STEPS)
    assert harmed == unharmed
    assert len(states) == len(sent)
    assert Counter(states) == Counter(sent[2:]) + Counter({"unknown": 2})
    assert len(there.said) - first == len(sent) - 1, "the one that died before it left is not made again"
