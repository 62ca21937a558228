"""The playbooks at hand: the shipped ones, with an organisation's own laid over them.

Owns one guarantee: every playbook in a `Library` is whole: its tasks have all that they need, what they
depend on exists, and nothing depends on itself. A file that breaks this is refused with one clear sentence,
never half read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from bot.domain.language import fold
from bot.domain.playbook import Playbook
from bot.library import playbook_files as files
from bot.library import rules, templates
from bot.library.playbook_build import build, laid_over, relation_faults
from bot.library.playbook_faults import Fault, PlaybookFault
from bot.library.playbook_files import ScenarioFile
from bot.library.playbook_links import clock_faults, link_faults, template_faults
from bot.library.playbook_style import overlay_style_faults, style_faults
from bot.resources import data as shipped_data

__all__ = ["Fault", "Library", "PlaybookFault", "lint", "lint_shipped", "load"]

SHIPPED, OWN = 0, 1
NEAR_NAME = 70.0
NEAR_WORD = 86.0


@dataclass(frozen=True)
class Library:
    """The playbooks that can be opened, by id, in the order of their ids, and what is to be said of them."""

    playbooks: Mapping[str, Playbook] = field(default_factory=dict)
    warnings: tuple[Fault, ...] = ()

    def find(self, text: str) -> Playbook | None:
        """The playbook of this id, name, alias or code in either language, whatever case and accents."""
        return self._by_name.get(fold(text))

    def at_start(self, text: str) -> tuple[Playbook, str] | None:
        """The playbook whose name begins the text, and the text after the name; the longest name wins."""
        words = text.split()
        names = self._by_name
        longest = max((len(name.split()) for name in names), default=0)
        for count in range(min(longest, len(words)), 0, -1):
            found = names.get(fold(" ".join(words[:count])))
            if found is not None:
                rest = text.split(maxsplit=count)[count:]
                return found, rest[0].strip(" \u00a0:,") if rest else ""
        return None

    def nearest(self, text: str, most: int = 3) -> list[str]:
        """Ids of the playbooks that the text may mean, likeliest first: a near name, or plain words."""
        asked = fold(text)
        scores = {i: _nearness(asked, book) for i, book in self.playbooks.items()}
        near = [i for i, score in scores.items() if score > 0]
        return sorted(near, key=lambda i: (-scores[i], i))[:most]

    def said(self, text: str) -> list[tuple[str, str]]:
        """The ids of the playbooks of which a text speaks, each with its own words that stand in it."""
        asked = f" {fold(text)} "
        found = [
            (i, next((w for w in book.words if f" {fold(w)} " in asked), "")) for i, book in self.playbooks.items()
        ]
        return [(i, word) for i, word in found if word]

    @cached_property
    def _by_name(self) -> dict[str, Playbook]:
        return {name: book for book in self.playbooks.values() for name in names_of(book)}


def names_of(book: Playbook) -> set[str]:
    """Every folded name by which a playbook is called."""
    return {fold(name) for name in (book.id, book.code, book.name.fr, book.name.en, *book.aliases)}


def _nearness(asked: str, book: Playbook) -> float:
    """0 (nothing in common) to 100, of a folded text: a name as a whole, or a plain word found in it."""
    if not asked:
        return 0.0
    from rapidfuzz import fuzz  # large, and needed only by what is misspelt

    by_name = max(fuzz.ratio(asked, name) for name in names_of(book))
    typed = asked.split()
    by_word = 0.0
    for word in map(fold, book.words):
        if " " in word:
            by_word = max(by_word, 100.0 if f" {word} " in f" {asked} " else 0.0)
        else:
            by_word = max([by_word, *(fuzz.ratio(word, one) for one in typed)])
    return max(by_name if by_name >= NEAR_NAME else 0.0, by_word if by_word >= NEAR_WORD else 0.0)


def load(folder: Path, overlay: Path | None = None, own_templates: Path | None = None) -> Library:
    """The playbooks of `folder`, with those of an organisation's `overlay` folder laid over them.

    `own_templates`: the folder of its own communications, which its tasks may name. Raises PlaybookFault, one clear
    sentence, for the first thing that is wrong in either.
    """
    resolved = _resolve(folder, overlay, own_templates)
    if resolved.faults:
        raise PlaybookFault(resolved.faults[0])
    books = {i: build(resolved.merged[i], resolved.over(i)) for i in sorted(resolved.playable)}
    return Library(books, tuple(resolved.warnings))


def lint(folder: Path, overlay: Path | None = None, own_templates: Path | None = None) -> list[Fault]:
    """Everything that is wrong, in the order of the files; house style for the shipped ones only.

    An organisation's own playbooks must be whole; how they are written is its own affair.
    """
    if (overlay, own_templates, folder) == (None, None, shipped_data("playbooks")):
        return list(lint_shipped())
    resolved = _resolve(folder, overlay, own_templates)
    if resolved.faults:
        return resolved.faults
    return lint(folder) if overlay is not None else _lint(folder, resolved)


def _lint(folder: Path, resolved: _Resolved) -> list[Fault]:
    books = {i: build(merged, resolved.over(i)) for i, merged in resolved.merged.items()}
    found = [
        fault
        for file in resolved.files
        for fault in style_faults(file.data, file.path.name, books[file.id], file.id in resolved.playable)
    ]
    for file in resolved.overlays:
        found += overlay_style_faults(file.data, file.path.name, books)
    return found or _unlinked(folder, [*resolved.files, *resolved.overlays])


def _unlinked(folder: Path, read: list[ScenarioFile]) -> list[Fault]:
    """What the files name and nobody has; nothing can be said where the rules or the templates are at fault."""
    try:
        clocks, texts = rules.load(folder), templates.load_shipped()
    except (rules.RulesFault, templates.TemplateFault):
        return []
    return [fault for file in read for fault in link_faults(file.data, file.path.name, clocks, texts)]


@cache
def lint_shipped() -> tuple[Fault, ...]:
    """Everything that is wrong in the playbooks that Tocsin carries."""
    folder = shipped_data("playbooks")
    resolved = _resolve(folder, None, None)
    return tuple(resolved.faults or _lint(folder, resolved))


# -- reading and laying over ------------------------------------------------------------


@dataclass(frozen=True)
class _Resolved:
    files: list[ScenarioFile]
    overlays: list[ScenarioFile]
    merged: dict[str, dict[str, Any]]
    faults: list[Fault]
    warnings: list[Fault] = field(default_factory=list)

    @property
    def playable(self) -> set[str]:
        return {i for i, data in self.merged.items() if not data.get("abstract", False)}

    def over(self, scenario: str) -> list[dict[str, Any]]:
        """The overlays that may lie over a scenario: an organisation's own takes the place of the shipped one."""
        by_id = {file.id: files.with_marks(file.data) for file in sorted(self.overlays, key=lambda f: f.layer)}
        kinds = set(self.merged[scenario].get("kinds", ()))
        meant = (by_id[i] for i in sorted(by_id))
        return [one for one in meant if not kinds or not one.get("kinds") or kinds & set(one["kinds"])]


