"""Questions of which the answers are yes, no and "I don't know". Guarantee: an answer counts once, from who may give it
now, and does no more than what the question said: what is dangerous is never done by one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from bot.commands.call import Call
from bot.commands.handlers import ANSWERED
from bot.commands.permission import check
from bot.commands.spec import Who
from bot.commands.table import BY_NAME
from bot.decisions import QUESTION, carry_out
from bot.domain.incident import Pending
from bot.domain.outcome import Refusal
from bot.domain.qualifying import Answer
from bot.store import cells, outbox, pendings
from bot.turn import Turn, scene_of

BY_VERB = {"yes": Answer.YES, "no": Answer.NO, "unsure": Answer.UNKNOWN}
BY_SIGN = {"✅": Answer.YES, "❌": Answer.NO, "🤷": Answer.UNKNOWN}


def replied_to(turn: Turn) -> Pending | None:
    """The question that this message answers as a reply, if the sender may answer it and it still waits."""
    key = outbox.key_of(turn.session, turn.happening.reply_to) if turn.happening.reply_to else None
    pending = pendings.by_question(turn.session, key) if key else None
    if pending is None or pending.kind != QUESTION or pending.expires_at <= turn.now:
        return None
    return pending if turn.sender in pending.may else None


def answer_question(turn: Turn, pending: Pending, answer: Answer) -> None:
    """Take the answer, and do what the command that asked does with it. Raises Refusal."""
    cell = cells.load(turn.session, pending.incident) if pending.incident else None
    if cell is None or pending.id is None:
        raise Refusal("refusals.too_late")
    held: dict[str, Any] = dict(pending.call)
    spec = BY_NAME[str(held["command"])]
    # Who was asked may answer, by whatever role they were asked: those who stand in for one, too.
    call = Call(replace(spec, who=Who(asked=True)), language=turn.spot.language, raw=str(held["text"]))
    scene = scene_of(turn, cell, str(held["text"]), call)
    check(scene, call)
    outcome = ANSWERED[spec.name](scene, held["held"], answer)
    pendings.settle(turn.session, pending.id)
    carry_out(turn.session, turn.tools, scene, turn.spot, outcome, turn.cause)
