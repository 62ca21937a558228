"""The action log on disk. Guarantee: each entry continues the chain; an event stands in one entry.

Here are `insert` and `select`, nothing else; the database itself refuses the rest (see `triggers`).
"""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Select, bindparam, func, insert, select
from sqlmodel import Session, col

from bot.domain.log import NONCE_BYTES, Draft, Entry, Head, chain, to_rfc3339
from bot.store import sealing
from bot.store import search as index
from bot.store.kept import kept
from bot.store.tables import LogContent, LogEntry, LogKey

_PAGE = 500
# Where it keeps what is added and not yet written.
_WAITING = "log_waiting"

# Put together once: every event that comes needs these.
_ADD_ENTRY = insert(LogEntry.metadata.tables["log_entry"])
_ADD_CONTENT = insert(LogContent.metadata.tables["log_content"])
_PLACE = select(col(LogEntry.incident), col(LogEntry.seq)).where(col(LogEntry.event_id) == bindparam("event_id"))
_NEWEST = (
    select(col(LogEntry.seq), col(LogEntry.entry_hash))
    .where(col(LogEntry.incident) == bindparam("incident"))
    .order_by(col(LogEntry.seq).desc())
    .limit(1)
)


def append(
    session: Session,
    incident: str,
    *,
    kind: str,
    room_id: str | None = None,
    event_id: str | None = None,
    sender: str | None = None,
    origin_ts: int | None = None,
    occurred_at: datetime | None = None,
    content: Mapping[str, Any],
    now: datetime,
) -> Entry:
    """Add an entry and return it; an event that is in the log already is returned as it stands there.

    Raises ValueError for what cannot stand in a chain at all (see `bot.domain.log.chain`).
    """
    held = seq_of(session, event_id) if event_id is not None else None
    if held is not None:
        stands = entry(session, *held)
        assert stands is not None
        return stands
    draft = Draft(incident, kind, now, content, room_id, event_id, sender, origin_ts, occurred_at)
    made = chain(_last_head(session, incident), draft, secrets.token_bytes(NONCE_BYTES))
    waiting: list[Entry] | None = session.info.get(_WAITING)
    if waiting is None:
        _write(session, [made])
    else:
        waiting.append(made)
    kept(session, "heads")[incident] = Head(made.seq, made.entry_hash)
    return made


def gather(session: Session) -> None:
    """From now on what is added is written together, at the next look at the log or at `write`."""
    session.info.setdefault(_WAITING, [])


def write(session: Session) -> None:
    """Write what was gathered; from now on each entry is written when it is added."""
    _catch_up(session)
    session.info.pop(_WAITING, None)


def head(session: Session, incident: str) -> Entry | None:
    """The last entry, or None before the first."""
    newest = _entries().where(col(LogEntry.incident) == incident).order_by(col(LogEntry.seq).desc()).limit(1)
    return _one(session, newest)


def begun(session: Session, incident: str) -> bool:
    """Whether there is an entry."""
    _catch_up(session)
    return _last_head(session, incident) is not None


def entries(session: Session, incident: str, after: int = 0) -> Iterator[Entry]:
    """The entries that come after number `after`, in order, read page by page."""
    while True:
        page = (
            _entries()
            .where(col(LogEntry.incident) == incident, col(LogEntry.seq) > after)
            .order_by(col(LogEntry.seq))
            .limit(_PAGE)
        )
        found = _all(session, page)
        yield from found
        if len(found) < _PAGE:
            return
        after = found[-1].seq


def last(session: Session, incident: str, n: int) -> list[Entry]:
    """The last `n` entries, oldest first."""
    newest = _entries().where(col(LogEntry.incident) == incident).order_by(col(LogEntry.seq).desc()).limit(n)
    return _all(session, newest)[::-1]


def search(
    session: Session,
    incident: str,
    words: str = "",
    *,
    sender: str | None = None,
    without: str | None = None,
    day: date | None = None,
    zone: tzinfo = UTC,
    kinds: tuple[str, ...] = (),
    limit: int = 50,
) -> list[Entry]:
    """The newest entries that hold a word beginning with each of `words`, whatever its accents and case, newest last.

    `sender` is who did it or on whose behalf it was typed; entries of `without` are left out; `day` is the day in
    `zone` on which it was logged, or happened.
    """
    since = until = None
    if day is not None:
        since, until = (_midnight(d, zone) for d in (day, day + timedelta(days=1)))
    sought = index.Sought(words, sender, without, since, until, kinds)
    _catch_up(session)
    found = index.newest(session, incident, sought, limit)
    return sorted(
        (
            each
            for start in range(0, len(found), _PAGE)
            for each in _numbered(session, incident, found[start : start + _PAGE])
        ),
        key=lambda each: each.seq,
    )


