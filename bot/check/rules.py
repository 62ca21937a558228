"""What is checked of the deadline rules. Guarantee: they are read by the same code as when a clock runs."""

from __future__ import annotations

from collections.abc import Iterator

from bot.check.line import Line, mend, ok
from bot.config import Config
from bot.domain.language import Both
from bot.library.rules import lint, load
from bot.resources import data

_RULES = Both("délais", "deadline rules")


def check_rules(config: Config | None) -> Iterator[Line]:
    """Say whether the shipped deadline rules, with the organisation's own over them, can be computed."""
    overlay = config.paths.own("playbooks") if config else None
    found = lint(data("playbooks"), overlay)
    for fault in found:
        yield mend(_RULES, fault.both(), Both("corrigez ce fichier", "mend that file"))
    if not found:
        count = len(load(data("playbooks"), overlay).by_id)
        yield ok(_RULES, Both(f"{count} règles", f"{count} rules"))
