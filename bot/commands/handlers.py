"""Which function carries out which command: a list to read, beside the table that declares them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from bot.commands import (
    approvals,
    clocks,
    decisions,
    drafts,
    entering,
    evidence,
    facts,
    filings,
    lawyer,
    log,
    moments,
    opening,
    people,
    presence,
    sitrep,
    steering,
    tasklife,
    tasks,
)
from bot.commands import help as help_module
from bot.commands import qualify as qualifying
from bot.commands.call import Call
from bot.commands.scene import Scene
from bot.domain.outcome import Outcome
from bot.domain.qualifying import Answer

Handler = Callable[[Scene, Call], Outcome]

HANDLERS: Mapping[str, Handler] = {
    "incident": opening.open_incident,
    "scenarios": opening.scenarios,
    "help": help_module.help_,
    "status": help_module.status,
    "team": people.team,
    "role": people.role,
    "tasks": tasks.show,
    "mine": tasks.mine,
    "take": tasks.take,
    "done": tasks.done,
    "block": tasks.block,
    "reopen": tasks.reopen,
    "assign": tasks.assign,
    "note": log.note,
    "log": log.journal,
    "undo": tasks.undo,
    "export": opening.export,
    "close": opening.close,
    "lang": people.lang,
    "deadlines": clocks.board,
    "deadline": clocks.own,
    "take_clock": clocks.take,
    "done_clock": clocks.done,
    "ack": clocks.ack,
    "known": moments.known,
    "observed": moments.observed,
    "attack": moments.attack,
    "breach": moments.breach,
    "filed": filings.filed,
    "receipt": filings.receipt,
    "waive": filings.waive,
    "draft": drafts.draft,
    "drafts": drafts.show_all,
    "show": drafts.show,
    "edit": drafts.edit,
    "approve": approvals.approve,
    "reject": approvals.reject,
    "publish": approvals.publish,
    "next": tasklife.next_one,
    "why": tasklife.why,
    "task": tasklife.add,
    "task_card": tasklife.card,
    "snooze": tasklife.snooze,
    "skip": tasklife.skip,
    "severity": steering.severity,
    "phase": steering.phase,
    "qualify": qualifying.qualify,
    "fact": facts.fact,
    "facts": facts.facts,
    "rumour": facts.rumour,
    "rumours": facts.rumours,
    "likely": facts.likely,
    "true": facts.true,
    "false": facts.false,
    "decision": decisions.decision,
    "decisions": decisions.decisions,
    "evidence": evidence.evidence,
    "exhibits": evidence.exhibits,
    "call": presence.phone_call,
    "rollcall": presence.rollcall,
    "here": presence.here,
    "present": presence.which_present,
    "sitrep": sitrep.sitrep,
    "read_notice": entering.read_notice,
    "lawyer": lawyer.lawyer,
}
"""Every command but `yes`, `no` and `unsure`, which answer a question and belong to the engine."""

ANSWERED: Mapping[str, Callable[[Scene, Mapping[str, Any], Answer], Outcome]] = {
    "severity": steering.answered,
    "qualify": qualifying.answered,
    "decisions": decisions.answered,
    "sitrep": sitrep.answered,
}
"""What goes on with the answer to a question that a command has put."""
