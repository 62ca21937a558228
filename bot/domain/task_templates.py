"""A task as a playbook describes it: values, and those values as JSON and back.

Owns one guarantee: what was written into a snapshot is read back equal, also where an earlier version wrote it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from typing import Any

from bot.domain.roles import Phase, Role, Track

OPENED = "opened"


@dataclass(frozen=True)
class Text:
    """The same sentence in both languages."""

    fr: str
    en: str

    def get(self, lang: str) -> str:
        """The sentence in `lang`; anything but English gets French, the product's first language."""
        return self.en if lang == "en" else self.fr


@dataclass(frozen=True)
class Source:
    """Where a task or its figure comes from.

    `kind` is law, authority, secondary or practice; `checked` is the ISO date on which it was last read.
    """

    ref: str
    kind: str
    checked: str


@dataclass(frozen=True)
class Condition:
    """On which answer to a qualifying question a task rests; exactly one of the two is given.

    `unless`: it is there from the beginning and falls away once the question has that answer; "unknown" keeps it.
    `given`: it is dormant until the question has that answer, and falls away when it has it no more.
    """

    question: str
    unless: str | None = None
    given: str | None = None

    def holds(self, answers: Mapping[str, str]) -> bool:
        """Whether the task has its place by what was answered (`yes`, `no`, `unknown`, or nothing)."""
        said = answers.get(self.question, "unknown")
        return said == self.given if self.given is not None else said != self.unless


@dataclass(frozen=True)
class Awaits:
    """What must have happened before a task appears; what is None is not waited for.

    `phase`: that phase or a later one was said; `severity`: at least that; `filed`: the rule whose notification was
    sent; `done`: the playbook id of a task that was completed.
    """

    phase: Phase | None = None
    severity: int | None = None
    filed: str | None = None
    done: str | None = None


@dataclass(frozen=True)
class Wording:
    """What a task says instead to one kind of organisation; None keeps the common wording."""

    title: Text | None = None
    why: Text | None = None
    how: Text | None = None
    evidence: Text | None = None
    avoid: Text | None = None


@dataclass(frozen=True)
class TaskTemplate:
    """A task as a playbook describes it.

    `delay` counts from the moment `anchor`; None means "as soon as what it depends on is done". `repeat` is
    the time after which it comes back. `depends_on` warns; `blocked_by`, a part of it, is a hard stop. `avoid` says
    what not to do. `deadlines` and `templates` are aliases; `no_link` is the reason why a legal task names no clock or
    a communication task no template. An empty `kinds` means every kind of organisation, empty `flags` every one.
    `overlay` is the id of the overlay that brought it; None for the scenario's own, changed or not.
    """

    id: str
    track: Track
    phase: Phase
    role: Role
    title: Text
    why: Text
    delay: timedelta | None
    source: Source
    anchor: str = OPENED
    repeat: timedelta | None = None
    how: Text | None = None
    avoid: Text | None = None
    evidence: Text | None = None
    depends_on: tuple[str, ...] = ()
    blocked_by: tuple[str, ...] = ()
    critical: bool = False
    deadlines: tuple[str, ...] = ()
    templates: tuple[str, ...] = ()
    no_link: Text | None = None
    kinds: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    condition: Condition | None = None
    awaits: Awaits | None = None
    overlay: str | None = None
    wordings: tuple[tuple[str, Wording], ...] = ()

    @property
    def dormant(self) -> bool:
        """Whether some incidents open without it: it waits for an answer or an event, or is for some flags only."""
        waits = self.condition is not None and self.condition.given is not None
        return waits or self.awaits is not None or bool(self.flags)

    def suits(self, kind: str) -> bool:
        """Whether the task makes sense for an organisation of this kind."""
        return not self.kinds or kind in self.kinds

    def worded_for(self, kind: str) -> TaskTemplate:
        """The same task in the words meant for this kind of organisation."""
        wording = dict(self.wordings).get(kind)
        if wording is None:
            return self
        return replace(
            self,
            title=wording.title or self.title,
            why=wording.why or self.why,
            how=wording.how or self.how,
            evidence=wording.evidence or self.evidence,
            avoid=wording.avoid or self.avoid,
        )


