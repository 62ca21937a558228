"""The board of deadlines, and a clock in somebody's hands. Guarantee: having seen is not having taken, and a clock of a
rule never closes by being called done."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bot.commands import entering, presence
from bot.commands.call import Call, ClockName
from bot.commands.lengths import from_now
from bot.commands.permission import not_in_cell
from bot.commands.scene import Scene
from bot.commands.spec import Place
from bot.domain.cell import Cell
from bot.domain.clock_lines import foremost, line, lines, weightiest
from bot.domain.clock_times import Changed, by_party, filing_moments, retimed
from bot.domain.clocks import HOUSE_PARTY, TYPED, Clock, ClockStatus, Ring, Standing
from bot.domain.deadline_rules import Class
from bot.domain.effects import DrawBoard, Effect, Reply, Seen, SendCalendar, Tell, Tick
from bot.domain.incident import Undoable
from bot.domain.language import fold
from bot.domain.nudges import START, armed
from bot.domain.outcome import Outcome, Record, Refusal
from bot.domain.playbook import Text
from bot.domain.roles import Role
from bot.domain.roster import Person

DONE = (ClockStatus.CLOSED, ClockStatus.WAIVED)
SHORT = 5
"""How many deadlines a phone shows at once."""
NAMED = 8
"""How many are named where one was meant that does not run."""
MOST = 24
"""How many a message holds with all that is to be said of each."""
_CODE = re.compile(r"(?<!\d)(\d{4})(?!\d)")
_OWN = re.compile(r"[Ee][\s-]?(\d{1,4})")


def board(scene: Scene, call: Call) -> Outcome:
    """The countdown, as much as a phone shows at once; or the card of one clock."""
    cell = scene.here
    if call.clocks():
        return card(scene, find(scene, call.clocks()[0]))
    running = [each for each in lines(cell, scene.now) if each.clock.open]
    if len(running) <= SHORT:
        return everything(scene, call)
    shown = foremost(running, SHORT)
    past = (Standing.LATE, Standing.PRUDENT_PAST, Standing.NO_FIGURE_PAST, Standing.TARGET_PAST)
    left_out = [each for each in running if each not in shown and each.clock.status is ClockStatus.RUNNING]
    values = {
        "lines": shown,
        "count": len(running),
        "late": sum(each.standing in past for each in left_out),
    }
    return Outcome(effects=(Reply("clocks.short", values),))


def everything(scene: Scene, call: Call) -> Outcome:
    """The whole countdown, with what is closed or set aside."""
    shown = lines(scene.here, scene.now)
    return Outcome(effects=(Reply("clocks.list", {"lines": shown, "folded": 0, "brief": len(shown) > MOST}),))


def card(scene: Scene, clock: Clock) -> Outcome:
    history = [change for change in scene.here.history.values() if change.name == clock.moment]
    contract = timedelta(minutes=clock.contract_minutes) if clock.contract_minutes else None
    values = {
        "line": line(scene.here, clock, scene.now),
        "history": history,
        "taken_back": history[-1] if history and clock.moment not in scene.here.moments else None,
        "contract": contract,
        "only_noted": contract is not None and clock.due is not None and clock.start + contract < clock.due,
    }
    return Outcome(effects=(Reply("clocks.card", values),))


def picture(scene: Scene, call: Call) -> Outcome:
    """The countdown as a picture, where it was asked for."""
    return _drawn(scene, call, dark=False)


def dark_picture(scene: Scene, call: Call) -> Outcome:
    """The same, light on dark."""
    return _drawn(scene, call, dark=True)


def _drawn(scene: Scene, call: Call, *, dark: bool) -> Outcome:
    if not any(clock.open for clock in scene.here.clocks.values()):
        return everything(scene, call)
    return Outcome(effects=(DrawBoard(dark),))


def calendar(scene: Scene, call: Call) -> Outcome:
    """The clocks as a file for a calendar, to who asks, in their direct room."""
    if not any(clock.due for clock in scene.here.clocks.values()):
        raise Refusal("clocks.no_calendar")
    there = (Reply("clocks.calendar_sent", {}),) if scene.place is not Place.DIRECT else ()
    return Outcome(effects=(SendCalendar(scene.sender), *there))


def own(scene: Scene, call: Call) -> Outcome:
    """A clock of our own; bare, the board; with an id or a rule's name alone, its card."""
    cell, title = scene.here, call.get("title", str)
    length = from_now(scene, call)
    if title is None and length is None:
        return board(scene, call)
    if title is None:
        raise Refusal("clocks.no_title")
    if length is None:
        return card(scene, _called(cell, title))
    person = call.get("for", Person)
    owner = person.matrix_id if person else scene.sender
    if owner not in cell.members:
        raise not_in_cell(person)
    roles = cell.members[owner].roles
    begun = numbered(
        cell,
        scene.now,
        Text(title[:200], title[:200]),
        scene.now + length,
        roles[0] if roles else Role.COORDINATOR,
        owner=owner,
        ring=Ring(START, scene.now) if owner == scene.sender else Ring(),
    )
    changed = cell.with_clocks([begun]).without_undo(scene.sender)
    values = {"line": line(changed, begun, scene.now), "by": scene.name_of(owner)}
    return Outcome(changed, (record("start", None, begun),), news(scene, "clocks.own", values))


