"""What can be wrong with an export: a word, its place, and what the sentence about it names.

Guarantee: a fault names its place: an entry's number, a file, or both.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.export.verify.words import FAULTS, say


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong: `what` is a key of `FAULTS`, `facts` what its sentence names."""

    what: str
    seq: int | None = None
    file: str | None = None
    facts: Mapping[str, object] = field(default_factory=dict)

    def why(self, language: str) -> str:
        """The sentence, with a stranger's words made safe to show."""
        return say(FAULTS, self.what, language, {k: printable(str(v)) for k, v in self.facts.items()})


def printable(text: str, limit: int = 120) -> str:
    """A stranger's text, safe to show on a terminal: no control characters, no endless names."""
    shown = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text[: limit + 1])
    return shown if len(shown) <= limit else shown[:limit] + "…"
