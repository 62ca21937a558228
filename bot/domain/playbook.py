"""Playbooks: what a cell has to do in a kind of crisis, as values.

Owns one guarantee: a playbook is frozen, and its fingerprint says exactly what it held. A running incident
keeps the snapshot made here, so that editing a playbook never changes a crisis under way.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from functools import cached_property
from typing import Any

import rfc8785

from bot.domain.roles import Phase, Role, Track
from bot.domain.task_templates import (
    OPENED,
    Awaits,
    Condition,
    Source,
    TaskTemplate,
    Text,
    Wording,
    from_task,
    from_text,
    maybe_text,
    to_task,
    to_text,
)

__all__ = [
    "OPENED",
    "SNAPSHOT_FORMAT",
    "Applies",
    "Awaits",
    "Condition",
    "Heading",
    "Overlay",
    "Playbook",
    "Source",
    "TaskTemplate",
    "Text",
    "Wording",
    "from_snapshot",
    "heading",
    "in_order",
    "snapshot",
]

SNAPSHOT_FORMAT = "tocsin-playbook/1"

TRACK_ORDER = tuple(Track)
PHASE_ORDER = tuple(Phase)


@dataclass(frozen=True)
class Applies:
    """When an overlay lies over a scenario; all that is given must hold.

    `dpo`: what the organisation has (`internal`, `external`, `none`); `night`: opened out of working hours; `parties`:
    at least so many parties; `severity`: its tasks come once the severity reaches that, at opening or later.
    """

    dpo: tuple[str, ...] = ()
    night: bool = False
    parties: int | None = None
    severity: int | None = None


@dataclass(frozen=True)
class Overlay:
    """A variant that changes or adds tasks, and that several scenarios share. `said` is the sentence of the opening.

    An empty `kinds` means every kind of organisation.
    """

    id: str
    title: Text
    said: Text
    applies: Applies
    tasks: tuple[TaskTemplate, ...]
    kinds: tuple[str, ...] = ()


@dataclass(frozen=True)
class Playbook:
    """A scenario with every task that it holds, the common core's included.

    `name` is what one types in each language, `aliases` every other accepted form, `words` the plain words by
    which somebody who does not know the names may be understood. `discreet`: opening it calls nobody by itself.
    `rooms`: `tracks` where each track has a room of its own.
    `overlays` are those that could lie over it; once an incident is open, those that do.
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
    discreet: bool = False
    rooms: str = "one"
    overlays: tuple[Overlay, ...] = ()

    @cached_property
    def sha256(self) -> str:
        """Hex SHA-256 of the RFC 8785 canonical JSON of the snapshot."""
        return hashlib.sha256(rfc8785.dumps(snapshot(self))).hexdigest()

    @property
    def roles(self) -> tuple[Role, ...]:
        """Every role that the playbook names, in the order of the roles."""
        named = {task.role for task in self.tasks}
        return tuple(role for role in Role if role in named)

    def suits(self, kind: str) -> bool:
        """Whether the scenario is meant for an organisation of this kind."""
        return not self.kinds or kind in self.kinds

    def task(self, task_id: str) -> TaskTemplate | None:
        """The task with this playbook id, or None."""
        return self._by_id.get(task_id)

    @cached_property
    def _by_id(self) -> dict[str, TaskTemplate]:
        return {task.id: task for task in self.tasks}

    def tasks_for(self, kind: str) -> tuple[TaskTemplate, ...]:
        """The tasks that suit a kind of organisation, in its words, in order; those of overlays come last.

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
        added = [task for task in present if task.overlay is not None]
        return (*in_order([task for task in present if task.overlay is None]), *in_order(added))

    def fitted(self, flags: Iterable[str], overlays: Iterable[Overlay]) -> Playbook:
        """The playbook as one incident keeps it: without what other flags would want, with these overlays laid over."""
        held, chosen = set(flags), tuple(overlays)
        tasks = {task.id: task for task in self.tasks}
        for overlay in chosen:
            tasks |= {task.id: task for task in overlay.tasks}
        kept = tuple(task for task in tasks.values() if not task.flags or held & set(task.flags))
        return replace(self, tasks=kept, overlays=tuple(replace(overlay, tasks=()) for overlay in chosen))


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
        "name": from_text(playbook.name),
        "title": from_text(playbook.title),
        "description": from_text(playbook.description),
        "aliases": list(playbook.aliases),
        "words": list(playbook.words),
        "doctrine": from_text(playbook.doctrine),
        "kinds": list(playbook.kinds),
        "discreet": playbook.discreet,
        # Left out where it says nothing: what was opened before keeps its fingerprint.
        **({"rooms": playbook.rooms} if playbook.rooms != "one" else {}),
        "overlays": [_from_overlay(overlay) for overlay in playbook.overlays],
        "tasks": [from_task(task) for task in playbook.tasks],
    }


@dataclass(frozen=True)
class Heading:
    """What a message about an incident says of its playbook."""

    title: Text
    doctrine: Text | None


def heading(data: Mapping[str, Any]) -> Heading:
    """The title and the doctrine of a snapshot, without its tasks: what nearly every message needs."""
    return Heading(to_text(data["title"]), maybe_text(data["doctrine"]))


def from_snapshot(data: Mapping[str, Any]) -> Playbook:
    """The playbook that `snapshot` described. Refuses another format with ValueError."""
    if data.get("format") != SNAPSHOT_FORMAT:
        raise ValueError(f"not a playbook snapshot of format {SNAPSHOT_FORMAT}: {data.get('format')!r}")
    return Playbook(
        id=data["id"],
        code=data["code"],
        name=to_text(data["name"]),
        title=to_text(data["title"]),
        description=to_text(data["description"]),
        aliases=tuple(data["aliases"]),
        words=tuple(data["words"]),
        doctrine=maybe_text(data["doctrine"]),
        kinds=tuple(data["kinds"]),
        discreet=data.get("discreet", False),
        rooms=data.get("rooms", "one"),
        overlays=tuple(_overlay(each) for each in data.get("overlays", ())),
        tasks=tuple(to_task(task) for task in data["tasks"]),
    )


def _from_overlay(overlay: Overlay) -> dict[str, Any]:
    return {
        "id": overlay.id,
        "title": from_text(overlay.title),
        "said": from_text(overlay.said),
        "applies": {**asdict(overlay.applies), "dpo": list(overlay.applies.dpo)},
        "tasks": [from_task(task) for task in overlay.tasks],
        "kinds": list(overlay.kinds),
    }


def _overlay(data: Mapping[str, Any]) -> Overlay:
    applies = data["applies"]
    return Overlay(
        id=data["id"],
        title=to_text(data["title"]),
        said=to_text(data["said"]),
        applies=Applies(**{**applies, "dpo": tuple(applies["dpo"])}),
        kinds=tuple(data.get("kinds", ())),
        tasks=tuple(to_task(task) for task in data["tasks"]),
    )
