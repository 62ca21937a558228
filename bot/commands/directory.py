"""Whom to call outside. Guarantee: a person's own number is told to who asks, in their direct room, and is never
logged; an entry that nobody has made sure of says so wherever it is shown."""

from __future__ import annotations

import re
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from bot.commands.call import Call
from bot.commands.filings import met
from bot.commands.permission import vouched
from bot.commands.scene import Scene
from bot.commands.undone import WARNED
from bot.domain.cell import Cell
from bot.domain.directory import TO_WARN, Directory, Entry, Kind, Warned, shared
from bot.domain.effects import Effect, Reload, Reply, Tell, Tick
from bot.domain.heard import PARTNERS
from bot.domain.incident import Undoable
from bot.domain.language import Both
from bot.domain.outcome import Outcome, Record, Refusal
from bot.domain.roster import Person

_BEFORE = re.compile(
    r"\A(?:(?:(?:le|the) )?(?:(?:phone )?num(?:[ée]ro|ber)|t[ée]l[ée]phone|t[ée]l|contact) (?=d|of |for ))?"
    r"(?:(?:de la|de|du|des|of|for|pour) |d['’])?(?:(?:le|la|les|the) |l['’])?",
    re.IGNORECASE,
)
"""« le numéro de l'assureur », « le cert »: what one says before a name, where the name is found no other way."""
IN_FULL = 4
"""So many entries are shown with all that they hold; more, in a line each."""
REGISTER = Both("registre des partenaires prévenus", "register of the partners warned")
"""What proves that all of them were."""


def directory(scene: Scene, call: Call) -> Outcome:
    """The entries that a word means, with their numbers; without one, all of them in a line each."""
    word = call.get("word", str) or ""
    if not scene.directory.find(word):
        word = _BEFORE.sub("", word)
    entries = scene.directory.find(word)
    people = scene.roster.find(word.removeprefix("@")) if word.strip() else []
    if not entries and not people:
        raise Refusal("directory.nothing", typed=word, empty=not scene.directory.entries)
    open_to_all = shared(entries)
    own = [entry for entry in entries if entry.personal]
    effects: list[Effect] = []
    if open_to_all:
        effects.append(Reply("directory.entries", _shown(scene, open_to_all)))
    if (own or people) and vouched(scene, scene.sender):
        effects += _in_private(scene, own, people)
    if not effects:
        raise Refusal("vouching.not_yet", at=scene.sender[1:].partition(":")[0], who=[])
    return Outcome(effects=tuple(effects))


def _shown(scene: Scene, entries: Any) -> dict[str, Any]:
    today = scene.now.astimezone(ZoneInfo(scene.organisation.timezone)).date()
    groups = [(kind, [e for e in entries if e.kind is kind]) for kind in Kind]
    return {
        "groups": [(kind, found) for kind, found in groups if found],
        "full": len(entries) <= IN_FULL,
        "stale": frozenset(entry.name for entry in entries if entry.stale(today)),
    }


def _in_private(scene: Scene, own: list[Entry], people: list[Person]) -> list[Effect]:
    """Persons' own numbers, in the direct room of who asks; elsewhere that they are there."""
    here = f"dm:{scene.sender}"
    values = {
        "people": [(p.name, p.roles, p.shared_phone) for p in people],
        "entries": [(e.name, e.phone, e.hours) for e in own],
    }
    told = Tell(here, "directory.persons", values, scene.language, f"directory:{scene.event_id}", priority=0)
    return [told] if scene.is_direct else [told, Reply("directory.in_private", key="private")]


def reload(scene: Scene, call: Call) -> Outcome:
    """Read roster and directory anew; what changed is told and logged."""
    return Outcome(effects=(Reload(), Tick()))


def warned(scene: Scene, call: Call) -> Outcome:
    """Somebody outside was warned: who they are is the directory's, else what was typed. The last of the directory
    meets the target of ours for all of them."""
    cell, text = scene.here, call.get("text", str) or ""
    name, how = _partner(scene, text)
    if name in cell.warned:
        before = cell.warned[name]
        raise Refusal("directory.warned_already", name=name, by=scene.name_of(before.by), at=before.at)
    said = Warned(name, scene.now, scene.sender, how)
    record = Record("call", "warned", None, None, {"who": name, "how": how, "by": scene.sender, "at": scene.now})
    changed = cell.with_warned([said])
    left = unwarned(scene.directory, changed)
    rule = PARTNERS if scene.directory.to_warn() and not left else ""
    changed, closed, clocks = met(changed, rule, REGISTER.get(cell.incident.language), scene.sender, scene.now)
    were = tuple(cell.clocks[clock.id] for clock in clocks)
    undo = Undoable(scene.sender, scene.now, "warned", clocks=were, was={f"{WARNED}{name}": None})
    values = {"warned": said, "left": left, "clocks": clocks}
    return Outcome(changed.with_undo(undo), (record, *closed), (Reply("directory.warned", values),))


def unwarned(known: Directory, cell: Cell) -> list[str]:
    """Who of the directory is to be warned, and was not."""
    return [entry.name for entry in known.to_warn() if entry.name not in cell.warned]


def _partner(scene: Scene, text: str) -> tuple[str, str | None]:
    """The entry that the text begins with, and the rest; where it is none, all of it before a colon or a comma."""
    words = text.split()
    for count in range(min(6, len(words)), 0, -1):
        found = scene.directory.find(" ".join(words[:count]).strip(" :,;"))
        # Who is to be warned is named in the register, whosever their number is.
        named = [e for e in found if not e.personal or e.kind in TO_WARN]
        if len(named) == 1:
            rest = " ".join(words[count:]).strip(" :,;—-")
            return named[0].name, rest or None
    name, _, how = text.partition(":")
    return name.strip()[:120], how.strip() or None


def partners(scene: Scene, call: Call) -> Outcome:
    """Who outside was warned, and who was not yet."""
    cell = scene.here
    rows = sorted(cell.warned.values(), key=lambda each: each.at)
    waiting = [entry for entry in scene.directory.to_warn() if entry.name not in cell.warned]
    today = scene.now.astimezone(ZoneInfo(scene.organisation.timezone)).date()
    values = {"warned": rows, "waiting": waiting, "stale": _stale(waiting, today)}
    return Outcome(effects=(Reply("directory.partners", values),))


def _stale(entries: list[Entry], today: date) -> frozenset[str]:
    return frozenset(entry.name for entry in entries if entry.stale(today))
