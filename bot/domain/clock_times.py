"""From moments to clocks: which ones run, and the two instants of each. Guarantee: an instant is always what the rule
computes from a moment that is recorded, and a change of a moment reaches every clock that counts from it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.domain import moments as words
from bot.domain.cell import Cell
from bot.domain.clocks import HOUSE_PARTY, Clock, ClockStatus, Ring, of_rule
from bot.domain.deadline_rules import Class, Duration, Method, Origin, Rule, Unit
from bot.domain.deadlines import Settings, due
from bot.domain.incident import Moment
from bot.domain.nudges import START, armed, rearmed
from bot.domain.parties import Party, Profile, calendar_of

OPENED, OBSERVED, ENDED = words.Moment.OPENED.value, words.Moment.OBSERVED.value, words.Moment.ENDED.value
_NOT_BY_ITSELF = frozenset({Method.RECURRING, Method.MANUAL})
"""What recurs belongs to the cell at work, and what is typed to whoever types it: no moment alone begins either."""


@dataclass(frozen=True)
class Changed:
    """What a change of the moments did: the new state, and each clock that differs, before (None: new) and after."""

    cell: Cell
    clocks: tuple[tuple[Clock | None, Clock], ...]


def applicable(rules: Mapping[str, Rule], profile: Profile) -> list[Rule]:
    """The rules that such an organisation may owe and that begin by themselves, in the order of the files."""
    return [rule for rule in rules.values() if rule.method not in _NOT_BY_ITSELF and profile.owing(rule)]


def opened(cell: Cell, rules: Mapping[str, Rule], profile: Profile, now: datetime) -> Changed:
    """The clocks that the opening starts, the rhythm of the cell too. Their beginning is said in the call, so that it
    rings nobody again."""
    changed = retimed(cell, rules, profile, now)
    zone = ZoneInfo(cell.incident.timezone)
    first = [
        replace(of_rule(rule, now), official_from=now, official_due=due(rule, now, zone).at)
        for rule in rules.values()
        if rule.recurs and rule.moment == OPENED and profile.owing(rule)
    ]
    changed = Changed(changed.cell, (*changed.clocks, *((None, clock) for clock in first)))
    told = [armed(replace(new, ring=Ring(step=START, step_at=now)), zone) for _, new in changed.clocks]
    return Changed(changed.cell.with_clocks(told), tuple((None, clock) for clock in told))


def ended(clock: Clock, now: datetime, by: str | None, *, note: str | None = None) -> Clock:
    """What recurs, once its round is done, or is not wanted any more (`by` is None)."""
    done = now if by else None
    closed = replace(clock, status=ClockStatus.CLOSED, closed_at=now, filed_at=done, filed_by=by, reference=note)
    return replace(closed, ring=replace(clock.ring, climb_at=None, held=True), next_at=None)


def again(clock: Clock, since: datetime, until: datetime, now: datetime, zone: ZoneInfo, owner: str | None) -> Clock:
    """The next round of what recurs: from then until then. Who begins it is told so, it rings nobody to say it."""
    begun = replace(
        clock, status=ClockStatus.RUNNING, rounds=clock.rounds + 1, started_at=now, owner=owner,
        prudent_from=None, prudent_due=None, official_from=since, official_due=until, filed_at=None, filed_by=None,
        reached=None, reference=None, closed_at=None, late_reason=None, waived_by=(), waived_at=None, waive_reason=None,
        waive_text=None, answers={}, ring=Ring(step=START, step_at=now),
    )  # fmt: skip
    return armed(begun, zone)


def lifted(cell: Cell, rules: Mapping[str, Rule], profile: Profile, now: datetime) -> Changed:
    """The clocks once the crisis is lifted. What begins with it is said as it is lifted, and is ours: it rings when it
    is due, and not before, people have just been sent to rest."""
    changed = retimed(cell, rules, profile, now)
    zone = ZoneInfo(cell.incident.timezone)

    def quiet(before: Clock | None, clock: Clock) -> Clock:
        if before is not None or clock.moment != ENDED or clock.visible is not Class.HOUSE or clock.due is None:
            return clock
        return armed(replace(clock, ring=Ring(step=START, step_at=clock.due - timedelta(seconds=1))), zone)

    clocks = tuple((before, quiet(before, clock)) for before, clock in changed.clocks)
    return Changed(changed.cell.with_clocks(clock for _, clock in clocks), clocks)


def retimed(cell: Cell, rules: Mapping[str, Rule], profile: Profile, now: datetime) -> Changed:
    """Every clock at the instants that the moments give it now; those that begin with them are started."""
    zone = ZoneInfo(cell.incident.timezone)
    differing: list[tuple[Clock | None, Clock]] = []
    for clock in cell.clocks.values():
        rule = rules.get(clock.rule)
        if rule is None or clock.status in (ClockStatus.CLOSED, ClockStatus.WAIVED):
            continue
        after = timed(clock, rule, rules, cell.moments, zone, profile.party(clock.party))
        if after is None or after == clock:
            continue
        moved = (after.due, after.status) != (clock.due, clock.status)
        if moved and after.status is ClockStatus.RUNNING:
            after = rearmed(after, now, zone)
        differing.append((clock, armed(after, zone)))
    known = {(clock.rule, clock.party) for clock in cell.clocks.values()}
    for rule in applicable(rules, profile):
        # What the organisation owed as a whole when the crisis began is not owed anew by its parts.
        owing = () if (rule.id, HOUSE_PARTY) in known else profile.owing(rule)
        for party in (each for each in owing if (rule.id, each.id) not in known):
            begun = timed(party.bound(of_rule(rule, now, party.id), rule), rule, rules, cell.moments, zone, party)
            # A text that does not apply on the day from which it would count starts nothing.
            if begun is not None and rule.valid_on(begun.start.astimezone(party.clock(zone)).date()):
                differing.append((None, armed(begun, zone)))
    return Changed(cell.with_clocks(after for _, after in differing), tuple(differing))


def timed(
    clock: Clock, rule: Rule, rules: Mapping[str, Rule], moments: Mapping[str, Moment], zone: ZoneInfo, party: Party
) -> Clock | None:
    """The clock at its instants, by its party's own days; None while the moment from which it counts is unknown."""
    if clock.rounds:
        return clock
    start, site = start_of(rule, clock.party), party.clock(zone)
    recorded, first = moments.get(start), _prudent(rule, moments)
    if rule.follows is not None and recorded is None:
        return _expected(clock, rule, rules, moments, site, party)
    given = Settings(calendar=_calendar(rule, site), contract=_contract(clock))
    if recorded is None and first is None:
        return None

    def until(start: datetime) -> datetime:
        return due(rule, start, site, replace(given, classified=_classified(rule, moments, start))).at

    status = ClockStatus.RUNNING if clock.status is ClockStatus.PROVISIONAL else clock.status
    after = replace(clock, status=status, prudent_from=None, prudent_due=None, official_from=None, official_due=None)
    if first is not None:
        after = replace(after, prudent_from=first.at, prudent_due=until(first.at))
    if recorded is not None:
        after = replace(after, official_from=recorded.at, official_due=until(recorded.at))
    return after


