"""What the program's log may never hold."""

from __future__ import annotations

import errno
import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from bot import logs


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    held = {name: logging.getLogger(name).level for name in ("nio", "alembic", "sqlalchemy", "asyncio")}
    output = io.StringIO()
    logs.configure("json", ["phrase du coffre"], output)
    yield output
    root.handlers, root.level = handlers, level
    for name, its in held.items():
        logging.getLogger(name).setLevel(its)
    structlog.reset_defaults()


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_is_json_with_its_time_and_level(stream: io.StringIO) -> None:
    structlog.get_logger("x").info("synced", rooms=3, room_id="!a:b")
    (line,) = lines(stream)
    assert (line["event"], line["rooms"], line["level"], line["room_id"]) == ("synced", 3, "info", "!a:b")
    assert line["timestamp"].endswith("Z")


@pytest.mark.parametrize(
    "values",
    [
        {"password": "SENSIBLE"},
        {"access_token": "SENSIBLE"},
        {"body": "SENSIBLE"},
        {"content": {"body": "SENSIBLE"}},
        {"event_json": "SENSIBLE"},
        {"nested": {"deep": [{"store_passphrase": "SENSIBLE"}]}},
        {"raw": b"SENSIBLE"},
        {"any": b"SENSIBLE"},
        {"why": "cannot open with phrase du coffre: SENSIBLE".replace("SENSIBLE", "phrase du coffre")},
        {"url": "postgresql+psycopg://tocsin:SENSIBLE@db/tocsin"},
        {"header": "Bearer SENSIBLE"},
        {"link": "https://h/sync?access_token=SENSIBLE&since=1"},
        {"error": "UNIQUE failed [SQL: insert]\n[parameters: ('SENSIBLE', 1)]"},
    ],
)
def test_secrets_and_texts_are_hidden(stream: io.StringIO, values: dict[str, Any]) -> None:
    structlog.get_logger("x").warning("trouble", **values)
    assert "SENSIBLE" not in stream.getvalue()
    assert "phrase du coffre" not in stream.getvalue()
    assert logs.HIDDEN in stream.getvalue()
    assert lines(stream)[0]["event"] == "trouble"


def test_an_exception_is_on_one_line_and_without_rows(stream: io.StringIO) -> None:
    try:
        raise ValueError("no phrase du coffre here\n[parameters: ('SENSIBLE',)]")
    except ValueError:
        structlog.get_logger("x").exception("engine.row")
    (line,) = lines(stream)
    assert "ValueError" in line["exception"]
    assert "phrase du coffre" not in line["exception"]
    assert "SENSIBLE" not in line["exception"]


def test_libraries_are_heard_from_warnings_on(stream: io.StringIO) -> None:
    logging.getLogger("nio.rooms").info("chatter")
    logging.getLogger("alembic.runtime").info("chatter")
    logging.getLogger("nio.responses").warning("Error validating response: {'body': 'SENSIBLE'} is not of type")
    logging.getLogger("alembic.runtime").warning("slow")
    assert [(line["event"], line["level"]) for line in lines(stream)] == [
        (f"Error validating response: {logs.HIDDEN}", "warning"),
        ("slow", "warning"),
    ]


def test_text_is_for_reading() -> None:
    output = io.StringIO()
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    try:
        logs.configure("text", ["phrase du coffre"], output)
        structlog.get_logger("y").info("synced", why="phrase du coffre")
    finally:
        root.handlers, root.level = handlers, level
        structlog.reset_defaults()
    assert "synced" in output.getvalue()
    assert "phrase du coffre" not in output.getvalue()
    with pytest.raises(json.JSONDecodeError):
        json.loads(output.getvalue())


def test_a_full_disk_is_told_in_few_words_whoever_meets_it(stream: io.StringIO) -> None:
    log = structlog.get_logger("x")
    for error in (OSError(errno.ENOSPC, "No space left on device"), ValueError("une faute de notre part")):
        try:
            raise error
        except (OSError, ValueError) as fault:
            log.exception("beat_failed", error=type(fault).__name__)
            logging.getLogger("another").exception("files_not_read")
    full, full_too, ours, ours_too = lines(stream)
    for line in (full, full_too):
        assert line["why"] == "the disk is full"
        assert "exception" not in line
    for line in (ours, ours_too):
        assert "Traceback" in line["exception"]