def numbered(cell: Cell, now: datetime, title: Text, due: datetime, role: Role, **said: Any) -> Clock:
    """A clock that no rule gives, under the next number: ours, unless `visible` says otherwise. `said`: its fields."""
    number = max((clock.number or 0 for clock in cell.clocks.values() if clock.own), default=0) + 1
    begun = Clock(
        rule=f"E{number}",
        names=Text(f"E{number}", f"E{number}"),
        title=title,
        owner_role=role,
        moment=TYPED,
        started_at=now,
        official_from=now,
        official_due=due,
        **{"visible": Class.HOUSE, **said},
    )
    return arm(cell, begun)


def _called(cell: Cell, title: str) -> Clock:
    """The clock of which nothing but the name was typed; else it is a new one without its time. Raises Refusal."""
    number = _OWN.fullmatch(title.strip())
    wanted = f"E{int(number[1])}" if number else fold(title)
    for clock in cell.clocks.values():
        if clock.rule == wanted or wanted in (fold(clock.names.fr), fold(clock.names.en), fold(clock.rule)):
            return clock
    if number:
        running = [clock for clock in cell.by_urgency if clock.open]
        raise Refusal("clocks.not_running", rule=wanted, running=weightiest(running, NAMED))
    raise Refusal("clocks.no_length", title=title)


def take(scene: Scene, call: Call) -> Outcome:
    """Take charge: the climb stops until the next step."""
    cell = scene.here
    owner = call.actor.matrix_id if call.actor else scene.sender
    if owner not in cell.members:
        raise not_in_cell(call.actor)
    before = [find(scene, name) for name in call.clocks()]
    for clock in before:
        if clock.status in DONE:
            raise Refusal("clocks.finished", clock=clock)
    after = [arm(cell, clock.taken(owner)) for clock in before]
    changed = cell.with_clocks(after).with_undo(Undoable(scene.sender, scene.now, "take", clocks=tuple(before)))
    by = owner if owner != scene.sender else None
    records = tuple(record("take", old, new, by=by) for old, new in zip(before, after, strict=True))
    # Who has it already says by it that the reminder was heard: that is no news to anybody.
    fresh = [(old, clock) for old, clock in zip(before, after, strict=True) if old.owner != owner]
    values = {
        "lines": [line(changed, clock, scene.now) for _, clock in fresh],
        "name": scene.name_of(owner),
        "instead": {clock.id: scene.name_of(old.owner) for old, clock in fresh if old.owner},
    }
    answer = news(scene, "clocks.taken", values) if fresh else (Tick(),)
    return Outcome(changed, records, (Seen(owner, tuple(clock.id for clock in after)), *answer))


