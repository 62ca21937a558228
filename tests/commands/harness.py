"""A conversation without a network: the real engine, store, playbooks and words; the homeserver alone is played.

What is typed becomes a journal row as the Matrix layer writes it (sealed, then opened, with its provenance); what the
engine puts in the outbox is frozen as the sender freezes it, and comes back as the bot's own echo.
"""

from __future__ import annotations

import json
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import wraps
from typing import Any, ParamSpec

from bot.commands.scene import Organisation
from bot.domain.cell import Cell
from bot.domain.directory import Directory
from bot.domain.language import Language
from bot.domain.log import Entry
from bot.domain.roles import Role
from bot.domain.roster import Roster
from bot.engine import Engine, Outside
from bot.library.rules import Rules
from bot.matrix.outgoing import freeze, timely
from bot.matrix.rooms import follow
from bot.matrix.verification import decline_in_room
from bot.speech import Voice
from bot.store import cells, journal, log, outbox, rooms
from bot.store.journal import Provenance, Received
from bot.store.outbox import OutboxRow
from bot.store.rooms import Room
from bot.ticker import Ticker
from bot.tools import Tools
from tests.commands.cast import BOT, ROSTER, SERVER, START, matrix_id
from tests.commands.stock import (
    IN_MEMORY,
    catalogue,
    connection,
    database,
    give_back,
    library,
    rules,
    templates,
    whole_library,
)

P = ParamSpec("P")

ALERT = "!alert:secours.example"


class FakeClock:
    """A clock that stands still until it is moved."""

    def __init__(self, now: datetime) -> None:
        self._now = now

    def now(self) -> datetime:
        return self._now

    def pass_(self, time: timedelta) -> None:
        self._now += time


@dataclass(frozen=True)
class Said:
    """One thing that the bot did in a room. `kind` is the outbox's; `edits` the key of the message edited."""

    kind: str
    room: str
    key: str
    event_id: str
    body: str = ""
    html: str = ""
    msgtype: str = ""
    rings: tuple[str, ...] = ()
    reply_to: str | None = None
    thread: str | None = None
    edits: str | None = None
    sign: str = ""
    under: str | None = None
    payload: Mapping[str, Any] = field(default_factory=dict, repr=False)


