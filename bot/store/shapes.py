"""From the domain's values to rows and back. Guarantee: there and back again gives an equal value."""

from __future__ import annotations

from dataclasses import fields
from datetime import datetime
from typing import Any

from bot.domain.incident import (
    Board,
    Incident,
    IncidentStatus,
    Member,
    Moment,
    Task,
    TaskStatus,
    Undoable,
)
from bot.domain.language import is_language
from bot.domain.playbook import Text
from bot.domain.roles import Phase, Role, Track
from bot.store import clock_shapes, register_shapes
from bot.store.incident_tables import BoardRow, IncidentRow, MemberRow, MomentRow, TaskRow, UndoRow


def incident_row(incident: Incident) -> IncidentRow:
    held = {"playbook": dict(incident.playbook), "left_out": list(incident.left_out)}
    return IncidentRow(**{**_fields(incident), **held})


def incident(row: IncidentRow) -> Incident:
    """Raises ValueError for a language that Tocsin does not speak."""
    if not is_language(row.language):
        raise ValueError(f"no such language: {row.language!r}")
    return Incident(
        id=row.id,
        year=row.year,
        number=row.number,
        drill=row.drill,
        scenario=row.scenario,
        title=row.title,
        status=IncidentStatus(row.status),
        phase=Phase(row.phase),
        severity=row.severity,
        opened_at=row.opened_at,
        opened_by=row.opened_by,
        organisation=row.organisation,
        kind=row.kind,
        timezone=row.timezone,
        language=row.language,
        room_key=row.room_key,
        playbook=row.playbook,
        playbook_sha256=row.playbook_sha256,
        closed_at=row.closed_at,
        closed_by=row.closed_by,
        close_reason=row.close_reason,
        rung=row.rung,
        left_out=tuple(row.left_out or ()),
        rooms=row.rooms or "one",
    )


def task_row(incident_id: str, task: Task) -> TaskRow:
    return TaskRow(incident=incident_id, **_task_fields(task))


def task(row: TaskRow) -> Task:
    return Task(
        number=row.number,
        code=row.code,
        track=Track(row.track),
        phase=Phase(row.phase),
        role=Role(row.role),
        title=Text(**row.title),
        opened_at=row.opened_at,
        why=_text(row.why),
        how=_text(row.how),
        evidence=_text(row.evidence),
        critical=row.critical,
        due=row.due,
        depends_on=tuple(row.depends_on),
        status=TaskStatus(row.status),
        owner=row.owner,
        done_at=row.done_at,
        done_by=row.done_by,
        reason=row.reason,
        note=row.note,
        put_off=row.put_off,
        rounds=row.rounds,
        rung=row.rung,
        rung_at=row.rung_at,
        proofs=tuple(row.proofs or ()),
        aside=row.aside,
        passed=tuple(row.passed or ()),
    )


def member_row(incident_id: str, member: Member, place: int = 0) -> MemberRow:
    return MemberRow(incident=incident_id, place=place, **_member_fields(member))


def member(row: MemberRow) -> Member:
    return Member(
        matrix_id=row.matrix_id,
        name=row.name,
        roles=tuple(Role(role) for role in row.roles),
        called_at=row.called_at,
        joined_at=row.joined_at,
        left_at=row.left_at,
        outsider=row.outsider,
        deputies=tuple(row.deputies),
        **{name: getattr(row, name) for name in _PRESENCE},
    )


def moment_row(incident_id: str, moment: Moment) -> MomentRow:
    return MomentRow(incident=incident_id, **_fields(moment))


def moment(row: MomentRow) -> Moment:
    return Moment(row.name, row.at, row.set_by, row.set_at, row.reason)


def board_row(incident_id: str, board: Board) -> BoardRow:
    return BoardRow(incident=incident_id, **_fields(board))


def board(row: BoardRow) -> Board:
    return Board(row.name, row.generation, row.digest)


def undo_row(incident_id: str, undoable: Undoable) -> UndoRow:
    tasks = [_as_json(_task_fields(task)) for task in undoable.tasks]
    members = [_as_json(_member_fields(member)) for member in undoable.members]
    clocks = [clock_shapes.to_json(clock) for clock in undoable.clocks]
    entries = [register_shapes.to_json(entry) for entry in undoable.entries]
    held = {"tasks": tasks, "members": members, "clocks": clocks, "entries": entries, "was": dict(undoable.was)}
    return UndoRow(incident=incident_id, **{**_fields(undoable), **held})


def undoable(row: UndoRow) -> Undoable:
    tasks = (task(TaskRow(incident=row.incident, **_from_json(held))) for held in row.tasks)
    members = (member(MemberRow(incident=row.incident, place=0, **_from_json(held))) for held in row.members)
    clocks = (clock_shapes.from_json(held) for held in row.clocks)
    entries = (register_shapes.from_json(held) for held in row.entries)
    return Undoable(
        row.author, row.at, row.verb, tuple(tasks), tuple(members), row.note, tuple(clocks), tuple(entries), row.was
    )


_PRESENCE = ("here_at", "resting_since", "vouched_by", "vouched_at", "suspended_at", "stands_for", "climbed_at")
_INSTANTS = frozenset(
    {"opened_at", "due", "done_at", "rung_at", "called_at", "joined_at", "left_at"}
    | {name for name in _PRESENCE if name.endswith(("_at", "_since"))}
)


def _member_fields(member: Member) -> dict[str, Any]:
    roles = [role.value for role in member.roles]
    return {**_fields(member), "roles": roles, "deputies": list(member.deputies)}


def _task_fields(task: Task) -> dict[str, Any]:
    texts = {name: _pair(getattr(task, name)) for name in ("title", "why", "how", "evidence")}
    lists = {"depends_on": list(task.depends_on), "proofs": list(task.proofs), "passed": list(task.passed)}
    return {**_fields(task), **texts, **lists}


def _fields(value: Any) -> dict[str, Any]:
    """The fields by name; a word of an enumeration as the plain word."""
    found = ((field.name, getattr(value, field.name)) for field in fields(value))
    return {name: str(held) if isinstance(held, str) else held for name, held in found}


def _as_json(held: dict[str, Any]) -> dict[str, Any]:
    return {name: h.isoformat() if isinstance(h, datetime) else h for name, h in held.items()}


def _from_json(held: dict[str, Any]) -> dict[str, Any]:
    instants = {name: datetime.fromisoformat(held[name]) for name in _INSTANTS & held.keys() if held[name]}
    return {**held, **instants}


def _pair(text: Text | None) -> dict[str, str] | None:
    return {"fr": text.fr, "en": text.en} if text else None


def _text(pair: dict[str, str] | None) -> Text | None:
    return Text(**pair) if pair else None
