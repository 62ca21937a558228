"""When a clock is due. Guarantee: the time shown is the earliest that can be defended, right to the second.

Hours are elapsed hours in universal time, never the clock on the wall, which would be an hour late over the
end of summer time. The later readings (Regulation (EEC, Euratom) 1182/71, local holidays) are computed
beside, for the audit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.domain.calendars import (
    add_working_days,
    has_local_holidays,
    is_working_day,
    next_working_day,
    working_days_between,
)
from bot.domain.deadline_rules import Class, Duration, Lenient, Method, Origin, Rule, Status, Unit
from bot.domain.deadline_words import BASIS, NOTES, REFUSALS, filled, span
from bot.domain.local_time import earliest, end_of, month_later, next_full_hour
from bot.domain.playbook import Text

_NOON = time(12)


class DeadlineRefusedError(ValueError):
    """What was given makes no deadline; `text` is the sentence, without its full stop."""

    def __init__(self, text: Text) -> None:
        super().__init__(text.en)
        self.text = text


@dataclass(frozen=True)
class Settings:
    """What the computation takes besides the trigger. Instants are aware.

    `calendar` (of `bot.domain.calendars`) stands before the rule's own. `contract` is in minutes, hours, days
    (of twenty-four hours) or working days.
    """

    calendar: str | None = None
    classified: datetime | None = None
    contract: Duration | None = None
    due: datetime | None = None
    last: datetime | None = None
    weekend_rule: bool = False


@dataclass(frozen=True)
class Due:
    """A computed deadline, instants in UTC: when, by the later reading (or None), why, by whose figure."""

    rule: Rule
    trigger: datetime
    at: datetime
    lenient: datetime | None
    basis: Text
    source: Origin
    notes: tuple[Text, ...] = ()


@dataclass(frozen=True)
class _Case:
    """One computation: `start` is aware UTC, `zone` is the site's."""

    rule: Rule
    start: datetime
    zone: ZoneInfo
    given: Settings

    @property
    def local(self) -> datetime:
        return self.start.astimezone(self.zone)

    @property
    def calendar(self) -> str:
        return self.given.calendar or self.rule.calendar or "FR"

    @property
    def figure(self) -> Duration:
        if self.rule.duration is None:
            raise ValueError(f"{self.rule.id} has no duration")
        return self.rule.duration


@dataclass(frozen=True)
class _Found:
    at: datetime
    basis: Text
    source: Origin
    lenient: datetime | None = None
    notes: tuple[Text, ...] = ()


def due(rule: Rule, trigger: datetime, zone: ZoneInfo, given: Settings = Settings()) -> Due:
    """Compute when a rule is due for a trigger (aware) on a site's clock.

    Raises DeadlineRefusedError where what is given makes no deadline.
    """
    case = _Case(rule, trigger.astimezone(UTC), zone, given)
    try:
        found = _METHODS[rule.method](case)
        notes = (*found.notes, *_standing(rule, case.local.date()))
    except OverflowError:
        raise DeadlineRefusedError(REFUSALS["too_far"]) from None
    return Due(rule, case.start, found.at, found.lenient, found.basis, found.source, notes)


def provisional(
    rules: Mapping[str, Rule], rule: Rule, trigger: datetime, zone: ZoneInfo, given: Settings = Settings()
) -> Due:
    """Compute a clock that follows a filing not made yet, as if each stage were filed when it is due.

    `trigger` is the moment of the first stage. What is given belongs to the last stage.
    """
    if rule.follows is None:
        return due(rule, trigger, zone, given)
    before = provisional(rules, rules[rule.follows], trigger, zone)
    return due(rule, before.at, zone, given)


# -- methods ------------------------------------------------------------


def _hours(case: _Case) -> _Found:
    figure = case.figure
    lenient = None
    if case.rule.lenient is Lenient.NEXT_HOUR:
        lenient = next_full_hour(case.start, case.zone) + figure.elapsed
    return _with_weekend(case, _plain(case, case.start + figure.elapsed, "hours", lenient))


def _days(case: _Case) -> _Found:
    last = case.local.date() + timedelta(days=case.figure.value)
    return _plain(case, end_of(last, case.zone), "days", _later_day(case, last))


