"""`!exporter`: the incident file, whole or as far as a profile lets it out, and the register of who received it."""

from __future__ import annotations

from bot.commands.call import Call
from bot.commands.scene import Scene
from bot.domain import profiles
from bot.domain.effects import Attach, Export, Reply
from bot.domain.language import fold
from bot.domain.outcome import Outcome, Refusal

REGISTER = frozenset({"registre", "register", "remis"})
_MOST = 1000
_SHOWN = 5
"""So many of the latest stand in the answer; a file has them all."""


def export(scene: Scene, call: Call) -> Outcome:
    """The incident file, sent to who asks, in their direct room, once the log has been anchored."""
    incident = scene.here.incident
    word = call.get("profile", str)
    if word is not None and fold(word) in REGISTER:
        return register(scene)
    profile = profiles.find(word) if word is not None else None
    if word is not None and profile is None:
        raise Refusal("refusals.no_profile", typed=word, profiles=profiles.PROFILES)
    values = {"incident": incident, "profile": profile}
    return Outcome(
        effects=(
            Export(incident.id, scene.sender, profile.name if profile else "", call.get("for", str)),
            Reply("log.exporting", values),
        )
    )


def register(scene: Scene) -> Outcome:
    """Who received the file: when, which profile, with which hash."""
    found = scene.records.search(scene.here.incident.id, kinds=("export",), limit=_MOST)
    handed = []
    for entry in found:
        after = (entry.content or {}).get("after")
        if isinstance(after, dict):
            to = after.get("to")
            handed.append(
                {
                    "seq": entry.seq,
                    "at": entry.logged_at,
                    "who": scene.name_of(to) if isinstance(to, str) else "–",
                    "profile": after.get("profile"),
                    "upto": after.get("upto"),
                    "sha256": after.get("sha256"),
                    "recipient": after.get("for"),
                }
            )
    if len(handed) <= _SHOWN:
        return Outcome(effects=(Reply("log.handed", {"handed": handed, "count": len(handed), "file": None}),))
    name = f"{scene.here.incident.id}-{'remis' if scene.language == 'fr' else 'handed'}.txt"
    shown = {"handed": handed[-_SHOWN:], "count": len(handed), "file": name}
    whole = {"handed": handed, "count": len(handed), "file": None}
    return Outcome(effects=(Reply("log.handed", shown), Attach("log.handed", whole, name)))
