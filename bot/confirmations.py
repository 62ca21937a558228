"""What was asked of somebody else and waits for their word. Guarantee: what was typed for somebody is called to mind
once, with the code that answers; and what nobody answered in time is said to who asked. The log says both. What is
hidden until a guardian confirms it is asked again, for it stays hidden."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from bot import chronicle
from bot.commands.decisions import about
from bot.commands.purge import CONFIRM_WITHIN, GUARDIAN, second_roles, seconds
from bot.domain.cell import Cell
from bot.domain.incident import IncidentStatus, Pending
from bot.domain.outcome import Record
from bot.domain.purge import Reason
from bot.domain.registers import Decision
from bot.store import cells, pendings, purge, registers
from bot.store.db import Session
from bot.tools import Tools

REMIND_AFTER = timedelta(minutes=30)
REMIND, SUBJECT, INSTEAD = "remind_at", "subject", "instead"
KINDS = {
    "waive": "deadline",
    "decisions": "decision",
    "sitrep": "draft",
    "handover": "handover",
    "relieve": "handover",
    **dict.fromkeys(("known", "observed", "attack", "breach"), "moment"),
}
"""The kind of entry that a second person's no, or silence, makes, by command; every other is about the incident."""
SECONDED = frozenset({"decisions", "sitrep"})
"""The questions that are a request to a second person."""


def kind_of(command: str) -> str:
    """The kind of entry that a second person's no, or silence, makes."""
    return KINDS.get(command, "incident")


def staying(session: Session, pending: Pending, cell: Cell, said: Record) -> Pending:
    """What was typed for somebody, to be kept until they answer: it takes the place of the same that waited before."""
    subject = f"{said.kind}:{said.id}"
    for earlier in pendings.waiting(session, pending.created_at):
        if earlier.id is not None and earlier.incident == cell.incident.id and earlier.call.get(SUBJECT) == subject:
            pendings.settle(session, earlier.id)
    remind_at = pending.created_at + REMIND_AFTER
    return replace(pending, call={**pending.call, SUBJECT: subject, REMIND: remind_at.isoformat()})


def in_place(session: Session, pending: Pending, about: str) -> Pending:
    """What is asked of who typed, in the place of the same that they had not answered yet: they have typed it anew."""
    for earlier in pendings.waiting(session, pending.created_at):
        same = (earlier.asked_by, earlier.incident, earlier.call.get(INSTEAD)) == (
            pending.asked_by, pending.incident, about,
        )  # fmt: skip
        if earlier.id is not None and same:
            pendings.settle(session, earlier.id)
    return replace(pending, call={**pending.call, INSTEAD: about})


def remind(session: Session, tools: Tools, now: datetime) -> bool:
    """Remind those who have not confirmed what was typed for them within half an hour. Returns whether anybody was."""
    reminded = False
    for incident, number in registers.unconfirmed(session, now - REMIND_AFTER):
        cell = cells.load(session, incident)
        if cell is None:
            continue
        decision = cell.decisions[number]
        cells.save(session, cell, cell.with_entries([replace(decision, reminded_at=now)]))
        reminded = _remind_decision(session, tools, cell, decision, now) or reminded
    for pending in pendings.waiting(session, now):
        at = pending.call.get(REMIND)
        if at is not None and datetime.fromisoformat(str(at)) <= now:
            reminded = _remind(session, tools, pending, now) or reminded
    return reminded


def _remind_decision(session: Session, tools: Tools, cell: Cell, decision: Decision, now: datetime) -> bool:
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


def _remind(session: Session, tools: Tools, pending: Pending, now: datetime) -> bool:
    """Call to mind, once, what was typed for somebody; the question waits on under the same code."""
    cell = cells.load(session, pending.incident) if pending.incident else None
    if cell is None or pending.id is None:
        return False
    pendings.settle(session, pending.id)
    pendings.pend(session, replace(pending, id=None, call={**pending.call, REMIND: None}))
    record = Record("nudge", "remind", str(pending.call[SUBJECT]).partition(":")[2], None, {"to": list(pending.may)})
    chronicle.record(session, cell.incident.id, record, sender=None, cause=None, now=now)
    values = {
        "people": [(user, tools.name_of(cell, user)) for user in pending.may],
        "typist": tools.name_of(cell, pending.asked_by),
        "what": str(pending.call["text"]),
        "at": pending.created_at,
        "code": pending.code,
    }
    key = f"remind:{cell.incident.id}:{pending.question_key}"
    tools.voice.say(
        session, now, cell.incident.room_key, "decisions.still_asked", cell.incident.language, values, key,
        cell=cell, ring=pending.may,
    )  # fmt: skip
    return True


