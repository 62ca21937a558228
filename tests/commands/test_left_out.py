"""Who was left out at the opening is called by nobody alone: whoever wants it may not know why they were."""

from __future__ import annotations

import pytest

from tests.commands.harness import Talk, played_once

OPENING = "!incident rancongiciel Serveur --gravite 4 --sans @karim"


@played_once
def crisis() -> Talk:
    talk = Talk()
    talk.say("claire", OPENING, "dm:claire")
    talk.join("claire", "olivier", "anne")
    talk.wait(minutes=1)
    return talk


@pytest.mark.parametrize("typed", ["!inviter @karim", "!role @karim rssi", "!inviter @karim rssi"])
def test_it_takes_two_to_call_somebody_who_was_left_out(typed: str) -> None:
    talk = crisis()
    before = len(talk.said)
    asked = [s.body for s in talk.say("claire", typed)]
    assert any("que l’ouverture a laissé de côté" in body for body in asked)
    assert not [s for s in talk.said[before:] if s.room == "dm:karim"]
    code = next(body for body in asked if "!oui" in body).partition("!oui ")[2][:4]
    talk.say("claire", f"!oui {code}")
    assert not [s for s in talk.said[before:] if s.room == "dm:karim"], "not by the same person"
    talk.say("olivier", f"!oui {code}")
    talk.wait(seconds=30)
    assert [s for s in talk.said[before:] if s.room == "dm:karim"]
    assert talk.cell.incident.left_out == ()


def test_a_no_leaves_them_out() -> None:
    talk = crisis()
    asked = [s.body for s in talk.say("claire", "!inviter @karim")]
    code = next(body for body in asked if "!oui" in body).partition("!oui ")[2][:4]
    talk.say("olivier", f"!non {code}")
    assert len(talk.cell.incident.left_out) == 1
    assert not [s for s in talk.said if s.room == "dm:karim"]
