"""Evidence. Guarantee: what is said of a file is what we know of it; a hash is given as the file's own only once its
bytes have been read."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from bot.commands.call import Call
from bot.commands.scene import Scene
from bot.domain.effects import Reply
from bot.domain.incident import Undoable
from bot.domain.outcome import Outcome, Record, Refusal
from bot.domain.registers import Evidence, Keeping


def evidence(scene: Scene, call: Call) -> Outcome:
    """An exhibit, with the file that is answered or captioned, if there is one."""
    cell = scene.here
    file = scene.file
    if file is not None:
        known = next((e for e in cell.evidence.values() if e.event_id == file.event_id and not e.withdrawn), None)
        if known is not None:
            raise Refusal("evidence.already", evidence=known)
    exhibit = Evidence(
        number=len(cell.evidence) + 1,
        description=str(call.args["text"]),
        collected_by=scene.sender,
        collected_at=scene.now,
        event_id=file.event_id if file else None,
        file=file.name if file else None,
        size=file.size if file else None,
        mimetype=file.mimetype if file else None,
        keeping=Keeping.WANTED if file else Keeping.NONE,
    )
    undo = Undoable(scene.sender, scene.now, "evidence", entries=(replace(exhibit, withdrawn=True),))
    record = Record("evidence", "register", exhibit.id, None, state_of(exhibit), extra={"text": exhibit.description})
    reply = Reply("evidence.registered", {"evidence": exhibit})
    return Outcome(cell.with_entries([exhibit]).with_undo(undo), (record,), (reply,))


def exhibits(scene: Scene, call: Call) -> Outcome:
    """The register, the latest last, or the card of one."""
    cell = scene.here
    number = call.get("number", int)
    kept = [e for e in cell.evidence.values() if not e.withdrawn]
    if number is None:
        return Outcome(effects=(Reply("evidence.list", {"exhibits": kept[-20:], "count": len(kept)}),))
    found = cell.evidence.get(number)
    if found is None or found.withdrawn:
        raise Refusal("evidence.unknown", number=number, known=[e.id for e in kept][-6:])
    return Outcome(effects=(Reply("evidence.card", {"evidence": found}),))


def state_of(entry: Evidence) -> dict[str, Any]:
    """An exhibit as the log keeps it."""
    return {
        "event_id": entry.event_id,
        "name": entry.file,
        "size": entry.size,
        "mimetype": entry.mimetype,
        "sha256": entry.sha256,
        "keeping": entry.keeping.value,
        "why": entry.why,
        "legal_ok": entry.legal_ok,
        "withdrawn": entry.withdrawn,
    }
