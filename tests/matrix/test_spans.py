"""The reader of exact bytes agrees with `json` on every value, and never goes astray on a broken one."""

from __future__ import annotations

import contextlib
import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bot.matrix.response import read
from bot.matrix.spans import BrokenJson, Cursor

VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(st.dictionaries(st.text(), VALUES), st.sampled_from([None, 1]), st.booleans())
def test_members_are_the_members(value: dict[str, Any], indent: int | None, ascii_only: bool) -> None:
    data = json.dumps(value, indent=indent, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")
    cursor = Cursor(data)
    found = {key: json.loads(cursor.skip().decode("utf-8", "surrogatepass")) for key in cursor.members()}
    assert {key: found[key] for key in value if key in found} == {key: value[key] for key in value if key in found}
    assert len(found) == len(value)
    assert cursor.at == len(data)


@given(st.lists(VALUES))
def test_items_are_the_items(value: list[Any]) -> None:
    cursor = Cursor(json.dumps(value).encode())
    assert [json.loads(cursor.skip()) for _ in cursor.items()] == value


@given(VALUES, st.data())
def test_a_cut_text_is_broken_or_read_and_nothing_else(value: Any, data: st.DataObject) -> None:
    whole = json.dumps({"next_batch": "s1", "rooms": {"join": {"!r:x": {"timeline": {"events": [value]}}}}})
    cut = data.draw(st.integers(0, len(whole)))
    with contextlib.suppress(BrokenJson):
        assert read(whole[:cut].encode()).next_batch == "s1"


@given(st.binary(max_size=200))
def test_noise_is_broken(noise: bytes) -> None:
    with contextlib.suppress(BrokenJson):
        read(noise)


@given(VALUES, VALUES, VALUES)
def test_any_value_anywhere_leaves_the_good_event(one: Any, two: Any, three: Any) -> None:
    good = {"event_id": "$good", "type": "m.x", "sender": "@a:b", "content": {}}
    frame = {
        "to_device": one,
        "device_lists": two,
        "device_one_time_keys_count": three,
        "rooms": {
            "invite": one,
            "leave": {"!l:x": two},
            "join": {"!a:x": three, "!r:x": {"state": one, "timeline": {"events": [two, good, three]}}},
        },
        "next_batch": "s1",
    }
    answer = read(json.dumps(frame).encode())
    assert json.loads(answer.rooms["join"]["!r:x"].events[1].raw) == good
