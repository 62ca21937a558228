"""The action log as people use it: a note, the last lines, a search."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.commands.call import Call, LogQuery, When
from bot.commands.scene import Scene
from bot.domain.effects import Effect, Reply, Tick
from bot.domain.incident import Undoable
from bot.domain.log import Entry
from bot.domain.moments import MOMENTS, Moment
from bot.domain.outcome import Outcome, Record

DEFAULT_LINES = 10
MOST_LINES = 40


def note(scene: Scene, call: Call) -> Outcome:
    """Write in the log, with the time of the fact where it is not now, and who says it where that is another."""
    cell = scene.here
    text = str(call.args["text"])
    at, by = call.get("at", When), _author(scene, call.get("by", str))
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


def _author(scene: Scene, named: str | None) -> str | None:
    """Who says it: the Matrix id of somebody of the roster, else the name as it was typed."""
    found = scene.roster.find(named) if named and named.startswith("@") else []
    return found[0].matrix_id if len(found) == 1 else named


def journal(scene: Scene, call: Call) -> Outcome:
    """The latest lines of the log, or those that hold a word, a person or a day; this command itself left out."""
    incident = scene.here.incident.id
    query = call.get("query", LogQuery) or LogQuery()
    count = MOST_LINES
    if query.words is not None or query.person is not None or query.day is not None:
        sender = query.person.matrix_id if query.person else None
        found = scene.records.search(incident, words=query.words, sender=sender, day=query.day)
    else:
        count = min(query.count or DEFAULT_LINES, MOST_LINES)
        found = scene.records.last(incident, 2 * count + 1)
    causes = {(entry.content or {}).get("cause") for entry in found}
    kept = [e for e in found if e.seq not in causes and (e.event_id is None or e.event_id != scene.event_id)]
    lines = [line_of(scene, entry) for entry in kept[-count:]]
    more = len(kept) if count == MOST_LINES else len(lines)
    return Outcome(effects=(Reply("log.lines", {"lines": lines, "found": more}),))


def line_of(scene: Scene, entry: Entry) -> dict[str, Any]:
    """One entry as a line to read: its number, time, author, what happened, to what, and in which words."""
    content = entry.content or {}
    author = content.get("by") or entry.sender
    about = content.get("id")
    return {
        "seq": entry.seq,
        "at": entry.occurred_at or entry.logged_at,
        "who": scene.name_of(author),
        "typist": scene.name_of(entry.sender) if entry.sender and author != entry.sender else None,
        "what": f"{entry.kind}.{content['action']}" if "action" in content else entry.kind,
        "about": _about(scene, entry.kind, about) if isinstance(about, str) else None,
        "text": _words(content),
        "erased": entry.content is None,
    }


def _about(scene: Scene, kind: str, about: str) -> str:
    """What a change was made to, in people's words: somebody's name, a moment's, else the id itself."""
    if kind == "moment" and about in MOMENTS:
        return MOMENTS[Moment(about)].word.get(scene.language)
    return scene.name_of(about) if about.startswith("@") else about


def _words(content: Mapping[str, Any]) -> str:
    """What somebody wrote, or why they did it; a membership's own word; else nothing."""
    inner = content.get("content")
    if isinstance(inner, dict):
        new = inner.get("m.new_content")
        body = (new if isinstance(new, dict) else inner).get("body")
        membership = inner.get("membership")
        return next((each for each in (body, membership) if isinstance(each, str)), "")
    after = content.get("after")
    said = after if isinstance(after, dict) else {}
    texts = (content.get("text"), content.get("reason"), said.get("reason"), said.get("note"))
    return next((each for each in texts if isinstance(each, str) and each not in MOMENTS), "")
