"""Decisions that were typed for somebody and wait for their word. Guarantee: they are reminded once, with the code that
answers, and the log says so."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from bot import chronicle
from bot.commands.decisions import about
from bot.domain.cell import Cell
from bot.domain.outcome import Record
from bot.domain.registers import Decision
from bot.store import cells, pendings, registers
from bot.store.db import Session
from bot.tools import Tools

REMIND_AFTER = timedelta(minutes=30)


def remind(session: Session, tools: Tools, now: datetime) -> bool:
    """Remind those who have not confirmed theirs within half an hour. Returns whether anybody was."""
    reminded = False
    for incident, number in registers.unconfirmed(session, now - REMIND_AFTER):
        cell = cells.load(session, incident)
        if cell is None:
            continue
        decision = cell.decisions[number]
        cells.save(session, cell, cell.with_entries([replace(decision, reminded_at=now)]))
        reminded = _remind(session, tools, cell, decision, now) or reminded
    return reminded


def _remind(session: Session, tools: Tools, cell: Cell, decision: Decision, now: datetime) -> bool:
    incident = cell.incident
    asked = [p for p in pendings.waiting(session, now) if p.incident == incident.id]
    question = next((p for p in asked if p.call.get("about") == about(decision.number)), None)
    if question is None:
        return False
    record = Record("nudge", "remind", decision.id, None, {"to": decision.by})
    chronicle.record(session, incident.id, record, sender=None, cause=None, now=now)
    values = {
        "decision": decision,
        "user": decision.by,
        "name": tools.name_of(cell, decision.by),
        "code": question.code,
        "names": lambda user: tools.name_of(cell, user),
    }
    key = f"{about(decision.number)}:{incident.id}:remind"
    tools.voice.say(
        session, now, incident.room_key, "decisions.reminder", incident.language, values, key,
        cell=cell, ring=(decision.by,),
    )  # fmt: skip
    return True
