"""What a long log costs whoever keeps it and whoever checks it: bytes, and the time of `tocsin verify`.

Guarantee: what is timed is the verifier that a stranger runs, on the log that the bot wrote, and it found it intact.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from pathlib import Path
from typing import Final

from bot.demo.bench.contest import Contest
from bot.demo.bench.figures import Figure
from bot.demo.bench.processes import BenchError
from bot.export.jsonl import Passage, lines
from bot.export.verify import verify
from bot.store import cells, log
from bot.store.db import Database

VERIFY_BOUND_S: Final = 10.0
"""A few seconds for 100,000 entries, on a machine that may be slow."""
TIMES: Final = 3


def rate(caught_up: Figure, missed: int) -> Figure:
    """The figure of a catch-up, as entries a second."""
    ours, theirs = (tuple(missed / each for each in side) for side in (caught_up.bot, caught_up.bare))
    return Figure("    of that backlog, entries a second", "/s", ours, theirs)


async def proof(contest: Contest, room: str) -> list[Figure]:
    """The log of that room's incident: what it weighs, and how long it takes to verify. Raises BenchError."""
    return await asyncio.to_thread(_proof, contest.database_url, room, contest.stage.folder / "journal.jsonl")


def _proof(url: str, room: str, journal: Path) -> list[Figure]:
    database = Database(url)
    try:
        with database.reading() as session:
            incident = cells.by_room(session, room)
            if incident is None:
                raise BenchError("the cell's room has no incident")
            passage = Passage()
            with journal.open("wb") as out:
                out.writelines(lines(log.entries(session, incident), passage))
        assert database.path is not None
        stored = sum(each.stat().st_size for each in database.path.parent.glob(f"{database.path.name}*"))
    finally:
        database.close()
    checked, read = [], []
    for _ in range(TIMES):
        read.append(_timed(journal, passage.entries, whole=False))
        checked.append(_timed(journal, passage.entries, whole=True))
    count = passage.entries
    return [
        Figure(f"(f) {count} entries verified", "s", tuple(checked), (), VERIFY_BOUND_S),
        Figure("    beside reading and hashing the file (instead of bare nio)", "s", tuple(checked), tuple(read)),
        Figure("    an entry in the database, its event and its index included", "bytes", (stored / count,)),
        Figure("    an entry in journal.jsonl", "bytes", (journal.stat().st_size / count,)),
    ]


def _timed(journal: Path, entries: int, *, whole: bool) -> float:
    began = time.perf_counter()
    if whole:
        verdict = verify(journal)
        if not verdict.intact or verdict.entries != entries:
            raise BenchError(f"the log does not verify: {verdict.first_bad}")
    else:
        with journal.open("rb") as stream:
            hashlib.file_digest(stream, "sha256")
    return time.perf_counter() - began
