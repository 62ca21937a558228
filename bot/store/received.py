"""The values that the journal gives and takes."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class Received:
    """Something that came. `kind` is `event` or `notice`; `raw` the exact bytes, or a notice's payload.

    `section` is where in the sync response it stood (timeline, state, leave, invite, knock), or `gap` and
    `walk`; `origin_ts` is the homeserver's clock, in milliseconds; `opened` is what an encrypted event was found to
    say, where its key was here already.
    """

    kind: str
    section: str
    room_id: str | None
    event_id: str | None
    sender: str | None
    type: str
    origin_ts: int | None
    raw: bytes
    opened: tuple[bytes, Provenance] | None = field(default=None, kw_only=True)


@dataclass(frozen=True)
class Provenance:
    """How an event was vouched for. `trusted`: may a command in it count? `why`: the reason if not.

    `device` is the id that the server's `/keys/query` gives, to that very sender, for the keys of the Megolm
    session; `device_signed` tells whether its owner's self-signing key signed it.
    """

    encrypted: bool
    session_id: str | None = None
    index: int | None = None
    sender_key: str | None = None
    device: str | None = None
    device_signed: bool | None = None
    trusted: bool = False
    why: str | None = None


@dataclass(frozen=True)
class JournalRow(Received):
    """`first`: of the very first sync, so never executed; `late`: logged without its key before."""

    id: int
    turn: int
    part: int
    received_at: datetime
    first: bool
    state: str
    clear: bytes | None
    provenance: Provenance | None
    late: bool
    attempts: int


@dataclass(frozen=True)
class Gap:
    """What a `limited` timeline left out of a room; `position` is how far it has been walked."""

    id: int
    room_id: str
    since: str | None
    prev_batch: str
    position: str
    turn: int
    found: int


def from_table(row: Any) -> JournalRow:
    """What a row of the table says, its columns read by name."""
    return JournalRow(
        kind=row.kind,
        section=row.section,
        room_id=row.room_id,
        event_id=row.event_id,
        sender=row.sender,
        type=row.type,
        origin_ts=row.origin_ts,
        raw=row.raw,
        id=row.id,
        turn=row.turn,
        part=row.part,
        received_at=row.received_at,
        first=row.first,
        state=row.state,
        clear=row.clear,
        provenance=Provenance(**row.provenance) if row.provenance else None,
        late=row.late,
        attempts=row.attempts,
    )
