"""The world outside: whom the cell may need, and who was warned. Guarantee: an entry says by what number, when, and how
long ago somebody made sure of it; nothing is sent by this, it is people who call."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from bot.domain.language import Both, Language, fold

STALE = timedelta(days=183)
"""A number that nobody has called for half a year is not to be relied on."""


class Kind(StrEnum):
    """What an entry of the directory is to the organisation."""

    AUTHORITY = "authority"
    INSURER = "insurer"
    RESPONSE = "response"
    VENDOR = "vendor"
    PARTNER = "partner"
    NEIGHBOUR = "neighbour"
    PERSON = "person"
    OTHER = "other"

    def label(self, language: Language) -> str:
        """Return the kind as a heading."""
        return _LABELS[self].get(language)


_LABELS = {
    Kind.AUTHORITY: Both("Autorités", "Authorities"),
    Kind.INSURER: Both("Assurance", "Insurance"),
    Kind.RESPONSE: Both("Réponse à incident", "Incident response"),
    Kind.VENDOR: Both("Fournisseurs", "Vendors"),
    Kind.PARTNER: Both("Partenaires", "Partners"),
    Kind.NEIGHBOUR: Both("Établissements voisins", "Neighbours"),
    Kind.PERSON: Both("Personnes", "Persons"),
    Kind.OTHER: Both("Autres", "Others"),
}

TO_WARN = (Kind.PARTNER, Kind.NEIGHBOUR, Kind.VENDOR)
"""Whom an attack may reach through us: the register says who was warned and who was not yet."""


@dataclass(frozen=True)
class Entry:
    """Somebody outside whom the cell may need.

    `aliases`: other words by which one asks for it. `rules`: aliases of the deadlines that it is called for; `tasks`:
    ids of playbook tasks. `person`: the number is somebody's own, so it is told by direct message alone and never
    logged. `checked`: when somebody last made sure of it.
    """

    name: str
    kind: Kind = Kind.OTHER
    phone: str | None = None
    phone2: str | None = None
    hours: str | None = None
    out_of_band: str | None = None
    web: str | None = None
    reference: str | None = None
    contract: str | None = None
    note: str | None = None
    checked: date | None = None
    checked_by: str | None = None
    aliases: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    tasks: tuple[str, ...] = ()
    person: bool = False

    @property
    def personal(self) -> bool:
        """Whether its number is some person's own."""
        return self.person or self.kind is Kind.PERSON

    def stale(self, today: date) -> bool:
        """Whether nobody has made sure of it for too long, or ever."""
        return self.checked is None or today - self.checked > STALE


@dataclass(frozen=True)
class Directory:
    """The entries, in the order of the file."""

    entries: tuple[Entry, ...] = ()

    def find(self, text: str) -> list[Entry]:
        """Return the entries that a word means: those so named; else those of that kind; else those that hold it."""
        wanted = fold(text)
        if not wanted:
            return list(self.entries)
        named = [e for e in self.entries if wanted in (fold(e.name), *map(fold, e.aliases), *map(fold, e.rules))]
        begun = [e for e in self.entries if wanted in fold(f"{e.name} {' '.join(e.aliases)}").split()]
        kinds = [e for e in self.entries if wanted in _words(e.kind)]
        held = [e for e in self.entries if wanted in fold(f"{e.name} {' '.join(e.aliases)} {e.note or ''}")]
        return next((found for found in (named, begun, kinds, held) if found), [])

    def for_rule(self, *names: str) -> list[Entry]:
        """Return whom a deadline of any of these names or ids is filed with, or asked about."""
        asked = {fold(name) for name in names}
        return [e for e in self.entries if asked & set(map(fold, e.rules))]

    def for_task(self, code: str | None, deadlines: Iterable[str] = ()) -> list[Entry]:
        """Return whom the playbook's task of that id calls, and whoever the deadlines that it serves are filed with."""
        asked = set(map(fold, deadlines))
        return [e for e in self.entries if (code is not None and code in e.tasks) or asked & set(map(fold, e.rules))]

    def to_warn(self) -> list[Entry]:
        """Return whom an attack may reach through us, in the order of the file."""
        return [e for e in self.entries if e.kind in TO_WARN]


@dataclass(frozen=True)
class Warned:
    """A partner who was warned: by whom, when, and by what means if that was said."""

    name: str
    at: datetime
    by: str
    how: str | None = None


def shared(entries: Iterable[Entry]) -> Sequence[Entry]:
    """Return the entries whose numbers may stand in a room: persons' own are told to who asks, alone."""
    return [entry for entry in entries if not entry.personal]


def _words(kind: Kind) -> set[str]:
    """Return the words by which a kind is asked for: its id and its labels, in the singular too."""
    names = {fold(kind.value), *(fold(label) for label in _LABELS[kind])}
    return names | {name.rstrip("s") for name in names} | {word.rstrip("s") for name in names for word in name.split()}
