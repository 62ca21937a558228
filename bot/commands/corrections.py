"""Correcting the log. Guarantee: nothing is rewritten: a correction is an entry that names the one it corrects."""

from __future__ import annotations

from bot.commands.call import Call
from bot.commands.purge import shown_of
from bot.commands.scene import Scene
from bot.domain.effects import Reply
from bot.domain.incident import Undoable
from bot.domain.log import from_rfc3339
from bot.domain.log_lines import line_of, words_for
from bot.domain.outcome import Outcome, Record, Refusal


def correct(scene: Scene, call: Call) -> Outcome:
    """Add what corrects an entry."""
    cell = scene.here
    (number,) = call.numbers("entries") or (None,)
    if number is None:
        raise Refusal("log.correct_which")
    entry = shown_of(scene, number)
    if entry.kind == "purge":
        raise Refusal("purge.fixed", number=number)
    text = str(call.args["text"])
    record = Record("correction", "correct", extra={"target": number, "text": text})
    # The number of its entry takes the place of the event's id once it is written.
    changed = cell.with_undo(Undoable(scene.sender, scene.now, "correct", note=scene.event_id))
    values = {
        "number": number,
        "who": scene.name_of((entry.content or {}).get("by") or entry.sender),
        "at": from_rfc3339(entry.occurred_at or entry.logged_at),
        "line": line_of(entry, scene.name_of, scene.language, words_for(cell, scene.language)),
        "text": text,
    }
    return Outcome(changed, (record,), (Reply("log.corrected", values),))
