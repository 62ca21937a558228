"""Which row of the outbox is next. Guarantee: within a room and lane what is said keeps its order; nothing overtakes a
row that waits for its next attempt, and a row waits while its room is not there, while what it speaks of is not sent,
and for those who are called first.

Where the homeserver takes little, what answers somebody may be asked for first: it takes along what its room was to
hear before it, and overtakes nothing but the boards there.
"""

from __future__ import annotations

from datetime import timedelta
from functools import cache
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Select, and_, bindparam, case, or_, select
from sqlalchemy.orm import aliased
from sqlmodel import col

from bot.store import queued
from bot.store.tables import Outbox, OutboxKey, OutboxTarget, RoomRow

UNSENT = ("waiting", "attempted")
CALL = "call:"
"""What the key of a message begins with that says why somebody is called."""
AFTER_CALLS = (CALL, "board:", "edit:", "variants:", "doctrine:", "entering:", "anchor:")
"""What the keys of messages begin with that come after the invitations: why somebody is called, boards and their edits,
what is posted on opening, what whoever enters is told, heads of the log."""
CALLED_WITHIN = timedelta(seconds=150)
"""So long at most that message waits for the invitations: forty, where the homeserver takes one in five seconds."""
LAST = 2
"""The priority of what is sent when there is nothing else."""
ROOM = "room:"
"""What the key of a room begins with that is no room of ours: its id follows."""
_EVENT = "$"
"""What the id of an event begins with."""


@cache
def first(answers_first: bool) -> Select[Any]:
    """The row that a lane sends next, with its room's id; with `rank` 0 where it is an answer and these go first.

    Made once: it is asked for all the time, and to put it together takes longer than to ask it.
    """
    now: BindParameter[Any] = bindparam("now")
    rank = [case((_awaited(), 0), else_=1).label("rank")] if answers_first else []
    return (
        select(Outbox, col(RoomRow.room_id), *rank)
        .outerjoin(RoomRow, col(RoomRow.key) == col(Outbox.room_key))
        .where(
            col(Outbox.state).in_(UNSENT),
            col(Outbox.lane) == bindparam("lane"),
            or_(col(Outbox.not_before).is_(None), col(Outbox.not_before) <= now),
            or_(col(Outbox.retry_at).is_(None), col(Outbox.retry_at) <= now),
            _addressed(),
            ~_target_missing(),
            ~_behind_retry(now),
            ~_before_invitations(now),
        )
        .order_by(col(Outbox.priority), *rank, col(Outbox.seq))
        .limit(1)
    )


def _awaited() -> ColumnElement[bool]:
    """An answer to somebody, or what its room hears before it: what is said because of something typed bears that
    event in its key. Boards are read whenever they come, and are what an answer overtakes."""
    later = aliased(Outbox)
    boards = [prefix for prefix in AFTER_CALLS if prefix != CALL]
    return and_(
        col(Outbox.lane) == "talk",
        ~or_(*(col(Outbox.dedupe_key).startswith(prefix) for prefix in boards)),
        select(1)
        .where(
            col(later.room_key) == col(Outbox.room_key),
            col(later.lane) == col(Outbox.lane),
            col(later.priority) == col(Outbox.priority),
            col(later.state).in_(UNSENT),
            col(later.seq) >= col(Outbox.seq),
            col(later.dedupe_key).contains(_EVENT),
            ~or_(*(col(later.dedupe_key).startswith(prefix) for prefix in AFTER_CALLS)),
        )
        .correlate(Outbox)
        .exists(),
    )


# -- what holds a row back -----------------------------------------------------------------------------------


def _addressed() -> ColumnElement[bool]:
    return or_(
        col(RoomRow.room_id).is_not(None),
        col(Outbox.kind).in_(queued.UNADDRESSED),
        col(Outbox.room_key).startswith(ROOM),
    )


def _target_missing() -> ColumnElement[bool]:
    target = aliased(Outbox)
    return (
        select(1)
        .select_from(OutboxTarget)
        .outerjoin(OutboxKey, col(OutboxKey.dedupe_key) == col(OutboxTarget.dedupe_key))
        .outerjoin(target, col(target.seq) == col(OutboxKey.seq))
        .where(
            col(OutboxTarget.seq) == col(Outbox.seq),
            or_(col(target.seq).is_(None), col(target.state) != "sent"),
        )
        .correlate(Outbox)
        .exists()
    )


def _behind_retry(now: BindParameter[Any]) -> ColumnElement[bool]:
    """An earlier message to the same room waits for its next attempt: what is said keeps its order.

    Invitations do not wait for one another: one person whose server says "later" must not keep the others out.
    """
    earlier = aliased(Outbox)
    return (
        select(1)
        .where(
            col(Outbox.lane) == "talk",
            col(earlier.room_key) == col(Outbox.room_key),
            col(earlier.lane) == col(Outbox.lane),
            col(earlier.state).in_(UNSENT),
            col(earlier.retry_at) > now,
            or_(
                col(earlier.priority) < col(Outbox.priority),
                and_(col(earlier.priority) == col(Outbox.priority), col(earlier.seq) < col(Outbox.seq)),
            ),
        )
        .correlate(Outbox)
        .exists()
    )


def _before_invitations(now: BindParameter[Any]) -> ColumnElement[bool]:
    """Boards, and what somebody is called for, come once those called before are invited.

    Where the homeserver takes little, an invitation rings, and the message only says more. One that waits for its own
    sake keeps nobody waiting.
    """
    invitation = aliased(Outbox)
    return and_(
        col(Outbox.priority) > 0,
        or_(*(col(Outbox.dedupe_key).startswith(each) for each in AFTER_CALLS)),
        select(1)
        .where(*_is_called_first(invitation, now), col(invitation.seq) < col(Outbox.seq))
        .correlate(Outbox)
        .exists(),
    )


@cache
def invitation() -> Select[Any]:
    """Any invitation for which what comes after the invitations waits."""
    return select(col(Outbox.seq)).where(*_is_called_first(Outbox, bindparam("now"))).limit(1)


def _is_called_first(row: Any, now: BindParameter[Any]) -> tuple[ColumnElement[bool], ...]:
    return (
        col(row.lane) == "rooms",
        col(row.kind) == "invite",
        col(row.state).in_(UNSENT),
        or_(col(row.retry_at).is_(None), col(row.retry_at) <= now),
        col(row.created_at) > bindparam("lately"),
        col(row.priority) < LAST,
    )
