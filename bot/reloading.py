"""Roster and directory read anew, on SIGHUP or when somebody asks. Guarantee: files that do not load change nothing,
and say why; what changed is logged in every open incident, by name and never by number; whoever is no longer in the
roster has no rights from the same transaction on."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any

import structlog

from bot import chronicle
from bot.clock import Clock
from bot.configured import vital_first
from bot.decisions import answer
from bot.domain.directory import Directory
from bot.domain.roster import Person, Roster
from bot.engine import Engine
from bot.faults import ConfigurationError
from bot.leaving import leave
from bot.making import open_direct
from bot.spots import Spot
from bot.store import cells, lookups, meta, rooms
from bot.store.db import Database, Session
from bot.tools import Tools

WANTED = "reload:"
"""Under this and an event (or `signal`), that somebody asked for it, and where the answer goes."""

logger = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Changes:
    """What is different in the files, in names: of a person the fields that changed, never what stands in them."""

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    changed: Mapping[str, tuple[str, ...]] | None = None
    entries: int = 0
    entries_changed: tuple[str, ...] = ()

    @property
    def any(self) -> bool:
        """Whether anything is different."""
        return bool(self.added or self.removed or self.changed or self.entries_changed)


def differences(before: tuple[Roster, Directory], after: tuple[Roster, Directory]) -> Changes:
    """Say what is different."""
    old, new = ({person.matrix_id: person for person in roster} for roster, _ in (before, after))
    was, now = ({entry.name: entry for entry in directory.entries} for _, directory in (before, after))
    both = [user for user in old if user in new]
    changed = {user: _fields(old[user], new[user]) for user in both if old[user] != new[user]}
    return Changes(
        added=tuple(user for user in new if user not in old),
        removed=tuple(user for user in old if user not in new),
        changed=changed,
        entries=len(now),
        entries_changed=tuple(sorted(name for name in {*was, *now} if was.get(name) != now.get(name))),
    )


def _fields(before: Person, after: Person) -> tuple[str, ...]:
    return tuple(f.name for f in fields(Person) if getattr(before, f.name) != getattr(after, f.name))


class Reloading:
    """Reads the files when that is wanted, and lets the engine decide with them from then on."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        engine: Engine,
        read: Callable[[], tuple[Roster, Directory]],
        ask_in: Callable[[Session, Roster, datetime], None],
    ) -> None:
        """`ask_in` invites into the alert room whoever of the roster was not invited yet."""
        self._db, self._clock, self._engine, self._read, self._ask_in = db, clock, engine, read, ask_in

    async def ask(self) -> None:
        """Somebody wants it by a signal."""
        await self._db.call(meta.put, f"{WANTED}signal", "{}")

    async def look(self) -> bool:
        """Do what is wanted. Returns whether anything was."""
        wanted = await self._db.call(lookups.under, WANTED)
        if not wanted:
            return False
        tools = self._engine.tools
        before = (tools.roster, tools.directory)
        try:
            after = self._read()
        except ConfigurationError as fault:
            logger.error("not_reloaded", why=str(fault))
            await self._db.call(self._refused, wanted, str(fault))
            return True
        changes = differences(before, after)
        renewed = replace(tools, roster=after[0], directory=after[1])
        await self._db.call(self._done, renewed, wanted, changes)
        renewed.voice.catalogue.directory = after[1]
        self._engine.renew(renewed)
        logger.info("reloaded", people=len(after[0]), entries=len(after[1].entries))
        return True

    def _reach(self, session: Session, roster: Roster, added: tuple[str, ...], now: datetime) -> None:
        """A direct room and the alert room for whoever is new, and for whoever had no account when it was tried."""
        people = [person.matrix_id for person in vital_first(roster)]
        unreached = [user for user in people if rooms.by_key(session, f"dm:{user}") is None]
        for user in dict.fromkeys((*added, *unreached)):
            open_direct(session, user, now, None)
        self._ask_in(session, roster, now)

    def _refused(self, session: Session, wanted: list[tuple[str, str]], why: str) -> None:
        now = self._clock.now()
        for key, kept in wanted:
            _answer(session, self._engine.tools, kept, "directory.not_reloaded", {"why": why}, now)
            lookups.forget(session, key)

    def _done(self, session: Session, tools: Tools, wanted: list[tuple[str, str]], changes: Changes) -> None:
        now = self._clock.now()
        said = {
            "added": list(changes.added),
            "removed": list(changes.removed),
            "changed": {user: list(names) for user, names in (changes.changed or {}).items()},
            "entries": list(changes.entries_changed),
        }
        if changes.any:
            for incident in cells.all_open(session):
                chronicle.system(session, incident, "system", {"action": "reloaded", **said}, now)
        for user in changes.removed:
            leave(session, user, now, "roster")
        self._reach(session, tools.roster, changes.added, now)
        values = {"changes": changes, "people": len(tools.roster), "names": lambda user: tools.name_of(None, user)}
        for key, kept in wanted:
            _answer(session, tools, kept, "directory.reloaded", values, now)
            lookups.forget(session, key)


def _answer(session: Session, tools: Tools, kept: str, template: str, values: Mapping[str, Any], now: datetime) -> None:
    asked = json.loads(kept)
    if not asked:
        return
    spot = Spot(**asked)
    answer(session, tools, spot, template, values, now, key="reloaded")
