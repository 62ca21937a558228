"""Who hears what in the first 72 hours, on demand. Guarantee: it says where each text stands now, and what to type."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from bot.commands import daily
from bot.commands.call import Call
from bot.commands.scene import Scene
from bot.domain.cell import Cell
from bot.domain.effects import Reply
from bot.domain.language import Language
from bot.domain.outcome import Outcome
from bot.domain.plan import SPAN, plan
from bot.library.templates import Templates


def show(scene: Scene, call: Call) -> Outcome:
    """The plan as it stands."""
    return Outcome(effects=(Reply("plan.shown", values(scene.here, scene.templates, scene.language, scene.now)),))


def values(cell: Cell, templates: Templates, language: Language, now: datetime) -> dict[str, Any]:
    """What its words need."""
    names = {each.id: each.name for each in templates.listed(language)}
    return {
        "lines": plan(cell, language, now),
        "names": names,
        "until": cell.incident.opened_at + SPAN,
        "daily": daily.awaited(cell),
        "staffed": cell.incident.kind != "medical_practice",
    }
