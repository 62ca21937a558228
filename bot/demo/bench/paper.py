"""What a long log costs whoever reads it: finding a word, and printing it.

Guarantee: what is timed is what `!journal` and an export do, on the log that the bot wrote, and it found what is there.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from typing import Final
from zoneinfo import ZoneInfo

from bot.commands.log import MOST_LINES
from bot.demo.bench.contest import PROBE, Contest
from bot.demo.bench.figures import Figure
from bot.demo.bench.processes import BenchError
from bot.domain.log import Entry
from bot.export.pdf import book
from bot.store import cells, log
from bot.store.db import Database, Session
from bot.store.source import StoreSource

SEARCH_BOUND_MS: Final = 100.0
PRINT_BOUND_S: Final = 20.0
PRINTED: Final = 5_000
ROUNDS: Final = 5
ZONE: Final = ZoneInfo("Europe/Paris")
# A word that is everywhere, beginnings, several words, one that is rare, one that nobody wrote.
SOUGHT: Final = ("isolé", "labo", "commutateur papier", "COMM etage", "00042", "licorne", "deuxieme travaille sur")


async def paper(contest: Contest, room: str) -> list[Figure]:
    """Search the log of that room's incident, and print its beginning. Raises BenchError."""
    return await asyncio.to_thread(_paper, contest.database_url, room, contest.stage.user_id(PROBE))


def _paper(url: str, room: str, writer: str) -> list[Figure]:
    database = Database(url)
    try:
        with database.reading() as session:
            incident = cells.by_room(session, room)
            if incident is None:
                raise BenchError("the cell's room has no incident")
            count = log.count(session, incident)
            words = tuple(_searches(session, incident))
            others = tuple(_others(session, incident, writer))
            printed, pages = _print(session, incident)
    finally:
        database.close()
    return [
        Figure(f"(g) a search in {count} entries", "ms", words, (), SEARCH_BOUND_MS),
        Figure("    the same by person, and by day", "ms", others, (), SEARCH_BOUND_MS),
        Figure(f"(h) {pages} entries printed", "s", printed, (), PRINT_BOUND_S),
    ]


def _searches(session: Session, incident: str) -> Iterator[float]:
    for _ in range(ROUNDS):
        for words in SOUGHT:
            began = time.perf_counter()
            found = log.search(session, incident, words, limit=MOST_LINES + 1)
            yield (time.perf_counter() - began) * 1000
            if bool(found) != (words != "licorne"):
                raise BenchError(f"a search for « {words} » found {len(found)} entries")


def _others(session: Session, incident: str, writer: str) -> Iterator[float]:
    newest = log.last(session, incident, 1)[0]
    day = datetime.fromisoformat(newest.logged_at).astimezone(ZONE).date()
    for _ in range(ROUNDS):
        began = time.perf_counter()
        if not log.search(session, incident, sender=writer, limit=MOST_LINES + 1):
            raise BenchError("a search by person found nothing")
        yield (time.perf_counter() - began) * 1000
        began = time.perf_counter()
        if not log.search(session, incident, day=day, zone=ZONE, limit=MOST_LINES + 1):
            raise BenchError("a search by day found nothing")
        yield (time.perf_counter() - began) * 1000


def _print(session: Session, incident: str) -> tuple[tuple[float, ...], int]:
    """Print the first entries, as an export would; the seconds that it takes, and how many there were."""
    source = StoreSource(session, b"")
    cell = source.cell(incident)
    entries: list[Entry] = list(islice(source.entries(incident), PRINTED))
    if cell is None or not entries:
        raise BenchError(f"{incident} has no log to print")
    record = book.Record(cell, source.bot(incident), ["bench"], "", entries[-1])
    began = time.perf_counter()
    for _, made in book.volumes(record, entries):
        if not made.startswith(b"%PDF"):
            raise BenchError("the log was not printed")
    return (time.perf_counter() - began,), len(entries)
