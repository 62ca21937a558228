"""Tasks called to mind as time passes. Guarantee: one message a person for all that is due for them, rarely, within
their budget of noise; the message, the tasks' state and the log's entries are of one transaction.

In the first hour there is a digest for the cell every quarter of an hour, and nothing else.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot import boards, chronicle
from bot.commands.following import records_of
from bot.domain import checklist
from bot.domain.cell import Cell
from bot.domain.incident import Task, TaskStatus
from bot.domain.outcome import Record
from bot.domain.reminders import AUDIBLE_DIGEST, Reminder, digest, digest_number, owners, reminders
from bot.domain.roles import Role
from bot.making import open_direct
from bot.noise import rings_left
from bot.store import cells, meta, nudges
from bot.store.db import Session
from bot.store.nudges import Nudge
from bot.tools import Tools

BETWEEN, BETWEEN_FOR_DIRECTORS = timedelta(minutes=30), timedelta(hours=2)
"""So long at least between two messages about tasks to the same person; a director's make no sound."""
KEPT_FOR_CLOCKS = 2
"""So many rings of the hour's budget are left to what the law wants."""
LATE = timedelta(minutes=5)
"""From this on it is not said to be time."""
SHOWN = 6
_LAST, _DIGEST, _LATE = "reminded:", "digest:", "late_tasks:"


def remind(session: Session, tools: Tools, incident: str, now: datetime) -> bool:
    """Say what is due for the tasks of an incident. Returns whether anything was put in the outbox."""
    cell = cells.load(session, incident)
    if cell is None:
        return False
    after = _come_back(session, cell, now)
    said = _digest(session, tools, after, now)
    after, told = _each(session, tools, after, now)
    late = str(sorted(t.number for t in after.tasks.values() if checklist.is_late(after, t, now)))
    shown = meta.get(session, f"{_LATE}{incident}") == late
    if after is not cell:
        cells.save(session, cell, after)
    if not shown or after is not cell:
        meta.put(session, f"{_LATE}{incident}", late)
        refreshed = boards.refresh(
            session, tools.voice, after, lambda user: tools.name_of(after, user), now, f"tasks:{now.timestamp()}"
        )
        cells.save(session, after, refreshed)
    return said or told or not shown


def _come_back(session: Session, cell: Cell, now: datetime) -> Cell:
    changes = checklist.coming_back(cell, now)
    for record in records_of(changes, cell):
        chronicle.record(session, cell.incident.id, record, sender=None, cause=None, now=now)
    return cell.with_tasks(change.after for change in changes) if changes else cell


def _digest(session: Session, tools: Tools, cell: Cell, now: datetime) -> bool:
    """The digest of the quarter of an hour that has passed; after an outage only the last."""
    number = digest_number(cell, now)
    key = f"{_DIGEST}{cell.incident.id}"
    if number <= int(meta.get(session, key) or 0):
        return False
    meta.put(session, key, str(number))
    held = digest(cell, now)
    if not (held.late or held.blocked or held.soon):
        return False
    ring = _to_ring(session, cell, held.late, now) if number == AUDIBLE_DIGEST else ()
    values = {
        "digest": held,
        "number": number,
        "shown": SHOWN,
        "of": {task.number: next(iter(owners(cell, task)), None) for task in (*held.late, *held.soon)},
        "names": lambda user: tools.name_of(cell, user),
    }
    message = f"tasks_digest:{cell.incident.id}:{number}"
    tools.voice.say(
        session, now, cell.incident.room_key, "reminders.digest", cell.incident.language, values, message, cell=cell,
        ring=ring,
    )  # fmt: skip
    rows = [_row(cell, held.late[0], 0, person, message, rang=True, now=now) for person in ring]
    nudges.put(session, rows)
    return True


def _to_ring(session: Session, cell: Cell, late: tuple[Task, ...], now: datetime) -> tuple[str, ...]:
    """Who hears the digest: who has something critical that is late and that nobody has taken up; no director."""
    wanted = [person for t in late if t.critical and t.owner is None for person in owners(cell, t)]
    return tuple(
        person
        for person in dict.fromkeys(wanted)
        if not _directs(cell, person) and rings_left(session, cell, person, now) > KEPT_FOR_CLOCKS
    )


