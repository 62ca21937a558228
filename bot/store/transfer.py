"""From a server's database to an SQLite file and back. Guarantee: every row of every table, of one moment, each type
kept, and the action log through its own triggers: a chain that does not hold is refused on the way. What an earlier
revision does not hold yet stays as a new row has it.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import Column, Row, Table, column, func, insert, inspect, select, text
from sqlalchemy import table as table_clause

from bot.domain.language import Both
from bot.store import (
    answer_tables,
    apart_tables,
    care_tables,
    clock_tables,
    conduct_tables,
    directory_tables,
    draft_tables,
    enquiry_tables,
    incident_tables,
    posted_tables,
    purge_tables,
    register_tables,
    search,
    stamp_tables,
)
from bot.store.db import Database, Session
from bot.store.faults import StoreFault
from bot.store.tables import Base, LogContent, LogEntry

# SQLAlchemy knows the tables of the modules that are imported.
TABLES = (
    answer_tables,
    apart_tables,
    care_tables,
    enquiry_tables,
    clock_tables,
    conduct_tables,
    draft_tables,
    incident_tables,
    directory_tables,
    posted_tables,
    purge_tables,
    register_tables,
    stamp_tables,
)

_PAGE = 500
_LARGE = frozenset({"blob"})
"""Tables of files: their rows are brought over one by one, since each may take as much memory as a file may."""
_LOG = LogEntry.metadata.tables["log_entry"]
_CONTENT = LogContent.metadata.tables["log_content"]


def to_file(url: str, target: Path) -> None:
    """Copy the database at this URL into a new SQLite file, 0600, on disk when this returns; reads only there."""
    target.unlink(missing_ok=True)
    _move(url, f"sqlite:///{target}")
    handle = os.open(target, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def from_file(source: Path, url: str, beside: Path | None = None) -> None:
    """Copy an SQLite file into the database at this URL, which must be empty. Raises StoreFault if it is not.

    What an earlier version made is brought to this one's revision first, in a copy that is made in the folder `beside`,
    the file's own if it is not given: the file stays as it is, on a medium that may not be written.
    """
    with tempfile.TemporaryDirectory(prefix=".", dir=beside or source.parent) as folder:
        copy = Path(folder) / source.name
        shutil.copyfile(source, copy)
        present = Database(f"sqlite:///{copy}")
        try:
            present.migrate()
        finally:
            present.close()
        _move(f"sqlite:///{copy}", url)


def _move(source: str, target: str) -> None:
    here, there = Database(source), Database(target)
    try:
        there.migrate()
        with here.reading() as read, there.transaction() as write:
            _refuse_full(write)
            bring(read, write)
            _number_on(write)
    finally:
        there.close()
        here.close()


def bring(read: Session, write: Session) -> None:
    """Copy every row, as far as both databases have a place for it."""
    for table in Base.metadata.sorted_tables:
        names = _columns(read, table) & _columns(write, table)
        if names and table is not _CONTENT:
            _copy(read, write, table, [column for column in table.c if column.name in names])


def _columns(session: Session, table: Table) -> set[str]:
    """The columns that a table has in a database, which may be of an earlier revision; none where it is not there."""
    found = inspect(session.connection())
    return {str(each["name"]) for each in found.get_columns(table.name)} if found.has_table(table.name) else set()


def _refuse_full(session: Session) -> None:
    for table in Base.metadata.sorted_tables:
        if session.scalar(select(func.count()).select_from(table)):
            raise StoreFault(
                Both(
                    "la base n’est pas vide : faites-en une nouvelle, et donnez son adresse dans [database] url",
                    "the database is not empty: make a new one, and give its address in [database] url",
                )
            )


def _copy(read: Session, write: Session, table: Table, columns: list[Column[Any]]) -> None:
    size = 1 if table.name in _LARGE else _PAGE
    rows = read.execute(select(*columns).order_by(*table.primary_key), execution_options={"yield_per": size})
    if table is _LOG:
        for row in rows:
            _log_entry(read, write, row)
        return
    # The table as it is there: a column that it has not yet gets no default either.
    there = table_clause(table.name, *(column(each.name, each.type) for each in columns))
    for page in _pages(rows, size):
        write.execute(insert(there), [dict(row._mapping) for row in page])


def _log_entry(read: Session, write: Session, row: Row[Any]) -> None:
    """An entry and, at once, its content: the triggers take a content only while its entry is the last."""
    write.execute(insert(_LOG), dict(row._mapping))
    mine = (_CONTENT.c.incident == row.incident, _CONTENT.c.seq == row.seq)
    for content in read.execute(select(_CONTENT).where(*mine)).all():
        write.execute(insert(_CONTENT), dict(content._mapping))
        search.add(write, [(row.incident, row.seq, row.sender, json.loads(content.content))])


def _pages(rows: Iterable[Row[Any]], size: int) -> Iterator[list[Row[Any]]]:
    left = iter(rows)
    while page := list(islice(left, size)):
        yield page


def _number_on(session: Session) -> None:
    """PostgreSQL numbers rows by a sequence, which does not see the numbers that were brought along."""
    if session.get_bind().dialect.name != "postgresql":
        return
    for table in Base.metadata.sorted_tables:
        keys: list[Column[Any]] = list(table.primary_key)
        sequence = session.scalar(
            text("SELECT pg_get_serial_sequence(:table, :column)"), {"table": table.name, "column": keys[0].name}
        )
        if sequence:
            highest = session.scalar(select(func.max(keys[0])))
            if highest is not None:
                session.execute(text("SELECT setval(:sequence, :highest)"), {"sequence": sequence, "highest": highest})
