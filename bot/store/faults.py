"""What the store says when it refuses."""

from __future__ import annotations

from bot.spoken import Told


class StoreFault(Told):
    """The database cannot be used as it is; the message is one clear sentence for the administrator."""
