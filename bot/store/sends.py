"""Attempts to send a text. Guarantee: an attempt is a row before it is made and is marked as begun before the first
byte leaves; nobody is sent words again that have reached them, or may have; and of a number only its end is kept.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, update
from sqlmodel import Session, col

from bot.domain.outlets import AGAIN, SETTLED, STAFF_ROOM, SendState, Sent, mark_of
from bot.store import outbox
from bot.store.draft_tables import TextSendRow


@dataclass(frozen=True)
class ToSend:
    """An attempt that is to be made, and the address that it is made to."""

    sent: Sent
    address: str


def book(session: Session, sent: Sent, addresses: Iterable[str]) -> None:
    """Keep attempts that are to be made, one an address; of `sent` all else is theirs."""
    for address in addresses:
        session.add(
            TextSendRow(
                incident=sent.incident,
                draft=sent.draft,
                version=sent.version,
                sha256=sent.sha256,
                outlet=sent.outlet,
                address=address,
                mark=mark_of(address) if sent.outlet != STAFF_ROOM else "",
                reached=_reached(session, sent.incident, address),
                turn=sent.turn,
                by=sent.by,
                state=sent.state.value,
                trial=sent.trial,
                created_at=sent.created_at,
            )
        )
    session.flush()


def waiting(session: Session) -> list[ToSend]:
    """What is to be handed to a gateway, oldest first."""
    return [each for each in _in_state(session, SendState.WAITING) if each.sent.outlet != STAFF_ROOM]


def begun(session: Session) -> list[ToSend]:
    """What began and did not end."""
    return _in_state(session, SendState.ATTEMPTED)


def unended(session: Session) -> bool:
    """Whether an attempt waits to be handed to a gateway, or began and did not end."""
    query = select(col(TextSendRow.id)).where(
        col(TextSendRow.state).in_([SendState.WAITING.value, SendState.ATTEMPTED.value]),
        col(TextSendRow.outlet) != STAFF_ROOM,
    )
    return session.scalars(query.limit(1)).first() is not None


def attempt(session: Session, number: int) -> bool:
    """Mark an attempt as begun. False, and nothing changes, if it is not waiting any more."""
    row = session.get_one(TextSendRow, number)
    if row.state != SendState.WAITING.value:
        return False
    row.state = SendState.ATTEMPTED.value
    session.flush()
    return True


def settle(session: Session, number: int, state: SendState, now: datetime) -> Sent | None:
    """What became of an attempt; its address goes. None, and nothing changes, if that was known already."""
    row = session.get_one(TextSendRow, number)
    if row.state not in (SendState.WAITING.value, SendState.ATTEMPTED.value):
        return None
    row.state, row.settled_at, row.address = state.value, now, None
    session.flush()
    return _sent(row)


def of_turn(session: Session, turn: str) -> list[Sent]:
    """Every attempt that one command asked for."""
    query = select(TextSendRow).where(col(TextSendRow.turn) == turn).order_by(col(TextSendRow.id))
    return [_sent(row) for row in session.scalars(query)]


def left(session: Session, turn: str) -> int:
    """How many of the attempts that one command asked for are not settled."""
    query = select(func.count()).where(
        col(TextSendRow.turn) == turn,
        col(TextSendRow.state).in_([SendState.WAITING.value, SendState.ATTEMPTED.value]),
    )
    return session.scalars(query).one()


def restored(session: Session) -> None:
    """What waited in a copy may have been sent since: nobody knows, so it is not sent again."""
    waits = update(TextSendRow).where(
        col(TextSendRow.state) == SendState.WAITING.value, col(TextSendRow.outlet) != STAFF_ROOM
    )
    session.execute(waits.values(state=SendState.ATTEMPTED.value))


def latest(session: Session, turn: str, count: int) -> list[SendState]:
    """How the last of the attempts that one command asked for ended, so many at most: they are made in their order."""
    found: list[tuple[int, SendState]] = []
    for state in SETTLED:
        # One question a state: each is answered from the end of the index, whatever waits.
        ids = select(col(TextSendRow.id)).where(col(TextSendRow.turn) == turn, col(TextSendRow.state) == state.value)
        ended = session.scalars(ids.order_by(col(TextSendRow.id).desc()).limit(count))
        found += [(number, state) for number in ended if number is not None]
    return [state for _, state in sorted(found, reverse=True)[:count]]


def drop_rest(session: Session, turn: str, now: datetime) -> None:
    """What one command asked for and nobody has begun is not tried any more."""
    query = select(TextSendRow).where(col(TextSendRow.turn) == turn, col(TextSendRow.state) == SendState.WAITING.value)
    for row in session.scalars(query):
        row.state, row.settled_at, row.address = SendState.DROPPED.value, now, None
    session.flush()


def of_draft(session: Session, incident: str, draft: int) -> list[Sent]:
    """Every attempt to send a text, in any version, oldest first."""
    return [_sent(row) for row in _of_draft(session, incident, draft)]


def unsent(
    session: Session, incident: str, draft: int, sha256: str, outlet: str, addresses: Iterable[str]
) -> tuple[str, ...]:
    """Those of these addresses that these very words have not reached, nor may have, by this outlet."""
    done = {
        row.reached
        for row in _of_draft(session, incident, draft)
        if not row.trial and row.sha256 == sha256 and row.outlet == outlet and SendState(row.state) not in AGAIN
    }
    found = {_reached(session, incident, address): address for address in addresses}
    return tuple(address for reached, address in found.items() if reached not in done)


def known_as(session: Session, incident: str, addresses: Iterable[str]) -> str:
    """By what this very set of addresses is known again, whatever their order, and nobody can read any of them from."""
    every = sorted({_reached(session, incident, address) for address in addresses})
    return hashlib.sha256("".join(every).encode()).hexdigest()


def waiting_in_room(session: Session, incident: str) -> list[Sent]:
    """What an incident has to say in the staff's room and does not stand there yet."""
    query = select(TextSendRow).where(
        col(TextSendRow.state) == SendState.WAITING.value,
        col(TextSendRow.incident) == incident,
        col(TextSendRow.outlet) == STAFF_ROOM,
    )
    return [_sent(row) for row in session.scalars(query)]


