"""The deadline rules at hand: the shipped ones, with an organisation's own laid over them.

Owns one guarantee: every rule that comes out of here can be computed, is called by a name that means nothing
else, and follows a stage that exists. A file that breaks this is refused with one clear sentence.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from bot.domain.deadline_rules import Rule
from bot.domain.language import fold
from bot.library import playbook_files as files
from bot.library.playbook_faults import Fault
from bot.library.rule_build import build
from bot.library.rule_faults import RuleFault, RulesFault
from bot.library.rule_style import chain_faults, meaning_faults, style_faults
from bot.resources import data as shipped_data

__all__ = ["Rules", "RulesFault", "lint", "load", "load_shipped"]

DEADLINES = "deadlines"
SCHEMA = Path("schema") / "deadline.schema.json"
SHIPPED, OWN = 0, 1
_WHERE = {
    "unknown_moment": "moment",
    "follows_unknown": "moment",
    "chain_cycle": "moment",
    "unknown_role": "owner",
    "data_to_it": "owner",
    "unknown_zone": "cutoff",
    "same_name": "name",
    "stage_unknown": "stage",
    "wrong_unit": "duration",
    "wrong_origin": "duration",
    "wrong_status": "legal_status",
    "pretended_law": "law",
    "bad_date": "valid_from",
    "dates_reversed": "valid_to",
    "not_provisional": "provisional",
}
"""At which key's line a fault stands that does not name one."""


@dataclass(frozen=True)
class Rules:
    """Deadline rules by id, in the order of the files."""

    by_id: Mapping[str, Rule] = field(default_factory=dict)

    def find(self, text: str) -> Rule | None:
        """The rule of this id, name or alias in either language, whatever its case and accents."""
        return self._by_name.get(fold(text))

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Every id, name and alias, for finding near misses."""
        return tuple(dict.fromkeys(name for rule in self.by_id.values() for name in rule.all_names))

    @cached_property
    def _by_name(self) -> dict[str, Rule]:
        return {fold(name): rule for rule in self.by_id.values() for name in rule.all_names}


def load(folder: Path, overlay: Path | None = None) -> Rules:
    """The rules of a playbooks folder, with those of an organisation's own folder laid over them.

    Raises RulesFault, one clear sentence, for the first thing that is wrong in either.
    """
    written, faults = _resolve(folder, overlay)
    if faults:
        raise RulesFault(faults[0])
    return Rules({i: build(one.data) for i, one in written.items()})


def load_shipped() -> Rules:
    """The rules that Tocsin carries."""
    return load(shipped_data("playbooks"))


def lint(folder: Path, overlay: Path | None = None) -> list[Fault]:
    """Everything that is wrong, in the order of the files; house style for the shipped ones only."""
    written, faults = _resolve(folder, overlay)
    if faults or overlay is not None:
        return faults or lint(folder)
    return [one.at(fault) for one in written.values() for fault in style_faults(one.data, one.file)]


# -- reading and laying over ------------------------------------------------------------


@dataclass(frozen=True)
class _Written:
    """A rule as the files say it, merged, and the file that said it last; `lines` of its keys there, "" its own."""

    file: str
    data: Mapping[str, Any]
    lines: Mapping[str, int]

    def at(self, fault: Fault) -> Fault:
        """The fault with the line where it stands."""
        key = str(fault.values.get("key", "")).partition(".")[0] or _WHERE.get(fault.code, "")
        line = self.lines.get(key) or self.lines.get("")
        return RuleFault(fault.file, fault.task or str(self.data["id"]), fault.code, fault.values, line)


@cache
def _schema(folder: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((folder / SCHEMA).read_text(encoding="utf-8"))
    return loaded


def _resolve(folder: Path, overlay: Path | None) -> tuple[dict[str, _Written], list[Fault]]:
    """Every rule, merged, by id; and what is wrong. What has a fault of shape is not judged further."""
    definitions = _schema(folder)["$defs"]
    complete = {"$ref": "#/$defs/complete_rule", "$defs": definitions}
    written: dict[str, _Written] = {}
    faults: list[Fault] = []
    for layer, place in ((SHIPPED, folder), (OWN, overlay)):
        seen: set[str] = set()
        for path in _paths(place) if place is not None else ():
            one = files.read(path, layer, definitions["envelope"])
            if isinstance(one, Fault):
                faults.append(RuleFault(one.file, None, one.code, one.values))
                continue
            common, lines = one.data.get("common", {}), files.lines(path, "rules")
            for said, at in zip(one.data["rules"], lines, strict=True):
                identifier = said["id"]
                if identifier in seen:
                    faults.append(RuleFault(path.name, identifier, "twice", {"id": identifier}, at[""]))
                seen.add(identifier)
                below = written[identifier].data if layer == OWN and identifier in written else {}
                written[identifier] = _Written(path.name, {**below, **common, **said}, at)
    for rule in written.values():
        broken = [rule.at(fault) for fault in files.shape_faults(rule.data, rule.file, complete)]
        faults += broken or [rule.at(fault) for fault in meaning_faults(rule.data, rule.file)]
    if not faults:
        rules = {i: build(one.data) for i, one in written.items()}
        where = {i: one.file for i, one in written.items()}
        between = [*chain_faults(rules, where), *_same_names(rules, where)]
        faults += [written[str(fault.task)].at(fault) for fault in between]
    return written, faults


def _paths(folder: Path) -> list[Path]:
    found = [*folder.joinpath(DEADLINES).glob("*.yaml"), *folder.joinpath(DEADLINES).glob("*.yml")]
    return sorted(path for path in found if path.is_file())


def _same_names(rules: Mapping[str, Rule], where: Mapping[str, str]) -> Iterator[Fault]:
    owners: dict[str, str] = {}
    for identifier, rule in rules.items():
        for name in {fold(name): name for name in rule.all_names}.values():
            other = owners.setdefault(fold(name), identifier)
            if other != identifier:
                yield RuleFault(where[identifier], identifier, "same_name", {"name": name, "other": other})