@dataclass(frozen=True)
class _Merged:
    """A scenario over all that it extends; `gone`: the tasks that an organisation's own files have left out."""

    data: dict[str, Any]
    gone: frozenset[str] = frozenset()
    warnings: tuple[Fault, ...] = ()


def _resolve(folder: Path, overlay: Path | None, own_templates: Path | None) -> _Resolved:
    read: list[ScenarioFile] = []
    variants: list[ScenarioFile] = []
    faults: list[Fault] = []
    rules = files.schema(folder)
    for layer, place in ((SHIPPED, folder), (OWN, overlay)):
        if place is None:
            continue
        if not place.is_dir():
            faults.append(Fault(place.name, None, "no_folder"))
            continue
        kinds = ((files.paths(place), rules, read), (files.overlay_paths(place), files.overlay_schema(rules), variants))
        for paths, schema, found in kinds:
            for path in paths:
                one = files.read(path, layer, schema)
                if isinstance(one, Fault):
                    faults.append(one)
                else:
                    found.append(one)
    faults += [*_twice(read), *_twice(variants)]
    if faults:
        return _Resolved(read, variants, {}, faults)
    merged: dict[str, dict[str, Any]] = {}
    warnings: list[Fault] = []
    for file in sorted(read, key=lambda f: (f.layer, f.path.name)):
        outcome = _merge(file, read, ())
        if isinstance(outcome, Fault):
            faults.append(outcome)
            continue
        warnings += [each for each in outcome.warnings if each not in warnings]
        own = [task["id"] for task in file.data.get("tasks", ()) if task["id"] not in outcome.gone]
        wrong = list(files.missing_faults(outcome.data, file.path.name, rules, own))
        faults += wrong or relation_faults(outcome.data, file.path.name)
        merged[file.id] = outcome.data
    if not faults:
        faults += _same_names({i: data for i, data in merged.items() if not data.get("abstract", False)})
        faults += _overlay_faults(variants, merged, rules)
        own_files = [file for file in (*read, *variants) if file.layer == OWN]
        faults += [*_own_clocks(folder, overlay, own_files), *_own_templates(own_templates, own_files)]
    return _Resolved(read, variants, merged, faults, warnings)


