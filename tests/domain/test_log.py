"""The chain: hashes that anyone can compute again, and contents that cannot stop the log."""

from __future__ import annotations

import base64
import hashlib
import json
import math
from datetime import UTC, datetime, timedelta, timezone
from types import MappingProxyType
from typing import Any

import pytest
import rfc8785
from hypothesis import example, given
from hypothesis import strategies as st

from bot.domain import log

AT = datetime(2026, 3, 14, 13, 5, tzinfo=UTC)
NONCE = bytes(range(16))


def draft(content: log.Content, **fields: Any) -> log.Draft:
    return log.Draft(**{"incident": "INC-2026-001", "kind": "message", "logged_at": AT, "content": content, **fields})


def test_an_entry_is_hashed_as_the_format_says() -> None:
    first = log.chain(None, draft({"b": 1, "a": "é"}), NONCE)
    second = log.chain(first, draft({}, kind="note", sender="@a:b", occurred_at=AT), NONCE)
    canonical = '{"a":"é","b":1}'.encode()
    assert first.content_hash == hashlib.sha256(NONCE + canonical).hexdigest()
    head = (
        f'{{"content_hash":"{first.content_hash}","event_id":null,"incident":"INC-2026-001","kind":"message",'
        '"logged_at":"2026-03-14T13:05:00.000000Z","occurred_at":null,"origin_ts":null,"prev_hash":"'
        + "0" * 64
        + '","room_id":null,"sender":null,"seq":1}'
    )
    assert first.entry_hash == hashlib.sha256(head.encode()).hexdigest()
    assert (second.seq, second.prev_hash) == (2, first.entry_hash)
    assert log.chain(first.head, draft({}, kind="note", sender="@a:b", occurred_at=AT), NONCE) == second


def test_a_line_has_its_keys_in_the_order_of_the_format() -> None:
    entry = log.chain(None, draft({"z": 1, "body": "ligne\u2028 « é »"}), NONCE)
    line = log.to_line(entry)
    assert list(json.loads(line)) == list(log.FIELDS)
    assert "\n" not in line
    assert "« é »" in line
    assert json.loads(line) == entry.as_dict()


def test_a_content_that_is_gone_leaves_the_hashes() -> None:
    entry = log.chain(None, draft({"body": "x"}), NONCE)
    bare = log.without_content(entry)
    assert (bare.content, bare.nonce) == (None, None)
    assert bare.entry_hash == log.entry_hash(bare) == entry.entry_hash


def test_another_zone_is_logged_in_utc() -> None:
    summer = datetime(2026, 7, 1, 0, 30, 0, 1, tzinfo=timezone(timedelta(hours=2)))
    assert log.to_rfc3339(summer) == "2026-06-30T22:30:00.000001Z"
    assert log.from_rfc3339("2026-06-30T22:30:00.000001Z") == summer


@pytest.mark.parametrize("text", ["2026-06-30T22:30:00", "2026-06-30T22:30:00+00:00", "hier", "2026-13-01T00:00:00Z"])
def test_an_instant_in_another_form_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        log.from_rfc3339(text)


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "messages"},
        {"logged_at": AT.replace(tzinfo=None)},
        {"occurred_at": AT.replace(tzinfo=None)},
        {"sender": "@\ud800:b"},
        {"event_id": "$\x00"},
        {"origin_ts": 2**53},
    ],
)
def test_what_could_not_be_hashed_everywhere_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"."):
        log.chain(None, draft({}, **wrong), NONCE)


def test_a_short_nonce_is_refused() -> None:
    with pytest.raises(ValueError, match="16 bytes"):
        log.chain(None, draft({}), b"short")


def deep(levels: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({"n": 2**53}, "2^53"),
        ({"n": -(2**53)}, "2^53"),
        ({"n": [1e300]}, "2^53"),
        ({"n": math.inf}, "2^53"),
        ({"n": math.nan}, "not a number"),
        ({"a": "\ud800"}, "surrogate"),
        ({"\udfff": 1}, "surrogate"),
        ({"a": ["x\x00"]}, "U+0000"),
        ({"\x00": 1}, "U+0000"),
        (deep(101), "deeper"),
        (deep(50_000), "deeper"),
        ({1: "a"}, "type"),
        ({"a": b"bytes"}, "type"),
        ({"a": MappingProxyType({})}, "type"),
    ],
)
def test_what_is_not_i_json_is_named(value: Any, said: str) -> None:
    assert said in (log.ijson_fault(value) or "")


