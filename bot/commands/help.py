"""Help that fits a phone: at most six things, for my role and the moment; one command in full; everything if asked."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from bot.commands import inside
from bot.commands.call import EVERYTHING, Call
from bot.commands.permission import check, effective
from bot.commands.scene import Scene
from bot.commands.spec import Place, Seconding, Spec
from bot.commands.subjects import SUBJECTS
from bot.commands.table import BY_NAME
from bot.domain.cell import Cell
from bot.domain.effects import Reply
from bot.domain.incident import IncidentStatus, TaskStatus
from bot.domain.language import Language
from bot.domain.nudges import responsible
from bot.domain.outcome import Outcome, Refusal
from bot.domain.roles import Phase, Role

MOST = 6
SCREEN = 8
"""So many commands of one subject are a page."""
_FORM = re.compile(r" \[--|;| ;|, ou |, or ")
"""Where the first way to type a command ends, without its options."""
FIRST_HOUR = timedelta(hours=1)
_BY_ROLE: tuple[tuple[frozenset[Role], tuple[str, ...]], ...] = (
    (frozenset({Role.COMMUNICATION, Role.SPOKESPERSON, Role.MEDIA_WATCH}), ("draft", "enquiry")),
    (frozenset({Role.CARE_DIRECTOR, Role.MEDICAL_LEAD, Role.DUTY_MANAGER}), ("service", "reinforce")),
    (frozenset({Role.DPO, Role.DATA_LEAD, Role.LEGAL}), ("dossier",)),
    (frozenset({Role.CISO, Role.CIO}), ("fact", "evidence")),
    (frozenset({Role.SCRIBE}), ("decision", "fact")),
    (frozenset({Role.DIRECTOR}), ("decision",)),
    (frozenset({Role.COORDINATOR}), ("sitrep",)),
)
"""What somebody types most often in a role, besides their tasks."""
_AFTERWARDS = ("deadlines", "compliance", "archive", "export", "log", "status")
"""Once the crisis is lifted: what goes on is its clocks."""


@dataclass
class _Menu:
    """What is offered, in order, each with what is typed as it stands, where that is more than its name."""

    names: list[str] = field(default_factory=list)
    typed: dict[str, str] = field(default_factory=dict)

    def add(self, name: str, typed: str = "") -> None:
        if name not in self.names:
            self.names.append(name)
        if typed:
            self.typed[name] = typed


def help_(scene: Scene, call: Call) -> Outcome:
    """What one can do here and now."""
    wanted = call.get("command", str)
    if inside.is_guest(scene):
        return Outcome(effects=(Reply("rooms.guest_help", {"guest": scene.here.guest(scene.sender)}),))
    if wanted is not None and wanted.startswith(EVERYTHING):
        return _everything(scene, wanted.removeprefix(EVERYTHING))
    if wanted is not None:
        return Outcome(effects=(Reply("help.one", _page(scene, BY_NAME[wanted])),))
    found = _now(scene)
    values = {"specs": found, "cell": scene.cell, "incidents": scene.incidents}
    options = tuple(_chosen(spec, typed, scene.language) for spec, typed in found)
    return Outcome(effects=(Reply("help.six", values, options=options),))


def _everything(scene: Scene, typed: str) -> Outcome:
    """Everything that the sender may type here, by subject: the list of them, or a page of one. `typed`: its number,
    and after a dot that of the page."""
    subjects = [(subject, [BY_NAME[n] for n in subject.names if _may(scene, BY_NAME[n])]) for subject in SUBJECTS]
    subjects = [(subject, specs) for subject, specs in subjects if specs]
    number, _, page = typed.partition(".")
    lang = scene.language
    if not number or not 0 < int(number) <= len(subjects):
        options = tuple(_further(lang, each) for each in range(1, len(subjects) + 1))
        return Outcome(effects=(Reply("help.subjects", {"subjects": subjects}, options=options),))
    subject, specs = subjects[int(number) - 1]
    pages = [specs[at : at + SCREEN] for at in range(0, len(specs), SCREEN)]
    at = min(int(page or 1), len(pages))
    values = {
        "title": subject.title,
        "lines": [(_FORM.split(spec.synopsis.get(lang))[0], spec) for spec in pages[at - 1]],
        "page": at,
        "pages": len(pages),
        "further": _further(lang, int(number), at + 1),
    }
    options = (_further(lang, int(number), at + 1),) if at < len(pages) else ()
    return Outcome(effects=(Reply("help.all", values, options=options),))


def _further(lang: Language, subject: int, page: int = 1) -> str:
    """What shows that subject, or a later page of it."""
    more = "plus" if lang == "fr" else "more"
    return f"!{BY_NAME['help'].verb(lang)} {more} {subject}" + (f" {page}" if page > 1 else "")


def status(scene: Scene, call: Call) -> Outcome:
    """The incident on one card."""
    return Outcome(effects=(Reply("boards.card", {"cell": scene.here}),))


def _chosen(spec: Spec, typed: str, lang: Language) -> str:
    """What the number of a line does: what it shows, if that is whole and safe, else the command's own page."""
    wants = any(not arg.optional for arg in spec.args)
    if spec.dangerous or (wants and typed == spec.example.get(lang)):
        return f"!{BY_NAME['help'].verb(lang)} {spec.verb(lang)}"
    return typed


