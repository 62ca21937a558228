"""The chain of the action log: what one entry is, byte for byte, and how it holds on to the one before.

The guarantee of this module: two programs that hold the same entry compute the same hashes, on any
machine, and no content, however strange, can stop the log. Hashes are SHA-256 of RFC 8785 canonical JSON;
what is not I-JSON (RFC 7493) is kept as the exact bytes, in base64, with the reason.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any

import rfc8785

GENESIS = "0" * 64
MAX_SAFE = 2**53 - 1
MAX_DEPTH = 100
NONCE_BYTES = 16

KINDS = (
    "message", "edit", "redaction", "reaction", "file", "membership", "state", "undecryptable", "decrypted",
    "task", "deadline", "moment", "qualification", "nudge", "fact", "decision", "draft", "evidence", "note",
    "call", "care", "enquiry", "correction", "rollcall", "role", "handover", "incident", "anchor", "export", "purge",
    "gap", "system",
)  # fmt: skip

Content = Mapping[str, Any]


@dataclass(frozen=True)
class Head:
    """The last entry of a chain, as far as the next one needs to know it."""

    seq: int
    entry_hash: str


@dataclass(frozen=True)
class Draft:
    """What is to be logged, before it has its place in the chain. Instants are aware."""

    incident: str
    kind: str
    logged_at: datetime
    content: Content
    room_id: str | None = None
    event_id: str | None = None
    sender: str | None = None
    origin_ts: int | None = None
    occurred_at: datetime | None = None


@dataclass(frozen=True)
class Entry:
    """One entry, its fields in the order in which a line of `journal.jsonl` gives them."""

    seq: int
    incident: str
    kind: str
    room_id: str | None
    event_id: str | None
    sender: str | None
    origin_ts: int | None
    logged_at: str
    occurred_at: str | None
    content: Content | None
    nonce: str | None
    content_hash: str
    prev_hash: str
    entry_hash: str

    @property
    def head(self) -> Head:
        return Head(self.seq, self.entry_hash)

    def as_dict(self) -> dict[str, Any]:
        """The fields by name, in order; the content is not copied."""
        return {name: getattr(self, name) for name in FIELDS}


FIELDS = tuple(field.name for field in fields(Entry))
OUTSIDE_ENTRY_HASH = frozenset({"content", "nonce", "entry_hash"})


def chain(prev: Entry | Head | None, draft: Draft, nonce: bytes) -> Entry:
    """The entry that `draft` becomes after `prev` (None: the first), with 16 random bytes as `nonce`.

    A content that is not I-JSON is wrapped (see `keep`). Raises ValueError for an unknown kind, a nonce of
    another length, a naive instant, an identifier that is not I-JSON, or a content nested beyond what can be
    written at all.
    """
    if draft.kind not in KINDS:
        raise ValueError(f"unknown kind of entry: {draft.kind!r}")
    if len(nonce) != NONCE_BYTES:
        raise ValueError(f"a nonce has {NONCE_BYTES} bytes, not {len(nonce)}")
    content = _kept(dict(draft.content))
    header: dict[str, Any] = {
        "seq": prev.seq + 1 if prev else 1,
        "incident": draft.incident,
        "kind": draft.kind,
        "room_id": draft.room_id,
        "event_id": draft.event_id,
        "sender": draft.sender,
        "origin_ts": draft.origin_ts,
        "logged_at": to_rfc3339(draft.logged_at),
        "occurred_at": to_rfc3339(draft.occurred_at) if draft.occurred_at else None,
        "content_hash": content_hash(content, nonce.hex()),
        "prev_hash": prev.entry_hash if prev else GENESIS,
    }
    fault = ijson_fault(header)
    if fault:
        raise ValueError(f"an entry's own fields must be I-JSON: {fault}")
    return Entry(content=content, nonce=nonce.hex(), entry_hash=entry_hash(header), **header)


def content_hash(content: Content, nonce: str, *, plain: bool = False) -> str:
    """Hex SHA-256 of the bytes of `nonce` (hex) followed by the canonical JSON of `content` (`plain`: see there)."""
    return hashlib.sha256(bytes.fromhex(nonce) + canonical(content, plain=plain)).hexdigest()


def entry_hash(entry: Entry | Mapping[str, Any], *, plain: bool = False) -> str:
    """Hex SHA-256 of what `hashed` gives."""
    return hashlib.sha256(hashed(entry, plain=plain)).hexdigest()


def hashed(entry: Entry | Mapping[str, Any], *, plain: bool = False) -> bytes:
    """The canonical JSON of the entry without `content`, `nonce` and `entry_hash` (`plain`: see `canonical`).

    A mapping may hold fields that this version does not know: they are hashed as well.
    """
    whole = entry.as_dict() if isinstance(entry, Entry) else entry
    header = {name: value for name, value in whole.items() if name not in OUTSIDE_ENTRY_HASH}
    return canonical(header, plain=plain)


def to_line(entry: Entry) -> str:
    """The entry as a line of `journal.jsonl`, without its end of line."""
    return json.dumps(entry.as_dict(), ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def without_content(entry: Entry) -> Entry:
    """The same entry, purged or withheld: its hashes stay, what it said is gone."""
    return Entry(**{**entry.as_dict(), "content": None, "nonce": None})


def to_rfc3339(instant: datetime) -> str:
    """`2026-03-14T13:05:00.000000Z`. Raises ValueError for a naive instant."""
    if instant.tzinfo is None:
        raise ValueError("an instant without a time zone cannot be logged")
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def from_rfc3339(text: str) -> datetime:
    """The aware UTC instant of an entry's text. Raises ValueError for anything else."""
    if not _RFC3339_UTC.fullmatch(text):
        raise ValueError(f"not an RFC 3339 instant in UTC: {text!r}")
    return datetime.fromisoformat(text)


