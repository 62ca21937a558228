"""Help that fits a phone: at most six things, for my role and the moment; one command in full; everything if asked."""

from __future__ import annotations

from bot.commands import inside
from bot.commands.call import EVERYTHING, Call
from bot.commands.permission import check, effective
from bot.commands.scene import Scene
from bot.commands.spec import Place, Spec
from bot.commands.table import BY_NAME, TABLE
from bot.domain.effects import Reply
from bot.domain.incident import IncidentStatus, TaskStatus
from bot.domain.nudges import responsible
from bot.domain.outcome import Outcome, Refusal
from bot.domain.roles import Role

MOST = 6


def help_(scene: Scene, call: Call) -> Outcome:
    """What one can do here and now."""
    wanted = call.get("command", str)
    if inside.is_guest(scene):
        return Outcome(effects=(Reply("rooms.guest_help", {"guest": scene.here.guest(scene.sender)}),))
    if wanted == EVERYTHING:
        return Outcome(effects=(Reply("help.all", {"specs": [s for s in TABLE if not s.hidden and _may(scene, s)]}),))
    if wanted is not None:
        return Outcome(effects=(Reply("help.one", {"spec": BY_NAME[wanted]}),))
    return Outcome(
        effects=(Reply("help.six", {"specs": _now(scene), "cell": scene.cell, "incidents": scene.incidents}),)
    )


def status(scene: Scene, call: Call) -> Outcome:
    """The incident on one card."""
    return Outcome(effects=(Reply("boards.card", {"cell": scene.here}),))


def _now(scene: Scene) -> list[tuple[Spec, str]]:
    """The six, each with an example that works as it stands."""
    lang = scene.language
    if scene.cell is None or scene.place is Place.ALERT:
        peace = [BY_NAME[name] for name in ("incident", "scenarios", "lang", "help")]
        return [(spec, spec.example.get(lang)) for spec in peace if _may(scene, spec)]
    cell = scene.cell
    roles = cell.roles_of(scene.sender)
    names: list[str] = []
    mine = [t for t in cell.open_tasks if t.owner == scene.sender]
    free = [t for t in cell.open_tasks if t.owner is None and effective(cell, t.role) in roles]
    examples: dict[str, str] = {}
    if mine:
        names.append("done")
        examples["done"] = f"!{BY_NAME['done'].verb(lang)} {mine[0].number}"
    if free:
        names.append("take")
        examples["take"] = f"!{BY_NAME['take'].verb(lang)} {free[0].number}"
    names.append("mine")
    if Role.COORDINATOR in roles and any(t.status is TaskStatus.BLOCKED for t in cell.open_tasks):
        names.append("assign")
    names.append("note")
    if any(clock.open and responsible(cell, clock) == scene.sender for clock in cell.clocks.values()):
        names.append("deadlines")
    names += ["status", "team", "log", "tasks"]
    if Role.DIRECTOR in roles and cell.incident.status is IncidentStatus.OPEN:
        names.insert(3, "close")
    return [
        (BY_NAME[name], examples.get(name, BY_NAME[name].example.get(lang)))
        for name in [n for n in names if _may(scene, BY_NAME[n])][:MOST]
    ]


def _may(scene: Scene, spec: Spec) -> bool:
    if spec.needs_incident and scene.cell is None:
        return False
    try:
        check(scene, Call(spec, language=scene.language))
    except Refusal:
        return False
    return True
