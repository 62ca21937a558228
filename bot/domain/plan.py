"""Who is to hear what by when in the first 72 hours. Guarantee: the plan says what was done and what was not, from the
releases that stand and the clocks as they are; no more, and nothing of what a text says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from bot.domain.cell import Cell
from bot.domain.clocks import ClockStatus
from bot.domain.drafts import Draft, TextStanding
from bot.domain.heard import told_otherwise
from bot.domain.language import Both, Language

SPAN = timedelta(hours=72)


class Told(StrEnum):
    """How far a line of the plan has come. `DOWN`: what was said was taken down, and nothing has taken its place.
    `SENDING`: it was sent, and nobody is known to have it."""

    DONE = "done"
    DOWN = "down"
    SENDING = "sending"
    ASIDE = "aside"
    APPROVED = "approved"
    DRAFTED = "drafted"
    PAST = "past"
    TO_DO = "to_do"


@dataclass(frozen=True)
class Duty:
    """Somebody to be told: who, by which template, how long after the opening. `clock`: the rule of ours that says so
    too, `owed` only where it does; `kinds`: of which organisations; `ready`: it is kept ready, for whoever asks."""

    whom: Both
    template: str
    hours: float
    clock: str = ""
    kinds: tuple[str, ...] = ("hospital", "company", "medical_practice")
    ready: bool = False
    owed: bool = False


_STAFFED, _CARING = ("hospital", "company"), ("hospital", "medical_practice")
_FIRST = Both("Personnel, premier message", "Staff, first message")
_DISCREET = Both("Personnel, discrétion", "Staff, confidentiality")
_WORDS = Both("Standard, éléments de langage", "Switchboard, what to say")
_AGENCY = Both("ARS, note", "Regional health agency, note")
_SUPPLIERS = Both("Prestataires", "Suppliers")
_PRESS = Both("Presse, déclaration prête", "Press, statement ready")
_PATIENTS = Both("Patients, accès aux soins", "Patients, access to care")
_FAQ = Both("Public, questions et réponses", "Public, questions and answers")
_PARTNERS = Both("Partenaires, avant la presse", "Partners, before the press")
_CONCERNED = Both("Personnes concernées, si on les informe", "People concerned, if they are told")

DUTIES: tuple[Duty, ...] = (
    Duty(_FIRST, "TPL-01", 0.75, "HOUSE-STAFF-MESSAGE", _STAFFED),
    Duty(_DISCREET, "TPL-03", 1, kinds=_STAFFED),
    Duty(_WORDS, "TPL-04", 1, kinds=_STAFFED),
    Duty(_AGENCY, "TPL-13", 1, "HOUSE-ARS", ("hospital",), owed=True),
    Duty(_SUPPLIERS, "TPL-10", 1),
    Duty(_PRESS, "TPL-05", 2, "HOUSE-HOLDING", _STAFFED, ready=True),
    Duty(_PATIENTS, "TPL-06", 3, kinds=_CARING),
    Duty(_FAQ, "TPL-08", 4),
    Duty(_PARTNERS, "TPL-09", 6, "HOUSE-PARTNERS"),
    Duty(_CONCERNED, "TPL-07", 72),
)


@dataclass(frozen=True)
class Line:
    """One line of the plan. `due`: by when, `past` or not; `at`: since when it is done; `draft`: the text in hand."""

    whom: str
    template: str
    told: Told
    due: datetime
    at: datetime | None = None
    draft: Draft | None = None
    ready: bool = False
    past: bool = False


def plan(cell: Cell, language: Language, now: datetime) -> list[Line]:
    """The lines that concern this organisation, by time."""
    mine = [
        each for each in DUTIES if cell.incident.kind in each.kinds and (each.clock in cell.clocks or not each.owed)
    ]
    lines = [_line(cell, duty, language, now) for duty in mine]
    return sorted(lines, key=lambda line: line.due)


def _line(cell: Cell, duty: Duty, language: Language, now: datetime) -> Line:
    clock = cell.clocks.get(duty.clock)
    due = (clock.due if clock is not None else None) or cell.incident.opened_at + timedelta(hours=duty.hours)
    mine = [draft for _, draft in sorted(cell.drafts.items()) if draft.template == duty.template]
    releases = [release for draft in mine for release in draft.releases]
    out = min((release.arrived_at or release.at for release in releases if release.stands), default=None)
    last = mine[-1] if mine else None
    told, at = Told.PAST if now > due else Told.TO_DO, None
    if out is not None:
        told, at = Told.DONE, out
    elif clock is not None and clock.status is ClockStatus.WAIVED:
        told, at = Told.ASIDE, clock.waived_at
    elif clock is not None and clock.filed_at is not None and told_otherwise(cell, clock):
        told, at = Told.DONE, clock.filed_at
    elif last is not None and last.taken_down:
        told, at = Told.DOWN, max((each.withdrawn_at for each in releases if each.withdrawn_at), default=None)
    elif last is not None and last.released() is not None:
        told = Told.SENDING
    elif last is not None:
        standing = last.standing(cell.incident.severity, now)
        told = Told.APPROVED if standing is TextStanding.APPROVED else Told.DRAFTED
    return Line(duty.whom.get(language), duty.template, told, due, at, last, duty.ready, now > due)
