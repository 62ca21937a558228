"""`roster.yaml` and `directory.yaml`. Guarantee: a roster that loads can be called on, person by person.

Every fault is one sentence that names the file and the person, so that it can be mended from it alone.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from bot import faults
from bot.domain.language import Both, Language, is_language
from bot.domain.roles import Role, find_role
from bot.domain.roster import Person, Roster
from bot.faults import ConfigurationError, Fault

_MATRIX_ID = re.compile(r"@[A-Za-z0-9._=/+-]+:[A-Za-z0-9.\-\[\]:]+")
_PERSON_KEYS = ("name", "matrix_id", "roles", "deputy", "phone", "language")
_ENTRY_KEYS = ("name", "kind", "phone", "hours", "out_of_band", "reference", "note", "checked")


@dataclass(frozen=True)
class Entry:
    """Somebody outside whom the cell may need: an authority, the insurer, a response firm, a neighbour."""

    name: str
    kind: str
    phone: str | None = None
    hours: str | None = None
    out_of_band: str | None = None
    reference: str | None = None
    note: str | None = None
    checked: date | None = None


@dataclass
class _Reader:
    """Reads one file and gathers what is wrong with it."""

    path: Path
    found: list[Fault] = field(default_factory=list)

    def fault(self, who: str, fr: str, en: str) -> None:
        """Note what is wrong with somebody, or with the file when `who` is empty."""
        name_fr, name_en = (f"{self.path.name}, {who} : ", f"{self.path.name}, {who}: ")
        if not who:
            name_fr, name_en = f"{self.path.name} : ", f"{self.path.name}: "
        self.found.append(Both(f"{name_fr}{fr}.", f"{name_en}{en}."))

    def mappings(self, key: str) -> Iterator[tuple[int, dict[str, Any]]]:
        """Yield the file's entries with their rank, from 1."""
        try:
            data = yaml.safe_load(self.path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError) as error:
            self.found.append(faults.unreadable(self.path, error))
            return
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            line = mark.line + 1 if mark else 1
            self.fault("", f"ligne {line}, ce n’est pas du YAML valide", f"line {line}, this is not valid YAML")
            return
        if not isinstance(data, dict) or not isinstance(data.get(key), list):
            self.fault("", f"il faut une liste « {key}: »", f"a list “{key}:” is needed")
            return
        for other in data:
            if other != key:
                self.fault("", f"la clé « {other} » n’existe pas", f"there is no key “{other}”")
        for rank, item in enumerate(data[key], start=1):
            if isinstance(item, dict):
                yield rank, item
            else:
                self.fault(f"n° {rank}", "l’entrée n’a pas la forme « clé: valeur »", "the entry is not “key: value”")

    def unknown_keys(self, who: str, item: dict[str, Any], known: tuple[str, ...]) -> None:
        """Note the keys that mean nothing."""
        for key in item:
            if key not in known:
                near = faults.nearest(str(key), known)
                self.fault(
                    who,
                    f"la clé « {key} » n’existe pas ; la plus proche est « {near} »",
                    f"there is no key “{key}”; the nearest is “{near}”",
                )

    def text(self, who: str, item: dict[str, Any], key: str) -> str | None:
        """Return a text that may be left out."""
        value = item.get(key)
        if value is None or (isinstance(value, str) and value.strip()):
            return value.strip() if value else None
        self.fault(who, f"« {key} » doit être un texte, entre guillemets", f"“{key}” must be a text, in quotes")
        return None


def roster_faults(path: Path) -> tuple[Roster, list[Fault]]:
    """Return the people that can be read in that file, and everything that is wrong with it."""
    reader = _Reader(path)
    people = [person for rank, item in reader.mappings("people") if (person := _person(reader, rank, item))]
    if not people and not reader.found:
        reader.fault("", "personne n’y figure", "nobody is in it")
    for matrix_id, count in Counter(person.matrix_id for person in people).items():
        if count > 1:
            names = " et ".join(p.name for p in people if p.matrix_id == matrix_id)
            names_en = " and ".join(p.name for p in people if p.matrix_id == matrix_id)
            reader.found.append(
                Both(
                    f"{path.name}, {names} : {matrix_id} est donné {count} fois.",
                    f"{path.name}, {names_en}: {matrix_id} is given {count} times.",
                )
            )
    known = {person.matrix_id for person in people}
    for person in people:
        for deputy in person.deputies:
            if deputy not in known or deputy == person.matrix_id:
                reader.fault(
                    person.name,
                    f"le suppléant {deputy} n’est pas une autre personne de ce fichier",
                    f"the deputy {deputy} is not another person of the roster",
                )
    return Roster(tuple(people)), reader.found


