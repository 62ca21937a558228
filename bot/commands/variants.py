"""The variants of a scenario that an organisation's own circumstances choose. Guarantee: they are chosen once, when the
incident is opened, and kept with it: a change of the configuration changes nothing of a crisis under way."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from bot.commands.scene import Scene
from bot.domain.effects import Effect, Tell
from bot.domain.incident import Incident
from bot.domain.playbook import Overlay, Playbook
from bot.domain.roles import Role
from bot.domain.variants import Circumstances, chosen


def fitted(scene: Scene, playbook: Playbook) -> Playbook:
    """The playbook as this incident keeps it. Where the roster names no DPO there is none, whatever is configured."""
    organisation = scene.organisation
    held = organisation.dpo != "internal" or any(Role.DPO in person.roles for person in scene.roster)
    known = Circumstances(
        kind=organisation.kind,
        local=scene.now.astimezone(ZoneInfo(organisation.timezone)),
        calendar=organisation.holidays,
        dpo=organisation.dpo if held else "none",
        parties=organisation.parties,
    )
    return playbook.fitted(organisation.flags, chosen(playbook.overlays, known))


def counting(incident: Incident) -> list[Overlay]:
    """Those of the incident's variants that count now: one that waits for a severity only once it is reached."""
    severity = incident.severity or 0
    return [each for each in incident.book.overlays if severity >= (each.applies.severity or 0)]


def said(incident: Incident) -> tuple[Effect, ...]:
    """What the cell is told of them when it is opened: one message, or none."""
    found = counting(incident)
    if not found:
        return ()
    key = f"variants:{incident.id}"
    return (Tell(incident.room_key, "incident.variants", {"variants": found}, incident.language, key, priority=1),)
