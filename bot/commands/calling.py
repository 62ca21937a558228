"""Who is called, and what each is told. Guarantee: whoever is called learns why, in which role, where to go and what to
do first; nobody who was left out, or whose account is suspended, is ever called by the bot."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import datetime

from bot.commands.scene import Scene
from bot.domain.cell import Cell
from bot.domain.clock_lines import line
from bot.domain.clocks import Clock, ClockStatus
from bot.domain.effects import CallIn, Effect, Tell
from bot.domain.incident import Incident, Line, Member
from bot.domain.nudges import responsible
from bot.domain.reminders import gestures
from bot.domain.roles import BYSTANDERS, Role
from bot.domain.roster import Person, Roster
from bot.domain.rungs import Rung, called


def rung_of(incident: Incident) -> Rung | None:
    """How much of the cell is called; None where only whom a person names is."""
    return Rung(incident.rung) if incident.rung else None


def to_call(incident: Incident, rung: Rung, roster: Roster, barred: Collection[str]) -> list[Person]:
    """Whom that rung calls, vital roles first; not who only watches, was left out, or is barred."""
    out = {*incident.left_out, *barred}
    people = called(rung, roster, incident.named_roles, out)
    return [p for p in people if not p.roles or set(p.roles) - BYSTANDERS]


def member_of(person: Person, now: datetime, before: Member | None = None) -> Member:
    """Somebody of the roster, called now; what they had in this incident before is kept."""
    if before is not None:
        roles = tuple(dict.fromkeys((*before.roles, *person.roles)))
        return replace(before, roles=roles, called_at=now, left_at=None, joined_at=None, here_at=None)
    return Member(person.matrix_id, person.name, person.roles, called_at=now, deputies=person.deputies)


def call_effects(scene: Scene, cell: Cell, members: Iterable[Member], *, urgent: int = 0) -> list[Effect]:
    """The invitations, the first `urgent` of them before all else, and to each the message that says what for."""
    people = list(members)
    room = cell.incident.room_key
    effects: list[Effect] = [CallIn(room, m.matrix_id, urgent=place < urgent) for place, m in enumerate(people)]
    by = scene.name_of(scene.sender)
    effects += [
        call_message(cell, member, scene.roster, scene.now, by=by, others=others_of(scene, member))
        for member in people
        if member.matrix_id != scene.sender
    ]
    return effects


def call_message(
    cell: Cell,
    member: Member,
    roster: Roster,
    now: datetime,
    *,
    by: str | None,
    others: Iterable[Line] = (),
    instead: str | None = None,
) -> Tell:
    """What somebody is told who is called. `others`: the crises in which they are besides; `instead`: who did not
    answer."""
    person = roster.by_id(member.matrix_id)
    language = (person.language if person else None) or cell.incident.language
    return Tell(
        f"dm:{member.matrix_id}",
        "incident.call",
        {
            "cell": cell,
            "member": member,
            "gestures": gestures(cell, member.matrix_id),
            "by": by,
            "instead": instead,
            "others": list(others),
            "lines": [line(cell, clock, now) for clock in clocks_of(cell, member)],
        },
        language,
        key=call_key(cell, member),
        ring=(member.matrix_id,),
    )


def call_key(cell: Cell, member: Member) -> str:
    """Under which key the message waits that tells somebody why they are called."""
    return f"call:{cell.incident.id}:{member.matrix_id}:{member.called_at.isoformat()}"


def others_of(scene: Scene, member: Member) -> tuple[Line, ...]:
    """The other open crises to which somebody is called: they alone are told of them."""
    mine = scene.records.engaged(member.matrix_id)
    return tuple(each for each in mine if scene.cell is None or each.id != scene.cell.incident.id)


def clocks_of(cell: Cell, member: Member) -> list[Clock]:
    """The clocks that the call names: all to a director, else those that fall to this person."""
    running = [clock for clock in cell.by_urgency if clock.status is ClockStatus.RUNNING]
    if Role.DIRECTOR in member.roles:
        return running
    return [clock for clock in running if responsible(cell, clock) == member.matrix_id]
