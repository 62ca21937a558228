"""The legal entities that the configuration names, as the clocks know them. Guarantee: what one leaves out is the
organisation's."""

from __future__ import annotations

from bot.config import Config
from bot.domain.parties import Party


def parties(config: Config) -> tuple[Party, ...]:
    """Return who owes; nobody in particular where the configuration names no parties."""
    home = config.organisation
    return tuple(
        Party(
            each.kind or home.kind,
            each.country or home.country,
            tuple(home.flags if each.flags is None else each.flags),
            each.id,
            each.name,
            each.timezone or home.timezone,
        )
        for each in config.parties
    )
