"""Who enters a crisis by their own word: whoever may know of it and was never called, and nobody whom it has let go."""

from __future__ import annotations

from tests.commands.harness import Talk, played_once


@played_once
def night() -> Talk:
    talk = Talk()
    talk.say("claire", "!alerte rançon urgences bloquées --gravite 1", "alert")
    return talk


def test_who_was_never_called_enters_and_who_left_is_called_back() -> None:
    talk = night()
    name = "@nadia:secours.example"
    assert name not in talk.cell.members
    talk.say("nadia", "!rejoindre INC-2026-001", "dm:nadia")
    talk.join("nadia")
    assert talk.cell.members[name].present
    talk.leave("nadia")
    said = talk.say("nadia", "!rejoindre INC-2026-001", "dm:nadia")
    assert "pas été appelé" in "\n".join(each.body for each in said)
    assert not talk.cell.is_here(name)
