"""Clocks from the domain's values to rows and back. Guarantee: there and back again gives an equal value."""

from __future__ import annotations

from dataclasses import asdict, fields
from datetime import datetime, timedelta
from typing import Any

from bot.domain.clocks import Clock, ClockStatus, MomentChange, Ring, WaiveReason
from bot.domain.deadline_rules import USUAL_NUDGES, Class, NudgePlan
from bot.domain.playbook import Text
from bot.domain.roles import Role
from bot.store.clock_tables import ClockRow, MomentChangeRow

_INSTANTS = (
    "started_at", "prudent_from", "prudent_due", "official_from", "official_due", "filed_at", "closed_at", "waived_at",
    "next_at",
)  # fmt: skip
_RING_TIMES = ("step_at", "climb_at", "rang_at")


def clock_row(incident: str, clock: Clock) -> ClockRow:
    held = {field.name: getattr(clock, field.name) for field in fields(clock)}
    texts = {name: _pair(held[name]) for name in ("names", "title", "authority", "reference_text")}
    words = {name: str(held[name]) for name in ("visible", "owner_role", "status")}
    more = {
        "id": clock.id,
        "rests_on": list(clock.rests_on),
        "waived_by": list(clock.waived_by),
        "waive_reason": str(clock.waive_reason) if clock.waive_reason else None,
        "answers": dict(clock.answers),
        "ring": _ring(clock.ring),
        "plan": _plan(clock.plan),
    }
    return ClockRow(incident=incident, **{**held, **texts, **words, **more})


def clock(row: ClockRow) -> Clock:
    """Raises ValueError for a word that this version does not know."""
    held = {field.name: getattr(row, field.name) for field in fields(Clock)}
    read = {
        "names": Text(**row.names),
        "title": Text(**row.title),
        "authority": _text(row.authority),
        "reference_text": _text(row.reference_text),
        "visible": Class(row.visible),
        "owner_role": Role(row.owner_role),
        "status": ClockStatus(row.status),
        "rests_on": tuple(row.rests_on),
        "waived_by": tuple(row.waived_by),
        "waive_reason": WaiveReason(row.waive_reason) if row.waive_reason else None,
        "answers": dict(row.answers),
        "ring": _ring_of(row.ring),
        "plan": _plan_of(row.plan),
    }
    return Clock(**{**held, **read})


def to_json(clock: Clock) -> dict[str, Any]:
    """The clock as plain JSON, to be put back by `from_json`."""
    held = clock_row("", clock).model_dump()
    return {name: h.isoformat() if isinstance(h, datetime) else h for name, h in held.items()}


def from_json(held: dict[str, Any]) -> Clock:
    times = {name: datetime.fromisoformat(held[name]) for name in _INSTANTS if held[name]}
    return clock(ClockRow(**{**held, **times}))


def change_row(incident: str, change: MomentChange) -> MomentChangeRow:
    return MomentChangeRow(incident=incident, **asdict(change))


def change(row: MomentChangeRow) -> MomentChange:
    return MomentChange(**{field.name: getattr(row, field.name) for field in fields(MomentChange)})


def _ring(ring: Ring) -> dict[str, Any]:
    held = asdict(ring)
    times = {name: held[name].isoformat() if held[name] else None for name in _RING_TIMES}
    return {**held, **times, "told": list(ring.told), "seen": list(ring.seen)}


def _ring_of(held: dict[str, Any]) -> Ring:
    times = {name: datetime.fromisoformat(held[name]) if held.get(name) else None for name in _RING_TIMES}
    return Ring(**{**held, **times, "told": tuple(held["told"]), "seen": tuple(held["seen"])})


def _plan(plan: NudgePlan) -> dict[str, Any] | None:
    """A rule's own plan; nothing for the usual one, so that what the next version finds usual holds for old clocks."""
    if plan == USUAL_NUDGES:
        return None
    return {"elapsed": list(plan.elapsed), "before": [span.total_seconds() for span in plan.before]}


def _plan_of(held: dict[str, Any] | None) -> NudgePlan:
    if held is None:
        return USUAL_NUDGES
    return NudgePlan(tuple(held["elapsed"]), tuple(timedelta(seconds=span) for span in held["before"]))


def _pair(text: Text | None) -> dict[str, str] | None:
    return {"fr": text.fr, "en": text.en} if text else None


def _text(pair: dict[str, str] | None) -> Text | None:
    return Text(**pair) if pair else None
