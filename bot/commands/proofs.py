"""What goes with a filing: a file that proves it, the word that it is complete, a reason that comes later. Guarantee: a
file is an exhibit like any other, and a reason that was left open is written once, by who may."""

from __future__ import annotations

import re
from dataclasses import replace

from bot.commands.clocks import arm, news, record
from bot.commands.evidence import exhibit_of, exhibit_with, state_of
from bot.commands.scene import Scene
from bot.domain.cell import Cell
from bot.domain.clock_lines import line
from bot.domain.clocks import Clock, ClockStatus, WaiveReason
from bot.domain.deadline_rules import Class
from bot.domain.outcome import Outcome, Record
from bot.domain.registers import Evidence

_WORD = r"(?:d[ée]p[ôo]t |notification )?compl[èe]te?"
_BETWEEN = " \t\r\n\u00a0\u202f,;—–-"
_COMPLETE = re.compile(rf"(?<![^\s,;—–-]){_WORD}[\s.!]*\Z|\A{_WORD}[\s,;:—–-]+(?=\S)", re.IGNORECASE)


def exhibit(scene: Scene, clock: Clock) -> tuple[Evidence | None, tuple[Record, ...]]:
    """The file that is answered or captioned, as an exhibit; the entry that registers it, unless it was one already."""
    file = scene.file
    if file is None:
        return None, ()
    known = exhibit_with(scene, file)
    if known is not None:
        return known, ()
    language = scene.here.incident.language
    name = clock.names.get(language)
    said = f"preuve de dépôt : {name}" if language == "fr" else f"proof of filing: {name}"
    made = exhibit_of(scene, file, said)
    return made, (Record("evidence", "register", made.id, None, state_of(made), extra={"text": said}),)


def said_complete(text: str) -> tuple[str, bool]:
    """The reference without the word that the filing is complete at once, and whether that was said."""
    found = _COMPLETE.search(text)
    if found is None:
        return text, False
    before, after = text[: found.start()].rstrip(_BETWEEN), text[found.end() :]
    return (before + after).strip(" ,;"), True


def mere_words(said: str) -> bool:
    """Whether what follows a filing is no reference: words in small letters, without a figure (« au commissariat »)."""
    return " " in said and not any(sign.isdecimal() or sign.isupper() for sign in said)


def unneeded(scene: Scene, cell: Cell, filed: Clock) -> tuple[Cell, list[tuple[Clock, Clock]]]:
    """Without the supplements that an authority merely expects of such a filing: it was complete at once."""
    changed: list[tuple[Clock, Clock]] = []
    for clock in cell.clocks.values():
        rule = scene.rules.get(clock.rule)
        expected = rule is not None and rule.follows == filed.rule and clock.party == filed.party
        if expected and clock.open and clock.visible is Class.HOUSE:
            after = replace(
                clock, status=ClockStatus.WAIVED, waived_by=(scene.sender,), waived_at=scene.now,
                waive_reason=WaiveReason.NOT_APPLICABLE, waive_text=filed.reference,
            )  # fmt: skip
            changed.append((clock, arm(cell, after)))
    return cell.with_clocks(after for _, after in changed), changed


def lacks_reason(clock: Clock) -> bool:
    """Whether it was filed late, and the reason was left to be given."""
    return clock.filed_at is not None and clock.late_reason is None and clock.late_at(clock.filed_at)


def reasoned(scene: Scene, before: Clock, reason: str) -> Outcome:
    """The reason for a delay, given after the filing."""
    after = replace(before, late_reason=reason)
    changed = scene.here.with_clocks([after]).without_undo(scene.sender)
    values = {"line": line(changed, after, scene.now), "name": scene.name_of(scene.sender)}
    return Outcome(changed, (record("reason", before, after),), news(scene, "clocks.reasoned", values))
