"""The log's index: which entries hold which words. Guarantee: written with the entry, gone with its content.

The index is the database's own: an FTS5 table on SQLite, a GIN index over lexemes on PostgreSQL. It holds nothing
that the log does not, and can be made anew from it at any time. What is indexed was folded before (see
`bot.domain.language.fold`): neither case nor accents count, and every word that is looked for is a beginning.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, column, func, select, table, text, tuple_
from sqlmodel import Session, col

from bot.domain.language import fold
from bot.store.tables import LogContent, LogEntry
from bot.store.types import Big

# A longer run of letters is no word; PostgreSQL takes no lexeme of more than 2,046 bytes.
_LONGEST = 200
# PostgreSQL's bound for one document is a megabyte.
_MOST = 60_000
_PAGE = 500

INDEX = table("log_search", column("incident"), column("seq", Big), column("words"))

_SQLITE = ("CREATE VIRTUAL TABLE log_search USING fts5(incident UNINDEXED, seq UNINDEXED, words, prefix='2 3')",)
_POSTGRES = (
    (
        "CREATE TABLE log_search (incident TEXT NOT NULL, seq BIGINT NOT NULL, words TSVECTOR NOT NULL,"
        " CONSTRAINT pk_log_search PRIMARY KEY (incident, seq))"
    ),
    "CREATE INDEX ix_log_search_words ON log_search USING gin (words)",
)
_ADD = {
    "sqlite": text("INSERT INTO log_search (incident, seq, words) VALUES (:incident, :seq, :words)"),
    "postgresql": text(
        "INSERT INTO log_search (incident, seq, words)"
        " VALUES (:incident, :seq, array_to_tsvector(string_to_array(:words, ' ')))"
    ),
}


@dataclass(frozen=True)
class Sought:
    """What is looked for: entries that hold every one of `words`; by `sender`, or on whose behalf they were typed; not
    by `without`; logged, or that happened, from `since` to just before `until`; of one of `kinds`."""

    words: str = ""
    sender: str | None = None
    without: str | None = None
    since: str | None = None
    until: str | None = None
    kinds: tuple[str, ...] = ()


def create(connection: Connection) -> None:
    """Make the index, empty; for the migration."""
    for statement in _SQLITE if connection.dialect.name == "sqlite" else _POSTGRES:
        connection.exec_driver_sql(statement)


Indexed = tuple[str, int, str | None, Mapping[str, Any]]
"""An entry's incident, number, sender and content."""


def add(session: Session, entries: Iterable[Indexed]) -> None:
    """Index entries, in the transaction that writes them."""
    values = [
        {"incident": incident, "seq": seq, "words": words_of(sender, content)}
        for incident, seq, sender, content in entries
    ]
    session.connection().execute(_ADD[_dialect(session)], values)


def newest(session: Session, incident: str, sought: Sought, limit: int) -> list[int]:
    """The numbers of the newest entries that are sought, the newest first."""
    wanted = [word[:_LONGEST] for word in fold(sought.words).split()]
    clauses, values = _clauses(sought)
    values |= {"incident": incident, "most": limit}
    if not wanted:
        source, order = "log_entry e", "e.seq"
        clauses.append("e.incident = :incident")
    elif _dialect(session) == "sqlite":
        # CROSS JOIN: the index is walked from its newest row, and left as soon as enough is found.
        source = "log_search s CROSS JOIN log_entry e ON e.incident = s.incident AND e.seq = s.seq"
        clauses += ["s.incident = :incident", "log_search MATCH :wanted"]
        # What `fold` leaves is letters and digits: nothing in it means anything to either language of queries.
        values["wanted"] = " ".join(f'"{word}"*' for word in wanted)
        order = "s.rowid"
    else:
        source = "log_search s JOIN log_entry e ON e.incident = s.incident AND e.seq = s.seq"
        clauses += ["s.incident = :incident", "s.words @@ CAST(:wanted AS tsquery)"]
        values["wanted"] = " & ".join(f"'{word}':*" for word in wanted)
        order = "s.seq"
    asked = f"SELECT e.seq FROM {source} WHERE {' AND '.join(clauses)} ORDER BY {order} DESC LIMIT :most"
    return [int(seq) for seq in session.execute(text(asked), values).scalars()]


