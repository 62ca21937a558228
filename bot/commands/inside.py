"""What can be typed in a room apart. Guarantee: no command carries words out of a track's room but the one that is made
for it; in a guest's room there are only notes, evidence, and help."""

from __future__ import annotations

from bot.commands.call import Call
from bot.commands.scene import Scene
from bot.commands.spec import Kind, Place
from bot.domain.outcome import Refusal

APART = (Place.TRACK, Place.GUESTS)

IN_TRACK = frozenset(
    {
        "help", "lang", "status", "team", "tasks", "finished", "mine", "next", "why", "card", "glossary", "task_card",
        "log", "deadlines", "directory", "facts", "decisions", "services",
        "take", "done", "reopen", "assign", "snooze", "undo",
        "take_clock", "ack", "here", "rest", "read_notice", "note", "raise", "stop",
    }
)  # fmt: skip
"""What can be typed in a track's room: to read, to work, to note, to raise, and a drill's stop word."""
STAYS = frozenset({"note", "raise", "log", "help", "glossary", "directory"})
"""Of these the words that are typed with them stay in the room, are only looked for, or are meant for the cell."""
BY_GUESTS = frozenset({"note", "evidence", "help", "stop"})
BY_HOSTS = BY_GUESTS | {"invite", "guests", "dismiss", "lang"}
"""In a guest's room: what they may type, and those of the cell who are with them."""
_WORDS = (Kind.TEXT, Kind.TITLE)


def check(scene: Scene, call: Call) -> None:
    """Refuse what may not be typed in a room apart. Who may give the command at all is checked as anywhere."""
    name, lang = call.spec.name, scene.language
    if scene.place is Place.GUESTS:
        guest = scene.here.guest(scene.sender) is not None
        if name not in (BY_GUESTS if guest else BY_HOSTS):
            raise Refusal("rooms.only_notes" if guest else "rooms.not_with_guests", example=f"!{call.spec.verb(lang)}")
        return
    if name not in IN_TRACK:
        raise Refusal("rooms.stays_here", verb=call.spec.verb(lang))
    if name not in STAYS and _has_words(call):
        raise Refusal("rooms.no_words_here", verb=call.spec.verb(lang))


def _has_words(call: Call) -> bool:
    """Whether something was typed that others would read."""
    declared = [each.name for each in call.spec.args if each.kind in _WORDS]
    declared += [each.name for each in call.spec.options if each.kind in _WORDS]
    return bool(call.left_over) or any(call.get(name, str) for name in declared)


def is_guest(scene: Scene) -> bool:
    """Whether the sender is somebody from outside, in their room."""
    return scene.place is Place.GUESTS and scene.cell is not None and scene.cell.guest(scene.sender) is not None