class Talk:
    """One organisation, its people and the bot, from peacetime on."""

    def __init__(
        self,
        *,
        kind: str = "hospital",
        language: Language = "fr",
        roster: Roster = ROSTER,
        overrides: dict[str, tuple[Role, ...]] | None = None,
        start: datetime = START,
        url: str = IN_MEMORY,
        clocks: bool = False,
        variants: bool = False,
        organisation: Organisation | None = None,
        channels: frozenset[str] = frozenset(),
        content: bytes | None = None,
    ) -> None:
        """`content`: what the database of another conversation of these options held."""
        self._options: dict[str, Any] = {name: value for name, value in locals().items() if name != "self"}
        whose = organisation or Organisation("CH de Val-Fleuri", kind, "Europe/Paris", language)
        self.db = database(url, content)
        if url == IN_MEMORY:
            weakref.finalize(self, give_back, self.db)
        self.clock = FakeClock(start)
        self.tools = Tools(
            organisation=whose,
            roster=roster,
            library=whole_library() if variants else library(),
            voice=Voice(catalogue(whose.timezone)),
            bot_id=BOT,
            server=SERVER,
            passphrase="une phrase de passe pour les essais",
            overrides=overrides or {},
            fingerprint=lambda: "abcd efgh",
            rules=rules() if clocks else Rules(),
            channels=channels,
            templates=templates(),
            limited=lambda: self.limited,
        )
        # The catalogue is everybody's; the directory that an earlier conversation read is not.
        self.tools.voice.catalogue.directory = Directory()
        self.engine = Engine(self.db, self.clock, self.tools, Outside(follow, decline_in_room), lambda: None)
        self.ticker = Ticker(self.db, self.clock, self.engine, lambda: None)
        self.said: list[Said] = []
        self.holding = False
        self.limited = False
        self.faults_are_meant = False
        self.number = 0
        self.last_event = ""
        self.session = 1
        if content is not None:
            return
        with self.db.transaction() as session:
            rooms.put(session, Room("alert", ALERT, "alert", None, None, encrypted=True, left=False))
            for person in roster:
                key = f"dm:{person.matrix_id}"
                room_id = f"!dm-{person.localpart}:{SERVER}"
                rooms.put(session, Room(key, room_id, "dm", None, person.matrix_id, encrypted=True, left=False))

    def copies(self) -> Callable[[], Talk]:
        """What makes conversations that go on from here."""
        options = {**self._options, "start": self.clock.now(), "content": connection(self.db).serialize()}
        said, number, sessions, last = tuple(self.said), self.number, self.session, self.last_event

        def copy() -> Talk:
            talk = Talk(**options)
            talk.said, talk.number, talk.session, talk.last_event = list(said), number, sessions, last
            return talk

        return copy

    def new_sessions(self) -> None:
        """Everybody's clients begin to write with new keys, as they do with time, and when somebody leaves."""
        self.session += 1

    def _next(self) -> int:
        self.number += 1
        return self.number

    # -- what people do ----------------------------------------------------------------------------------------

    def say(
        self,
        who: str,
        text: str,
        room: str = "cell",
        *,
        html: str | None = None,
        reply_to: str | None = None,
        thread: str | None = None,
        edit_of: str | None = None,
        msgtype: str = "m.text",
        why: str | None = None,
        session_index: tuple[str, int] | None = None,
        ago: timedelta = timedelta(0),
        first: bool = False,
        extra: Mapping[str, Any] | None = None,
    ) -> list[Said]:
        """Type a message, and return what the bot did. `why` is the reason for which its origin is not trusted
        (`cleartext` sends it without encryption); `ago` is how long it waited before it reached us."""
        event_id = self.post(
            who, text, room, html=html, reply_to=reply_to, thread=thread, edit_of=edit_of, msgtype=msgtype, why=why,
            session_index=session_index, ago=ago, first=first, extra=extra,
        )  # fmt: skip
        self.last_event = event_id
        return self.settle()

    def post(
        self,
        who: str,
        text: str,
        room: str = "cell",
        *,
        html: str | None = None,
        reply_to: str | None = None,
        thread: str | None = None,
        edit_of: str | None = None,
        msgtype: str = "m.text",
        why: str | None = None,
        session_index: tuple[str, int] | None = None,
        ago: timedelta = timedelta(0),
        first: bool = False,
        extra: Mapping[str, Any] | None = None,
    ) -> str:
        """Put a message in the journal, without letting the engine work. Returns its event id."""
        content: dict[str, Any] = {"msgtype": msgtype, "body": text, **(extra or {})}
        if html is not None:
            content |= {"format": "org.matrix.custom.html", "formatted_body": html}
        relation: dict[str, Any] = {}
        if edit_of is not None:
            new = {"msgtype": "m.text", "body": text}
            content |= {"body": f"* {text}", "m.new_content": new}
            relation = {"rel_type": "m.replace", "event_id": edit_of}
        if thread is not None:
            relation = {"rel_type": "m.thread", "event_id": thread, "is_falling_back": reply_to is None}
            relation["m.in_reply_to"] = {"event_id": reply_to or thread}
        elif reply_to is not None:
            relation["m.in_reply_to"] = {"event_id": reply_to}
        if relation:
            content["m.relates_to"] = relation
        return self._event(
            who, room, "m.room.message", content, encrypted=why != "cleartext", why=why, ago=ago, first=first,
            session_index=session_index,
        )  # fmt: skip

    def react(
        self, who: str, sign: str, target: str, room: str = "cell", *, ago: timedelta = timedelta(0)
    ) -> list[Said]:
        """Put a reaction under an event; reactions travel in clear."""
        relation = {"rel_type": "m.annotation", "event_id": target, "key": sign}
        self._event(who, room, "m.reaction", {"m.relates_to": relation}, encrypted=False, ago=ago)
        return self.settle()

    def withdraw(self, who: str, event_id: str, room: str = "cell") -> list[Said]:
        """Withdraw (redact) an event."""
        self._event(who, room, "m.room.redaction", {"redacts": event_id}, encrypted=False, redacts=event_id)
        return self.settle()

    def join(self, *who: str, room: str = "cell") -> list[Said]:
        return self._membership(who, room, "join")

    def leave(self, *who: str, room: str = "cell") -> list[Said]:
        return self._membership(who, room, "leave")

    def notice(self, name: str, payload: dict[str, Any]) -> list[Said]:
        """What the Matrix layer has to tell."""
        with self.db.transaction() as session:
            journal.notice(session, name, payload, self.clock.now())
        return self.settle()

    def wait(self, **time: float) -> list[Said]:
        """Let time pass, and the heartbeat beat once."""
        self.clock.pass_(timedelta(**time))
        with self.db.transaction() as session:
            self.ticker.due(session)
        return self.settle()

    def _membership(self, who: Sequence[str], room: str, membership: str) -> list[Said]:
        for each in who:
            content = {"membership": membership, "displayname": each}
            self._event(each, room, "m.room.member", content, encrypted=False, state_key=matrix_id(each))
        return self.settle()

    def _event(
        self,
        who: str,
        room: str,
        type_: str,
        content: Mapping[str, Any],
        *,
        encrypted: bool,
        why: str | None = None,
        ago: timedelta = timedelta(0),
        first: bool = False,
        session_index: tuple[str, int] | None = None,
        state_key: str | None = None,
        redacts: str | None = None,
        taken: str | None = None,
    ) -> str:
        """Write an event in the journal; `taken` is the row of the outbox that it comes of."""
        number = self._next()
        event_id, room_id = f"$e{number}", self.room_id(room)
        now = self.clock.now()
        sent = int((now - ago).timestamp() * 1000)
        sender = who if who.startswith("@") else matrix_id(who)
        event: dict[str, Any] = {
            "type": type_, "event_id": event_id, "sender": sender, "room_id": room_id, "origin_server_ts": sent,
            "content": content,
        }  # fmt: skip
        if state_key is not None:
            event["state_key"] = state_key
        if redacts is not None:
            event["redacts"] = redacts
        session_id, index = session_index or (f"megolm-{sender}-{self.session}", number)
        outer = event
        if encrypted:
            sealed = {"algorithm": "m.megolm.v1.aes-sha2", "ciphertext": f"c{number}", "session_id": session_id}
            if "m.relates_to" in content:
                sealed["m.relates_to"] = content["m.relates_to"]
            outer = event | {"type": "m.room.encrypted", "content": sealed}
        received = Received(
            "event", "timeline", room_id, event_id, sender, outer["type"], sent, json.dumps(outer).encode()
        )
        with self.db.transaction() as session:
            (row,) = journal.receive(session, [received], turn=number, now=now, first=first)
            if encrypted:
                clear = json.dumps({"type": type_, "room_id": room_id, "content": content}).encode()
                provenance = Provenance(
                    True, session_id, index, "curve", None if why else f"DEVICE{sender}", None if why else True,
                    trusted=why is None, why=why,
                )  # fmt: skip
                journal.opened(session, row, clear, provenance)
            if taken is not None:
                outbox.sent(session, taken, event_id, now)
        return event_id

    # -- what the bot does -------------------------------------------------------------------------------------

    def settle(self) -> list[Said]:
        """Let the engine do what is ready and the homeserver take what is said, until nothing is left."""
        before = len(self.said)
        while True:
            worked = self._work()
            if not (self._send() or worked):
                return self.said[before:]

    def _work(self) -> bool:
        worked = False
        while True:
            with self.db.transaction() as session:
                if not self.engine.step(session):
                    duties = self.engine.duties(session)
                    break
            worked = True
        for duty in duties:
            try:
                with self.db.transaction() as session:
                    duty(session)
            except Exception:
                if not self.faults_are_meant:  # the real engine goes on to the next duty, and logs it
                    raise
        return worked

    def _send(self) -> bool:
        """Send one row of each lane, unless the line is held."""
        sent = False
        lanes = ["rooms", "talk"] if not self.holding else []
        while lanes:
            now = self.clock.now()
            with self.db.transaction() as session:
                row = None
                while lanes and row is None:
                    row = outbox.due(session, now, lanes.pop(0))
                if row is None:
                    break
                frozen = freeze(timely(row, now), lambda key: outbox.event_of(session, key), BOT)
                row = outbox.attempt(session, row.id, now, "BOTDEVICE", frozen)
                if row.kind == "create":
                    room_id = f"!room{self._next()}:{SERVER}"
                    rooms.mapped(session, row.room_key, room_id, True)
                    payload = {"room_key": row.room_key, "room_id": room_id}
                    journal.notice(session, "created", payload, now, room_id)
            self._sent(row, frozen)
            sent = True
        return sent

    def _sent(self, row: OutboxRow, frozen: Mapping[str, Any]) -> None:
        event_id = None
        room = row.room_key
        if row.kind in ("message", "reaction", "pin"):
            state_key = "" if row.kind == "pin" else None
            event_id = self._event(
                BOT, room, frozen["type"], frozen["content"], encrypted=row.kind == "message", state_key=state_key,
                taken=row.id,
            )  # fmt: skip
        else:
            with self.db.transaction() as session:
                outbox.sent(session, row.id, None, self.clock.now())
        self.said.append(self._shown(row, frozen, event_id or ""))

    def _shown(self, row: OutboxRow, frozen: Mapping[str, Any], event_id: str) -> Said:
        content = frozen.get("content", {})
        relation = content.get("m.relates_to", {})
        edits = self.key_of(relation["event_id"]) if relation.get("rel_type") == "m.replace" else None
        new = content.get("m.new_content", content)
        return Said(
            row.kind,
            self.name_of(row.room_key),
            row.dedupe_key,
            event_id,
            body=new.get("body", ""),
            html=new.get("formatted_body", ""),
            msgtype=content.get("msgtype", ""),
            rings=tuple(content.get("m.mentions", {}).get("user_ids", ())),
            reply_to=relation.get("m.in_reply_to", {}).get("event_id"),
            thread=relation.get("event_id") if relation.get("rel_type") == "m.thread" else None,
            edits=edits,
            sign=relation.get("key", "") if row.kind == "reaction" else "",
            under=relation.get("event_id") if row.kind == "reaction" else None,
            payload=row.payload,
        )

    # -- names -------------------------------------------------------------------------------------------------

    def room_id(self, room: str) -> str:
        """The Matrix id of a room, by our key, `cell`, `alert`, or `dm:name`."""
        with self.db.reading() as session:
            if room == "cell":
                newest = [each for each in rooms.all_(session) if each.kind == "cell" and each.room_id]
                key = newest[-1].key
            elif room.partition(":")[0] in ("track", "guests") and room.count(":") == 1:
                kind, _, last = room.partition(":")
                key = next(each.key for each in rooms.all_(session) if each.kind == kind and each.key.endswith(last))
            elif room.startswith("dm:") and "@" not in room:
                key = f"dm:{matrix_id(room.removeprefix('dm:'))}"
            else:
                key = room
            found = rooms.by_key(session, key)
            return found.room_id if found and found.room_id else room

    def name_of(self, key: str) -> str:
        """The short name of one of our rooms."""
        if key.startswith("dm:@"):
            return f"dm:{key[4:].partition(':')[0]}"
        kind, _, rest = key.partition(":")
        return f"{kind}:{rest.rpartition(':')[2]}" if kind in ("track", "guests") else kind

    def key_of(self, event_id: str) -> str | None:
        with self.db.reading() as session:
            return outbox.key_of(session, event_id)

    # -- state -------------------------------------------------------------------------------------------------

    @property
    def incident(self) -> str:
        """The id of the latest incident."""
        with self.db.reading() as session:
            return cells.every(session)[-1]

    @property
    def cell(self) -> Cell:
        incident = self.incident
        with self.db.reading() as session:
            cell = cells.load(session, incident)
        assert cell is not None
        return cell

    def entries(self, after: int = 0) -> list[Entry]:
        """The log of the latest incident."""
        incident = self.incident
        with self.db.reading() as session:
            return list(log.entries(session, incident, after))

    def numbers(self, role: Role) -> list[int]:
        """The tasks of a role, by number."""
        return [task.number for task in self.cell.in_order if task.role is role]


