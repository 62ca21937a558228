"""What will never be said. Guarantee: it is logged in the incidents that it touches, and told to somebody who can say
it another way; once an hour for a room, and never about what was itself such a warning."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from bot import chronicle, lawyers, sending
from bot.domain.cell import Cell
from bot.domain.roles import Role, holders
from bot.making import open_direct
from bot.reasons import in_words
from bot.store import cells, rooms
from bot.store.db import Session
from bot.store.journal import JournalRow
from bot.tools import Tools

_KEY: Final = "unsaid:"
_DIRECT: Final = "dm:"
_ALERT: Final = "alert"
_WORDS: Final = frozenset({"message", "file"})


def handle(session: Session, tools: Tools, row: JournalRow, payload: Mapping[str, Any], now: datetime) -> None:
    """Log that a row of the outbox is dead, and tell whoever must know."""
    room_key, kind = str(payload.get("room_key")), str(payload.get("kind"))
    room = rooms.by_key(session, room_key)
    if room is not None and room.kind == "lawyer":
        # What is said between counsel and client, and that it was not said, is theirs.
        if isinstance(payload.get("user"), str):
            lawyers.not_reached(session, tools, room, str(payload["user"]), str(payload.get("why", "")), now)
        return
    if str(payload.get("key")).startswith(sending.IN_ROOM):
        sending.undelivered(session, tools, str(payload["key"]), now)
        return
    user = room_key.removeprefix(_DIRECT) if room_key.startswith(_DIRECT) else None
    touched = _touched(session, room.incident if room else None, user, room_key)
    for cell in touched:
        chronicle.system(session, cell.incident.id, "system", {"action": "undeliverable", **payload}, now)
    ours = room is not None and room.incident is not None
    if ours and isinstance(payload.get("user"), str):
        for cell in touched:
            _not_moved(session, tools, cell, row, payload, now, "not_put_out" if kind == "kick" else "not_invited")
        return
    # In peacetime a direct room that cannot be made is the administrator's: `tocsin check` names the person.
    silence = kind in _WORDS or (kind == "create" and (touched or room_key == _ALERT))
    if silence and not str(payload.get("key")).startswith(_KEY):
        _tell(session, tools, touched, room_key, user, payload, now)


def _touched(session: Session, incident: str | None, user: str | None, room_key: str) -> list[Cell]:
    """The incidents in which this is a hole: the room's own, the person's, or all for the alert room."""
    if incident is not None:
        found: Iterable[str] = [incident]
    elif user is not None:
        found = cells.open_for(session, user)
    else:
        found = cells.all_open(session) if room_key == _ALERT else ()
    return [cell for each in found if (cell := cells.load(session, each)) is not None]


def _not_moved(
    session: Session, tools: Tools, cell: Cell, row: JournalRow, payload: Mapping[str, Any], now: datetime, what: str
) -> None:
    """Somebody could not be asked into a room, or be put out of it."""
    language = cell.incident.language
    why = in_words(str(payload.get("why", "")), language)
    about = {"own": payload.get("room_key") == cell.incident.room_key, "why": why}
    tools.voice.say(
        session, now, cell.incident.room_key, f"notices.{what}", language,
        {"name": tools.name_of(cell, str(payload["user"])), **about},
        f"undeliverable:{row.id}", cell=cell, ring=tuple(m.matrix_id for m in cell.holders(Role.COORDINATOR)),
    )  # fmt: skip


def _tell(
    session: Session,
    tools: Tools,
    touched: list[Cell],
    room_key: str,
    user: str | None,
    payload: Mapping[str, Any],
    now: datetime,
) -> None:
    """Tell the directors, each in their direct room; it rings where a crisis is under way."""
    why = str(payload.get("why", ""))
    place = "direct" if user else "alert" if room_key == _ALERT else "cell"
    for director in _directors(tools, touched, user):
        language = tools.language_of(session, director)
        name = tools.name_of(touched[0] if touched else None, user)
        open_direct(session, director, now, None, priority=1)
        values = {
            "user": director,
            "place": place,
            "name": name,
            "incident": touched[0].incident.id if touched else "",
            "why": in_words(why, language),
        }
        tools.voice.say(
            session, now, f"{_DIRECT}{director}", "notices.unsaid", language, values,
            f"{_KEY}{room_key}:{director}:{now:%Y-%m-%dT%H}", ring=(director,) if touched else (),
        )  # fmt: skip


def _directors(tools: Tools, touched: list[Cell], but: str | None) -> list[str]:
    """Who leads the crises that this touches, in peacetime whoever is to lead; not who cannot be reached."""
    if touched:
        found = [member.matrix_id for cell in touched for member in cell.holders(Role.DIRECTOR)]
    else:
        found = [person.matrix_id for person in holders(Role.DIRECTOR, tools.roster.people)]
    others = [person.matrix_id for person in tools.roster.holders(Role.COORDINATOR)]
    return [each for each in dict.fromkeys(found) if each != but] or [each for each in others if each != but]
