"""Opening and closing an incident. Guarantee: one line is enough to open; nobody closes alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bot.commands import calling, daily, false_alarm, rounds, variants
from bot.commands.call import Call, When
from bot.commands.clocks import record, records_of
from bot.commands.permission import may_second
from bot.commands.scene import Scene
from bot.commands.spec import Place
from bot.commands.tasks import state_of
from bot.domain import checklist
from bot.domain import playbook as pb
from bot.domain.apart import rooms_of
from bot.domain.cell import Cell
from bot.domain.checklist import after_the_end
from bot.domain.clock_lines import line, still_open
from bot.domain.clock_times import lifted, opened
from bot.domain.clocks import Clock
from bot.domain.effects import CallIn, Effect, OpenRoom, Reply, Tell
from bot.domain.incident import DRILL_IDS, Incident, IncidentStatus, Line, Member, Moment, Task, TaskStatus
from bot.domain.language import Both
from bot.domain.nudges import armed, responsible
from bot.domain.outcome import Choice, Choose, Confirm, Outcome, Record, Refusal
from bot.domain.playbook import Playbook
from bot.domain.roles import VITAL, Phase, Role
from bot.domain.roster import Person, Roster
from bot.domain.rungs import of_severity
from bot.render import room_link

OPENING_TASK = "SOC-DIR-01"
"""The playbooks' task that is done by the very act of opening."""
ROSTER = "roster"
"""Who vouches for whoever opens."""
CONTROL = (Role.DIRECTOR,)
"""Who, with the bot, has power over the room: who may follow a room upgrade or name somebody else."""


HERE = Both("une nouvelle d’ici", "news of this one")


def another(kind: Both) -> Both:
    """Another crisis, of that kind."""
    return Both(f"une autre crise : {kind.fr}", f"another crisis: {kind.en}")


def scenarios(scene: Scene, call: Call) -> Outcome:
    """The playbooks, one line each, with what to type."""
    meant = [each for each in scene.playbooks.playbooks.values() if each.suits(scene.organisation.kind)]
    return Outcome(effects=(Reply("incident.scenarios", {"playbooks": meant}),))


def open_incident(scene: Scene, call: Call) -> Outcome:
    """Open an incident: its tasks, its moments, its room, its people.

    Nothing is asked, but inside an incident that is not put away, and where one like it runs: it may be news of that
    one. Raises Refusal
    where somebody from outside types it: the role that they hold in one crisis opens no other.
    """
    if scene.sender not in scene.roster:
        raise Refusal("incident.only_news", incident=scene.cell.incident if scene.cell else None)
    if scene.confirmed_by is None and scene.place is Place.CELL and not scene.here.incident.put_away:
        raise Choose("incident.here_or_new", _here_or_new(scene, call), incident=scene.here.incident)
    playbook = scene.playbooks.playbooks[str(call.args["scenario"])]
    drill = bool(call.options.get("drill"))
    like = _like(scene, scene.incidents, playbook, drill)
    if like is not None and scene.confirmed_by is None:
        link = room_link(like.room_id, scene.sender.partition(":")[2], like.room_name) if like.room_id else None
        raise Confirm("incident.like_recent", (scene.sender,), typed=False, line=like, link=link)
    other = _like(scene, scene.alike, playbook, drill)
    if other is not None and scene.confirmed_by is None:
        raise Choose("incident.join_or_new", _join_or_new(other, call), line=other)
    incident = _incident(scene, call, variants.fitted(scene, playbook))
    observed = call.get("observed", When)
    moments = [
        Moment("opened", scene.now, scene.sender, scene.now),
        Moment("observed", observed.at, scene.sender, scene.now)
        if observed
        else Moment("observed", scene.now, None, scene.now, "opened"),
    ]
    members = _called(scene, incident)
    tasks = tasks_of(Cell(incident, moments={m.name: m for m in moments}), scene.now)
    cell = Cell(
        incident,
        tasks={task.number: _by_opening(scene, task) for task in tasks},
        members={member.matrix_id: member for member in members},
    )
    for moment in moments:
        cell = cell.with_change(moment)
    started = opened(cell, scene.rules, scene.organisation.profile, scene.now)
    records = (*_opening_records(scene, started.cell), *records_of(started.clocks))
    understood = call.get("understood", str)
    return Outcome(started.cell, records, tuple(_opening_effects(scene, started.cell, observed, understood)))