def start_of(rule: Rule, party: str) -> str:
    """The moment that starts a party's clock: one for all, or that party's own filing of the stage before."""
    return rule.moment if rule.follows is None or party == HOUSE_PARTY else f"{rule.moment}/{party}"


def filing_moments(rules: Mapping[str, Rule], clock: Clock) -> tuple[str, ...]:
    """The moments that filing a clock sets: its own, and that of the stage that it is an instance of."""
    rule = rules.get(clock.rule)
    stages = (clock.rule, *((rule.stage,) if rule is not None and rule.stage else ()))
    suffix = "" if clock.party == HOUSE_PARTY else f"/{clock.party}"
    return tuple(f"{words.FILED}{stage}{suffix}" for stage in stages)


def _contract(clock: Clock) -> Duration | None:
    minutes = clock.contract_minutes
    return None if minutes is None else Duration(minutes, Unit.MINUTES, Origin.CONTRACT)


def _classified(rule: Rule, moments: Mapping[str, Moment], start: datetime) -> datetime | None:
    """When the incident was classified, where the rule counts from that too; with what starts it, at the earliest."""
    found = moments.get(words.Moment.CLASSIFIED.value) if rule.classified is not None else None
    return max(found.at, start) if found is not None else None


def _calendar(rule: Rule, site: ZoneInfo) -> str | None:
    """The site's own holidays, where the rule counts the days of that country."""
    local = calendar_of(site.key)
    return local if local and rule.calendar == local.partition("-")[0] else None


def _prudent(rule: Rule, moments: Mapping[str, Moment]) -> Moment | None:
    """The first sign, which stands for a moment that is not recorded yet."""
    moment = words.find_moment(rule.moment)
    return moments.get(OBSERVED) if moment is not None and words.MOMENTS[moment].prudent else None


def _expected(
    clock: Clock, rule: Rule, rules: Mapping[str, Rule], moments: Mapping[str, Moment], zone: ZoneInfo, party: Party
) -> Clock | None:
    """A clock that follows a filing that is not made yet: as if each stage before were filed when it is due."""
    trigger = _before_due(rule, rules, moments, zone, party)
    if trigger is None:
        return None
    return replace(
        clock,
        status=ClockStatus.PROVISIONAL,
        prudent_from=trigger,
        prudent_due=due(rule, trigger, zone).at,
        official_from=None,
        official_due=None,
    )


def _before_due(
    rule: Rule, rules: Mapping[str, Rule], moments: Mapping[str, Moment], zone: ZoneInfo, party: Party
) -> datetime | None:
    """When the stage before is due, in the form that this party owes (a trust service provider notifies sooner)."""
    forms = [each for each in rules.values() if rule.follows is not None and rule.follows in (each.id, each.stage)]
    before = next((each for each in forms if party.owes(each)), None)
    return _stage_due(before, rules, moments, zone, party) if before else None


