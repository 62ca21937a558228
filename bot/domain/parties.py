"""Who owes. Guarantee: each legal entity owes its own notifications, by its own kind, country and flags and on its own
clock; what the cell asks of itself is owed once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from bot.domain.clocks import HOUSE_PARTY, Clock
from bot.domain.deadline_rules import Rule

THE_CELL = "cell"
"""The obliged party of what is nobody's legal duty."""

_CALENDARS = {
    "Indian/Reunion": "FR-RE",
    "Indian/Mayotte": "FR-YT",
    "America/Martinique": "FR-MQ",
    "America/Guadeloupe": "FR-GP",
    "America/Cayenne": "FR-GF",
    "America/Marigot": "FR-MF",
    "America/St_Barthelemy": "FR-BL",
}


def calendar_of(zone: str) -> str | None:
    """The calendar of a site whose zone says where it is (Code du travail art. L. 3422-2); None: the rule's own."""
    return _CALENDARS.get(zone)


@dataclass(frozen=True)
class Party:
    """A legal entity: its id as people type it, kind, country (ISO 3166), flags, and its zone if not the cell's."""

    kind: str
    country: str
    flags: tuple[str, ...] = ()
    id: str = HOUSE_PARTY
    name: str = ""
    zone: str | None = None

    def owes(self, rule: Rule) -> bool:
        """Whether a rule may concern it."""
        return rule.concerns(self.kind, self.country, self.flags)

    def bound(self, clock: Clock, rule: Rule) -> Clock:
        """The clock as it stands in the law of this party's country."""
        return replace(clock, legal_status=rule.status_in(self.country).value)

    def clock(self, otherwise: ZoneInfo) -> ZoneInfo:
        """The zone by which its days are counted."""
        return ZoneInfo(self.zone) if self.zone else otherwise


@dataclass(frozen=True)
class Profile:
    """The organisation, and the parties of which it is made; without any, it is the only one."""

    kind: str
    country: str
    flags: tuple[str, ...] = ()
    parties: tuple[Party, ...] = ()

    @property
    def house(self) -> Party:
        """The organisation as a whole."""
        return Party(self.kind, self.country, self.flags)

    def owing(self, rule: Rule) -> tuple[Party, ...]:
        """Who may owe a rule, each its own clock; nobody, if it concerns none of them."""
        if not self.parties:
            return (self.house,) if self.house.owes(rule) else ()
        found = tuple(party for party in self.parties if party.owes(rule))
        return (self.house,) if found and rule.obliged == THE_CELL else found

    def party(self, identifier: str) -> Party:
        """The party of that id; whoever is none of ours is on the cell's clock."""
        return next((party for party in self.parties if party.id == identifier), self.house)
