"""The log is looked at whenever the bot starts. Guarantee: that somebody changed what was written since the last
anchor, or took away what keeps the database from it, is logged and told to the cell, once; the bot goes on, as it is
needed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from threading import Event

import structlog

from bot import chronicle
from bot.clock import Clock
from bot.domain import log as chain
from bot.domain.cell import Cell
from bot.domain.roles import Role
from bot.store import cells, log, lookups, meta
from bot.store.db import Database, Session
from bot.tools import Tools

WARNED = (Role.DIRECTOR, Role.CISO, Role.LEGAL)
BREATH_EVERY = 100
BREATH_SECONDS = 0.02
logger = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Break:
    """The first entry that is not as it was chained: `what` is `content`, `entry`, `order` or `anchor`."""

    seq: int
    what: str


class Integrity:
    """Looks at every incident's log, archived ones too, once, beside what else is done. `mended`: the triggers that
    were missing."""

    def __init__(self, db: Database, clock: Clock, tools: Tools, mended: Sequence[str] = ()) -> None:
        self._db, self._clock, self._tools, self._mended = db, clock, tools, tuple(mended)

    async def look(self) -> list[tuple[str, Break]]:
        """Verify each chain since its last anchor. Returns what is broken; the cells are told."""
        found = []
        for incident in await self._db.call(cells.every):
            broken = await self._verified(incident)
            if broken is not None:
                logger.error("log_broken", incident=incident, seq=broken.seq, what=broken.what)
                found.append((incident, broken))
            await self._db.call(self._tell, incident, broken)
        return found

    async def _verified(self, incident: str) -> Break | None:
        halt = Event()
        try:
            return await asyncio.to_thread(self._verify, incident, halt)
        except asyncio.CancelledError:
            halt.set()  # the process does not end before its threads: this one is not to read a long log to its end
            raise

    def _verify(self, incident: str, halt: Event) -> Break | None:
        def breathe() -> None:
            if halt.wait(BREATH_SECONDS):
                raise InterruptedError

        with self._db.reading() as session:
            return first_break(session, incident, breathe)

    def _tell(self, session: Session, incident: str, broken: Break | None) -> None:
        if not self._mended and broken is None:
            return
        cell, now = cells.load(session, incident), self._clock.now()
        assert cell is not None
        if self._mended:
            said = {"action": "triggers_mended", "names": list(self._mended), "intact": broken is None}
            chronicle.system(session, incident, "system", said, now)
            self._say(
                session, cell, "incident.unguarded", {"intact": broken is None}, f"unguarded:{now.isoformat()}", now
            )
        if broken is not None and not meta.get(session, key := f"broken:{incident}:{broken.seq}"):
            meta.put(session, key, now.isoformat())
            said = {"action": "log_broken", "seq": broken.seq, "what": broken.what}
            chronicle.system(session, incident, "system", said, now)
            self._say(session, cell, "incident.log_broken", {"seq": broken.seq, "what": broken.what}, key, now)

    def _say(
        self, session: Session, cell: Cell, template: str, values: dict[str, object], key: str, now: datetime
    ) -> None:
        incident = cell.incident
        ring = tuple(dict.fromkeys(m.matrix_id for role in WARNED for m in cell.holders(role)))
        self._tools.voice.say(
            session, now, incident.room_key, template, incident.language, values, f"{key}:{incident.id}", cell=cell,
            ring=ring, priority=0,
        )  # fmt: skip


def first_break(session: Session, incident: str, breathe: Callable[[], None] = lambda: None) -> Break | None:
    """What does not hold since the last anchor, whose own entry is looked at as well; None if all does.

    `breathe` is called now and then: a long log must not keep the machine from what people are waiting for.
    """
    last = lookups.last_anchor(session, incident)
    before: str | None = None if last else chain.GENESIS
    expected = last[0] if last else 1
    empty: set[int] = set()
    try:
        for entry in log.entries(session, incident, after=expected - 1):
            if entry.seq != expected or (before is not None and entry.prev_hash != before):
                return Break(expected, "order")
            if chain.entry_hash(entry) != entry.entry_hash:
                return Break(entry.seq, "entry")
            if last and entry.seq == last[0] and entry.entry_hash != last[1]:
                return Break(entry.seq, "anchor")
            if entry.content is None:
                empty.add(entry.seq)
            elif chain.content_hash(entry.content, entry.nonce or "") != entry.content_hash:
                return Break(entry.seq, "content")
            elif entry.kind == "purge":
                empty.difference_update(entry.content["target"])
            before, expected = entry.entry_hash, expected + 1
            if not expected % BREATH_EVERY:
                breathe()
    except ValueError:
        return Break(_unreadable(session, incident, expected), "content")
    if last and expected == last[0]:
        return Break(expected, "anchor")
    return Break(min(empty), "content") if empty else None


def _unreadable(session: Session, incident: str, seq: int) -> int:
    """The first entry from `seq` on whose content is not even JSON any more; `seq` itself if all are."""
    start = seq
    try:
        while log.entry(session, incident, seq) is not None:
            seq += 1
    except ValueError:
        return seq
    return start
