"""The action log as people use it: a note, the last lines, a search."""

from __future__ import annotations

from typing import Any

from bot.commands import decisions
from bot.commands.call import Call, LogQuery, When
from bot.commands.scene import Scene
from bot.commands.spec import Place
from bot.domain.effects import Attach, Effect, Reply, Tick
from bot.domain.incident import Undoable
from bot.domain.language import fold
from bot.domain.log_lines import line_of, with_corrections, words_for
from bot.domain.outcome import Outcome, Record

DEFAULT_LINES = 10
INLINE = 12
"""So many lines are read on a telephone; what is longer is a file."""
SHOWN = 5
"""So many of the latest lines stand in the answer that a file follows."""
MOST_LINES = 1000
DECISIONS = frozenset({"decision", "decisions"})


def note(scene: Scene, call: Call) -> Outcome:
    """Write in the log, with the time of the fact where it is not now, and who says it where that is another."""
    cell = scene.here
    text = str(call.args["text"])
    at, by = call.get("at", When), _author(scene, call.get("by", str))
    extra: dict[str, Any] = {"text": text}
    if scene.place is Place.TRACK:
        extra["room"] = scene.room_id  # it is shown where it was written, and nowhere else
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


def _author(scene: Scene, named: str | None) -> str | None:
    """Who says it: the Matrix id of somebody of the roster, else the name as it was typed."""
    found = scene.roster.find(named) if named and named.startswith("@") else []
    return found[0].matrix_id if len(found) == 1 else named


def journal(scene: Scene, call: Call) -> Outcome:
    """The latest lines of the log, or those that hold words, a person or a day; this command itself left out.

    What is too long for a telephone's screen is a file; `decisions` means their register.
    """
    incident = scene.here.incident
    query = call.get("query", LogQuery) or LogQuery()
    if query.words is not None and fold(query.words) in DECISIONS:
        return decisions.decisions(scene, call)
    if query.words is not None or query.person is not None or query.day is not None:
        wanted = MOST_LINES
        sender = query.person.matrix_id if query.person else None
        found = scene.records.search(incident.id, words=query.words, sender=sender, day=query.day, limit=wanted + 1)
    else:
        wanted = min(query.count or DEFAULT_LINES, MOST_LINES)
        found = scene.records.last(incident.id, 2 * wanted + 1)
    causes = {(entry.content or {}).get("cause") for entry in found}
    kept = [e for e in found if e.seq not in causes and (e.event_id is None or e.event_id != scene.event_id)]
    more = len(kept) > wanted and wanted == MOST_LINES
    called = words_for(scene.here, scene.language)
    corrections = scene.records.search(incident.id, kinds=("correction",), limit=MOST_LINES)
    lines = with_corrections(
        (line_of(entry, scene.name_of, scene.language, called) for entry in kept[-wanted:]), corrections
    )
    if len(lines) <= INLINE:
        return Outcome(effects=(Reply("log.lines", {"lines": lines, "found": len(lines), "more": more, "file": None}),))
    name = f"{incident.id}-{'journal' if scene.language == 'fr' else 'log'}-{lines[0].seq}-{lines[-1].seq}.txt"
    shown = {"lines": lines[-SHOWN:], "found": len(lines), "more": more, "file": name}
    whole = {"lines": lines, "incident": incident, "now": scene.now, "more": more, "typed": scene.typed}
    return Outcome(effects=(Reply("log.lines", shown), Attach("log.file", whole, name)))
