"""Opening and closing an incident. Guarantee: one line is enough to open; nobody closes alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bot.commands.call import Call, When
from bot.commands.clocks import record, records_of
from bot.commands.permission import may_second
from bot.commands.scene import Scene
from bot.commands.spec import Place
from bot.commands.tasks import state_of
from bot.domain import playbook as pb
from bot.domain.cell import Cell
from bot.domain.clock_lines import line, still_open
from bot.domain.clock_times import lifted, opened
from bot.domain.clocks import Clock, ClockStatus
from bot.domain.effects import CallIn, Effect, OpenRoom, Reply, Tell
from bot.domain.incident import Incident, IncidentStatus, Line, Member, Moment, Task, TaskStatus
from bot.domain.nudges import armed, responsible
from bot.domain.outcome import Confirm, Outcome, Record, Refusal
from bot.domain.playbook import Playbook
from bot.domain.roles import BYSTANDERS, VITAL, Phase, Role
from bot.domain.roster import Person
from bot.render import room_link

OPENING_TASK = "SOC-DIR-01"
"""The playbooks' task that is done by the very act of opening."""
CONTROL = (Role.DIRECTOR,)
"""Who, with the bot, has power over the room: who may follow a room upgrade or name somebody else."""


def scenarios(scene: Scene, call: Call) -> Outcome:
    """The playbooks, one line each, with what to type."""
    return Outcome(effects=(Reply("incident.scenarios", {"playbooks": list(scene.playbooks.playbooks.values())}),))


def open_incident(scene: Scene, call: Call) -> Outcome:
    """Open an incident: its tasks, its moments, its room, its people. Nothing is asked, but where one like it runs."""
    if scene.place is Place.CELL:
        raise Refusal("refusals.already_in", incident=scene.here.incident)
    playbook = scene.playbooks.playbooks[str(call.args["scenario"])]
    like = _like(scene, playbook, bool(call.options.get("drill")))
    if like is not None and scene.confirmed_by is None:
        link = room_link(like.room_id, scene.sender.partition(":")[2], like.room_name) if like.room_id else None
        raise Confirm("incident.like_recent", (scene.sender,), typed=False, line=like, link=link)
    incident = _incident(scene, call, playbook)
    observed = call.get("observed", When)
    moments = [
        Moment("opened", scene.now, scene.sender, scene.now),
        Moment("observed", observed.at, scene.sender, scene.now)
        if observed
        else Moment("observed", scene.now, None, scene.now, "opened"),
    ]
    members = _called(scene, call)
    tasks = tasks_of(playbook, incident.kind, {m.name: m.at for m in moments}, scene.now)
    cell = Cell(
        incident,
        tasks={task.number: _by_opening(scene, task) for task in tasks},
        members={member.matrix_id: member for member in members},
    )
    for moment in moments:
        cell = cell.with_change(moment)
    started = opened(cell, scene.rules, scene.organisation.profile, scene.now)
    records = (*_opening_records(scene, started.cell), *records_of(started.clocks))
    return Outcome(started.cell, records, tuple(_opening_effects(scene, started.cell, observed)))


def _like(scene: Scene, playbook: Playbook, drill: bool) -> Line | None:
    """A crisis under way that this may well be: the same scenario of the last hours, or whatever was just opened.

    Only one to which the sender was called: of any other, which they may have been left out of, nothing is said.
    """

    def alike(line: Line) -> bool:
        age = scene.now - line.opened_at
        near = age <= SAME_NIGHT if line.scenario == playbook.id else age <= SAME_ALARM
        return near and line.drill is drill and line.status is IncidentStatus.OPEN

    return next((line for line in reversed(scene.incidents) if alike(line)), None)


def _incident(scene: Scene, call: Call, playbook: Playbook) -> Incident:
    year = scene.now.astimezone(ZoneInfo(scene.organisation.timezone)).year
    drill = bool(call.options.get("drill"))
    identifier = f"{'EXE' if drill else 'INC'}-{year}-{scene.next_number:03d}"
    return Incident(
        id=identifier,
        year=year,
        number=scene.next_number,
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
    )


def tasks_of(playbook: Playbook, kind: str, moments: dict[str, datetime], now: datetime) -> list[Task]:
    """The playbook's tasks for this kind of organisation, numbered from 1, each due from its moment if it is known."""
    return [
        Task(
            number=number,
            code=template.id,
            track=template.track,
            phase=template.phase,
            role=template.role,
            title=template.title,
            opened_at=now,
            why=template.why,
            how=template.how,
            evidence=template.evidence,
            critical=template.critical,
            due=moments[template.anchor] + template.delay
            if template.delay is not None and template.anchor in moments
            else None,
            depends_on=template.depends_on,
        )
        for number, template in enumerate(playbook.tasks_for(kind), start=1)
    ]


def _by_opening(scene: Scene, task: Task) -> Task:
    """The task of opening the incident is done by the one who opens it."""
    if task.code != OPENING_TASK:
        return task
    who = scene.sender
    return replace(task, status=TaskStatus.DONE, owner=who, done_at=scene.now, done_by=who)


