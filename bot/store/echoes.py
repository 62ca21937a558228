"""Our own messages of which the data were purged before they came back from their room. Guarantee: what such a message
said is in no table once it has come back, whenever that is. One that was only hidden is hidden when it comes back.
"""

from __future__ import annotations

from sqlalchemy import select, update
from sqlmodel import Session, col

from bot.store import lookups, meta
from bot.store.tables import Journal, Outbox, RoomRow

_EXPECTED = "purged_echo:"
_HIDDEN = "hidden_echo:"


def expect(session: Session, txn_id: str, put: str) -> list[tuple[str, str]]:
    """This message may be in its room with what was purged; `put` stands for all that it said.

    Returns its event and room, where they are known: they are to be withdrawn.
    """
    query = (
        select(col(Outbox.event_id), col(RoomRow.room_id), col(Outbox.echoed_at))
        .join(RoomRow, col(RoomRow.key) == col(Outbox.room_key))
        .where(col(Outbox.id) == txn_id)
    )
    row = session.execute(query).first()
    if row is None:
        return []
    event_id, room_id, echoed_at = row
    if echoed_at is None:
        meta.put(session, f"{_EXPECTED}{txn_id}", put)
    return [(event_id, room_id)] if event_id and room_id else []


def expected(session: Session, txn_id: str) -> str | None:
    """What stands for all that this message said, if data of it were purged before it came back."""
    return meta.get(session, f"{_EXPECTED}{txn_id}") or None


def came(session: Session, txn_id: str, row_id: int, *, wipe: bool) -> None:
    """It came back as this row of the journal, of which nothing is left if `wipe`."""
    lookups.forget(session, f"{_EXPECTED}{txn_id}")
    if wipe:
        blank = update(Journal).where(col(Journal.id) == row_id).values(raw=b"{}", clear=None, locked=False)
        session.execute(blank, execution_options={"synchronize_session": "fetch"})


def expect_hidden(session: Session, txn_id: str, incident: str, request: str) -> None:
    """This message may be in its room with what that demand hides."""
    meta.put(session, f"{_HIDDEN}{txn_id}", f"{incident} {request}")


def hidden_by(session: Session, txn_id: str) -> tuple[str, str] | None:
    """The incident and the demand that hides what this message says, asked once: when it comes back."""
    held = meta.get(session, f"{_HIDDEN}{txn_id}")
    if not held:
        return None
    lookups.forget(session, f"{_HIDDEN}{txn_id}")
    incident, _, request = held.partition(" ")
    return incident, request
