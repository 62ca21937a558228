"""One message being answered. Guarantee: who typed what, where and when is read once, and the incident that a command
is about is never guessed."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from bot import inbound
from bot.commands.call import Call
from bot.commands.permission import place_of
from bot.commands.scene import Scene, no_incident
from bot.commands.spec import Place
from bot.decisions import answer
from bot.domain.apart import rooms_of_user
from bot.domain.cell import Cell
from bot.domain.incident import DRILL_IDS, IncidentStatus, Line
from bot.domain.log import Entry, without_content
from bot.domain.outcome import Refusal
from bot.domain.outlets import Sent
from bot.domain.registers import Attachment
from bot.domain.roles import Track
from bot.inbound import Happening
from bot.reading.pills import pills
from bot.reading.result import Context
from bot.spots import Spot
from bot.store import cells, log, outbox, outside, pendings, people, purge, registers, rooms, sends
from bot.store.db import Session
from bot.store.journal import JournalRow
from bot.store.rooms import Room
from bot.tools import Tools

LOG_PAGE = 200


@dataclass(frozen=True)
class Records:
    """The log as handlers search it, in the transaction under way."""

    session: Session
    zone: ZoneInfo
    bot_id: str
    room: str | None = None
    reader: str | None = None
    """Where what is found is shown: the Matrix id of the room; of a direct one, that of the one who reads it."""

    def last(self, incident: str, count: int) -> list[Entry]:
        """The latest entries but the bot's own words: people look for what people did."""
        head = log.head(self.session, incident)
        found: list[Entry] = []
        before = head.seq + 1 if head else 1
        while before > 1 and len(found) < count:
            start = max(0, before - 1 - LOG_PAGE)
            shut = self._shut(incident)
            page = [
                entry
                for entry in self._between(incident, start, before)
                if entry.sender != self.bot_id and not self._is_shut(entry, shut)
            ]
            found = page[-(count - len(found)) :] + found
            before = start + 1
        return found

    def search(
        self,
        incident: str,
        *,
        words: str | None = None,
        sender: str | None = None,
        day: date | None = None,
        kinds: tuple[str, ...] = (),
        limit: int = LOG_PAGE,
    ) -> list[Entry]:
        """The newest entries that match but the bot's own words, which repeat everybody's."""
        # A word that finds what is hidden would tell that it is there.
        gone, shut, wanted = purge.hidden(self.session, incident), self._shut(incident), limit
        while True:
            found = log.search(
                self.session, incident, words or "", sender=sender, without=self.bot_id, day=day, zone=self.zone,
                kinds=kinds, limit=wanted,
            )  # fmt: skip
            kept = [entry for entry in found if entry.seq not in gone and not self._is_shut(entry, shut)]
            if len(kept) >= limit or len(found) < wanted:
                return kept[-limit:]
            wanted *= 4  # what may not be shown here must not crowd out what may

    def _shut(self, incident: str) -> frozenset[str]:
        """The rooms whose words are not to be shown here: those apart, but this one and those of who reads alone."""
        cell = cells.load(self.session, incident)
        mine = rooms_of_user(cell, self.reader) if cell and self.reader else []
        found = rooms.apart(self.session, incident)
        return frozenset(r.room_id for r in found if r.room_id and r.room_id != self.room and r.key not in mine)

    def _is_shut(self, entry: Entry, shut: frozenset[str]) -> bool:
        """Whether an entry, or the one that it is about, was written in one of these rooms."""
        if not shut:
            return False
        said = entry.content or {}
        if entry.room_id in shut or said.get("room") in shut:
            return True
        target = said.get("target")
        about = log.entry(self.session, entry.incident, target) if isinstance(target, int) else None
        return about is not None and about.seq < entry.seq and self._is_shut(about, shut)

    def elsewhere(self, incident: str, seq: int) -> bool:
        found = log.entry(self.session, incident, seq)
        return found is not None and self._is_shut(found, self._shut(incident))

    def _between(self, incident: str, after: int, before: int) -> list[Entry]:
        """The entries after one number and before another, those that are hidden without what they say."""
        gone = purge.hidden(self.session, incident)
        found: list[Entry] = []
        for entry in log.entries(self.session, incident, after):
            if entry.seq >= before:
                break
            found.append(without_content(entry) if entry.seq in gone else entry)
        return found

    def entry(self, incident: str, seq: int) -> Entry | None:
        return log.entry(self.session, incident, seq)

    def is_hidden(self, incident: str, seq: int) -> bool:
        return seq in purge.hidden(self.session, incident)

    def held(self, incident: str) -> tuple[str, datetime, str] | None:
        return purge.held(self.session, incident)

    def engaged(self, user: str) -> tuple[Line, ...]:
        return tuple(cells.titles(self.session, cells.open_for(self.session, user)))

    def suspended(self) -> frozenset[str]:
        return people.suspended(self.session)

    def called_outside(self, incident: str, user: str, code: str) -> tuple[str, ...] | None:
        call = outside.by_code(self.session, incident, user, code)
        return call.clocks if call is not None else None

    def next_number(self, year: int, *, drill: bool) -> int:
        return cells.next_number(self.session, year, drill)

    def asked(self, incident: str, now: datetime) -> frozenset[str]:
        return pendings.questions(self.session, incident, now)

    def unsent(self, incident: str, draft: int, sha256: str, outlet: str, addresses: Iterable[str]) -> tuple[str, ...]:
        return sends.unsent(self.session, incident, draft, sha256, outlet, addresses)

    def known_as(self, incident: str, addresses: Iterable[str]) -> str:
        return sends.known_as(self.session, incident, addresses)

    def sends(self, incident: str, draft: int) -> list[Sent]:
        return sends.of_draft(self.session, incident, draft)

    def undelivered(self) -> int:
        return outbox.unsent(self.session)


