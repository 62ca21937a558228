"""Enquiries that nobody has answered. Guarantee: each is called to mind until its answer is recorded: after an hour,
after four, then twice a day; in one message for all, within the budget of noise, never at night; and whoever was to
answer and is not there any more is replaced by who stands in."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot import chronicle
from bot.commands.enquiries import owner_of
from bot.domain.cell import Cell
from bot.domain.enquiries import Enquiry
from bot.domain.incident import IncidentStatus
from bot.domain.nudges import NIGHT_FROM, NIGHT_TO
from bot.domain.outcome import Record
from bot.noise import rings_left
from bot.store import cells, meta, nudges
from bot.store.db import Session
from bot.store.nudges import Nudge
from bot.tools import Tools

STEPS = (timedelta(hours=1), timedelta(hours=4))
AFTERWARDS = timedelta(hours=12)
_SAID = "asked:"
"""Under this, an incident and an enquiry: how often it was called to mind."""


def remind(session: Session, tools: Tools, incident: str, now: datetime) -> bool:
    """Call to mind what is due. Returns whether anything was put in the outbox."""
    cell = cells.load(session, incident)
    if cell is None or cell.incident.status is not IncidentStatus.OPEN or _night(cell, now):
        return False
    waiting = [each for _, each in sorted(cell.enquiries.items()) if each.open]
    due = [each for each in waiting if _step(each, now) > _said(session, cell, each)]
    if not due:
        return False
    owners = {each.id: owner_of(cell, each) for each in due}
    people = tuple(dict.fromkeys(user for user in owners.values() if user))
    ring = tuple(user for user in people if rings_left(session, cell, user, now) > 0)
    for each in due:
        meta.put(session, _key(cell, each), str(_step(each, now)))
    values = {"lines": due, "owners": owners, "people": [(user, tools.name_of(cell, user)) for user in people]}
    key = f"{_SAID}{incident}:{'-'.join(str(each.number) for each in due)}:{int(now.timestamp())}"
    tools.voice.say(
        session, now, cell.incident.room_key, "enquiries.still_open", cell.incident.language, values, key, cell=cell,
        ring=ring,
    )  # fmt: skip
    rows = [Nudge(incident, due[0].id, "enquiry", 0, user, key, True, due[0].at, now) for user in ring]
    nudges.put(session, rows)
    for each in due:
        record = Record("nudge", "remind", each.id, None, {"to": owners[each.id], "step": _step(each, now)})
        chronicle.record(session, incident, record, sender=None, cause=None, now=now)
    return True


def _step(enquiry: Enquiry, now: datetime) -> int:
    """How often it should have been called to mind by now."""
    age = now - enquiry.at
    return sum(age >= each for each in STEPS) + max(0, (age - STEPS[-1]) // AFTERWARDS)


def _said(session: Session, cell: Cell, enquiry: Enquiry) -> int:
    return int(meta.get(session, _key(cell, enquiry)) or 0)


def _key(cell: Cell, enquiry: Enquiry) -> str:
    return f"{_SAID}{cell.incident.id}:{enquiry.number}"


def _night(cell: Cell, now: datetime) -> bool:
    local = now.astimezone(ZoneInfo(cell.incident.timezone)).time()
    return local >= NIGHT_FROM or local < NIGHT_TO
