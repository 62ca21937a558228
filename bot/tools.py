"""What every decision has at hand: the configuration as values, the people, the playbooks, the words. Built once."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from zoneinfo import ZoneInfo

from bot.commands.scene import Organisation
from bot.domain.absence import Patience
from bot.domain.cell import Cell
from bot.domain.directory import Directory
from bot.domain.language import Language, is_language
from bot.domain.outlets import ROOM_KEY, STAFF_ROOM, Outlet
from bot.domain.roles import Role
from bot.domain.roster import Roster
from bot.library.playbooks import Library
from bot.library.rules import Rules
from bot.library.templates import Templates, load_shipped
from bot.speech import Voice
from bot.store import people, rooms
from bot.store.db import Session


@dataclass(frozen=True)
class Tools:
    """`fingerprint` gives the bot's identity as people compare it; `passphrase` seals the logs' keys; a nudge that
    nobody takes climbs after `escalate_after` at least; a log to which something was added is anchored every
    `anchor_every`, and time-stamped where there is an authority (its URL)."""

    organisation: Organisation
    roster: Roster
    library: Library
    voice: Voice
    bot_id: str
    server: str
    passphrase: str
    overrides: dict[str, tuple[Role, ...]]
    fingerprint: Callable[[], str]
    rules: Rules = field(default_factory=Rules)
    templates: Templates = field(default_factory=load_shipped)
    escalate_after: timedelta = timedelta(minutes=10)
    channels: frozenset[str] = frozenset()
    """The outside channels that the configuration names."""
    outlets: tuple[Outlet, ...] = ()
    """Those of them by which texts may be sent, and the staff's room."""
    readers: Callable[[str], int] = lambda _room_id: 0
    """How many people besides the bot are in a room."""
    limited: Callable[[], bool] = lambda: False
    """Whether the homeserver makes what we say wait, for its limit on our account."""
    patterns: tuple[re.Pattern[str], ...] = ()
    """What the organisation itself holds for personal data in a message."""
    anchor_every: timedelta = timedelta(hours=1)
    timestamp_authority: str = ""
    directory: Directory = field(default_factory=Directory)
    """Whom to call outside."""
    patience: Patience = field(default_factory=Patience)
    """How long whoever was called has to answer."""
    vouching: bool = False
    """Whether whoever enters has few rights until somebody has vouched for them."""

    def reachable(self, session: Session) -> dict[str, Outlet]:
        """Where texts may be sent now: the staff's room only while the bot is in it."""
        found = {each.id: each for each in self.outlets if not each.room}
        room = rooms.by_key(session, ROOM_KEY)
        if any(each.room for each in self.outlets):
            there = room is not None and room.room_id is not None and not room.left
            members = self.readers(room.room_id) if room is not None and room.room_id and there else None
            found[STAFF_ROOM] = Outlet(STAFF_ROOM, frozenset({"staff"}), (STAFF_ROOM,), members)
        return found

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.organisation.timezone)

    def language_of(self, session: Session, user: str) -> Language:
        """What the person chose, else what the roster says, else the organisation's."""
        chosen = people.language(session, user)
        if is_language(chosen):
            return chosen
        person = self.roster.by_id(user)
        return (person.language if person else None) or self.organisation.language

    def name_of(self, cell: Cell | None, user: str | None) -> str:
        """The name that the roster or the incident gives somebody, else the Matrix id; never a display name."""
        if user is None or user == self.bot_id:
            return "Tocsin"
        person = self.roster.by_id(user)
        if person is not None:
            return person.name
        return (cell.name_of(user) if cell else None) or user
