"""Taking data out of every place where the store keeps them. Guarantee: once the transaction is over, no row of any
table holds what was purged; and once `scrub` has returned True, no page of an SQLite file, nor its write-ahead log.

What cannot be reached from here is said to people, not hidden: copies that left the machine, and what a PostgreSQL
server keeps besides its tables (its write-ahead log, its replicas, its backups).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Table, delete, select, update
from sqlmodel import Session, col

from bot.domain.log import Entry, parse
from bot.domain.purge import Hiding, strings
from bot.store import blobs, cells, draft_shapes, echoes, log, lookups, meta, posted, search
from bot.store.draft_tables import DraftVersionRow
from bot.store.incident_tables import IncidentRow, UndoRow
from bot.store.kept import kept
from bot.store.purge_tables import HiddenRow, HoldRow
from bot.store.tables import Base, Blob, Journal, LogContent, LogEntry, Outbox, RoomRow
from bot.store.types import Json, Words

PENDING = "scrub"
"""The `meta` entry that says that pages of the database are still to be cleaned."""
_FOLLOWS = ("edit", "decrypted", "file", "note")
_UNSENT = ("waiting", "attempted")
_IN_THE_ROOM = ("attempted", "sent")
_ELSEWHERE = frozenset(
    {
        *("blob", "device", "gap", "journal", "log_content", "log_entry", "log_key", "megolm_index", "meta", "outbox"),
        *("outbox_key", "outbox_target", "person", "room", "hidden"),
    }
)
"""Tables that are no part of an incident's state, or are looked after one by one."""
_LETTERS = {"fact": "F", "decision": "D", "evidence": "P", "phone_call": "A", "task": "T", "measure": "M"}
_KEPT = frozenset({("incident", "playbook"), ("incident", "organisation")})


@dataclass(frozen=True)
class Copies:
    """Where data stand: the entries that go, and those that are no copies but name the same."""

    seqs: tuple[int, ...]
    elsewhere: tuple[int, ...] = ()


@dataclass
class Wiped:
    """What was taken out: of the purged entries' own events, `events` are still to be withdrawn in their rooms."""

    events: list[tuple[str, str]] = field(default_factory=list)
    rows: int = 0
    files: int = 0
    keys: list[str] = field(default_factory=list)


def unclean(session: Session) -> bool:
    """Whether what was purged may still stand in the database's files."""
    return bool(meta.get(session, PENDING))


def cleaned(session: Session) -> None:
    """The files hold nothing of it any more."""
    lookups.forget(session, PENDING)


# -- hidden and held ---------------------------------------------------------------------------------------------------


def hide(session: Session, incident: str, seqs: Iterable[int], request: str, now: datetime) -> None:
    """Show these entries to nobody, until they are purged or that demand shows them again."""
    for seq in seqs:
        session.merge(HiddenRow(incident=incident, seq=seq, request=request, at=now))
    session.flush()
    kept(session, "hidden").pop(incident, None)


def show(session: Session, incident: str, request: str) -> None:
    """What that demand hid is hidden by it no more."""
    mine = (col(HiddenRow.incident) == incident) & (col(HiddenRow.request) == request)
    session.execute(delete(HiddenRow).where(mine))
    kept(session, "hidden").pop(incident, None)


def _gone(session: Session, incident: str, seqs: Iterable[int]) -> None:
    """What is purged need not be hidden."""
    mine = (col(HiddenRow.incident) == incident) & col(HiddenRow.seq).in_(list(seqs))
    session.execute(delete(HiddenRow).where(mine))
    kept(session, "hidden").pop(incident, None)


def hidden(session: Session, incident: str) -> frozenset[int]:
    """The numbers of the entries that are hidden."""
    read = kept(session, "hidden")
    if incident not in read:
        mine = select(col(HiddenRow.seq)).where(col(HiddenRow.incident) == incident)
        read[incident] = frozenset(session.scalars(mine))
    found: frozenset[int] = read[incident]
    return found


def is_asked(session: Session, incident: str, request: str) -> bool:
    """Whether that demand still hides something."""
    mine = (col(HiddenRow.incident) == incident) & (col(HiddenRow.request) == request)
    return session.scalars(select(col(HiddenRow.seq)).where(mine).limit(1)).first() is not None


def with_hidden(session: Session) -> list[str]:
    """The incidents of which something is hidden."""
    return list(session.scalars(select(col(HiddenRow.incident)).distinct().order_by(col(HiddenRow.incident))))


