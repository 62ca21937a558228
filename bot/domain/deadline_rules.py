"""Deadline rules as data: who owes what to whom, from which moment, and which text says so.

Owns one guarantee: a rule says where its figure comes from, so that an internal target is never taken for
the law. Rules are dated: law changes, and yesterday's incident keeps yesterday's rule.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, time, timedelta
from enum import StrEnum

from bot.domain.moments import filed_rule
from bot.domain.playbook import Source, Text
from bot.domain.roles import Role, fall_backs


class Method(StrEnum):
    """How a due time is computed; `bot.domain.deadlines` has one function for each."""

    HOURS = "hours"
    DAYS = "days"
    DAYS_KEEP_TIME = "days_keep_time"
    WORKING_DAYS = "working_days"
    BUSINESS_DAYS = "business_days"
    MONTHS = "months"
    ASAP = "asap"
    MIN_OF = "min_of"
    RECURRING = "recurring"
    MANUAL = "manual"


class Unit(StrEnum):
    """The unit of a duration. Minutes and hours are elapsed; the others follow the calendar."""

    MINUTES = "minutes"
    HOURS = "hours"
    DAYS = "days"
    WORKING_DAYS = "working_days"
    MONTHS = "months"


class Origin(StrEnum):
    """Where a figure comes from: the law, an authority's guidance, a contract, ourselves, or what was typed."""

    LAW = "law"
    GUIDANCE = "guidance"
    CONTRACT = "contract"
    HOUSE = "house"
    TYPED = "typed"


class Status(StrEnum):
    """How the rule stands in law."""

    IN_FORCE = "in_force"
    PENDING = "pending_national_transposition"
    PROPOSAL = "proposal"
    GUIDANCE = "guidance"
    CONTRACT = "contract"
    HOUSE = "house"


class Class(StrEnum):
    """What people see (*loi, contrat, objectif interne*): the words late and overdue belong to the first two."""

    LAW = "law"
    CONTRACT = "contract"
    HOUSE = "house"


class Lenient(StrEnum):
    """The later reading that a party could still defend. Kept for the audit, never shown as the deadline."""

    NONE = "none"
    NEXT_HOUR = "next_hour"
    ROLLED = "rolled"
    END_OF_DAY = "end_of_day"


_LENGTHS = {Unit.MINUTES: timedelta(minutes=1), Unit.HOURS: timedelta(hours=1), Unit.DAYS: timedelta(days=1)}


@dataclass(frozen=True)
class Duration:
    """How long, and who says so."""

    value: int
    unit: Unit
    origin: Origin

    @property
    def elapsed(self) -> timedelta:
        """The elapsed time of a figure in minutes, hours, or days of twenty-four hours."""
        return self.value * _LENGTHS[self.unit]


@dataclass(frozen=True)
class Cutoff:
    """An hour of the day, in a zone of its own, at which the authority's counter closes."""

    at: time
    zone: str


@dataclass(frozen=True)
class Authority:
    """Whom the act is owed to, how it is filed, and how when neither e-mail nor the internet is left."""

    id: str
    name: Text
    channel: Text
    fallback: Text


_ARTICLE = Text("art.", "art.")


@dataclass(frozen=True)
class Law:
    """The text: act, article, and what of it (`§ 4, a)`, `(4)(a)`); `division` where it is no article."""

    act: Text
    article: str
    paragraph: Text | None = None
    division: Text = _ARTICLE

    @property
    def cited(self) -> Text:
        """The reference as it is printed in each language."""
        fr, en = (f"{self.act.get(lang)}, {self.division.get(lang)} {self.article}" for lang in ("fr", "en"))
        if self.paragraph is None:
            return Text(fr, en)
        glue = "" if self.paragraph.en.startswith("(") else ", "
        return Text(f"{fr}, {self.paragraph.fr}", f"{en}{glue}{self.paragraph.en}")


@dataclass(frozen=True)
class Organisations:
    """A description of organisations: all of what it says must hold. Empty means any.

    `flags` must all be set, none of `without` may be: a flag that is not set means no.
    """

    kinds: frozenset[str] = frozenset()
    countries: frozenset[str] = frozenset()
    flags: frozenset[str] = frozenset()
    without: frozenset[str] = frozenset()

    def include(self, kind: str, country: str, flags: frozenset[str]) -> bool:
        """Whether an organisation of this kind, country and flags is one of them."""
        return (
            (not self.kinds or kind in self.kinds)
            and (not self.countries or country in self.countries)
            and self.flags <= flags
            and not self.without & flags
        )


@dataclass(frozen=True)
class NudgePlan:
    """When a clock is called to mind: at parts of its time (percent), and so long before it is due."""

    elapsed: tuple[int, ...]
    before: tuple[timedelta, ...]


