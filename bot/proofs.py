"""A picture in reply to a message about a task. Guarantee: it is attached to that task, which it completes, by whoever
may do so; where it came too late, or answers a message about several, how to attach it is said; a picture that answers
nothing of ours is left alone."""

from __future__ import annotations

from bot.answers import run
from bot.commands.call import Call
from bot.commands.opening import GRACE
from bot.commands.permission import check
from bot.commands.table import BY_NAME
from bot.domain.cell import Cell
from bot.domain.checklist import FINISHED
from bot.domain.outcome import Refusal
from bot.store import cells, outbox
from bot.turn import Turn, known_sender, refuse, scene_of, trusted_origin

KEYS = ("task", "proof")
"""How the keys of our messages about one task begin."""


def task_of(key: str | None) -> tuple[str, int] | None:
    """The incident and the number of the one task that a message of ours is about, by its key."""
    parts = key.split(":") if key else []
    return (parts[1], int(parts[2])) if len(parts) > 3 and parts[0] in KEYS and parts[2].isdecimal() else None


def answered(turn: Turn) -> bool:
    """Attach a file, posted without a command, to the task that it answers. Returns whether it answered one."""
    replied = turn.happening.reply_to
    key = outbox.key_of(turn.session, replied) if replied else None
    if key is None or turn.happening.kind != "file":
        return False
    about = task_of(key)
    if about is None:
        return _of_several(turn, key)
    cell = cells.load(turn.session, about[0])
    if cell is None:
        return False
    if turn.now - turn.sent_at > GRACE:
        return _asked(turn, cell, "proving.late", [about[1]])
    call = Call(BY_NAME["prove"], {"tasks": (about[1],)}, language=turn.spot.language, raw=turn.happening.text or "")
    try:
        known_sender(turn)
        trusted_origin(turn)
        scene = scene_of(turn, cell, f"!{call.spec.verb(turn.spot.language)} {about[1]}", call)
        check(scene, call)
        run(turn, scene, call, scene.typed)
    except Refusal as refusal:
        refuse(turn, refusal)
    return True


def _of_several(turn: Turn, key: str) -> bool:
    """A reminder of several tasks: which of them the picture proves is to be said."""
    parts = key.split(":")
    cell = cells.load(turn.session, parts[1]) if parts[0] == "tasks" else None
    return cell is not None and _asked(turn, cell, "proving.which", [int(each) for each in parts[2].split("-")])


def _asked(turn: Turn, cell: Cell, sentence: str, numbers: list[int]) -> bool:
    """Say how the picture is attached after all, if one of the tasks is still to be done. Returns whether one is."""
    tasks = [cell.tasks[n] for n in numbers if n in cell.tasks and cell.tasks[n].status not in FINISHED]
    if not tasks:
        return False
    try:
        known_sender(turn)
    except Refusal as refusal:
        refuse(turn, refusal)
    else:
        refuse(turn, Refusal(sentence, tasks=tasks))
    return True
