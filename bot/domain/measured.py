"""How long things took, for the report on a crisis. Guarantee: every figure comes from what was recorded, at the hour
at which it happened; what did not happen has no line."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from statistics import median_low

from bot.domain.cell import Cell
from bot.domain.deadline_rules import Class
from bot.domain.incident import TaskStatus
from bot.domain.language import Both, Language

STAFF, STAFF_TOLD = frozenset({"TPL-01", "TPL-02"}), "HOUSE-STAFF-MESSAGE"
"""The texts for staff, and the target of ours that the first of them meets, or a word of mouth."""

_OPENED = Both("cellule ouverte", "cell opened")
_FIRST_WORDS = Both("premier message au personnel", "first message to staff")
_FIRST_FILING = Both("première démarche que la loi demande", "first filing that the law wants")
_AFTER = Both("{}\u00a0: {} après le premier signe", "{}: {} after the first sign")
_APPROVED = Both(
    "texte approuvé, de sa rédaction au dernier accord\u00a0: {} (médiane, {})",
    "a text approved, from its writing to the last yes: {} (median, {})",
)
_TEXTS = Both("sur {} textes", "of {} texts"), Both("un texte", "one text")
_IN_TIME = Both("tâches critiques faites à l’heure\u00a0: {} sur {}", "critical tasks done in time: {} of {}")


def measured(cell: Cell, language: Language, length: Callable[[timedelta], str]) -> tuple[str, ...]:
    """The lines, each with its figure. `length` says how long a span is."""
    return tuple(_lines(cell, language, length))


def _lines(cell: Cell, language: Language, length: Callable[[timedelta], str]) -> Iterator[str]:
    first_sign = cell.moments["observed"].at
    told = cell.clocks.get(STAFF_TOLD)
    released = [r.at for d in cell.drafts.values() if d.template in STAFF for r in d.releases]
    released += [told.closed_at] if told is not None and told.closed_at is not None else []
    filed = [c.filed_at for c in cell.clocks.values() if c.filed_at is not None and c.visible is Class.LAW]
    for what, times in (
        (_OPENED, [cell.incident.opened_at]),
        (_FIRST_WORDS, released),
        (_FIRST_FILING, filed),
    ):
        if times and min(times) >= first_sign:
            yield _AFTER.get(language).format(what.get(language), length(min(times) - first_sign))
    spans = _approvals(cell)
    if spans:
        many, one = _TEXTS
        count = one.get(language) if len(spans) == 1 else many.get(language).format(len(spans))
        yield _APPROVED.get(language).format(length(median_low(spans)), count)
    timed = [t for t in cell.in_order if t.critical and t.due is not None and t.status is not TaskStatus.SKIPPED]
    if timed:
        kept = sum(t.done_at is not None and t.due is not None and t.done_at <= t.due for t in timed)
        yield _IN_TIME.get(language).format(kept, len(timed))


def _approvals(cell: Cell) -> list[timedelta]:
    """How long the versions that went out waited for their approvals."""
    found = []
    for draft in cell.drafts.values():
        for number in {release.version for release in draft.releases}:
            version, given = draft.version(number), [a.at for a in draft.approvals if a.version == number]
            if version is not None and given:
                found.append(max(given) - version.written_at)
    return found
