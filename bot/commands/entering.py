"""The notice of entry, read. Guarantee: that somebody has read what is kept is written once, with who and when."""

from __future__ import annotations

from dataclasses import replace

from bot.commands.call import Call
from bot.commands.scene import Scene
from bot.domain.cell import Cell
from bot.domain.effects import Tick
from bot.domain.outcome import Outcome, Record, Refusal


def read_notice(scene: Scene, call: Call) -> Outcome:
    """The sender has read that everything is kept. Said again, it changes nothing."""
    if scene.sender not in scene.here.entrances:
        raise Refusal("incident.nothing_to_read")
    cell, records = acknowledged(scene)
    return Outcome(cell, records, (Tick(),))


def acknowledged(scene: Scene) -> tuple[Cell | None, tuple[Record, ...]]:
    """The cell once the sender has read the notice, and the entry that says so; nothing where it was read before."""
    entrance = scene.here.entrances.get(scene.sender)
    if entrance is None or entrance.read_at is not None:
        return None, ()
    record = Record("incident", "notice_read", scene.here.incident.id, None, {"person": scene.sender, "at": scene.now})
    return scene.here.with_entrances([replace(entrance, read_at=scene.now)]), (record,)
