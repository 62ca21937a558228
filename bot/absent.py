"""Who does not answer is replaced. Guarantee: whoever was called and gives no sign in time is followed by their deputy,
then by the next of the roster, each once and each logged, in one transaction with what calls them; telephone numbers go
to the coordinator's direct room alone, never into the log; an empty vital role is the director's to fill."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from bot import apart, boards, calls_outside, chronicle
from bot.commands.calling import call_message, member_of
from bot.decisions import QUESTION, pend, tell
from bot.domain.absence import Absent, absent, empty, proposed
from bot.domain.cell import Cell
from bot.domain.incident import Member, Pending
from bot.domain.outcome import Record
from bot.domain.roles import Role
from bot.domain.roster import Person
from bot.making import call_in, open_direct
from bot.noise import rings_left
from bot.render import uncapitalised
from bot.store import cells, lookups, meta, nudges, people, rooms
from bot.store.db import Session
from bot.store.nudges import Nudge
from bot.tools import Tools

ASKED = "vacant:"
"""Under this, an incident and a role, when the director was asked to fill it."""
APART = timedelta(minutes=5)
"""Between two questions about empty roles."""
ANSWER_WITHIN = timedelta(hours=1)


def incidents(session: Session, now: datetime) -> list[str]:
    """The crises under way."""
    return cells.under_way(session)


def replace_absent(session: Session, tools: Tools, incident: str, now: datetime) -> bool:
    """Call whoever comes next where somebody has not answered; ask the director about roles that stay empty."""
    cell = cells.load(session, incident)
    if cell is None:
        return False
    # Most beats find nothing: what is asked of the database is asked only where something is to be done.
    if absent(cell, tools.roster, now, tools.patience, ()):
        found = absent(cell, tools.roster, now, tools.patience, people.suspended(session))
        _replace(session, tools, cell, found, now)
        return True
    open_roles = _long_empty(cell, tools, now)
    return bool(open_roles) and _ask_to_fill(session, tools, cell, open_roles, now)


def _replace(session: Session, tools: Tools, cell: Cell, found: list[Absent], now: datetime) -> None:
    after = cell
    discreet = cell.incident.rung is None
    for each in found:
        after = after.with_member(replace(after.members[each.member.matrix_id], climbed_at=now))
        # Where only whom a person names is called, the next of the roster may be the one who must not know.
        person = None if discreet else each.next
        _log_absence(session, cell, each, person, now)
        if person is None or not each.roles:
            continue
        before = after.members.get(person.matrix_id)
        member = _standing_in(each, person, before, now)
        after = after.with_member(member)
        state = {"roles": [role.value for role in member.roles], "for": each.member.matrix_id}
        was = [role.value for role in before.roles] if before else []
        record = Record("role", "stand_in", person.matrix_id, {"roles": was}, state)
        chronicle.record(session, cell.incident.id, record, sender=None, cause=None, now=now)
        if not each.here:
            _call(session, tools, after, member, each, now)
        _call_outside(session, tools, after, each.member.matrix_id, now)
    cells.save(session, cell, after)
    _say(session, tools, after, found, now, discreet=discreet)
    after = apart.settle(session, tools, after, now, f"absent:{now.timestamp()}")
    after = boards.refresh(
        session, tools.voice, after, lambda user: tools.name_of(after, user), now, f"absent:{now.timestamp()}"
    )
    cells.save(session, cells.load(session, cell.incident.id), after)


def _standing_in(each: Absent, person: Person, before: Member | None, now: datetime) -> Member:
    stood_for = each.member.stands_for or each.member.matrix_id
    if each.here and before is not None:
        return replace(before, roles=tuple(dict.fromkeys((*before.roles, *each.roles))), stands_for=stood_for)
    member = member_of(person, now, before)
    return replace(member, roles=tuple(dict.fromkeys((*member.roles, *each.roles))), stands_for=stood_for)


def _log_absence(session: Session, cell: Cell, each: Absent, person: Person | None, now: datetime) -> None:
    said = {
        "person": each.member.matrix_id,
        "since": each.since,
        "roles": [role.value for role in each.roles],
        "next": person.matrix_id if person else None,
    }
    record = Record("rollcall", "no_answer", each.member.matrix_id, None, said)
    chronicle.record(session, cell.incident.id, record, sender=None, cause=None, now=now)


def _call_outside(session: Session, tools: Tools, cell: Cell, person: str, now: datetime) -> None:
    booked = calls_outside.book(session, tools, cell, person, (), "absent", now)
    if booked is not None:
        said = {"person": person, "channel": booked.channel, "attempt": booked.id}
        record = Record("rollcall", "call_outside", person, None, said)
        chronicle.record(session, cell.incident.id, record, sender=None, cause=None, now=now)


def _call(session: Session, tools: Tools, cell: Cell, member: Member, each: Absent, now: datetime) -> None:
    turn = f"absent:{now.timestamp()}"
    call_in(session, cell.incident.room_key, member.matrix_id, now, turn=turn, priority=0)
    mine = cells.titles(session, cells.open_for(session, member.matrix_id))
    others = [line for line in mine if line.id != cell.incident.id]
    instead = tools.name_of(cell, each.member.matrix_id)
    message = call_message(cell, member, tools.roster, now, by=None, others=others, instead=instead)
    tell(session, tools, now, message, cell)


def _say(session: Session, tools: Tools, cell: Cell, found: list[Absent], now: datetime, *, discreet: bool) -> None:
    """Tell the cell who stands in, and whoever coordinates the numbers to try by telephone."""
    incident = cell.incident
    lines = [_line(tools, cell, each, now, discreet=discreet) for each in found if each.roles]
    if lines:
        tools.voice.say(
            session, now, incident.room_key, "people.absent", incident.language, {"lines": lines},
            f"absent:{incident.id}:{now.isoformat()}", cell=cell,
        )  # fmt: skip
    numbers = [
        {"name": person.name, "roles": each.member.roles, "phone": person.shared_phone}
        for each in found
        if (person := tools.roster.by_id(each.member.matrix_id)) is not None
    ]
    user = who_coordinates(cell)
    if numbers and user is not None:
        open_direct(session, user, now, None, priority=1)
        message = f"phones:{incident.id}:{user}:{now.isoformat()}"
        rings = rings_left(session, cell, user, now) > 0
        tools.voice.say(
            session, now, f"dm:{user}", "people.phone_them", tools.language_of(session, user),
            {"numbers": numbers, "incident": incident}, message, cell=cell, ring=(user,) if rings else (), priority=0,
        )  # fmt: skip
        # It counts in what this person may be rung in the hour.
        nudges.put(session, [Nudge(incident.id, "absent", "absent", 0, user, message, rings, now, now)])


def _line(tools: Tools, cell: Cell, each: Absent, now: datetime, *, discreet: bool) -> dict[str, Any]:
    return {
        "name": tools.name_of(cell, each.member.matrix_id),
        "since": now - each.since,
        "roles": each.roles,
        "next": each.next.name if each.next and not discreet else None,
        "here": each.here,
    }


def who_coordinates(cell: Cell) -> str | None:
    """Whoever of those present is to be asked: the coordinator, else a director, else who opened it."""
    for role in (Role.COORDINATOR, Role.DIRECTOR, Role.DUTY_MANAGER):
        here = [m for m in cell.holders(role) if m.present and m.resting_since is None]
        if here:
            return here[0].matrix_id
    return cell.incident.opened_by if cell.is_here(cell.incident.opened_by) else None


# -- vital roles that stay empty ---------------------------------------------------------------------------------------


def _long_empty(cell: Cell, tools: Tools, now: datetime) -> list[tuple[Role, ...]]:
    """The vital roles that nobody has held for too long; in a practice one person does everything, and knows it."""
    incident = cell.incident
    if incident.kind == "medical_practice" or now - incident.opened_at < tools.patience.empty:
        return []
    return list(empty(cell, now, tools.patience, incident.named_roles))


def _ask_to_fill(session: Session, tools: Tools, cell: Cell, long_empty: list[tuple[Role, ...]], now: datetime) -> bool:
    """Put to the director, once for each role and one at a time, the name of who might take it."""
    incident = cell.incident
    kept = f"{ASKED}{incident.id}:"
    asked = {key.removeprefix(kept): at for key, at in lookups.under(session, kept)}
    if any(now - datetime.fromisoformat(at) < APART for at in asked.values()):
        return False
    open_roles = [group for group in long_empty if group[0].value not in asked]
    user = _who_decides(cell)
    if not open_roles or user is None:
        return False
    barred = people.suspended(session)
    found = [(group, proposed(cell, group, tools.roster, barred)) for group in open_roles]
    group, person = next((each for each in found if each[1] is not None), found[0])
    # Those for which nobody can be proposed are said together, once, and after the others.
    for each in (group,) if person is not None else open_roles:
        meta.put(session, f"{ASKED}{incident.id}:{each[0].value}", now.isoformat())
    open_direct(session, user, now, None, priority=0)
    key = f"vacant:{incident.id}:{group[0].value}:{now.isoformat()}"
    values = {
        "incident": incident,
        "role": group[0],
        "person": person,
        "own": person is not None and person.matrix_id == user,
        "others": [g[0] for g in open_roles if g is not group],
        "after": tools.patience.empty,
    }
    room_key = f"dm:{user}"
    rings = rings_left(session, cell, user, now) > 0
    tools.voice.say(
        session, now, room_key, "people.vacant", tools.language_of(session, user), values, key, cell=cell,
        ring=(user,) if rings else (), priority=0,
    )  # fmt: skip
    nudges.put(session, [Nudge(incident.id, "vacant", group[0].value, 0, user, key, rings, now, now)])
    record = Record("role", "vacant", group[0].value, None, {"asked": user, "proposed": person and person.matrix_id})
    chronicle.record(session, incident.id, record, sender=None, cause=None, now=now)
    if person is not None:
        room = rooms.by_key(session, room_key)
        held = {"role": group[0].value, "person": person.matrix_id}
        # What would be typed for it: by this it is told from other questions that wait.
        typed = f"!role @{person.localpart} {uncapitalised(group[0].label(tools.language_of(session, user)))}"
        call = {"command": "role", "about": f"vacant:{group[0].value}", "held": held, "text": typed}
        where = (room and room.room_id) or ""
        pending = Pending(None, incident.id, QUESTION, user, (user,), call, None, where, None, now, now + ANSWER_WITHIN)
        pend(session, pending, key)
    return True


def _who_decides(cell: Cell) -> str | None:
    here = [m for m in cell.holders(Role.DIRECTOR) if m.present and m.resting_since is None]
    return here[0].matrix_id if here else who_coordinates(cell)