@dataclass(frozen=True)
class Turn:
    """One message being answered: everything that stays the same while it is. `cause` is its entry in the log of the
    incident of `room`, if that has one."""

    session: Session
    tools: Tools
    row: JournalRow
    happening: Happening
    room: Room
    sender: str
    spot: Spot
    now: datetime
    cause: int | None

    @property
    def sent_at(self) -> datetime:
        """When the homeserver says that it was sent; a clock of theirs that is ahead of ours is not believed."""
        if self.row.origin_ts is None:
            return self.now
        try:
            return min(datetime.fromtimestamp(self.row.origin_ts / 1000, UTC), self.now)
        except (OverflowError, ValueError, OSError):
            return self.now

    @property
    def cell_here(self) -> Cell | None:
        """The incident of the room, if it has one."""
        return cells.load(self.session, self.room.incident) if self.room.incident else None


def turn_of(
    session: Session, tools: Tools, row: JournalRow, happening: Happening, room: Room, cause: int | None, now: datetime
) -> Turn | None:
    """The turn that a row begins; None if nobody sent it. A reaction is answered under the message that it is on."""
    if row.sender is None or row.event_id is None or row.room_id is None:
        return None
    language = tools.language_of(session, row.sender)
    under = happening.target if happening.kind == "reaction" else None
    spot = Spot(room.key, row.room_id, row.event_id, happening.thread, language, under or row.event_id)
    return Turn(session, tools, row, happening, room, row.sender, spot, now, cause)


def listens(turn: Turn) -> bool:
    """Strangers get silence; only rooms of ours are listened to; what was there before us is never carried out."""
    if turn.room.kind not in ("cell", "dm", "alert", *rooms.APART) or turn.row.first:
        return False
    if turn.sender in people.suspended(turn.session):
        return False
    return turn.sender in turn.tools.roster or turn.room.kind != "dm" or _brought_in(turn)


def _brought_in(turn: Turn) -> bool:
    """Whether somebody from outside holds a role in a crisis: in it they count as in the roster, and so in their direct
    room, from which they act on it; in no other room."""
    if turn.room.kind != "dm":
        return False
    found = (cells.load(turn.session, each) for each in cells.open_for(turn.session, turn.sender))
    return any(cell is not None and cell.roles_of(turn.sender) for cell in found)


