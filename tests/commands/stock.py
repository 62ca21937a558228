"""What every conversation stands on, made once: databases in memory, the library, the words."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from functools import cache

from bot.library.playbooks import Library, load
from bot.library.rules import Rules, load_shipped
from bot.library.templates import Templates
from bot.library.templates import load_shipped as load_templates
from bot.render import Catalogue
from bot.resources import data
from bot.store.db import Database

IN_MEMORY = "sqlite://"
OF_ITS_OWN = "sqlite:///:memory:"
"""In memory too, and never used again: what was compiled for a deletion from the log does not outlive the content of a
database that is put in its place (SQLite 3.40 crashes in the trigger)."""


@cache
def whole_library() -> Library:
    return load(data("playbooks"))


@cache
def library() -> Library:
    """The scenarios without their variants: what a conversation says is the same at any hour."""
    return Library({i: replace(book, overlays=()) for i, book in whole_library().playbooks.items()})


@cache
def rules() -> Rules:
    return load_shipped()


@cache
def templates() -> Templates:
    return load_templates()


@cache
def catalogue(zone: str = "Europe/Paris") -> Catalogue:
    return Catalogue(data("templates", "chat"), zone)


# A database in memory, once compiled for, is used by one conversation after the other, emptied in between.
_IDLE: list[Database] = []
_EMPTY: list[bytes] = []


def database(url: str, content: bytes | None = None) -> Database:
    """A database, brought up to date; empty, or with the content of another."""
    if url == IN_MEMORY and _IDLE:
        db = _IDLE.pop()
        content = content or _EMPTY[0]
    else:
        db = Database(url)
        db.migrate()
        if url == IN_MEMORY and not _EMPTY:
            _EMPTY.append(connection(db).serialize())
    if content is not None:
        connection(db).deserialize(content)
        db.forget()
    return db


def connection(db: Database) -> sqlite3.Connection:
    with db.transaction() as session:
        connection = session.connection().connection.driver_connection
    assert isinstance(connection, sqlite3.Connection)
    return connection


def give_back(db: Database) -> None:
    """Nobody talks by this one any more."""
    _IDLE.append(db)