USUAL_NUDGES = NudgePlan((50, 75, 90), tuple(timedelta(minutes=m) for m in (24 * 60, 12 * 60, 6 * 60, 2 * 60, 60, 30)))


@dataclass(frozen=True)
class Rule:
    """A deadline rule.

    `names` are what one types in French and in English. `moment` is a moment's id, or `filed:RULE`. `duration`
    is None only where the time is typed. `again_with` is the recurring rule with each round of which it is owed anew.
    `stage` is the rule of which it is another form: to file it is to file
    that stage. `pending_in` are the countries that have not transposed it, where that is not all of them.
    `classified` (min_of) counts from the classification. `organisations` are alternatives; none means every
    organisation. `facts` are the qualifying questions of which a "no" proposes to set the clock aside;
    "unknown" keeps it. `contractual`: a contract may set or lengthen the time; where the duration is the law's,
    it is a floor. `per_customer`: owed to each customer. `weekend_rule`: the act itself moves a weekend's end.
    `contents` is what the notification must hold, `known_by` from what each of these may be known (`nature`,
    `dates`).
    """

    id: str
    names: Text
    title: Text
    why: Text
    authority: Authority
    visible: Class
    legal_status: Status
    obliged: str
    moment: str
    method: Method
    owner: Role
    source: Source
    closes_by: tuple[str, ...]
    aliases: tuple[str, ...] = ()
    law: Law | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    duration: Duration | None = None
    classified: Duration | None = None
    stage: str | None = None
    again_with: str | None = None
    pending_in: frozenset[str] = frozenset()
    calendar: str | None = None
    cutoff: Cutoff | None = None
    lenient: Lenient = Lenient.NONE
    organisations: tuple[Organisations, ...] = ()
    facts: tuple[str, ...] = ()
    contractual: bool = False
    per_customer: bool = False
    weekend_rule: bool = False
    waivable: bool = True
    provisional: bool = False
    data_protection: bool = False
    opinion: Role | None = None
    nudges: NudgePlan = USUAL_NUDGES
    contents: tuple[Text, ...] = ()
    known_by: tuple[tuple[str, ...], ...] = ()

    @property
    def follows(self) -> str | None:
        """The id of the rule whose filing starts this one."""
        return filed_rule(self.moment)

    @property
    def recurs(self) -> bool:
        """Whether each time that it is done starts the next."""
        return self.method is Method.RECURRING

    @property
    def without_figure(self) -> bool:
        """Whether the law gives a duty but no figure: "without delay"."""
        return self.visible is Class.LAW and self.method is Method.ASAP

    @property
    def fall_backs(self) -> tuple[Role, ...]:
        """Who stands in when nobody holds the owner's role, the nearest first."""
        return fall_backs(self.owner)

    @property
    def reference(self) -> Text:
        """The legal text; for what is ours or a contract's, words that pretend none."""
        if self.law is not None:
            return self.law.cited
        if self.visible is Class.CONTRACT:
            return Text("Contrat", "Contract")
        return Text("Objectif interne, sans texte", "Internal target, no legal text")

    @property
    def all_names(self) -> tuple[str, ...]:
        """Everything by which the rule is called."""
        return tuple(dict.fromkeys((self.id, self.names.fr, self.names.en, *self.aliases)))

    @property
    def settings(self) -> tuple[str, ...]:
        """The keys that the computation takes besides the trigger, in the order in which to name them."""
        taken = ["calendar"]
        if self.method is Method.MIN_OF:
            taken.append("classified")
        if self.contractual:
            taken.append("contract")
        if self.method is Method.MANUAL:
            taken.append("due")
        if self.method is Method.RECURRING:
            taken.append("last")
        if self.weekend_rule:
            taken.append("weekend_rule")
        return tuple(taken)

    def concerns(self, kind: str, country: str, flags: Iterable[str]) -> bool:
        """Whether an organisation of this kind, country (ISO 3166) and flags may owe this."""
        given = frozenset(flags)
        return not self.organisations or any(o.include(kind, country, given) for o in self.organisations)

    def status_in(self, country: str) -> Status:
        """How it stands in a country: a directive that waits for its transposition elsewhere binds where it is done."""
        waits = not self.pending_in or country in self.pending_in
        return self.legal_status if waits or self.legal_status is not Status.PENDING else Status.IN_FORCE

    def valid_on(self, day: date) -> bool:
        """Whether the text applies on that day."""
        return (self.valid_from is None or day >= self.valid_from) and (self.valid_to is None or day <= self.valid_to)

    def stands(self, answers: Mapping[str, str]) -> bool:
        """Whether the facts keep the clock: only a plain "no" to a fact on which it rests does not."""
        return all(answers.get(fact) != "no" for fact in self.facts)
