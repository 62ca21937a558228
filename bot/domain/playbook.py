"""Playbooks: what a cell has to do in a kind of crisis, as values.

Owns one guarantee: a playbook is frozen, and its fingerprint says exactly what it held. A running incident
keeps the snapshot made here, so that editing a playbook never changes a crisis under way.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from functools import cached_property
from typing import Any

import rfc8785

from bot.domain.roles import Phase, Role, Track

SNAPSHOT_FORMAT = "tocsin-playbook/1"
OPENED = "opened"

TRACK_ORDER = tuple(Track)
PHASE_ORDER = tuple(Phase)


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
    """A task that falls away once a qualifying question has the answer `unless`; "unknown" keeps it."""

    question: str
    unless: str


@dataclass(frozen=True)
class Wording:
    """What a task says instead to one kind of organisation; None keeps the common wording."""

    title: Text | None = None
    why: Text | None = None
    how: Text | None = None
    evidence: Text | None = None


@dataclass(frozen=True)
class TaskTemplate:
    """A task as a playbook describes it.

    `delay` counts from the moment `anchor`; None means "as soon as what it depends on is done". `repeat` is
    the time after which it comes back. `depends_on` warns; `blocked_by`, a part of it, is a hard stop.
    `deadlines` and `templates` are aliases; `no_link` is the reason why a legal task names no clock or a
    communication task no template. An empty `kinds` means every kind of organisation.
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
    evidence: Text | None = None
    depends_on: tuple[str, ...] = ()
    blocked_by: tuple[str, ...] = ()
    critical: bool = False
    deadlines: tuple[str, ...] = ()
    templates: tuple[str, ...] = ()
    no_link: Text | None = None
    kinds: tuple[str, ...] = ()
    condition: Condition | None = None
    wordings: tuple[tuple[str, Wording], ...] = ()

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
        )


@dataclass(frozen=True)
class Playbook:
    """A scenario with every task that it holds, the common core's included.

    `name` is what one types in each language, `aliases` every other accepted form, `words` the plain words by
    which somebody who does not know the names may be understood.
    """

    id: str
    code: str
    name: Text
    title: Text
    description: Text
    tasks: tuple[TaskTemplate, ...]
    aliases: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    doctrine: Text | None = None
    kinds: tuple[str, ...] = ()

    @cached_property
    def sha256(self) -> str:
        """Hex SHA-256 of the RFC 8785 canonical JSON of the snapshot."""
        return hashlib.sha256(rfc8785.dumps(snapshot(self))).hexdigest()

    @property
    def roles(self) -> tuple[Role, ...]:
        """Every role that the playbook names, in the order of the roles."""
        named = {task.role for task in self.tasks}
        return tuple(role for role in Role if role in named)

    def task(self, task_id: str) -> TaskTemplate | None:
        """The task with this playbook id, or None."""
        return next((task for task in self.tasks if task.id == task_id), None)

    def tasks_for(self, kind: str) -> tuple[TaskTemplate, ...]:
        """The tasks that suit a kind of organisation, in its words, in order.

        A dependency on a task that this kind does not have is dropped: it could never be done.
        """
        kept = [task.worded_for(kind) for task in self.tasks if task.suits(kind)]
        ids = {task.id for task in kept}
        present = [
            replace(
                task,
                depends_on=tuple(i for i in task.depends_on if i in ids),
                blocked_by=tuple(i for i in task.blocked_by if i in ids),
            )
            for task in kept
        ]
        return in_order(present)


def in_order(tasks: Sequence[TaskTemplate]) -> tuple[TaskTemplate, ...]:
    """By track, then by time due, then by id.

    What counts from the crisis's beginning comes first, then what follows its dependencies at once (by
    phase), then what counts from a later act such as the end of the crisis.
    """
    return tuple(sorted(tasks, key=_order))


def _order(task: TaskTemplate) -> tuple[int, int, timedelta, int, str]:
    if task.anchor == "ended" or task.anchor.startswith("filed:"):
        rank = 2
    else:
        rank = 1 if task.delay is None else 0
    phase = PHASE_ORDER.index(task.phase) if rank else 0
    return TRACK_ORDER.index(task.track), rank, task.delay or timedelta(0), phase, task.id


# -- snapshots ------------------------------------------------------------


