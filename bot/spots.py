"""Where an answer goes, and what every message has at hand. Guarantee: an answer is shown where it was asked for, below
what it answers; nobody is called by anything but the name that the roster gives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bot import boards
from bot.domain.cell import Cell
from bot.domain.language import Language
from bot.tools import Tools


@dataclass(frozen=True)
class Spot:
    """Where an answer goes. `event_id` is what is being answered; `under` the message below which the answer is shown:
    the same, but for a reaction the message that it is on. `sign` is what says that it was done."""

    room_key: str
    room_id: str
    event_id: str
    thread: str | None
    language: Language
    under: str
    sign: str = "✅"

    @property
    def relates_to(self) -> dict[str, Any]:
        """What a file that answers bears, for clients to show it there."""
        reply: dict[str, Any] = {"m.in_reply_to": {"event_id": self.under}}
        return reply if self.thread is None else reply | {"rel_type": "m.thread", "event_id": self.thread}


def at_hand(tools: Tools, cell: Cell | None) -> dict[str, Any]:
    """The values that every message may use."""
    if cell is None:
        return {"cell": None, "names": lambda user: tools.name_of(None, user)}
    return {**boards.values(cell, lambda user: tools.name_of(cell, user)), "room": cell.incident.room_name}
