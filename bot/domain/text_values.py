"""What a communication may draw on. Guarantee: nothing that is not recorded in this incident; and what is only supposed
is kept apart from what is verified."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from bot.domain import hours
from bot.domain.approval import proved_acts, verified
from bot.domain.care import MeasureKind
from bot.domain.cell import Cell
from bot.domain.clocks import Clock
from bot.domain.incident import TaskStatus
from bot.domain.language import Both, Language
from bot.domain.measured import measured
from bot.domain.registers import FactStatus
from bot.domain.roles import Role
from bot.domain.screening import Act

TextValue = str | bool | datetime | tuple[str, ...] | None

REFERENCES = {
    "reference.complaint": "FR-LOPMI-PLAINTE",
    "reference.cnil": "EU-GDPR-33-SA",
    "reference.certsante": "FR-CSP-1111-8-2",
}
"""The rule whose filing gives each reference."""

MOST = 20
"""Lines of a list that a text takes in: it must stand whole in one message. The last says how many are left out."""

_MORE = Both("et {} de plus, dans les registres exportés", "and {} more, in the exported registers")
_SEVERITY = Both("gravité {}", "severity {}")
_FILED, _BY, _NOT_YET = Both("le {}", "filed on {}"), Both("pour le {}", "due {}"), Both("sans heure", "no time")
_REFERENCE, _AWAITED = Both("référence {}", "reference {}"), Both("accusé attendu", "receipt awaited")
_TASK = Both("tâche {},", "task {},")
_LATE, _BLOCKED = Both("en retard", "late"), Both("bloquée", "blocked")
_SINCE = Both("depuis le", "since")
_PROBABLE = Both(" (probable)", " (probable)")


def values_of(
    cell: Cell,
    now: datetime,
    language: Language,
    *,
    name_of: Callable[[str], str],
    written: Callable[[datetime], str],
    length: Callable[[timedelta], str],
    fewer: int | None = None,
) -> dict[str, TextValue]:
    """Every value that a template may ask for, by source. `written` says an instant of a list's line in the site's zone
    and language, `length` a span. `fewer`: so many of the verified facts at most,
    and of what else a list holds; None for all of the facts."""
    incident, most = cell.incident, min(MOST, fewer or MOST)
    acts = proved_acts(cell)
    colon = "\u00a0:" if language == "fr" else ":"

    def filed(clock: Clock) -> str:
        said = f"{clock.title.get(language)}, {_FILED.get(language).format(written(clock.filed_at or now))}"
        given = _REFERENCE.get(language).format(clock.reference) if clock.reference else _AWAITED.get(language)
        return f"{said}, {given}"

    def due(clock: Clock) -> str:
        when = _BY.get(language).format(written(clock.due)) if clock.due else _NOT_YET.get(language)
        return f"{clock.title.get(language)}, {when}"

    def named(role: Role) -> str | None:
        held = cell.holders(role)
        return held[0].name if held else None

    def measures(kind: MeasureKind) -> tuple[str, ...]:
        return first(m.text for _, m in sorted(cell.measures.items()) if m.kind is kind and m.open)

    def first(lines: Iterable[str]) -> tuple[str, ...]:
        every = tuple(lines)
        return every if len(every) <= most else (*every[: most - 1], more(len(every)))

    def latest(lines: Iterable[str], most: int = most) -> tuple[str, ...]:
        every = tuple(lines)
        return every if len(every) <= most else (*every[1 - most :], more(len(every), most))

    def more(count: int, most: int = most) -> str:
        return _MORE.get(language).format(count - most + 1)

    facts = tuple(text for _, text in verified(cell))
    late = [t for t in cell.open_tasks if t.status is TaskStatus.BLOCKED or (t.due is not None and t.due < now)]
    found = {f"moment.{name}": cell.moments.get(name) for name in hours.GIVEN}
    return {
        "organisation.name": incident.organisation,
        "organisation.care": incident.kind != "company",
        "now": now,
        "incident.id": incident.id,
        "incident.title": incident.title,
        "incident.severity": _SEVERITY.get(language).format(incident.severity) if incident.severity else None,
        "incident.began": hours.began(cell),
        **{name: moment.at if moment else None for name, moment in found.items()},
        "incident.times": measured(cell, language, length),
        "spokesperson.name": named(Role.SPOKESPERSON),
        "dpo.name": named(Role.DPO),
        "people.roles": tuple(
            f"{member.name}, {', '.join(role.label(language) for role in member.roles)}"
            for member in cell.members.values()
            if member.left_at is None and member.roles
        ),
        "facts.verified": facts if fewer is None else latest(facts, fewer),
        "facts.open": latest(
            fact.text + (_PROBABLE.get(language) if fact.status is FactStatus.PROBABLE else "")
            for _, fact in sorted(cell.facts.items())
            if fact.status in (FactStatus.TO_VERIFY, FactStatus.PROBABLE) and not fact.withdrawn
        ),
        "decisions.taken": latest(
            f"{each.id}, {written(each.at)}, {name_of(each.by)}{colon} {each.text}"
            for _, each in sorted(cell.decisions.items())
            if not each.withdrawn and each.denied_at is None
        ),
        "evidence.items": latest(
            f"{each.id}, {each.description}" + (f", SHA-256 {each.sha256}" if each.sha256 else "")
            for _, each in sorted(cell.evidence.items())
            if not each.withdrawn
        ),
        "clocks.open": first(due(clock) for clock in cell.by_urgency if clock.open and clock.filed_at is None),
        "clocks.filed": tuple(filed(clock) for clock in cell.clocks.values() if clock.filed_at and not clock.own),
        "tasks.late": first(
            f"{_TASK.get(language).format(task.number)} {task.title.get(language)}"
            f" ({(_BLOCKED if task.status is TaskStatus.BLOCKED else _LATE).get(language)})"
            for task in late
        ),
        "care.services": first(
            f"{each.title(language)}{colon} {each.state.label(language)}, {_SINCE.get(language)} {written(each.since)}"
            for _, each in sorted(cell.services.items())
        ),
        "care.needs": measures(MeasureKind.NEED),
        "care.workarounds": measures(MeasureKind.WORKAROUND),
        **{name: _reference(cell, rule) for name, rule in REFERENCES.items()},
        **{f"act.{act.value}": act in acts for act in Act},
    }


def _reference(cell: Cell, rule: str) -> str | None:
    return next((c.reference for c in cell.clocks.values() if c.rule == rule and c.reference), None)
