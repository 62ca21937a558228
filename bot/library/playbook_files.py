"""Playbook files: YAML read strictly, checked against the schema, laid one over the other.

Owns one guarantee: what comes out of here has the shape that the schema describes, whoever wrote the file;
what has not is a fault that names the file and the task.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import yaml

from bot.library.by_hand import HandLoader, KeyTwiceError
from bot.library.playbook_faults import Fault

SCENARIOS, OVERLAYS = "scenarios", "overlays"
SCHEMA = Path("schema") / "scenario.schema.json"
MOST_BYTES = 2_000_000


@dataclass(frozen=True)
class ScenarioFile:
    """One file as written. `layer` is 0 for what is shipped, 1 for what an organisation lays over it."""

    path: Path
    layer: int
    data: Mapping[str, Any]

    @property
    def id(self) -> str:
        return str(self.data["id"])


class _StrictLoader(HandLoader):
    """YAML as people mean it: `no` is a word, a date is a text, and a key said twice is a mistake."""


_KEPT_TAGS = ("tag:yaml.org,2002:int", "tag:yaml.org,2002:null")
_StrictLoader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag in _KEPT_TAGS]
    for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}
_StrictLoader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("^(true|false)$"), list("tf"))


@cache
def schema(folder: Path) -> dict[str, Any]:
    """The JSON schema that lies in a playbooks folder."""
    loaded: dict[str, Any] = json.loads((folder / SCHEMA).read_text(encoding="utf-8"))
    return loaded


def paths(folder: Path) -> list[Path]:
    """The scenario files of a folder, in `scenarios/` or beside it, in the order of their names."""
    found = [*folder.glob("*.yaml"), *folder.glob("*.yml")]
    found += [*folder.joinpath(SCENARIOS).glob("*.yaml"), *folder.joinpath(SCENARIOS).glob("*.yml")]
    return sorted(path for path in found if path.is_file())


def overlay_paths(folder: Path) -> list[Path]:
    """The files of the variants that several scenarios share, in the order of their names."""
    found = [*folder.joinpath(OVERLAYS).glob("*.yaml"), *folder.joinpath(OVERLAYS).glob("*.yml")]
    return sorted(path for path in found if path.is_file())


def overlay_schema(rules: Mapping[str, Any]) -> dict[str, Any]:
    """The schema of an overlay's file: a part of that of the scenarios."""
    return {"$ref": "#/$defs/overlay", "$defs": rules["$defs"]}


def read(path: Path, layer: int, rules: Mapping[str, Any]) -> ScenarioFile | Fault:
    """One file, or the first thing that is wrong with its shape."""
    try:
        if path.stat().st_size > MOST_BYTES:
            return Fault(path.name, None, "too_big", {"limit": MOST_BYTES})
        data = yaml.load(path.read_text(encoding="utf-8"), _StrictLoader)
    except UnicodeDecodeError:
        return Fault(path.name, None, "not_utf8")
    except OSError as error:
        return Fault(path.name, None, "forbidden" if isinstance(error, PermissionError) else "unreadable")
    except KeyTwiceError as error:
        return Fault(path.name, None, "key_twice", {"key": error.key, "line": error.line})
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        return Fault(path.name, None, "not_yaml", {"line": mark.line + 1 if mark is not None else 1})
    if not isinstance(data, dict):
        return Fault(path.name, None, "not_mapping", {})
    if data.get("tasks", ()) is None:
        # Nothing but comments under it, as in a file that somebody has just begun.
        data["tasks"] = []
    broken = next(iter(shape_faults(data, path.name, rules)), None)
    return broken or ScenarioFile(path, layer, data)


def lines(path: Path, key: str) -> list[dict[str, int]]:
    """The line of each item of a list in a file that has been read, under "", and of each of its keys."""
    root = yaml.compose(path.read_text(encoding="utf-8"), yaml.CSafeLoader)
    items = next((value for name, value in root.value if name.value == key), None) if root is not None else None
    found = []
    for item in items.value if items is not None else ():
        keys = item.value if isinstance(item, yaml.MappingNode) else ()
        found.append({"": item.start_mark.line + 1, **{name.value: name.start_mark.line + 1 for name, _ in keys}})
    return found


def shape_faults(data: Mapping[str, Any], file: str, rules: Mapping[str, Any]) -> Iterator[Fault]:
    """What the schema refuses in a file as written, by its deepest cause, in the file's order."""
    validator = jsonschema.Draft202012Validator(rules)
    for error in sorted(validator.iter_errors(data), key=lambda e: [str(part) for part in e.absolute_path]):
        yield _shape_fault(error, data, file)


