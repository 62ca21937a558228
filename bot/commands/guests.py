"""Bringing somebody in: from the roster, from outside with a role, or from outside as a guest. Guarantee: nobody from
outside enters by one person's word; a guest has a room of their own, an end, and reads nothing from before."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from bot.commands import calling, people
from bot.commands.call import Call, When
from bot.commands.permission import may_second
from bot.commands.scene import Scene
from bot.domain.apart import Guest, hosted_by
from bot.domain.cell import Cell
from bot.domain.effects import CallIn, Effect, OpenRoom, PutOut, Reply
from bot.domain.incident import Member, Undoable
from bot.domain.language import Both, fold
from bot.domain.outcome import Confirm, Outcome, Record, Refusal
from bot.domain.roles import Role, find_role
from bot.domain.roster import Person

STAYS = timedelta(hours=24)
"""How long a guest stays where nobody says until when."""
_MATRIX_ID = re.compile(r"@[^\s:@]{1,200}:[^\s@,;]{1,200}")
_MOST_WORDS = 5
_ROOM = {False: Both("Invités", "Guests"), True: Both("Exercice, invités", "Drill, guests")}


def invite(scene: Scene, call: Call) -> Outcome:
    """Bring somebody in; who is not of the roster only with a second person."""
    text = " ".join((call.get("who", str) or "").split())
    user, person, rest = _meant(scene, text)
    if user == scene.bot:
        raise Refusal("rooms.not_me")
    if user in scene.records.suspended():
        raise Refusal("people.suspended", name=person.name if person else user)
    if person is not None:
        return _of_the_roster(people.agreed(scene, call, person), person, rest)
    if user.partition(":")[2] != scene.sender.partition(":")[2]:
        raise Refusal("rooms.other_server", user=user, server=scene.sender.partition(":")[2])
    role, name = _role_and_name(rest)
    if role is not None:
        return _outsider(scene, call, user, role, name)
    return _guest(scene, call, user, name)


def guests(scene: Scene, call: Call) -> Outcome:
    """Who from outside is in, until when, and who was."""
    found = [guest for _, guest in sorted(scene.here.guests.items())]
    values = {"here": [g for g in found if g.expected], "gone": [g for g in found if not g.expected][-_MOST_WORDS:]}
    return Outcome(effects=(Reply("rooms.guests", {**values, "by": scene.name_of}),))


def dismiss(scene: Scene, call: Call) -> Outcome:
    """A guest's time is over now."""
    cell, typed = scene.here, fold((call.get("who", str) or "").strip().strip("@.,;"))
    known = [guest for guest in cell.guests.values() if guest.expected]
    found = [g for g in known if typed in (fold(g.name), fold(g.user[1:]), fold(g.user[1:].partition(":")[0]))]
    if not found:
        raise Refusal("rooms.no_such_guest", typed=typed, guests=known)
    after = [replace(guest, left_at=scene.now, ended_by=scene.sender) for guest in found]
    records = tuple(
        Record("incident", "guest_out", g.user, {"until": g.until}, {"name": g.name, "by": scene.sender}) for g in after
    )
    effects: list[Effect] = [PutOut(guest.key(cell.incident.id), guest.user) for guest in after]
    effects.append(Reply("rooms.dismissed", {"guests": after}))
    return Outcome(cell.with_guests(after).with_undo(_final(scene, "dismiss")), records, tuple(effects))


# -- whom --------------------------------------------------------------------------------------------------------------


def _meant(scene: Scene, text: str) -> tuple[str, Person | None, str]:
    """Whose account, who that is in the roster, and what follows. Raises Refusal."""
    full = _MATRIX_ID.match(text)
    if full:
        user = full[0].rstrip(".,;:").lower()
        return user, scene.roster.by_id(user), text[full.end() :].strip(" :,.;")
    words = text.removeprefix("@").split()
    for count in range(min(len(words), _MOST_WORDS), 0, -1):
        found = scene.roster.find(" ".join(words[:count]).strip(",.;:"))
        if len(found) > 1:
            raise Refusal("vouching.which", people=found)
        if found:
            return found[0].matrix_id, found[0], " ".join(words[count:])
    raise Refusal("rooms.invite_whom", typed=text)


def _role_and_name(rest: str) -> tuple[Role | None, str]:
    words = rest.split()
    for count in range(min(len(words), _MOST_WORDS), 0, -1):
        role = find_role(" ".join(words[:count]).strip(",.;:"))
        if role is not None:
            return role, " ".join(words[count:])
    return None, rest


def _of_the_roster(scene: Scene, person: Person, rest: str) -> Outcome:
    cell = scene.here
    role = find_role(rest) if rest else None
    if rest and role is None:
        raise Refusal("rooms.no_such_role", typed=rest, name=person.name)
    if role is not None:
        return people.give(scene, person, role)
    if cell.is_here(person.matrix_id):
        return _with_guests(scene, person)
    member = calling.member_of(person, scene.now, cell.members.get(person.matrix_id))
    changed = cell.with_member(member).with_undo(_final(scene, "invite"))
    record = Record(
        "role", "call", person.matrix_id, None, {"roles": [r.value for r in member.roles], "why": "invited"}
    )
    effects = calling.call_effects(scene, changed, [member], urgent=1)
    return Outcome(changed, (record,), (*effects, Reply("rooms.invited", {"member": member})))


