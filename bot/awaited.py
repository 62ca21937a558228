"""Texts that wait for an approval. Guarantee: whoever is asked is called to mind a few times, rarely, and nobody twice
for the same step, whatever died in between; a text never waits without somebody being told."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot import chronicle
from bot.commands.drafts import version_key
from bot.domain.approval import asked, stopped
from bot.domain.cell import Cell
from bot.domain.drafts import Draft, TextStanding
from bot.domain.outcome import Record
from bot.domain.roles import Role
from bot.store import cells, outbox
from bot.store.db import Session
from bot.tools import Tools

STEPS = (timedelta(minutes=30), timedelta(hours=1), timedelta(hours=2), timedelta(hours=4))
"""After the text was shown; from the second on the deputies are named too."""


def remind(session: Session, tools: Tools, incident: str, now: datetime) -> bool:
    """Call to mind the approvals that an incident's texts wait for. Returns whether anything was put in the outbox."""
    cell = cells.load(session, incident)
    said = [_one(session, tools, cell, draft, now) for draft in cell.drafts.values()] if cell else []
    return any(said)


def _one(session: Session, tools: Tools, cell: Cell, draft: Draft, now: datetime) -> bool:
    shown = draft.last.posted_at
    if shown is None or draft.standing(cell.incident.severity, now) is not TextStanding.WAITING:
        return False
    step = sum(shown + each <= now for each in STEPS)
    key = f"awaited:{cell.incident.id}:{draft.number}:{draft.last.number}:{step}"
    if not step or outbox.by_key(session, key) is not None:
        return False
    if stopped(cell, draft):
        return False
    people = [user for user in asked(cell, draft) if not _rests(cell, user)]
    deputies = [user for user in _deputies(cell, people) if step > 1]
    directors = {member.matrix_id for member in cell.holders(Role.DIRECTOR)}
    # A director's phone rings for few things: for a text, only where it waits for nobody else.
    ring = [user for user in people if user not in directors] or people
    values = {
        "draft": draft,
        "people": [(user, tools.name_of(cell, user)) for user in people],
        "deputies": [(user, tools.name_of(cell, user)) for user in deputies],
        "since": shown,
    }
    tools.voice.say(
        session, now, cell.incident.room_key, "drafts.awaited_still", cell.incident.language, values, key,
        cell=cell, ring=(*ring, *deputies), reply_to=outbox.event_of(session, version_key(cell, draft)),
    )  # fmt: skip
    after = {"version": draft.last.number, "to": [*people, *deputies], "step": step}
    record = Record("nudge", "approval", draft.id, None, after)
    chronicle.record(session, cell.incident.id, record, sender=None, cause=None, now=now)
    return True


def _rests(cell: Cell, user: str) -> bool:
    member = cell.members.get(user)
    return member is not None and member.resting_since is not None


def _deputies(cell: Cell, people: list[str]) -> list[str]:
    """Those who stand in for them and are in the cell, each once."""
    named = [d for user in people if (member := cell.members.get(user)) for d in member.deputies]
    return [
        each for each in dict.fromkeys(named) if each not in people and cell.is_here(each) and not _rests(cell, each)
    ]
