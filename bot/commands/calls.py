"""Exchanges outside the room. Guarantee: with whom, what was said, who had it and when; the register shows them all."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from bot.commands.call import Call, When
from bot.commands.scene import Scene
from bot.domain.effects import Reply
from bot.domain.incident import Undoable
from bot.domain.outcome import Outcome, Record, Refusal
from bot.domain.registers import PhoneCall, who_and_what

_CARD = re.compile(r"A[\s-]?(\d{1,4})", re.IGNORECASE)
MOST = 20


def phone_call(scene: Scene, call: Call) -> Outcome:
    """An exchange outside the room, or the card of one. The verb alone could mean the roll-call as well."""
    cell = scene.here
    text, at = call.get("text", str), call.get("at", When)
    if text is None:
        raise Refusal("presence.which_call")
    card = _CARD.fullmatch(text.strip())
    if card:
        return _card(scene, int(card[1]))
    who, summary = who_and_what(text)
    if not who or summary is None:
        raise Refusal("presence.no_summary")
    found = scene.roster.find(who.removeprefix("@")) or scene.roster.find(who)
    spoken = PhoneCall(
        number=len(cell.calls) + 1,
        who=found[0].name if len(found) == 1 else who,
        summary=summary,
        by=scene.sender,
        at=at.at if at else scene.now,
    )
    extra: dict[str, Any] = {"text": f"{spoken.who} : {spoken.summary}"}
    if spoken.at < cell.incident.opened_at:
        extra["reconstructed"] = True
    undo = Undoable(scene.sender, scene.now, "call", entries=(replace(spoken, withdrawn=True),))
    record = Record(
        "call",
        "note",
        spoken.id,
        None,
        {"who": spoken.who, "at": spoken.at},
        occurred_at=spoken.at if at else None,
        extra=extra,
    )
    values = {"call": spoken, "twice": bool(at and at.twice), "reconstructed": "reconstructed" in extra}
    return Outcome(cell.with_entries([spoken]).with_undo(undo), (record,), (Reply("presence.called", values),))


def calls(scene: Scene, call: Call) -> Outcome:
    """The register, the latest last, or the card of one."""
    text = call.get("text", str)
    card = _CARD.fullmatch(text.strip()) if text else None
    if card:
        return _card(scene, int(card[1]))
    kept = [each for each in scene.here.calls.values() if not each.withdrawn]
    return Outcome(effects=(Reply("presence.calls", {"calls": kept[-MOST:], "count": len(kept)}),))


def _card(scene: Scene, number: int) -> Outcome:
    found = scene.here.calls.get(number)
    if found is None or found.withdrawn:
        known = [each.id for each in scene.here.calls.values() if not each.withdrawn]
        raise Refusal("presence.unknown_call", number=number, known=known[-6:])
    before = found.at < scene.here.incident.opened_at
    return Outcome(effects=(Reply("presence.call_card", {"call": found, "reconstructed": before}),))
