"""Which function carries out which command: a list to read, beside the table that declares them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from bot.commands import help as help_module
from bot.commands import approvals, drafts, log, opening, people, tasks
from bot.commands.call import Call
from bot.commands.scene import Scene
from bot.domain.outcome import Outcome

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
    "draft": drafts.draft,
    "drafts": drafts.show_all,
    "show": drafts.show,
    "edit": drafts.edit,
    "approve": approvals.approve,
    "reject": approvals.reject,
    "publish": approvals.publish,
}
"""Every command but `yes` and `no`, which answer a question and belong to the engine."""
