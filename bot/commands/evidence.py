"""Evidence. Guarantee: what is said of a file is what we know of it; a hash is given as the file's own only once its
bytes have been read."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime
from typing import Any

from bot.commands.call import Call, When
from bot.commands.permission import reserved, roles_of
from bot.commands.scene import Scene
from bot.domain.effects import Reply
from bot.domain.incident import Undoable
from bot.domain.language import fold
from bot.domain.outcome import Outcome, Record, Refusal
from bot.domain.registers import Attachment, Evidence, Handed, Keeping
from bot.domain.roles import Role

_ABOUT = re.compile(
    r"\AP[\s-]?(?P<number>\d{1,4})\b[\s:,]*(?P<verb>[^\W\d_]+)?[\s:,]*(?P<rest>.*)\Z", re.IGNORECASE | re.DOTALL
)
_HANDED = frozenset(
    {"remis", "remise", "confie", "confiee", "transmis", "transmise", "donne", "donnee", "handed", "given", "passed"}
)
_PLACE = frozenset({"lieu", "emplacement", "endroit", "place", "where", "location"})
_LAWFUL = {
    **dict.fromkeys(("licite", "loyale", "valide", "validee", "conforme", "lawful", "fair", "valid"), True),
    **dict.fromkeys(("illicite", "deloyale", "invalide", "irreguliere", "unlawful", "unfair", "invalid"), False),
}
_TO = re.compile(r"\A(?:(?:à|a|au|aux|to)\s+)?(?P<who>@\S+|[^:,(\n]{1,80})(?P<note>.*)\Z", re.IGNORECASE | re.DOTALL)


def evidence(scene: Scene, call: Call) -> Outcome:
    """An exhibit, with the file that is answered or captioned, if there is one; or what became of one."""
    cell = scene.here
    file, text = scene.file, str(call.args["text"])
    about = _ABOUT.match(text.strip())
    if about:
        return _about(scene, call, about)
    known = exhibit_with(scene, file) if file is not None else None
    if known is not None:
        raise Refusal("evidence.already", evidence=known)
    at = call.get("at", When)
    exhibit = exhibit_of(scene, file, text, at.at if at else None)
    extra: dict[str, Any] = {"text": exhibit.description}
    if exhibit.collected_at < cell.incident.opened_at:
        extra["reconstructed"] = True
    undo = Undoable(scene.sender, scene.now, "evidence", entries=(replace(exhibit, withdrawn=True),))
    record = Record(
        "evidence", "register", exhibit.id, None, state_of(exhibit), occurred_at=at.at if at else None, extra=extra
    )
    values = {"evidence": exhibit, "reconstructed": "reconstructed" in extra}
    return Outcome(cell.with_entries([exhibit]).with_undo(undo), (record,), (Reply("evidence.registered", values),))


def exhibit_with(scene: Scene, file: Attachment) -> Evidence | None:
    """The exhibit that a file is already."""
    return next((e for e in scene.here.evidence.values() if e.event_id == file.event_id and not e.withdrawn), None)


def exhibit_of(scene: Scene, file: Attachment | None, description: str, at: datetime | None = None) -> Evidence:
    """A new exhibit, with its file, if there is one. `at`: when it was collected, if not now."""
    return Evidence(
        number=len(scene.here.evidence) + 1,
        description=description,
        collected_by=scene.sender,
        collected_at=at or scene.now,
        event_id=file.event_id if file else None,
        file=file.name if file else None,
        size=file.size if file else None,
        mimetype=file.mimetype if file else None,
        keeping=Keeping.WANTED if file else Keeping.NONE,
    )


def _about(scene: Scene, call: Call, about: re.Match[str]) -> Outcome:
    """What became of an exhibit: it changed hands, it is somewhere, a jurist has looked at how it was collected."""
    exhibit = _exhibit(scene, int(about["number"]))
    verb, rest = fold(about["verb"] or ""), about["rest"].strip()
    at = call.get("at", When)
    if verb in _HANDED and rest:
        return _handed(scene, exhibit, rest, at.at if at else scene.now)
    if verb in _PLACE and rest:
        return _changed(scene, "place", exhibit, replace(exhibit, place=rest[:300]), {"text": rest})
    if verb in _LAWFUL:
        if Role.LEGAL not in roles_of(scene, scene.sender):
            raise reserved(scene, (Role.LEGAL,))
        lawful = _LAWFUL[verb]
        if not lawful and not rest:
            raise Refusal("evidence.why_unlawful", evidence=exhibit)
        found = replace(
            exhibit, legal_ok=lawful, legal_by=scene.sender, legal_at=scene.now, legal_note=rest[:500] or None
        )
        return _changed(scene, "lawful" if lawful else "unlawful", exhibit, found, {"text": rest} if rest else {})
    raise Refusal("evidence.verbs", evidence=exhibit)


def _handed(scene: Scene, exhibit: Evidence, rest: str, at: datetime) -> Outcome:
    named = _TO.match(rest)
    who = named["who"].strip(" ,;:") if named else ""
    if named is None or not who:
        raise Refusal("evidence.verbs", evidence=exhibit)
    found = scene.roster.find(who) or scene.roster.find(who.removeprefix("@"))
    if who.startswith("@") and len(found) != 1:
        raise Refusal("evidence.unknown_receiver", typed=who, evidence=exhibit)
    receiver = found[0].matrix_id if len(found) == 1 else who
    if receiver == exhibit.holder:
        raise Refusal("evidence.has_it", evidence=exhibit, name=scene.name_of(receiver))
    note = named["note"].strip(" ,;:()") or None
    handed = Handed(at, exhibit.holder, receiver, scene.sender, note)
    after = replace(exhibit, custody=(*exhibit.custody, handed))
    extra = {"giver": handed.giver, "receiver": handed.receiver, **({"text": note} if note else {})}
    return _changed(scene, "hand", exhibit, after, extra, occurred_at=at if at != scene.now else None)


def _changed(
    scene: Scene,
    action: str,
    before: Evidence,
    after: Evidence,
    extra: dict[str, Any],
    occurred_at: datetime | None = None,
) -> Outcome:
    undo = Undoable(scene.sender, scene.now, "evidence", entries=(before,))
    record = Record(
        "evidence", action, after.id, state_of(before), state_of(after), occurred_at=occurred_at, extra=extra
    )
    values = {"evidence": after, "action": action, "at": occurred_at or scene.now, "name": scene.name_of(scene.sender)}
    return Outcome(scene.here.with_entries([after]).with_undo(undo), (record,), (Reply("evidence.changed", values),))


def _exhibit(scene: Scene, number: int) -> Evidence:
    """The exhibit of that number. Raises Refusal where there is none."""
    found = scene.here.evidence.get(number)
    if found is None or found.withdrawn:
        kept = [e.id for e in scene.here.evidence.values() if not e.withdrawn]
        raise Refusal("evidence.unknown", number=number, known=kept[-6:])
    return found


def exhibits(scene: Scene, call: Call) -> Outcome:
    """The register, the latest last, or the card of one."""
    cell = scene.here
    number = call.get("number", int)
    kept = [e for e in cell.evidence.values() if not e.withdrawn]
    if number is None:
        return Outcome(effects=(Reply("evidence.list", {"exhibits": kept[-20:], "count": len(kept)}),))
    return Outcome(effects=(Reply("evidence.card", {"evidence": _exhibit(scene, number)}),))


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
        "place": entry.place,
        "holder": entry.holder,
        "withdrawn": entry.withdrawn,
    }
