"""What a notification must hold. Guarantee: what the text asks for is the rule's own list; what is known is shown with
where it comes from, and what nobody has established is called missing, never guessed. The answer fits a telephone's
screen; a longer page is a file beside it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bot.commands.call import Call, ClockName
from bot.commands.clocks import find
from bot.commands.scene import Scene
from bot.domain.cell import Cell
from bot.domain.clock_lines import line, weightiest
from bot.domain.clock_times import by_party
from bot.domain.clocks import Clock
from bot.domain.deadline_rules import Rule
from bot.domain.effects import Attach, Reply
from bot.domain.incident import Moment, TaskStatus
from bot.domain.language import fold
from bot.domain.moments import MOMENTS, filed_rule, find_moment
from bot.domain.outcome import Outcome, Refusal
from bot.domain.playbook import Text
from bot.domain.qualifying import Answer
from bot.domain.registers import FactStatus
from bot.domain.roles import Role, Track

CNIL, COMPLAINT = "EU-GDPR-33-SA", "FR-LOPMI-PLAINTE"
_MOST = 8
_INLINE = 5
"""So many lines of what is to be said, of times and of facts are read on a telephone's screen; more are a file."""
_FIRST = 3
"""So many of what is missing stand in the answer that a file follows."""


@dataclass(frozen=True)
class Item:
    """One thing that the notification must hold. `known` names what we have for it; none: somebody has to say it."""

    text: Text
    known: tuple[Text, ...]


def dossier(scene: Scene, call: Call) -> Outcome:
    """What must be said, what is known, what is missing, and where to file it."""
    name = _named(call)
    if name is None:
        running = [clock for clock in scene.here.by_urgency if clock.open and not clock.own]
        raise Refusal("dossier.which", running=weightiest(running, _MOST))
    rule = scene.rules.get(name.rule)
    if rule is None:
        raise Refusal("dossier.own", clock=find(scene, name))
    found = by_party(scene.here.clocks.values(), name.rule, name.party)
    if len(found) > 1:
        raise Refusal("clocks.which_party", clocks=found)
    clock = found[0] if found else None
    said = values(scene, rule, clock)
    if sum(len(said[each]) for each in ("items", "moments", "verified", "unverified")) <= _INLINE:
        return Outcome(effects=(Reply("dossier.page", said),))
    typed = clock.typed(scene.language) if clock else rule.id
    file = f"{scene.here.incident.id}-dossier-{typed.replace('/', '-')}.txt"
    brief = Reply("dossier.brief", {**said, "first": _FIRST, "file": file})
    return Outcome(effects=(brief, Attach("dossier.page", said, file)))


def _named(call: Call) -> ClockName | None:
    if call.clocks():
        return call.clocks()[0]
    return ClockName(CNIL) if fold(call.raw.lstrip("!")).startswith("cnil") else None


def values(scene: Scene, rule: Rule, clock: Clock | None) -> dict[str, Any]:
    """Everything that the page says, the words but those of the record being the template's."""
    cell = scene.here
    late = clock is not None and clock.late_at(clock.filed_at or scene.now)
    items = [
        Item(text, tuple(said for source in sources for said in _SOURCES[source](cell, clock)))
        for text, sources in zip(rule.contents, rule.known_by or ((),) * len(rule.contents), strict=True)
        if late or "delay" not in sources
    ]
    facts = [fact for fact in cell.facts.values() if not fact.withdrawn]
    answers = [(q, cell.answers[q.id]) for q in cell.questions if q.id in cell.answers]
    return {
        "rule": rule,
        "line": line(cell, clock, scene.now) if clock else None,
        "items": items,
        "moments": _moments(cell, rule),
        "verified": [fact for fact in facts if fact.status is FactStatus.VERIFIED][-_MOST:],
        "unverified": [fact for fact in facts if fact.status in (FactStatus.TO_VERIFY, FactStatus.PROBABLE)][-_MOST:],
        "answers": [(question, said) for question, said in answers if said.answer is not Answer.UNKNOWN],
        "unanswered": [
            q for q in cell.questions
            if q.id in rule.facts and (q.id not in cell.answers or cell.answers[q.id].answer is Answer.UNKNOWN)
        ],
        "opinion": cell.opinion_on(clock.id) if clock else None,
        "wants_opinion": rule.opinion is not None,
        "missing": [item for item in items if not item.known],
    }  # fmt: skip


