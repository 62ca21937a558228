"""The people of the conversations, whom they call outside, and the moment at which they begin."""

from __future__ import annotations

from datetime import UTC, date, datetime

from bot.domain.directory import Directory, Entry, Kind
from bot.domain.language import Language
from bot.domain.roles import Role
from bot.domain.roster import Person, Roster

SERVER = "secours.example"
BOT = f"@tocsin:{SERVER}"
# A Sunday in winter, five past two in the afternoon in Paris.
START = datetime(2026, 11, 22, 13, 5, tzinfo=UTC)


def matrix_id(name: str) -> str:
    """The account of that local part."""
    return f"@{name}:{SERVER}"


def _person(name: str, local: str, *roles: Role, deputy: str = "", language: Language | None = None) -> Person:
    deputies = (matrix_id(deputy),) if deputy else ()
    return Person(name, matrix_id(local), roles, deputies, language=language)


ROSTER = Roster(
    (
        _person("Claire Morel", "claire", Role.DIRECTOR, deputy="olivier"),
        _person("Olivier Roux", "olivier", Role.COORDINATOR),
        _person("Nadia Benali", "nadia", Role.SCRIBE),
        _person("Karim Haddad", "karim", Role.CISO),
        _person("Paul Martin", "pmartin", Role.LEGAL),
        _person("Paul Durand", "pdurand", Role.COMMUNICATION),
        _person("Anne Legrand", "anne", Role.DPO),
        _person("Soline Petit", "soline", Role.CARE_DIRECTOR),
        _person("James Reed", "james", Role.BIOMED, language="en"),
        _person("Oscar Vidal", "oscar", Role.OBSERVER),
    )
)

DIRECTORY = Directory(
    (
        Entry(
            "CERT Santé", Kind.AUTHORITY, phone="09 72 43 91 25", hours="24 h/24", aliases=("cert",),
            rules=("certsante",), checked=date(2026, 11, 1),
        ),
        Entry("Assureur", Kind.INSURER, phone="01 02 03", reference="police 77", checked=date(2026, 1, 1)),
        Entry("Maître Roche", Kind.PERSON, phone="+33 6 99", aliases=("avocat conseil",), checked=date(2026, 11, 1)),
        Entry("Hôpital voisin", Kind.NEIGHBOUR, phone="02 03", checked=date(2026, 11, 1)),
        Entry("Éditeur DPI", Kind.VENDOR, phone="03 04", person=True),
    )
)  # fmt: skip