# -- as JSON ------------------------------------------------------------


def from_text(text: Text | None) -> dict[str, str] | None:
    return None if text is None else {"fr": text.fr, "en": text.en}


def to_text(data: Mapping[str, str]) -> Text:
    return Text(data["fr"], data["en"])


def maybe_text(data: Mapping[str, str] | None) -> Text | None:
    return None if data is None else to_text(data)


def _seconds(duration: timedelta | None) -> int | None:
    return None if duration is None else int(duration.total_seconds())


def _duration(seconds: int | None) -> timedelta | None:
    return None if seconds is None else timedelta(seconds=seconds)


def from_task(task: TaskTemplate) -> dict[str, Any]:
    """The task as JSON-able values; durations are seconds."""
    return {
        "id": task.id,
        "track": task.track.value,
        "phase": task.phase.value,
        "role": task.role.value,
        "title": from_text(task.title),
        "why": from_text(task.why),
        "how": from_text(task.how),
        "avoid": from_text(task.avoid),
        "delay": _seconds(task.delay),
        "anchor": task.anchor,
        "repeat": _seconds(task.repeat),
        "evidence": from_text(task.evidence),
        "depends_on": list(task.depends_on),
        "blocked_by": list(task.blocked_by),
        "critical": task.critical,
        "deadlines": list(task.deadlines),
        "templates": list(task.templates),
        "no_link": from_text(task.no_link),
        "kinds": list(task.kinds),
        "flags": list(task.flags),
        "condition": None if task.condition is None else asdict(task.condition),
        "awaits": _from_awaits(task.awaits),
        "overlay": task.overlay,
        "source": asdict(task.source),
        "wordings": {kind: _from_wording(wording) for kind, wording in task.wordings},
    }


def to_task(data: Mapping[str, Any]) -> TaskTemplate:
    """The task that `from_task` described, in this version or in an earlier one."""
    condition = data["condition"]
    return TaskTemplate(
        id=data["id"],
        track=Track(data["track"]),
        phase=Phase(data["phase"]),
        role=Role(data["role"]),
        title=to_text(data["title"]),
        why=to_text(data["why"]),
        how=maybe_text(data["how"]),
        avoid=maybe_text(data.get("avoid")),
        delay=_duration(data["delay"]),
        anchor=data["anchor"],
        repeat=_duration(data["repeat"]),
        evidence=maybe_text(data["evidence"]),
        depends_on=tuple(data["depends_on"]),
        blocked_by=tuple(data["blocked_by"]),
        critical=data["critical"],
        deadlines=tuple(data["deadlines"]),
        templates=tuple(data["templates"]),
        no_link=maybe_text(data["no_link"]),
        kinds=tuple(data["kinds"]),
        flags=tuple(data.get("flags", ())),
        condition=None if condition is None else Condition(**condition),
        awaits=_to_awaits(data.get("awaits")),
        overlay=data.get("overlay"),
        source=Source(**data["source"]),
        wordings=tuple((kind, _wording(data["wordings"][kind])) for kind in sorted(data["wordings"])),
    )


def _from_awaits(awaits: Awaits | None) -> dict[str, Any] | None:
    if awaits is None:
        return None
    return {**asdict(awaits), "phase": awaits.phase.value if awaits.phase else None}


def _to_awaits(data: Mapping[str, Any] | None) -> Awaits | None:
    if data is None:
        return None
    return Awaits(**{**data, "phase": Phase(data["phase"]) if data["phase"] else None})


def _from_wording(wording: Wording) -> dict[str, Any]:
    return {
        "title": from_text(wording.title),
        "why": from_text(wording.why),
        "how": from_text(wording.how),
        "evidence": from_text(wording.evidence),
        "avoid": from_text(wording.avoid),
    }


def _wording(data: Mapping[str, Any]) -> Wording:
    return Wording(
        title=maybe_text(data["title"]),
        why=maybe_text(data["why"]),
        how=maybe_text(data["how"]),
        evidence=maybe_text(data["evidence"]),
        avoid=maybe_text(data.get("avoid")),
    )