def entry(session: Session, incident: str, seq: int) -> Entry | None:
    """The entry with this number, or None."""
    return _one(session, _entries().where(col(LogEntry.incident) == incident, col(LogEntry.seq) == seq))


def count(session: Session, incident: str) -> int:
    """How many entries the log has."""
    _catch_up(session)
    found = select(func.count()).select_from(LogEntry).where(col(LogEntry.incident) == incident)
    return session.scalars(found).one()


def seq_of(session: Session, event_id: str) -> tuple[str, int] | None:
    """The incident and number of the entry in which this event stands, or None."""
    for made in session.info.get(_WAITING) or ():
        if made.event_id == event_id:
            return made.incident, made.seq
    row = session.connection().execute(_PLACE, {"event_id": event_id}).first()
    return (row[0], row[1]) if row else None


# -- the log's own key ---------------------------------------------------------------------------------------


def create_key(session: Session, incident: str, passphrase: str | bytes, now: datetime) -> str:
    """Make the log's Ed25519 key, once; returns its public half in unpadded base64."""
    held = session.get(LogKey, incident)
    if held is not None:
        return held.public
    made = Ed25519PrivateKey.generate()
    public = base64.b64encode(made.public_key().public_bytes_raw()).decode().rstrip("=")
    seed = sealing.seal(made.private_bytes_raw(), passphrase)
    session.add(LogKey(incident=incident, seed=seed, public=public, created_at=now))
    session.flush()
    return public


def key(session: Session, incident: str) -> tuple[bytes, str] | None:
    """The sealed seed of the log's key and its public half, or None before there is one."""
    held = session.get(LogKey, incident)
    return (held.seed, held.public) if held else None


def sign(session: Session, incident: str, passphrase: str | bytes, message: bytes) -> bytes:
    """The 64 bytes of the log's signature. Raises NotOpened (wrong passphrase) or LookupError (no key)."""
    held = session.get(LogKey, incident)
    if held is None:
        raise LookupError(f"the log of {incident} has no key")
    return Ed25519PrivateKey.from_private_bytes(sealing.unseal(held.seed, passphrase)).sign(message)


# -- within --------------------------------------------------------------------------------------------------


def _entries() -> Select[LogEntry, LogContent]:
    same = (col(LogContent.incident) == col(LogEntry.incident)) & (col(LogContent.seq) == col(LogEntry.seq))
    return select(LogEntry, LogContent).outerjoin(LogContent, same)


def _catch_up(session: Session) -> None:
    waiting: list[Entry] | None = session.info.get(_WAITING)
    if waiting:
        session.info[_WAITING] = []
        _write(session, waiting)


def _write(session: Session, made: list[Entry]) -> None:
    headers, contents = [], []
    for each in made:
        header = each.as_dict()
        said = json.dumps(header.pop("content"), ensure_ascii=False, separators=(",", ":"))
        nonce = header.pop("nonce")
        headers.append(header)
        contents.append({"incident": each.incident, "seq": each.seq, "content": said, "nonce": nonce})
    connection = session.connection()
    connection.execute(_ADD_ENTRY, headers)
    connection.execute(_ADD_CONTENT, contents)
    index.add(session, ((each.incident, each.seq, each.sender, each.content or {}) for each in made))


def _all(session: Session, query: Select[LogEntry, LogContent]) -> list[Entry]:
    _catch_up(session)
    return [_entry(row, content) for row, content in session.execute(query)]


def _one(session: Session, query: Select[LogEntry, LogContent]) -> Entry | None:
    found = _all(session, query)
    return found[0] if found else None


def _last_head(session: Session, incident: str) -> Head | None:
    """The last entry's; one that was added by us is known without asking."""
    heads = kept(session, "heads")
    if incident not in heads:
        row = session.connection().execute(_NEWEST, {"incident": incident}).first()
        heads[incident] = Head(row[0], row[1]) if row else None
    found: Head | None = heads[incident]
    return found


def _entry(row: LogEntry, content: LogContent | None) -> Entry:
    return Entry(
        seq=row.seq,
        incident=row.incident,
        kind=row.kind,
        room_id=row.room_id,
        event_id=row.event_id,
        sender=row.sender,
        origin_ts=row.origin_ts,
        logged_at=row.logged_at,
        occurred_at=row.occurred_at,
        content=json.loads(content.content) if content else None,
        nonce=content.nonce if content else None,
        content_hash=row.content_hash,
        prev_hash=row.prev_hash,
        entry_hash=row.entry_hash,
    )


def _numbered(session: Session, incident: str, seqs: list[int]) -> list[Entry]:
    return _all(session, _entries().where(col(LogEntry.incident) == incident, col(LogEntry.seq).in_(seqs)))


def _midnight(day: date, zone: tzinfo) -> str:
    return to_rfc3339(datetime.combine(day, time.min, zone))
