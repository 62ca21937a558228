"""Files that people posted in incidents' rooms. Guarantee: each is asked for once, is settled once, and its bytes can
be found again, for an export and for a purge, by the number of the entry that tells of it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlmodel import Session, col

from bot.domain.registers import Measured
from bot.store.posted_tables import PostedFile
from bot.store.register_tables import EvidenceRow
from bot.store.tables import Blob, Journal
from bot.store.types import storable_key

WANTED, KEPT, DESCRIBED, LOST = "wanted", "kept", "described", "lost"

FIRST_PAUSE = timedelta(seconds=5)
LONGEST_PAUSE = timedelta(minutes=5)


@dataclass(frozen=True)
class Posted:
    """One file. `state`: `wanted`; its bytes are `kept`; read or measured, and only `described`; could not be had
    (`lost`). `sha256` and `size` are of the file's own bytes, and are there only once they have been read; `why` says
    why they are not kept. `path` is its place in the incident file, `seq` the entry that says so. `sealed`: what is
    kept in its stead where it is in quarantine.
    """

    event_id: str
    incident: str
    row: int
    asked_at: datetime
    state: str
    attempts: int
    seq: int | None
    path: str | None
    size: int | None
    sha256: str | None
    why: str | None
    sealed: Measured | None = None


def want(session: Session, event_id: str, incident: str, row: int, now: datetime) -> Posted:
    """This file is to be read; one that is known already stays as it is."""
    held = session.get(PostedFile, storable_key(event_id))
    if held is None:
        held = PostedFile(
            event_id=event_id, incident=incident, row=row, asked_at=now, not_before=now, state=WANTED, attempts=0
        )
        session.add(held)
        session.flush()
    return _posted(held)


def get(session: Session, event_id: str) -> Posted | None:
    """What is known of the file that this event posted, or None."""
    held = session.get(PostedFile, storable_key(event_id))
    return _posted(held) if held else None


def wanted(session: Session, now: datetime, limit: int, but: Collection[str] = ()) -> list[Posted]:
    """The files to be read now, oldest first; but those of these events."""
    left = [storable_key(event_id) for event_id in but]
    rows = (
        select(PostedFile)
        .where(
            col(PostedFile.state) == WANTED, col(PostedFile.not_before) <= now, col(PostedFile.event_id).not_in(left)
        )
        .order_by(col(PostedFile.not_before), col(PostedFile.row))
        .limit(limit)
    )
    return [_posted(row) for row in session.scalars(rows)]


def later(session: Session, event_id: str, now: datetime) -> None:
    """It cannot be had now: it is asked for again, after a pause that doubles."""
    held = session.get_one(PostedFile, storable_key(event_id))
    held.attempts += 1
    held.not_before = now + min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(held.attempts - 1, 10))
    session.flush()


def set_back(session: Session, now: datetime) -> None:
    """The clock was set back: what was asked for, and is to be asked for, after now is so now."""
    for column in (PostedFile.asked_at, PostedFile.not_before):
        session.execute(
            update(PostedFile).where(col(PostedFile.state) == WANTED, col(column) > now).values({column: now}),
            execution_options={"synchronize_session": False},
        )
    session.expire_all()


def settle(
    session: Session,
    event_id: str,
    state: str,
    *,
    sha256: str | None,
    size: int | None,
    why: str | None,
    sealed: Measured | None = None,
) -> Posted | None:
    """It is known what becomes of the file, and its event goes on to the engine if it waited. None: it was settled."""
    held = session.get(PostedFile, storable_key(event_id))
    if held is None or held.state != WANTED:
        return None
    held.state, held.sha256, held.size, held.why = state, sha256, size, why
    if sealed is not None:
        held.sealed_sha256, held.sealed_size = sealed.sha256, sealed.size
    session.execute(
        update(Journal).where(col(Journal.id) == held.row, col(Journal.state) == "ready").values(not_before=None),
        execution_options={"synchronize_session": "fetch"},
    )
    session.flush()
    return _posted(held)


def told(session: Session, event_id: str, seq: int, path: str | None) -> None:
    """The entry `seq` of the log tells of the file, and that its bytes are at `path`."""
    held = session.get(PostedFile, storable_key(event_id))
    if held is not None:
        held.seq, held.path = seq, path
        session.flush()


def of(session: Session, incident: str, seqs: Iterable[int]) -> list[Posted]:
    """The files of which these entries tell."""
    rows = select(PostedFile).where(col(PostedFile.incident) == incident, col(PostedFile.seq).in_(list(seqs)))
    return [_posted(row) for row in session.scalars(rows)]


def forget(session: Session, incident: str, seqs: Iterable[int]) -> list[str]:
    """Forget what these entries' files were, and their bytes unless another file that is kept has the same.

    Returns the SHA-256 of the bytes that are gone.
    """
    found = of(session, incident, seqs)
    session.execute(
        update(PostedFile)
        .where(col(PostedFile.event_id).in_([storable_key(each.event_id) for each in found]))
        .values(state=LOST, sha256=None, size=None, path=None, why="purged", sealed_sha256=None, sealed_size=None),
        execution_options={"synchronize_session": "fetch"},
    )
    # No zip of the quarantine is like another, even of the same file.
    gone = sorted(each.sealed.sha256 for each in found if each.sealed)
    session.execute(delete(Blob).where(col(Blob.sha256).in_(gone)))
    for digest in sorted({each.sha256 for each in found if each.sha256 and each.state == KEPT and not each.sealed}):
        files = select(col(PostedFile.event_id)).where(col(PostedFile.sha256) == digest, col(PostedFile.state) == KEPT)
        # An exhibit posted elsewhere has its own copy of the bytes, under the same hash.
        exhibits = select(col(EvidenceRow.incident)).where(
            col(EvidenceRow.sha256) == digest,
            col(EvidenceRow.keeping) == "kept",
            col(EvidenceRow.location).startswith("files/P"),
        )
        if not any(session.execute(each.limit(1)).first() for each in (files, exhibits)):
            session.execute(delete(Blob).where(col(Blob.sha256) == digest))
            gone.append(digest)
    session.expire_all()
    return gone


def hold(session: Session, row: int, until: datetime) -> None:
    """This row of the journal, and its room with it, waits for its file, but no longer than that."""
    session.execute(
        update(Journal).where(col(Journal.id) == row, col(Journal.state) == "ready").values(not_before=until),
        execution_options={"synchronize_session": "fetch"},
    )


def _posted(row: PostedFile) -> Posted:
    return Posted(
        event_id=row.event_id,
        incident=row.incident,
        row=row.row,
        asked_at=row.asked_at,
        state=row.state,
        attempts=row.attempts,
        seq=row.seq,
        path=row.path,
        size=row.size,
        sha256=row.sha256,
        why=row.why,
        sealed=Measured(row.sealed_sha256, row.sealed_size) if row.sealed_sha256 and row.sealed_size else None,
    )
