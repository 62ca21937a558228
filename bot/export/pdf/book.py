"""The printed log, put together: cover, people, drawing, the log by day, annexes; in volumes where it is long.

A volume holds so many entries as a phone opens and a small machine typesets; each has the head in its footer.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from threading import Event
from typing import Any

from bot.domain.cell import Cell
from bot.domain.log import Entry, from_rfc3339
from bot.export.pdf import press
from bot.export.pdf.annexes import annexes
from bot.export.pdf.drawing import Act, act_of, drawing
from bot.export.pdf.lines import Told, told
from bot.export.pdf.text import one_line
from bot.export.pdf.words import Words

_ANCHORS = 8
"""So many of the last anchors stand at the front; all are in the log, where they were seen."""
VOLUME = 5_000
"""Entries in one volume: a typesetter's half gigabyte."""
_DAYS = {
    "fr": ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"),
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
}
_MONTHS = {
    "fr": (
        "janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre",
        "décembre",
    ),
    "en": (
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
        "December",
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Record:
    """What is printed. `entries` may be read twice. `withheld` are the numbers of the entries whose content this
    `profile` (empty: the whole file) leaves out; `left` says of each register whether it leaves."""

    cell: Cell
    bot: str | None
    rooms: Sequence[str]
    key: str
    head: Entry
    purged: int = 0
    withheld: frozenset[int] = frozenset()
    anchors: Sequence[Mapping[str, Any]] = ()
    exports: Sequence[Mapping[str, Any]] = ()
    profile: str = ""
    anonymous: bool = False
    left: Mapping[str, bool] = field(default_factory=dict)


def volumes(record: Record, entries: Iterable[Entry], halt: Event | None = None) -> Iterator[tuple[str, bytes]]:
    """Each volume's name and its bytes: `journal.pdf`, then `journal-2.pdf` and on; given up once `halt` is set.

    Raises PressFault.
    """
    seconds = int(from_rfc3339(record.head.logged_at).timestamp())
    for name, book in books(record, entries):
        yield name, press.printed(book, seconds, halt)


def books(record: Record, entries: Iterable[Entry]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each volume as the template reads it."""
    words = Words(record.cell, record.bot, record.anonymous)
    acts: list[Act] = []

    def seen() -> Iterator[Entry]:
        for entry in entries:
            at = from_rfc3339(entry.occurred_at or entry.logged_at)
            acts.append(act_of(entry, min(at, from_rfc3339(entry.logged_at)), record.bot))
            yield entry

    lines = told(seen(), words, record.withheld, record.profile or None)
    parts = [lines[start : start + VOLUME] for start in range(0, len(lines), VOLUME)] or [[]]
    for number, part in enumerate(parts, 1):
        book = _frame(record, words, number, len(parts))
        book["days"] = list(_days(words, part))
        if number == 1:
            book |= _opening(record, words, lines, acts)
        if number == len(parts):
            book["annexes"] = annexes(words, record.exports, record.left, record.profile)
        yield ("journal.pdf" if number == 1 else f"journal-{number}.pdf"), book


def _frame(record: Record, words: Words, number: int, count: int) -> dict[str, Any]:
    """What stands on every page, and the words that the template needs."""
    incident, head = words.cell.incident, record.head
    names = (
        "log_title", "column_seq", "column_time", "column_who", "column_what", "annexes_title", "people_title",
        "anchors_title", "anchors_none", "proof_title", "verify_title", "drawing_title", "drawing_phases",
        "drawing_moments", "drawing_people", "drawing_clocks", "drawing_legend", "head_title", "key_title",
    )  # fmt: skip
    return {
        "language": words.language,
        "words": {name: words.say(name) for name in names},
        "page": words.say("page"),
        "colon": "\u00a0: " if words.language == "fr" else ": ",
        "running": f"{one_line(incident.organisation, 60)} · {incident.id}",
        "volume": words.say("volume", {"number": number, "count": count}) if count > 1 else "",
        "drill": words.say("drill") if incident.drill else "",
        "head": [words.say("head_short", {"incident": incident.id, "seq": head.seq}), words.digits(head.entry_hash)],
        "title": f"{words.say('log')} · {incident.id}",
        "cover": None,
        "drawing": None,
        "annexes": [],
    }


def _opening(record: Record, words: Words, lines: Sequence[Told], acts: Sequence[Act]) -> dict[str, Any]:
    incident, head = words.cell.incident, record.head
    level = "token" if any(a.get("token") for a in record.anchors) else "room" if record.anchors else "chain"
    last = record.anchors[-1] if record.anchors else None
    known = {
        "incident": incident.id,
        "seq": last["seq"] if last else None,
        "start": last["entry_hash"][:32] if last else "",
    }
    columns = ("people_name", "people_roles", "people_id", "people_called", "people_joined", "people_left")
    return {
        "cover": {
            "title": one_line(incident.title, 200),
            "kind": words.say("log"),
            "facts": [[words.say(f"cover_{name}"), value] for name, value in _facts(record, words, lines) if value],
            "head": [
                words.say("head_line", {"seq": head.seq, "at": words.instant(head.logged_at)}),
                words.digits(head.entry_hash),
            ],
            "key": record.key,
            "level": words.say("level", {"level": level}),
            "proof": words.say("proof"),
            "verify": words.say("verify", known),
            "how": words.say("verify_how", known),
        },
        "people": {
            "columns": [words.say(name) for name in columns],
            "rows": [_person(record, words, matrix_id) for matrix_id in sorted(words.cell.members)],
        },
        "anchors": {
            "columns": [words.say(name) for name in ("anchors_seq", "anchors_at", "anchors_hash", "anchors_token")],
            "rows": [
                [
                    str(anchor["seq"]), words.instant(anchor["posted_at"]), words.digits(anchor["entry_hash"]),
                    str(anchor.get("token") or "–"),
                ]
                for anchor in record.anchors[-_ANCHORS:]
            ],
            "more": words.say("anchors_more", {"count": len(record.anchors)}) if len(record.anchors) > _ANCHORS else "",
        },
        "drawing": drawing(words, acts),
    }  # fmt: skip


def _facts(record: Record, words: Words, lines: Sequence[Told]) -> Iterator[tuple[str, str]]:
    incident = words.cell.incident
    level = words.say("severity", {"level": incident.severity}) if incident.severity else words.say("unsaid")
    closed = ""
    if incident.closed_at:
        closed = words.say("by", {"at": words.instant(incident.closed_at), "who": words.name(incident.closed_by)})
    period = {"start": words.instant(lines[0].logged_at), "end": words.instant(lines[-1].logged_at)} if lines else {}
    counts = {"entries": record.head.seq, "purged": record.purged, "withheld": len(record.withheld)}
    yield "organisation", one_line(incident.organisation, 200)
    yield "incident", incident.id
    yield "scenario", _scenario(words)
    yield "severity", level
    yield "phase", words.phase(incident.phase)
    yield "status", words.say("status", {"status": incident.status.value})
    yield "opened", words.say("by", {"at": words.instant(incident.opened_at), "who": words.name(incident.opened_by)})
    yield "closed", closed
    yield "period", words.say("period", period) if period else ""
    yield "entries", words.say("entries", counts)
    yield "rooms", ", ".join(one_line(room, 80) for room in record.rooms)
    yield "zone", words.say("zone", {"zone": incident.timezone})
    yield "profile", words.say("profile_said", {"profile": record.profile}) if record.profile else ""


def _scenario(words: Words) -> str:
    """The playbook's title, from the snapshot that the incident keeps; else its id."""
    title = words.cell.incident.playbook.get("title")
    said = title.get(words.language) if isinstance(title, Mapping) else title
    return one_line(said if isinstance(said, str) else words.cell.incident.scenario, 200)


def _person(record: Record, words: Words, matrix_id: str) -> list[str]:
    member = words.cell.members[matrix_id]
    return [
        words.name(matrix_id),
        words.roles(matrix_id, len(member.roles)),
        "–" if record.anonymous else one_line(matrix_id, 120),
        words.minute(member.called_at),
        words.minute(member.joined_at),
        words.minute(member.left_at),
    ]


def _days(words: Words, lines: Iterable[Told]) -> Iterator[dict[str, Any]]:
    """The lines by day; a night on which the clocks change has two parts, each with its offset."""
    head: tuple[str, str] | None = None
    rows: list[dict[str, Any]] = []
    for line in lines:
        local = line.logged_at.astimezone(words.zone)
        key = (_day(local, words), _offset(local))
        if key != head:
            if head is not None:
                yield _day_of(words, head, rows)
            head, rows = key, []
        rows.append(line.as_dict(f"{local:%H:%M:%S}"))
    if head is not None:
        yield _day_of(words, head, rows)


def _day_of(words: Words, head: tuple[str, str], rows: list[dict[str, Any]]) -> dict[str, Any]:
    place = words.cell.incident.timezone.rpartition("/")[2].replace("_", " ")
    return {"head": words.say("day", {"day": head[0], "place": place, "offset": head[1]}), "rows": rows}


def _day(local: datetime, words: Words) -> str:
    day, month = _DAYS[words.language][local.weekday()], _MONTHS[words.language][local.month - 1]
    number = "1er" if words.language == "fr" and local.day == 1 else str(local.day)
    return f"{day} {number} {month} {local.year}"


def _offset(local: datetime) -> str:
    return f"{local:%z}"[:3] + ":" + f"{local:%z}"[3:5]
