"""Who may do what. Guarantee: a command's declaration is checked against the roles held in that incident, never against
a display name, and whoever is not in the roster is refused in one sentence."""

from __future__ import annotations

from collections.abc import Iterable

from bot.commands import inside
from bot.commands.call import Call
from bot.commands.scene import Scene
from bot.commands.spec import Place, Who
from bot.domain.cell import Cell
from bot.domain.clock_times import by_party
from bot.domain.clocks import Clock
from bot.domain.incident import IncidentStatus, Task
from bot.domain.language import fold
from bot.domain.outcome import Refusal
from bot.domain.roles import LEADS, Role, fall_backs
from bot.domain.roster import Person, Roster

AFTERWARDS = frozenset(
    {
        "help", "scenarios", "status", "team", "tasks", "finished", "task_card", "mine", "why", "log", "export", "lang",
        "deadlines", "all_deadlines", "facts", "rumours", "decisions", "exhibits", "calls", "questions", "drafts",
        "templates", "directory", "partners", "plan", "show", "releases", "enquiries", "guests", "compliance",
        "dossier", "reactivate", "correct", "purge", "hold", "unhold", "services", "card", "glossary",
        "stop",
    }
)  # fmt: skip
"""What can still be asked of an incident that is archived: to read it, to right or erase what is kept, to reopen it."""

UNVOUCHED = frozenset({"note", "ack", "here", "rest", "read_notice", "undo", "join", "incident", "raise"})
OWN_TASKS = frozenset({"take", "done", "block", "reopen", "snooze"})
"""What of a task's life is open to who holds its role and is not vouched for yet."""

_FILING = frozenset({"filed", "receipt"})


def effective(cell: Cell, role: Role) -> Role:
    """The role that really acts for `role` in this incident: itself, or the first fall-back that somebody holds."""
    return next((each for each in (role, *fall_backs(role)) if cell.holders(each)), role)


def roles_of(scene: Scene, user: str) -> tuple[Role, ...]:
    """The roles that count: those held in the incident, or in the roster where there is none."""
    if scene.cell is not None:
        return scene.cell.roles_of(user)
    person = scene.roster.by_id(user)
    return person.roles if person else ()


def vouched(scene: Scene, user: str) -> bool:
    """Whether somebody has said that it is really them; the roster says so of who opened, and of all where the
    organisation does without."""
    if not scene.vouching or scene.cell is None or user == scene.cell.incident.opened_by:
        return True
    member = scene.cell.members.get(user)
    return member is not None and member.vouched


def same_human(scene: Scene, one: str, other: str) -> bool:
    """Whether two accounts are one person's: the same, or of one name in the roster."""
    return one == other or fold(scene.name_of(one)) == fold(scene.name_of(other))


def _not_vouched(scene: Scene, call: Call, who: Who) -> Who:
    """What somebody may do who is not vouched for: read, note, say that they are here, and the tasks of their role."""
    if vouched(scene, scene.sender) or call.spec.name in UNVOUCHED or (who.observers and not call.spec.dangerous):
        return who
    if who.own_role and call.spec.name in OWN_TASKS:
        return Who(own_role=True)
    raise Refusal("vouching.not_yet", at=scene.sender[1:].partition(":")[0], who=_may_vouch(scene))


def _may_vouch(scene: Scene) -> list[str]:
    """Who of those present is vouched for."""
    cell = scene.here
    return [m.name for m in cell.members.values() if m.present and vouched(scene, m.matrix_id)]


