"""Who may approve a text. Guarantee: never whoever wrote it; and a role that nobody else holds falls to the same people
every time, so that nobody publishes alone and nothing waits for somebody who is not there."""

from __future__ import annotations

from bot.domain.cell import Cell
from bot.domain.drafts import Draft
from bot.domain.incident import Member
from bot.domain.roles import Role, fall_backs


def acting(cell: Cell, role: Role, author: str) -> tuple[Role, list[Member]]:
    """Who may give a role's approval, and by which role: its holders, or those of the nearest fall-back, never the
    author. An empty list where nobody can."""
    for each in (role, *fall_backs(role)):
        people = [member for member in cell.holders(each) if member.matrix_id != author]
        if people:
            return each, people
    return role, []


def can_give(cell: Cell, draft: Draft, user: str, *, missing_only: bool = True) -> list[tuple[Role, Role]]:
    """The steps that this person may fill now, each with the role by which they do."""
    wanted = draft.missing(cell.incident.severity) if missing_only else draft.needed(cell.incident.severity)
    found = [(role, *acting(cell, role, draft.last.author)) for role in wanted]
    return [(role, held) for role, held, people in found if any(m.matrix_id == user for m in people)]