def _with_guests(scene: Scene, person: Person) -> Outcome:
    """Who is in the cell is asked back in with the guests with whom they were, and may have left."""
    rooms = hosted_by(scene.here, person.matrix_id)
    if not rooms:
        raise Refusal("rooms.here_already", name=person.name, at=person.localpart)
    guests = [guest for guest in scene.here.guests.values() if guest.expected and person.matrix_id in guest.hosts]
    calls = [CallIn(room, person.matrix_id, urgent=False) for room in rooms]
    return Outcome(effects=(*calls, Reply("rooms.host_back", {"guests": guests, "name": person.name})))


# -- from outside ------------------------------------------------------------------------------------------------------


def _outsider(scene: Scene, call: Call, user: str, role: Role, name: str) -> Outcome:
    """Somebody from outside enters the cell itself, in a role that they hold in this incident only."""
    cell = scene.here
    if cell.is_here(user):
        raise Refusal("rooms.here_already", name=scene.name_of(user), at=user[1:].partition(":")[0])
    shown = name or user[1:].partition(":")[0]
    if scene.confirmed_by is None:
        raise Confirm("rooms.outsider_second", may_second(scene, call), user=user, name=shown, role=role)
    member = Member(user, shown, (role,), called_at=scene.now, outsider=True)
    changed = cell.with_member(member).with_undo(_final(scene, "invite"))
    said = {"roles": [role.value], "why": "outsider", "name": shown, "confirmed_by": scene.confirmed_by}
    effects = calling.call_effects(scene, changed, [member], urgent=1)
    values = {"member": member, "second": scene.name_of(scene.confirmed_by), "by": scene.name_of(scene.sender)}
    return Outcome(changed, (Record("role", "call", user, None, said),), (*effects, Reply("rooms.outsider_in", values)))


def _guest(scene: Scene, call: Call, user: str, name: str) -> Outcome:
    """Somebody from outside is asked into a room apart, for a time; asked again, their time is another."""
    cell = scene.here
    if cell.is_here(user):
        raise Refusal("rooms.here_already", name=scene.name_of(user), at=user[1:].partition(":")[0])
    until = _until(scene, call)
    known = cell.guest(user)
    shown = name or (known.name if known else user[1:].partition(":")[0])
    if scene.confirmed_by is None:
        values: dict[str, Any] = {"user": user, "name": shown, "until": until, "known": known}
        raise Confirm("rooms.guest_second", may_second(scene, call), **values)
    second = scene.confirmed_by
    if known is not None:
        return _longer(scene, cell, known, until, second)
    steer = [m.matrix_id for m in cell.holders(Role.COORDINATOR)]
    hosts = tuple(dict.fromkeys((scene.sender, second, *steer)))
    here = [g for g in cell.guests.values() if g.expected and fold(g.name) == fold(shown)]
    room = here[0].room if here else max((g.room for g in cell.guests.values()), default=0) + 1
    guest = Guest(len(cell.guests) + 1, room, user, shown, scene.sender, second, scene.now, until, hosts)
    key = guest.key(cell.incident.id)
    effects: list[Effect] = []
    if not here:
        incident = cell.incident
        # It travels in clear, and so says nothing.
        letter = chr(ord("A") + (room - 1) % 26)
        label = f"{_ROOM[incident.drill].get(incident.language)} {incident.year}-{incident.number:03d} {letter}"
        admins = tuple(m.matrix_id for m in cell.holders(Role.DIRECTOR))
        effects.append(OpenRoom(key, label, "", incident.id, admins, kind="guests"))
    effects += [CallIn(key, each, urgent=False) for each in (*hosts, user)]
    effects.append(Reply("rooms.guest_in", {"guest": guest, "hosts": scene.names_of(hosts)}))
    after = {"name": shown, "until": until, "room": key.rpartition(":")[2], "hosts": list(hosts)}
    record = Record("incident", "guest_in", user, None, after, extra={"confirmed_by": second})
    return Outcome(cell.with_guests([guest]).with_undo(_final(scene, "guest")), (record,), tuple(effects))


def _longer(scene: Scene, cell: Cell, known: Guest, until: datetime, second: str) -> Outcome:
    after = replace(known, until=until)
    record = Record(
        "incident", "guest_until", known.user, {"until": known.until}, {"until": until}, extra={"confirmed_by": second}
    )
    reply = Reply("rooms.guest_until", {"guest": after})
    return Outcome(cell.with_guests([after]).with_undo(_final(scene, "guest")), (record,), (reply,))


def _final(scene: Scene, act: str) -> Undoable:
    return Undoable(scene.sender, scene.now, act)


def _until(scene: Scene, call: Call) -> datetime:
    given = call.get("until", When)
    asked = scene.sent_at or scene.now
    # The second person's yes comes later: what was asked is what counts.
    until = given.at if given else asked + STAYS
    if until <= scene.now:
        raise Refusal("rooms.until_past", at=until)
    return until