def load(path: Path, language: Language | None = None) -> Roster:
    """Return the roster of that file; raises ConfigurationError with the first fault."""
    roster, found = roster_faults(path)
    if found:
        raise ConfigurationError(found[0], language)
    return roster


def _person(reader: _Reader, rank: int, item: dict[str, Any]) -> Person | None:
    name = reader.text(f"n° {rank}", item, "name")
    if name is None:
        if item.get("name") is None:
            reader.fault(f"n° {rank}", "il manque « name »", "“name” is missing")
        return None
    reader.unknown_keys(name, item, _PERSON_KEYS)
    matrix_id = item.get("matrix_id")
    if not isinstance(matrix_id, str) or not _MATRIX_ID.fullmatch(matrix_id):
        reader.fault(
            name,
            f'« {matrix_id} » n’est pas un identifiant Matrix ; écrivez "@nom:serveur"',
            f'“{matrix_id}” is not a Matrix id; write "@name:server"',
        )
        return None
    return Person(
        name=name,
        matrix_id=matrix_id,
        roles=_roles(reader, name, item.get("roles")),
        deputies=_deputies(reader, name, item.get("deputy")),
        phone=reader.text(name, item, "phone"),
        language=_language(reader, name, item.get("language")),
    )


def _roles(reader: _Reader, name: str, value: object) -> tuple[Role, ...]:
    if not isinstance(value, list) or not value:
        reader.fault(
            name,
            "« roles » doit être une liste, par exemple [director]",
            "“roles” must be a list, such as [director]",
        )
        return ()
    roles: list[Role] = []
    for word in value:
        role = find_role(str(word))
        if role is None:
            near = faults.nearest(str(word), [role.value for role in Role])
            reader.fault(
                name,
                f"le rôle « {word} » n’existe pas ; le plus proche est « {near} »",
                f"there is no role “{word}”; the nearest is “{near}”",
            )
        elif role not in roles:
            roles.append(role)
    return tuple(roles)


def _deputies(reader: _Reader, name: str, value: object) -> tuple[str, ...]:
    listed = [] if value is None else value if isinstance(value, list) else [value]
    deputies = []
    for deputy in listed:
        if isinstance(deputy, str) and _MATRIX_ID.fullmatch(deputy):
            deputies.append(deputy)
        else:
            reader.fault(
                name,
                f'le suppléant « {deputy} » n’est pas un identifiant Matrix ; écrivez "@nom:serveur"',
                f'the deputy “{deputy}” is not a Matrix id; write "@name:server"',
            )
    return tuple(deputies)


def _language(reader: _Reader, name: str, value: object) -> Language | None:
    if value is None or is_language(value):
        return value
    reader.fault(name, "« language » doit être fr ou en", "“language” must be fr or en")
    return None


def directory_faults(path: Path) -> tuple[tuple[Entry, ...], list[Fault]]:
    """Return the entries that can be read in `directory.yaml`, and everything that is wrong with it."""
    reader = _Reader(path)
    entries = [entry for rank, item in reader.mappings("entries") if (entry := _entry(reader, rank, item))]
    return tuple(entries), reader.found


def load_directory(path: Path, language: Language | None = None) -> tuple[Entry, ...]:
    """Return the entries of `directory.yaml`; raises ConfigurationError with the first fault."""
    entries, found = directory_faults(path)
    if found:
        raise ConfigurationError(found[0], language)
    return entries


def _entry(reader: _Reader, rank: int, item: dict[str, Any]) -> Entry | None:
    name = reader.text(f"n° {rank}", item, "name")
    if name is None:
        if item.get("name") is None:
            reader.fault(f"n° {rank}", "il manque « name »", "“name” is missing")
        return None
    reader.unknown_keys(name, item, _ENTRY_KEYS)
    checked = item.get("checked")
    if checked is not None and type(checked) is not date:
        reader.fault(
            name,
            "« checked » doit être une date comme 2026-11-21",
            "“checked” must be a date such as 2026-11-21",
        )
        checked = None
    texts = {key: reader.text(name, item, key) for key in _ENTRY_KEYS[2:-1]}
    return Entry(name=name, kind=reader.text(name, item, "kind") or "other", checked=checked, **texts)
