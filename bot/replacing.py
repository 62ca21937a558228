"""A whole new text in reply to a version. Guarantee: nothing changes before whoever wrote it has said that it is a
text, and not a remark: people answer texts with remarks all the time."""

from __future__ import annotations

from bot.answers import propose
from bot.commands.call import Call
from bot.commands.permission import check
from bot.commands.table import BY_NAME
from bot.domain import filling
from bot.domain.outcome import Refusal
from bot.domain.screening import blanks
from bot.store import outbox
from bot.texts import VERSION
from bot.turn import Turn, draft_number, known_sender, scene_of, trusted_origin

SHORTEST = 80
"""Signs: what is shorter is a remark. So is what is not a third as long as the text that it answers."""


def offered(turn: Turn, text: str) -> bool:
    """Ask whether a long reply to a version is to take its place, or a line with values to fill its blanks. Returns
    whether it was one."""
    key = outbox.key_of(turn.session, turn.happening.reply_to) if turn.happening.reply_to else None
    cell, said = turn.cell_here, text.strip()
    number = draft_number(key) if key is not None and key.startswith(VERSION) else None
    if cell is None or number is None or number not in cell.drafts:
        return False
    draft = cell.drafts[number]
    given = filling.read(said, blanks(draft.last.text))
    values = given is not None and given.unknown is None and all(given.by_name.values())
    if not values and len(said) < max(SHORTEST, len(draft.last.text) // 3):
        return False
    spec = BY_NAME["edit"]
    typed = f"!{spec.verb(turn.spot.language)} {draft.id}\n{said}"
    call = Call(spec, {"draft": number, "text": said}, language=turn.spot.language, raw=typed)
    try:
        known_sender(turn)
        trusted_origin(turn)
        check(scene_of(turn, cell, typed, call), call)
    except Refusal:
        return False  # whoever may not change it has made a remark
    propose(turn, "blanks.replace", {"draft": draft, "values": values}, typed)
    return True
