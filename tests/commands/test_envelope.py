"""What a hostile homeserver may write on the envelope of an encrypted event, and what it may not change by it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from bot import inbound
from bot.store.journal import JournalRow, Provenance


def row(clear: dict[str, Any], envelope: dict[str, Any]) -> JournalRow:
    event = {"type": "m.room.encrypted", "sender": "@a:x", "event_id": "$1", "content": {"ciphertext": "x", **envelope}}
    return JournalRow(
        kind="event", section="timeline", room_id="!r:x", event_id="$1", sender="@a:x", type="m.room.encrypted",
        origin_ts=1, raw=json.dumps(event).encode(), id=1, turn=1, part=1, received_at=datetime(2026, 1, 1, tzinfo=UTC),
        first=False, state="ready", clear=json.dumps({"type": "m.room.message", "content": clear}).encode(),
        provenance=Provenance(True, trusted=True), late=False, attempts=0,
    )  # fmt: skip


def test_the_envelope_does_not_overrule_what_was_encrypted() -> None:
    said = {"msgtype": "m.text", "body": "!oui", "m.relates_to": {"m.in_reply_to": {"event_id": "$asked"}}}
    read = inbound.read(row(said, {"m.relates_to": {"m.in_reply_to": {"event_id": "$other"}}}))
    assert read.reply_to == "$asked"


def test_a_relation_that_stands_on_the_envelope_alone_is_read() -> None:
    read = inbound.read(
        row({"msgtype": "m.text", "body": "oui"}, {"m.relates_to": {"m.in_reply_to": {"event_id": "$q"}}})
    )
    assert read.reply_to == "$q"


def test_an_edit_whose_relation_was_taken_away_is_no_fresh_command() -> None:
    said = {"msgtype": "m.text", "body": "* !cloture", "m.new_content": {"msgtype": "m.text", "body": "!cloture"}}
    read = inbound.read(row(said, {}))
    assert (read.kind, read.text, read.target) == ("edit", None, None)