@pytest.mark.parametrize("value", [{"n": 2**53 - 1}, {"n": -(2**53) + 1, "f": 0.1}, {"a": "😀\u2028"}, deep(100), None])
def test_what_is_i_json_passes(value: Any) -> None:
    assert log.ijson_fault(value) is None


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"\xff", "not UTF-8"),
        (b"{", "not JSON"),
        (b"", "not JSON"),
        (b'{"a":1,"a":2}', "twice"),
        (b'{"a":{"b":[{"c":1,"c":1}]}}', "twice"),
        (b'{"n":9007199254740992}', "2^53"),
        (b'{"n":1e999}', "2^53"),
        (b'{"n":' + b"9" * 6000 + b"}", "2^53"),
        (b'{"n":NaN}', "not a number"),
        (b'{"s":"\\ud800"}', "surrogate"),
        (b'{"s":"\\u0000"}', "U+0000"),
        (b"[" * 400 + b"]" * 400, "deeper"),
        (b"[" * 100_000, "deeper"),
        (b'{"a":' * 100_000, "deeper"),
    ],
)
def test_hostile_bytes_are_kept_whole_with_the_reason(raw: bytes, said: str) -> None:
    value, fault = log.parse(raw)
    kept = log.keep(raw, value, fault)
    assert said in kept["why"]
    assert base64.b64decode(kept["raw_b64"]) == raw
    assert log.chain(None, draft(kept), NONCE).content == kept


def test_what_is_sound_is_kept_as_it_is() -> None:
    raw = '{"body":"é 😀","n":1.5}'.encode()
    value, fault = log.parse(raw)
    assert fault is None
    assert log.keep(raw, value, fault) == {"body": "é 😀", "n": 1.5}
    assert log.keep(b"[1]", [1])["why"] == "not an object"


def test_a_content_may_be_any_mapping() -> None:
    entry = log.chain(None, draft(MappingProxyType({"body": "x"})), NONCE)
    assert json.loads(log.to_line(entry))["content"] == {"body": "x"}


def test_a_hostile_content_does_not_stop_the_log() -> None:
    entry = log.chain(None, draft({"body": "\ud800", "n": 2**60}), NONCE)
    assert entry.content is not None
    assert json.loads(base64.b64decode(entry.content["raw_b64"])) == {"body": "\ud800", "n": 2**60}


@given(st.binary(max_size=60))
def test_no_bytes_make_the_parser_raise(raw: bytes) -> None:
    value, fault = log.parse(raw)
    kept = log.keep(raw, value, fault)
    assert log.content_hash(kept, NONCE.hex())


def test_a_timestamp_beyond_i_json_is_dropped() -> None:
    assert [log.safe_integer(v) for v in (5, -5, 2**53, True, "5", 5.0, None)] == [5, -5] + [None] * 5


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(texts, values, max_size=5))
@example({"\U0001f600": 1, "\uffee": 2})
@example({'"\U0001f600": ': 1, "\uffee": '\U0001f600"\\":'})
@example({"a": "\U0001f600\\", "\uffee": 1, "\U0001f600\\": 2})
@example({"t": 'x":12.5', "n": 1e21, "m": [1, -0.0, 1e-7]})
@example({"\x7f\x1f\b\f\n\r\t": "\x00\u2028"})
def test_the_fast_form_is_the_canonical_form(value: dict[str, Any]) -> None:
    assert log.canonical(value) == rfc8785.dumps(value)


@given(st.lists(values, max_size=5))
def test_the_fast_form_of_an_array_too(value: list[Any]) -> None:
    assert log.canonical(value) == rfc8785.dumps(value)


@given(st.lists(st.dictionaries(texts, values, max_size=5), min_size=1, max_size=3))
@example([{"n": 999_999_999_999_999}, {"n": 2**53 - 1}, {"n": -(2**53) + 1}])
@example([{"n": 0.1}, {"n": 1}])
def test_what_was_read_is_canonical_whether_its_numbers_are_plain_or_not(read: list[dict[str, Any]]) -> None:
    reader = log.Reader()
    for value in read:
        assert reader.load(json.dumps(value).encode()) == value
        assert log.canonical(value, plain=reader.plain) == rfc8785.dumps(value)


@pytest.mark.parametrize(
    ("raw", "plain"),
    [
        (b'{"a":[1,-5,"1.5",null]}', True),
        (b"[999999999999999]", True),
        (b"[9999999999999999]", False),
        (b"[1.0]", False),
        (b"[1e2]", False),
        (b"[NaN]", False),
        (b"[-0]", True),
    ],
)
def test_a_reader_knows_which_numbers_are_plain(raw: bytes, plain: bool) -> None:
    reader = log.Reader()
    reader.load(b"[0.5]")
    reader.load(raw)
    assert reader.plain is plain


def test_a_negative_zero_is_a_zero() -> None:
    assert log.canonical(log.load(b"[-0,-0.0]")) == b"[0,0]"


@pytest.mark.parametrize("value", [{"n": 2**53}, {"n": [math.inf]}, {"s": "\ud800"}, {"s": {1, 2}}, [deep(50_000)]])
def test_what_has_no_canonical_form_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match="not I-JSON"):
        log.canonical(value)
