"""What is still the example that `tocsin init` writes. Guarantee: nobody is taken for prepared who does not exist.

The example's servers end in `.example`, a name that is reserved and never resolves (RFC 2606, section 2).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from bot.check.line import Line, warn
from bot.config import Config
from bot.domain.language import Both
from bot.domain.roster import Person, Roster

_RESERVED = ".example"
_NAMES = ("CH de Val-Fleuri", "Val-Fleuri Hospital")
_PHONE = "+33 6 00 00 00 01"

_CONFIGURATION = Both("configuration", "configuration")
_ROSTER = Both("personnes", "roster")


def check_sample(config: Config, path: Path, roster: Roster) -> Iterator[Line]:
    """Say which lines of the configuration and of the roster are still the example's."""
    keys = list(_keys(config))
    if keys:
        found = ", ".join(f"{key}{_at(_line_of_key(path, key))}" for key in keys)
        yield warn(
            _CONFIGURATION,
            Both(f"encore celle de l’exemple\u00a0: {found}", f"still the example's: {found}"),
            Both(f"mettez les vôtres dans {path.name}", f"write your own in {path.name}"),
        )
    people = [person for person in roster if _is_sample(person)]
    if people:
        lines = _lines(config.paths.roster, people)
        yield warn(
            _ROSTER,
            Both(
                f"encore celles de l’exemple\u00a0: {_count(people, 'personne', 'personnes')}{_where(lines, 'ligne')}",
                f"still the example's: {_count(people, 'person', 'people')}{_where(lines, 'line')}",
            ),
            Both(
                f"remplacez-les dans {config.paths.roster.name}, noms, identifiants et numéros",
                f"replace them in {config.paths.roster.name}, names, ids and numbers",
            ),
        )


def _keys(config: Config) -> Iterator[str]:
    """Yield the keys whose value, wherever it came from, is the example's."""
    if config.organisation.name in _NAMES:
        yield "name"
    matrix = config.matrix
    for key in ("homeserver", "user_id", "alert_room"):
        if _RESERVED in str(getattr(matrix, key)):
            yield key


def _is_sample(person: Person) -> bool:
    return person.matrix_id.endswith(_RESERVED) or person.phone == _PHONE


def _line_of_key(path: Path, key: str) -> int | None:
    """Return the number of the line that gives the key; None where the environment gives it."""
    wanted = re.compile(rf"\s*{key}\s*=")
    lines = path.read_text(encoding="utf-8").splitlines()
    return next((number for number, line in enumerate(lines, 1) if wanted.match(line)), None)


def _lines(path: Path, people: Iterable[Person]) -> list[int]:
    """Return the numbers of the lines that name these people's ids as their own."""
    wanted = [re.compile(rf"[\s-]*matrix_id:\s*[\"']?{re.escape(person.matrix_id)}\b") for person in people]
    lines = path.read_text(encoding="utf-8").splitlines()
    return [number for number, line in enumerate(lines, 1) if any(each.match(line) for each in wanted)]


def _at(line: int | None) -> str:
    return f" (l. {line})" if line else ""


def _count(people: list[Person], one: str, several: str) -> str:
    return f"{len(people)} {one if len(people) == 1 else several}"


def _where(lines: list[int], word: str) -> str:
    if not lines:
        return ""
    return f" ({word}{'s' if len(lines) > 1 else ''} {', '.join(map(str, lines))})"