def veil_unsent(session: Session, incident: str, request: str, hiding: Hiding) -> None:
    """What we are about to say says it no more; what may be in a room already is hidden when it comes back. A text that
    was to be sent as a file is not sent: whoever asked for it asks again."""
    rows = select(Outbox).where(
        col(Outbox.state).in_(_UNSENT) | ((col(Outbox.state) == "sent") & col(Outbox.echoed_at).is_(None))
    )
    for row in session.scalars(rows).all():
        if row.state == "waiting" and row.frozen is None:
            if _is_text(row.payload) and _says(session, str(row.payload["blob"]), hiding):
                row.state, row.error, row.retry_at = "dead", "what it held is hidden", None
            else:
                row.payload = hiding.json(row.payload)
        elif hiding.holds(strings(row.payload), linked=True):
            echoes.expect_hidden(session, row.id, incident, request)
    session.flush()


def _says(session: Session, digest: str, hiding: Hiding) -> bool:
    data = blobs.get(session, digest)
    return data is not None and hiding.holds([data.decode("utf-8", "replace")], linked=True)


def hold(session: Session, incident: str, by: str, reason: str, now: datetime) -> None:
    """From now on nothing of this incident may be purged."""
    session.merge(HoldRow(incident=incident, by=by, at=now, reason=reason))
    session.flush()


def release(session: Session, incident: str) -> None:
    """Lift the hold."""
    session.execute(delete(HoldRow).where(col(HoldRow.incident) == incident))


def held(session: Session, incident: str) -> tuple[str, datetime, str] | None:
    """Who put the hold on, when and why; None where there is none."""
    row = session.get(HoldRow, incident)
    return (row.by, row.at, row.reason) if row else None


# -- where it stands ---------------------------------------------------------------------------------------------------


def copies(session: Session, incident: str, asked: Iterable[int], hiding: Hiding, bot: str) -> Copies:
    """The entries asked for and every copy of what they hide: edits, quotes, what followed from them, our answers.

    The whole log is read: an index knows neither a word that was cut nor a number that was grouped otherwise.
    """
    seqs = set(asked)
    whole = all(each.replacement is None for each in hiding.data)
    elsewhere: list[int] = []
    # What follows from an entry comes after it: one reading is enough.
    for entry in log.entries(session, incident):
        content = entry.content
        if entry.seq in seqs or content is None or entry.kind == "purge":
            continue
        if _is_copy(entry, content, seqs, hiding, bot, whole=whole):
            seqs.add(entry.seq)
        elif hiding.named_in(strings(content)):
            elsewhere.append(entry.seq)
    return Copies(tuple(sorted(seqs)), tuple(elsewhere))


def _is_copy(
    entry: Entry, content: Mapping[str, Any], seqs: set[int], hiding: Hiding, bot: str, *, whole: bool
) -> bool:
    follows = entry.kind in _FOLLOWS and content.get("target") in seqs
    if follows and whole:
        return True
    linked = follows or content.get("cause") in seqs or entry.sender == bot
    if content.get("cause") in seqs and any(
        each.covers(text) for text in strings(content.get("after")) for each in hiding.data
    ):
        return True  # a change made of a part of its words, however short
    return hiding.holds(strings(content), linked=linked)


def receivers(session: Session, incident: str, first: int) -> list[str]:
    """To whom incident files that hold that entry were handed, each once."""
    rows = select(col(LogEntry.seq)).where(col(LogEntry.incident) == incident, col(LogEntry.kind) == "export")
    found: dict[str, None] = {}
    for seq in session.scalars(rows.order_by(col(LogEntry.seq))).all():
        entry = log.entry(session, incident, seq)
        after = (entry.content or {}).get("after") if entry else None
        if isinstance(after, dict) and int(after.get("upto") or 0) >= first and isinstance(after.get("to"), str):
            found[after["to"]] = None
    return list(found)


def is_server(session: Session) -> bool:
    """Whether the store is a database server, which keeps more than its tables."""
    return session.get_bind().dialect.name != "sqlite"


def explained(session: Session, incident: str) -> None:
    """An incident file that is being made goes up to the purge: without it, its holes would be explained by nothing."""
    head = log.head(session, incident)
    for key, waiting in lookups.under(session, "deliver:"):
        asked = json.loads(waiting)
        if head is not None and asked["incident"] == incident:
            meta.put(session, key, json.dumps({**asked, "upto": head.seq}))


# -- out of it ---------------------------------------------------------------------------------------------------------