def ack(scene: Scene, call: Call) -> Outcome:
    """The sender has seen what was pending for them: they are not rung again for that step; nothing is taken by it.

    The four digits that reached them outside Matrix say the same of what they were called for.
    """
    cell, user = scene.here, scene.sender
    code = _CODE.search(call.get("text", str) or "")
    if code is not None:
        return _answered_call(scene, code[1])
    named = call.clocks()
    pending = [find(scene, name) for name in named] if named else _unseen(cell, user)
    after = [arm(cell, clock.seen_by(user)) for clock in pending]
    records = tuple(
        Record("nudge", "seen", new.id, None, {"step": new.ring.step, "person": user, "owner": new.owner})
        for new in after
    )
    seen = Seen(user, tuple(clock.id for clock in after))
    read, noted = (None, ()) if named else entering.acknowledged(scene)
    changed = (read or cell).with_clocks(after) if after or read else None
    return Outcome(changed, (*records, *noted), (seen, Tick()))


def _answered_call(scene: Scene, code: str) -> Outcome:
    """Who was called outside is back, and says so with the code. What it is for is shown, and still not taken."""
    cell, user = scene.here, scene.sender
    called = scene.records.called_outside(cell.incident.id, user, code)
    if called is None:
        raise Refusal("nudges.no_code", code=code)
    if not called:
        return _answered_summons(scene, code)
    before = [cell.clocks[name] for name in called if name in cell.clocks]
    after = [arm(cell, clock.seen_by(user)) for clock in before if clock.open]
    records = tuple(
        Record("nudge", "answered", new.id, None, {"step": new.ring.step, "person": user, "code": code})
        for new in after
    )
    changed = cell.with_clocks(after) if after else None
    values = {"lines": [line(cell, clock, scene.now) for clock in after or before], "open": bool(after)}
    return Outcome(changed, records, (Seen(user, tuple(called), code), Reply("nudges.answered", values)))


def _answered_summons(scene: Scene, code: str) -> Outcome:
    """Who did not answer the call to the crisis itself was called outside, and is there now: it counts as "here"."""
    user, incident = scene.sender, scene.here.incident
    cell, record = presence.come(scene, user)
    answered = Record("rollcall", "answered", None, None, {"person": user, "code": code, "at": scene.now})
    values = {"at": scene.now, "incident": incident, "inside": cell.members[user].present}
    return Outcome(cell, (answered, record), (Seen(user, (), code), Reply("nudges.reached", values)))


def _unseen(cell: Cell, user: str) -> list[Clock]:
    return [clock for clock in cell.by_urgency if user in clock.ring.told and user not in clock.ring.seen]


def put_back(scene: Scene, cell: Cell, before: tuple[Clock, ...]) -> tuple[Cell, tuple[Record, ...]]:
    """The clocks as they were; what a filing that is taken back had started waits again."""
    if not before:
        return cell, ()
    before = tuple(_still_rung(cell.clocks[clock.id], clock) for clock in before)
    records = [record("undo", cell.clocks[clock.id], clock) for clock in before]
    restored = cell.with_clocks(arm(cell, clock) for clock in before)
    for clock in before:
        if clock.filed_at is None:
            restored, unfiled = without_filing(scene, restored, clock)
            records += unfiled
    changed = retimed(restored, scene.rules, scene.organisation.profile, scene.now)
    return changed.cell, (*records, *records_of(changed.clocks))


def without_filing(scene: Scene, cell: Cell, clock: Clock) -> tuple[Cell, list[Record]]:
    """The incident without the moments that filing this clock had set."""
    records = []
    whole = filing_moments(scene.rules, replace(clock, party=HOUSE_PARTY))
    for name in dict.fromkeys((*filing_moments(scene.rules, clock), *whole)):
        if name in cell.moments:
            records.append(Record("moment", "undo", name, cell.moments[name].at, None))
            cell = cell.without_moment(name)
    return cell, records


