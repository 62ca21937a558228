"""The commands named and not yet carried out. Guarantee: a known word is never called a slip of another."""

from __future__ import annotations

from bot.commands.spec import Planned

PLANNED: tuple[Planned, ...] = (
    Planned("invite", ("inviter", "externe inviter"), ("invite",), dangerous=True),
    Planned("raise", ("remonter",), ("raise",)),
    Planned("relay", ("descendre",), ("relay",)),
    Planned("stop", ("pause reelle", "stop", "halte"), ("stop",)),
)
