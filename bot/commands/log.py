"""The action log as people use it: a note, the last lines, a search."""

from __future__ import annotations

from typing import Any

from bot.commands.call import Call, LogQuery, When
from bot.commands.scene import Scene
from bot.domain.effects import Effect, Reply, Tick
from bot.domain.incident import Undoable
from bot.domain.log import Entry
from bot.domain.outcome import Outcome, Record
from bot.domain.roster import Person

DEFAULT_LINES = 10
MOST_LINES = 40


def note(scene: Scene, call: Call) -> Outcome:
    """Write in the log, with the time of the fact where it is not now, and who says it where that is another."""
    cell = scene.here
    text = str(call.args["text"])
    at, by = call.get("at", When), call.get("by", str)
    extra: dict[str, Any] = {"text": text}
    if at and at.at < cell.incident.opened_at:
        extra["reconstructed"] = True
    record = Record("note", "note", None, None, None, by=by, occurred_at=at.at if at else None, extra=extra)
    # The number of its entry takes the place of the event's id once it is written.
    changed = cell.with_undo(Undoable(scene.sender, scene.now, "note", note=scene.event_id))
    effect: Effect = Tick()
    if at or by:
        effect = Reply(
            "log.noted",
            {
                "text": text,
                "at": at.at if at else None,
                "by": by,
                "twice": bool(at and at.twice),
                "reconstructed": "reconstructed" in extra,
            },
        )
    return Outcome(changed, (record,), (effect,))


def journal(scene: Scene, call: Call) -> Outcome:
    """The latest lines of the log, or those that hold a word, a person or a day."""
    incident = scene.here.incident.id
    query = call.get("query", LogQuery) or LogQuery()
    if query.words is not None or query.person is not None or query.day is not None:
        person: Person | None = query.person
        found = scene.records.search(
            incident, words=query.words, sender=person.matrix_id if person else None, day=query.day
        )
    else:
        found = scene.records.last(incident, min(query.count or DEFAULT_LINES, MOST_LINES))
    lines = [line_of(scene, entry) for entry in found[-MOST_LINES:]]
    return Outcome(effects=(Reply("log.lines", {"lines": lines, "found": len(found), "most": MOST_LINES}),))


def line_of(scene: Scene, entry: Entry) -> dict[str, Any]:
    """One entry as a line to read: its number, time, author, and what it says."""
    return {
        "seq": entry.seq,
        "at": entry.occurred_at or entry.logged_at,
        "who": scene.name_of(entry.sender) if entry.sender else "Tocsin",
        "kind": entry.kind,
        "text": _words(entry),
    }


def _words(entry: Entry) -> str:
    content = entry.content or {}
    inner = content.get("content")
    if isinstance(inner, dict):
        new = inner.get("m.new_content")
        body = (new if isinstance(new, dict) else inner).get("body")
        if isinstance(body, str):
            return body
        if isinstance(inner.get("membership"), str):
            return str(inner["membership"])
    if isinstance(content.get("text"), str):
        return str(content["text"])
    action, identifier = content.get("action"), content.get("id")
    return " ".join(str(part) for part in (action, identifier) if part) or str(content.get("type", ""))
