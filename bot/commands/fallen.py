"""Texts whose ground has gone. Guarantee: what was approved on a fact, an act, a day or an hour that no longer stands
is approved no more, and the cell is told of every text that used it, the released ones too."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from bot.commands.drafts import state_of
from bot.commands.scene import Scene
from bot.domain import hours
from bot.domain.approval import findings, proved_acts, verified
from bot.domain.cell import Cell
from bot.domain.drafts import Draft, Release, Version, expire, heading
from bot.domain.effects import Effect, Tell
from bot.domain.outcome import Record
from bot.domain.registers import Fact
from bot.domain.screening import Act, Finding


@dataclass(frozen=True)
class Line:
    """One text that used what has gone: which version, what of it, and the release in which it went out. `earlier`: it
    was first drafted from these facts and has been written anew since: it may still say them, in other words."""

    draft: Draft
    heading: str
    facts: tuple[Fact, ...]
    words: tuple[str, ...]
    hours: tuple[date, ...]
    release: Release | None
    approved: bool
    earlier: tuple[Fact, ...] = ()


def texts(scene: Scene, before: Cell, after: Cell) -> tuple[Cell, tuple[Record, ...], tuple[Effect, ...]]:
    """What the change from `before` to `after` does to the communications: the new state, the log, what is said."""
    facts = {number for number, _ in verified(before)} - {number for number, _ in verified(after)}
    acts = proved_acts(before) - proved_acts(after)
    moved = hours.recorded(before) - hours.recorded(after) or hours.days(before) - hours.days(after)
    if not facts and not acts and not moved:
        return after, (), ()
    lines: list[Line] = []
    records: list[Record] = []
    cell = after
    for _, draft in sorted(after.drafts.items()):
        for version, release in _standing(draft):
            line = _line(before, after, draft, version, release, facts, acts)
            if line is None:
                continue
            lines.append(line)
            if release is None and draft.given() and not line.earlier:
                cell = cell.with_draft(expire(draft))
                records.append(_record(draft, line))
    if not lines:
        return after, (), ()
    people = [user for line in lines for user in _answerable(line) if user != scene.sender and cell.is_here(user)]
    incident = cell.incident
    values = {"lines": lines, "facts": [after.facts[number] for number in sorted(facts)], "acts": bool(acts)}
    told = Tell(
        incident.room_key,
        "drafts.fallen",
        {**values, "people": [(user, scene.name_of(user)) for user in dict.fromkeys(people)]},
        incident.language,
        key=f"fallen:{incident.id}:{scene.event_id}",
        ring=tuple(dict.fromkeys(people)),
        priority=0,
    )
    return cell, tuple(records), (told,)


def _standing(draft: Draft) -> list[tuple[Version, Release | None]]:
    """The versions that count: each that went out, and the newest."""
    released = {release.version: release for release in draft.releases}
    return [(v, released.get(v.number)) for v in draft.versions if v.number in released or v == draft.last]


def _line(
    before: Cell,
    cell: Cell,
    draft: Draft,
    version: Version,
    release: Release | None,
    facts: set[int],
    acts: frozenset[Act],
) -> Line | None:
    used = tuple(cell.facts[number] for number in version.facts if number in facts)
    stated = acts and {act.value for act in acts} & set(version.acts)
    words = [each.words for each in findings(cell, draft, version) if each.what is Finding.ACT] if stated else []
    already = hours.gone(before, version)
    said = tuple(at for at in hours.gone(cell, version) if at not in already)
    first = {number for each in draft.versions if each.number < version.number for number in each.facts}
    earlier = () if used or words or said else tuple(cell.facts[number] for number in sorted(first & facts))
    if not used and not words and not said and not earlier:
        return None
    approved = release is None and bool(draft.given())
    return Line(draft, heading(draft, version), used, tuple(words), said, release, approved, earlier)


def _record(draft: Draft, line: Line) -> Record:
    approved = sorted({each.user for each in draft.given().values()})
    before = {**state_of(draft, draft.last), "approved_by": approved, "approved_at": draft.approved_at}
    gone: dict[str, object] = {"facts_gone": [fact.id for fact in line.facts], "words_gone": list(line.words)}
    if line.hours:
        gone["hours_gone"] = [at if isinstance(at, datetime) else at.isoformat() for at in line.hours]
    return Record("draft", "fall", draft.id, before, state_of(draft, draft.last), extra=gone)


def _answerable(line: Line) -> tuple[str, ...]:
    """Who wrote the text as it stands, and who released it."""
    return (line.draft.last.author, line.release.user) if line.release else (line.draft.last.author,)