def missing_faults(
    data: Mapping[str, Any], file: str, rules: Mapping[str, Any], written: Iterable[str]
) -> Iterator[Fault]:
    """What a scenario, laid over what it extends, still lacks; only tasks `written` in this file count."""
    definitions = rules["$defs"]
    for key in definitions["complete_scenario"]["required"]:
        if key not in data:
            yield Fault(file, None, "missing", {"key": key})
    judged = set(written)
    for task in data.get("tasks", []):
        if task["id"] not in judged:
            continue
        for key in definitions["complete_task"]["required"]:
            if key not in task:
                yield Fault(file, task["id"], "missing", {"key": key})


def _shape_fault(error: jsonschema.ValidationError, data: Mapping[str, Any], file: str) -> Fault:
    cause = error
    while cause.context:
        # A failed choice says little by itself: the branch of the value's own type says what is wrong.
        same_type = [e for e in cause.context if e.validator not in ("type", "const")]
        cause = same_type[0] if same_type else cause.context[0]
    place = list(error.absolute_path)
    task = _task_at(place, data)
    where = ".".join(str(part) for part in (place[2:] if task else place))
    instance: Any = cause.instance
    rule: Any = cause.schema
    if cause.validator == "additionalProperties":
        unknown = sorted(str(key) for key in instance if key not in rule.get("properties", {}))
        return Fault(file, task, "unknown_key", {"key": ", ".join(unknown)})
    if cause.validator == "required":
        missing = next(key for key in rule["required"] if key not in instance)
        return Fault(file, task, "missing", {"key": f"{where}.{missing}" if where else missing})
    value = json.dumps(instance, ensure_ascii=False, default=str)
    return Fault(file, task, "bad_value", {"key": where or "?", "value": value[:60]})


def _task_at(place: list[str | int], data: Mapping[str, Any]) -> str | None:
    if len(place) < 2 or place[0] != "tasks" or not isinstance(place[1], int):
        return None
    task = data["tasks"][place[1]]
    return str(task.get("id", f"n°{place[1] + 1}")) if isinstance(task, dict) else f"n°{place[1] + 1}"


# -- one over the other ------------------------------------------------------------


def lay_over(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """`above` over `below`: its tasks lie over those with the same id, `without` takes tasks away.

    A file over the built-in one of the same id keeps whatever it does not say; another scenario inherits the
    tasks and the doctrine only: its names are its own.
    """
    if below["id"] == above["id"]:
        merged = {**below, **above}
    else:
        merged = {**{key: below[key] for key in ("doctrine",) if key in below}, **above}
    left_out = set(above.get("without", ()))
    tasks = {task["id"]: dict(task) for task in below.get("tasks", ()) if task["id"] not in left_out}
    for task in above.get("tasks", ()):
        tasks[task["id"]] = {**tasks.get(task["id"], {}), **task}
    merged["tasks"] = list(tasks.values())
    return merged


def with_marks(data: Mapping[str, Any], known: Collection[str] = ()) -> dict[str, Any]:
    """The file with its own source mark on each new task that has none; what lies over a known one keeps its mark."""
    mark = data.get("source")
    if mark is None:
        return dict(data)
    tasks = [
        task if "source" in task or task["id"] in known else {**task, "source": mark} for task in data.get("tasks", ())
    ]
    return {**data, "tasks": tasks}


def without_what_is_gone(
    data: Mapping[str, Any], gone: Collection[str], known: Collection[str], file: str
) -> tuple[dict[str, Any], list[Fault]]:
    """The file without what it says of tasks that an organisation has left out, and a warning for each."""
    warnings: list[Fault] = []
    tasks: list[Mapping[str, Any]] = []
    for task in data.get("tasks", ()):
        if task["id"] in gone and task["id"] not in known and "track" not in task:
            warnings.append(Fault(file, task["id"], "overlay_gone"))
            continue
        needless = [i for i in task.get("depends_on", ()) if i in gone and i not in known]
        warnings += [Fault(file, task["id"], "dependency_gone", {"id": i}) for i in needless]
        rest = {key: [i for i in task[key] if i not in needless] for key in _NEEDS if key in task}
        tasks.append({**task, **rest})
    return {**data, "tasks": tasks}, warnings


_NEEDS = ("depends_on", "blocked_by")