def check(scene: Scene, call: Call) -> None:
    """Refuse, with who may, unless the sender may give this command here."""
    if scene.place in inside.APART:
        inside.check(scene, call)
        if inside.is_guest(scene):
            return
    who = _overridden(scene, call)
    known = scene.sender in scene.roster or bool(scene.cell and scene.cell.roles_of(scene.sender))
    if not known:
        raise Refusal("refusals.not_in_roster")
    if scene.cell is not None and not scene.cell.is_here(scene.sender) and call.spec.name != "join":
        raise Refusal("refusals.not_a_member", incident=scene.cell.incident.id)
    archived = scene.cell is not None and scene.cell.incident.status is IncidentStatus.ARCHIVED
    if archived and call.spec.needs_incident and call.spec.name not in AFTERWARDS:
        raise Refusal("closing.archived", incident=scene.here.incident)
    if call.spec.where and scene.place not in (*call.spec.where, *inside.APART):
        raise Refusal("refusals.wrong_room", example=call.spec.example.get(scene.language))
    who = _not_vouched(scene, call, who)
    refusals = [_refusal(scene, call, who, user) for user in _acting(scene, call)]
    if all(refusals) and refusals[0] is not None:
        raise refusals[0]


def _acting(scene: Scene, call: Call) -> list[str]:
    """Whose right counts: the sender's; and where the scribe or the coordinator types for somebody, that person's."""
    typists = {Role.SCRIBE, Role.COORDINATOR}
    if call.actor is not None and typists & set(roles_of(scene, scene.sender)):
        return [scene.sender, call.actor.matrix_id]
    return [scene.sender]


def _refusal(scene: Scene, call: Call, who: Who, user: str) -> Refusal | None:
    """Why somebody may not, or None if they may."""
    roles = _acting_roles(scene, user)
    watching = bool(roles) and set(roles) <= {Role.OBSERVER}
    if who.asked or who.author or set(roles) & set(who.roles) or (who.members and (who.observers or not watching)):
        return None
    if watching:
        return Refusal("refusals.observer")
    if scene.cell is not None and (who.own_role or who.track_lead):
        tasks = [scene.cell.tasks[n] for n in call.numbers() if n in scene.cell.tasks]
        refused = [task for task in tasks if not _may_act_on(scene.cell, user, roles, task, who)]
        if not refused:
            return None
        role = effective(scene.cell, refused[0].role)
        holders = [member.name for member in scene.cell.holders(role)]
        me = scene.sender[1:].partition(":")[0]
        return Refusal("refusals.task_role", task=refused[0], role=role, holders=holders, me=me)
    if scene.cell is not None and who.own_clock:
        return _clock_refusal(scene.cell, call, who, user)
    return reserved(scene, who.roles)


def reserved(scene: Scene, roles: Iterable[Role]) -> Refusal:
    """Why a command is not somebody's: it is for these roles, with whom to ask (`away`: none of them has come in yet);
    where nobody of the cell holds one, who of the roster does and can enter by themselves, if nothing is to be hidden
    from them."""
    cell, wanted = scene.cell, list(dict.fromkeys(roles))
    holders = holders_of(scene, wanted)
    outside: dict[str, None] = {}
    if cell is not None and not holders and cell.incident.rung is not None:
        barred = {*cell.incident.left_out, *cell.members, *scene.records.suspended()}
        found = (person for role in wanted for person in scene.roster.holders(role))
        outside.update(dict.fromkeys(person.name for person in found if person.matrix_id not in barred))
    away = cell is not None and not any(member.present for role in wanted for member in cell.holders(role))
    incident = cell.incident.id if cell is not None else None
    return Refusal("refusals.role", roles=wanted, holders=holders, away=away, outside=list(outside), incident=incident)


def _acting_roles(scene: Scene, user: str) -> tuple[Role, ...]:
    """The roles by which somebody acts: their own; where nobody coordinates, whoever stands in does."""
    roles = roles_of(scene, user)
    if scene.cell is None or Role.COORDINATOR in roles or scene.cell.holders(Role.COORDINATOR):
        return roles
    return (*roles, Role.COORDINATOR) if effective(scene.cell, Role.COORDINATOR) in roles else roles


