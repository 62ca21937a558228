"""People called outside Matrix, when nobody inside has answered. Guarantee: an attempt is a row in the transaction that
decides it, which whoever decides it logs; nothing of the incident leaves in clear; in a drill there is none, ever."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.domain.cell import Cell
from bot.domain.outside import HOUR, MOST_AN_HOUR, Reach, reach_at
from bot.store import outbox, outside
from bot.store.db import Session
from bot.store.outside import CallState, OutsideCall
from bot.tools import Tools


def reachable(session: Session, tools: Tools, cell: Cell, people: Iterable[str], now: datetime) -> tuple[str, ...]:
    """Who of these may be called outside now."""
    if cell.incident.drill or not tools.channels:
        return ()
    return tuple(person for person in people if _way(session, tools, cell, person, now) is not None)


def book(
    session: Session, tools: Tools, cell: Cell, person: str, clocks: tuple[str, ...], step: str, now: datetime
) -> OutsideCall | None:
    """An attempt that is to be made, for all these clocks; None where it may not be."""
    way = _way(session, tools, cell, person, now)
    if cell.incident.drill or way is None:
        return None
    code = _code(session, cell.incident.id, f"{person}:{now.isoformat()}")
    call = OutsideCall(cell.incident.id, clocks, step, person, way.channel, code, CallState.WAITING, now)
    return outside.book(session, call)


def _way(session: Session, tools: Tools, cell: Cell, person: str, now: datetime) -> Reach | None:
    known = tools.roster.by_id(person)
    if known is None or outside.calls_since(session, person, now - HOUR) >= MOST_AN_HOUR:
        return None
    return reach_at(known.outside, tools.channels, now.astimezone(ZoneInfo(cell.incident.timezone)))


def _code(session: Session, incident: str, about: str) -> str:
    """Four digits that no other call of the incident had."""
    used = outside.codes_of(session, incident)
    number = int(outbox.derived(session, f"outside:{incident}:{about}"), 16)
    while f"{number % 10_000:04d}" in used and len(used) < 10_000:
        number += 1
    return f"{number % 10_000:04d}"
