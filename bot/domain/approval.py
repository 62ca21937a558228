"""Who may approve a text, and where it stands. Guarantee: never whoever wrote it; and a role that nobody else holds
falls to the same people every time, so that nobody publishes alone and nothing waits for somebody who is not there."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from bot.domain.cell import Cell
from bot.domain.drafts import Approval, Draft, Objection, Version, heading
from bot.domain.incident import Member
from bot.domain.roles import Role, fall_backs
from bot.domain.screening import Act, Found, proved, screen

_BOARD = re.compile(r"C(?P<draft>\d+)v(?P<version>\d+)")


@dataclass(frozen=True)
class RouteLine:
    """One approval of the route: given, or whom it waits for. `held` is the role by which they give it."""

    role: Role
    held: Role
    approval: Approval | None
    people: tuple[str, ...]


@dataclass(frozen=True)
class RouteBoard:
    """What the message beside a version says; `superseded`: a newer version took its place."""

    draft: Draft
    version: Version
    lines: tuple[RouteLine, ...]
    against: tuple[Objection, ...]
    found: tuple[Found, ...]
    superseded: bool

    @property
    def values(self) -> dict[str, object]:
        """What its words need."""
        return {
            "draft": self.draft,
            "heading": heading(self.draft, self.version),
            "lines": self.lines,
            "against": self.against,
            "found": self.found,
            "superseded": self.superseded,
            "release": self.draft.released(),
            "stopped": any(each.what.blocks for each in self.found),
            "waiting": any(line.approval is None for line in self.lines),
        }


def acting(cell: Cell, role: Role, author: str) -> tuple[Role, list[Member]]:
    """Who may give a role's approval, and by which role: its holders, or those of the nearest fall-back, never the
    author. An empty list where nobody can."""
    for each in (role, *fall_backs(role)):
        people = [member for member in cell.holders(each) if member.matrix_id != author]
        if people:
            return each, people
    return role, []


def can_give(cell: Cell, draft: Draft, user: str, roles: Iterable[Role]) -> list[tuple[Role, Role]]:
    """Which of these steps this person may fill, each with the role by which they do."""
    found = [(role, *acting(cell, role, draft.last.author)) for role in roles]
    return [(role, held) for role, held, people in found if any(m.matrix_id == user for m in people)]


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
    """Whose approval the newest version still waits for."""
    waiting = (user for line in route(cell, draft) if line.approval is None for user in line.people)
    return tuple(dict.fromkeys(waiting))


def proved_acts(cell: Cell) -> frozenset[Act]:
    """The acts that a filed clock proves."""
    return proved({clock.rule for clock in cell.clocks.values() if clock.filed_at is not None})


def findings(cell: Cell, text: str) -> tuple[Found, ...]:
    """What is to be said of a text, as things stand."""
    return screen(text, proved_acts(cell))


# -- the message beside each version -----------------------------------------------------------------------------------


def boards(cell: Cell) -> list[str]:
    """The names of the boards that say where each version stands."""
    return [f"{d.id}v{v.number}" for _, d in sorted(cell.drafts.items()) for v in d.versions]


def board(cell: Cell, name: str) -> RouteBoard | None:
    """What the board of that name says; None if it is no version's."""
    named = _BOARD.fullmatch(name)
    draft = cell.drafts.get(int(named["draft"])) if named else None
    version = draft.version(int(named["version"])) if draft and named else None
    if draft is None or version is None:
        return None
    if version.number != draft.last.number:
        return RouteBoard(draft, version, (), (), (), superseded=True)
    return RouteBoard(
        draft, version, route(cell, draft), draft.against(), findings(cell, version.text), superseded=False
    )


def settled(cell: Cell, name: str) -> bool:
    """Whether a board is about a version of which nothing more is expected."""
    said = board(cell, name)
    return said is not None and (said.superseded or said.draft.released() is not None)
