"""Questions with numbered answers. Guarantee: of several things that may have been meant one is done, by the button of
its number or by `!2`, once, for the one who was asked; nothing that is dangerous is among them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import timedelta
from typing import Any

from bot.decisions import MENU, answer, pend
from bot.domain.incident import Pending
from bot.domain.outcome import Choice
from bot.speech import ours
from bot.store import outbox, pendings
from bot.store.outbox import Outgoing
from bot.turn import Turn

KIND = "choice"
KINDS = (KIND, MENU)
"""What is answered by a number: a question that was put, or the lines of help."""
LIFE = timedelta(minutes=10)
BUTTONS = ("1\u20e3", "2\u20e3", "3\u20e3", "4\u20e3")
"""As they arrive, without their variation selector."""
_SENT = "\ufe0f"
_TYPED = re.compile(r"!?\s*([1-9])\s*[.)]?")

Waiting = Callable[[Turn, str, tuple[str, ...], str, timedelta], Pending]


def ask(turn: Turn, template: str, values: Mapping[str, Any], choices: Sequence[Choice], waiting: Waiting) -> None:
    """Put the question where it was typed, with a button for each answer."""
    said = {**values, "choices": list(enumerate(choices, start=1))}
    key = answer(turn.session, turn.tools, turn.spot, template, said, turn.now, cell=turn.cell_here, key="choice")
    pending = waiting(turn, KIND, (turn.sender,), choices[0].text, LIFE)
    options = [{name: held for name, held in asdict(choice).items() if name != "label"} for choice in choices]
    pend(turn.session, replace(pending, call={**pending.call, "options": options}), key)
    for sign in BUTTONS[: len(choices)]:
        button = {"event_id": ours(key), "key": f"{sign[0]}{_SENT}{sign[1:]}"}
        out = Outgoing(turn.spot.room_key, "reaction", button, f"button:{key}:{sign[0]}", priority=2)
        outbox.enqueue(turn.session, out, turn.now)


def chosen(pending: Pending, number: int) -> Pending | None:
    """The question, become the yes to that answer; None where there is no such answer."""
    options = pending.call.get("options", ())
    if not 0 <= number < len(options):
        return None
    option = options[number]
    return replace(
        pending,
        kind="self" if option["confirmed"] else "suggestion",
        call={**pending.call, "text": option["text"], "html": None},
    )


def typed(turn: Turn, text: str) -> Pending | None:
    """The question, as `chosen`, that a number alone answers: after the prefix, or in reply to the question."""
    found = _TYPED.fullmatch(text.strip())
    if found is None:
        return None
    key = outbox.key_of(turn.session, turn.happening.reply_to) if turn.happening.reply_to else None
    asked = [p for p in pendings.pendings(turn.session, user=turn.sender, now=turn.now) if p.kind in KINDS]
    asked = [p for p in asked if p.room_id == turn.spot.room_id and (key is None or p.question_key == key)]
    if not asked or not ("!" in text or key is not None or turn.room.kind == "dm"):
        return None
    done = chosen(asked[-1], int(found[1]) - 1)
    if done is not None and asked[-1].kind == MENU:
        # Its other lines can be chosen after this one.
        pendings.pend(turn.session, replace(asked[-1], id=None))
    return done
