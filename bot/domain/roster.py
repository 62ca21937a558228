"""The people prepared in peacetime. Guarantee: `@x` means one person, several, or nobody, never a guess."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from bot.domain.language import Language, fold
from bot.domain.outside import Reach
from bot.domain.roles import Role, find_role

# What stands before a first name on a badge is not a first name.
_HONORIFICS = frozenset(
    {"dr", "docteur", "doctor", "pr", "professeur", "professor", "me", "m", "mr", "mme", "mrs", "ms"}
)


@dataclass(frozen=True, slots=True)
class Person:
    """One person of the roster; `deputies` are Matrix ids of the same roster.

    `on_call`: the place in the order of call among those of the same role, the lowest first; without one, after those
    who have one, in the order of the file. `agreed`: the day on which they agreed that their number is printed and
    given to the coordinator; False: they did not; None: nobody wrote it down. `speaks`: what they speak besides.
    """

    name: str
    matrix_id: str
    roles: tuple[Role, ...]
    deputies: tuple[str, ...] = ()
    phone: str | None = None
    language: Language | None = None
    outside: tuple[Reach, ...] = ()
    on_call: int | None = None
    agreed: date | bool | None = None
    speaks: tuple[str, ...] = ()

    @property
    def only_observes(self) -> bool:
        """Whether they are there to look on, and may open nothing."""
        return bool(self.roles) and set(self.roles) <= {Role.OBSERVER}

    @property
    def shared_phone(self) -> str | None:
        """Return the number, unless they have not agreed that people see it."""
        return None if self.agreed is False else self.phone

    @property
    def localpart(self) -> str:
        """Return what stands between `@` and the server's name."""
        return self.matrix_id[1:].partition(":")[0]

    @property
    def first_name(self) -> str:
        """Return the first word of the name that is not an honorific."""
        words = self.name.split()
        return next((word for word in words if fold(word) not in _HONORIFICS), self.name)


@dataclass(frozen=True)
class Roster:
    """The people, in the order of the file, which is the order of precedence."""

    people: tuple[Person, ...] = ()
    _by_id: dict[str, Person] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_id", {person.matrix_id: person for person in self.people})

    def __iter__(self) -> Iterator[Person]:
        return iter(self.people)

    def __len__(self) -> int:
        return len(self.people)

    def __contains__(self, matrix_id: object) -> bool:
        return matrix_id in self._by_id

    def by_id(self, matrix_id: str) -> Person | None:
        """Return the person of that Matrix id, or None for a stranger."""
        return self._by_id.get(matrix_id)

    def holders(self, role: Role) -> list[Person]:
        """Return who holds that role, in roster order."""
        return [person for person in self.people if role in person.roles]

    def in_order_of_call(self, role: Role) -> list[Person]:
        """Return who holds that role, whoever is to be called first first."""
        return sorted(self.holders(role), key=lambda p: p.on_call if p.on_call is not None else sys.maxsize)

    def deputies_of(self, person: Person) -> list[Person]:
        """Return the deputies of a person, in the order in which they are named."""
        return [found for found in map(self.by_id, person.deputies) if found]

    def find(self, text: str) -> list[Person]:
        """Return whom `@x` means: one person, several to choose from, or nobody.

        The first reading that matches anybody wins: the full Matrix id, the local part, the roster name, the
        first name, then a role. Case and accents do not matter, nor does the `@`.
        """
        typed = text.strip()
        if ":" in typed:
            person = self._by_id.get(typed) or self._by_id.get(typed.lower())
            return [person] if person else []
        wanted = fold(typed)
        if not wanted:
            return []
        role = find_role(wanted)
        readings = (
            [p for p in self.people if fold(p.localpart) == wanted],
            [p for p in self.people if fold(p.name) == wanted],
            [p for p in self.people if fold(p.first_name) == wanted],
            self.holders(role) if role else [],
        )
        return next((found for found in readings if found), [])