_PLAYED: dict[str, Callable[[], Talk]] = {}


def played_once(play: Callable[P, Talk]) -> Callable[P, Talk]:
    """What `play` does is done once for each set of arguments; later conversations begin with a copy of its database.

    It says things in its conversation, and does nothing else.
    """

    @wraps(play)
    def copied(*about: P.args, **options: P.kwargs) -> Talk:
        name = f"{play.__module__}.{play.__qualname__} {about} {options}"
        if name not in _PLAYED:
            _PLAYED[name] = play(*about, **options).copies()
        return _PLAYED[name]()

    return copied


@played_once
def talk_in_crisis(*present: str, **options: Any) -> Talk:
    """A cell at work: opened by Claire in the alert room, everyone called and in it."""
    talk = Talk(**options)
    verb = "incident" if options.get("language", "fr") == "fr" else "open"
    talk.say("claire", f"!{verb} rancongiciel Urgences bloquées --gravite 4", "alert")
    talk.join(*(present or [p.localpart for p in ROSTER if Role.OBSERVER not in p.roles]))
    talk.wait(seconds=0)  # the notice of entry
    return talk


def messages(said: Sequence[Said], room: str | None = None) -> Iterator[Said]:
    """The messages among what the bot did, without edits."""
    return (s for s in said if s.kind == "message" and s.edits is None and (room is None or s.room == room))
