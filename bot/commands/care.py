"""The care board: how each service works, the ways round, what is needed. Guarantee: each change says since when it is
true and who said so, and can be taken back; nothing is worked out by the bot."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from bot.commands.call import Call, When
from bot.commands.permission import effective
from bot.commands.scene import Scene
from bot.commands.spec import Place
from bot.commands.steering import told
from bot.domain import care
from bot.domain.care import Measure, MeasureKind, Service, ServiceState
from bot.domain.cell import Cell
from bot.domain.effects import Effect, Reply, Tell
from bot.domain.incident import Undoable
from bot.domain.language import fold
from bot.domain.outcome import Outcome, Record, Refusal
from bot.domain.roles import Role
from bot.reading.nearness import near

_SINCE = ("depuis ", "since ")
_NEEDS = (Role.HR, Role.LOGISTICS, Role.COORDINATOR)
"""Who finds what is asked for: the first of these roles that somebody holds hears of it."""
_SERVICE, _MEASURE = "service:", "measure:"


def service(scene: Scene, call: Call) -> Outcome:
    """Say how a service, or a part of the building, works, and since when."""
    cell = scene.here
    typed = care.said(str(call.args["text"]))
    if typed.state is None and care.is_state(typed.name):
        raise Refusal("care.which_service")
    if typed.state is None:
        raise Refusal("care.which_state", name=typed.name[:60], known=care.find(typed.name) is not None)
    if typed.note is not None and fold(typed.note).startswith(_SINCE):
        raise Refusal(
            "care.since_option", name=typed.name[:60], state=typed.state, when=typed.note.split(" ", 1)[1][:30]
        )
    since = call.get("since", When)
    after = _service(scene, typed, since)
    before = cell.services.get(after.name)
    was = {f"{_SERVICE}{after.name}": _plain(before)}
    changed = cell.with_service(after).with_undo(Undoable(scene.sender, scene.now, "service", was=was))
    extra: dict[str, Any] = {"text": typed.note} if typed.note else {}
    if after.since < cell.incident.opened_at:
        extra["reconstructed"] = True
    record = Record(
        "care", "service", after.title(cell.incident.language), _state(before), _state(after),
        occurred_at=since.at if since else None, extra=extra,
    )  # fmt: skip
    values = {"service": after, "before": before, "twice": bool(since and since.twice)}
    return Outcome(changed, (record,), told(scene, "care.said", values))


def _service(scene: Scene, typed: care.Said, since: When | None) -> Service:
    """What was typed, of a service that we know or of one that the organisation calls so."""
    known = care.find(typed.name)
    if known is None and not fold(typed.name):
        raise Refusal("care.which_service")
    if known is None and len(typed.name) > care.LONGEST_NAME:
        raise Refusal("care.long_name", typed=typed.name[:60], most=care.LONGEST_NAME)
    name = known.name if known else f"~{fold(typed.name)}"
    if known is None and name not in scene.here.services:
        close = near(typed.name, care.names())
        if close and not typed.name[:1].isupper():
            raise Refusal("care.near_service", typed=typed.name, near=close[0], state=typed.state)
    assert typed.state is not None
    label = known.label.get(scene.here.incident.language) if known else typed.name
    return Service(
        name=name,
        label=label,
        building=known is not None and known.building,
        state=typed.state,
        since=since.at if since else scene.now,
        by=scene.sender,
        at=scene.now,
        note=typed.note,
    )


def services(scene: Scene, call: Call) -> Outcome:
    """The whole board."""
    return Outcome(effects=(Reply("care.board", {**board(scene.here), "whole": True}),))


def workaround(scene: Scene, call: Call) -> Outcome:
    """A way round what does not work; or one that is over; or all of them."""
    return _measure(scene, call, MeasureKind.WORKAROUND)


def reinforce(scene: Scene, call: Call) -> Outcome:
    """People or things that are needed; or that have come; or all of them."""
    return _measure(scene, call, MeasureKind.NEED)


def _measure(scene: Scene, call: Call, kind: MeasureKind) -> Outcome:
    text = call.get("text", str)
    if text is None:
        listed = scene.here.measures_of(kind)
        return Outcome(effects=(Reply("care.measures", {"kind": kind, "measures": listed[-20:]}),))
    ended = care.ending(text)
    if ended is not None:
        return _end(scene, kind, ended)
    return _add(scene, kind, text.strip())


def _add(scene: Scene, kind: MeasureKind, text: str) -> Outcome:
    cell = scene.here
    made = Measure(max(cell.measures, default=0) + 1, kind, text, scene.sender, scene.now)
    was = {f"{_MEASURE}{made.number}": None}
    changed = cell.with_measure(made).with_undo(Undoable(scene.sender, scene.now, kind.value, was=was))
    record = Record("care", kind.value, made.id, None, {"kind": kind.value}, extra={"text": text})
    values: dict[str, Any] = {"measure": made, "name": scene.name_of(scene.sender), "people": []}
    if kind is MeasureKind.WORKAROUND:
        return Outcome(changed, (record,), told(scene, "care.measure_added", values))
    asked = _who_finds(scene, cell)
    values["people"] = scene.names_of(asked)
    tell: Effect = Tell(
        cell.incident.room_key, "care.measure_added", values, cell.incident.language,
        key=f"measure:{cell.incident.id}:{made.number}", ring=asked,
    )  # fmt: skip
    here = scene.place is Place.CELL
    return Outcome(changed, (record,), (tell,) if here else (Reply("care.measure_added", values), tell))


def _who_finds(scene: Scene, cell: Cell) -> tuple[str, ...]:
    for role in _NEEDS:
        holders = [m.matrix_id for m in cell.holders(role)] or [
            m.matrix_id for m in cell.holders(effective(cell, role)) if role is _NEEDS[-1]
        ]
        if holders:
            return tuple(user for user in holders if user != scene.sender)
    return ()


def _end(scene: Scene, kind: MeasureKind, number: int) -> Outcome:
    cell = scene.here
    before = cell.measures.get(number)
    if before is None or before.withdrawn or before.kind is not kind:
        known = [m.id for m in cell.measures_of(kind) if m.open]
        raise Refusal("care.unknown_measure", number=number, kind=kind, known=known[-6:])
    if not before.open:
        raise Refusal("care.measure_over", measure=before)
    after = replace(before, ended_at=scene.now, ended_by=scene.sender)
    was = {f"{_MEASURE}{number}": {"ended_at": None, "ended_by": None}}
    changed = cell.with_measure(after).with_undo(Undoable(scene.sender, scene.now, kind.value, was=was))
    record = Record("care", f"{kind.value}_end", after.id, {"ended_at": None}, {"ended_at": scene.now})
    return Outcome(changed, (record,), told(scene, "care.measure_ended", {"measure": after}))


# -- what others show of it --------------------------------------------------------------------------------------------


def board(cell: Cell) -> dict[str, Any]:
    """What the board says: the services by how bad it is, then what was found to go on, then what is needed."""
    return {
        "services": care.in_order(cell.services.values()),
        "workarounds": [m for m in cell.measures_of(MeasureKind.WORKAROUND) if m.open],
        "needs": [m for m in cell.measures_of(MeasureKind.NEED) if m.open],
    }


# -- taken back --------------------------------------------------------------------------------------------------------


def put_back(cell: Cell, was: Mapping[str, Any]) -> tuple[Cell, tuple[Record, ...]]:
    """The services and the measures as they were, for `!annuler`."""
    records: list[Record] = []
    for key, held in was.items():
        if key.startswith(_SERVICE):
            now = cell.services[key.removeprefix(_SERVICE)]
            before = _from_plain(now.name, held) if held else None
            cell = cell.with_service(before) if before else cell.without_service(now.name)
            records.append(Record("care", "undo", now.title(cell.incident.language), _state(now), _state(before)))
        elif key.startswith(_MEASURE):
            done = cell.measures[int(key.removeprefix(_MEASURE))]
            after = replace(done, withdrawn=True) if held is None else replace(done, ended_at=None, ended_by=None)
            cell = cell.with_measure(after)
            records.append(Record("care", "undo", done.id, _measured(done), _measured(after)))
    return cell, tuple(records)


def _measured(measure: Measure) -> dict[str, Any]:
    return {"ended_at": measure.ended_at, "withdrawn": measure.withdrawn}


def _state(service: Service | None) -> dict[str, Any] | None:
    if service is None:
        return None
    return {"state": service.state.value, "since": service.since, "note": service.note}


def _plain(service: Service | None) -> dict[str, Any] | None:
    """A service as plain JSON."""
    if service is None:
        return None
    held = {"label": service.label, "building": service.building, "state": service.state.value, "by": service.by}
    return {**held, "since": service.since.isoformat(), "at": service.at.isoformat(), "note": service.note}


def _from_plain(name: str, held: Mapping[str, Any]) -> Service:
    instants = {each: datetime.fromisoformat(str(held[each])) for each in ("since", "at")}
    return Service(name, **{**held, "state": ServiceState(held["state"]), **instants})
