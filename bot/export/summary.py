"""`incident.json`: what the incident was, for a reader who has no Tocsin.

Guarantee: where the profile is anonymous, a role stands in the place of every Matrix id.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from bot.domain.cell import Cell
from bot.domain.log import Entry, to_rfc3339
from bot.domain.profiles import Profile
from bot.export.roles import role_of, without_ids
from bot.export.source import Room


def to_json(cell: Cell, rooms: Iterable[Room], head: Entry, profile: Profile | None = None) -> bytes:
    """The file's bytes: indented, people and rooms in a fixed order, instants in UTC; the profile, if any."""
    incident = cell.incident
    anonymous = profile is not None and profile.anonymous

    def who(user: str | None) -> str | None:
        return role_of(cell, user) if anonymous else user

    whole: dict[str, Any] = {
        "id": incident.id,
        "title": incident.title,
        "scenario": incident.scenario,
        "playbook_sha256": incident.playbook_sha256,
        "drill": incident.drill,
        "severity": incident.severity,
        "phase": incident.phase,
        "status": incident.status,
        "organisation": incident.organisation,
        "kind": incident.kind,
        "timezone": incident.timezone,
        "language": incident.language,
        "opened_at": _instant(incident.opened_at),
        "opened_by": who(incident.opened_by),
        "closed_at": _instant(incident.closed_at),
        "moments": {
            name: {
                "at": _instant(moment.at),
                "known_by": who(moment.set_by),
                "set_at": _instant(moment.set_at),
                "reason": without_ids(cell, moment.reason) if anonymous else moment.reason,
            }
            for name, moment in sorted(cell.moments.items())
        },
        "people": [
            {
                "matrix_id": who(member.matrix_id),
                "name": None if anonymous else member.name,
                "roles": list(member.roles),
                "joined_at": _instant(member.joined_at),
                "left_at": _instant(member.left_at),
            }
            for member in sorted(cell.members.values(), key=lambda m: (who(m.matrix_id) or "", m.matrix_id))
        ],
        "rooms": [
            {"room_id": room.room_id, "name": room.name, "track": room.track}
            for room in sorted(rooms, key=lambda r: r.room_id)
        ],
        "head": {"seq": head.seq, "entry_hash": head.entry_hash, "logged_at": head.logged_at},
    }
    if profile is not None:
        whole["profile"] = profile.name
    return json.dumps(whole, ensure_ascii=False, indent=2).encode() + b"\n"


def _instant(at: datetime | None) -> str | None:
    return to_rfc3339(at) if at else None