def in_room(session: Session, turn: str, state: SendState, now: datetime) -> Sent | None:
    """What became of the message in the staff's room that this command asked for. None if that was known already."""
    query = select(TextSendRow).where(col(TextSendRow.turn) == turn, col(TextSendRow.outlet) == STAFF_ROOM)
    row = session.scalars(query).first()
    return settle(session, row.id, state, now) if row is not None and row.id is not None else None


def _of_draft(session: Session, incident: str, draft: int) -> list[TextSendRow]:
    query = select(TextSendRow).where(col(TextSendRow.incident) == incident, col(TextSendRow.draft) == draft)
    return list(session.scalars(query.order_by(col(TextSendRow.id))))


def _in_state(session: Session, state: SendState) -> list[ToSend]:
    query = select(TextSendRow).where(col(TextSendRow.state) == state.value).order_by(col(TextSendRow.id))
    return [ToSend(_sent(row), row.address or "") for row in session.scalars(query)]


def _reached(session: Session, incident: str, address: str) -> str:
    """By what an address is known again: nobody's to guess who has not this store's secret."""
    return outbox.derived(session, f"reached:{incident}:{address.strip()}")[:32]


def _sent(row: TextSendRow) -> Sent:
    return Sent(
        incident=row.incident,
        draft=row.draft,
        version=row.version,
        sha256=row.sha256,
        outlet=row.outlet,
        mark=row.mark,
        turn=row.turn,
        by=row.by,
        state=SendState(row.state),
        created_at=row.created_at,
        trial=row.trial,
        settled_at=row.settled_at,
        id=row.id,
    )