def _here_or_new(scene: Scene, call: Call) -> tuple[Choice, ...]:
    """What was typed in a cell's room: news of this crisis, or another one."""
    return (
        Choice(f"!note {call.args['title']}", HERE),
        Choice(call.raw, Both("une autre crise", "another crisis"), confirmed=True),
    )


def _join_or_new(line: Line, call: Call) -> tuple[Choice, ...]:
    """What somebody raises who was not called to the crisis that it may be."""
    join = f"!rejoindre {line.id}" if call.language == "fr" else f"!join {line.id}"
    return (
        Choice(join, Both("la même : faites-moi entrer", "the same one: let me in")),
        Choice(call.raw, Both("une autre crise", "another crisis"), confirmed=True),
    )


def join(scene: Scene, call: Call) -> Outcome:
    """Enter an open crisis of which one may know, and to which one was never called: who was taken out of one, or left
    it, is called back by somebody who is there."""
    cell = scene.here
    person = scene.roster.by_id(scene.sender)
    if cell.is_here(scene.sender):
        raise Refusal("incident.joined_already", incident=cell.incident)
    if person is None or cell.incident.id not in {line.id for line in scene.alike}:
        raise Refusal("refusals.not_a_member", incident=cell.incident.id)
    member = calling.member_of(person, scene.now, cell.members.get(scene.sender))
    changed = cell.with_member(member)
    record = Record("role", "call", scene.sender, None, {"roles": [r.value for r in member.roles], "why": "alarm"})
    effects = (
        CallIn(cell.incident.room_key, scene.sender, urgent=True),
        Reply("incident.joining", {"incident": cell.incident}),
        calling.call_message(changed, member, scene.roster, scene.now, by=None),
    )
    return Outcome(changed, (record,), effects)


def _like(scene: Scene, lines: tuple[Line, ...], playbook: Playbook, drill: bool) -> Line | None:
    """A crisis under way that this may well be: the same scenario of the last hours, or whatever was just opened."""

    def alike(line: Line) -> bool:
        age = scene.now - line.opened_at
        near = age <= SAME_NIGHT if line.scenario == playbook.id else age <= SAME_ALARM
        return near and line.drill is drill and line.status is IncidentStatus.OPEN

    return next((line for line in reversed(lines) if alike(line)), None)


def _incident(scene: Scene, call: Call, playbook: Playbook) -> Incident:
    year = scene.now.astimezone(ZoneInfo(scene.organisation.timezone)).year
    drill = bool(call.options.get("drill"))
    number = scene.records.next_number(year, drill=drill)
    identifier = f"{DRILL_IDS if drill else 'INC'}-{year}-{number:03d}"
    rung = None if playbook.discreet else of_severity(call.get("severity", int)).value
    return Incident(
        id=identifier,
        year=year,
        number=number,
        drill=drill,
        scenario=playbook.id,
        title=str(call.args["title"])[:200],
        status=IncidentStatus.OPEN,
        phase=Phase.ALERT,
        severity=call.get("severity", int),
        opened_at=scene.now,
        opened_by=scene.sender,
        organisation=scene.organisation.name,
        kind=scene.organisation.kind,
        timezone=scene.organisation.timezone,
        language=scene.organisation.language,
        room_key=f"cell:{identifier}",
        playbook=pb.snapshot(playbook),
        playbook_sha256=playbook.sha256,
        rung=rung,
        rooms=rooms_of(scene.organisation.rooms, playbook.rooms, scene.organisation.kind, rung),
        left_out=tuple(person.matrix_id for person in call.people("without") if person.matrix_id != scene.sender),
    )


def tasks_of(cell: Cell, now: datetime) -> list[Task]:
    """The playbook's tasks that have their place from the opening, numbered from 1, each due from its moment if that is
    known; the others are dormant until what they wait for happens."""
    awake = [each for each in checklist.templates(cell).values() if checklist.appears(cell, each)]
    return [checklist.made(number, template, cell, now) for number, template in enumerate(awake, start=1)]


