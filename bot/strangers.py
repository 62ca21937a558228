"""Who is in a cell's room and has no business there. Guarantee: whoever is not on the roster, and was not brought in by
two people, raises an alarm once; whoever was suspended is put out again, however often they come back."""

from __future__ import annotations

from datetime import datetime

from bot import chronicle, leaving
from bot.domain.cell import Cell
from bot.domain.roles import Role
from bot.store import meta, people
from bot.store.db import Session
from bot.tools import Tools

TOLD = "stranger:"


def alarm(session: Session, tools: Tools, cell: Cell, user: str, now: datetime, turn: str) -> bool:
    """Somebody came in, or was invited. Returns whether they are nobody of ours. `turn`: the event that says so."""
    incident, member = cell.incident, cell.members.get(user)
    suspended = user in people.suspended(session)
    if not suspended and (user in tools.roster or (member is not None and member.outsider and member.left_at is None)):
        return False
    if suspended:
        leaving.kick(session, incident.room_key, user, now, suspended=True, turn=turn)
    key = f"{TOLD}{incident.id}:{user}"
    if meta.get(session, key) and not suspended:
        return True
    meta.put(session, key, now.isoformat())
    chronicle.system(session, incident.id, "system", {"action": "stranger", "user": user, "suspended": suspended}, now)
    leads = [m.matrix_id for role in (Role.COORDINATOR, Role.DIRECTOR, Role.CISO) for m in cell.holders(role)]
    tools.voice.say(
        session, now, incident.room_key, "vouching.stranger", incident.language,
        {"user": user, "suspended": suspended}, f"{key}:{turn}", cell=cell,
        ring=tuple(dict.fromkeys(leads)), priority=0,
    )  # fmt: skip
    return True
