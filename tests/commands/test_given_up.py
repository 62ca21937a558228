"""A message that we fail to deal with: it stands in the log all the same, its room is told, and the others go on."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from bot import conversation
from tests.commands.harness import messages, talk_in_crisis


async def test_what_fails_each_time_is_logged_and_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    talk = talk_in_crisis()
    message = conversation.message

    def broken(session: Any, tools: Any, row: Any, happening: Any, *more: Any) -> None:
        if happening.text == "!statut":
            raise ZeroDivisionError("a fault of ours")
        message(session, tools, row, happening, *more)

    monkeypatch.setattr(conversation, "message", broken)
    bad = talk.post("karim", "!statut")
    after = talk.post("karim", "!note la suite")
    for _ in range(8):
        await talk.engine.settle()
        talk.clock.pass_(timedelta(minutes=1))
    before = len(talk.said)
    talk.settle()
    (told,) = [each for each in messages(talk.said[before:]) if each.key.startswith("not_done:")]
    assert told.reply_to == bad
    entries = {entry.event_id: entry for entry in talk.entries() if entry.event_id}
    assert (entries[bad].kind, after in entries) == ("message", True)
    (said,) = [e.content or {} for e in talk.entries() if (e.content or {}).get("action") == "not_done"]
    assert (said["target"], said["error"]) == (entries[bad].seq, "ZeroDivisionError")
    assert f"n° {entries[bad].seq}" in told.body.replace("\xa0", " ")