def _moments(cell: Cell, rule: Rule) -> list[tuple[Text, Moment | None]]:
    """The times that such a notification gives, those that nobody has recorded yet as None."""
    counts = (
        *((rule.moment,) if filed_rule(rule.moment) is None else ()),
        *(("classified",) if rule.classified else ()),
    )
    wanted = dict.fromkeys(("observed", *counts, "handled"))
    found: list[tuple[Text, Moment | None]] = []
    for name in wanted:
        word = find_moment(name)
        if word is not None and (name in cell.moments or name in counts):
            found.append((Text(*MOMENTS[word].word), cell.moments.get(name)))
    return found


# -- what is known, by what it answers ---------------------------------------------------------------------------------


def _nature(cell: Cell, clock: Clock | None) -> list[Text]:
    verified = [f for f in cell.facts.values() if f.status is FactStatus.VERIFIED and not f.withdrawn]
    return [_both(f"{fact.id} {fact.text}") for fact in verified[-3:]]


def _dates(cell: Cell, clock: Clock | None) -> list[Text]:
    recorded = [m for name in ("attack", "breach", "significant") if (m := cell.moments.get(name)) is not None]
    return [Text("heures ci-dessous", "times below")] if recorded else []


def _contact(cell: Cell, clock: Clock | None) -> list[Text]:
    holders = [*cell.holders(Role.DPO), *cell.holders(Role.DATA_LEAD)]
    return [_both(f"{member.name} ({member.matrix_id})") for member in holders[:1]]


def _measures(cell: Cell, clock: Clock | None) -> list[Text]:
    done = [t for t in cell.in_order if t.track is Track.IT and t.status is TaskStatus.DONE]
    return [Text(f"{task.id} {task.title.fr}", f"{task.id} {task.title.en}") for task in done[-3:]]


def _delay(cell: Cell, clock: Clock | None) -> list[Text]:
    if clock is None or clock.late_reason is None:
        return []
    return [_both(clock.late_reason)]


def _reference(cell: Cell, clock: Clock | None) -> list[Text]:
    """The reference of the filing from which this one counts."""
    before = filed_rule(clock.moment) if clock else None
    party = clock.party if clock else None
    return [_both(c.reference) for c in by_party(cell.clocks.values(), before or "", party) if c.reference]


def _complaint(cell: Cell, clock: Clock | None) -> list[Text]:
    party = clock.party if clock else None
    return [_both(c.reference) for c in by_party(cell.clocks.values(), COMPLAINT, party) if c.reference]


def _malicious(cell: Cell, clock: Clock | None) -> list[Text]:
    said = cell.answers.get("malicious")
    return (
        [Text(said.answer.label("fr"), said.answer.label("en"))] if said and said.answer is not Answer.UNKNOWN else []
    )


def _exhibits(cell: Cell, clock: Clock | None) -> list[Text]:
    kept = [e for e in cell.evidence.values() if not e.withdrawn]
    return [_both(f"{e.id} {e.description}") for e in kept[-3:]]


def _declarant(cell: Cell, clock: Clock | None) -> list[Text]:
    return [_both(cell.incident.organisation)]


def _both(text: str) -> Text:
    return Text(text, text)


_SOURCES: dict[str, Callable[[Cell, Clock | None], list[Text]]] = {
    "nature": _nature,
    "dates": _dates,
    "contact": _contact,
    "measures": _measures,
    "delay": _delay,
    "reference": _reference,
    "complaint": _complaint,
    "malicious": _malicious,
    "exhibits": _exhibits,
    "declarant": _declarant,
}
"""Where what a notification must hold can be known from; the words that a rule's `known_by` may use."""
