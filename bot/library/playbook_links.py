"""What a playbook names outside of itself: clocks, communications, rules. Guarantee: a shipped task names none that is
not there, so that nobody is sent at night to a template or a clock that does not exist."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from bot.domain.moments import FILED
from bot.library.playbook_faults import Fault
from bot.library.rules import Rules
from bot.library.templates import Templates


def link_faults(data: Mapping[str, Any], file: str, rules: Rules, templates: Templates) -> Iterator[Fault]:
    """What the tasks of a file, as written, name and nobody has."""
    yield from clock_faults(data, file, rules)
    yield from template_faults(data, file, templates)


def template_faults(data: Mapping[str, Any], file: str, templates: Templates) -> Iterator[Fault]:
    """The communications that the tasks of a file, as written, name and that do not exist."""
    for task in data.get("tasks", ()):
        for alias in _listed(task.get("triggers", {}).get("templates")):
            if templates.find(alias) is None:
                yield Fault(file, task["id"], "template_unknown", {"name": alias})


def clock_faults(data: Mapping[str, Any], file: str, rules: Rules) -> Iterator[Fault]:
    """The clocks that the tasks of a file, as written, name and that do not exist."""
    for task in data.get("tasks", ()):
        for alias in _listed(task.get("triggers", {}).get("deadlines")):
            if rules.find(alias) is None:
                yield Fault(file, task["id"], "clock_unknown", {"name": alias})
        filed = [task.get("awaits", {}).get("filed"), _filing(task.get("anchor", ""))]
        for rule in filter(None, filed):
            if rule not in rules.by_id:
                yield Fault(file, task["id"], "clock_unknown", {"name": rule})


def _listed(named: Any) -> list[str]:
    return list(named) if isinstance(named, list) else []


def _filing(anchor: str) -> str | None:
    return anchor.removeprefix(FILED) if anchor.startswith(FILED) else None
