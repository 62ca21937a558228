"""Killed along the way from "no answer" to the deputy: each who is absent is followed once, each call goes out once."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from bot.store import lookups, outbox
from tests.commands.cast import matrix_id

from .absentee import live, talk_on

STEPS = ("replaced-uncommitted:1", "replaced:1", "called:2")


def lived(store: Path, steps: tuple[str, ...]) -> tuple[Counter[tuple[str, str]], dict[str, tuple[str, ...]], set[str]]:
    """What the log says of absence, the roles that everybody has at the end, and whom the bot called in their room."""
    talk = talk_on(str(store), 0)
    talk.say("olivier", "!incident rancongiciel Urgences --gravite 4", "alert")
    talk.join("olivier", "karim")
    if not steps:
        live(talk, "none")
    talk.db.close()
    for life, step in enumerate((*steps, "none") if steps else (), start=1):
        ended = subprocess.run(
            [sys.executable, "-m", "tests.crash.absentee", str(store), str(life), step],
            check=False, timeout=120, capture_output=True, text=True,
        )  # fmt: skip
        assert ended.returncode == (0 if step == "none" else -signal.SIGKILL), (step, ended.stderr[-2000:])
    talk = talk_on(str(store), 99)
    actions = Counter(
        (str(entry.content["action"]), str(entry.content["id"]))
        for entry in talk.entries()
        if entry.content and entry.content.get("action") in ("no_answer", "stand_in", "vacant")
    )
    roles = {user: member.roles for user, member in talk.cell.members.items()}
    with talk.db.reading() as session:
        assert outbox.unsent(session) == 0
        asked = {key for key, _ in lookups.under(session, "vacant:")}
    talk.db.close()
    return actions, {user: tuple(role.value for role in held) for user, held in roles.items()}, asked


@pytest.mark.timeout(300)  # four starts, on a machine that may be very busy
def test_deaths_while_the_absent_are_followed_change_nothing(tmp_path: Path) -> None:
    actions, roles, asked = lived(tmp_path / "whole.db", ())
    assert set(actions.values()) == {1}
    assert actions["no_answer", matrix_id("claire")] == 1
    assert "director" in roles[matrix_id("olivier")], "whoever is the director's deputy stands in"
    assert lived(tmp_path / "killed.db", STEPS) == (actions, roles, asked)
