"""Facts and rumours. Guarantee: nobody judges what they said themselves, a verdict is never lost for want of a source,
what proved false keeps its line, and the texts that used it go back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from bot.commands import fallen
from bot.commands.call import Call
from bot.commands.clocks import came_back, returned
from bot.commands.permission import holders_of, is_alone, same_human
from bot.commands.scene import Scene
from bot.commands.specs_registers import JUDGES
from bot.domain.clock_times import come_back
from bot.domain.effects import Attach, Reply
from bot.domain.incident import Undoable
from bot.domain.outcome import Confirm, Outcome, Record, Refusal
from bot.domain.registers import Fact, FactStatus, replaced, sourced, stated_source

_INLINE = 14
"""So many are read on a telephone's screen with their headings; more are a file."""
_LATEST = 3
"""So many of each standing are in the answer that a file follows."""


def fact(scene: Scene, call: Call) -> Outcome:
    """A fact, to be verified."""
    return _add(scene, call, rumour=False)


def rumour(scene: Scene, call: Call) -> Outcome:
    """What is said outside, to be verified."""
    return _add(scene, call, rumour=True)


def facts(scene: Scene, call: Call) -> Outcome:
    """Every fact by how far it is established, or the card of one."""
    return _shown(scene, call, (f for f in scene.here.facts.values() if not f.withdrawn), rumours=False)


def rumours(scene: Scene, call: Call) -> Outcome:
    """Rumours alone, or the card of one."""
    return _shown(scene, call, (f for f in scene.here.facts.values() if f.rumour and not f.withdrawn), rumours=True)


def likely(scene: Scene, call: Call) -> Outcome:
    """These facts are probable."""
    return _judge(scene, call, FactStatus.PROBABLE)


def true(scene: Scene, call: Call) -> Outcome:
    """These facts are verified: from now on they may be drawn into a text."""
    return _judge(scene, call, FactStatus.VERIFIED)


def false(scene: Scene, call: Call) -> Outcome:
    """These facts are refuted."""
    return _judge(scene, call, FactStatus.REFUTED)


def state_of(entry: Fact) -> dict[str, Any]:
    """A fact's standing as the log keeps it."""
    return {
        "status": entry.status.value,
        "source": entry.source,
        "reason": entry.reason,
        "decided_by": entry.decided_by,
        "withdrawn": entry.withdrawn,
    }


def _add(scene: Scene, call: Call, *, rumour: bool) -> Outcome:
    cell = scene.here
    typed = str(call.args["text"])
    text, source = sourced(typed)
    before = replaced(text)
    said = Fact(
        number=len(cell.facts) + 1,
        text=text,
        said_by=scene.sender,
        said_at=scene.now,
        rumour=rumour,
        source=source,
        replaces=before if before in cell.facts else None,
    )
    undo = Undoable(scene.sender, scene.now, "fact", entries=(replace(said, withdrawn=True),))
    extra = {"text": typed, "rumour": rumour, "replaces": said.replaces}
    record = Record("fact", "add", said.id, None, state_of(said), extra=extra)
    reply = Reply("facts.added", {"fact": said, "judges": _judges(scene)})
    return Outcome(cell.with_entries([said]).with_undo(undo), (record,), (reply,))


def _judge(scene: Scene, call: Call, status: FactStatus) -> Outcome:
    cell = scene.here
    words = stated_source(call.get("text", str))
    before = [_fact(scene, number) for number in call.numbers("facts")]
    _not_ones_own(scene, before)
    after = [_judged(scene, each, status, words) for each in before]
    changed = cell.with_entries(after)
    changed = changed.with_undo(Undoable(scene.sender, scene.now, "verdict", entries=tuple(before)))
    records = tuple(
        Record("fact", status.value, new.id, state_of(old), state_of(new), extra={"text": new.text})
        for old, new in zip(before, after, strict=True)
    )
    wanting = [f for f in after if not (f.reason if status is FactStatus.REFUTED else f.source)]
    values = {"facts": after, "status": status.value, "wanting": wanting, "verb": call.spec.verb(scene.language)}
    changed, fell, told = fallen.texts(scene, cell, changed)
    back = come_back(changed, scene.rules, scene.organisation.profile, scene.now)
    said = Reply("facts.judged", {**values, "back": [new for old, new in back.clocks if came_back(old)]})
    return Outcome(back.cell, (*records, *fell, *returned(back)), (said, *told))


def _judged(scene: Scene, fact: Fact, status: FactStatus, words: str | None) -> Fact:
    if fact.status is status and words is None:
        raise Refusal("facts.already", fact=fact, by=scene.name_of(fact.decided_by))
    refuted = status is FactStatus.REFUTED
    return replace(
        fact,
        status=status,
        decided_by=scene.sender,
        decided_at=scene.now,
        source=fact.source if refuted else words or fact.source,
        reason=words if refuted else None,
    )


def _not_ones_own(scene: Scene, facts: list[Fact]) -> None:
    """Refuse the author's own verdict; who is alone may give it, and says so twice."""
    own = [each for each in facts if same_human(scene, each.said_by, scene.sender)]
    if not own or scene.alone:
        return
    if is_alone(scene.here, scene.roster):
        raise Confirm("facts.own_alone", (), facts=own)
    raise Refusal("facts.own", fact=own[0], judges=_judges(scene))


def _judges(scene: Scene) -> list[str]:
    """A few of those who may judge what the sender said."""
    mine = scene.name_of(scene.sender)
    return [name for name in holders_of(scene, JUDGES) if name != mine][:4]


def _shown(scene: Scene, call: Call, found: Iterable[Fact], *, rumours: bool) -> Outcome:
    number = call.get("number", int)
    if number is not None:
        fact = _fact(scene, number)
        successors = [f for f in scene.here.facts.values() if f.replaces == number and not f.withdrawn]
        return Outcome(effects=(Reply("facts.card", {"fact": fact, "successors": successors}),))
    kept = list(found)
    order = (FactStatus.VERIFIED, FactStatus.PROBABLE, FactStatus.TO_VERIFY, FactStatus.REFUTED)
    groups = [(status.value, [f for f in kept if f.status is status]) for status in order]
    values = {"groups": [(status, those) for status, those in groups if those], "rumours": rumours}
    if len(kept) <= _INLINE:
        return Outcome(effects=(Reply("facts.list", {**values, "most": _INLINE, "file": None}),))
    said = ("rumeurs" if rumours else "infos") if scene.language == "fr" else ("rumours" if rumours else "facts")
    name = f"{scene.here.incident.id}-{said}.txt"
    shown = Reply("facts.list", {**values, "most": _LATEST, "file": name})
    return Outcome(effects=(shown, Attach("facts.list", {**values, "most": len(kept), "file": None}, name)))


def _fact(scene: Scene, number: int) -> Fact:
    found = scene.here.facts.get(number)
    if found is None or found.withdrawn:
        known = [f.id for f in scene.here.facts.values() if not f.withdrawn]
        raise Refusal("facts.unknown", number=number, known=known[-6:])
    return found
