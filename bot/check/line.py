"""A line of `tocsin check`. Guarantee: what is wrong comes with what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from bot.domain.language import Both, Language


class Verdict(Enum):
    """How a thing stands; only MEND makes the check fail."""

    OK = Both("ok", "ok")
    WARN = Both("attention", "warning")
    MEND = Both("à corriger", "to mend")


@dataclass(frozen=True)
class Line:
    """What was looked at, how it stands, and for what is not well, what to do."""

    verdict: Verdict
    subject: Both
    said: Both
    action: Both | None = None

    def text(self, language: Language) -> str:
        """Return the line as it is printed."""
        colon = "\u00a0: " if language == "fr" else ": "
        verdict, subject, said = (each.get(language) for each in (self.verdict.value, self.subject, self.said))
        shown = f"{verdict:10}  {subject}{colon}{said}"
        return f"{shown} → {self.action.get(language)}" if self.action else shown


def ok(subject: Both, said: Both) -> Line:
    """Return the line of a thing that is well."""
    return Line(Verdict.OK, subject, said)


def warn(subject: Both, said: Both, action: Both) -> Line:
    """Return the line of a thing that is not well but stops nothing."""
    return Line(Verdict.WARN, subject, said, action)


def mend(subject: Both, said: Both, action: Both) -> Line:
    """Return the line of a thing that must be put right."""
    return Line(Verdict.MEND, subject, said, action)
