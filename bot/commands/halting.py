"""The stop word of a drill. Guarantee: whoever is in a drill stops it, by two plain words, at once and alone; everybody
in it is rung; and what is real is never stopped by it."""

from __future__ import annotations

from dataclasses import replace

from bot.commands.call import Call
from bot.commands.scene import Scene
from bot.commands.spec import Place
from bot.domain.cell import Cell
from bot.domain.effects import Effect, Reply, Tell
from bot.domain.incident import IncidentStatus
from bot.domain.outcome import Outcome, Record, Refusal

_ROOMLESS = (Place.DIRECT, Place.ALERT)


def halt(scene: Scene, call: Call) -> Outcome:
    """The drill stands still, as an archived crisis does: nothing rings or changes until two people resume it."""
    cell, incident = scene.here, scene.here.incident
    if not incident.drill:
        raise Refusal("halting.real", incident=incident)
    if incident.put_away:
        raise Refusal("halting.already", incident=incident)
    stopped = replace(
        incident,
        status=IncidentStatus.ARCHIVED,
        closed_at=incident.closed_at or scene.now,
        closed_by=incident.closed_by or scene.sender,
    )
    still = replace(cell, incident=stopped).without_undo(scene.sender)
    entry = Record("incident", "halt", incident.id, {"status": incident.status.value}, {"status": stopped.status.value})
    values = {"cell": still, "by": scene.name_of(scene.sender), "at": scene.now}
    told: list[Effect] = [
        Tell(room, "halting.done", values, incident.language, f"halted:{scene.event_id}:{room}", ring=ring, priority=0)
        for room, ring in _rooms(cell).items()
    ]
    if scene.place in _ROOMLESS:
        told.append(Reply("halting.done", values))
    return Outcome(still, (entry,), tuple(told))


def _rooms(cell: Cell) -> dict[str, tuple[str, ...]]:
    """Every room of the drill, and who is rung there: each of the cell once, each guest where they are."""
    incident = cell.incident
    everybody = tuple(m.matrix_id for m in cell.members.values() if m.left_at is None and m.suspended_at is None)
    rooms: dict[str, tuple[str, ...]] = {incident.room_key: everybody}
    rooms |= {room.key(incident.id): () for room in cell.tracks.values()}
    for guest in cell.guests.values():
        if guest.expected:
            key = guest.key(incident.id)
            rooms[key] = (*rooms.get(key, ()), guest.user)
    return rooms