def _clock_refusal(cell: Cell, call: Call, who: Who, user: str) -> Refusal | None:
    """Why somebody may not act on the clocks that are named; a clock that does not run is the handler's to refuse."""
    named = [clock for name in call.clocks() for clock in by_party(cell.clocks.values(), name.rule, name.party)]
    refused = next((clock for clock in named if not _may_act_on_clock(cell, user, clock, call)), None)
    if refused is None:
        return None
    role = effective(cell, refused.owner_role)
    holders = [member.name for member in cell.holders(role)]
    return Refusal("refusals.clock_role", clock=refused, role=role, roles=list(who.roles), holders=holders)


def _may_act_on_clock(cell: Cell, user: str, clock: Clock, call: Call) -> bool:
    """Of one of our own anybody; else its owner and whoever holds its role.

    To take it, whoever was rung for it too; to file it or give its receipt, the owner's deputies. Of what is owed for
    personal data the controller's delegate too, and for the filing the one who advises (GDPR art. 38(6)).
    """
    name = call.spec.name
    roles = set(cell.roles_of(user))
    owners = [clock.owner] if clock.owner else [m.matrix_id for m in cell.holders(effective(cell, clock.owner_role))]
    deputies = {deputy for owner in owners if owner in cell.members for deputy in cell.members[owner].deputies}
    if clock.own or user == clock.owner:
        return True
    if (name == "take_clock" and user in clock.ring.told) or (name in _FILING and user in deputies):
        return True
    if clock.data_protection and (Role.DATA_LEAD in roles or (Role.DPO in roles and name in _FILING)):
        return True
    return effective(cell, clock.owner_role) in roles


def holders_of(scene: Scene, roles: Iterable[Role]) -> list[str]:
    """The names of who holds one of these roles, each once, to say whom to ask."""
    names: dict[str, None] = {}
    for role in roles:
        if scene.cell is not None:
            names.update(dict.fromkeys(member.name for member in scene.cell.holders(role)))
        else:
            names.update(dict.fromkeys(person.name for person in scene.roster.holders(role)))
    return list(names)


def _may_act_on(cell: Cell, user: str, roles: tuple[Role, ...], task: Task, who: Who) -> bool:
    """Whether the task is theirs: by their role, because it was given to them, or as their track's lead."""
    if who.own_role and (effective(cell, task.role) in roles or task.owner == user):
        return True
    return who.track_lead and bool(set(LEADS[task.track]) & set(roles))


def _overridden(scene: Scene, call: Call) -> Who:
    """The declaration, or what the organisation's configuration puts in its place."""
    roles = scene.overrides.get(call.spec.name)
    return call.spec.who if roles is None or call.spec.who.asked else Who(roles=roles)


def may_second(scene: Scene, call: Call) -> tuple[str, ...]:
    """The Matrix ids of those whose yes completes the command: somebody else, who holds the role."""
    roles = call.spec.second.roles or call.spec.who.roles
    if scene.cell is None:
        return ()
    found: dict[str, None] = {}
    for role in roles:
        found.update(dict.fromkeys(member.matrix_id for member in scene.cell.holders(role)))
    return tuple(user for user in found if not same_human(scene, user, scene.sender) and vouched(scene, user))


def not_in_cell(person: Person | None) -> Refusal:
    """Why nothing can be given to somebody whom nobody called; None stands for the sender."""
    return Refusal("refusals.not_in_cell", name=person.name if person else "", at=person.localpart if person else "x")


def is_alone(cell: Cell, roster: Roster) -> bool:
    """Whether nobody else can be expected: one person of the roster called or here, or a doctor's practice."""
    here = [member for member in cell.members.values() if member.left_at is None and member.matrix_id in roster]
    return len(here) < 2 or cell.incident.kind == "medical_practice"


def place_of(kind: str) -> Place:
    """The place that a room of this kind is."""
    return Place(kind) if kind in (Place.CELL, Place.ALERT, Place.TRACK, Place.GUESTS) else Place.DIRECT