def _by_opening(scene: Scene, task: Task) -> Task:
    """The task of opening the incident is done by the one who opens it."""
    if task.code != OPENING_TASK:
        return task
    who = scene.sender
    return replace(task, status=TaskStatus.DONE, owner=who, done_at=scene.now, done_by=who)


def _called(scene: Scene, incident: Incident) -> list[Member]:
    """Who is called: whom the rung calls, and always who opens, whom the roster vouches for."""
    rung = calling.rung_of(incident)
    opener = scene.roster.by_id(scene.sender)
    found = calling.to_call(incident, rung, scene.roster, scene.records.suspended()) if rung else []
    people = dict.fromkeys(found)
    if opener is not None and opener not in people:
        people = dict.fromkeys(vital_first([opener, *found], scene.roster))
    members = [calling.member_of(person, scene.now) for person in people]
    return [replace(m, vouched_by=ROSTER, vouched_at=scene.now) if m.matrix_id == scene.sender else m for m in members]


def vital_first(people: list[Person], roster: Roster) -> list[Person]:
    """Vital roles first, then in the order of the roster."""
    order = {person.matrix_id: place for place, person in enumerate(roster)}
    return sorted(people, key=lambda p: (not set(p.roles) & set(VITAL), order[p.matrix_id]))


def _opening_records(scene: Scene, cell: Cell) -> tuple[Record, ...]:
    incident = cell.incident
    after: dict[str, Any] = {
        "scenario": incident.scenario,
        "title": incident.title,
        "severity": incident.severity,
        "drill": incident.drill,
        "playbook_sha256": incident.playbook_sha256,
        "called": list(cell.members),
        "rung": incident.rung,
        "left_out": list(incident.left_out),
        "variants": [each.id for each in variants.counting(incident)],
    }
    opening = Record("incident", "open", incident.id, None, after, extra={"text": scene.typed})
    moments = (Record("moment", "set", m.name, None, m.at, extra={"reason": m.reason}) for m in cell.moments.values())
    done = (
        Record("task", "done", task.id, state_of(replace(task, status=TaskStatus.OPEN, owner=None)), state_of(task))
        for task in cell.in_order
        if task.status is TaskStatus.DONE
    )
    return (opening, *moments, *done)


def _opening_effects(scene: Scene, cell: Cell, observed: When | None, understood: str | None) -> list[Effect]:
    incident = cell.incident
    directors = tuple(m.matrix_id for m in cell.members.values() if set(m.roles) & set(CONTROL))
    people = sorted(cell.members.values(), key=lambda m: m.matrix_id != scene.sender)
    # By default a homeserver takes ten events at once from an account, invitations among them, then one every five
    # seconds; but the making of a room may invite ten, and is one event. The card comes next, then whoever is left is
    # called, vital roles first; then come the boards, and what each is told.
    first = tuple(member.matrix_id for member in people[:BY_THE_MAKING])
    effects: list[Effect] = [
        OpenRoom(incident.room_key, incident.room_name, incident.id, incident.id, directors, first=first)
    ]
    effects += calling.call_effects(scene, cell, people, urgent=FIRST_CALLED)
    effects.append(
        Reply(
            "incident.opened",
            {
                "observed_given": observed is not None,
                "twice": bool(observed and observed.twice),
                "understood": understood,
            },
            key="opened",
        )
    )
    effects += variants.said(incident)
    if scene.organisation.doctrine:
        subjects = list(scene.organisation.doctrine.items())
        key = f"doctrine:{incident.id}"
        effects.append(
            Tell(incident.room_key, "incident.doctrine", {"doctrine": subjects}, incident.language, key, priority=1)
        )
    return effects