_RFC3339_UTC = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?Z")


# --- canonical JSON ---------------------------------------------------------------------------------

# In compact JSON a number follows `":`, `[` or `,`. A match is a number that the two encoders may write
# differently (a fraction, an exponent, sixteen digits), or a string that looks like one, at no harm.
_DOUBTFUL_NUMBER = re.compile(r'(?:":|[\[,])-?(?:[0-9]+[.eE]|[0-9]{16})')
# The bytes that no character beyond the BMP has in UTF-8: what is left without them are the first of its four.
_WITHIN_BMP = bytes(range(0xF0))
# A key (it ends in `":`) with a character beyond the BMP: UTF-16 order, RFC 8785's, is not Python's.
_ASTRAL_KEY = re.compile(r'[\U00010000-\U0010ffff](?:[^"\\\U00010000-\U0010ffff]|\\.)*":')
_compact = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode


def canonical(value: Mapping[str, Any] | list[Any], *, plain: bool = False) -> bytes:
    """RFC 8785 canonical JSON of an object or array. Raises ValueError for what is not I-JSON.

    The C encoder of the standard library writes the same bytes, ten times faster, but for the numbers
    and keys that the two patterns above find. `plain`: that there are no such numbers is known (see `Reader`).
    """
    try:
        text = _compact(value)
        if plain or not _DOUBTFUL_NUMBER.search(text):
            raw = text.encode()
            if text.isascii() or not raw.translate(None, _WITHIN_BMP) or not _ASTRAL_KEY.search(text):
                return raw
        return rfc8785.dumps(value)
    except (ValueError, TypeError, RecursionError) as error:
        raise ValueError(f"not I-JSON: {error}") from error


# --- what may stand in the log ----------------------------------------------------------------------


def ijson_fault(value: object) -> str | None:
    """Why a JSON value cannot be hashed the same everywhere, or stored (U+0000); None if it can."""
    for depth, found in _walk(value):
        if depth > MAX_DEPTH:
            return f"nested deeper than {MAX_DEPTH} levels"
        fault = _scalar_fault(found)
        if fault:
            return fault
    return None


_NOT_JSON = object()


def _walk(value: object) -> Iterator[tuple[int, object]]:
    """Every key and value with its depth, without recursion: a hostile event nests deeper than the stack."""
    waiting: list[tuple[int, object]] = [(0, value)]
    while waiting:
        depth, found = waiting.pop()
        yield depth, found
        if isinstance(found, dict):
            for key, inner in found.items():
                yield depth, key if isinstance(key, str) else _NOT_JSON
                waiting.append((depth + 1, inner))
        elif isinstance(found, list | tuple):
            waiting.extend((depth + 1, inner) for inner in found)