def _days_keep_time(case: _Case) -> _Found:
    last = case.local.date() + timedelta(days=case.figure.value)
    at = earliest(datetime.combine(last, case.local.time()), case.zone)
    return _plain(case, at, "days_keep_time", _later_day(case, last))


def _months(case: _Case) -> _Found:
    last = month_later(case.local.date(), case.figure.value)
    at = earliest(datetime.combine(last, case.local.time()), case.zone)
    return _with_weekend(case, _plain(case, at, "months", _later_day(case, last)))


def _working_days(case: _Case) -> _Found:
    start, count = case.local.date(), case.figure.value
    at = end_of(add_working_days(start, count, case.calendar), case.zone)
    lenient = None
    if has_local_holidays(case.calendar):
        lenient = end_of(add_working_days(start, count, case.calendar, local=True), case.zone)
    return _not_before_contract(case, _plain(case, at, "working_days", lenient))


def _business_days(case: _Case) -> _Found:
    cutoff = case.rule.cutoff
    if cutoff is None:
        raise ValueError(f"{case.rule.id} has no cut-off hour")
    zone = ZoneInfo(cutoff.zone)
    last = add_working_days(case.start.astimezone(zone).date(), case.figure.value, case.calendar)
    at = earliest(datetime.combine(last, cutoff.at), zone)
    return _plain(case, at, "business_days", cutoff=f"{cutoff.at:%H:%M}", zone=cutoff.zone)


def _asap(case: _Case) -> _Found:
    if case.given.contract is not None and case.rule.contractual:
        found = _contract(case, case.given.contract)
        notes = (NOTES["no_figure_contract"],) if case.rule.without_figure else ()
        return replace(found, notes=notes)
    key = "house" if case.rule.visible is not Class.LAW else "asap"
    found = _plain(case, case.start + case.figure.elapsed, key)
    if case.rule.without_figure:
        return replace(found, notes=(NOTES["no_figure"],))
    if case.rule.visible is Class.CONTRACT:
        return replace(found, notes=(filled(NOTES["no_contract"], span=span(case.figure)),))
    return found


def _min_of(case: _Case) -> _Found:
    """DORA: four hours from the classification, a day from awareness at most, and article 5(2) of its RTS."""
    rule, classified = case.rule, case.given.classified
    if rule.classified is None:
        raise ValueError(f"{rule.id} counts nothing from the classification")
    words = {"span": span(case.figure), "classified": span(rule.classified)}
    cap = case.start + case.figure.elapsed
    if classified is None:
        note = filled(NOTES["not_classified"], span=span(rule.classified))
        found = replace(_plain(case, cap, "hours"), notes=(note,))
        return _with_weekend(case, found)
    classified = classified.astimezone(UTC)
    if classified < case.start:
        raise DeadlineRefusedError(REFUSALS["classified_early"])
    after = classified + rule.classified.elapsed
    if classified > cap:
        at, key = after, "late_classification"
    else:
        at, key = min((cap, "awareness"), (after, "classification"))
    return _with_weekend(case, _Found(at, filled(BASIS[key], **words), case.figure.origin))


def _recurring(case: _Case) -> _Found:
    figure = case.figure
    last = case.given.last.astimezone(UTC) if case.given.last else case.start
    again = replace(case, start=last)
    if figure.unit is not Unit.MONTHS:
        return _plain(again, last + figure.elapsed, "recurring")
    local = again.local
    at = earliest(datetime.combine(month_later(local.date(), figure.value), local.time()), case.zone)
    return _plain(again, at, "recurring_months")


def _manual(case: _Case) -> _Found:
    if case.given.due is None:
        raise DeadlineRefusedError(filled(REFUSALS["due_missing"], rule=case.rule.id))
    at = case.given.due.astimezone(UTC)
    if at < case.start:
        raise DeadlineRefusedError(REFUSALS["due_early"])
    return _Found(at, BASIS["manual"], Origin.TYPED)


