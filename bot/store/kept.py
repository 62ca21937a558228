"""What was read once and need not be read again. Guarantee: it is what the database holds, for it is given up as soon
as a transaction fails, or anybody else has written (see `Database.transaction`)."""

from __future__ import annotations

from typing import Any

from sqlmodel import Session

KEPT = "kept"
"""Under this name a session's `info` holds what later transactions need not read again."""


def kept(session: Session, name: str) -> dict[Any, Any]:
    """What is kept under this name; whoever writes the rows that it was read from changes it, too."""
    found: dict[Any, Any] = session.info.setdefault(KEPT, {}).setdefault(name, {})
    return found
