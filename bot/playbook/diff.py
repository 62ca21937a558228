"""What an organisation's own playbooks change of those that are shipped. Guarantee: each task that differs is named,
with what it said and what it says."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields

from bot.domain.language import Both, Language
from bot.domain.playbook import Playbook
from bot.domain.task_templates import TaskTemplate, Text
from bot.library.playbooks import Library
from bot.playbook.words import when

_NEW = Both("nouveau scénario", "new scenario")
_SAME = Both("Rien ne diffère de ce qui est livré.", "Nothing differs from what is shipped.")
_ADDED = Both("ajoutée", "added")
_GONE = Both("écartée", "left out")
_SHOWN = (
    "title", "why", "how", "avoid", "evidence", "role", "track", "phase", "delay", "critical", "depends_on",
    "blocked_by", "deadlines", "templates", "kinds", "flags",
)  # fmt: skip


def difference(shipped: Library, own: Library, language: Language, only: str | None = None) -> str:
    """The differences, scenario by scenario; one sentence where there is none."""
    lines: list[str] = []
    for name, mine in own.playbooks.items():
        if only is not None and name != only:
            continue
        theirs = shipped.playbooks.get(name)
        if theirs is None:
            lines += [f"{name} — {_NEW.get(language)} ({len(mine.tasks)})", ""]
            continue
        changed = list(_changes(theirs, mine, language))
        if changed:
            lines += [name, *changed, ""]
    lines += [f"⚠ {fault.sentence(language)}" for fault in own.warnings]
    return "\n".join(lines).rstrip() + "\n" if lines else _SAME.get(language) + "\n"


def _changes(theirs: Playbook, mine: Playbook, language: Language) -> Iterator[str]:
    before, after = {t.id: t for t in theirs.tasks}, {t.id: t for t in mine.tasks}
    for name in ("title", "description", "doctrine"):
        old, new = getattr(theirs, name), getattr(mine, name)
        if old != new:
            yield f"  {name}: {_said(old, language)} → {_said(new, language)}"
    for i, task in after.items():
        if i not in before:
            yield f"  + {i} {task.title.get(language)} ({_ADDED.get(language)})"
    for i, task in before.items():
        if i not in after:
            yield f"  - {i} {task.title.get(language)} ({_GONE.get(language)})"
    for i, task in after.items():
        if i in before and before[i] != task:
            yield f"  ~ {i} {task.title.get(language)}"
            yield from _fields(before[i], task, language)


def _fields(before: TaskTemplate, after: TaskTemplate, language: Language) -> Iterator[str]:
    names = [field.name for field in fields(TaskTemplate) if field.name in _SHOWN]
    for name in names:
        old, new = getattr(before, name), getattr(after, name)
        if old != new:
            told = when(before, language) if name == "delay" else _said(old, language)
            tells = when(after, language) if name == "delay" else _said(new, language)
            yield f"      {name}: {told} → {tells}"


def _said(value: object, language: Language) -> str:
    if isinstance(value, Text):
        return f"“{value.get(language)}”"
    if isinstance(value, tuple):
        return ", ".join(str(each) for each in value) or "–"
    return "–" if value is None else str(value)
