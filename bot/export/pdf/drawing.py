"""The incident in time, as a drawing: phases, moments, who acted when, clocks. Places are fractions of the width."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from bot.domain.clocks import Clock, ClockStatus
from bot.domain.log import Entry
from bot.domain.moments import MOMENTS, Moment
from bot.domain.roles import Phase
from bot.export.pdf.text import BREAK, one_line
from bot.export.pdf.words import Words
from bot.render import clip

_SQUARES = 110
_PEOPLE = 12
_MARGIN = 32
"""Characters of the margin, in the small type of the drawing."""
_CLOCKS = 24
_MOST_TICKS = 8
# A first sign long before the opening would leave the crisis itself no room.
_BEFORE = timedelta(days=2)
_STEPS = tuple(
    timedelta(minutes=m)
    for m in (1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440, 2880, 4320, 10080, 20160, 43200, 129600, 525600)
)


@dataclass(frozen=True)
class Act:
    """One thing that somebody did, for the drawing: who and when, and the phase that it began, if it did."""

    who: str | None
    at: datetime
    phase: str | None = None


@dataclass(frozen=True)
class Span:
    """The time that is drawn."""

    start: datetime
    end: datetime

    def place(self, at: datetime) -> float:
        """Where an instant stands, from 0 to 1; outside it is at the edge."""
        return round(min(1.0, max(0.0, (at - self.start) / (self.end - self.start))), 4)


def act_of(entry: Entry, at: datetime, bot: str | None) -> Act:
    """What an entry is for the drawing."""
    content = entry.content or {}
    after = content.get("after")
    phase = after.get("phase") if entry.kind == "incident" and isinstance(after, dict) else None
    by = content.get("by")
    who = by if isinstance(by, str) and by.startswith("@") else entry.sender
    return Act(None if who == bot else who, at, phase if isinstance(phase, str) else None)


def drawing(words: Words, acts: Sequence[Act]) -> dict[str, Any]:
    """The drawing as the template sets it."""
    incident = words.cell.incident
    end = max((act.at for act in acts), default=incident.opened_at)
    first_signs = (m.at for m in words.cell.moments.values() if m.at >= incident.opened_at - _BEFORE)
    start = min([incident.opened_at, *first_signs])
    span = Span(start, max(end, start + timedelta(minutes=1)))
    return {
        "ticks": _ticks(words, span),
        "phases": _phases(words, acts, span),
        "moments": _moments(words, span),
        "people": _people(words, acts, span),
        "clocks": [_clock(words, clock, span) for clock in words.cell.by_urgency[:_CLOCKS]],
    }


def _ticks(words: Words, span: Span) -> list[dict[str, Any]]:
    whole = span.end - span.start
    step = next((each for each in _STEPS if whole / each <= _MOST_TICKS), _STEPS[-1])
    first = span.start.astimezone(words.zone).replace(hour=0, minute=0, second=0, microsecond=0)
    ticks: list[dict[str, Any]] = []
    count = int((span.start - first) / step)
    for number in range(count, count + _MOST_TICKS + 3):
        at = first + number * step
        if span.start <= at <= span.end:
            local = at.astimezone(words.zone)
            days = f"{local:%d/%m}" if words.language == "fr" else f"{local:%d %b}"
            ticks.append({"x": span.place(at), "day": days, "time": f"{local:%H:%M}" if step.days < 1 else ""})
    return ticks


def _phases(words: Words, acts: Sequence[Act], span: Span) -> list[dict[str, Any]]:
    changes = [(act.at, act.phase) for act in acts if act.phase]
    marks = [(words.cell.incident.opened_at, Phase.ALERT.value), *changes, (span.end, "")]
    parts = []
    for (since, phase), (until, _) in pairwise(marks):
        left, right = span.place(since), span.place(until)
        if right > left:
            parts.append(
                {"from": left, "to": right, "label": words.phase(phase), "kind": list(Phase).index(Phase(phase))}
            )
    return parts


def _moments(words: Words, span: Span) -> list[dict[str, Any]]:
    known = [m for name, m in words.cell.moments.items() if name in list(Moment) and span.start <= m.at <= span.end]
    return [
        {"x": span.place(m.at), "label": MOMENTS[Moment(m.name)].word.get(words.language)}
        for m in sorted(known, key=lambda m: (m.at, m.name))
    ]


def _people(words: Words, acts: Sequence[Act], span: Span) -> list[dict[str, Any]]:
    total = Counter(act.who for act in acts if act.who is not None)
    lanes = []
    for who, count in sorted(total.items(), key=lambda each: (-each[1], each[0]))[:_PEOPLE]:
        squares = Counter(min(_SQUARES - 1, int(span.place(act.at) * _SQUARES)) for act in acts if act.who == who)
        most = max(squares.values())
        lanes.append(
            {
                **_label(words, who),
                "count": str(count),
                "squares": [[place, 1 + round(2 * held / most)] for place, held in sorted(squares.items())],
            }
        )
    return lanes


def _label(words: Words, who: str | None) -> dict[str, str]:
    """A person's name and role, as far as they stand on one line of the margin."""
    name, role = clip(words.name(who).replace(BREAK, ""), _MARGIN), words.roles(who, 1)
    return {"label": name, "role": role if len(name) + len(role) <= _MARGIN and role != name else ""}


def _clock(words: Words, clock: Clock, span: Span) -> dict[str, Any]:
    done = clock.filed_at or clock.closed_at or clock.waived_at
    mark = "waived" if clock.status is ClockStatus.WAIVED else "open" if clock.open and not clock.filed_at else "done"
    due = clock.due
    return {
        "label": one_line(clock.typed(words.language), 40),
        "from": span.place(clock.start),
        "to": span.place(due or span.end),
        "beyond": due is None or due > span.end,
        "due": words.minute(due),
        "mark": mark,
        "at": span.place(done) if done else 1.0,
        "law": clock.visible.value,
    }
