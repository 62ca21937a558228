"""Clocks (French *échéances*): what is owed, by whom, by when, and how far it has gone.

Owns three guarantees. A clock has two instants: the prudent one, from the first sign, and the official one, from a
recorded finding; "late" exists against the official one only. A figure that is ours is never called the law's. A clock
closes only with a proof of filing, or is set aside by two people for a reason that is kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from bot.domain.deadline_rules import USUAL_NUDGES, Class, NudgePlan, Rule, Status
from bot.domain.language import Language
from bot.domain.playbook import Text
from bot.domain.roles import Role

HOUSE_PARTY = "organisation"
"""The party that owes where the configuration names none."""

TYPED = "typed"
"""The moment of a clock of our own: somebody typed how long."""


class ClockStatus(StrEnum):
    """`provisional`: it runs once the stage before is filed; `filed`: filed, the receipt is awaited."""

    PROVISIONAL = "provisional"
    RUNNING = "running"
    FILED = "filed"
    CLOSED = "closed"
    WAIVED = "waived"


class Standing(StrEnum):
    """What a clock's time has become, as people see it. `LATE` is said of the law's own figure or a contract's only."""

    RUNNING = "running"
    SOON = "soon"
    PRUDENT_PAST = "prudent_past"
    LATE = "late"
    NO_FIGURE_PAST = "no_figure_past"
    TARGET_PAST = "target_past"


class WaiveReason(StrEnum):
    """Why a clock is set aside; an authority reads it."""

    NOT_APPLICABLE = "not_applicable"
    RISK_UNLIKELY = "risk_unlikely"
    ALREADY_INFORMED = "already_informed"
    OTHER_PARTY = "other_party"


@dataclass(frozen=True)
class Ring:
    """How far the nudging of a clock has gone.

    `step` is the last step that rang, planned for `step_at`, and rung at `rang_at`; `rung` how far it climbed (see
    `bot.domain.nudges`); `climb_at` when it climbs again unless somebody takes it; `told` who was rung for this step,
    `seen` who said that they saw it; `held` whether somebody took charge during this step; `unheld_told` whether it was
    said, once, to all above that nobody holds its role.
    """

    step: str = ""
    step_at: datetime | None = None
    rung: int = 0
    climb_at: datetime | None = None
    told: tuple[str, ...] = ()
    seen: tuple[str, ...] = ()
    held: bool = False
    rang_at: datetime | None = None
    unheld_told: bool = False


