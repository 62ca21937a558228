"""An incident's state as rows. Guarantee: what is loaded equals what was saved.

Only what differs is written; only here, so that what was read once is not read again until it is written, in this
transaction and in later ones.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from types import MappingProxyType
from typing import Any, TypeVar

from sqlalchemy import Select, bindparam, func, select
from sqlmodel import Session, SQLModel, col

from bot.domain.cell import Cell
from bot.domain.incident import IncidentStatus, Line, Member, room_name
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

_Part = tuple[type[SQLModel], Mapping[Any, Any], Mapping[Any, Any], Callable[[str, Any], SQLModel]]


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

    def parts(table: type[Row], order: Any) -> list[Row]:
        return list(session.scalars(_mine(table, order), {"incident": incident_id}))

    tasks = [shapes.task(r) for r in parts(TaskRow, TaskRow.number)]
    members = [shapes.member(r) for r in parts(MemberRow, MemberRow.place)]
    moments = [shapes.moment(r) for r in parts(MomentRow, MomentRow.name)]
    boards = [shapes.board(r) for r in parts(BoardRow, BoardRow.name)]
    undo = [shapes.undoable(r) for r in parts(UndoRow, UndoRow.author)]
    clocks = [clock_shapes.clock(r) for r in parts(ClockRow, ClockRow.id)]
    history = [clock_shapes.change(r) for r in parts(MomentChangeRow, MomentChangeRow.number)]
    versions = parts(DraftVersionRow, DraftVersionRow.number)
    drafts = [
        draft_shapes.draft(r, (v for v in versions if v.draft == r.number)) for r in parts(DraftRow, DraftRow.number)
    ]
    facts = [register_shapes.fact(r) for r in parts(FactRow, FactRow.number)]
    decisions = [register_shapes.decision(r) for r in parts(DecisionRow, DecisionRow.number)]
    evidence = [register_shapes.evidence(r) for r in parts(EvidenceRow, EvidenceRow.number)]
    calls = [register_shapes.call(r) for r in parts(PhoneCallRow, PhoneCallRow.number)]
    rollcalls = [register_shapes.rollcall(r) for r in parts(RollCallRow, RollCallRow.number)]
    points = [register_shapes.point(r) for r in parts(PointRow, PointRow.number)]
    answers = [answered(r) for r in parts(AnswerRow, AnswerRow.question)]
    entrances = [conduct_tables.entrance(r) for r in parts(EntranceRow, EntranceRow.user)]
    lawyers = [conduct_tables.lawyer(r) for r in parts(LawyerRoomRow, LawyerRoomRow.number)]
    opinions = [conduct_tables.opinion(r) for r in parts(OpinionRow, OpinionRow.number)]
    services = [care_tables.service(r) for r in parts(ServiceRow, ServiceRow.name)]
    enquiries = [enquiry_tables.enquiry(r) for r in parts(EnquiryRow, EnquiryRow.number)]
    measures = [care_tables.measure(r) for r in parts(MeasureRow, MeasureRow.number)]
    warnings = [warned(r) for r in parts(WarnedRow, WarnedRow.name)]
    tracks = [apart_tables.track(r) for r in parts(TrackRoomRow, TrackRoomRow.track)]
    guests = [apart_tables.guest(r) for r in parts(GuestRow, GuestRow.number)]
    return Cell(
        incident=shapes.incident(row),
        tasks=MappingProxyType({t.number: t for t in tasks}),
        members=MappingProxyType({m.matrix_id: m for m in members}),
        moments=MappingProxyType({m.name: m for m in moments}),
        boards=MappingProxyType({b.name: b for b in boards}),
        undo=MappingProxyType({u.author: u for u in undo}),
        clocks=MappingProxyType({c.id: c for c in clocks}),
        history=MappingProxyType({c.number: c for c in history}),
        drafts=MappingProxyType({d.number: d for d in drafts}),
        enquiries=MappingProxyType({e.number: e for e in enquiries}),
        facts=MappingProxyType({f.number: f for f in facts}),
        decisions=MappingProxyType({d.number: d for d in decisions}),
        evidence=MappingProxyType({e.number: e for e in evidence}),
        calls=MappingProxyType({c.number: c for c in calls}),
        rollcalls=MappingProxyType({r.number: r for r in rollcalls}),
        points=MappingProxyType({p.number: p for p in points}),
        answers=MappingProxyType({a.question: a for a in answers}),
        entrances=MappingProxyType({e.user: e for e in entrances}),
        lawyers=MappingProxyType({r.number: r for r in lawyers}),
        opinions=MappingProxyType({o.number: o for o in opinions}),
        warned=MappingProxyType({w.name: w for w in warnings}),
        services=MappingProxyType({s.name: s for s in services}),
        measures=MappingProxyType({m.number: m for m in measures}),
        tracks=MappingProxyType({r.track.value: r for r in tracks}),
        guests=MappingProxyType({g.number: g for g in guests}),
    )


@cache
def _mine(table: type[Row], order: Any) -> Select[Row]:
    """Made once: an incident is read from many tables, after each thing that is decided."""
    mine = col(table.incident) == bindparam("incident")  # type: ignore[attr-defined]
    return select(table).where(mine).order_by(col(order))


def save(session: Session, before: Cell | None, after: Cell) -> None:
    """Write what differs between `before`, as it was loaded (None: nothing yet), and `after`."""
    _read(session).pop(after.incident.id, None)
    if before is None or before.incident != after.incident:
        session.merge(shapes.incident_row(after.incident))
        session.flush()
    was = before or Cell(after.incident)
    places = {matrix_id: place for place, matrix_id in enumerate(after.members)}

    def to_member(incident: str, member: Member) -> MemberRow:
        return shapes.member_row(incident, member, places[member.matrix_id])

    parts: tuple[_Part, ...] = (
        (TaskRow, was.tasks, after.tasks, shapes.task_row),
        (MemberRow, was.members, after.members, to_member),
        (MomentRow, was.moments, after.moments, shapes.moment_row),
        (BoardRow, was.boards, after.boards, shapes.board_row),
        (UndoRow, was.undo, after.undo, shapes.undo_row),
        (ClockRow, was.clocks, after.clocks, clock_shapes.clock_row),
        (MomentChangeRow, was.history, after.history, clock_shapes.change_row),
        (DraftRow, was.drafts, after.drafts, draft_shapes.draft_row),
        (EnquiryRow, was.enquiries, after.enquiries, enquiry_tables.enquiry_row),
        (FactRow, was.facts, after.facts, register_shapes.fact_row),
        (DecisionRow, was.decisions, after.decisions, register_shapes.decision_row),
        (EvidenceRow, was.evidence, after.evidence, register_shapes.evidence_row),
        (PhoneCallRow, was.calls, after.calls, register_shapes.call_row),
        (RollCallRow, was.rollcalls, after.rollcalls, register_shapes.rollcall_row),
        (PointRow, was.points, after.points, register_shapes.point_row),
        (AnswerRow, was.answers, after.answers, answer_row),
        (EntranceRow, was.entrances, after.entrances, conduct_tables.entrance_row),
        (LawyerRoomRow, was.lawyers, after.lawyers, conduct_tables.lawyer_row),
        (OpinionRow, was.opinions, after.opinions, conduct_tables.opinion_row),
        (WarnedRow, was.warned, after.warned, warned_row),
        (ServiceRow, was.services, after.services, care_tables.service_row),
        (MeasureRow, was.measures, after.measures, care_tables.measure_row),
        (TrackRoomRow, was.tracks, after.tracks, apart_tables.track_row),
        (GuestRow, was.guests, after.guests, apart_tables.guest_row),
    )
    for table, old, new, to_row in parts:
        for key, value in new.items():
            if old.get(key) != value:
                session.merge(to_row(after.incident.id, value))
        for key in old.keys() - new.keys():
            session.delete(session.get_one(table, (after.incident.id, key)))
    session.flush()
    for number, draft in after.drafts.items():
        known = was.drafts[number].versions if number in was.drafts else ()
        for version in draft.versions:
            if version not in known:
                session.merge(draft_shapes.version_row(after.incident.id, number, version))
    session.flush()


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
