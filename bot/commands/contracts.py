"""What contracts promise: a customer to be warned, a time of their own. Guarantee: a contract never shortens the time
that the law gives, and only who answers for the clock says what the contract is."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

from bot.commands import clocks
from bot.commands.call import Call, ClockName, WorkingDays
from bot.commands.clocks import arm, news, record
from bot.commands.lengths import from_now
from bot.commands.permission import reserved
from bot.commands.scene import Scene
from bot.domain.clock_lines import line
from bot.domain.clock_times import by_party, timed
from bot.domain.clocks import Clock, ClockStatus, of_rule
from bot.domain.deadline_rules import Rule
from bot.domain.language import fold
from bot.domain.outcome import Outcome, Refusal
from bot.domain.roles import Role

_PARTY = re.compile(r"[a-z0-9][a-z0-9-]*", re.IGNORECASE)


def own(scene: Scene, call: Call) -> Outcome:
    """A clock of our own; but where the title is a rule's name, that clock: its card, its customer, its contract."""
    title, length = call.get("title", str), from_now(scene, call)
    called = named(scene, title) if title is not None else None
    if called is not None and concerns(scene, *called, length):
        if isinstance(call.options.get("in"), WorkingDays):
            raise Refusal("clocks.contract_in_hours", rule=called[0])
        return set_out(scene, *called, length)
    if called is not None and length is None:
        return clocks.card(scene, clocks.find(scene, called[1]))
    return clocks.own(scene, call)


def named(scene: Scene, title: str) -> tuple[Rule, ClockName] | None:
    """The rule that a whole title names, with a party after its slash; None where it is somebody's own words."""
    name, slash, party = title.strip().partition("/")
    rule = next((r for r in scene.rules.values() if fold(name) in {fold(each) for each in r.all_names}), None)
    if rule is None or (slash and not _PARTY.fullmatch(party)):
        return None
    return rule, ClockName(rule.id, party.lower() if slash else None)


def concerns(scene: Scene, rule: Rule, name: ClockName, length: timedelta | None) -> bool:
    """Whether this is about a contract: a customer who has no clock yet, or a time that a contract may set."""
    running = by_party(scene.here.clocks.values(), rule.id, name.party)
    if not running:
        return rule.per_customer and name.party is not None
    return rule.contractual and length is not None


def set_out(scene: Scene, rule: Rule, name: ClockName, length: timedelta | None) -> Outcome:
    """Start a customer's clock, or give a clock the time of its contract."""
    cell = scene.here
    roles = (rule.owner, Role.LEGAL, Role.DIRECTOR)
    if not set(cell.roles_of(scene.sender)) & set(roles):
        raise reserved(scene, roles)
    running = by_party(cell.clocks.values(), rule.id, name.party)
    if len(running) > 1:
        raise Refusal("clocks.which_party", clocks=running)
    before = running[0] if running else None
    if before is not None and before.status not in (ClockStatus.RUNNING, ClockStatus.PROVISIONAL):
        raise Refusal("clocks.finished", clock=before)
    begun = before or of_rule(rule, scene.now, name.party or "")
    if length is not None:
        # Of what the law gives no figure the contract does: past it, it is late.
        begun = replace(begun, contract_minutes=int(length / timedelta(minutes=1)), without_figure=False)
    after = _timed(scene, begun, rule)
    changed = cell.with_clocks([after]).without_undo(scene.sender)
    entry = record("move" if before else "start", before, after, contract_minutes=after.contract_minutes)
    values = {"line": line(changed, after, scene.now), "length": length, "by": scene.name_of(scene.sender)}
    return Outcome(changed, (entry,), news(scene, "clocks.contract", values))


def _timed(scene: Scene, clock: Clock, rule: Rule) -> Clock:
    cell = scene.here
    zone, party = ZoneInfo(cell.incident.timezone), scene.organisation.profile.party(clock.party)
    after = timed(clock, rule, scene.rules, cell.moments, zone, party)
    if after is None:
        raise Refusal("clocks.no_moment", rule=rule)
    return arm(cell, after)