def _each(session: Session, tools: Tools, cell: Cell, now: datetime) -> tuple[Cell, bool]:
    """One message to each who may be told now; what is due for the others stays as it is, for a later beat."""
    wanted = reminders(cell, now, ZoneInfo(cell.incident.timezone))
    told: list[Reminder] = []
    for person in dict.fromkeys(each.person for each in wanted):
        mine = [each for each in wanted if each.person == person]
        if _may_be_told(session, cell, person, now):
            _say(session, tools, cell, person, mine, now)
            told += mine
    if not told:
        return cell, False
    return cell.with_tasks(replace(each.task, rung=each.rung, rung_at=now) for each in told), True


def _may_be_told(session: Session, cell: Cell, person: str, now: datetime) -> bool:
    last = meta.get(session, f"{_LAST}{cell.incident.id}:{person}")
    between = BETWEEN_FOR_DIRECTORS if _directs(cell, person) else BETWEEN
    if last is not None and now - datetime.fromisoformat(last) < between:
        return False
    return _directs(cell, person) or rings_left(session, cell, person, now) > KEPT_FOR_CLOCKS


def _directs(cell: Cell, person: str) -> bool:
    return Role.DIRECTOR in cell.roles_of(person)


def _say(session: Session, tools: Tools, cell: Cell, person: str, mine: list[Reminder], now: datetime) -> None:
    incident = cell.incident
    meta.put(session, f"{_LAST}{incident.id}:{person}", now.isoformat())
    audible = not _directs(cell, person)
    stuck = [each for each in mine if each.task.status is TaskStatus.BLOCKED]
    own = [each for each in mine if each not in stuck and owners(cell, each.task) == (person,)]
    numbers = [each.task.number for each in own[:SHOWN]] or [mine[0].task.number]
    if len(mine) == 1:
        key = f"task:{incident.id}:{numbers[0]}:remind:{person}:{int(now.timestamp())}"
    else:
        key = f"tasks:{incident.id}:{'-'.join(map(str, numbers))}:{person}:{int(now.timestamp())}"
    values = {
        "one": mine[0] if len(mine) == 1 else None,
        "own": own[:SHOWN],
        "more": max(0, len(own) - SHOWN),
        "count": len(mine),
        "unanswered": _unanswered(cell, [each.task for each in mine if each not in own and each not in stuck]),
        "blocked": [each.task for each in stuck],
        "again": bool(own) and all(each.again for each in own),
        "free": any(each.task.status is TaskStatus.OPEN for each in own),
        "late": mine[0].task.due is not None and now - mine[0].task.due >= LATE,
        "numbers": numbers,
        "ready": {each.task.number: checklist.ready_at(cell, each.task) for each in mine if each.task.due is None},
        "now": now,
        "cell": cell,
        "names": lambda user: tools.name_of(cell, user),
    }
    open_direct(session, person, now, None, priority=1)
    tools.voice.say(
        session, now, f"dm:{person}", "reminders.tasks", tools.language_of(session, person), values, key, cell=cell,
        ring=(person,) if audible else (),
    )  # fmt: skip
    nudges.put(session, [_row(cell, each.task, each.rung, person, key, rang=audible, now=now) for each in mine])
    for each in mine:
        after = {"person": person, "rung": each.rung, "again": each.again, "audible": audible, "due": each.task.due}
        record = Record("nudge", "remind", each.task.id, None, after)
        chronicle.record(session, incident.id, record, sender=None, cause=None, now=now)


def _unanswered(cell: Cell, tasks: list[Task]) -> list[tuple[str | None, list[Task]]]:
    """What others have not answered, by whose it is, whoever has most of it first."""
    found: dict[str | None, list[Task]] = {}
    for task in tasks:
        found.setdefault(next(iter(owners(cell, task)), None), []).append(task)
    return sorted(found.items(), key=lambda pair: -len(pair[1]))


def _row(cell: Cell, task: Task, rung: int, person: str, message: str, *, rang: bool, now: datetime) -> Nudge:
    return Nudge(
        incident=cell.incident.id, clock=task.id, step="task", rung=rung, person=person, message=message, rang=rang,
        due=task.due or now, sent_at=now,
    )  # fmt: skip
