"""Attempts to send a text to many: what is asked of them at each one is answered by an index, however many there are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import event, text

from bot.domain.outlets import SendState, Sent
from bot.store import sends
from bot.store.db import Database, Session
from tests.commands.test_sending import crisis

NOW = datetime(2026, 11, 22, 3, 5, tzinfo=UTC)
SENT = Sent("INC-2026-001", 1, 1, "0" * 64, "sms", "", "$asked", "@claire:x", SendState.WAITING, NOW)
MANY = 60


@pytest.fixture
def booked(database_url: str) -> Iterator[Database]:
    talk = crisis(url=database_url)
    talk.say("pdurand", "!rediger interne")
    with talk.db.transaction() as session:
        sends.book(session, SENT, [f"+33 6 00 00 {n:02d} 00" for n in range(MANY)])
    yield talk.db
    talk.db.close()


def ended(session: Session, states: list[SendState]) -> None:
    for each, state in zip(sends.of_turn(session, "$asked"), states, strict=False):
        assert each.id is not None
        sends.settle(session, each.id, state, NOW)


def test_what_is_left_and_what_came_last_is_counted_whatever_waits(booked: Database) -> None:
    with booked.transaction() as session:
        assert sends.left(session, "$asked") == MANY
        assert sends.latest(session, "$asked", 5) == []
        ended(session, [SendState.SENT, SendState.FAILED, SendState.UNKNOWN, SendState.FAILED])
        assert sends.left(session, "$asked") == MANY - 4
        assert sends.latest(session, "$asked", 3) == [SendState.FAILED, SendState.UNKNOWN, SendState.FAILED]
        assert sends.latest(session, "$asked", 9)[-1] is SendState.SENT
        assert sends.latest(session, "$another", 3) == []


@pytest.mark.parametrize("ask", [lambda s: sends.left(s, "$asked"), lambda s: sends.latest(s, "$asked", 5)])
def test_neither_looks_at_the_whole_of_a_large_send(booked: Database, ask: Callable[[Session], Any]) -> None:
    asked: list[tuple[str, Any]] = []
    with booked.reading() as session:
        connection = session.connection()
        event.listen(connection, "before_cursor_execute", lambda *said: asked.append((said[2], said[3])))
        ask(session)
        kept, plain = list(asked), connection.dialect.name == "sqlite"
        if not plain:
            connection.execute(text("SET enable_seqscan = off"))
            connection.execute(text("SET enable_bitmapscan = off"))
        for statement, values in kept:
            how = connection.exec_driver_sql(f"EXPLAIN {'QUERY PLAN ' if plain else ''}{statement}", values)
            plan = " ".join(str(row) for row in how)
            assert "ix_text_send_turn_state_id" in plan, plan
            assert "B-TREE" not in plan, plan
            assert "Sort" not in plan, plan


def test_what_has_not_ended_is_known_though_no_channel_is_named_any_more(booked: Database) -> None:
    with booked.transaction() as session:
        assert sends.unended(session)
        ended(session, [SendState.DROPPED] * MANY)
        assert not sends.unended(session)
