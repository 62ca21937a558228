"""Who was told what on entering, where a lawyer is spoken to, and what whoever advises has said.

Owns two guarantees. Whoever enters is told once, ever, and says once that it was read. Of a lawyer's room nothing is
kept but that it was made, who was asked into it, who was in it when we left, and when.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.domain.playbook import Text


@dataclass(frozen=True)
class Entrance:
    """Somebody who entered: when they were told that everything is kept, and when they said that they had read it."""

    user: str
    told_at: datetime
    read_at: datetime | None = None


@dataclass(frozen=True)
class LawyerRoom:
    """A room for speaking with a lawyer, in which we are not.

    `admins` are those of the `invited` who are given power over it, `present` who was in it when we left (`left_at`).
    """

    number: int
    name: str
    made_by: str
    made_at: datetime
    invited: tuple[str, ...]
    admins: tuple[str, ...]
    present: tuple[str, ...] = ()
    left_at: datetime | None = None

    def key(self, incident: str) -> str:
        """Our own key of the Matrix room."""
        return f"{LAWYERS}{incident}:{self.number}"


LAWYERS = "lawyer:"
"""What the key of a lawyer's room begins with."""


class Stance(StrEnum):
    """What an opinion comes down to."""

    FAVOURABLE = "favourable"
    UNFAVOURABLE = "unfavourable"
    RESERVED = "reserved"

    def label(self, language: str) -> str:
        """The word as people say it."""
        return _STANCES[self].get(language)


_STANCES = {
    Stance.FAVOURABLE: Text("favorable", "favourable"),
    Stance.UNFAVOURABLE: Text("défavorable", "unfavourable"),
    Stance.RESERVED: Text("réservé", "reserved"),
}


@dataclass(frozen=True)
class Opinion:
    """What whoever advises (GDPR art. 39) said about filing what a clock is about; the controller decides."""

    number: int
    clock: str
    stance: Stance
    text: str
    by: str
    at: datetime
