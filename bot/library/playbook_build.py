"""From checked YAML to a playbook, and what must hold between its tasks.

Owns one guarantee: the dependencies of a playbook that is built here exist and never go round in circles.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from graphlib import CycleError, TopologicalSorter
from typing import Any

from bot.domain.playbook import (
    OPENED,
    Applies,
    Awaits,
    Condition,
    Overlay,
    Playbook,
    Source,
    TaskTemplate,
    Text,
    Wording,
    in_order,
)
from bot.domain.roles import Phase, Role, Track
from bot.library.playbook_faults import Fault

UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}
AS_SOON_AS_POSSIBLE = "asap"
NONE = "none"
NEEDS = ("depends_on", "blocked_by")


def duration(written: str) -> timedelta | None:
    """`15m`, `2h`, `1d` as elapsed time; `asap` as None."""
    return None if written == AS_SOON_AS_POSSIBLE else int(written[:-1]) * UNITS[written[-1]]


def written(delay: timedelta | None) -> str:
    """The shortest way to write an elapsed time in a playbook."""
    if delay is None:
        return AS_SOON_AS_POSSIBLE
    unit = next(u for u in ("d", "h", "m") if delay % UNITS[u] == timedelta(0))
    return f"{delay // UNITS[unit]}{unit}"


def relation_faults(data: Mapping[str, Any], file: str) -> Iterator[Fault]:
    """What does not hold between the tasks of a merged scenario: unknown or circular dependencies."""
    tasks = {task["id"]: task for task in data["tasks"]}
    for task in tasks.values():
        needs = task.get("depends_on", ())
        for needed in needs:
            if needed not in tasks:
                yield Fault(file, task["id"], "dependency_unknown", {"id": needed})
        awaited = task.get("awaits", {}).get("done")
        if awaited is not None and awaited not in tasks:
            yield Fault(file, task["id"], "dependency_unknown", {"id": awaited})
        for stop in task.get("blocked_by", ()):
            if stop not in needs:
                yield Fault(file, task["id"], "block_not_dependency", {"id": stop})
    graph = {i: set(task.get("depends_on", ())) & tasks.keys() for i, task in tasks.items()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        circle = error.args[1]
        yield Fault(file, circle[0], "dependency_cycle", {"ids": " → ".join(reversed(circle))})


def build(data: Mapping[str, Any], overlays: Iterable[Mapping[str, Any]] = ()) -> Playbook:
    """The playbook that a merged and checked scenario describes, with the overlays that may lie over it."""
    words = data.get("words", {})
    tasks = {task["id"]: task for task in data["tasks"]}
    return Playbook(
        id=data["id"],
        code=data["code"],
        name=text(data["name"]),
        title=text(data["title"]),
        description=text(data["description"]),
        aliases=tuple(data.get("aliases", ())),
        words=tuple(dict.fromkeys([*words.get("fr", ()), *words.get("en", ())])),
        doctrine=_maybe(data, "doctrine"),
        kinds=tuple(data.get("kinds", ())),
        discreet=data.get("discreet", False),
        rooms=data.get("rooms", "one"),
        tasks=in_order([_task(task) for task in data["tasks"]]),
        overlays=tuple(_overlay(overlay, tasks) for overlay in overlays),
    )


def laid_over(overlay: Mapping[str, Any], tasks: Mapping[str, Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """The overlay's tasks as they are over these: changed ones whole, new ones; what finds nothing here is left."""
    own = {task["id"] for task in overlay["tasks"]}
    severity = overlay["applies"].get("severity")
    for task in overlay["tasks"]:
        if task["id"] in tasks:
            yield {**tasks[task["id"]], **task}
        elif "track" in task:
            needs = {key: [i for i in task[key] if i in tasks or i in own] for key in NEEDS if key in task}
            awaits = {"awaits": {"severity": severity, **task.get("awaits", {})}} if severity else {}
            kinds = {"kinds": overlay["kinds"]} if "kinds" in overlay and "kinds" not in task else {}
            yield {**task, **needs, **awaits, **kinds, "overlay": overlay["id"]}


def _overlay(data: Mapping[str, Any], tasks: Mapping[str, Mapping[str, Any]]) -> Overlay:
    applies = data["applies"]
    return Overlay(
        id=data["id"],
        title=text(data["title"]),
        said=text(data["said"]),
        applies=Applies(
            dpo=tuple(applies.get("dpo", ())),
            night=applies.get("night", False),
            parties=applies.get("parties"),
            severity=applies.get("severity"),
        ),
        kinds=tuple(data.get("kinds", ())),
        tasks=tuple(_task(task) for task in laid_over(data, tasks)),
    )


def text(value: str | Mapping[str, str]) -> Text:
    """Both languages; an organisation may write one sentence for both."""
    return Text(value, value) if isinstance(value, str) else Text(value["fr"], value["en"])


def _maybe(data: Mapping[str, Any], key: str) -> Text | None:
    return text(data[key]) if key in data else None


def _task(data: Mapping[str, Any]) -> TaskTemplate:
    triggers = data.get("triggers", {})
    return TaskTemplate(
        id=data["id"],
        track=Track(data["track"]),
        phase=Phase(data["phase"]),
        role=Role(data["role"]),
        title=text(data["title"]),
        why=text(data["why"]),
        how=_maybe(data, "how"),
        avoid=_maybe(data, "avoid"),
        delay=duration(data["delay"]),
        anchor=data.get("anchor", OPENED),
        repeat=duration(data["repeat"]) if "repeat" in data else None,
        evidence=_maybe(data, "evidence"),
        depends_on=tuple(data.get("depends_on", ())),
        blocked_by=tuple(data.get("blocked_by", ())),
        critical=data.get("critical", False),
        deadlines=_aliases(triggers, "deadlines"),
        templates=_aliases(triggers, "templates"),
        no_link=_maybe(triggers, "reason"),
        kinds=tuple(data.get("kinds", ())),
        flags=tuple(data.get("flags", ())),
        condition=_condition(data.get("condition")),
        awaits=_awaits(data.get("awaits")),
        overlay=data.get("overlay"),
        source=Source(**data["source"]),
        wordings=tuple((kind, _wording(said)) for kind, said in sorted(data.get("wording", {}).items())),
    )


def _condition(data: Mapping[str, str] | None) -> Condition | None:
    return None if data is None else Condition(data["question"], data.get("unless"), data.get("is"))


def _awaits(data: Mapping[str, Any] | None) -> Awaits | None:
    if data is None:
        return None
    phase = Phase(data["phase"]) if "phase" in data else None
    return Awaits(phase, data.get("severity"), data.get("filed"), data.get("done"))


def _aliases(triggers: Mapping[str, Any], key: str) -> tuple[str, ...]:
    named = triggers.get(key, NONE)
    return () if named == NONE else tuple(named)


def _wording(data: Mapping[str, Any]) -> Wording:
    return Wording(
        title=_maybe(data, "title"),
        why=_maybe(data, "why"),
        how=_maybe(data, "how"),
        evidence=_maybe(data, "evidence"),
        avoid=_maybe(data, "avoid"),
    )
