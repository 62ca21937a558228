"""A clock as a line that people read. Guarantee: what is left is rounded down, and a clock is called late for its
standing, never for the look of its time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain.cell import Cell
from bot.domain.clocks import CLASS_ORDER, Clock, ClockStatus, Standing, WaiveReason, left
from bot.domain.deadline_rules import Class
from bot.domain.moments import MOMENTS, Moment, filed_rule, find_moment
from bot.domain.nudges import orphan, responsible
from bot.domain.playbook import Text
from bot.domain.roles import Role

_FINDING, _OPINION = Text("constat", "finding"), Text("avis du DPO", "DPO’s opinion")
_FILING, _RECEIPT = Text("dépôt", "filing"), Text("accusé", "receipt")
_CLASSIFICATION = Text("classement", "classification")
CLASSIFIED = "EU-DORA-19-INIT"
"""Delegated Regulation (EU) 2025/301 art. 5(1)(a): its time counts from the classification as major, too."""
_MINUTE, _QUARTER, _HOUR = timedelta(minutes=1), timedelta(minutes=15), timedelta(hours=1)


@dataclass(frozen=True)
class ClockLine:
    """One clock, at one time. `left` is what is left, `past` how long ago it ended; one of them is None.

    `holder` is who answers for it: who took it, or whom it falls to; `stands_in` says that nobody holds its role.
    `seen` are those who have seen the last nudge; `stage` what people call the clock from whose filing it counts.
    `tenths` is how much of its time has elapsed, None where none runs; `missing` what it lacks before it can close;
    `classified` when the incident was classified, of what counts from that too.
    """

    clock: Clock
    standing: Standing
    left: timedelta | None
    past: timedelta | None
    holder: str | None
    seen: tuple[str, ...]
    stands_in: bool = False
    stage: Text | None = None
    tenths: int | None = None
    missing: tuple[Text, ...] = ()
    classified: datetime | None = None

    @property
    def unclassified(self) -> bool:
        """Whether its time may come sooner, once the incident is classified."""
        return _CLASSIFICATION in self.missing

    @property
    def sign(self) -> str:
        """The sign that stands before the words, never instead of them."""
        by_status = {
            ClockStatus.FILED: "📨",
            ClockStatus.CLOSED: "✅",
            ClockStatus.WAIVED: "➖",
            ClockStatus.PROVISIONAL: "⏳",
        }
        by_standing = {Standing.RUNNING: "🟢", Standing.SOON: "🟠"}
        return by_status.get(self.clock.status) or by_standing.get(self.standing, "🔴")

    @property
    def bar(self) -> str:
        """How much of its time has elapsed, in ten blocks that read alike on a phone, a watch and in plain text."""
        return "" if self.tenths is None else "▓" * self.tenths + "░" * (10 - self.tenths)

    @property
    def started_by(self) -> Text:
        """What people call the moment from which it counts; for a stage that is filed first, that stage."""
        word = find_moment(self.clock.moment)
        if word is not None:
            return Text(*MOMENTS[word].word)
        if self.stage is not None:
            return Text(f"dépôt de {self.stage.fr}", f"filing of {self.stage.en}")
        return Text("dépôt de l’étape précédente", "filing of the stage before")

    @property
    def follows(self) -> bool:
        """Whether it counts from a filing."""
        return filed_rule(self.clock.moment) is not None


def line(cell: Cell, clock: Clock, now: datetime, *, coarse: bool = False) -> ClockLine:
    """The line of a clock. `coarse` rounds what is left down further the more there is, for what is edited in place."""
    rest, past = None, None
    if clock.due is not None and now < clock.due:
        rest = _coarse(clock.due, now) if coarse else left(clock.due, now)
    elif clock.due is not None:
        past = _since(clock.due, now) if coarse else -left(clock.due, now)
    holder = clock.owner or responsible(cell, clock)
    stage = _stage(cell, clock)
    return ClockLine(
        clock, clock.standing(now), rest, past, holder, clock.ring.seen, orphan(cell, clock), stage,
        _tenths(clock, now), _missing(cell, clock), _classified(cell, clock),
    )  # fmt: skip


def _tenths(clock: Clock, now: datetime) -> int | None:
    """How many tenths of a clock's time have elapsed, rounded down; all of them once it is past."""
    if clock.status is not ClockStatus.RUNNING or clock.due is None:
        return None
    whole = clock.due - clock.start
    if now >= clock.due or whole <= timedelta(0):
        return 10
    return max(0, (now - clock.start) * 10 // whole)


def _missing(cell: Cell, clock: Clock) -> tuple[Text, ...]:
    """What a duty lacks: the finding, the classification, the opinion beside the decision, the filing; or the receipt
    alone."""
    if clock.status is ClockStatus.FILED:
        return (_RECEIPT,)
    if clock.status is not ClockStatus.RUNNING or clock.visible is Class.HOUSE:
        return ()
    found = [_FINDING] if clock.hypothesis and filed_rule(clock.moment) is None else []
    decides = clock.data_protection and clock.owner_role is Role.DIRECTOR and not clock.own
    found += [_CLASSIFICATION] if clock.rule == CLASSIFIED and _classified(cell, clock) is None else []
    found += [_OPINION] if decides and cell.opinion_on(clock.id) is None else []
    return (*found, _FILING)


def _classified(cell: Cell, clock: Clock) -> datetime | None:
    moment = cell.moments.get(Moment.CLASSIFIED.value) if clock.rule == CLASSIFIED else None
    return moment.at if moment is not None else None


def _stage(cell: Cell, clock: Clock) -> Text | None:
    before = filed_rule(clock.moment)
    return next((each.names for each in cell.clocks.values() if each.rule == before), None) if before else None


def lines(cell: Cell, now: datetime, *, coarse: bool = False) -> list[ClockLine]:
    """Every clock, the most urgent first."""
    return [line(cell, clock, now, coarse=coarse) for clock in cell.by_urgency]


def foremost(shown: list[ClockLine], count: int) -> list[ClockLine]:
    """As many of these lines as there is room for, in the order in which they came: what binds is left out last."""
    kept = weightiest([each.clock for each in shown], count)
    return [each for each in shown if each.clock in kept]


def weightiest(clocks: Sequence[Clock], count: int) -> list[Clock]:
    """The same, of clocks."""
    kept = sorted(clocks, key=lambda clock: CLASS_ORDER[clock.visible])[:count]
    return [clock for clock in clocks if clock in kept]


def nearest(cell: Cell, count: int) -> list[Clock]:
    """The clocks that run, the most urgent first."""
    return [clock for clock in cell.by_urgency if clock.status is ClockStatus.RUNNING][:count]


def still_open(cell: Cell) -> list[Clock]:
    """What goes on after the crisis is lifted: the clocks that are neither closed nor set aside."""
    return [clock for clock in cell.by_urgency if clock.open]


def _coarse(due: datetime, now: datetime) -> timedelta:
    """What is left at the end of this minute: in hours from a day on, in quarters from two hours on, then in minutes.

    So that a message that shows many clocks changes once a minute at most, and seldom while there is time.
    """
    rest = due - (now + _MINUTE)
    step = _HOUR if rest >= 24 * _HOUR else _QUARTER if rest >= 2 * _HOUR else _MINUTE
    return max(rest, timedelta(0)) // step * step


def _since(due: datetime, now: datetime) -> timedelta:
    """How long ago it was due, in minutes, in hours from two hours on."""
    past = now - due
    step = _HOUR if past >= 2 * _HOUR else _MINUTE
    return past // step * step


REASON_WORDS: dict[WaiveReason, tuple[str, ...]] = {
    WaiveReason.NOT_APPLICABLE: ("non applicable", "pas applicable", "sans objet", "not applicable", "does not apply"),
    WaiveReason.RISK_UNLIKELY: ("risque improbable", "risque peu probable", "risk unlikely", "unlikely risk"),
    WaiveReason.ALREADY_INFORMED: (
        "autorite deja informee", "deja informee", "deja informe", "authority already informed", "already informed",
    ),
    WaiveReason.OTHER_PARTY: (
        "autre partie", "une autre partie", "un tiers notifie", "another party", "other party", "someone else notifies",
    ),
}  # fmt: skip
"""How people begin the reason for which a clock is set aside; the digits 1 to 4 name them in this order too."""
