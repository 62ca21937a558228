"""What somebody may ask to know: a word, their reflex card. Guarantee: it fits a phone, it says what to do next, and it
works without an incident, for whoever prepares."""

from __future__ import annotations

from typing import Any

from bot.commands.call import Call
from bot.commands.permission import effective, roles_of
from bot.commands.scene import Scene
from bot.domain.cell import Cell
from bot.domain.checklist import template_of
from bot.domain.effects import Reply
from bot.domain.incident import Member
from bot.domain.language import Language
from bot.domain.outcome import Outcome, Refusal
from bot.domain.playbook import TaskTemplate, Text
from bot.domain.reminders import GESTURES, by_time
from bot.domain.roles import BYSTANDERS, Role
from bot.library.lexicon import asked_for, load_shipped

MOST_AVOID = 3
PEACETIME = "rancongiciel"
"""The scenario whose first gestures a card shows where there is no crisis."""


def glossary(scene: Scene, call: Call) -> Outcome:
    """What a word means, in both languages; without one, all the words."""
    lexicon = load_shipped()
    typed = call.get("text", str) or (call.raw if call.plain else "")
    if not typed.strip():
        words = sorted(word.names(scene.language)[0] for word in lexicon.words)
        return Outcome(effects=(Reply("knowing.words", {"words": words}),))
    word = lexicon.find(typed)
    if word is None:
        asked = asked_for(typed)[:60]
        raise Refusal("knowing.unknown_word", typed=asked, near=lexicon.near(typed, scene.language))
    other: Language = "en" if scene.language == "fr" else "fr"
    values = {"names": word.names(scene.language), "others": word.names(other), "means": word.means}
    return Outcome(effects=(Reply("knowing.word", {**values, "word": word}),))


def card(scene: Scene, call: Call) -> Outcome:
    """The reflex card of a role: its first five gestures, what not to do, whom to call."""
    mine = tuple(role for role in roles_of(scene, scene.sender) if role not in BYSTANDERS)
    role = call.get("role", Role) or next(iter(mine), None)
    if role is None or role in BYSTANDERS:
        raise Refusal("knowing.which_card", roles=[r for r in Role if r not in BYSTANDERS])
    cell = scene.cell
    also = [each for each in mine if each is not role]
    values: dict[str, Any] = {"role": role, "also": also, "here": cell is not None}
    if cell is not None:
        tasks = by_time(cell, [t for t in cell.open_tasks if effective(cell, t.role) is role or t.role is role])
        described = [found for task in tasks[:GESTURES] if (found := template_of(cell, task))]
        values |= {"tasks": tasks[:GESTURES], "more": max(0, len(tasks) - GESTURES)}
        values |= {"people": _people(scene, cell, role), "scenario": None}
    else:
        described = _in_peacetime(scene, role)
        values |= {"tasks": described, "more": 0, "people": [], "scenario": PEACETIME}
    values["avoid"] = _avoid(described)
    return Outcome(effects=(Reply("knowing.card", values),))


def _in_peacetime(scene: Scene, role: Role) -> list[TaskTemplate]:
    playbooks = scene.playbooks.playbooks
    playbook = playbooks.get(PEACETIME) or next(iter(playbooks.values()), None)
    if playbook is None:
        return []
    tasks = [t for t in playbook.tasks_for(scene.organisation.kind) if t.role is role and t.delay is not None]
    return sorted(tasks, key=lambda t: (t.delay, t.id))[:GESTURES]


def _avoid(tasks: list[TaskTemplate]) -> list[Text]:
    said = dict.fromkeys(task.avoid for task in tasks if task.avoid is not None)
    return list(said)[:MOST_AVOID]


def _people(scene: Scene, cell: Cell, role: Role) -> list[tuple[Role, str]]:
    """Whom to call: who else holds the role, its deputies, the coordinator, the director; no number is shown here."""
    found: dict[str, tuple[Role, str]] = {}

    def add(as_: Role, members: list[Member]) -> None:
        for member in members:
            if member.matrix_id != scene.sender:
                found.setdefault(member.matrix_id, (as_, member.name))

    holders = cell.holders(role)
    add(role, holders)
    add(role, [m for h in holders for d in h.deputies if (m := cell.members.get(d)) and m.left_at is None])
    for each in (Role.COORDINATOR, Role.DIRECTOR):
        add(each, cell.holders(effective(cell, each)))
    return list(found.values())[:GESTURES]
