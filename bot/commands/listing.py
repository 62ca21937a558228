"""A list that may be long. Guarantee: the answer fits a telephone's screen; what does not fit stands whole in a file
beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bot.commands.scene import Scene
from bot.domain.effects import Attach, Reply
from bot.domain.language import Both
from bot.domain.outcome import Outcome

INLINE = 8
"""So many lines are read on a telephone's screen, if nothing else is said."""


def listed(
    scene: Scene,
    template: str,
    key: str,
    lines: Sequence[Any],
    name: Both,
    *,
    values: Mapping[str, Any] | None = None,
    most: int = INLINE,
    brief: str | None = None,
) -> Outcome:
    """The list as an answer, its lines under `key`; of more than `most` the first, in the words of `brief` where it has
    its own, with all of them as a file of that name."""
    whole: dict[str, Any] = {**(values or {}), key: lines, "more": 0, "file": None}
    if len(lines) <= most:
        return Outcome(effects=(Reply(template, whole),))
    file = f"{scene.here.incident.id}-{name.get(scene.language)}.txt"
    short = {**whole, key: lines[:most], "more": len(lines) - most, "file": file}
    return Outcome(effects=(Reply(brief or template, short), Attach(template, whole, file)))
