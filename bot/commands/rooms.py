"""Words from a track's room to the cell's, and back. Guarantee: these two commands are the only way by which what was
typed in one is read in the other, they say who sent it, and both are logged with their words."""

from __future__ import annotations

from bot.commands.call import Call
from bot.commands.scene import Scene
from bot.commands.spec import Place
from bot.domain.apart import Rooms, TrackRoom, leads_of
from bot.domain.cell import Cell
from bot.domain.effects import Effect, Reply, Tell, Tick
from bot.domain.incident import Undoable
from bot.domain.outcome import Outcome, Record, Refusal
from bot.domain.roles import Role, Track


def raise_(scene: Scene, call: Call) -> Outcome:
    """Say to the cell, in its room, what a track has to say."""
    cell, text = scene.here, str(call.args["text"])
    _several(cell)
    if scene.place is Place.CELL:
        raise Refusal("rooms.in_cell_already")
    track = _track(scene, cell)
    incident = cell.incident
    values = {"track": track, "text": text, "by": scene.name_of(scene.sender), "at": scene.now}
    ring = tuple(m.matrix_id for m in cell.holders(Role.COORDINATOR) if m.matrix_id != scene.sender)
    record = Record("note", "raise", track.value, extra={"text": text})
    key = f"raised:{incident.id}:{scene.event_id}"
    return Outcome(
        cell.with_undo(Undoable(scene.sender, scene.now, "raise")),
        (record,),
        (Tell(incident.room_key, "rooms.raised", values, incident.language, key, ring=ring), Tick()),
    )


def relay(scene: Scene, call: Call) -> Outcome:
    """Say to a track, in its room, what the cell has to say to it."""
    cell, text, track = scene.here, str(call.args["text"]), call.get("track", Track)
    _several(cell)
    room = cell.tracks.get(track) if track else None
    if room is None or track is None:
        raise Refusal("rooms.no_such_track", track=track, tracks=[each.track for each in _in_order(cell)])
    incident = cell.incident
    values = {"track": track, "text": text, "by": scene.name_of(scene.sender), "at": scene.now}
    ring = tuple(user for user in leads_of(cell, track) if user != scene.sender)
    record = Record("note", "relay", track.value, extra={"text": text})
    key = f"relayed:{incident.id}:{scene.event_id}"
    effects: tuple[Effect, ...] = (
        Tell(room.key(incident.id), "rooms.relayed", values, incident.language, key, ring=ring),
        Reply("rooms.relayed_here", {**values, "count": len(room.people)}),
    )
    return Outcome(cell.with_undo(Undoable(scene.sender, scene.now, "relay")), (record,), effects)


def _several(cell: Cell) -> None:
    if cell.incident.rooms != Rooms.TRACKS:
        raise Refusal("rooms.one")


def _track(scene: Scene, cell: Cell) -> Track:
    """Whose room it was typed in; in a direct room, the only track of whoever types."""
    if scene.place is Place.TRACK and scene.track is not None:
        return scene.track
    mine = [room.track for room in _in_order(cell) if scene.sender in room.people]
    if len(mine) != 1:
        raise Refusal("rooms.raise_from_track", tracks=mine)
    return mine[0]


def _in_order(cell: Cell) -> list[TrackRoom]:
    return [cell.tracks[track] for track in Track if track in cell.tracks]