def refuse(turn: Turn, refusal: Refusal) -> None:
    """Say no, in a sentence that says what to type instead."""
    answer(
        turn.session,
        turn.tools,
        turn.spot,
        refusal.template,
        refusal.values,
        turn.now,
        cell=turn.cell_here,
        key="refused",
    )


def known_sender(turn: Turn) -> None:
    """Refuse whoever is neither in the roster nor given a role in this incident."""
    cell = turn.cell_here
    ours = cell is not None and (cell.roles_of(turn.sender) or cell.guest(turn.sender) is not None)
    if turn.sender not in turn.tools.roster and not ours and not _brought_in(turn):
        raise Refusal("refusals.not_in_roster")


def may_open(turn: Turn) -> None:
    """Refuse whoever is of a crisis and not of the roster: a role in one opens no other, nor shows what could be."""
    if turn.sender not in turn.tools.roster:
        cell = turn.cell_here
        raise Refusal("incident.only_news", incident=cell.incident if cell else None)


def trusted_origin(turn: Turn) -> None:
    """Refuse what its sender's own device did not encrypt, once (Matrix specification, 11.12.2.3)."""
    provenance = turn.row.provenance
    if provenance is None or not provenance.trusted:
        why = (provenance.why if provenance else None) or "cleartext"
        raise Refusal("refusals.untrusted", why=why, name=turn.tools.name_of(None, turn.sender))


def signed_device(turn: Turn, call: Call) -> None:
    """Refuse what is dangerous from a device that its owner has not signed: it may be anybody's who has a password."""
    provenance = turn.row.provenance
    if call.spec.dangerous and turn.tools.vouching and not (provenance and provenance.device_signed):
        raise Refusal("vouching.unsigned")


def context(turn: Turn, at: datetime) -> Context:
    """What the reader knows about the text; times in it are read as of `at`."""
    happening, tools = turn.happening, turn.tools
    replied = outbox.key_of(turn.session, happening.reply_to) if happening.reply_to else None
    mentioned = any(pill.matrix_id == tools.bot_id for pill in pills(happening.html or ""))
    library = tools.library

    def find(text: str) -> str | None:
        found: Any = library.find(text)
        return found.id if found else None

    def find_rule(text: str) -> str | None:
        rule = tools.rules.find(text)
        return rule.id if rule else None

    return Context(
        roster=tools.roster,
        now=at,
        zone=tools.zone,
        language=turn.spot.language,
        sender=turn.sender,
        bot_id=tools.bot_id,
        to_bot=turn.room.kind == "dm" or replied is not None or mentioned,
        reply=happening.reply_to is not None,
        task=task_number(replied),
        draft=draft_number(replied),
        entry=_entry_number(turn),
        file=file_of(turn) is not None,
        drill=(turn.room.incident or "").startswith(DRILL_IDS),
        find_scenario=find,
        near_scenarios=library.nearest,
        said_scenarios=library.said,
        find_rule=find_rule,
        rule_names=tools.rules.names,
        find_template=tools.templates.find,
        near_templates=tools.templates.nearest,
    )


def task_number(key: str | None) -> int | None:
    """The number of the task that one of our messages is about, by its outbox key."""
    parts = key.split(":") if key else []
    return int(parts[2]) if len(parts) > 3 and parts[0] == "task" and parts[2].isdecimal() else None


def _entry_number(turn: Turn) -> int | None:
    """The number of the log's entry that the message answers."""
    found = log.seq_of(turn.session, turn.happening.reply_to) if turn.happening.reply_to else None
    return found[1] if found and found[0] == turn.room.incident else None


def file_of(turn: Turn) -> Attachment | None:
    """The file that the message is the caption of, or else the one of the same room that it replies to."""
    own = inbound.attachment(turn.happening, turn.row.event_id)
    if own is not None or turn.happening.reply_to is None:
        return own
    return file_in(turn.session, turn.happening.reply_to, turn.row.room_id)


