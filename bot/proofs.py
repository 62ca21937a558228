"""A picture in reply to a message about a task. Guarantee: it is attached to that task, which it completes, by whoever
may do so; a picture that answers nothing of ours is left alone."""

from __future__ import annotations

from bot.answers import run
from bot.commands.call import Call
from bot.commands.opening import GRACE
from bot.commands.permission import check
from bot.commands.table import BY_NAME
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
    about = task_of(outbox.key_of(turn.session, replied)) if replied else None
    cell = cells.load(turn.session, about[0]) if about else None
    if about is None or cell is None or turn.happening.kind != "file" or turn.now - turn.sent_at > GRACE:
        return False
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
