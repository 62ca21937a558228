"""What came in, before anything is done with it. Guarantee: an event is here once, and leaves in order.

A row is `sealed` until it is decrypted, `ready` for the engine, then `done`; or `unread` where it was
logged without its key, `aside` while its room is none of ours yet (it is dropped after a while), and `poison`
where it failed for good. Order is (turn, part, id). A room waits
behind its open gaps, behind a row that is not decrypted yet, and behind one that is being retried.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Integer,
    Select,
    Update,
    and_,
    bindparam,
    case,
    delete,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from bot.store import replays
from bot.store.gaps import advance_gap, close_gap, gaps, open_gap
from bot.store.incoming import is_sealed, known, last_received, notice, receive
from bot.store.received import Gap, JournalRow, Provenance, Received, from_table
from bot.store.tables import GapRow, Journal

__all__ = [
    "Gap",
    "JournalRow",
    "Provenance",
    "Received",
    "advance_gap",
    "aside",
    "close_gap",
    "done",
    "gaps",
    "is_sealed",
    "known",
    "last_received",
    "next_ready",
    "notice",
    "open_gap",
    "opened",
    "opened_all",
    "poison",
    "prune_aside",
    "receive",
    "rooms_aside",
    "sealed",
    "set_back",
    "unread",
    "unreadable",
    "waiting_from",
]

_ROWS = Journal.metadata.tables["journal"]
_OPEN = (
    update(_ROWS)
    .where(_ROWS.c.id == bindparam("row"))
    .values(
        state="ready",
        locked=False,
        clear=bindparam("new_clear"),
        provenance=bindparam("new_provenance"),
        late=bindparam("now_late"),
    )
)
_LEAVES = update(_ROWS).where(_ROWS.c.id.in_(bindparam("rows", expanding=True)), _ROWS.c.state == "ready")
_MOST = bindparam("most", type_=Integer)
_DONE = _LEAVES.values(state=case((_ROWS.c.locked.is_(True), "unread"), else_="done"), not_before=None)
_ASIDE = _LEAVES.values(state="aside", not_before=None)

MAX_ATTEMPTS = 5
RETRY_AFTER = timedelta(seconds=2)


# -- decryption ----------------------------------------------------------------------------------------------


def sealed(session: Session, limit: int = 500) -> list[JournalRow]:
    """What is to be decrypted, in order."""
    session.flush()
    return [from_table(row) for row in session.connection().execute(_sealed(), {"most": limit})]


@cache
def _sealed() -> Select[Any]:
    return _in_order(col(Journal.state) == "sealed").limit(_MOST)


def unread(
    session: Session, session_id: str | None = None, room_id: str | None = None, limit: int = 500
) -> list[JournalRow]:
    """What could not be read and waits for a key, in order; of one Megolm session or room, if given."""
    conditions: list[ColumnElement[bool]] = [
        col(Journal.locked).is_(True),
        col(Journal.state).in_(("unread", "ready", "aside")),
    ]
    if session_id is not None:
        conditions.append(col(Journal.session_id) == session_id)
    if room_id is not None:
        conditions.append(col(Journal.room_id) == room_id)
    return _rows(session, limit, *conditions)


def opened(session: Session, row_id: int, clear: bytes, provenance: Provenance) -> bool:
    """The row was decrypted. Returns whether it may be trusted.

    A message index of a Megolm session that another event used before makes it a replay: kept, never trusted.
    A row that is open already stays as it is.
    """
    return opened_all(session, [(row_id, clear, provenance)])[0]


def opened_all(session: Session, found: Sequence[tuple[int, bytes, Provenance]]) -> list[bool]:
    """These rows were decrypted, in this order; see `opened`."""
    session.flush()
    ids = [row_id for row_id, _, _ in found]
    columns = (
        _ROWS.c.id, _ROWS.c.room_id, _ROWS.c.event_id, _ROWS.c.sender, _ROWS.c.state, _ROWS.c.late, _ROWS.c.provenance,
    )  # fmt: skip
    asked = select(*columns, _ROWS.c.clear.is_not(None).label("open")).where(_ROWS.c.id.in_(ids))
    rows = {row.id: row for row in session.connection().execute(asked)}
    fresh: dict[int, tuple[bytes, Provenance]] = {}
    for row_id, clear, provenance in found:
        if not rows[row_id].open:
            fresh.setdefault(row_id, (clear, provenance))
    opened_now = [(rows[n], provenance) for n, (_, provenance) in fresh.items()]
    vouched = replays.claim(
        session, [replays.Opened(row.room_id, row.event_id, row.sender, given) for row, given in opened_now]
    )
    said_of = dict(zip(fresh, vouched, strict=True))
    changes = [
        {
            "row": row_id,
            "new_clear": clear,
            "new_provenance": said_of[row_id],
            "now_late": rows[row_id].late or rows[row_id].state == "unread",
        }
        for row_id, (clear, _) in fresh.items()
    ]
    if changes:
        session.connection().execute(_OPEN, changes)
    session.expire_all()
    return [bool((said_of.get(row_id) or rows[row_id].provenance)["trusted"]) for row_id in ids]


def unreadable(session: Session, row_id: int, why: str) -> None:
    """The row cannot be read for now: the engine logs it so, and it waits for its key."""
    row = session.get_one(Journal, row_id)
    row.state, row.locked = "ready", True
    row.provenance = asdict(Provenance(encrypted=True, session_id=row.session_id, why=why))
    session.flush()


# -- out -----------------------------------------------------------------------------------------------------


def next_ready(session: Session, limit: int = 200, *, now: datetime | None = None) -> list[JournalRow]:
    """What the engine does next, in order.

    With `now`, a row that failed waits its time, and its room with it.
    """
    session.flush()
    asked = {"now": now} if now is not None else {}
    rows = session.connection().execute(_ready(retried_later=now is not None), {**asked, "most": limit})
    return [from_table(row) for row in rows]


@cache
def _ready(*, retried_later: bool) -> Select[Any]:
    """Made once: it is asked for all the time, and to put it together takes longer than to ask it."""
    waiting = (col(Journal.state) == "ready", ~_behind_gap(), ~_behind(_is_sealed))
    if not retried_later:
        return _in_order(*waiting).limit(_MOST)
    now: BindParameter[Any] = bindparam("now")

    def failed(row: type[Journal]) -> ColumnElement[bool]:
        return and_(col(row.state) == "ready", col(row.not_before) > now)

    # Hardly ever does any row wait: then no row of a backlog looks through those before it.
    any_failed = select(1).where(col(aliased(Journal).not_before) > now).exists()
    due = or_(col(Journal.not_before).is_(None), col(Journal.not_before) <= now)
    return _in_order(*waiting, due, ~and_(any_failed, _behind(failed))).limit(_MOST)


def done(session: Session, ids: Iterable[int]) -> None:
    """The engine is through with these rows; one that could not be read goes on waiting for its key."""
    _leave_ready(session, _DONE, ids)


def aside(session: Session, ids: Iterable[int]) -> None:
    """These are of rooms that we do not know: they wait for `rooms.mapped`, which may come after them.

    A homeserver hands out a new room's first events before it has answered who made it.
    """
    _leave_ready(session, _ASIDE, ids)


def waiting_from(session: Session, room_id: str, sender: str) -> list[JournalRow]:
    """What that account wrote in that room and the engine has not taken, in order."""
    waiting = (col(Journal.state) != "done", col(Journal.event_id).is_not(None))
    return _rows(session, None, col(Journal.room_id) == room_id, col(Journal.sender) == sender, *waiting)


def rooms_aside(session: Session) -> list[str]:
    """The rooms that we do not know and from which something came."""
    session.flush()
    return list(session.scalars(select(col(Journal.room_id)).where(col(Journal.state) == "aside").distinct()))


def prune_aside(session: Session, before: datetime) -> int:
    """Drop what came before then from rooms that never became ours; returns how many rows went.

    Nothing of it was logged: it was of nobody's incident.
    """
    session.flush()
    old = delete(Journal).where(col(Journal.state) == "aside", col(Journal.received_at) < before)
    gone = session.execute(old.returning(col(Journal.id)), execution_options={"synchronize_session": False})
    count = len(gone.all())
    session.expire_all()
    return count


def poison(session: Session, row_id: int, error: str, *, now: datetime | None = None) -> bool:
    """The row failed: it is tried again later, or set aside after five times, and then this is True."""
    row = session.get_one(Journal, row_id)
    row.attempts += 1
    row.error = error
    if row.attempts >= MAX_ATTEMPTS:
        row.state = "poison"
    elif now is not None:
        row.not_before = now + RETRY_AFTER * 2 ** (row.attempts - 1)
    session.flush()
    return row.state == "poison"


def set_back(session: Session, now: datetime) -> None:
    """The clock was set back: a row that waits, and its room with it, does not wait for the time that it was."""
    session.flush()
    waiting = update(Journal).where(col(Journal.state) == "ready", col(Journal.not_before) > now)
    session.execute(waiting.values(not_before=None), execution_options={"synchronize_session": False})
    session.expire_all()


# -- within --------------------------------------------------------------------------------------------------


def _leave_ready(session: Session, how: Update, ids: Iterable[int]) -> None:
    rows = list(ids)
    if rows:
        session.flush()
        session.connection().execute(how, {"rows": rows})
        session.expire_all()


def _is_sealed(row: type[Journal]) -> ColumnElement[bool]:
    return col(row.state) == "sealed"


def _position(row: type[Journal]) -> ColumnElement[Any]:
    return tuple_(col(row.turn), col(row.part), col(row.id))


def _behind(condition: Any) -> ColumnElement[bool]:
    """There is an earlier event of the same room for which `condition` holds; a notice is behind nothing."""
    earlier = aliased(Journal)
    return and_(
        col(Journal.kind) == "event",
        select(1)
        .where(
            col(earlier.room_id) == col(Journal.room_id),
            condition(earlier),
            _position(earlier) < _position(Journal),
        )
        .correlate(Journal)
        .exists(),
    )


def _behind_gap() -> ColumnElement[bool]:
    """A gap of the row's room, of the same turn or an earlier one, is still open."""
    return and_(
        col(Journal.kind) == "event",
        select(1)
        .where(
            col(GapRow.open).is_(True),
            col(GapRow.room_id) == col(Journal.room_id),
            col(GapRow.turn) <= col(Journal.turn),
        )
        .correlate(Journal)
        .exists(),
    )


def _in_order(*conditions: ColumnElement[bool]) -> Select[Any]:
    return select(Journal).where(*conditions).order_by(col(Journal.turn), col(Journal.part), col(Journal.id))


def _rows(session: Session, limit: int | None, *conditions: ColumnElement[bool]) -> list[JournalRow]:
    session.flush()
    return [from_table(row) for row in session.connection().execute(_in_order(*conditions).limit(limit))]
