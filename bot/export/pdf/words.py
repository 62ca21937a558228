"""The printed log's sentences: from the templates, in the incident's language, with people's names and local times."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from bot.domain.cell import Cell
from bot.domain.language import Language
from bot.domain.log import from_rfc3339
from bot.domain.log_lines import Line
from bot.domain.qualifying import BY_ID, Answer
from bot.domain.roles import Phase
from bot.export.pdf.text import one_line
from bot.render import Catalogue
from bot.resources import data

TOCSIN = "Tocsin"


@dataclass
class Words:
    """How one incident is told. `bot`: the bot's own Matrix id; `anonymous`: people are their roles, never names."""

    cell: Cell
    bot: str | None
    anonymous: bool = False
    _names: dict[str | None, str] = field(default_factory=dict)
    _said: dict[tuple[str, str, str | None], str] = field(default_factory=dict)

    @property
    def language(self) -> Language:
        return self.cell.incident.language

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.cell.incident.timezone)

    def say(self, name: str, values: Mapping[str, Any] | None = None) -> str:
        """The sentence `name` of the printed log."""
        own = _catalogue("pdf", self.cell.incident.timezone)
        return own.document(f"journal.{name}", self.language, {"words": self, **(values or {})}).strip()

    def did(self, line: Line) -> str:
        """What was done, in the words in which the chat says it: « prend T1 »."""
        about = line.about if line.about != line.who else None
        known = (line.what, line.text if line.what == "membership" else "", about)
        if known not in self._said:
            chat = _catalogue("chat", self.cell.incident.timezone)
            self._said[known] = chat.document("log.what", self.language, {"line": line}).strip()
        return self._said[known]

    def name(self, user: str | None) -> str:
        """Somebody's name as the incident knows it, else the Matrix id: never a display name."""
        if user is None or user == self.bot:
            return TOCSIN
        if user not in self._names:
            member = self.cell.members.get(user)
            if self.anonymous:
                self._names[user] = self.roles(user) or self.say("somebody", {"number": self._number(user)})
            else:
                self._names[user] = one_line(member.name if member else user)
        return self._names[user]

    def roles(self, user: str | None, most: int = 2) -> str:
        """The first roles that somebody has in the incident, in words."""
        member = self.cell.members.get(user) if user else None
        return ", ".join(role.label(self.language) for role in member.roles[:most]) if member else ""

    def instant(self, at: datetime | str | None) -> str:
        """An instant with its date and seconds, at the site's time; nothing for none."""
        if at is None:
            return ""
        moment = from_rfc3339(at) if isinstance(at, str) else at
        return f"{moment.astimezone(self.zone):{'%d/%m/%Y %H:%M:%S' if self.language == 'fr' else '%d %b %Y %H:%M:%S'}}"

    def minute(self, at: datetime | None) -> str:
        """The same without seconds, for registers."""
        if at is None:
            return ""
        return f"{at.astimezone(self.zone):{'%d/%m/%Y %H:%M' if self.language == 'fr' else '%d %b %Y %H:%M'}}"

    def phase(self, phase: object) -> str:
        """A phase by its id, in words."""
        return Phase(str(phase)).label(self.language) if phase in list(Phase) else str(phase or "")

    def question(self, question: object) -> str:
        """The subject of a qualifying question, by its id."""
        known = BY_ID.get(str(question))
        return known.name.get(self.language) if known else str(question or "")

    def answer(self, answer: object) -> str:
        """An answer to a qualifying question, in words."""
        return Answer(str(answer)).label(self.language) if answer in list(Answer) else self.say("unsaid")

    def digits(self, digest: object) -> str:
        """A hash in groups of four, as it stands in the room."""
        text = digest if isinstance(digest, str) else ""
        return " ".join(text[start : start + 4] for start in range(0, len(text), 4))

    def _number(self, user: str) -> int:
        return 1 + sum(1 for known in self._names if known is not None and known not in self.cell.members)


@cache
def _catalogue(folder: str, zone: str) -> Catalogue:
    return Catalogue(data("templates", folder), zone)
