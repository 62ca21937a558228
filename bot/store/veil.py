"""What is hidden, kept out of what is shown. Guarantee: while a purge waits for its second person, no board, answer,
register or incident file made meanwhile says what the hidden entries say. The state itself stays as it is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from typing import Any

from bot.domain.cell import Cell
from bot.domain.drafts import Version
from bot.domain.language import Both, Language
from bot.domain.purge import Datum, Hiding, datum, said_in, strings
from bot.domain.screening import anchored
from bot.store import log, outbox, purge
from bot.store.db import Session

WAITS = Both("[masqué en attendant le DPO ou le référent données]", "[hidden until the DPO or the data lead confirms]")
_IDS = ("@", "!", "$", "#")
_KEPT = frozenset({"playbook", "organisation", "timezone", "boards", "undo"})
"""What nobody's words stand in, or what nobody is shown."""


def shown(session: Session, cell: Cell) -> Cell:
    """The incident as it may be shown: never to be saved."""
    veil = of(session, cell.incident.id, cell.incident.language)
    return cell if veil is None else _over(cell, veil)


def over(session: Session, cell: Cell | None, values: Mapping[str, Any], language: Language) -> Mapping[str, Any]:
    """The values of a message, as they may be shown; where it is about no one incident, nothing hidden in any."""
    about = [cell.incident.id] if cell is not None else purge.with_hidden(session)
    for incident in about:
        veil = of(session, incident, language)
        if veil is not None:
            values = {key: _over(value, veil) for key, value in values.items()}
    return values


def of(session: Session, incident: str, language: Language) -> Hiding | None:
    """What people's hidden entries say, and what was made of their words; None where nothing is hidden."""
    found = [log.entry(session, incident, seq) for seq in sorted(purge.hidden(session, incident))]
    hidden = [each for each in found if each is not None and each.content is not None]
    # Our own messages say what others said: all of it is among the others, with much that is not hidden.
    theirs = [each for each in hidden if not (each.event_id and outbox.key_of(session, each.event_id))]
    whole = list(_data(said_in(each) for each in theirs if "action" not in (each.content or {})))
    made = [text for each in theirs for text in strings((each.content or {}).get("after"))]
    parts = list(_data(text for text in made if any(each.covers(text) for each in whole)))
    return Hiding((*whole, *parts), WAITS.get(language)) if whole else None


def _data(texts: Iterable[str]) -> Iterable[Datum]:
    return (found for text in texts if (found := datum(text, None, frozenset())) is not None)


def _over(value: Any, veil: Hiding) -> Any:
    """The value with every text in it veiled: the very same one where nothing is."""
    if isinstance(value, str):
        return _text(value, veil)
    if is_dataclass(value) and not isinstance(value, type):
        held = {each.name: getattr(value, each.name) for each in fields(value) if each.init and each.name not in _KEPT}
        after = {name: _over(each, veil) for name, each in held.items()}
        changed = {name: each for name, each in after.items() if each is not held[name]}
        if isinstance(value, Version) and "text" in changed:
            changed["watched"] = anchored(value.watched, value.text, changed["text"])
        return replace(value, **changed) if changed else value
    if isinstance(value, Mapping):
        made = {key: each if key in _KEPT else _over(each, veil) for key, each in value.items()}
        return made if any(made[key] is not each for key, each in value.items()) else value
    if isinstance(value, list | tuple):
        listed = [_over(each, veil) for each in value]
        if all(new is old for new, old in zip(listed, value, strict=True)):
            return value
        return type(value)(*listed) if hasattr(value, "_fields") else type(value)(listed)
    return value


def _text(text: str, veil: Hiding) -> str:
    # A command begins with what a room's id does; an id has no blank in it.
    if isinstance(text, Enum) or (text.startswith(_IDS) and len(text.split()) == 1):
        return text
    after = veil.text(text)
    # What is markup already stays it: what takes the place of the words needs no escaping.
    return text if after is None else type(text)(after)