def snapshot(playbook: Playbook) -> dict[str, Any]:
    """The whole playbook as JSON-able values that depend on its content alone. Durations are seconds."""
    return {
        "format": SNAPSHOT_FORMAT,
        "id": playbook.id,
        "code": playbook.code,
        "name": _from_text(playbook.name),
        "title": _from_text(playbook.title),
        "description": _from_text(playbook.description),
        "aliases": list(playbook.aliases),
        "words": list(playbook.words),
        "doctrine": _from_text(playbook.doctrine),
        "kinds": list(playbook.kinds),
        "tasks": [_from_task(task) for task in playbook.tasks],
    }


@dataclass(frozen=True)
class Heading:
    """What a message about an incident says of its playbook."""

    title: Text
    doctrine: Text | None


def heading(data: Mapping[str, Any]) -> Heading:
    """The title and the doctrine of a snapshot, without its tasks: what nearly every message needs."""
    return Heading(_text(data["title"]), _maybe_text(data["doctrine"]))


def from_snapshot(data: Mapping[str, Any]) -> Playbook:
    """The playbook that `snapshot` described. Refuses another format with ValueError."""
    if data.get("format") != SNAPSHOT_FORMAT:
        raise ValueError(f"not a playbook snapshot of format {SNAPSHOT_FORMAT}: {data.get('format')!r}")
    return Playbook(
        id=data["id"],
        code=data["code"],
        name=_text(data["name"]),
        title=_text(data["title"]),
        description=_text(data["description"]),
        aliases=tuple(data["aliases"]),
        words=tuple(data["words"]),
        doctrine=_maybe_text(data["doctrine"]),
        kinds=tuple(data["kinds"]),
        tasks=tuple(_task(task) for task in data["tasks"]),
    )


def _from_text(text: Text | None) -> dict[str, str] | None:
    return None if text is None else {"fr": text.fr, "en": text.en}


def _text(data: Mapping[str, str]) -> Text:
    return Text(data["fr"], data["en"])


def _maybe_text(data: Mapping[str, str] | None) -> Text | None:
    return None if data is None else _text(data)


def _seconds(duration: timedelta | None) -> int | None:
    return None if duration is None else int(duration.total_seconds())


def _duration(seconds: int | None) -> timedelta | None:
    return None if seconds is None else timedelta(seconds=seconds)


def _from_task(task: TaskTemplate) -> dict[str, Any]:
    return {
        "id": task.id,
        "track": task.track.value,
        "phase": task.phase.value,
        "role": task.role.value,
        "title": _from_text(task.title),
        "why": _from_text(task.why),
        "how": _from_text(task.how),
        "delay": _seconds(task.delay),
        "anchor": task.anchor,
        "repeat": _seconds(task.repeat),
        "evidence": _from_text(task.evidence),
        "depends_on": list(task.depends_on),
        "blocked_by": list(task.blocked_by),
        "critical": task.critical,
        "deadlines": list(task.deadlines),
        "templates": list(task.templates),
        "no_link": _from_text(task.no_link),
        "kinds": list(task.kinds),
        "condition": None if task.condition is None else asdict(task.condition),
        "source": asdict(task.source),
        "wordings": {kind: _from_wording(wording) for kind, wording in task.wordings},
    }


def _task(data: Mapping[str, Any]) -> TaskTemplate:
    condition = data["condition"]
    return TaskTemplate(
        id=data["id"],
        track=Track(data["track"]),
        phase=Phase(data["phase"]),
        role=Role(data["role"]),
        title=_text(data["title"]),
        why=_text(data["why"]),
        how=_maybe_text(data["how"]),
        delay=_duration(data["delay"]),
        anchor=data["anchor"],
        repeat=_duration(data["repeat"]),
        evidence=_maybe_text(data["evidence"]),
        depends_on=tuple(data["depends_on"]),
        blocked_by=tuple(data["blocked_by"]),
        critical=data["critical"],
        deadlines=tuple(data["deadlines"]),
        templates=tuple(data["templates"]),
        no_link=_maybe_text(data["no_link"]),
        kinds=tuple(data["kinds"]),
        condition=None if condition is None else Condition(**condition),
        source=Source(**data["source"]),
        wordings=tuple((kind, _wording(data["wordings"][kind])) for kind in sorted(data["wordings"])),
    )


def _from_wording(wording: Wording) -> dict[str, Any]:
    return {
        "title": _from_text(wording.title),
        "why": _from_text(wording.why),
        "how": _from_text(wording.how),
        "evidence": _from_text(wording.evidence),
    }


def _wording(data: Mapping[str, Any]) -> Wording:
    return Wording(
        title=_maybe_text(data["title"]),
        why=_maybe_text(data["why"]),
        how=_maybe_text(data["how"]),
        evidence=_maybe_text(data["evidence"]),
    )