def _scalar_fault(value: object) -> str | None:
    match value:
        case None | bool() | dict() | list() | tuple():
            return None
        case str():
            return _text_fault(value)
        case int():
            return None if abs(value) <= MAX_SAFE else "an integer of 2^53 or more"
        case float():
            # NaN compares false with everything, so this form refuses it too.
            return None if abs(value) <= MAX_SAFE else "a number of 2^53 or more, or not a number"
        case _:
            return "a value or key of a type that JSON does not have"


def _text_fault(text: str) -> str | None:
    if "\x00" in text:
        return "the character U+0000"
    try:
        text.encode()
    except UnicodeEncodeError:
        return "a lone surrogate"
    return None


class Reader:
    """Reads one JSON value after the other; `plain`: the last one held neither fractions nor integers of more than
    fifteen digits, and so no number that two encoders may write differently."""

    def __init__(self) -> None:
        self.plain = True
        self._decode = json.JSONDecoder(
            object_pairs_hook=_object, parse_float=self._float, parse_int=self._int, parse_constant=self._float
        ).decode

    def load(self, raw: bytes) -> Any:
        """As the function of this name."""
        self.plain = True
        return _loaded(self._decode, raw)

    def _float(self, text: str) -> float:
        self.plain = False
        return float(text)

    def _int(self, text: str) -> int:
        if len(text) > 15:
            self.plain = False
        return int(text)


def load(raw: bytes) -> Any:
    """The JSON value of these bytes. Raises ValueError if they are not UTF-8, not JSON, or say a key twice.

    Whether the value is I-JSON is not looked at: `canonical` refuses what it cannot hash.
    """
    return _loaded(_decode, raw)


def _loaded(decode: Callable[[str], Any], raw: bytes) -> Any:
    try:
        return decode(raw.decode())
    except UnicodeDecodeError as error:
        raise ValueError("not UTF-8") from error
    except json.JSONDecodeError as error:
        raise ValueError("not JSON") from error
    except RecursionError as error:
        raise ValueError(f"nested deeper than {MAX_DEPTH} levels") from error
    except _SameKeyError:
        raise
    except ValueError as error:
        # Python does not convert a number of more than 4300 digits.
        raise ValueError("an integer of 2^53 or more") from error


class _SameKeyError(ValueError):
    """A key stands twice in an object: two readers could read two different things."""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise _SameKeyError("the same key twice in an object")
    return made


_decode = json.JSONDecoder(object_pairs_hook=_object).decode


def parse(raw: bytes) -> tuple[Any, str | None]:
    """JSON bytes as (value, fault): never raises, whatever the bytes.

    The fault says why the bytes cannot stand in the log as they are read: not UTF-8, not JSON, a key twice,
    not I-JSON, U+0000. The value is None where the bytes have no single meaning.
    """
    try:
        value = load(raw)
    except ValueError as error:
        return None, str(error)
    return value, ijson_fault(value)


def keep(raw: bytes, parsed: object, fault: str | None = None) -> dict[str, Any]:
    """`parsed` if it is an object that may stand in the log, else the exact bytes and the reason.

    `fault` is what `parse` said of these bytes, where the value alone cannot tell (a key twice).
    """
    why = fault or ijson_fault(parsed)
    if why is None and isinstance(parsed, dict):
        return parsed
    return {"raw_b64": base64.b64encode(raw).decode(), "why": why or "not an object"}


def safe_integer(value: object) -> int | None:
    """`value` if it is an integer that I-JSON can carry, else None (a stranger's may not be)."""
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) > MAX_SAFE:
        return None
    return value


def _kept(content: dict[str, Any]) -> dict[str, Any]:
    fault = ijson_fault(content)
    if fault is None:
        return content
    try:
        raw = json.dumps(content, default=repr).encode()
    except RecursionError as error:
        raise ValueError(fault) from error
    return keep(raw, content, fault)
