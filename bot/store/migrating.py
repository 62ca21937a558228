"""Revisions of the database. Guarantee: a migration is whole or not at all, and keeps the triggers.

Alembic is loaded only where there is something to migrate: which revision is the newest stands in the revisions' files.
"""

from __future__ import annotations

import os
import re
import sqlite3
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect
from sqlalchemy.exc import DBAPIError

from bot.domain.language import Both
from bot.resources import data
from bot.store import triggers
from bot.store.faults import StoreFault
from bot.system_words import why_of

if TYPE_CHECKING:
    from alembic.config import Config

DRIVER_ERRORS = (DBAPIError,)
_NAMES = re.compile(r"""^(down_)?revision\b[^=\n]*= *(?:None|["']([^"'\n]+)["'])""", re.MULTILINE)


def migrate(connection: Connection, path: Path | None) -> list[str]:
    """Bring the database to the newest revision; `path` is its SQLite file, if it is one.

    Returns the triggers that had to be put back although the revision was right: somebody took them away.
    """
    with connection.begin():
        before = revision(connection)
    target = newest()
    if before == target:
        mended = _mend(connection)
        _prove(connection)
        return mended
    if before is not None:
        refuse_newer(before)
        if path is not None:
            copy(path, path.with_name(f"{path.name}.before-{target}"))
    from alembic import command

    with connection.begin():
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    _prove(connection)
    return []


def faults(connection: Connection) -> list[Both]:
    """One sentence for each thing that is not as this program needs it; an empty database has none."""
    held = revision(connection)
    if held is None:
        return []
    found = []
    if held != newest():
        found.append(
            Both(
                f"la base est à la révision {held}, ce programme travaille avec la {newest()}",
                f"the database is at revision {held}, this program works with {newest()}",
            )
        )
    found.extend(
        Both(
            f"le déclencheur {name} de la main courante manque ou a été changé",
            f"the trigger {name} of the action log is missing or changed",
        )
        for name in triggers.missing(connection)
    )
    return found


def revision(connection: Connection) -> str | None:
    """The database's revision; None if it has never been migrated."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    held: str | None = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar_one_or_none()
    return held


def newest() -> str:
    """The revision that this program works with."""
    before = _revisions()
    heads = before.keys() - set(before.values())
    if len(heads) != 1:
        raise StoreFault(Both("cette installation n’a pas de migrations", "this installation carries no migrations"))
    return heads.pop()


@cache
def _revisions() -> dict[str, str | None]:
    """Each revision that this program knows, with the one before it."""
    found: dict[str, str | None] = {}
    for path in data("migrations", "versions").glob("*.py"):
        said = {bool(down): name or None for down, name in _NAMES.findall(path.read_text(encoding="utf-8"))}
        if name := said.get(False):
            found[name] = said[True]
    return found


def copy(path: Path, target: Path) -> None:
    """A consistent copy of an SQLite database in use, 0600, on disk when this returns."""
    partial = target.with_name(f"{target.name}.partial")
    partial.unlink(missing_ok=True)
    os.close(os.open(partial, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    source, kept = sqlite3.connect(path), sqlite3.connect(partial)
    try:
        source.backup(kept)
    finally:
        kept.close()
        source.close()
    for place in (partial, partial.parent):
        _sync(place)
    partial.replace(target)
    _sync(target.parent)


def reason(error: Exception) -> str:
    """The driver's own words, without the statement and its values."""
    return str(getattr(error, "orig", None) or error).splitlines()[0]


def unusable(error: Exception) -> StoreFault:
    """What is said of a database that cannot be reached, read or written, with the reason in its driver's words."""
    why = why_of(error) if isinstance(error, OSError) else Both(reason(error), reason(error))
    return StoreFault(Both(f"la base ne peut pas servir\u00a0: {why.fr}", f"the database cannot be used: {why.en}"))


def _mend(connection: Connection) -> list[str]:
    with connection.begin():
        lacking = triggers.missing(connection)
        if lacking:
            triggers.install(connection)
    return lacking


def _prove(connection: Connection) -> None:
    """Nothing is written to a log that the database does not keep. Raises StoreFault."""
    with connection.begin():
        lacking = triggers.missing(connection)
    if lacking:
        names = ", ".join(lacking)
        raise StoreFault(
            Both(
                f"les déclencheurs qui protègent la main courante ne tiennent pas dans cette base : {names}",
                f"the triggers that keep the action log do not hold in this database: {names}",
            )
        )


def refuse_newer(held: str) -> None:
    """Refuse a revision that this program does not know. Raises StoreFault."""
    if held not in _revisions():
        raise StoreFault(
            Both(
                f"la base est à la révision {held}, que cette version ne connaît pas : elle est plus récente",
                f"the database is at revision {held}, which this version does not know: it is newer",
            )
        )


def _config() -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(data("migrations")).replace("%", "%%"))
    return config


def _sync(place: Path) -> None:
    handle = os.open(place, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
