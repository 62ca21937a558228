"""What happens to communications besides commands: a version is seen in the room, voted on by a reaction, goes out of
date. Guarantee: a version can be approved only once the homeserver has shown it, and never after a day unreleased."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from bot import blanks, boards, chronicle
from bot.answers import run
from bot.commands.call import Call, Value
from bot.commands.drafts import state_of
from bot.commands.opening import GRACE
from bot.commands.permission import check
from bot.commands.table import BY_NAME
from bot.domain.cell import Cell
from bot.domain.drafts import VALIDITY, expire
from bot.domain.outcome import Record, Refusal
from bot.store import cells, drafts, outbox
from bot.store.db import Session
from bot.store.journal import JournalRow
from bot.tools import Tools
from bot.turn import Turn, known_sender, scene_of, trusted_origin

VERSION = "draft:"
_WHY = ":why:"


def shown(session: Session, tools: Tools, key: str, row: JournalRow, now: datetime) -> None:
    """Our own message that shows a version was seen in the room: from now on it can be voted on, and what is missing in
    it is asked for in its thread."""
    found = _version(session, key)
    if found is None:
        return
    cell, number, version = found
    draft = cell.drafts[number]
    sent = datetime.fromtimestamp(row.origin_ts / 1000, UTC) if row.origin_ts is not None else now
    versions = tuple(
        replace(each, posted_at=min(sent, now)) if each.number == version and each.posted_at is None else each
        for each in draft.versions
    )
    after = replace(draft, versions=versions)
    cells.save(session, cell, cell.with_draft(after))
    if version == draft.last.number and draft.last.posted_at is None and row.event_id is not None:
        blanks.begin(session, tools, cell.with_draft(after), after, row.event_id, now)


def vote(turn: Turn, key: str, *, yes: bool) -> None:
    """A reaction on a version: for it, or against it. Raises Refusal."""
    found = _version(turn.session, key)
    if found is None:
        return
    cell, number, version = found
    known_sender(turn)
    if turn.now - turn.sent_at > GRACE:
        raise Refusal("refusals.late_answer")
    spec = BY_NAME["approve" if yes else "reject"]
    call = Call(spec, {"draft": number, "which": f"v{version}"}, language=turn.spot.language, raw=turn.spot.sign)
    scene = replace(scene_of(turn, cell, turn.spot.sign, call), button=True)
    check(scene, call)
    run(turn, scene, call, f"!{spec.verb(turn.spot.language)} {number}")


def reason(turn: Turn, text: str) -> bool:
    """An answer to the question why somebody is against a version. Returns whether it was one. Raises Refusal."""
    replied = turn.happening.reply_to
    key = outbox.key_of(turn.session, replied) if replied else None
    if key is None or not key.startswith("reply:") or _WHY not in key:
        return False
    found = _version(turn.session, VERSION + key.partition(_WHY)[2])
    if found is None or not any(each.user == turn.sender for each in found[0].drafts[found[1]].objections):
        return False
    cell, number, version = found
    trusted_origin(turn)
    spec = BY_NAME["reject"]
    said: dict[str, Value] = {"draft": number, "which": f"v{version}", "text": text.strip()}
    call = Call(spec, said, language=turn.spot.language, raw=text)
    scene = scene_of(turn, cell, text, call)
    check(scene, call)
    run(turn, scene, call, f"!{spec.verb(turn.spot.language)} {number} {text.strip()}")
    return True


def outdated(session: Session, tools: Tools, now: datetime) -> bool:
    """Void the approvals of texts that were approved a day ago and not released. Returns whether any was."""
    told = False
    for identifier in drafts.approved_before(session, now - VALIDITY):
        cell = cells.load(session, identifier)
        for draft in list(cell.drafts.values()) if cell else ():
            if cell is None or not draft.outdated(now):
                continue
            after = cell.with_draft(expire(draft))
            cells.save(session, cell, after)
            approved = sorted({each.user for each in draft.given().values()})
            before = {**state_of(draft, draft.last), "approved_by": approved, "approved_at": draft.approved_at}
            record = Record("draft", "expire", draft.id, before, state_of(draft, draft.last))
            chronicle.record(session, identifier, record, sender=None, cause=None, now=now)
            key = f"expired:{identifier}:{draft.number}:{draft.last.number}:{now.isoformat()}"
            values = {"draft": draft}
            tools.voice.say(
                session, now, cell.incident.room_key, "drafts.expired", cell.incident.language, values, key, cell=after
            )
            refreshed = boards.refresh(session, tools.voice, after, _names(tools, after), now, key)
            cells.save(session, after, refreshed)
            cell, told = refreshed, True
    return told


def _names(tools: Tools, cell: Cell) -> boards.Names:
    return lambda user: tools.name_of(cell, user)


def _version(session: Session, key: str) -> tuple[Cell, int, int] | None:
    """The cell, the draft and the version of which that key is the message."""
    parts = key.removeprefix(VERSION).split(":")
    if len(parts) != 3 or not (parts[1].isdecimal() and parts[2].isdecimal()):
        return None
    cell = cells.load(session, parts[0])
    if cell is None or int(parts[1]) not in cell.drafts:
        return None
    return cell, int(parts[1]), int(parts[2])
