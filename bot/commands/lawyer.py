"""A room for speaking with a lawyer. Guarantee: who is asked into it and that it exists are written; what is said in
it never comes to us, for we leave it as soon as somebody who can look after it has come in."""

from __future__ import annotations

from dataclasses import replace

from bot.commands.call import Call
from bot.commands.scene import Scene
from bot.domain.conduct import LawyerRoom
from bot.domain.effects import CallIn, Effect, OpenRoom, Reply, Tell
from bot.domain.incident import IncidentStatus
from bot.domain.outcome import Outcome, Record, Refusal
from bot.domain.roles import Role
from bot.domain.roster import Person


def lawyer(scene: Scene, call: Call) -> Outcome:
    """Make the room, or bring one more person into it while we are still there."""
    cell = scene.here
    guest = call.get("person", Person)
    known = cell.lawyers[max(cell.lawyers)] if cell.lawyers else None
    if known is not None:
        return _known(scene, known, guest)
    if cell.incident.status is IncidentStatus.ARCHIVED:
        raise Refusal("closing.archived", incident=cell.incident)
    lead = [scene.sender, *(m.matrix_id for role in (Role.LEGAL, Role.DIRECTOR) for m in cell.holders(role))]
    admins = tuple(dict.fromkeys(lead))
    invited = tuple(dict.fromkeys((*admins, *((guest.matrix_id,) if guest else ()))))
    word = "Exercice" if cell.incident.drill else "Salon"
    # It travels in clear, and so says nothing.
    name = f"{word} {cell.incident.year}-{cell.incident.number:03d} A"
    room = LawyerRoom(len(cell.lawyers) + 1, name, scene.sender, scene.now, invited, admins)
    key = room.key(cell.incident.id)
    record = Record("incident", "lawyer_room", cell.incident.id, None, _state(room))
    effects: list[Effect] = [OpenRoom(key, name, "", "", admins, kind="lawyer")]
    effects += [CallIn(key, user, urgent=True) for user in invited]
    effects += [_told(scene, room, user) for user in invited if user != scene.sender]
    effects.append(Reply("lawyer.made", {"lawyer": room, "people": scene.names_of(invited)}))
    return Outcome(cell.with_lawyers(room), (record,), tuple(effects))


def _known(scene: Scene, room: LawyerRoom, guest: Person | None) -> Outcome:
    """One more person; or, where there is nothing that we could still do, who can."""
    if room.left_at is not None:
        raise Refusal("lawyer.left", lawyer=room, people=scene.names_of(u for u in room.present if u in room.admins))
    if guest is None or guest.matrix_id in room.invited:
        raise Refusal("lawyer.waits", lawyer=room, people=scene.names_of(room.admins))
    after = replace(room, invited=(*room.invited, guest.matrix_id))
    record = Record("incident", "lawyer_room", scene.here.incident.id, _state(room), _state(after))
    effects = (
        CallIn(room.key(scene.here.incident.id), guest.matrix_id, urgent=True),
        _told(scene, after, guest.matrix_id),
        Reply("lawyer.made", {"lawyer": after, "people": scene.names_of(after.invited)}),
    )
    return Outcome(scene.here.with_lawyers(after), (record,), effects)


def _told(scene: Scene, room: LawyerRoom, user: str) -> Tell:
    person, incident = scene.roster.by_id(user), scene.here.incident
    language = (person.language if person else None) or incident.language
    values = {"lawyer": room, "by": scene.name_of(scene.sender)}
    return Tell(f"dm:{user}", "lawyer.asked", values, language, f"lawyer:{incident.id}:{room.number}:{user}")


def _state(room: LawyerRoom) -> dict[str, object]:
    return {"name": room.name, "invited": list(room.invited), "power": list(room.admins)}