def expire(session: Session, tools: Tools, now: datetime) -> bool:
    """Settle what nobody answered in time; who asked somebody else is told. Returns whether anybody was."""
    told = False
    for pending in pendings.expired(session, now):
        if pending.id is None:
            continue
        pendings.settle(session, pending.id)
        if pending.kind == "second" or pending.call.get("command") in SECONDED:
            told = _unanswered(session, tools, pending, now) or told
        elif pending.call.get("command") == "purge" and pending.call.get("held", {}).get("step") == GUARDIAN:
            told = _still_hidden(session, tools, pending, now) or told
    return told


def _still_hidden(session: Session, tools: Tools, pending: Pending, now: datetime) -> bool:
    """Tell who asked, and those who may confirm it, that what was hidden still is; the question waits on under the
    same code, until the incident is archived."""
    cell = cells.load(session, pending.incident) if pending.incident else None
    if cell is None or not purge.is_asked(session, cell.incident.id, str(pending.call["about"])):
        return False
    held = pending.call["held"]
    said = {"asked_by": pending.asked_by, "asked": list(pending.may), "entries": held["seqs"]}
    record = Record("incident", "purge_unanswered", cell.incident.id, None, None, extra=said)
    chronicle.record(session, cell.incident.id, record, sender=None, cause=None, now=now)
    waits = cell.incident.status is not IncidentStatus.ARCHIVED
    may = seconds(cell, pending.asked_by)
    if waits:
        pendings.pend(session, replace(pending, id=None, may=may, expires_at=now + CONFIRM_WITHIN))
    values = {
        "user": pending.asked_by,
        "name": tools.name_of(cell, pending.asked_by),
        "people": [tools.name_of(cell, user) for user in may],
        "roles": list(second_roles(cell, pending.asked_by)),
        "numbers": [str(seq) for seq in held["seqs"]],
        "reason": Reason(held["reason"]),
        "since": pending.created_at,
        "code": pending.code if waits else None,
    }
    key = f"still_hidden:{cell.incident.id}:{pending.question_key}:{now.isoformat()}"
    tools.voice.say(
        session, now, cell.incident.room_key, "purge.still_hidden", cell.incident.language, values, key,
        cell=cell, ring=(pending.asked_by, *may),
    )  # fmt: skip
    return True


def _unanswered(session: Session, tools: Tools, pending: Pending, now: datetime) -> bool:
    """Tell who asked, where they asked, that nobody answered."""
    cell = cells.load(session, pending.incident) if pending.incident else None
    if cell is None:
        return False
    command, text = str(pending.call["command"]), str(pending.call["text"])
    said = {"asked_by": pending.asked_by, "asked": list(pending.may), "text": text}
    record = Record(kind_of(command), f"{command}_unanswered", cell.incident.id, None, None, extra=said)
    chronicle.record(session, cell.incident.id, record, sender=None, cause=None, now=now)
    room_key = str(pending.call.get("room_key") or cell.incident.room_key)
    here = room_key == cell.incident.room_key
    values = {
        "user": pending.asked_by,
        "name": tools.name_of(cell, pending.asked_by),
        "names": [tools.name_of(cell, user) for user in pending.may],
        "what": text,
        "stands": command == "decisions",
    }
    language = cell.incident.language if here else tools.language_of(session, pending.asked_by)
    key = f"unanswered:{cell.incident.id}:{pending.question_key}:{pending.created_at.isoformat()}"
    tools.voice.say(
        session, now, room_key, "decisions.unanswered", language, values, key, cell=cell, ring=(pending.asked_by,)
    )
    return True
