"""The registers from the domain's values to rows and back. Guarantee: there and back again gives an equal value."""

from __future__ import annotations

from dataclasses import asdict, fields
from datetime import datetime
from types import MappingProxyType
from typing import Any

from bot.domain.registers import (
    Decision,
    Entry,
    Evidence,
    Fact,
    FactStatus,
    Handed,
    Keeping,
    PhoneCall,
    Point,
    RollCall,
)
from bot.store.register_tables import DecisionRow, EvidenceRow, FactRow, PhoneCallRow, PointRow, RollCallRow

_ENTRIES: dict[str, type[Entry]] = {"fact": Fact, "decision": Decision, "evidence": Evidence, "call": PhoneCall}
_INSTANTS = frozenset(
    {"said_at", "decided_at", "at", "confirmed_at", "denied_at", "reminded_at", "collected_at", "legal_at"}
)


def fact_row(incident: str, fact: Fact) -> FactRow:
    return FactRow(incident=incident, **{**asdict(fact), "status": fact.status.value})


def fact(row: FactRow) -> Fact:
    return Fact(**{**_held(Fact, row), "status": FactStatus(row.status)})


def decision_row(incident: str, decision: Decision) -> DecisionRow:
    return DecisionRow(incident=incident, asked=decision.waits and decision.reminded_at is None, **asdict(decision))


def decision(row: DecisionRow) -> Decision:
    return Decision(**_held(Decision, row))


def evidence_row(incident: str, evidence: Evidence) -> EvidenceRow:
    held = {"keeping": evidence.keeping.value, "custody": [_plain(asdict(each)) for each in evidence.custody]}
    return EvidenceRow(incident=incident, **{**asdict(evidence), **held})


def evidence(row: EvidenceRow) -> Evidence:
    held = {"keeping": Keeping(row.keeping), "custody": _custody(row.custody)}
    return Evidence(**{**_held(Evidence, row), **held})


def _custody(held: list[dict[str, Any]]) -> tuple[Handed, ...]:
    return tuple(Handed(**{**each, "at": datetime.fromisoformat(each["at"])}) for each in held)


def call_row(incident: str, call: PhoneCall) -> PhoneCallRow:
    return PhoneCallRow(incident=incident, **asdict(call))


def call(row: PhoneCallRow) -> PhoneCall:
    return PhoneCall(**_held(PhoneCall, row))


def rollcall_row(incident: str, rollcall: RollCall) -> RollCallRow:
    here = {user: at.isoformat() for user, at in rollcall.here.items()}
    return RollCallRow(
        incident=incident,
        number=rollcall.number,
        at=rollcall.at,
        by=rollcall.by,
        called=list(rollcall.called),
        here=here,
    )


def rollcall(row: RollCallRow) -> RollCall:
    here = {user: datetime.fromisoformat(at) for user, at in row.here.items()}
    return RollCall(row.number, row.at, row.by, tuple(row.called), MappingProxyType(here))


def point_row(incident: str, point: Point) -> PointRow:
    return PointRow(incident=incident, **{**asdict(point), "said": [list(line) for line in point.said]})


def point(row: PointRow) -> Point:
    said = tuple((int(line), str(words)) for line, words in row.said)
    return Point(**{**_held(Point, row), "said": said})


def to_json(entry: Entry) -> dict[str, Any]:
    """An entry as plain JSON, to be put back by `from_json`."""
    register = next(name for name, kind in _ENTRIES.items() if isinstance(entry, kind))
    held = _plain(asdict(entry))
    if isinstance(entry, Evidence):
        held["custody"] = [_plain(asdict(each)) for each in entry.custody]
    return {"register": register, **held}


def _plain(held: dict[str, Any]) -> dict[str, Any]:
    return {name: h.isoformat() if isinstance(h, datetime) else h for name, h in held.items()}


def from_json(held: dict[str, Any]) -> Entry:
    """Raises KeyError for a register that this version does not know."""
    values = {name: h for name, h in held.items() if name != "register"}
    values |= {name: datetime.fromisoformat(held[name]) for name in _INSTANTS & held.keys() if held[name]}
    if "status" in values:
        values["status"] = FactStatus(values["status"])
    if "keeping" in values:
        values["keeping"] = Keeping(values["keeping"])
    if "custody" in values:
        values["custody"] = _custody(values["custody"])
    return _ENTRIES[held["register"]](**values)


def _held(kind: type[Any], row: Any) -> dict[str, Any]:
    return {field.name: getattr(row, field.name) for field in fields(kind)}
