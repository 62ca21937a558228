"""`roster.yaml`. Guarantee: a roster that loads can be called on, person by person.

Every fault is one sentence that names the file and the person, so that it can be mended from it alone.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, time
from pathlib import Path
from typing import Any

import yaml

from bot import faults
from bot.domain.language import Both, Language, is_language
from bot.domain.outside import Reach
from bot.domain.roles import Role, find_role
from bot.domain.roster import Person, Roster
from bot.faults import ConfigurationError, Fault
from bot.library.by_hand import HandLoader, WrittenError, quoted_day

_MATRIX_ID = re.compile(r"@[A-Za-z0-9._=/+-]+:[A-Za-z0-9.\-\[\]:]+")
_PERSON_KEYS = (
    *("name", "matrix_id", "roles", "deputy", "phone", "phone_agreed", "on_call", "language", "languages", "outside"),
)


@dataclass
class FileReader:
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
            data = yaml.load(self.path.read_text(encoding="utf-8"), HandLoader)
        except (OSError, UnicodeDecodeError) as error:
            self.found.append(faults.unreadable(self.path, error))
            return
        except WrittenError as error:
            self.fault("", f"ligne {error.line}, {error.why.fr}", f"line {error.line}, {error.why.en}")
            return
        except (yaml.YAMLError, RecursionError, ValueError) as error:
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

    def texts(self, who: str, item: dict[str, Any], key: str) -> tuple[str, ...]:
        """Return a list of texts that may be left out; a text alone is a list of one."""
        value = item.get(key)
        listed = [] if value is None else value if isinstance(value, list) else [value]
        if all(isinstance(each, str) and each.strip() for each in listed):
            return tuple(each.strip() for each in listed)
        self.fault(who, f"« {key} » doit être une liste de textes", f"“{key}” must be a list of texts")
        return ()


def roster_faults(path: Path) -> tuple[Roster, list[Fault]]:
    """Return the people that can be read in that file, and everything that is wrong with it."""
    reader = FileReader(path)
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


def _person(reader: FileReader, rank: int, item: dict[str, Any]) -> Person | None:
    name = reader.text(f"n° {rank}", item, "name")
    if name is None:
        if item.get("name") is None:
            reader.fault(f"n° {rank}", "il manque « name »", "“name” is missing")
        return None
    reader.unknown_keys(name, item, _PERSON_KEYS)
    matrix_id = item.get("matrix_id")
    if matrix_id is None:
        reader.fault(name, "il manque « matrix_id »", "“matrix_id” is missing")
        return None
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
        outside=_outside(reader, name, item.get("outside")),
        on_call=_on_call(reader, name, item.get("on_call")),
        agreed=_agreed(reader, name, quoted_day(item.get("phone_agreed"))),
        speaks=reader.texts(name, item, "languages"),
    )


def _on_call(reader: FileReader, name: str, value: object) -> int | None:
    if value is None or (type(value) is int and value > 0):
        return value
    reader.fault(
        name,
        "« on_call » doit être un nombre : 1 pour la première personne à appeler",
        "“on_call” must be a number: 1 for whoever is called first",
    )
    return None


def _agreed(reader: FileReader, name: str, value: object) -> date | bool | None:
    if value is None or isinstance(value, bool) or type(value) is date:
        return value
    reader.fault(
        name,
        "« phone_agreed » est la date de l’accord, comme 2026-11-21, ou false",
        "“phone_agreed” is the date of the agreement, such as 2026-11-21, or false",
    )
    return False


def _roles(reader: FileReader, name: str, value: object) -> tuple[Role, ...]:
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


def _deputies(reader: FileReader, name: str, value: object) -> tuple[str, ...]:
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


def _language(reader: FileReader, name: str, value: object) -> Language | None:
    if value is None or is_language(value):
        return value
    reader.fault(name, "« language » doit être fr ou en", "“language” must be fr or en")
    return None


_WAY_KEYS = ("channel", "hours", "to")
_HOURS = re.compile(r"([01]\d|2[0-3])[:h]([0-5]\d)\s*[-–]\s*([01]\d|2[0-3])[:h]([0-5]\d)")


def _outside(reader: FileReader, name: str, value: object) -> tuple[Reach, ...]:
    """In which ways somebody wishes to be reached outside Matrix, when a deadline of the law is answered by nobody."""
    ways: list[Reach] = []
    for item in value if isinstance(value, list) else [] if value is None else [value]:
        if not isinstance(item, dict) or not isinstance(item.get("channel"), str):
            reader.fault(
                name,
                "« outside » doit être une liste de canaux, par exemple [{channel: sms}]",
                "“outside” must be a list of channels, such as [{channel: sms}]",
            )
            continue
        reader.unknown_keys(name, item, _WAY_KEYS)
        hours = _hours(reader, name, item.get("hours"))
        ways.append(Reach(item["channel"], hours, reader.text(name, item, "to")))
    return tuple(ways)


def _hours(reader: FileReader, name: str, value: object) -> tuple[time, time] | None:
    if value is None:
        return None
    found = _HOURS.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None:
        reader.fault(name, '« hours » doit être de la forme "07:00-22:00"', '“hours” must look like "07:00-22:00"')
        return None
    return time(int(found[1]), int(found[2])), time(int(found[3]), int(found[4]))
