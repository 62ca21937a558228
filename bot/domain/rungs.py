"""The three rungs of mobilisation. Guarantee: a doubt wakes three people, and nobody who was left out is ever called.

The bot proposes a rung, a person climbs it: by the severity given when opening, or later. Of each role of the two lower
rungs the first in the order of call is called, of the full cell everybody whom the playbook needs.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from enum import StrEnum

from bot.domain.language import Both, Language, fold
from bot.domain.roles import BYSTANDERS, VITAL, Role, fall_backs
from bot.domain.roster import Person, Roster


class Rung(StrEnum):
    """How much of the cell is called."""

    DOUBT = "doubt"
    RESTRICTED = "restricted"
    FULL = "full"

    def label(self, language: Language) -> str:
        """Return the rung as people say it."""
        return _LABELS[self].get(language)

    @property
    def above(self) -> Rung | None:
        """Return the next rung, None at the top."""
        return {Rung.DOUBT: Rung.RESTRICTED, Rung.RESTRICTED: Rung.FULL}.get(self)


_LABELS = {
    Rung.DOUBT: Both("doute", "doubt"),
    Rung.RESTRICTED: Both("cellule restreinte", "restricted cell"),
    Rung.FULL: Both("cellule plénière", "full cell"),
}

_NAMES: dict[str, Rung] = {
    **dict.fromkeys(("doute", "doubt", "1"), Rung.DOUBT),
    **dict.fromkeys(("restreinte", "cellule restreinte", "restricted", "restricted cell", "2"), Rung.RESTRICTED),
    **dict.fromkeys(("pleniere", "cellule pleniere", "complete", "full", "full cell", "3", "4"), Rung.FULL),
}

_CARE = (Role.CARE_DIRECTOR, Role.MEDICAL_LEAD)
_DOUBT: tuple[tuple[Role, ...], ...] = ((Role.DUTY_MANAGER,), (Role.CISO, Role.CIO), _CARE)
_RESTRICTED: tuple[tuple[Role, ...], ...] = (
    *_DOUBT,
    (Role.DIRECTOR,),
    (Role.COORDINATOR,),
    (Role.SCRIBE,),
    (Role.LEGAL,),
    (Role.DPO, Role.DATA_LEAD),
    (Role.COMMUNICATION,),
)


def find_rung(text: str) -> Rung | None:
    """Return the rung of that name, in either language, whatever its case and accents."""
    return _NAMES.get(fold(text))


def of_severity(level: int | None) -> Rung:
    """Return the rung that a severity speaks for; where none was said, that of a doubt."""
    return {None: Rung.DOUBT, 1: Rung.DOUBT, 2: Rung.RESTRICTED}.get(level, Rung.FULL)


def wanted(rung: Rung, named: Collection[Role]) -> list[tuple[Role, ...]]:
    """Return the roles that a rung calls, each with those that will do as well; `named`: those of the playbook.

    Where nobody is cared for, the roles of care are not called.
    """
    groups = _DOUBT if rung is Rung.DOUBT else _RESTRICTED
    base = [group for group in groups if group != _CARE or set(_CARE) & set(named)]
    if rung is not Rung.FULL:
        return base
    covered = {role for group in base for role in group}
    return base + [(role,) for role in Role if role in named and role not in covered and role not in BYSTANDERS]


def vital(rung: Rung, named: Collection[Role]) -> list[tuple[Role, ...]]:
    """Return the vital roles among those that a rung calls, each with those that will do as well."""
    return [group for group in wanted(rung, named) if set(group) & set(VITAL)]


def called(rung: Rung, roster: Roster, named: Collection[Role], left_out: Collection[str] = ()) -> list[Person]:
    """Return whom a rung calls, vital roles first; where nobody holds a role, who stands in for it."""
    found: dict[str, Person] = {}
    for group in wanted(rung, named):
        for person in _of_group(group, roster, left_out, everybody=rung is Rung.FULL):
            found.setdefault(person.matrix_id, person)
    if rung is Rung.FULL:
        # Who has no role of their own, or one of the same group, is of the full cell too.
        needed = {role for group in wanted(rung, named) for role in group}
        others = (p for p in roster if p.matrix_id not in left_out and (not p.roles or set(p.roles) & needed))
        found |= {p.matrix_id: p for p in others if p.matrix_id not in found}
    order = {person.matrix_id: place for place, person in enumerate(roster)}
    return sorted(found.values(), key=lambda p: (not set(p.roles) & set(VITAL), order[p.matrix_id]))


def _of_group(
    group: tuple[Role, ...], roster: Roster, left_out: Collection[str], *, everybody: bool
) -> Iterator[Person]:
    for role in group:
        held = [person for person in roster.in_order_of_call(role) if person.matrix_id not in left_out]
        if held:
            yield from held if everybody else held[:1]
            return
    for stand_in in fall_backs(group[0]):
        held = [person for person in roster.in_order_of_call(stand_in) if person.matrix_id not in left_out]
        if held:
            yield held[0]
            return


def after(person: str, roster: Roster, roles: Iterable[Role]) -> list[Person]:
    """Return who is called in place of somebody who does not answer: their deputies, then the others of their role in
    the order of call, vital roles first."""
    absent = roster.by_id(person)
    own = tuple(roles)
    found: dict[str, Person] = {p.matrix_id: p for p in (roster.deputies_of(absent) if absent else [])}
    for role in sorted(own, key=lambda role: role not in VITAL):
        found |= {p.matrix_id: p for p in roster.in_order_of_call(role) if p.matrix_id not in found}
    found.pop(person, None)
    return list(found.values())