_METHODS: Mapping[Method, Callable[[_Case], _Found]] = {
    Method.HOURS: _hours,
    Method.DAYS: _days,
    Method.DAYS_KEEP_TIME: _days_keep_time,
    Method.WORKING_DAYS: _working_days,
    Method.BUSINESS_DAYS: _business_days,
    Method.MONTHS: _months,
    Method.ASAP: _asap,
    Method.MIN_OF: _min_of,
    Method.RECURRING: _recurring,
    Method.MANUAL: _manual,
}


# -- parts ------------------------------------------------------------


def _plain(case: _Case, at: datetime, key: str, lenient: datetime | None = None, **words: str) -> _Found:
    figure = case.figure
    basis = filled(BASIS[key], span=span(figure), calendar=_country(case.calendar), **words)
    return _Found(at, basis, figure.origin, lenient)


def _country(calendar: str) -> str:
    """Whose national holidays a calendar takes off: `FR` of `FR-RE`."""
    return calendar.partition("-")[0]


def _later_day(case: _Case, last: date) -> datetime | None:
    """The later reading of a period in days or months: its last day's end, put off to a working day.

    Regulation 1182/71 art. 3(4); and art. 3(5), of two days or more at least two are working days.
    """
    reading = case.rule.lenient
    if reading is Lenient.END_OF_DAY:
        return end_of(last, case.zone)
    if reading is not Lenient.ROLLED:
        return None
    start, calendar = case.local.date(), case.calendar
    last = next_working_day(last, calendar, local=True)
    if case.figure.unit is Unit.DAYS and case.figure.value >= 2:
        while working_days_between(start, last, calendar, local=True) < 2:
            last = next_working_day(last + timedelta(days=1), calendar, local=True)
    return end_of(last, case.zone)


def _with_weekend(case: _Case, found: _Found) -> _Found:
    """Delegated Regulation (EU) 2025/301 art. 5(4): noon of the next working day, for those who may."""
    if not (case.rule.weekend_rule and case.given.weekend_rule):
        return found
    day = found.at.astimezone(case.zone).date()
    notes = (*found.notes, NOTES["unless_weekend"])
    if is_working_day(day, case.calendar, local=True):
        return replace(found, lenient=found.lenient or found.at, notes=notes)
    noon = datetime.combine(next_working_day(day, case.calendar, local=True), _NOON)
    return replace(found, lenient=earliest(noon, case.zone), notes=notes)


def _contract(case: _Case, contract: Duration) -> _Found:
    if contract.unit is Unit.WORKING_DAYS:
        at = end_of(add_working_days(case.local.date(), contract.value, case.calendar), case.zone)
        key = "contract_days"
    else:
        at, key = case.start + contract.elapsed, "contract"
    basis = filled(BASIS[key], span=span(contract), calendar=_country(case.calendar))
    return _Found(at, basis, Origin.CONTRACT)


def _not_before_contract(case: _Case, found: _Found) -> _Found:
    """A contract may give more time than the law's floor; less is only said (Code des assurances L. 113-2)."""
    contract = case.given.contract
    if contract is None or not case.rule.contractual:
        return found
    other = _contract(case, contract)
    if other.at < found.at:
        return replace(found, notes=(filled(NOTES["shorter_contract"], span=span(contract)),))
    lenient = None if found.lenient is None else max(found.lenient, other.at)
    return replace(other, lenient=lenient)


def _standing(rule: Rule, day: date) -> tuple[Text, ...]:
    """What the reader must know about the text itself, on the day of the trigger."""
    notes = []
    if rule.legal_status is Status.PENDING:
        notes.append(NOTES["pending"])
    if rule.legal_status is Status.PROPOSAL:
        notes.append(NOTES["proposal"])
    if rule.valid_from and day < rule.valid_from:
        notes.append(filled(NOTES["not_yet"], day=_dated(rule.valid_from)))
    if rule.valid_to and day > rule.valid_to:
        notes.append(filled(NOTES["no_longer"], day=_dated(rule.valid_to)))
    if rule.source.kind == "memory":
        notes.append(NOTES["memory"])
    return tuple(notes)


def _dated(day: date) -> Text:
    return Text(f"{day:%d/%m/%Y}", day.isoformat())
