"""Ten incidents at once: each has a room, numbers and a log of its own, and nothing crosses from one to another."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

from bot.demo.players import Player
from bot.demo.screen import Message
from bot.demo.stage import Stage

from .conftest import Staged
from .crisis import Crisis, eventually, raise_alarm

TITLES = ("bloc", "labo", "pharmacie", "imagerie", "urgences", "admissions", "cuisine", "paie", "archives", "standard")
_IDS = re.compile(r"INC-\d{4}-\d{3}")


async def alarm(stage: Stage, who: Player, title: str) -> Crisis:
    """One more alarm, of which its author says that it is another crisis."""
    room = await who.joined(stage.alert_name)
    asked = await who.ask(room, f"!alerte panne {title} arrêté", r"déjà ouvert.*!oui")
    assert asked.kind == "m.notice"
    yes = await who.say(room, "!oui")
    opened = await who.reply(room, yes, r"Incident INC-\d{4}-\d{3} ouvert")
    found = _IDS.search(opened.text)
    assert found is not None
    name = f"Cellule {found[0].removeprefix('INC-')}"
    return Crisis(stage, found[0], name, room, yes, await who.joined(name))


async def test_ten_incidents_at_once_and_nothing_crosses(staged: Staged, tmp_path: Path) -> None:
    stage = await staged()
    karim, claire = await stage.player("karim"), await stage.player("claire")
    crises = [await raise_alarm(stage, karim, f"!alerte panne {TITLES[0]} arrêté")]
    for title in TITLES[1:]:
        crises.append(await alarm(stage, karim, title))
    assert len({crisis.room for crisis in crises}) == len({crisis.incident for crisis in crises}) == 10

    # Somebody who was called to all of them is told each time in which they are besides.
    direct = await claire.dm(stage.bot_id)

    async def told(crisis: Crisis) -> Message:
        return await claire.hears(direct, rf"Alerte {crisis.incident}", sender=stage.bot_id, seconds=60)

    second = (await told(crises[1])).text.replace("\N{NO-BREAK SPACE}", " ")
    assert f"Vous êtes aussi dans {crises[0].incident} (« bloc arrêté », salon « {crises[0].name} »)" in second
    last = await told(crises[9])
    assert "Vous êtes aussi dans d’autres crises (9)" in last.text
    assert _IDS.findall(last.text) == [crises[9].incident, *(crisis.incident for crisis in crises[:9])]

    # In a room a command is about its crisis; directly, of several, it asks which, or takes it.
    await asyncio.gather(
        *(karim.say(crisis.room, f"!note ici le {title}") for crisis, title in zip(crises, TITLES, strict=True))
    )
    which = await karim.ask(await karim.dm(stage.bot_id), "!prendre 1", "Vous êtes dans plusieurs incidents")
    assert set(_IDS.findall(which.text)) >= {crisis.incident for crisis in crises}
    await karim.say(await karim.dm(stage.bot_id), f"!prendre {crises[6].incident} T2")
    await karim.ticked(crises[3].room, await karim.say(crises[3].room, "!prendre 1"))
    await eventually(lambda: crises[6].actions("take", "T2") or None, what="the task that was named")
    for crisis, title in zip(crises, TITLES, strict=True):
        noted = await eventually(lambda crisis=crisis: crisis.actions("note") or None, what="the note")
        assert [each["text"] for each in noted] == [f"ici le {title}"]
        taken = [each["id"] for each in crisis.actions("take")]
        assert taken == {crises[3]: ["T1"], crises[6]: ["T2"]}.get(crisis, []), crisis.incident

    for crisis in crises:
        await crisis.settled()
        said = [message.text for message in karim.log(crisis.room) if message.sender == stage.bot_id]
        assert set(_IDS.findall("\n".join(said))) == {crisis.incident}, "no room speaks of another crisis"
        assert {entry.room_id for entry in crisis.entries()} <= {crisis.room, None}
        assert {entry.incident for entry in crisis.entries()} == {crisis.incident}
        assert crisis.verified(tmp_path / crisis.incident).intact