def _still_rung(now: Clock, before: Clock) -> Clock:
    """The clock as it was, but for what has rung since: no reminder is said again because something is taken back."""
    rung_since = now.ring.step != before.ring.step
    return replace(before, ring=replace(now.ring, held=False)) if rung_since else before


# -- what the other clock commands share ------------------------------------------------------------------------------


def find(scene: Scene, name: ClockName) -> Clock:
    """The clock that was named. Raises Refusal, saying which ones run, where there is none or more than one."""
    cell = scene.here
    found = by_party(cell.clocks.values(), name.rule, name.party)
    if len(found) == 1:
        return found[0]
    running = [clock for clock in cell.by_urgency if clock.open]
    if found:
        raise Refusal("clocks.which_party", clocks=found)
    rule = scene.rules.get(name.rule)
    if rule is not None and rule.per_customer and name.party:
        raise Refusal("clocks.no_customer", rule=rule, customer=name.party)
    typed = rule.names.get(scene.language) if rule else name.rule
    typed = f"{typed}/{name.party}" if name.party else typed
    raise Refusal("clocks.not_running", rule=typed, running=weightiest(running, NAMED))


def arm(cell: Cell, clock: Clock) -> Clock:
    """The clock, knowing when it wants attention again."""
    return armed(clock, ZoneInfo(cell.incident.timezone))


def state(clock: Clock | None) -> dict[str, Any] | None:
    """What the log keeps of a clock."""
    if clock is None:
        return None
    return {
        "rule": clock.rule,
        "party": clock.party,
        "title": clock.title.fr,
        "status": clock.status.value,
        "class": clock.visible.value,
        "moment": clock.moment,
        "prudent_due": clock.prudent_due,
        "official_due": clock.official_due,
        "owner": clock.owner,
        "filed_at": clock.filed_at,
        "filed_by": clock.filed_by,
        "reached": clock.reached,
        "reference": clock.reference,
        "closed_at": clock.closed_at,
        "late_reason": clock.late_reason,
        "waived_by": list(clock.waived_by),
        "waive_reason": clock.waive_reason.value if clock.waive_reason else None,
        "waive_text": clock.waive_text,
    }


def record(action: str, before: Clock | None, after: Clock, *, by: str | None = None, **extra: Any) -> Record:
    """The log entry of a change of one clock."""
    said = {name: value for name, value in extra.items() if value is not None}
    occurred = after.filed_at if action in ("file", "receipt") else None
    return Record("deadline", action, after.id, state(before), state(after), by=by, occurred_at=occurred, extra=said)


def records_of(clocks: Iterable[tuple[Clock | None, Clock]]) -> tuple[Record, ...]:
    """The entries of clocks that were started, or moved by a moment."""
    return tuple(record("move" if before else "start", before, after) for before, after in clocks)


def came_back(before: Clock | None) -> bool:
    """Whether a clock that has changed was set aside till then."""
    return before is not None and before.status is ClockStatus.WAIVED


def returned(back: Changed) -> tuple[Record, ...]:
    """The entries of what came back, and of what moved with it."""
    again = tuple(record("restore", old, new) for old, new in back.clocks if came_back(old))
    return (*again, *records_of(pair for pair in back.clocks if not came_back(pair[0])))


def news(scene: Scene, template: str, values: dict[str, Any]) -> tuple[Effect, ...]:
    """The answer; and the same in the cell's room, where the command was typed elsewhere."""
    elsewhere = scene.place is not Place.CELL
    return (Reply(template, values), *([told(scene, template, values)] if elsewhere else []))


def told(scene: Scene, template: str, values: dict[str, Any]) -> Tell:
    """What concerns the whole cell, in its room and its language; it rings nobody."""
    incident = scene.here.incident
    return Tell(incident.room_key, template, values, incident.language, f"{template}:{incident.id}:{scene.event_id}")
