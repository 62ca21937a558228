"""The crisis cell of one incident, whole: what a command handler reads, and hands back changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from bot.domain.apart import Guest, TrackRoom
from bot.domain.care import Measure, MeasureKind, Service
from bot.domain.clocks import Clock, MomentChange, urgency
from bot.domain.conduct import Entrance, LawyerRoom, Opinion
from bot.domain.directory import Warned
from bot.domain.drafts import Draft
from bot.domain.enquiries import Enquiry
from bot.domain.incident import Board, Incident, Member, Moment, Task, TaskStatus, Undoable
from bot.domain.qualifying import Answered, Question, asked_of
from bot.domain.registers import Decision, Entry, Evidence, Fact, PhoneCall, Point, RollCall
from bot.domain.roles import Role, Track

_REGISTERS = {
    Fact: "facts",
    Decision: "decisions",
    Evidence: "evidence",
    PhoneCall: "calls",
    RollCall: "rollcalls",
    Point: "points",
}


@dataclass(frozen=True)
class Cell:
    """One incident's state. Every `with_` method returns a new cell; the store saves what differs."""

    incident: Incident
    tasks: Mapping[int, Task] = field(default_factory=dict)
    members: Mapping[str, Member] = field(default_factory=dict)
    moments: Mapping[str, Moment] = field(default_factory=dict)
    boards: Mapping[str, Board] = field(default_factory=dict)
    undo: Mapping[str, Undoable] = field(default_factory=dict)
    clocks: Mapping[str, Clock] = field(default_factory=dict)
    history: Mapping[int, MomentChange] = field(default_factory=dict)
    drafts: Mapping[int, Draft] = field(default_factory=dict)
    facts: Mapping[int, Fact] = field(default_factory=dict)
    decisions: Mapping[int, Decision] = field(default_factory=dict)
    evidence: Mapping[int, Evidence] = field(default_factory=dict)
    calls: Mapping[int, PhoneCall] = field(default_factory=dict)
    rollcalls: Mapping[int, RollCall] = field(default_factory=dict)
    points: Mapping[int, Point] = field(default_factory=dict)
    answers: Mapping[str, Answered] = field(default_factory=dict)
    entrances: Mapping[str, Entrance] = field(default_factory=dict)
    lawyers: Mapping[int, LawyerRoom] = field(default_factory=dict)
    opinions: Mapping[int, Opinion] = field(default_factory=dict)
    warned: Mapping[str, Warned] = field(default_factory=dict)
    services: Mapping[str, Service] = field(default_factory=dict)
    measures: Mapping[int, Measure] = field(default_factory=dict)
    enquiries: Mapping[int, Enquiry] = field(default_factory=dict)
    tracks: Mapping[str, TrackRoom] = field(default_factory=dict)
    guests: Mapping[int, Guest] = field(default_factory=dict)

    def with_tasks(self, tasks: Iterable[Task]) -> Cell:
        return replace(self, tasks=MappingProxyType({**self.tasks, **{t.number: t for t in tasks}}))

    def with_member(self, member: Member) -> Cell:
        return replace(self, members=MappingProxyType({**self.members, member.matrix_id: member}))

    def with_moment(self, moment: Moment) -> Cell:
        return replace(self, moments=MappingProxyType({**self.moments, moment.name: moment}))

    def with_clocks(self, clocks: Iterable[Clock]) -> Cell:
        return replace(self, clocks=MappingProxyType({**self.clocks, **{c.id: c for c in clocks}}))

    def with_draft(self, draft: Draft) -> Cell:
        return replace(self, drafts=MappingProxyType({**self.drafts, draft.number: draft}))

    def with_enquiry(self, enquiry: Enquiry) -> Cell:
        return replace(self, enquiries=MappingProxyType({**self.enquiries, enquiry.number: enquiry}))

    def with_entries(self, entries: Iterable[Entry | RollCall | Point]) -> Cell:
        """Entries of the registers, each put into its own: new ones, or old ones as they are now."""
        after = self
        for entry in entries:
            name = _REGISTERS[type(entry)]
            held: dict[str, Any] = {name: MappingProxyType({**getattr(after, name), entry.number: entry})}
            after = replace(after, **held)
        return after

    def with_answer(self, said: Answered) -> Cell:
        return replace(self, answers=MappingProxyType({**self.answers, said.question: said}))

    def with_entrances(self, entrances: Iterable[Entrance]) -> Cell:
        return replace(self, entrances=MappingProxyType({**self.entrances, **{e.user: e for e in entrances}}))

    def with_lawyers(self, room: LawyerRoom) -> Cell:
        return replace(self, lawyers=MappingProxyType({**self.lawyers, room.number: room}))

    def with_track(self, room: TrackRoom) -> Cell:
        return replace(self, tracks=MappingProxyType({**self.tracks, room.track.value: room}))

    def with_guests(self, guests: Iterable[Guest]) -> Cell:
        return replace(self, guests=MappingProxyType({**self.guests, **{g.number: g for g in guests}}))

    def guest(self, user: str) -> Guest | None:
        """The guest who may be in their room under that account, if it is one's."""
        return next((g for g in self.guests.values() if g.user == user and g.expected), None)

    def name_of(self, user: str) -> str | None:
        """The name under which somebody is, or was, in this incident: a member, or a guest."""
        known = self.members.get(user) or next((g for g in self.guests.values() if g.user == user), None)
        return known.name if known else None

    def with_opinion(self, said: Opinion) -> Cell:
        return replace(self, opinions=MappingProxyType({**self.opinions, said.number: said}))

    def with_service(self, service: Service) -> Cell:
        return replace(self, services=MappingProxyType({**self.services, service.name: service}))

    def without_service(self, name: str) -> Cell:
        return replace(self, services=MappingProxyType({k: v for k, v in self.services.items() if k != name}))

    def with_measure(self, measure: Measure) -> Cell:
        return replace(self, measures=MappingProxyType({**self.measures, measure.number: measure}))

    def measures_of(self, kind: MeasureKind) -> list[Measure]:
        """What was not taken back, in the order of its number."""
        return [m for _, m in sorted(self.measures.items()) if m.kind is kind and not m.withdrawn]

    def with_warned(self, said: Iterable[Warned]) -> Cell:
        return replace(self, warned=MappingProxyType({**self.warned, **{each.name: each for each in said}}))

    def without_warned(self, name: str) -> Cell:
        return replace(self, warned=MappingProxyType({k: v for k, v in self.warned.items() if k != name}))

    def opinion_on(self, clock: str) -> Opinion | None:
        """The last opinion on that clock: it takes the place of those before it."""
        said = (self.opinions[number] for number in sorted(self.opinions, reverse=True))
        return next((each for each in said if each.clock == clock), None)

    def with_change(self, moment: Moment, typed_by: str | None = None) -> Cell:
        """A moment recorded, or recorded anew: what it was before stays in the history."""
        before, number = self.moments.get(moment.name), len(self.history) + 1
        change = MomentChange(
            number=number,
            name=moment.name,
            at=moment.at,
            set_by=moment.set_by,
            set_at=moment.set_at,
            reason=moment.reason,
            previous=before.at if before else None,
            typed_by=typed_by if typed_by != moment.set_by else None,
        )
        history = MappingProxyType({**self.history, number: change})
        return replace(self.with_moment(moment), history=history)

    def without_moment(self, name: str) -> Cell:
        return replace(self, moments=MappingProxyType({k: v for k, v in self.moments.items() if k != name}))

    def with_board(self, board: Board) -> Cell:
        return replace(self, boards=MappingProxyType({**self.boards, board.name: board}))

    def with_undo(self, undo: Undoable) -> Cell:
        """Somebody's last action; what it changed can no longer be put back by whoever changed it before."""
        numbers, people = {t.number for t in undo.tasks}, {m.matrix_id for m in undo.members}
        clocks = {clock.id for clock in undo.clocks}
        entries = {entry.id for entry in undo.entries}
        others = {
            author: replace(
                held,
                tasks=tuple(t for t in held.tasks if t.number not in numbers),
                members=tuple(m for m in held.members if m.matrix_id not in people),
                clocks=tuple(c for c in held.clocks if c.id not in clocks),
                entries=tuple(e for e in held.entries if e.id not in entries),
                was={name: value for name, value in held.was.items() if name not in undo.was},
            )
            for author, held in self.undo.items()
        }
        return replace(self, undo=MappingProxyType({**others, undo.author: undo}))

    def without_undo(self, author: str) -> Cell:
        return replace(self, undo=MappingProxyType({k: v for k, v in self.undo.items() if k != author}))

    @property
    def questions(self) -> tuple[Question, ...]:
        """The qualifying questions that are put in this incident."""
        return asked_of(self.incident.kind, {fact for clock in self.clocks.values() for fact in clock.rests_on})

    @property
    def answer_words(self) -> dict[str, str]:
        """What was answered to the qualifying questions, by question: `yes`, `no` or `unknown`."""
        return {said.question: said.answer.value for said in self.answers.values()}

    def track(self, track: Track) -> list[Task]:
        return [t for t in self.in_order if t.track is track]

    @property
    def in_order(self) -> list[Task]:
        return [self.tasks[n] for n in sorted(self.tasks)]

    @property
    def open_tasks(self) -> list[Task]:
        return [t for t in self.in_order if t.status not in (TaskStatus.DONE, TaskStatus.SKIPPED)]

    def by_code(self, code: str) -> Task | None:
        return next((t for t in self.tasks.values() if t.code == code), None)

    @property
    def rollcall(self) -> RollCall | None:
        """The latest roll-call, the only one that can be answered."""
        return self.rollcalls[max(self.rollcalls)] if self.rollcalls else None

    @property
    def by_urgency(self) -> list[Clock]:
        """The clocks, the most urgent first, those that are done with last."""
        return sorted(self.clocks.values(), key=urgency)

    def is_here(self, matrix_id: str) -> bool:
        """Whether somebody was called and has not left."""
        member = self.members.get(matrix_id)
        return member is not None and member.left_at is None

    def holders(self, role: Role) -> list[Member]:
        """Members who hold a role in this incident and have not left, in the order in which they were called."""
        return [m for m in self.members.values() if role in m.roles and m.left_at is None]

    def roles_of(self, matrix_id: str) -> tuple[Role, ...]:
        member = self.members.get(matrix_id)
        return member.roles if member and member.left_at is None else ()
