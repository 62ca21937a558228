"""Filing, receiving the proof, setting aside. Guarantee: a rule's clock closes with a proof, or by two people for a
reason that an authority may read."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.commands import opinions, proofs, rounds
from bot.commands.call import Call, When
from bot.commands.clocks import DONE, arm, find, news, record, returned, told
from bot.commands.moments import reconstructed
from bot.commands.permission import effective, may_second
from bot.commands.scene import Scene
from bot.domain.cell import Cell
from bot.domain.checklist import FINISHED, template_of
from bot.domain.clock_lines import REASON_WORDS, line
from bot.domain.clock_times import Changed, aside_with, awaiting, by_party, filing_moments, restored, retimed
from bot.domain.clocks import HOUSE_PARTY, Clock, ClockStatus, WaiveReason, left, urgency
from bot.domain.deadline_rules import Class, Rule
from bot.domain.effects import Seen, Tick
from bot.domain.incident import Moment, Task, Undoable
from bot.domain.language import fold
from bot.domain.moments import FILED
from bot.domain.outcome import Confirm, Outcome, Record, Refusal
from bot.domain.roles import Role

_BECAUSE = re.compile(r"(?:\A|[\s,;—–-])(?:car|parce qu[e’']|motif\s*:|because|reason\s*:)\s*", re.IGNORECASE)
_FACT = re.compile(r"\bF\s?(\d{1,4})\b", re.IGNORECASE)
_SKIPPING = ("sansobjet", "sans objet", "na", "skip")
REASON_WANTED = "EU-GDPR-33-SA"
"""GDPR art. 33(1): a notification after 72 hours is accompanied by the reasons for the delay."""


def filed(scene: Scene, call: Call) -> Outcome:
    """Filed: with a reference the clock closes; without, or by telephone alone, the receipt is awaited."""
    cell = scene.here
    before = find(scene, call.clocks()[0])
    given = call.get("at", When)
    at = given.at if given else scene.sent_at or scene.now
    if rounds.recurs(scene, before):
        return rounds.made(scene, before, at, call.get("text", str))
    reference, reason = _split(call.get("text", str) or "")
    if before.status in (ClockStatus.CLOSED, ClockStatus.FILED):
        if reason and not reference and proofs.lacks_reason(before):
            return proofs.reasoned(scene, before, reason)
        raise Refusal("clocks.filed_already", clock=before, by=scene.name_of(before.filed_by))
    reference, complete = proofs.said_complete(reference or "")
    words = reference if before.visible is Class.LAW and proofs.mere_words(reference) else None
    reference = "" if words else reference
    proof, registered = proofs.exhibit(scene, before)
    reference = reference or (proof.id if proof else None)
    if before.late_at(at):
        reason = _late(scene, before, at, reason)
    reached = call.get("phone", str)
    after = replace(
        before,
        status=ClockStatus.CLOSED if reference else ClockStatus.FILED,
        filed_at=at,
        filed_by=scene.sender,
        reached=reached,
        reference=reference,
        closed_at=at if reference else None,
        late_reason=reason if before.late_at(at) else None,
        waived_by=(),
        waived_at=None,
        waive_reason=None,
        waive_text=None,
    )
    after = arm(cell, replace(after, ring=replace(after.ring, step_at=at, climb_at=None, held=True)))
    # What was set aside with it has something to follow again.
    aside = aside_with(cell, scene.rules, before)
    zone = ZoneInfo(cell.incident.timezone)
    filed = cell.with_clocks([after, *(restored(clock, scene.now, zone) for clock in aside)])
    moments = [Moment(name, at, scene.sender, scene.now) for name in _set_by(scene, filed, after)]
    for moment in moments:
        filed = filed.with_change(moment)
    changed = _from_aside(retimed(filed, scene.rules, scene.organisation.profile, scene.now), aside)
    made, dropped = proofs.unneeded(scene, changed.cell, after) if complete else (changed.cell, [])
    withdrawn = (replace(proof, withdrawn=True),) if proof is not None and registered else ()
    undo = Undoable(
        scene.sender, scene.now, "filed", clocks=(before, *(old for old, _ in dropped), *aside), entries=withdrawn
    )
    result = made.with_entries([proof] if proof else []).with_undo(undo)
    beside = opinions.beside(cell.opinion_on(before.id), files=True)
    records = (
        *registered,
        record("file", before, after, confirmed_by=scene.confirmed_by, **beside, **reconstructed(cell, at)),
        *(entry for moment in moments for entry in _moment_record(cell, moment)),
        *returned(changed),
        *(record("waive", old, new) for old, new in dropped),
    )
    values = {
        "line": line(result, after, scene.now),
        "name": scene.name_of(scene.sender),
        "words": words,
        "late": before.late_at(at),
        "reconstructed": bool(reconstructed(cell, at)),
        "asks_finding": before.hypothesis and not before.moment.startswith(FILED),
        "moment": before.moment,
        "moved": [
            line(result, result.clocks[c.id], scene.now) for c in sorted((c for _, c in changed.clocks), key=urgency)
        ],
        "opinion": cell.opinion_on(before.id),
        "tasks": _prepared(result, scene.rules.get(before.rule)),
    }
    return Outcome(result, records, (Seen(scene.sender, (after.id,)), *news(scene, "clocks.filed", values)))


def _from_aside(changed: Changed, aside: list[Clock]) -> Changed:
    """The same, in which what was set aside is what it was before."""
    was = {clock.id: clock for clock in aside}
    moved = tuple((was.get(new.id, old), new) for old, new in changed.clocks)
    left = tuple((old, changed.cell.clocks[i]) for i, old in was.items() if i not in {new.id for _, new in moved})
    return Changed(changed.cell, (*moved, *left))


def _prepared(cell: Cell, rule: Rule | None) -> list[Task]:
    """The open tasks that lead to this filing and to no other: people think of them as done with it."""
    names = set(rule.all_names) if rule is not None else set()
    found = ((task, template_of(cell, task)) for task in cell.in_order if task.status not in FINISHED)
    own = ((task, set(template.deadlines)) for task, template in found if template is not None)
    return [task for task, deadlines in own if deadlines and deadlines <= names]


def _set_by(scene: Scene, cell: Cell, filed: Clock) -> list[str]:
    """The moments that a filing sets: its party's, and the rule's own once no other party has to file any more."""
    own = list(filing_moments(scene.rules, filed))
    others = by_party(cell.clocks.values(), filed.rule, None)
    waits = any(c.status in (ClockStatus.RUNNING, ClockStatus.PROVISIONAL) for c in others)
    whole = filing_moments(scene.rules, replace(filed, party=HOUSE_PARTY))
    return own if waits else list(dict.fromkeys((*own, *whole)))


def _split(text: str) -> tuple[str | None, str | None]:
    """The reference and, after « car », the reason of a delay."""
    found = _BECAUSE.search(text)
    if not found:
        return text.strip() or None, None
    return text[: found.start()].strip(" ,;") or None, text[found.end() :].strip() or None


def _late(scene: Scene, clock: Clock, at: object, reason: str | None) -> str | None:
    """Why it is late: asked against the official instant only. Raises Refusal or Confirm."""
    if reason is None and clock.rule == REASON_WANTED:
        raise Refusal("clocks.late_reason", clock=clock, due=clock.official_due)
    if scene.confirmed_by is None:
        assert clock.official_due is not None
        due, past = clock.official_due, -left(clock.official_due, scene.now)
        raise Confirm("clocks.late_confirm", (scene.sender,), clock=clock, due=due, past=past, reason=reason)
    return reason


def _moment_record(cell: Cell, moment: Moment) -> tuple[Record, ...]:
    before = cell.moments.get(moment.name)
    previous, extra = before.at if before else None, reconstructed(cell, moment.at)
    return (Record("moment", "set", moment.name, previous, moment.at, occurred_at=moment.at, extra=extra),)


def met(
    cell: Cell, rule: str, proof: str, by: str, now: datetime, at: datetime | None = None
) -> tuple[Cell, tuple[Record, ...], tuple[Clock, ...]]:
    """The clocks of a rule that an act of the cell meets, closed with what proves it. `at`: when it was done, where it
    is told of later."""
    before = [clock for clock in cell.clocks.values() if clock.rule == rule and clock.open]
    after = []
    for clock in before:
        quiet = replace(clock.ring, step_at=now, climb_at=None, held=True)
        closed = replace(
            clock,
            status=ClockStatus.CLOSED,
            filed_at=at or now,
            filed_by=by,
            reference=proof,
            closed_at=at or now,
            ring=quiet,
        )
        after.append(arm(cell, closed))
    records = tuple(record("file", old, new) for old, new in zip(before, after, strict=True))
    return cell.with_clocks(after), records, tuple(after)


def receipt(scene: Scene, call: Call) -> Outcome:
    """The receipt has come: the clock closes; both times are kept."""
    cell = scene.here
    before = find(scene, call.clocks()[0])
    if before.status is not ClockStatus.FILED:
        raise Refusal("clocks.finished" if before.status in DONE else "clocks.not_filed", clock=before)
    proof, registered = proofs.exhibit(scene, before)
    reference = call.get("text", str) or (proof.id if proof else None)
    if reference is None:
        raise Refusal("clocks.receipt_reference", clock=before)
    after = arm(cell, replace(before, status=ClockStatus.CLOSED, reference=reference, closed_at=scene.now))
    withdrawn = (replace(proof, withdrawn=True),) if proof is not None and registered else ()
    undo = Undoable(scene.sender, scene.now, "receipt", clocks=(before,), entries=withdrawn)
    changed = cell.with_clocks([after]).with_entries([proof] if proof else []).with_undo(undo)
    values = {"line": line(changed, after, scene.now), "name": scene.name_of(scene.sender)}
    return Outcome(changed, (*registered, record("receipt", before, after)), news(scene, "clocks.receipt", values))


def waive(scene: Scene, call: Call) -> Outcome:
    """Set a clock aside: a reason of the list, and a second person. It comes back if what it rested on changes."""
    cell = scene.here
    before = find(scene, call.clocks()[0])
    if not before.waivable:
        raise Refusal("clocks.never_waived", clock=before)
    if before.status in DONE:
        raise Refusal("clocks.finished", clock=before)
    text = call.get("text", str) or ""
    reason, text = _reason(text)
    if reason is None and _skips(call):
        reason = WaiveReason.NOT_APPLICABLE
    if reason is None:
        raise Refusal("clocks.waive_reason", clock=before)
    if reason is WaiveReason.RISK_UNLIKELY and before.data_protection and cell.opinion_on(before.id) is None:
        advisers = [member.name for member in cell.holders(effective(cell, Role.DPO))]
        raise Refusal("clocks.waive_opinion", clock=before, people=advisers)
    if scene.confirmed_by is None:
        raise Confirm(
            "clocks.waive_second", may_second(scene, call), clock=before, reason=reason, text=text,
            opinion=cell.opinion_on(before.id), wants_opinion=before.data_protection, names=scene.name_of,
        )  # fmt: skip
    aside = [
        replace(
            clock,
            status=ClockStatus.WAIVED,
            waived_by=(scene.sender, scene.confirmed_by),
            waived_at=scene.now,
            waive_reason=reason,
            waive_text=text or None,
            answers=_rested_on(cell, clock, text),
        )
        # What was to follow its filing has nothing to wait for any more.
        for clock in (before, *awaiting(cell, scene.rules, before))
    ]
    after, *later = (arm(cell, clock) for clock in aside)
    # What two people did is not taken back by one who had done something to it before.
    done = Undoable(scene.sender, scene.now, "waive", clocks=(before,))
    changed = cell.with_clocks([after, *later]).with_undo(done).without_undo(scene.sender)
    values = {
        "line": line(changed, after, scene.now),
        "by": scene.names_of(dict.fromkeys(after.waived_by)),
        "later": later,
        "alone": scene.alone,
    }
    beside = opinions.beside(cell.opinion_on(before.id), files=False)
    entry = record("waive", before, after, confirmed_by=scene.confirmed_by, **beside)
    follow = tuple(record("waive", cell.clocks[new.id], new, confirmed_by=scene.confirmed_by) for new in later)
    return Outcome(changed, (entry, *follow), (Tick(), told(scene, "clocks.waived", values)))


def _reason(text: str) -> tuple[WaiveReason | None, str]:
    """The code that the text begins with, by its digit (1 to 4) or in words, and what is said besides."""
    said = fold(text)
    for digit, (reason, words) in enumerate(REASON_WORDS.items(), start=1):
        found = next((word for word in (str(digit), *words) if f"{said} ".startswith(f"{word} ")), None)
        if found:
            tokens = list(re.finditer(r"[^\W_]+", text))
            return reason, text[tokens[len(found.split()) - 1].end() :].strip(" ,;:.—–-")
    return None, text


def _rested_on(cell: Cell, clock: Clock, text: str) -> dict[str, str]:
    """What the decision rests on as it stands: the answers, and the facts that its reason names (`F3`)."""
    answers = {question: cell.answer_words.get(question, "unknown") for question in clock.rests_on}
    named = {int(number) for number in _FACT.findall(text)}
    return answers | {f.id: f.status.value for f in cell.facts.values() if f.number in named and not f.withdrawn}


def _skips(call: Call) -> bool:
    """Whether the verb itself says that it does not apply (`!sansobjet RÈGLE`)."""
    typed = fold(call.raw.lstrip("!"))
    return any(typed.startswith(word) for word in _SKIPPING)