def _stage_due(
    rule: Rule, rules: Mapping[str, Rule], moments: Mapping[str, Moment], zone: ZoneInfo, party: Party
) -> datetime | None:
    """When a stage is due by what is known: its moment, the first sign in its place, or the stage before it."""
    known = moments.get(start_of(rule, party.id)) or _prudent(rule, moments)
    trigger = known.at if known is not None else _before_due(rule, rules, moments, zone, party)
    return due(rule, trigger, zone, Settings(classified=_classified(rule, moments, trigger))).at if trigger else None


def reconsider(cell: Cell, answers: Mapping[str, str], now: datetime) -> Changed:
    """Clocks that were set aside come back once an answer on which they rested has changed (`yes`, `no`, `unknown`), or
    the standing of a fact that their reason named.

    A "no" sets nothing aside by itself: see `proposed`.
    """
    standing = {fact.id: fact.status.value for fact in cell.facts.values() if not fact.withdrawn}
    zone = ZoneInfo(cell.incident.timezone)
    back: list[tuple[Clock | None, Clock]] = []
    for clock in cell.clocks.values():
        if clock.status is not ClockStatus.WAIVED:
            continue
        changed = [q for q in clock.rests_on if answers.get(q, "unknown") != clock.answers.get(q, "unknown")]
        facts = [name for name, was in clock.answers.items() if name[:1] == "F" and standing.get(name) != was]
        if facts or any(answers.get(q, "unknown") != "no" for q in changed):
            back.append((clock, restored(clock, now, zone)))
    return Changed(cell.with_clocks(after for _, after in back), tuple(back))


def come_back(cell: Cell, rules: Mapping[str, Rule], profile: Profile, now: datetime) -> Changed:
    """What `reconsider` brings back, at the instants that the moments give it by now, and what moves with it."""
    back = reconsider(cell, cell.answer_words, now)
    if not back.clocks:
        return back
    moved = retimed(back.cell, rules, profile, now)
    returned = {new.id: old for old, new in back.clocks}
    first = tuple((old, moved.cell.clocks[identifier]) for identifier, old in returned.items())
    return Changed(moved.cell, (*first, *(pair for pair in moved.clocks if pair[1].id not in returned)))


def restored(clock: Clock, now: datetime, zone: ZoneInfo) -> Clock:
    """A clock that was set aside, running again; a stage that waits for another, waiting again."""
    waits = words.filed_rule(clock.moment) is not None and clock.official_due is None
    running = replace(
        clock,
        status=ClockStatus.PROVISIONAL if waits else ClockStatus.RUNNING,
        waived_by=(),
        waived_at=None,
        waive_reason=None,
        waive_text=None,
        answers={},
    )
    return rearmed(running, now, zone)


def reopened(clock: Clock) -> Clock:
    """A clock that was filed, closed or set aside, running again, without what had ended it."""
    return replace(
        clock, status=ClockStatus.RUNNING, filed_at=None, filed_by=None, reached=None, reference=None, closed_at=None,
        late_reason=None, waived_by=(), waived_at=None, waive_reason=None, waive_text=None, answers={},
    )  # fmt: skip


def awaiting(cell: Cell, rules: Mapping[str, Rule], clock: Clock) -> list[Clock]:
    """The stages that wait for this one to be filed by the same party, near and far."""
    return _following(cell, rules, clock, lambda each: each.status is ClockStatus.PROVISIONAL)


def aside_with(cell: Cell, rules: Mapping[str, Rule], clock: Clock) -> list[Clock]:
    """The stages that were set aside with this one, since they had nothing to wait for any more."""
    if clock.status is not ClockStatus.WAIVED:
        return []
    same = (clock.waived_at, clock.waived_by)
    return _following(
        cell, rules, clock,
        lambda each: each.status is ClockStatus.WAIVED and (each.waived_at, each.waived_by) == same,
    )  # fmt: skip


def _following(cell: Cell, rules: Mapping[str, Rule], clock: Clock, wanted: Callable[[Clock], bool]) -> list[Clock]:
    rule = rules.get(clock.rule)
    stages = {clock.rule, rule.stage if rule is not None else None}
    found = [
        each
        for each in cell.clocks.values()
        if each.party == clock.party and wanted(each) and words.filed_rule(each.moment) in stages - {None}
    ]
    return [*found, *(later for each in found for later in _following(cell, rules, each, wanted))]


def proposed(cell: Cell, answers: Mapping[str, str]) -> list[Clock]:
    """The clocks that a "no" proposes to set aside; nothing happens before somebody does it."""
    return [
        clock
        for clock in cell.clocks.values()
        if clock.open and clock.waivable and any(answers.get(question) == "no" for question in clock.rests_on)
    ]


def by_party(clocks: Iterable[Clock], rule: str, party: str | None) -> list[Clock]:
    """The clocks of a rule, of one party if it is named."""
    return [c for c in clocks if c.rule == rule and (party is None or c.party == party)]