def wipe(session: Session, incident: str, seqs: Iterable[int], hiding: Hiding) -> Wiped:
    """Take what is hidden out of every table. The purge entry that names these entries must be there already."""
    entries = [entry for seq in seqs if (entry := log.entry(session, incident, seq)) is not None]
    wiped = Wiped()
    _contents(session, incident, entries)
    _journal(session, entries, hiding, wiped)
    _files(session, incident, entries, wiped)
    _texts(session, hiding, wiped)
    _outbox(session, entries, hiding, wiped)
    _pictures(session, hiding)
    posted.forget(session, incident, [entry.seq for entry in entries])
    _state(session, incident, {str((e.content or {}).get("id")) for e in entries}, hiding, wiped)
    _gone(session, incident, [entry.seq for entry in entries])
    cells.forget(session)
    session.expire_all()
    meta.put(session, PENDING, "1")
    return wiped


def _contents(session: Session, incident: str, entries: list[Entry]) -> None:
    numbers = [entry.seq for entry in entries]
    search.forget(session, incident, numbers)
    mine = (col(LogContent.incident) == incident) & col(LogContent.seq).in_(numbers)
    session.execute(delete(LogContent).where(mine))


def _journal(session: Session, entries: list[Entry], hiding: Hiding, wiped: Wiped) -> None:
    """The raw events of these entries, and those of rooms that no log has, where they hold the same."""
    events = {entry.event_id: entry.room_id for entry in entries if entry.event_id is not None}
    gone = list(session.scalars(select(col(Journal.id)).where(col(Journal.event_id).in_(list(events)))))
    outside = (
        select(col(Journal.id), col(Journal.raw), col(Journal.clear), col(Journal.room_id), col(Journal.event_id))
        .outerjoin(RoomRow, col(RoomRow.room_id) == col(Journal.room_id))
        .where(col(RoomRow.incident).is_(None))
    )
    for number, raw, clear, room_id, event_id in session.execute(outside):
        if any(hiding.holds(strings(parse(each)[0]), linked=True) for each in (raw, clear) if each):
            gone.append(number)
            if room_id and event_id:
                events[event_id] = room_id
    blank = {"raw": b"{}", "clear": None, "locked": False, "state": "done", "error": None}
    if gone:
        session.execute(update(Journal).where(col(Journal.id).in_(gone)).values(**blank))
    wiped.rows += len(gone)
    wiped.events += [(event_id, room_id) for event_id, room_id in events.items() if room_id]


def _outbox(session: Session, entries: list[Entry], hiding: Hiding, wiped: Wiped) -> None:
    """What we said: only transaction ids and keys are kept; what we are about to say loses the data. What is in a room
    before any log tells of it is withdrawn, and known again when it comes back."""
    said = {entry.event_id for entry in entries if entry.event_id is not None}
    held = (Outbox.seq, Outbox.payload, Outbox.frozen, Outbox.dedupe_key, Outbox.state, Outbox.event_id, Outbox.id)
    for seq, payload, frozen, key, state, event_id, name in session.execute(select(*map(col, held))).all():
        after, sent = hiding.json(payload), hiding.json(frozen)
        if after is payload and sent is frozen and event_id not in said:
            continue
        if state not in _UNSENT:
            after = sent = {"purged": True}
        if state in _IN_THE_ROOM and (event_id is None or log.seq_of(session, event_id) is None):
            wiped.events += echoes.expect(session, name, hiding.put)
        session.execute(update(Outbox).where(col(Outbox.seq) == seq).values(payload=after, frozen=sent))
        wiped.rows += 1
        wiped.keys.append(key)


def _pictures(session: Session, hiding: Hiding) -> None:
    """What is still to be drawn loses the data: what was drawn of it meanwhile is not posted."""
    for key, waiting in (each for prefix in lookups.DRAWN for each in lookups.under(session, prefix)):
        book = json.loads(waiting)
        after = hiding.json(book)
        if after is not book:
            meta.put(session, key, json.dumps(after))


def _files(session: Session, incident: str, entries: list[Entry], wiped: Wiped) -> None:
    """Files that only purged entries kept, and incident files that hold what they said."""
    digests = {digest for entry in entries for digest in _digests(entry.content)}
    if digests:
        kept = {digest for entry in log.entries(session, incident) for digest in _digests(entry.content)}
        wiped.files += sum(_drop(session, digest) for digest in digests - kept)
    first = min((entry.seq for entry in entries), default=0)
    for digest, upto in exported(session, incident):
        if upto >= first:
            wiped.files += _drop(session, digest)
            _recalled(session, digest, wiped)