def close(scene: Scene, call: Call) -> Outcome:
    """Lift the crisis, once a second person has said yes to what is not finished; the clocks and the log go on."""
    cell = scene.here
    if cell.incident.status is not IncidentStatus.OPEN:
        raise Refusal("refusals.already_closed", incident=cell.incident)
    reason = call.get("text", str)
    critical = [task for task in cell.open_tasks if task.critical and not after_the_end(cell, task)]
    if critical and reason is None:
        raise Refusal("incident.close_critical", tasks=critical)
    if scene.confirmed_by is None:
        rhythm = {clock.id for clock, _ in _over(scene, cell)}
        clocks = [line(cell, clock, scene.now) for clock in still_open(cell) if clock.id not in rhythm]
        ours = [clock for clock in false_alarm.ours(cell, reason) if clock.id not in rhythm]
        shown = [each for each in clocks if each.clock not in ours]
        raise Confirm("incident.close_second", may_second(scene, call), **_not_finished(cell), clocks=shown, ours=ours)
    after = replace(
        cell.incident,
        status=IncidentStatus.CLOSED,
        closed_at=scene.now,
        closed_by=scene.sender,
        close_reason=reason,
    )
    ended = Moment("ended", scene.now, scene.sender, scene.now, reason)
    calm = lifted(replace(cell, incident=after).with_change(ended), scene.rules, scene.organisation.profile, scene.now)
    over = _over(scene, calm.cell)
    calmed = calm.cell.with_clocks(new for _, new in over)
    aside = false_alarm.aside(scene, calmed, reason)
    calmed = calmed.with_clocks(new for _, new in aside)
    given = _given(calmed)
    changed = calmed.with_clocks(new for _, new in given).without_undo(scene.sender)
    records = (
        Record(
            "incident",
            "close",
            cell.incident.id,
            {"status": "open"},
            {"status": "closed"},
            extra={"reason": reason, "confirmed_by": scene.confirmed_by},
        ),
        Record("moment", "set", "ended", None, scene.now, extra={"reason": reason}),
        *records_of(calm.clocks),
        *(record("stop", old, new) for old, new in over),
        *(record("waive", old, new, confirmed_by=scene.confirmed_by) for old, new in aside),
        *(record("assign", old, new) for old, new in given),
        *(_accepted(task, reason, scene.confirmed_by) for task in critical),
    )
    told = Tell(
        cell.incident.room_key,
        "incident.closed",
        {
            "cell": changed,
            "by": scene.name_of(scene.sender),
            "second": scene.name_of(scene.confirmed_by),
            "alone": scene.alone,
            "open_tasks": changed.open_tasks,
            "accepted": critical,
            "clocks": [line(changed, clock, scene.now) for clock in still_open(changed)],
            "ours": [new for _, new in aside],
        },
        cell.incident.language,
        key=f"closed:{scene.event_id}",
    )
    return Outcome(changed, records, (told,))


def _accepted(task: Task, reason: str | None, second: str | None) -> Record:
    """That the director leaves a critical task open, and why."""
    return Record("task", "accept", task.id, state_of(task), state_of(task), extra={"reason": reason, "second": second})


def _given(cell: Cell) -> list[tuple[Clock, Clock]]:
    """The clocks that go on without anybody having taken them, before and after: each to who would be rung for it."""
    zone = ZoneInfo(cell.incident.timezone)
    free = [clock for clock in still_open(cell) if clock.owner is None]
    return [(clock, armed(replace(clock, owner=responsible(cell, clock)), zone)) for clock in free]


def _over(scene: Scene, cell: Cell) -> list[tuple[Clock, Clock]]:
    """The clocks that end with the crisis, before and after: the rhythm of the cell, and the day's message to staff."""
    return [*rounds.stopped(scene, cell), *daily.stopped(cell, scene.now)]


def _not_finished(cell: Cell) -> dict[str, Any]:
    """What is shown to the second person before the crisis is lifted."""
    open_tasks = cell.open_tasks
    return {
        "critical": [t for t in open_tasks if t.critical],
        "blocked": [t for t in open_tasks if t.status is TaskStatus.BLOCKED],
        "open": open_tasks,
    }


SAME_NIGHT, SAME_ALARM = timedelta(hours=12), timedelta(minutes=30)
"""So long a second alarm of the same scenario, or of any, may be the same crisis, raised by somebody else."""

BY_THE_MAKING = 10
"""So many may be invited by the making of a room (Synapse's `rc_invites`, by default)."""
FIRST_CALLED = 3
"""Who opens, and the first two vital people: their invitations go before the boards."""

GRACE = timedelta(minutes=5)
"""How long a command may wait before it is offered instead of carried out."""