def _own_clocks(folder: Path, overlay: Path | None, own: list[ScenarioFile]) -> Iterator[Fault]:
    """The clocks that an organisation's files name, and that are neither shipped nor its own."""
    if not own:
        return
    try:
        clocks = rules.load(folder, overlay)
    except rules.RulesFault:
        return  # whoever reads the rules says what is wrong with them
    for file in own:
        yield from clock_faults(file.data, file.path.name, clocks)


def _own_templates(folder: Path | None, own: list[ScenarioFile]) -> Iterator[Fault]:
    """The communications that an organisation's files name, and that are neither shipped nor its own."""
    naming = [file for file in own if any("templates" in t.get("triggers", {}) for t in file.data.get("tasks", ()))]
    if not naming:
        return
    try:
        texts = templates.load_shipped(folder)
    except templates.TemplateFault:
        return  # whoever reads the templates says what is wrong with them
    for file in naming:
        yield from template_faults(file.data, file.path.name, texts)


def _overlay_faults(
    variants: list[ScenarioFile], merged: Mapping[str, Mapping[str, Any]], rules: Mapping[str, Any]
) -> Iterator[Fault]:
    """What overlays lack: a task that no scenario has must be whole, and what they bring must hold together."""
    everywhere = {task["id"] for data in merged.values() for task in data["tasks"]}
    for file in variants:
        data, name = files.with_marks(file.data, everywhere), file.path.name
        for task in data["tasks"]:
            if task["id"] not in everywhere and "track" not in task:
                yield Fault(name, task["id"], "overlay_nowhere")
        new = [task["id"] for task in data["tasks"] if task["id"] not in everywhere and "track" in task]
        lacking = rules["$defs"]["complete_task"]["required"]
        missing = [
            Fault(name, task["id"], "missing", {"key": key})
            for task in data["tasks"]
            for key in lacking
            if task["id"] in new and key not in task
        ]
        yield from missing
        if missing:
            continue
        for scenario in merged.values():
            tasks = {task["id"]: task for task in scenario["tasks"]}
            over = {task["id"]: task for task in laid_over(data, tasks)}
            yield from relation_faults({"tasks": list({**tasks, **over}.values())}, name)


def _twice(read: list[ScenarioFile]) -> Iterator[Fault]:
    seen: set[tuple[int, str]] = set()
    for file in read:
        if (file.layer, file.id) in seen:
            yield Fault(file.path.name, None, "twice", {"id": file.id})
        seen.add((file.layer, file.id))
        ids: set[str] = set()
        for task in file.data.get("tasks", ()):
            if task["id"] in ids:
                yield Fault(file.path.name, task["id"], "twice", {"id": task["id"]})
            ids.add(task["id"])


def _merge(file: ScenarioFile, read: list[ScenarioFile], above: tuple[ScenarioFile, ...]) -> _Merged | Fault:
    """The file over all that it extends. `above` are the files that led here, so that a circle is seen."""
    data: dict[str, Any] = dict(file.data)
    name = data.get("extends")
    if name is None:
        data = files.with_marks(data)
        return _Merged(data if "tasks" in data else {**data, "tasks": []})
    top = file.layer - 1 if name == file.id else OWN
    bases = [one for one in read if one.id == name and one.layer <= top]
    if not bases:
        return Fault(file.path.name, None, "extends_unknown", {"id": name})
    base = max(bases, key=lambda one: one.layer)
    if base in above or base is file:
        return Fault(file.path.name, None, "extends_cycle", {"id": name})
    below = _merge(base, read, (*above, file))
    if isinstance(below, Fault):
        return below
    known = {task["id"] for task in below.data["tasks"]}
    left_out = frozenset(data.get("without", ()))
    if left_out - known - below.gone:
        return Fault(file.path.name, None, "without_unknown", {"id": min(left_out - known - below.gone)})
    gone = below.gone | left_out if file.layer == OWN else below.gone
    data, warnings = files.without_what_is_gone(data, gone, known - left_out, file.path.name)
    laid = files.lay_over(below.data, files.with_marks(data, known))
    if file.layer == OWN:
        there = {task["id"] for task in laid["tasks"]}
        laid, more = files.without_what_is_gone(laid, gone, there, file.path.name)
        warnings += more
    return _Merged(laid, gone, (*below.warnings, *warnings))


def _same_names(scenarios: Mapping[str, Mapping[str, Any]]) -> Iterator[Fault]:
    owners: dict[str, str] = {}
    for i, data in scenarios.items():
        for name in sorted(names_of(build(data))):
            if name in owners:
                yield Fault(i, None, "same_name", {"name": name, "other": owners[name]})
            owners.setdefault(name, i)
