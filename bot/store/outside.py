"""Attempts to reach people outside Matrix. Guarantee: an attempt is a row before it is made and is marked as begun
before the first byte leaves, so that none is made twice: what died in between is of unknown outcome for ever.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum

from sqlalchemy import func, select, update
from sqlmodel import Session, col

from bot.store.clock_tables import OutsideCallRow


class CallState(StrEnum):
    """`waiting`: to be made; `attempted`: begun; `sent`: the gateway took it; `failed`: it refused, or did not answer;
    `unknown`: nobody knows whether it left; `dropped`: somebody answered before, or it came too late to be made."""

    WAITING = "waiting"
    ATTEMPTED = "attempted"
    SENT = "sent"
    FAILED = "failed"
    UNKNOWN = "unknown"
    DROPPED = "dropped"


@dataclass(frozen=True)
class OutsideCall:
    """One attempt. `clocks` are those that climbed to it together, none where somebody is called to the crisis itself;
    `code` is what the person types to say: seen."""

    incident: str
    clocks: tuple[str, ...]
    step: str
    person: str
    channel: str
    code: str
    state: CallState
    created_at: datetime
    attempted_at: datetime | None = None
    settled_at: datetime | None = None
    acknowledged_at: datetime | None = None
    id: int | None = None


def book(session: Session, call: OutsideCall) -> OutsideCall:
    """Keep an attempt that is to be made. Returns it with its number."""
    row = OutsideCallRow(**{**call.__dict__, "clocks": list(call.clocks), "state": call.state.value})
    session.add(row)
    session.flush()
    return _call(row)


def waiting(session: Session) -> list[OutsideCall]:
    """The attempts that are to be made, oldest first."""
    return _in_state(session, CallState.WAITING)


def begun(session: Session) -> list[OutsideCall]:
    """The attempts that began and did not end."""
    return _in_state(session, CallState.ATTEMPTED)


def unended(session: Session) -> bool:
    """Whether an attempt waits to be made, or began and did not end."""
    left = (CallState.WAITING.value, CallState.ATTEMPTED.value)
    query = select(col(OutsideCallRow.id)).where(col(OutsideCallRow.state).in_(left)).limit(1)
    return session.scalars(query).first() is not None


def attempt(session: Session, number: int, now: datetime) -> bool:
    """Mark an attempt as begun. False, and nothing changes, if it is not waiting any more."""
    row = session.get_one(OutsideCallRow, number)
    if row.state != CallState.WAITING:
        return False
    row.state, row.attempted_at = CallState.ATTEMPTED.value, now
    session.flush()
    return True


def settle(session: Session, number: int, state: CallState, now: datetime) -> bool:
    """What became of an attempt. False, and nothing changes, if that was known already."""
    row = session.get_one(OutsideCallRow, number)
    if row.state not in (CallState.WAITING, CallState.ATTEMPTED):
        return False
    row.state, row.settled_at = state.value, now
    session.flush()
    return True


def restored(session: Session) -> None:
    """What waited in a copy may have been made since: nobody knows, so it is not made again."""
    waits = update(OutsideCallRow).where(col(OutsideCallRow.state) == CallState.WAITING.value)
    begun_at = {"state": CallState.ATTEMPTED.value, "attempted_at": col(OutsideCallRow.created_at)}
    session.execute(waits.values(**begun_at))


def calls_since(session: Session, person: str, since: datetime) -> int:
    """How often somebody was, or is to be, called since then; what was dropped does not count."""
    query = select(func.count()).where(
        col(OutsideCallRow.person) == person,
        col(OutsideCallRow.created_at) > since,
        col(OutsideCallRow.state) != CallState.DROPPED.value,
    )
    return session.scalars(query).one()


def by_code(session: Session, incident: str, person: str, code: str) -> OutsideCall | None:
    """The latest attempt of an incident whose code this is and that was made to this person; None: no such one."""
    query = select(OutsideCallRow).where(
        col(OutsideCallRow.incident) == incident,
        col(OutsideCallRow.person) == person,
        col(OutsideCallRow.code) == code,
    )
    row = session.scalars(query.order_by(col(OutsideCallRow.id).desc()).limit(1)).first()
    return _call(row) if row is not None else None


def codes_of(session: Session, incident: str) -> set[str]:
    """The codes of an incident that were given out."""
    return set(session.scalars(select(col(OutsideCallRow.code)).where(col(OutsideCallRow.incident) == incident)))


def of_incident(session: Session, incident: str) -> list[OutsideCall]:
    """Every attempt of an incident, oldest first."""
    query = select(OutsideCallRow).where(col(OutsideCallRow.incident) == incident).order_by(col(OutsideCallRow.id))
    return [_call(row) for row in session.scalars(query)]


def acknowledged(
    session: Session, incident: str, person: str, clocks: Iterable[str], now: datetime, code: str | None = None
) -> None:
    """This person has seen what they were called for: these clocks, or what the call with that code is about."""
    wanted = set(clocks)
    query = select(OutsideCallRow).where(
        col(OutsideCallRow.incident) == incident,
        col(OutsideCallRow.person) == person,
        col(OutsideCallRow.acknowledged_at).is_(None),
    )
    for row in session.scalars(query):
        if wanted.intersection(row.clocks) or row.code == code:
            row.acknowledged_at = now
    session.flush()


def _in_state(session: Session, state: CallState) -> list[OutsideCall]:
    query = select(OutsideCallRow).where(col(OutsideCallRow.state) == state.value).order_by(col(OutsideCallRow.id))
    return [_call(row) for row in session.scalars(query)]


def _call(row: OutsideCallRow) -> OutsideCall:
    held = {field.name: getattr(row, field.name) for field in fields(OutsideCall)}
    return OutsideCall(**{**held, "clocks": tuple(row.clocks), "state": CallState(row.state)})
