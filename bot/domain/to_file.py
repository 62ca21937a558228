"""What is still to be noted once a text was handed over. Guarantee: only a clock that runs in this incident and that
nobody has filed; where there is none nothing is asked."""

from __future__ import annotations

from bot.domain.cell import Cell
from bot.domain.clocks import Clock

FILES = {
    "TPL-13": "HOUSE-ARS",
    "TPL-14": "FR-CSP-1111-8-2",
    "TPL-15": "EU-GDPR-33-SA",
    "TPL-16": "FR-CNIL-COMPLEMENT",
    "TPL-17": "FR-LOPMI-PLAINTE",
    "TPL-18": "FR-ASSUR-5JO",
}
"""The rule that wants filed what a text says."""


def to_file(cell: Cell, template: str) -> tuple[Clock, ...]:
    """The clocks that a text of this template was made for and that wait for their filing, in the order of urgency."""
    rule = FILES.get(template)
    return tuple(clock for clock in cell.by_urgency if clock.rule == rule and clock.open and clock.filed_at is None)