def _clauses(sought: Sought) -> tuple[list[str], dict[str, Any]]:
    """The conditions on `log_entry e`, and their values."""
    clauses: list[str] = []
    values: dict[str, Any] = {}
    if sought.sender is not None:
        # Contents are written by `json.dumps` without spaces: a quote inside a text is escaped, and cannot pose as it.
        behalf = (
            "EXISTS (SELECT 1 FROM log_content c WHERE c.incident = e.incident AND c.seq = e.seq"
            " AND c.content LIKE :behalf ESCAPE '!')"
        )
        clauses.append(f"(e.sender = :sender OR {behalf})")
        escaped = re.sub("([!%_])", r"!\1", json.dumps(sought.sender, ensure_ascii=False))
        values |= {"sender": sought.sender, "behalf": f'%"by":{escaped}%'}
    if sought.without is not None:
        clauses.append("(e.sender IS NULL OR e.sender <> :without)")
        values["without"] = sought.without
    if sought.since is not None and sought.until is not None:
        clauses.append(
            "((e.logged_at >= :since AND e.logged_at < :until) OR (e.occurred_at >= :since AND e.occurred_at < :until))"
        )
        values |= {"since": sought.since, "until": sought.until}
    if sought.kinds:
        names = {f"kind{number}": kind for number, kind in enumerate(sought.kinds)}
        clauses.append(f"e.kind IN ({', '.join(f':{name}' for name in names)})")
        values |= names
    return clauses, values


def forget(session: Session, incident: str, seqs: Iterable[int]) -> None:
    """Take these entries out of the index, so that no trace of their words stays in it.

    For a purge, in its own transaction, beside the deletion of their contents. On SQLite the whole index is written
    anew without them: what is only marked as deleted would keep the words themselves.
    """
    numbers = sorted(set(seqs))
    if not numbers:
        return
    mine = (INDEX.c.incident == incident) & INDEX.c.seq.in_(numbers)
    if _dialect(session) != "sqlite":
        session.execute(INDEX.delete().where(mine))
        return
    rows = session.execute(select(text("rowid")).select_from(INDEX).where(mine)).scalars().all()
    for row in rows:
        session.execute(text("DELETE FROM log_search WHERE rowid = :row"), {"row": row})
    session.execute(text("INSERT INTO log_search (log_search) VALUES ('optimize')"))


def rebuild(session: Session) -> int:
    """Make the index anew from the contents that the log holds. Returns how many entries it has."""
    session.execute(text("DELETE FROM log_search"))
    count, after = 0, ("", 0)
    while True:
        page = session.execute(
            select(col(LogEntry.incident), col(LogEntry.seq), col(LogEntry.sender), col(LogContent.content))
            .join(LogContent, (col(LogContent.incident) == LogEntry.incident) & (col(LogContent.seq) == LogEntry.seq))
            .where(tuple_(col(LogEntry.incident), col(LogEntry.seq)) > after)
            .order_by(col(LogEntry.incident), col(LogEntry.seq))
            .limit(_PAGE)
        ).all()
        if page:
            add(session, ((incident, seq, sender, json.loads(content)) for incident, seq, sender, content in page))
        count += len(page)
        if len(page) < _PAGE:
            return count
        after = (page[-1][0], page[-1][1])


def complete(session: Session) -> bool:
    """Whether the index has as many entries as the log has contents."""
    indexed = session.execute(select(func.count()).select_from(INDEX)).scalar_one()
    return bool(indexed == session.execute(select(func.count()).select_from(LogContent)).scalar_one())


def words_of(sender: str | None, content: Mapping[str, Any]) -> str:
    """What is indexed of an entry: its sender's id and every text in its content, folded."""
    every = " ".join([fold(sender or ""), *_texts(content)]).split()
    return " ".join(word[:_LONGEST] for word in every)[:_MOST].strip()


def _texts(value: object) -> Iterator[str]:
    """Every text in a content, folded; keys are our own words, not anybody's."""
    if isinstance(value, str):
        yield fold(value)
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _texts(inner)


def _dialect(session: Session) -> str:
    return session.get_bind().dialect.name