def _typed(spec: Spec, lang: Language) -> str:
    """A command as one types it without knowing more: bare, where it wants nothing, else with an example."""
    bare = not spec.dangerous and all(arg.optional for arg in spec.args)
    return f"!{spec.verb(lang)}" if bare else spec.example.get(lang)


def _now(scene: Scene) -> list[tuple[Spec, str]]:
    """The six, each with an example that works as it stands."""
    lang = scene.language
    if scene.cell is None or scene.place is Place.ALERT:
        peace = [BY_NAME[name] for name in ("incident", "scenarios", "directory", "card", "lang")]
        return [(spec, _typed(spec, lang)) for spec in peace if _may(scene, spec)]
    menu = _offered(scene, scene.cell)
    return [
        (BY_NAME[name], menu.typed.get(name) or _typed(BY_NAME[name], lang))
        for name in [n for n in menu.names if _may(scene, BY_NAME[n])][:MOST]
    ]


def _offered(scene: Scene, cell: Cell) -> _Menu:
    """Everything that fits the sender's roles and the moment, what matters most first."""
    menu = _Menu()
    if cell.incident.status is not IncidentStatus.OPEN:
        for name in _AFTERWARDS:
            menu.add(name)
        return menu
    roles = set(cell.roles_of(scene.sender))
    if scene.place is Place.TRACK:
        menu.add("raise")
    _tasks(menu, scene, cell, roles)
    if any(clock.open and responsible(cell, clock) == scene.sender for clock in cell.clocks.values()):
        menu.add("deadlines")
    _steering(menu, scene, cell, roles)
    for held, names in _BY_ROLE:
        for name in names if held & roles else ():
            menu.add(name)
    # Four lines of one's own at most, so that what everybody needs is always there.
    own = menu.names[: MOST - 2]
    menu.names = list(dict.fromkeys((*own, "note", "status", "mine", "team", "log", "tasks")))
    return menu


def _tasks(menu: _Menu, scene: Scene, cell: Cell, roles: set[Role]) -> None:
    """One's own first task to finish, then the first to take."""
    lang = scene.language
    mine = [task for task in cell.open_tasks if task.owner == scene.sender]
    free = [task for task in cell.open_tasks if task.owner is None and effective(cell, task.role) in roles]
    for name, found in (("done", mine), ("take", free)):
        if found:
            menu.add(name, f"!{BY_NAME[name].verb(lang)} {found[0].number}")
    if not mine and not free:
        menu.add("mine")


def _steering(menu: _Menu, scene: Scene, cell: Cell, roles: set[Role]) -> None:
    """What whoever leads has to do at this hour."""
    incident = cell.incident
    if not roles & {Role.DIRECTOR, Role.COORDINATOR}:
        return
    if incident.severity is None:
        menu.add("severity")
    if Role.COORDINATOR in roles and any(task.status is TaskStatus.BLOCKED for task in cell.open_tasks):
        menu.add("assign")
    if Role.COORDINATOR in roles and scene.now - incident.opened_at < FIRST_HOUR:
        menu.add("rollcall")
    if Role.DIRECTOR in roles and incident.phase in (Phase.RETURN, Phase.REVIEW):
        menu.add("close")


def _page(scene: Scene, spec: Spec) -> dict[str, Any]:
    """One command in full: how it is typed, with examples, by whom, with whose yes, and its other names."""
    lang = scene.language
    who = spec.who
    others = [name for name in (spec.fr if lang == "fr" else spec.en)[1:] if name.isalpha()]
    menu = _offered(scene, scene.cell) if scene.cell is not None else _Menu()
    return {
        "spec": spec,
        "examples": list(dict.fromkeys((spec.example.get(lang), *(each.get(lang) for each in spec.more)))),
        "mine": menu.typed.get(spec.name),
        "roles": () if who.members or who.asked or who.author else who.roles,
        "owners": who.own_role or who.own_clock,
        "observers": who.members and not who.observers,
        "second": None if spec.second.kind is Seconding.NONE else spec.second,
        "others": others[:3],
        "may": scene.cell is None or _may(scene, spec),
    }


def _may(scene: Scene, spec: Spec) -> bool:
    if spec.needs_incident and scene.cell is None:
        return False
    try:
        check(scene, Call(spec, language=scene.language))
    except Refusal:
        return False
    return True