def _called(scene: Scene, call: Call) -> list[Member]:
    """Who is called: the whole roster but those who only watch or play, and those left out; always who opens."""
    left_out = {person.matrix_id for person in call.people("without")}

    def wanted(person: Person) -> bool:
        if person.matrix_id == scene.sender:
            return True
        return person.matrix_id not in left_out and (not person.roles or bool(set(person.roles) - BYSTANDERS))

    called = [person for person in scene.roster if wanted(person)]
    called.sort(key=lambda person: not set(person.roles) & set(VITAL))
    return [Member(p.matrix_id, p.name, p.roles, called_at=scene.now, deputies=p.deputies) for p in called]


def _opening_records(scene: Scene, cell: Cell) -> tuple[Record, ...]:
    incident = cell.incident
    after: dict[str, Any] = {
        "scenario": incident.scenario,
        "title": incident.title,
        "severity": incident.severity,
        "drill": incident.drill,
        "playbook_sha256": incident.playbook_sha256,
        "called": list(cell.members),
    }
    opening = Record("incident", "open", incident.id, None, after, extra={"text": scene.typed})
    moments = (Record("moment", "set", m.name, None, m.at, extra={"reason": m.reason}) for m in cell.moments.values())
    done = (
        Record("task", "done", task.id, state_of(replace(task, status=TaskStatus.OPEN, owner=None)), state_of(task))
        for task in cell.in_order
        if task.status is TaskStatus.DONE
    )
    return (opening, *moments, *done)


def _opening_effects(scene: Scene, cell: Cell, observed: When | None) -> list[Effect]:
    incident = cell.incident
    directors = tuple(m.matrix_id for m in cell.members.values() if set(m.roles) & set(CONTROL))
    effects: list[Effect] = [OpenRoom(incident.room_key, incident.room_name, incident.id, incident.id, directors)]
    people = sorted(cell.members.values(), key=lambda m: m.matrix_id != scene.sender)
    # By default a homeserver takes ten events at once from an account, invitations among them, then one every five
    # seconds: three people are called, then the boards are posted, then the others are called, vital roles first.
    effects += [CallIn(incident.room_key, m.matrix_id, urgent=place < FIRST_CALLED) for place, m in enumerate(people)]
    for member in cell.members.values():
        if member.matrix_id != scene.sender:
            effects.append(_call_message(scene, cell, member))
    effects.append(
        Reply(
            "incident.opened",
            {
                "cell": cell,
                "observed": cell.moments["observed"],
                "observed_given": observed is not None,
                "twice": bool(observed and observed.twice),
                "called": list(cell.members.values()),
            },
            key="opened",
        )
    )
    return effects


def _call_message(scene: Scene, cell: Cell, member: Member) -> Tell:
    person = scene.roster.by_id(member.matrix_id)
    language = (person.language if person else None) or cell.incident.language
    first = next((t for t in cell.in_order if t.role in member.roles), None)
    return Tell(
        f"dm:{member.matrix_id}",
        "incident.call",
        {
            "cell": cell,
            "member": member,
            "first": first,
            "by": scene.name_of(scene.sender),
            "lines": [line(cell, clock, scene.now) for clock in _clocks_of(cell, member)],
        },
        language,
        key=f"call:{cell.incident.id}:{member.matrix_id}",
        ring=(member.matrix_id,),
    )


def _clocks_of(cell: Cell, member: Member) -> list[Clock]:
    """The clocks that the call names: all to a director, else those that fall to this person."""
    running = [clock for clock in cell.by_urgency if clock.status is ClockStatus.RUNNING]
    if Role.DIRECTOR in member.roles:
        return running
    return [clock for clock in running if responsible(cell, clock) == member.matrix_id]


def close(scene: Scene, call: Call) -> Outcome:
    """Lift the crisis, once a second person has said yes to what is not finished; the clocks and the log go on."""
    cell = scene.here
    if cell.incident.status is not IncidentStatus.OPEN:
        raise Refusal("refusals.already_closed", incident=cell.incident)
    if scene.confirmed_by is None:
        clocks = [line(cell, clock, scene.now) for clock in still_open(cell)]
        raise Confirm("incident.close_second", may_second(scene, call), **_not_finished(cell), clocks=clocks)
    reason = call.get("text", str)
    after = replace(
        cell.incident,
        status=IncidentStatus.CLOSED,
        closed_at=scene.now,
        closed_by=scene.sender,
        close_reason=reason,
    )
    ended = Moment("ended", scene.now, scene.sender, scene.now, reason)
    calm = lifted(replace(cell, incident=after).with_change(ended), scene.rules, scene.organisation.profile, scene.now)
    given = _given(calm.cell)
    changed = calm.cell.with_clocks(new for _, new in given).without_undo(scene.sender)
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
        *(record("assign", old, new) for old, new in given),
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
            "clocks": [line(changed, clock, scene.now) for clock in still_open(changed)],
        },
        cell.incident.language,
        key=f"closed:{scene.event_id}",
    )
    return Outcome(changed, records, (told,))


def _given(cell: Cell) -> list[tuple[Clock, Clock]]:
    """The clocks that go on without anybody having taken them, before and after: each to who would be rung for it."""
    zone = ZoneInfo(cell.incident.timezone)
    free = [clock for clock in still_open(cell) if clock.owner is None]
    return [(clock, armed(replace(clock, owner=responsible(cell, clock)), zone)) for clock in free]


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

FIRST_CALLED = 3
"""Who opens, and the first two vital people: their invitations go before the boards."""

GRACE = timedelta(minutes=5)
"""How long a command may wait before it is offered instead of carried out."""
