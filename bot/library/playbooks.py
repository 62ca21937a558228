"""The playbooks at hand: the shipped ones, with an organisation's own laid over them.

Owns one guarantee: every playbook in a `Library` is whole: its tasks have all that they need, what they
depend on exists, and nothing depends on itself. A file that breaks this is refused with one clear sentence,
never half read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rapidfuzz import fuzz

from bot.domain.language import fold
from bot.domain.playbook import Playbook
from bot.library import playbook_files as files
from bot.library.playbook_build import build, relation_faults
from bot.library.playbook_faults import Fault, PlaybookFault
from bot.library.playbook_files import ScenarioFile
from bot.library.playbook_style import style_faults
from bot.resources import data as shipped_data

__all__ = ["Fault", "Library", "PlaybookFault", "lint", "lint_shipped", "load"]

SHIPPED, OWN = 0, 1
NEAR_NAME = 70.0
NEAR_WORD = 86.0


@dataclass(frozen=True)
class Library:
    """The playbooks that can be opened, by id, in the order of their ids."""

    playbooks: Mapping[str, Playbook] = field(default_factory=dict)

    def find(self, text: str) -> Playbook | None:
        """The playbook of this id, name, alias or code in either language, whatever case and accents."""
        return self._names().get(fold(text))

    def at_start(self, text: str) -> tuple[Playbook, str] | None:
        """The playbook whose name begins the text, and the text after the name; the longest name wins."""
        words = text.split()
        names = self._names()
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

    def _names(self) -> dict[str, Playbook]:
        return {name: book for book in self.playbooks.values() for name in names_of(book)}


def names_of(book: Playbook) -> set[str]:
    """Every folded name by which a playbook is called."""
    return {fold(name) for name in (book.id, book.code, book.name.fr, book.name.en, *book.aliases)}


def _nearness(asked: str, book: Playbook) -> float:
    """0 (nothing in common) to 100, of a folded text: a name as a whole, or a plain word found in it."""
    if not asked:
        return 0.0
    by_name = max(fuzz.ratio(asked, name) for name in names_of(book))
    typed = asked.split()
    by_word = 0.0
    for word in map(fold, book.words):
        if " " in word:
            by_word = max(by_word, 100.0 if f" {word} " in f" {asked} " else 0.0)
        else:
            by_word = max([by_word, *(fuzz.ratio(word, one) for one in typed)])
    return max(by_name if by_name >= NEAR_NAME else 0.0, by_word if by_word >= NEAR_WORD else 0.0)


def load(folder: Path, overlay: Path | None = None) -> Library:
    """The playbooks of `folder`, with those of an organisation's `overlay` folder laid over them.

    Raises PlaybookFault, one clear sentence, for the first thing that is wrong in either.
    """
    resolved = _resolve(folder, overlay)
    if resolved.faults:
        raise PlaybookFault(resolved.faults[0])
    return Library({i: build(resolved.merged[i]) for i in sorted(resolved.playable)})


def lint(folder: Path, overlay: Path | None = None) -> list[Fault]:
    """Everything that is wrong, in the order of the files; house style for the shipped ones only.

    An organisation's own playbooks must be whole; how they are written is its own affair.
    """
    resolved = _resolve(folder, overlay)
    if resolved.faults:
        return resolved.faults
    if overlay is not None:
        return lint(folder)
    books = {i: build(merged) for i, merged in resolved.merged.items()}
    return [
        fault
        for file in resolved.files
        for fault in style_faults(file.data, file.path.name, books[file.id], file.id in resolved.playable)
    ]


def lint_shipped() -> list[Fault]:
    """Everything that is wrong in the playbooks that Tocsin carries."""
    return lint(shipped_data("playbooks"))


# -- reading and laying over ------------------------------------------------------------


@dataclass(frozen=True)
class _Resolved:
    files: list[ScenarioFile]
    merged: dict[str, dict[str, Any]]
    faults: list[Fault]

    @property
    def playable(self) -> set[str]:
        return {i for i, data in self.merged.items() if not data.get("abstract", False)}


def _resolve(folder: Path, overlay: Path | None) -> _Resolved:
    read: list[ScenarioFile] = []
    faults: list[Fault] = []
    rules = files.schema(folder)
    for layer, place in ((SHIPPED, folder), (OWN, overlay)):
        if place is None:
            continue
        if not place.is_dir():
            faults.append(Fault(place.name, None, "no_folder"))
            continue
        for path in files.paths(place):
            one = files.read(path, layer, rules)
            if isinstance(one, Fault):
                faults.append(one)
            else:
                read.append(one)
    faults += _twice(read)
    if faults:
        return _Resolved(read, {}, faults)
    merged: dict[str, dict[str, Any]] = {}
    for file in sorted(read, key=lambda f: (f.layer, f.path.name)):
        outcome = _merge(file, read, ())
        if isinstance(outcome, Fault):
            faults.append(outcome)
            continue
        own = [task["id"] for task in file.data.get("tasks", ())]
        wrong = list(files.missing_faults(outcome, file.path.name, rules, own))
        faults += wrong or relation_faults(outcome, file.path.name)
        merged[file.id] = outcome
    if not faults:
        faults += _same_names({i: data for i, data in merged.items() if not data.get("abstract", False)})
    return _Resolved(read, merged, faults)


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


def _merge(file: ScenarioFile, read: list[ScenarioFile], above: tuple[ScenarioFile, ...]) -> dict[str, Any] | Fault:
    """The file over all that it extends. `above` are the files that led here, so that a circle is seen."""
    data = files.with_marks(file.data)
    name = data.get("extends")
    if name is None:
        return data if "tasks" in data else {**data, "tasks": []}
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
    known = {task["id"] for task in below["tasks"]}
    for gone in data.get("without", ()):
        if gone not in known:
            return Fault(file.path.name, None, "without_unknown", {"id": gone})
    return files.lay_over(below, data)


def _same_names(scenarios: Mapping[str, Mapping[str, Any]]) -> Iterator[Fault]:
    owners: dict[str, str] = {}
    for i, data in scenarios.items():
        for name in sorted(names_of(build(data))):
            if name in owners:
                yield Fault(i, None, "same_name", {"name": name, "other": owners[name]})
            owners.setdefault(name, i)
