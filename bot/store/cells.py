"""An incident's state as rows. Guarantee: what is loaded equals what was saved.

Only what differs is written; only here, so that what was read once is not read again, in this transaction and in later
ones: of what is written, only what differs is read again, as the database took it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from types import MappingProxyType
from typing import Any, TypeVar

from sqlalchemy import Select, bindparam, func, select
from sqlmodel import Session, SQLModel, col

from bot.domain.cell import Cell
from bot.domain.incident import IncidentStatus, Line, room_name
from bot.store import (
    apart_tables,
    care_tables,
    clock_shapes,
    conduct_tables,
    draft_shapes,
    enquiry_tables,
    register_shapes,
    shapes,
)
from bot.store.answer_tables import AnswerRow, answer_row, answered
from bot.store.apart_tables import GuestRow, TrackRoomRow
from bot.store.care_tables import MeasureRow, ServiceRow
from bot.store.clock_tables import ClockRow, MomentChangeRow
from bot.store.conduct_tables import EntranceRow, LawyerRoomRow, OpinionRow
from bot.store.directory_tables import WarnedRow, warned, warned_row
from bot.store.draft_tables import DraftRow, DraftVersionRow
from bot.store.enquiry_tables import EnquiryRow
from bot.store.incident_tables import BoardRow, IncidentRow, MemberRow, MomentRow, TaskRow, UndoRow
from bot.store.kept import kept
from bot.store.pendings import by_question, expired, pend, pendings, settle
from bot.store.register_tables import DecisionRow, EvidenceRow, FactRow, PhoneCallRow, PointRow, RollCallRow
from bot.store.tables import RoomRow

__all__ = [
    "all_open",
    "by_question",
    "by_room",
    "every",
    "expired",
    "load",
    "next_number",
    "open_for",
    "pend",
    "pendings",
    "save",
    "settle",
    "titles",
    "under_way",
]

Row = TypeVar("Row", bound=SQLModel)
_MOST_KEPT = 16


@dataclass(frozen=True)
class _Part:
    """What a cell holds under `name`: each is a row of `table`, known by its column `key`, in the order of `order`."""

    name: str
    table: type[SQLModel]
    key: str
    read: Callable[[Any], Any]
    write: Callable[[str, Any], SQLModel]
    order: str


def _part(
    name: str, table: type[Row], key: str, read: Callable[[Row], Any], write: Callable[[str, Any], Row], order: str = ""
) -> _Part:
    return _Part(name, table, key, read, write, order or key)


_PARTS = (
    _part("tasks", TaskRow, "number", shapes.task, shapes.task_row),
    _part("members", MemberRow, "matrix_id", shapes.member, shapes.member_row, "place"),
    _part("moments", MomentRow, "name", shapes.moment, shapes.moment_row),
    _part("boards", BoardRow, "name", shapes.board, shapes.board_row),
    _part("undo", UndoRow, "author", shapes.undoable, shapes.undo_row),
    _part("clocks", ClockRow, "id", clock_shapes.clock, clock_shapes.clock_row),
    _part("history", MomentChangeRow, "number", clock_shapes.change, clock_shapes.change_row),
    _part("drafts", DraftRow, "number", draft_shapes.draft, draft_shapes.draft_row),
    _part("enquiries", EnquiryRow, "number", enquiry_tables.enquiry, enquiry_tables.enquiry_row),
    _part("facts", FactRow, "number", register_shapes.fact, register_shapes.fact_row),
    _part("decisions", DecisionRow, "number", register_shapes.decision, register_shapes.decision_row),
    _part("evidence", EvidenceRow, "number", register_shapes.evidence, register_shapes.evidence_row),
    _part("calls", PhoneCallRow, "number", register_shapes.call, register_shapes.call_row),
    _part("rollcalls", RollCallRow, "number", register_shapes.rollcall, register_shapes.rollcall_row),
    _part("points", PointRow, "number", register_shapes.point, register_shapes.point_row),
    _part("answers", AnswerRow, "question", answered, answer_row),
    _part("entrances", EntranceRow, "user", conduct_tables.entrance, conduct_tables.entrance_row),
    _part("lawyers", LawyerRoomRow, "number", conduct_tables.lawyer, conduct_tables.lawyer_row),
    _part("opinions", OpinionRow, "number", conduct_tables.opinion, conduct_tables.opinion_row),
    _part("warned", WarnedRow, "name", warned, warned_row),
    _part("services", ServiceRow, "name", care_tables.service, care_tables.service_row),
    _part("measures", MeasureRow, "number", care_tables.measure, care_tables.measure_row),
    _part("tracks", TrackRoomRow, "track", apart_tables.track, apart_tables.track_row),
    _part("guests", GuestRow, "number", apart_tables.guest, apart_tables.guest_row),
)


def load(session: Session, incident_id: str) -> Cell | None:
    """The whole cell of an incident, or None."""
    read = _read(session)
    if incident_id not in read:
        while len(read) >= _MOST_KEPT:
            del read[next(iter(read))]
        read[incident_id] = _load(session, incident_id)
    return read[incident_id]


def unread(session: Session) -> list[str]:
    """The incidents that the next decision may be about, and that it would have to read first."""
    return [incident_id for incident_id in all_open(session)[-_MOST_KEPT:] if incident_id not in _read(session)]


def forget(session: Session) -> None:
    """What was read is read again: somebody has written past us."""
    _read(session).clear()


def _read(session: Session) -> dict[str, Cell | None]:
    return kept(session, "cells")


def _load(session: Session, incident_id: str) -> Cell | None:
    row = session.get(IncidentRow, incident_id)
    if row is None:
        return None
    parts: dict[str, Any] = {part.name: _whole(session, part, incident_id) for part in _PARTS}
    return Cell(incident=shapes.incident(row), **parts)


def _whole(session: Session, part: _Part, incident_id: str) -> Mapping[Any, Any]:
    rows = session.scalars(_mine(part.table, part.order), {"incident": incident_id})
    found = {getattr(row, part.key): part.read(row) for row in rows}
    if found and part.table is DraftRow:
        versions = list(session.scalars(_mine(DraftVersionRow, "number"), {"incident": incident_id}))
        for number, draft in found.items():
            own = tuple(draft_shapes.version(row) for row in versions if row.draft == number)
            found[number] = replace(draft, versions=own)
    return MappingProxyType(found)


@cache
def _mine(table: type[Row], order: str) -> Select[Row]:
    """Made once: an incident is read from many tables. What the session wrote is read as the database took it."""
    mine = col(table.incident) == bindparam("incident")  # type: ignore[attr-defined]
    return select(table).where(mine).order_by(getattr(table, order)).execution_options(populate_existing=True)


@cache
def _of_these(table: type[Row], key: str) -> Select[Row]:
    return _mine(table, key).where(getattr(table, key).in_(bindparam("keys", expanding=True)))


def save(session: Session, before: Cell | None, after: Cell) -> None:
    """Write what differs between `before`, as it was loaded (None: nothing yet), and `after`."""
    incident_id = after.incident.id
    held = _read(session).pop(incident_id, None)
    was = before or Cell(after.incident)
    head = None
    if before is None or before.incident != after.incident:
        head = session.merge(shapes.incident_row(after.incident))
        session.flush()
    changes = {part: _write(session, part, was, after) for part in _PARTS}
    session.flush()
    for number, draft in after.drafts.items():
        known = was.drafts[number].versions if number in was.drafts else ()
        for version in draft.versions:
            if version not in known:
                session.merge(draft_shapes.version_row(incident_id, number, version))
    session.flush()
    if held is not None and before is not None:
        changed: dict[str, Any] = {p.name: _again(session, p, held, *keys) for p, keys in changes.items() if any(keys)}
        if head is not None:
            session.refresh(head)
            changed["incident"] = shapes.incident(head)
        _read(session)[incident_id] = replace(held, **changed)


def _write(session: Session, part: _Part, before: Cell, after: Cell) -> tuple[list[Any], set[Any]]:
    """The keys of what was written, and of what was removed."""
    old, new = getattr(before, part.name), getattr(after, part.name)
    if old is new:
        return [], set()
    written = [key for key, value in new.items() if old.get(key) != value]
    places = {key: place for place, key in enumerate(new)} if part.table is MemberRow and written else {}
    for key in written:
        row = part.write(after.incident.id, new[key])
        if isinstance(row, MemberRow):
            row.place = places[key]
        session.merge(row)
    gone = old.keys() - new.keys()
    for key in gone:
        session.delete(session.get_one(part.table, (after.incident.id, key)))
    return written, gone


def _again(session: Session, part: _Part, held: Cell, written: list[Any], gone: set[Any]) -> Mapping[Any, Any]:
    """A part of what was read, as it is now: what did not change is not read again."""
    kept = {key: value for key, value in getattr(held, part.name).items() if key not in gone}
    if part.table is DraftRow or any(key not in kept for key in written):
        return _whole(session, part, held.incident.id)
    if written:
        rows = session.scalars(_of_these(part.table, part.key), {"incident": held.incident.id, "keys": written})
        kept |= {getattr(row, part.key): part.read(row) for row in rows}
    return MappingProxyType(kept)


def open_for(session: Session, user: str) -> list[str]:
    """The incidents, not archived, of which the user is a member who has not left, oldest first."""
    mine = (
        select(col(IncidentRow.id))
        .join(MemberRow, col(MemberRow.incident) == col(IncidentRow.id))
        .where(
            col(MemberRow.matrix_id) == user,
            col(MemberRow.left_at).is_(None),
            col(IncidentRow.status) != IncidentStatus.ARCHIVED.value,
        )
        .order_by(col(IncidentRow.opened_at), col(IncidentRow.id))
    )
    return list(session.scalars(mine))


def all_open(session: Session) -> list[str]:
    """The incidents that are not archived, oldest first."""
    running = (
        select(col(IncidentRow.id))
        .where(col(IncidentRow.status) != IncidentStatus.ARCHIVED.value)
        .order_by(col(IncidentRow.opened_at), col(IncidentRow.id))
    )
    return list(session.scalars(running))


def under_way(session: Session) -> list[str]:
    """The incidents that are neither lifted nor archived, oldest first."""
    running = (
        select(col(IncidentRow.id))
        .where(col(IncidentRow.status) == IncidentStatus.OPEN.value)
        .order_by(col(IncidentRow.opened_at), col(IncidentRow.id))
    )
    return list(session.scalars(running))


def every(session: Session) -> list[str]:
    """All incidents, the archived ones too, oldest first."""
    return list(session.scalars(select(col(IncidentRow.id)).order_by(col(IncidentRow.opened_at), col(IncidentRow.id))))


def titles(session: Session, incidents: Iterable[str]) -> list[Line]:
    """These incidents in a line each, oldest first."""
    asked = (
        select(
            col(IncidentRow.id),
            col(IncidentRow.title),
            col(RoomRow.room_id),
            col(IncidentRow.scenario),
            col(IncidentRow.opened_at),
            col(IncidentRow.drill),
            col(IncidentRow.status),
            col(IncidentRow.year),
            col(IncidentRow.number),
            col(IncidentRow.language),
        )
        .outerjoin(RoomRow, col(RoomRow.key) == col(IncidentRow.room_key))
        .where(col(IncidentRow.id).in_(list(incidents)))
        .order_by(col(IncidentRow.opened_at), col(IncidentRow.id))
    )
    return [
        Line(
            row[0],
            row[1],
            row[2],
            row[3],
            row[4],
            row[5],
            IncidentStatus(row[6]),
            room_name(row[5], row[7], row[8], row[9]),
        )
        for row in session.execute(asked)
    ]


def by_room(session: Session, room_id: str) -> str | None:
    """The incident whose room this is, or None."""
    return session.scalars(select(col(RoomRow.incident)).where(col(RoomRow.room_id) == room_id)).first()


def next_number(session: Session, year: int, drill: bool) -> int:
    """The number of the year's next incident; drills have numbers of their own."""
    used = select(func.max(col(IncidentRow.number))).where(
        col(IncidentRow.year) == year, col(IncidentRow.drill).is_(drill)
    )
    return (session.scalars(used).one() or 0) + 1
