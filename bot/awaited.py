"""Texts that wait for an approval. Guarantee: whoever is asked is called to mind a few times, within their budget of
noise, and at night only of what cannot wait; nobody twice for the same step, whatever died in between; and a text never
waits without somebody being told.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot import chronicle
from bot.commands.drafts import version_key
from bot.domain.approval import asked, stopped
from bot.domain.cell import Cell
from bot.domain.drafts import Draft, TextStanding
from bot.domain.heard import MEETS
from bot.domain.outcome import Record
from bot.domain.reminders import at_night, awake_between
from bot.domain.roles import Role
from bot.noise import rings_left
from bot.reminding import KEPT_FOR_CLOCKS
from bot.store import cells, nudges, outbox
from bot.store.db import Session
from bot.store.nudges import Nudge
from bot.tools import Tools

STEPS = (timedelta(minutes=30), timedelta(hours=1), timedelta(hours=2), timedelta(hours=4))
"""After the text was shown, nights left out; from the second on the deputies are named too."""
LONGEST = timedelta(days=2)
"""By then every step is past, whatever the nights."""
NEAR = timedelta(hours=12)
"""So near a target of ours, the text that meets it rings at night as well."""


def remind(session: Session, tools: Tools, incident: str, now: datetime) -> bool:
    """Call to mind the approvals that an incident's texts wait for. Returns whether anything was put in the outbox."""
    cell = cells.load(session, incident)
    said = [_one(session, tools, cell, draft, now) for draft in cell.drafts.values()] if cell else []
    return any(said)


def _one(session: Session, tools: Tools, cell: Cell, draft: Draft, now: datetime) -> bool:
    shown = draft.last.posted_at
    if shown is None or draft.standing(cell.incident.severity, now) is not TextStanding.WAITING:
        return False
    pressing, zone = _pressing(cell, draft, now), ZoneInfo(cell.incident.timezone)
    if not pressing and at_night(now, zone):
        return False
    waited = now - shown if pressing else awake_between(shown, min(now, shown + LONGEST), zone)
    step = sum(each <= waited for each in STEPS)
    key = f"awaited:{cell.incident.id}:{draft.number}:{draft.last.number}:{step}"
    if not step or outbox.by_key(session, key) is not None:
        return False
    if stopped(cell, draft):
        return False
    people = [user for user in asked(cell, draft) if not _rests(cell, user)]
    deputies = [user for user in _deputies(cell, people) if step > 1]
    directors = {member.matrix_id for member in cell.holders(Role.DIRECTOR)}
    # A director's phone rings for few things: for a text, only where it waits for nobody else.
    wanted = [*([user for user in people if user not in directors] or people), *deputies]
    spare = 0 if pressing else KEPT_FOR_CLOCKS
    ring = [user for user in wanted if rings_left(session, cell, user, now) > spare]
    if wanted and not ring:
        return False  # it is said once somebody may hear it
    values = {
        "draft": draft,
        "people": [(user, tools.name_of(cell, user)) for user in people],
        "deputies": [(user, tools.name_of(cell, user)) for user in deputies],
        "since": shown,
    }
    tools.voice.say(
        session, now, cell.incident.room_key, "drafts.awaited_still", cell.incident.language, values, key,
        cell=cell, ring=tuple(ring), reply_to=outbox.event_of(session, version_key(cell, draft)),
    )  # fmt: skip
    nudges.put(session, [_row(cell, draft, step, user, key, now) for user in ring])
    after = {"version": draft.last.number, "to": [*people, *deputies], "rang": ring, "step": step}
    record = Record("nudge", "approval", draft.id, None, after)
    chronicle.record(session, cell.incident.id, record, sender=None, cause=None, now=now)
    return True


def _pressing(cell: Cell, draft: Draft, now: datetime) -> bool:
    """Whether it cannot wait for the morning: its template is for what is urgent, or a target of ours is near."""
    rule = MEETS.get(draft.template)
    targets = (clock.due for clock in cell.clocks.values() if clock.rule == rule and clock.open)
    return draft.urgent or any(due is not None and abs(due - now) <= NEAR for due in targets)


def _row(cell: Cell, draft: Draft, step: int, user: str, key: str, now: datetime) -> Nudge:
    return Nudge(
        incident=cell.incident.id, clock=draft.id, step="approval", rung=step, person=user, message=key, rang=True,
        due=now, sent_at=now,
    )  # fmt: skip


def _rests(cell: Cell, user: str) -> bool:
    member = cell.members.get(user)
    return member is not None and member.resting_since is not None


def _deputies(cell: Cell, people: list[str]) -> list[str]:
    """Those who stand in for them and are in the cell, each once."""
    named = [d for user in people if (member := cell.members.get(user)) for d in member.deputies]
    return [
        each for each in dict.fromkeys(named) if each not in people and cell.is_here(each) and not _rests(cell, each)
    ]
