"""Roles in the place of Matrix ids, for an anonymous export. Guarantee: what went through here has no Matrix id."""

from __future__ import annotations

import re

from bot.domain.cell import Cell

NOBODY = "person"
"""Whoever holds no role in the incident."""
_ID = re.compile(r"(?<!\w)@[^\s:@]+:[A-Za-z0-9.\[\]:-]*[A-Za-z0-9\]]")


def role_of(cell: Cell, user: str | None) -> str | None:
    """The first of somebody's roles in the incident; None for nobody."""
    if user is None:
        return None
    member = cell.members.get(user)
    return member.roles[0].value if member is not None and member.roles else NOBODY


def without_ids(cell: Cell, text: str | None) -> str | None:
    """The text with each Matrix id in it, whosever it is, replaced by a role."""
    return _ID.sub(lambda found: role_of(cell, found[0]) or NOBODY, text) if text else text
