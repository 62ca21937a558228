"""Who has been told. Guarantee: only a text that people had the time to read counts, or what a clock of ours or the
register of partners says was told otherwise; what was taken down at once, and what was sent and reached nobody, does
not.
"""

from __future__ import annotations

from bot.domain.cell import Cell
from bot.domain.clocks import Clock, ClockStatus
from bot.domain.drafts import Draft, heading
from bot.domain.language import Both

MEETS = {"TPL-01": "HOUSE-STAFF-MESSAGE", "TPL-05": "HOUSE-HOLDING", "TPL-09": "HOUSE-PARTNERS"}
"""The targets of ours that the release of a text meets: the first words to staff, to the public, to partners."""
PRESS = frozenset({"TPL-05", "TPL-12"})
"""What reporters read: partners hear of it before them."""
WHOM = {"staff": Both("le personnel", "staff"), "partners": Both("les partenaires", "partners")}
"""Who should hear before others, in words."""
PARTNERS = "HOUSE-PARTNERS"
_TOLD_BY = {"HOUSE-STAFF-MESSAGE": "staff", PARTNERS: "partners"}
_AFTER_STAFF = frozenset({"public", "individuals"})
_NEWS = frozenset({"TPL-09", "TPL-21"})
"""Of what goes to partners and suppliers, what tells the news; the rest asks them for help, and waits for nobody."""
_NO_CELL = "medical_practice"
"""Those few people have heard already, and no reporter waits at their door."""


def unheard(cell: Cell, draft: Draft) -> tuple[str, ...]:
    """Who should hear before those for whom a text is, and has been told nothing: `staff` before anyone outside,
    `partners` before the press; nobody in a doctor's practice."""
    if cell.incident.kind == _NO_CELL:
        return ()
    told = heard(cell)
    outside = draft.audience in _AFTER_STAFF or draft.template in _NEWS
    first = ("staff",) if outside and "staff" not in told else ()
    return (*first, "partners") if draft.template in PRESS and "partners" not in told else first


def heard(cell: Cell) -> frozenset[str]:
    """Who was told something: for whom the texts are that people read, and who was told by word of mouth, which the
    register of partners says too."""
    out = [each for each in cell.drafts.values() if any(release.was_read for release in each.releases)]
    told = {each.audience for each in out if each.audience is not None and each.audience != "partners"}
    told |= {"partners" for each in out if each.template in _NEWS}
    told |= {"partners"} if cell.warned else set()
    told |= {whom for rule, whom in _TOLD_BY.items() if any(told_otherwise(cell, c) for c in _of(cell, rule))}
    return frozenset(told)


def told_otherwise(cell: Cell, clock: Clock) -> bool:
    """Whether a target of ours was set aside, or met by anything else than a text of ours: that one may come down."""
    if clock.status is ClockStatus.WAIVED:
        return True
    if clock.filed_at is None:
        return False
    return all(clock.reference != heading(d, v) for d in cell.drafts.values() for v in d.versions)


def _of(cell: Cell, rule: str) -> list[Clock]:
    return [clock for clock in cell.clocks.values() if clock.rule == rule]
