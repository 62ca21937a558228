"""`deadlines.ics`: the clocks for a calendar, each with alarms (RFC 5545). Guarantee: the same clocks and stamp give
the same bytes, a calendar that has them already replaces them, and only what still runs has an alarm."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from bot.domain.cell import Cell
from bot.domain.clocks import Clock, ClockStatus
from bot.domain.deadline_rules import Class
from bot.domain.playbook import Text

if TYPE_CHECKING:
    from icalendar import Event

NAME = "deadlines.ics"
_BINDING = (timedelta(hours=-24), timedelta(hours=-2), timedelta(0))
_OURS = (timedelta(minutes=-30), timedelta(0))
_CLASSES = {
    Class.LAW: Text("loi", "law"),
    Class.CONTRACT: Text("contrat", "contract"),
    Class.HOUSE: Text("objectif interne", "internal target"),
}
_STATES = {
    ClockStatus.PROVISIONAL: Text(
        "provisoire : court après le dépôt précédent", "provisional: runs once the stage before is filed"
    ),
    ClockStatus.RUNNING: Text("court", "runs"),
    ClockStatus.FILED: Text("déposée, accusé attendu", "filed, receipt awaited"),
    ClockStatus.CLOSED: Text("close", "closed"),
    ClockStatus.WAIVED: Text("écartée", "set aside"),
}
_DRILL = Text("EXERCICE", "DRILL")
_SUPPOSED = Text(
    "hypothèse prudente, connaissance non encore constatée", "prudent hypothesis, knowledge not established yet"
)
_TARGET = Text("la loi dit : sans délai ; le chiffre est le nôtre", "the law says: without delay; the figure is ours")


def to_ics(cell: Cell, stamp: datetime) -> bytes:
    """The calendar's bytes, of every clock that has a time, as of `stamp`."""
    from icalendar import Calendar  # large, and needed only where a calendar is asked for

    calendar = Calendar()
    calendar.add("prodid", f"-//Tocsin//{cell.incident.id}//{cell.incident.language.upper()}")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", cell.incident.id)
    for clock in sorted(cell.clocks.values(), key=lambda each: each.id):
        if clock.due is not None:
            calendar.add_component(_event(cell, clock, clock.due, stamp))
    return bytes(calendar.to_ical())


def _event(cell: Cell, clock: Clock, due: datetime, stamp: datetime) -> Event:
    from icalendar import Alarm, Event

    lang = cell.incident.language
    title = f"{clock.typed(lang)} — {clock.title.get(lang)}"
    title = f"{_DRILL.get(lang)} · {title}" if cell.incident.drill else title
    event = Event()
    event.add("uid", f"{cell.incident.id}-{clock.id}@tocsin".replace("/", "-"))
    event.add("dtstamp", stamp)
    event.add("dtstart", due)
    event.add("summary", title if clock.open else f"✓ {title}")
    event.add("description", "\n".join(_said(clock, lang)))
    event.add("categories", [_CLASSES[clock.visible].get(lang)])
    event.add("transp", "TRANSPARENT")
    if clock.status in (ClockStatus.RUNNING, ClockStatus.PROVISIONAL):
        for before in _OURS if clock.visible is Class.HOUSE else _BINDING:
            alarm = Alarm()
            alarm.add("action", "DISPLAY")
            alarm.add("trigger", before)
            alarm.add("description", title)
            event.add_component(alarm)
    return event


def _said(clock: Clock, lang: str) -> list[str]:
    """What the event says besides its title: the class, the state, whom it is owed to, and the text."""
    lines = [f"{_CLASSES[clock.visible].get(lang)}, {_STATES[clock.status].get(lang)}"]
    if clock.hypothesis:
        lines.append(_SUPPOSED.get(lang))
    if clock.without_figure:
        lines.append(_TARGET.get(lang))
    lines += [text.get(lang) for text in (clock.authority, clock.reference_text) if text is not None]
    return lines + ([clock.reference] if clock.reference else [])
