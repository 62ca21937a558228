"""Who may approve a text, and where it stands. Guarantee: never whoever wrote it; and a role that nobody else holds
falls to the same people every time, so that nobody publishes alone and nothing waits for somebody who is not there."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from bot.domain import hours
from bot.domain.cell import Cell
from bot.domain.drafts import Approval, Draft, Objection, Release, Version, canonical, reassess
from bot.domain.heard import unheard
from bot.domain.incident import Member
from bot.domain.language import fold
from bot.domain.registers import FactStatus
from bot.domain.remarks import Remark, remarks
from bot.domain.roles import Role, fall_backs
from bot.domain.screening import Act, Finding, proved

_SHORTEST_FACT = 12
"""Signs: what is shorter stands in many texts by chance."""
_BOARD = re.compile(r"C(?P<draft>\d+)")


@dataclass(frozen=True)
class RouteLine:
    """One approval of the route: given, or whom it waits for. `held` is the role by which they give it."""

    role: Role
    held: Role
    approval: Approval | None
    people: tuple[str, ...]


@dataclass(frozen=True)
class Unfounded:
    """What the newest version rests on and is no longer so: facts, by id, words that state an act, hours and days."""

    facts: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    hours: tuple[date, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.facts or self.words or self.hours)


@dataclass(frozen=True)
class RouteBoard:
    """What the message says that follows a text from version to version."""

    draft: Draft
    lines: tuple[RouteLine, ...]
    against: tuple[Objection, ...]
    found: tuple[Remark, ...]
    untyped: bool
    unfounded: Unfounded

    @property
    def values(self) -> dict[str, object]:
        """What its words need."""
        return {
            "draft": self.draft,
            "lines": self.lines,
            "against": self.against,
            "found": self.found,
            "release": self.draft.released(),
            "stopped": any(each.stops for each in self.found),
            "waiting": any(line.approval is None for line in self.lines),
            "untyped": self.untyped,
            "unfounded": self.unfounded,
        }


def acting(cell: Cell, role: Role, author: str) -> tuple[Role, list[Member]]:
    """Who may give a role's approval, and by which role: its holders, or those of the nearest fall-back, never the
    author. An empty list where nobody can."""
    own = _accounts(cell, author)
    for each in (role, *fall_backs(role)):
        people = [member for member in cell.holders(each) if member.matrix_id not in own]
        if people:
            return each, people
    return role, []


def _accounts(cell: Cell, user: str) -> set[str]:
    """Somebody's accounts: two of one name are one person's."""
    name = cell.members[user].name if user in cell.members else None
    return {user, *(m.matrix_id for m in cell.members.values() if name is not None and fold(m.name) == fold(name))}


def can_give(cell: Cell, draft: Draft, user: str, roles: Iterable[Role]) -> list[tuple[Role, Role]]:
    """Which of these steps this person may fill, each with the role by which they do."""
    found = [(role, *acting(cell, role, draft.last.author)) for role in roles]
    return [(role, held) for role, held, people in found if any(m.matrix_id == user for m in people)]


def alone_gives(cell: Cell, user: str, roles: Iterable[Role]) -> list[tuple[Role, Role]]:
    """Every one of these steps, filled by somebody who is alone, each by the nearest role that they hold."""
    mine = cell.roles_of(user)
    return [(role, next((each for each in (role, *fall_backs(role)) if each in mine), role)) for role in roles]


def route(cell: Cell, draft: Draft) -> tuple[RouteLine, ...]:
    """The approvals that the newest version needs now, in order."""
    given = draft.given()
    lines = []
    for role in draft.needed(cell.incident.severity):
        held, people = acting(cell, role, draft.last.author)
        approval = given.get(role)
        lines.append(RouteLine(role, approval.held if approval else held, approval, tuple(m.matrix_id for m in people)))
    return tuple(lines)


def asked(cell: Cell, draft: Draft) -> tuple[str, ...]:
    """Whose approval the newest version still waits for; where only a typed one is missing, any who gave theirs."""
    severity = cell.incident.severity
    if draft.untyped(severity):
        return tuple(dict.fromkeys(each.user for each in draft.given().values() if each.role in draft.needed(severity)))
    waiting = (user for line in route(cell, draft) if line.approval is None for user in line.people)
    return tuple(dict.fromkeys(waiting))


def proved_acts(cell: Cell) -> frozenset[Act]:
    """The acts that a filed clock proves."""
    return proved({clock.rule for clock in cell.clocks.values() if clock.filed_at is not None})


def findings(cell: Cell, draft: Draft, version: Version | None = None) -> tuple[Remark, ...]:
    """What is to be said of a version, the newest unless another is named, as things stand."""
    which = version or draft.last
    release = draft.release_of(which)
    return _findings(cell, draft, which, release.before if release is not None else unheard(cell, draft))


def _findings(cell: Cell, draft: Draft, version: Version, early: tuple[str, ...]) -> tuple[Remark, ...]:
    return remarks(draft, version, proved_acts(cell), early, _doubtful(cell, version))


def _doubtful(cell: Cell, version: Version) -> list[str]:
    """The facts that nobody has verified, as a text would say them; those that were when it was written are another
    matter (`unfounded`)."""
    return [
        canonical(fact.text)
        for number, fact in sorted(cell.facts.items())
        if fact.status is not FactStatus.VERIFIED and not fact.withdrawn and number not in version.facts
        and len(fact.text) >= _SHORTEST_FACT
    ]  # fmt: skip


def stopped(cell: Cell, draft: Draft) -> list[Remark]:
    """What stops the newest version until it is mended, or let stand with a reason."""
    return [each for each in findings(cell, draft) if each.stops]


def held_back(cell: Cell, draft: Draft) -> list[Remark]:
    """What keeps the newest version from going out until it is let stand with a reason: who should hear first."""
    return [each for each in findings(cell, draft) if each.holds] if draft.released() is None else []


def let_stand(cell: Cell, draft: Draft, release: Release) -> tuple[Remark, ...]:
    """What was found in a text that went out, and let stand."""
    version = draft.version(release.version)
    found = _findings(cell, draft, version, release.before) if version is not None else ()
    return tuple(each for each in found if each.aside is not None)


# -- what a text rests on ----------------------------------------------------------------------------------------------


def verified(cell: Cell) -> list[tuple[int, str]]:
    """The verified facts, by number: only those enter a text that goes out."""
    return [
        (number, fact.text)
        for number, fact in sorted(cell.facts.items())
        if fact.status is FactStatus.VERIFIED and not fact.withdrawn
    ]


def unfounded(cell: Cell, draft: Draft) -> Unfounded:
    """What the newest version took for true and is no longer established."""
    facts = {number for number, _ in verified(cell)}
    gone = tuple(f"F{number}" for number in draft.last.facts if number not in facts)
    moved = hours.gone(cell, draft.last)
    proved_now = {act.value for act in proved_acts(cell)}
    if not set(draft.last.acts) - proved_now:
        return Unfounded(gone, hours=moved)
    words = (each.words for each in findings(cell, draft) if each.what is Finding.ACT and each.aside is None)
    return Unfounded(gone, tuple(words), moved)


def reassessed(cell: Cell, now: datetime) -> Cell:
    """The texts as complete as they are at the severity of now."""
    severity = cell.incident.severity
    for draft in cell.drafts.values():
        after = reassess(draft, severity, now)
        cell = cell if after == draft else cell.with_draft(after)
    return cell


# -- the message that follows each text --------------------------------------------------------------------------------


def boards(cell: Cell) -> list[str]:
    """The names of the boards that say where each text stands."""
    return [draft.id for _, draft in sorted(cell.drafts.items())]


def board(cell: Cell, name: str) -> RouteBoard | None:
    """What the board of that name says; None if it is no text's."""
    named = _BOARD.fullmatch(name)
    draft = cell.drafts.get(int(named["draft"])) if named else None
    if draft is None:
        return None
    return RouteBoard(
        draft,
        route(cell, draft),
        draft.against(),
        findings(cell, draft),
        draft.untyped(cell.incident.severity),
        unfounded(cell, draft) if draft.released() is None else Unfounded(),
    )


def settled(cell: Cell, name: str) -> bool:
    """Whether a board is about a text of which nothing more is expected."""
    said = board(cell, name)
    return said is not None and said.draft.released() is not None
