"""After a restore. Guarantee: each room is told what was lost; the boards show the state that came back; and a crisis
that was opened after the copy, and was not found again, is said to be nobody's, with what reopens it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from bot import boards, chronicle
from bot.domain.roles import Role, holders
from bot.making import open_direct
from bot.store import backup, cells, journal, meta, outbox, rooms
from bot.store.db import Session
from bot.store.journal import JournalRow
from bot.store.rooms import Room
from bot.tools import Tools


def told(session: Session, tools: Tools, row: JournalRow, payload: Mapping[str, Any], now: datetime) -> None:
    """The store came back from a copy: each open incident's log and room are told of when it is."""
    for incident in cells.all_open(session):
        chronicle.system(session, incident, "system", {"action": row.type, **payload}, now)
        cell = cells.load(session, incident)
        if cell is not None:
            values = {"made_at": datetime.fromisoformat(str(payload["made_at"]))}
            key = f"restored:{row.id}:{payload['restored_at']}:{incident}"
            tools.voice.say(
                session, now, cell.incident.room_key, "notices.restored", cell.incident.language, values, key, cell=cell
            )
            boards.wants_anew(session, incident, now)


def finish(session: Session, tools: Tools, now: datetime) -> None:
    """Once all is read: say, in the rooms that nothing explains and to the directors, what must be opened again."""
    came_back = json.loads(meta.get(session, outbox.RESTORED) or "{}")
    if not backup.over(session) or "made_at" not in came_back:
        return
    lost = [room_id for room_id in journal.rooms_aside(session) if rooms.by_id(session, room_id) is None]
    values = {"made_at": datetime.fromisoformat(str(came_back["made_at"]))}
    for room_id in lost:
        key = f"room:{room_id}"
        rooms.put(session, Room(key, room_id, rooms.LOST, None, None, encrypted=True, left=False))
        language = tools.organisation.language
        tools.voice.say(session, now, key, "notices.lost_room", language, values, f"lost_room:{room_id}", priority=0)
    directors = holders(Role.DIRECTOR, tools.roster.people) if lost else ()
    for user in (person.matrix_id for person in directors):
        open_direct(session, user, now, None, priority=1)
        tools.voice.say(
            session, now, f"dm:{user}", "notices.lost_rooms", tools.language_of(session, user),
            {**values, "count": len(lost)}, f"lost_rooms:{came_back['restored_at']}:{user}", ring=(user,), priority=0,
        )  # fmt: skip
