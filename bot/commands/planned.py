"""The commands named and not yet carried out. Guarantee: a known word is never called a slip of another."""

from __future__ import annotations

from bot.commands.spec import Planned

PLANNED: tuple[Planned, ...] = (Planned("stop", ("pause reelle", "stop", "halte"), ("stop",)),)
