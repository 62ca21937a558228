"""Time-stamps that are wanted, and what the log says of its anchors, on both databases."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy.exc import DBAPIError

from bot.store import log, lookups, stamps
from bot.store.db import Database
from bot.store.stamps import Token, Wanted

INC, OTHER, BOT = "INC-2026-001", "INC-2026-002", "@tocsin:x"


@pytest.fixture
def written(db: Database, now: datetime) -> Database:
    with db.transaction() as session:
        for incident in (INC, OTHER):
            for number in range(5):
                log.append(session, incident, kind="message", content={"n": number}, now=now)
    return db


def test_the_newest_of_each_log_is_asked_for_until_it_is_held(written: Database, now: datetime) -> None:
    with written.transaction() as session:
        stamps.want(session, INC, 2, "$a", now)
        stamps.want(session, INC, 4, "$b", now)
        stamps.want(session, INC, 4, "$again", now)
        stamps.want(session, OTHER, 1, "$c", now + timedelta(hours=1))
        newest = Wanted(INC, 4, "$b", 0)
        assert stamps.due(session, now) == [newest]
        assert stamps.failed(session, newest, "unreachable", now + timedelta(minutes=1)) == 1
        assert stamps.due(session, now) == []
        later = now + timedelta(hours=1)
        assert stamps.due(session, later) == [Wanted(INC, 4, "$b", 1), Wanted(OTHER, 1, "$c", 0)]
        assert stamps.held(session, newest, b"token", b"pem")
        assert not stamps.held(session, newest, b"another", b"pem")
        assert stamps.due(session, later) == [Wanted(OTHER, 1, "$c", 0)]
        assert stamps.tokens(session, INC) == [Token(4, b"token", b"pem")]
        assert stamps.tokens(session, OTHER) == []


def test_only_an_entry_that_stands_can_be_stamped(written: Database, now: datetime) -> None:
    with pytest.raises(DBAPIError), written.transaction() as session:
        stamps.want(session, INC, 99, "$a", now)


def test_what_an_anchor_brings_is_nothing_that_was_added(db: Database, now: datetime) -> None:
    with db.transaction() as session:

        def add(kind: str, event_id: str | None = None, sender: str | None = None, **content: object) -> int:
            return log.append(session, INC, kind=kind, event_id=event_id, sender=sender, content=content, now=now).seq

        assert lookups.last_anchor(session, INC) is None
        head = add("message", "$1", "@a:x")
        assert not lookups.added(session, INC, head, None, BOT)
        add("message", "$anchor", BOT)
        add("anchor", seq=head, entry_hash="ab" * 32)
        add("edit", "$board", BOT)
        assert lookups.last_anchor(session, INC) == (head, "ab" * 32)
        assert not lookups.added(session, INC, head, "$anchor", BOT)
        assert lookups.added(session, INC, head, None, BOT)
        add("edit", "$2", "@a:x")
        assert lookups.added(session, INC, head, "$anchor", BOT)
        assert not lookups.added(session, OTHER, 0, None, BOT)
