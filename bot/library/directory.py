"""`directory.yaml`: whom to call outside. Guarantee: what is wrong is one sentence that names the file and the entry; a
number that nobody has made sure of for half a year is complained of, and nothing is guessed."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date
from pathlib import Path
from typing import Any

from bot import faults
from bot.domain.directory import Directory, Entry, Kind
from bot.domain.language import Both, Language, fold
from bot.faults import ConfigurationError, Fault
from bot.library.by_hand import quoted_day
from bot.library.roster import FileReader

_TEXTS = (*("phone", "phone2", "hours", "out_of_band", "web", "reference", "contract", "note", "checked_by"),)
_LISTS = ("aliases", "rules", "tasks")
KEYS = ("name", "kind", *_TEXTS, *_LISTS, "checked", "personal")

BLANK = ("À COMPLÉTER", "TO BE COMPLETED")
"""What stands where somebody still has to write."""


def directory_faults(path: Path) -> tuple[Directory, list[Fault]]:
    """Return the entries that can be read in that file, and everything that is wrong with it."""
    reader = FileReader(path)
    entries = [entry for rank, item in reader.mappings("entries") if (entry := _entry(reader, rank, item))]
    seen: dict[str, str] = {}
    for entry in entries:
        for name in dict.fromkeys(map(fold, (entry.name, *entry.aliases))):
            if name in seen:
                reader.fault(
                    entry.name,
                    f"« {name} » nomme déjà {seen[name]} : donnez un autre nom",
                    f"“{name}” names {seen[name]} already: give another name",
                )
            seen.setdefault(name, entry.name)
    return Directory(tuple(entries)), reader.found


def load_directory(path: Path | None, language: Language | None = None) -> Directory:
    """Return the directory of that file, an empty one where there is none; raises ConfigurationError with the first
    fault."""
    if path is None:
        return Directory()
    directory, found = directory_faults(path)
    if found:
        raise ConfigurationError(found[0], language)
    return directory


def complaints(
    directory: Directory, today: date, rules: Collection[str], tasks: Collection[str]
) -> Iterator[tuple[Both, Both]]:
    """Yield what is not well with entries that load, and what to do: blanks, stale numbers, names that mean nothing.

    `rules` and `tasks` are every name of a deadline and every id of a task.
    """
    entries = directory.entries
    blank = [e for e in entries if any(word in f"{e.phone} {e.reference} {e.contract} {e.name}" for word in BLANK)]
    call = Both("appelez, puis datez « checked »", "call, then date “checked”")
    if blank:
        names = ", ".join(entry.name for entry in blank)
        yield (
            Both(f"à compléter : {names}", f"to be completed: {names}"),
            Both("écrivez les numéros", "write the numbers"),
        )
    full = [entry for entry in entries if entry not in blank]
    never = [entry.name for entry in full if entry.checked is None]
    if never:
        names = ", ".join(never)
        yield Both(f"jamais vérifié : {names}", f"never checked: {names}"), call
    stale = [entry.name for entry in full if entry.checked is not None and entry.stale(today)]
    if stale:
        names = ", ".join(stale)
        yield Both(f"non vérifié depuis plus de six mois : {names}", f"not checked for over six months: {names}"), call
    known = set(map(fold, rules))
    for entry in entries:
        odd = [rule for rule in entry.rules if fold(rule) not in known]
        odd += [task for task in entry.tasks if task not in tasks]
        if odd:
            names = ", ".join(odd)
            yield (
                Both(f"{entry.name} : {names} n’existe pas", f"{entry.name}: there is no {names}"),
                Both("corrigez « rules » ou « tasks »", "mend “rules” or “tasks”"),
            )


def _entry(reader: FileReader, rank: int, item: dict[str, Any]) -> Entry | None:
    name = reader.text(f"n° {rank}", item, "name")
    if name is None:
        if item.get("name") is None:
            reader.fault(f"n° {rank}", "il manque « name »", "“name” is missing")
        return None
    reader.unknown_keys(name, item, KEYS)
    checked = quoted_day(item.get("checked"))
    if checked is not None and type(checked) is not date:
        reader.fault(
            name,
            "« checked » doit être une date comme 2026-11-21",
            "“checked” must be a date such as 2026-11-21",
        )
        checked = None
    personal = item.get("personal", False)
    if not isinstance(personal, bool):
        reader.fault(name, "« personal » est true ou false", "“personal” is true or false")
        personal = True
    texts: dict[str, Any] = {key: reader.text(name, item, key) for key in _TEXTS}
    texts |= {key: reader.texts(name, item, key) for key in _LISTS}
    return Entry(name=name, kind=_kind(reader, name, item), checked=checked, person=personal, **texts)


def _kind(reader: FileReader, name: str, item: dict[str, Any]) -> Kind:
    word = reader.text(name, item, "kind")
    if word is None:
        return Kind.OTHER
    if word in set(Kind):
        return Kind(word)
    near = faults.nearest(word, [kind.value for kind in Kind])
    reader.fault(
        name,
        f"le genre « {word} » n’existe pas ; le plus proche est « {near} »",
        f"there is no kind “{word}”; the nearest is “{near}”",
    )
    return Kind.OTHER
