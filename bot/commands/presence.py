"""Who is here. Guarantee: presence is what people said, never what was inferred."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from types import MappingProxyType

from bot.commands.call import Call
from bot.commands.permission import roles_of
from bot.commands.scene import Scene
from bot.commands.spec import Place
from bot.domain.cell import Cell
from bot.domain.effects import Effect, Tick
from bot.domain.outcome import Outcome, Record, Refusal
from bot.domain.registers import RollCall
from bot.domain.roles import Role

ANSWERED_WITHIN = timedelta(hours=12)
"""How long "here" answers a roll-call; after that it only says that one is back."""


def rollcall(scene: Scene, call: Call) -> Outcome:
    """Ask everyone who was called whether they are here; who asks is."""
    cell = scene.here
    called = tuple(m.matrix_id for m in cell.members.values() if m.left_at is None)
    here = MappingProxyType({scene.sender: scene.now})
    asked = RollCall(len(cell.rollcalls) + 1, scene.now, scene.sender, called, here)
    record = Record("rollcall", "call", asked.id, None, {"called": list(called)})
    effects: tuple[Effect, ...] = () if scene.place is Place.CELL else (Tick(),)
    return Outcome(cell.with_entries([asked]).without_undo(scene.sender), (record,), effects)


def here(scene: Scene, call: Call) -> Outcome:
    """The sender is here; the coordinator, a director or the scribe may say it of who cannot type."""
    cell = scene.here
    who = call.actor.matrix_id if call.actor else scene.sender
    speakers = {Role.COORDINATOR, Role.DIRECTOR, Role.SCRIBE}
    if who != scene.sender and not speakers & set(roles_of(scene, scene.sender)):
        raise Refusal("presence.not_for_another", name=scene.name_of(who))
    if who not in cell.members:
        raise Refusal("presence.not_called", name=scene.name_of(who), at=who[1:].partition(":")[0])
    latest = current(scene)
    if latest is not None and who in latest.here and cell.members[who].resting_since is None:
        raise Refusal("presence.already", name=scene.name_of(who), own=who == scene.sender, at=latest.here[who])
    changed, record = come(scene, who)
    return Outcome(changed, (record,), (Tick(),))


def come(scene: Scene, who: str) -> tuple[Cell, Record]:
    """The cell in which this member is here, and the entry that says so; it answers the roll-call, if there is one."""
    by = who if who != scene.sender else None
    cell = scene.here.with_member(replace(scene.here.members[who], here_at=scene.now, resting_since=None))
    latest = current(scene)
    if latest is None:
        return cell, Record("rollcall", "back", None, None, {"person": who, "at": scene.now}, by=by)
    after = replace(latest, here=MappingProxyType({**latest.here, who: scene.now}))
    record = Record("rollcall", "here", latest.id, None, {"person": who, "at": scene.now}, by=by)
    return cell.with_entries([after]), record


def current(scene: Scene) -> RollCall | None:
    """The roll-call that "here" answers."""
    latest = scene.here.rollcall
    return latest if latest is not None and scene.now - latest.at <= ANSWERED_WITHIN else None


def which_present(scene: Scene, call: Call) -> Outcome:
    """The word alone could mean either."""
    raise Refusal("presence.which_present")
