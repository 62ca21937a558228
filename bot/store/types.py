"""Column types. Guarantee: what a stranger sends can be stored, and an instant is aware and in UTC.

PostgreSQL refuses U+0000 in text, and neither database takes a lone surrogate; both are legal in the JSON
that a homeserver relays. The exact bytes are in the journal's `raw`; columns hold a harmless spelling.
"""

from __future__ import annotations

import hashlib
import json
import re
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import BigInteger, DateTime, Dialect, Integer, Text
from sqlalchemy.types import TypeDecorator, TypeEngine

MAX_KEY = 255
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def storable(text: str) -> str:
    """The text with U+FFFD in place of what no database takes."""
    return _UNSTORABLE.sub("\ufffd", text)


def storable_key(text: str) -> str:
    """Like `storable`, but different identifiers stay different, and none is longer than an index can hold.

    The Matrix specification limits identifiers to 255 bytes; what is longer, or unstorable, ends in its hash.
    """
    if len(text) <= MAX_KEY and not _UNSTORABLE.search(text):
        return text
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]
    return f"{storable(text)[: MAX_KEY - 33]}~{digest}"


class Words(TypeDecorator[str]):
    """Text that people typed or servers sent, of any length."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else storable(value)


class Key(TypeDecorator[str]):
    """An identifier: compared and indexed, never shown as the original of anything."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else storable_key(value)


class Json(TypeDecorator[Any]):
    """A JSON value as text, escaped to ASCII: it comes back equal to what went in."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        return None if value is None else json.dumps(value, separators=(",", ":"))

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        return None if value is None else json.loads(value)


class Instant(TypeDecorator[datetime]):
    """An aware instant. A naive one is a ValueError. SQLite forgets zones: UTC is attached on reading."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant without a time zone cannot be stored")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Big(TypeDecorator[int]):
    """A 64-bit integer, which on SQLite is INTEGER: only so does a primary key number itself."""

    impl = BigInteger
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[int]:
        return dialect.type_descriptor(Integer() if dialect.name == "sqlite" else BigInteger())