def file_in(session: Session, event_id: str, room_id: str | None) -> Attachment | None:
    """The file that an event of that room posted, or None."""
    row = registers.event(session, event_id)
    return inbound.attachment(inbound.read(row), row.event_id) if row and row.room_id == room_id else None


_ROUTE = re.compile(r"board:[^:]+:C(?P<draft>\d+):\d+|draft:[^:]+:(?P<shown>\d+):\d+")


def draft_number(key: str | None) -> int | None:
    """The number of the communication that one of our messages shows, or of which it says who approves it."""
    found = _ROUTE.fullmatch(key) if key else None
    return int(found["draft"] or found["shown"]) if found else None


def scene_of(turn: Turn, cell: Cell | None, text: str, call: Call) -> Scene:
    """What the command's handler may see."""
    session, tools = turn.session, turn.tools
    return Scene(
        now=turn.now,
        sender=turn.sender,
        language=turn.spot.language,
        place=place_of(turn.room.kind),
        room_id=turn.spot.room_id,
        event_id=turn.spot.event_id,
        organisation=tools.organisation,
        roster=tools.roster,
        playbooks=tools.library,
        records=Records(
            session, tools.zone, tools.bot_id, turn.spot.room_id, turn.sender if turn.room.kind == "dm" else None
        ),
        cell=cell,
        alike=_alike(session, turn.sender) if call.spec.name in ("incident", "join") else (),
        typed=text,
        overrides=tools.overrides,
        rules=tools.rules.by_id,
        file=file_of(turn),
        track=Track(turn.room.key.rpartition(":")[2]) if turn.room.kind == "track" else None,
        bot=tools.bot_id,
        templates=tools.templates,
        outlets=tools.reachable(session),
        directory=tools.directory,
        vouching=tools.vouching,
        sent_at=turn.sent_at,
        replied=outbox.key_of(session, turn.happening.reply_to) if turn.happening.reply_to else None,
    )


def _alike(session: Session, user: str) -> tuple[Line, ...]:
    """The open crises to which somebody was not called, but of which nothing is to be hidden from them."""
    mine = set(cells.open_for(session, user))
    found = [cell for each in cells.all_open(session) if each not in mine and (cell := cells.load(session, each))]
    shown = [
        cell.incident.id
        for cell in found
        if user not in cell.incident.left_out and cell.incident.rung is not None and user not in cell.members
    ]
    return tuple(cells.titles(session, shown))


def cell_for(turn: Turn, call: Call) -> Cell | None:
    """The incident that a command is about: the room's; elsewhere the one typed, or the only one that is open.

    A lifted crisis is meant where none is under way, and a drill alone by its stop word. Raises Refusal where it is not
    clear which is.
    """
    session, language = turn.session, turn.spot.language
    if turn.room.incident is not None:
        if call.incident not in (None, turn.room.incident):
            raise Refusal("refusals.other_incident", here=turn.room.incident, typed=call.incident)
        return cells.load(session, turn.room.incident)
    if call.spec.name == "incident" or (turn.room.kind == "alert" and Place.ALERT not in call.spec.where):
        return None
    if call.spec.name == "join" and call.incident is not None:
        return cells.load(session, call.incident)
    mine = [cell for each in cells.open_for(session, turn.sender) if (cell := cells.load(session, each))]
    if call.incident is not None:
        typed = next((cell for cell in mine if cell.incident.id == call.incident), None)
        if typed is None:
            raise Refusal("refusals.not_a_member", incident=call.incident)
        return typed
    if call.spec.name == "stop":
        mine = [cell for cell in mine if cell.incident.drill] or mine
    meant = [cell for cell in mine if cell.incident.status is IncidentStatus.OPEN] or mine
    if len(meant) == 1:
        return meant[0]
    if not call.spec.needs_incident:
        return None
    if not meant:
        raise no_incident(turn.tools.roster, turn.sender)
    names = [cell.incident.id for cell in meant]
    raise Refusal("refusals.which_incident", incidents=cells.titles(session, names), verb=call.spec.verb(language))