@dataclass(frozen=True)
class Clock:
    """One rule owed by one party, or a clock of our own (`rule` is `E5`).

    `names` is what people type; `owner_role` whose it is, `owner` who took it. `prudent_*` count from the first sign,
    `official_*` from the recorded moment. `reached` is who was told by telephone. `rests_on` are the facts that keep
    it, `answers` what they were when it was set aside. `plan` is when it is called to mind. `rounds` is how often it
    was begun anew: its time is then what that act gave it, and follows no moment.
    """

    rule: str
    names: Text
    title: Text
    visible: Class
    owner_role: Role
    moment: str
    started_at: datetime
    party: str = HOUSE_PARTY
    status: ClockStatus = ClockStatus.RUNNING
    legal_status: str = Status.HOUSE.value
    without_figure: bool = False
    authority: Text | None = None
    reference_text: Text | None = None
    waivable: bool = True
    data_protection: bool = False
    rests_on: tuple[str, ...] = ()
    prudent_from: datetime | None = None
    prudent_due: datetime | None = None
    official_from: datetime | None = None
    official_due: datetime | None = None
    owner: str | None = None
    filed_at: datetime | None = None
    filed_by: str | None = None
    reached: str | None = None
    reference: str | None = None
    closed_at: datetime | None = None
    late_reason: str | None = None
    waived_by: tuple[str, ...] = ()
    waived_at: datetime | None = None
    waive_reason: WaiveReason | None = None
    waive_text: str | None = None
    answers: Mapping[str, str] = field(default_factory=dict)
    contract_minutes: int | None = None
    ring: Ring = Ring()
    next_at: datetime | None = None
    plan: NudgePlan = USUAL_NUDGES
    rounds: int = 0

    @property
    def id(self) -> str:
        """What names it within the incident: the rule, and the party where there are several."""
        return self.rule if self.party == HOUSE_PARTY else f"{self.rule}/{self.party}"

    @property
    def own(self) -> bool:
        """Whether it is a clock of our own, that no rule asks for."""
        return self.moment == TYPED

    @property
    def number(self) -> int | None:
        """The number of a clock of our own."""
        return int(self.rule[1:]) if self.own else None

    def typed(self, language: Language) -> str:
        """What one types to name it."""
        name = self.names.get(language)
        return name if self.party == HOUSE_PARTY else f"{name}/{self.party}"

    @property
    def due(self) -> datetime | None:
        """The instant that drives the nudges: the official one once it is known, the prudent one till then."""
        return self.official_due or self.prudent_due

    @property
    def start(self) -> datetime:
        """From when its time elapses."""
        return (self.official_from if self.official_due else self.prudent_from) or self.started_at

    @property
    def hypothesis(self) -> bool:
        """Whether only the first sign is known: knowledge has not been found yet."""
        return self.official_due is None and self.prudent_due is not None

    @property
    def open(self) -> bool:
        """Whether something is still to be done, the receipt too."""
        return self.status in (ClockStatus.PROVISIONAL, ClockStatus.RUNNING, ClockStatus.FILED)

    @property
    def climbs(self) -> bool:
        """Whether it goes past the coordinator, and repeats once it is past: what binds, in force."""
        binding = (Status.IN_FORCE.value, Status.CONTRACT.value)
        return self.visible is not Class.HOUSE and self.legal_status in binding

    def late_at(self, at: datetime) -> bool:
        """Whether filing at that time is late: after the official instant of a figure that is not ours."""
        figure = self.visible is not Class.HOUSE and not self.without_figure
        return figure and self.official_due is not None and at > self.official_due

    def standing(self, now: datetime) -> Standing:
        """What its time has become. Meaningful while it is provisional or running."""
        if self.due is None or now < self.due:
            near = self.due is not None and self.due - now <= timedelta(hours=2)
            return Standing.SOON if near else Standing.RUNNING
        if self.visible is Class.HOUSE:
            return Standing.TARGET_PAST
        if self.without_figure:
            return Standing.NO_FIGURE_PAST
        return Standing.LATE if self.official_due is not None else Standing.PRUDENT_PAST

    def taken(self, owner: str) -> Clock:
        """The same in somebody's hands: for this step nobody else is rung."""
        seen = tuple(dict.fromkeys((*self.ring.seen, owner)))
        return replace(self, owner=owner, ring=replace(self.ring, held=True, climb_at=None, seen=seen))

    def seen_by(self, user: str) -> Clock:
        """The same once somebody has seen its last nudge; only its owner's seeing stops the climb."""
        seen = tuple(dict.fromkeys((*self.ring.seen, user)))
        stops = self.owner == user
        climb_at = None if stops else self.ring.climb_at
        return replace(self, ring=replace(self.ring, seen=seen, held=self.ring.held or stops, climb_at=climb_at))


@dataclass(frozen=True)
class MomentChange:
    """One recording of a moment, kept for ever: what it was before, what it became, who said so, and why.

    `typed_by` is the one who typed, where that is not the author.
    """

    number: int
    name: str
    at: datetime
    set_by: str | None
    set_at: datetime
    reason: str | None = None
    previous: datetime | None = None
    typed_by: str | None = None


def of_rule(rule: Rule, started_at: datetime, party: str = HOUSE_PARTY) -> Clock:
    """A rule's clock, without its instants. What it says of the rule is the rule as it stands today."""
    return Clock(
        rule=rule.id,
        names=rule.names,
        title=rule.title,
        visible=rule.visible,
        owner_role=rule.owner,
        moment=rule.moment,
        started_at=started_at,
        party=party,
        legal_status=rule.legal_status.value,
        without_figure=rule.without_figure,
        authority=rule.authority.name,
        reference_text=rule.reference,
        waivable=rule.waivable,
        data_protection=rule.data_protection,
        rests_on=rule.facts,
        plan=rule.nudges,
    )


def left(due: datetime, now: datetime) -> timedelta:
    """What is left, rounded down to the second; negative once it is past."""
    return timedelta(seconds=(due - now) // timedelta(seconds=1))


CLASS_ORDER = {Class.LAW: 0, Class.CONTRACT: 1, Class.HOUSE: 2}
"""The law before a contract, both before what is ours."""


def urgency(clock: Clock) -> tuple[int, float, int, str]:
    """The key by which clocks are shown, the most urgent first: what is open, by time, the law before the rest."""
    rank = {ClockStatus.RUNNING: 0, ClockStatus.FILED: 1, ClockStatus.PROVISIONAL: 2}.get(clock.status, 3)
    due = clock.due.timestamp() if clock.due else float("inf")
    return rank, due, CLASS_ORDER[clock.visible], clock.id