def _texts(session: Session, hiding: Hiding, wiped: Wiped) -> None:
    """Texts that we sent as files, an extract of the log for one."""
    sent = select(col(Outbox.payload)).where(col(Outbox.kind) == "file")
    payloads = list(session.scalars(sent))
    asked = {str(payload["blob"]) for payload in payloads if _is_text(payload)}
    for digest in asked:
        if _says(session, digest, hiding):
            wiped.files += _drop(session, digest)
            _recalled(session, digest, wiped)
    # A text on paper, or in a word processor's file: what it says stands beside it.
    for digest in {str(p["blob"]) for p in payloads if "says" in p and hiding.holds([str(p["says"])], linked=True)}:
        wiped.files += _drop(session, digest)
        _recalled(session, digest, wiped)


def _is_text(payload: Any) -> bool:
    return isinstance(payload, dict) and "blob" in payload and str(payload.get("mimetype")).startswith("text/")


def exported(session: Session, incident: str) -> list[tuple[str, int]]:
    """The incident files that were handed out: the SHA-256 of each, and the entry up to which it goes."""
    sent = (
        select(col(LogEntry.seq))
        .where(col(LogEntry.incident) == incident, col(LogEntry.kind) == "export")
        .order_by(col(LogEntry.seq))
    )
    found = []
    for seq in session.scalars(sent).all():
        entry = log.entry(session, incident, seq)
        after = (entry.content or {}).get("after") if entry else None
        if isinstance(after, dict) and isinstance(after.get("sha256"), str):
            found.append((after["sha256"], int(after.get("upto") or 0)))
    return found


def _recalled(session: Session, digest: str, wiped: Wiped) -> None:
    """An incident file that was sent, or is about to be."""
    rows = select(Outbox).where(col(Outbox.kind) == "file", col(Outbox.payload).like(f'%"{digest}"%'))
    for row in session.scalars(rows):
        room = session.get(RoomRow, row.room_key)
        if row.state in _UNSENT:
            row.state, row.error, row.retry_at = "dead", "what it held was purged", None
        elif row.event_id and room is not None and room.room_id:
            wiped.events.append((row.event_id, room.room_id))
        row.upload_keys = None
    session.flush()


def _drop(session: Session, digest: str) -> int:
    return int(session.execute(delete(Blob).where(col(Blob.sha256) == digest)).rowcount)  # type: ignore[attr-defined]


def _digests(content: Any) -> Iterator[str]:
    """The files that a content says are kept: its own, or that of a change of evidence."""
    if isinstance(content, dict):
        for each in (content.get("file"), content.get("after")):
            if isinstance(each, dict) and isinstance(each.get("sha256"), str):
                yield each["sha256"]


def _state(session: Session, incident: str, touched: set[str], hiding: Hiding, wiped: Wiped) -> None:
    """Every text of the incident's state, whichever table it stands in: a new one is covered as soon as it is there.

    `touched`: the ids of what the purged entries changed, of which a part of a message may be left.
    """
    # What somebody did last, as it was before: to put it back would bring the data back.
    session.execute(delete(UndoRow).where(col(UndoRow.incident) == incident))
    for table in Base.metadata.sorted_tables:
        name = "id" if table.name == IncidentRow.__tablename__ else "incident"
        if table.name in _ELSEWHERE or name not in table.c:
            continue
        letter = _LETTERS.get(table.name, "")
        mine = table.c[name] == incident
        if table.c[name].nullable:  # a question about a command typed in a direct room is of no incident yet
            mine |= table.c[name].is_(None)
        for which, values in _rows(session, table, mine):
            part = bool(letter) and f"{letter}{which.get('number')}" in touched
            changed = {
                column: after
                for column, value in values.items()
                if (after := hiding.json(value, linked=False, part=part)) is not value
            }
            if table.name == DraftVersionRow.__tablename__ and "text" in changed:
                changed["watched"] = draft_shapes.moved(values["watched"], values["text"], changed["text"])
            if changed:
                same = [table.c[key] == held for key, held in which.items()]
                session.execute(update(table).where(*same).values(**changed))
                wiped.rows += 1


def _rows(session: Session, table: Table, mine: Any) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """The keys and the texts of the table's rows of one incident."""
    keys = [column.name for column in table.primary_key.columns]
    texts = [
        column.name
        for column in table.c
        if isinstance(column.type, Words | Json) and column.name not in keys and (table.name, column.name) not in _KEPT
    ]
    if not texts:
        return []
    found = session.execute(select(*(table.c[name] for name in (*keys, *texts))).where(mine)).all()
    size = len(keys)
    return [(dict(zip(keys, row[:size], strict=True)), dict(zip(texts, row[size:], strict=True))) for row in found]
