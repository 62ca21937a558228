"""What a handler may see: who typed what, where, when, and the state it applies to. Read only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Protocol

from bot.commands.spec import Place
from bot.domain.calendars import CALENDARS
from bot.domain.cell import Cell
from bot.domain.deadline_rules import Rule
from bot.domain.directory import Directory
from bot.domain.incident import Line
from bot.domain.language import Language
from bot.domain.log import Entry
from bot.domain.outcome import Refusal
from bot.domain.outlets import Outlet, Sent
from bot.domain.parties import Party, Profile, calendar_of
from bot.domain.playbook import Playbook
from bot.domain.registers import Attachment
from bot.domain.roles import Role, Track
from bot.domain.roster import Roster
from bot.library.templates import Templates


@dataclass(frozen=True)
class Organisation:
    """Whose crisis it is, as the configuration says."""

    name: str
    kind: str
    timezone: str
    language: Language
    country: str = "FR"
    flags: tuple[str, ...] = ()
    dpo: str = "internal"
    parties: int = 1
    owing: tuple[Party, ...] = ()
    """The legal entities of which it is made, where the configuration names them."""
    doctrine: Mapping[str, str] = field(default_factory=dict)
    """What was decided in peacetime, by subject (`bot.settings.Doctrine`); only what was decided."""
    withheld: tuple[str, ...] = ()
    """The names that no text is to say."""
    calendar: str | None = None
    """Whose holidays its site has, where its country and its zone do not say."""
    rooms: str = "one"
    """`tracks`: each track of an incident has a room of its own."""

    @property
    def holidays(self) -> str:
        """The calendar of its site: the one that was said, else its zone's or country's; `FR` where they have none."""
        country = self.country if self.country in CALENDARS else "FR"
        return self.calendar or calendar_of(self.timezone) or country

    @property
    def profile(self) -> Profile:
        """What decides which deadline rules it may owe."""
        return Profile(self.kind, self.country, self.flags, self.owing)


class Records(Protocol):
    """What has been written, for those who search it. Implemented by the store."""

    def last(self, incident: str, count: int) -> list[Entry]:
        """The latest entries, oldest first."""
        ...

    def search(
        self,
        incident: str,
        *,
        words: str | None = None,
        sender: str | None = None,
        day: date | None = None,
        kinds: tuple[str, ...] = (),
        limit: int = 200,
    ) -> list[Entry]:
        """The newest entries that match, `limit` at most, oldest first."""
        ...

    def entry(self, incident: str, seq: int) -> Entry | None:
        """The entry of that number, or None."""
        ...

    def is_hidden(self, incident: str, seq: int) -> bool:
        """Whether nobody may be shown that entry, while a purge of it is to be confirmed."""
        ...

    def elsewhere(self, incident: str, seq: int) -> bool:
        """Whether that entry was written in a room whose words are not shown where this was typed."""
        ...

    def held(self, incident: str) -> tuple[str, datetime, str] | None:
        """Who put a legal hold on the incident, when and why; None where there is none."""
        ...

    def engaged(self, user: str) -> tuple[Line, ...]:
        """The crises, not archived, to which somebody is called, oldest first."""
        ...

    def suspended(self) -> frozenset[str]:
        """The accounts that are taken for somebody else's."""
        ...

    def called_outside(self, incident: str, user: str, code: str) -> tuple[str, ...] | None:
        """The clocks for which somebody was called outside Matrix under this code; None: they never were."""
        ...

    def next_number(self, year: int, *, drill: bool) -> int:
        """The number of the year's next incident; drills have numbers of their own."""
        ...

    def asked(self, incident: str, now: datetime) -> frozenset[str]:
        """What the questions of an incident that still wait for an answer are about."""
        ...

    def unsent(self, incident: str, draft: int, sha256: str, outlet: str, addresses: Iterable[str]) -> tuple[str, ...]:
        """Those of these addresses that these very words have not reached, nor may have, by this outlet."""
        ...

    def known_as(self, incident: str, addresses: Iterable[str]) -> str:
        """By what this very set of addresses is known again, and nobody can read any of them from."""
        ...

    def sends(self, incident: str, draft: int) -> list[Sent]:
        """Every attempt to send a text, oldest first."""
        ...

    def undelivered(self) -> int:
        """How many messages of ours still wait to be sent."""
        ...


class Playbooks(Protocol):
    """The scenarios that can be opened."""

    @property
    def playbooks(self) -> Mapping[str, Playbook]:
        """By id, in the order in which they are listed."""
        ...


def no_incident(roster: Roster, user: str) -> Refusal:
    """That there is no crisis here to act on, and what this person can type all the same."""
    person = roster.by_id(user)
    return Refusal("refusals.no_incident", observer=bool(person and person.only_observes))


@dataclass(frozen=True)
class Scene:
    """One command's circumstances. `cell` is None where there is no incident; `alone`: there was no second person, and
    the sender has confirmed twice; `file`: what the message answers, or is the caption of."""

    now: datetime
    sender: str
    language: Language
    place: Place
    room_id: str
    event_id: str
    organisation: Organisation
    roster: Roster
    playbooks: Playbooks
    records: Records
    cell: Cell | None = None
    alike: tuple[Line, ...] = ()
    """Open crises to which the sender was not called, and of which they may know."""
    typed: str = ""
    confirmed_by: str | None = None
    bound: str | None = None
    """What the question that was confirmed named besides the words (`bot.domain.outcome.Confirm`)."""
    alone: bool = False
    file: Attachment | None = None
    track: Track | None = None
    """Whose room it was typed in, where that is a track's own."""
    bot: str = ""
    """The bot's own account, which is nobody of the cell's."""
    overrides: Mapping[str, tuple[Role, ...]] = field(default_factory=dict)
    rules: Mapping[str, Rule] = field(default_factory=dict)
    templates: Templates = field(default_factory=Templates)
    outlets: Mapping[str, Outlet] = field(default_factory=dict)
    """Where the bot itself may send texts."""
    directory: Directory = field(default_factory=Directory)
    vouching: bool = False
    """Whether whoever enters has few rights until somebody has vouched for them."""
    sent_at: datetime | None = None
    """When the homeserver says that it was typed: what stood in the room then is what its sender saw."""
    replied: str | None = None
    """The key of the message of ours to which it replies."""
    button: bool = False
    """It was a reaction, which travels in clear."""

    @property
    def incidents(self) -> tuple[Line, ...]:
        """The sender's incidents that are not archived, oldest first."""
        return self.records.engaged(self.sender)

    @property
    def asked(self) -> frozenset[str]:
        """The questions of the incident that wait for an answer, by what they are about."""
        return self.records.asked(self.cell.incident.id, self.now) if self.cell else frozenset()

    @property
    def is_direct(self) -> bool:
        """Whether only who typed and the bot read the room."""
        return self.place is Place.DIRECT

    @property
    def here(self) -> Cell:
        """The incident. Refuses, in a sentence, where there is none."""
        if self.cell is None:
            raise no_incident(self.roster, self.sender)
        return self.cell

    def name_of(self, user: str | None) -> str:
        """The name by which the roster, or the incident, knows somebody; else the id. Never a display name."""
        if user is None:
            return "Tocsin"
        person = self.roster.by_id(user)
        if person is not None:
            return person.name
        return (self.cell.name_of(user) if self.cell else None) or user

    def names_of(self, users: Iterable[str]) -> list[str]:
        return [self.name_of(user) for user in users]
