"""The opinion of whoever advises on data protection. Guarantee: it is kept with its author and hour, shown beside the
decision, and blocks nothing: the controller decides (GDPR art. 38 and 39)."""

from __future__ import annotations

from typing import Any

from bot.commands.call import Call
from bot.commands.clocks import find, news
from bot.commands.permission import effective, reserved, roles_of
from bot.commands.scene import Scene
from bot.domain.clock_lines import line
from bot.domain.clocks import Clock
from bot.domain.conduct import Opinion, Stance
from bot.domain.language import fold
from bot.domain.outcome import Outcome, Record, Refusal
from bot.domain.roles import Role

_WORDS = {
    Stance.FAVOURABLE: ("favorable", "favourable", "pour", "for"),
    Stance.UNFAVOURABLE: ("defavorable", "unfavourable", "unfavorable", "contre", "against"),
    Stance.RESERVED: ("reserve", "reserves", "reservee", "reserved", "reservations"),
}


def opinion(scene: Scene, call: Call) -> Outcome:
    """What the data-protection officer, or whoever stands in, says of filing this."""
    cell = scene.here
    clock = find(scene, call.clocks()[0])
    if not clock.data_protection:
        raise Refusal("closing.no_opinion", clock=clock)
    adviser = effective(cell, Role.DPO)
    if adviser not in roles_of(scene, scene.sender):
        raise reserved(scene, (adviser,))
    stance, text = _stance(call.get("text", str) or "")
    if stance is None:
        raise Refusal("closing.stance", clock=clock)
    if not text and stance is not Stance.FAVOURABLE:
        raise Refusal("closing.opinion_text", clock=clock, stance=stance)
    before = cell.opinion_on(clock.id)
    said = Opinion(len(cell.opinions) + 1, clock.id, stance, text, scene.sender, scene.now)
    entry = Record("deadline", "opinion", clock.id, state_of(before), state_of(said), extra={"text": text})
    # An opinion is not taken back: another takes its place, and both are kept.
    changed = cell.with_opinion(said).without_undo(scene.sender)
    values = {"line": line(changed, clock, scene.now), "opinion": said, "name": scene.name_of(scene.sender)}
    return Outcome(changed, (entry,), news(scene, "closing.opinion", values))


def beside(cell_opinion: Opinion | None, *, files: bool) -> dict[str, Any]:
    """What the log says of the opinion beside a decision to file, or not to; nothing where there was none."""
    if cell_opinion is None:
        return {}
    against = Stance.UNFAVOURABLE if files else Stance.FAVOURABLE
    return {"opinion": {**(state_of(cell_opinion) or {}), "disagrees": cell_opinion.stance is against}}


def _stance(typed: str) -> tuple[Stance | None, str]:
    first, _, rest = typed.strip().partition(" ")
    word = fold(first.strip(" ,;:.—–-"))
    stance = next((stance for stance, words in _WORDS.items() if word in words), None)
    return stance, rest.strip(" ,;:—–-")


def state_of(said: Opinion | None) -> dict[str, Any] | None:
    """An opinion as the log keeps it."""
    return {"stance": said.stance.value, "by": said.by, "at": said.at} if said else None


def shown(scene: Scene, clock: Clock) -> Opinion | None:
    """The opinion that stands beside a decision on this clock."""
    return scene.here.opinion_on(clock.id)
