"""A text for the staff on a real homeserver: the bot comes in when it is invited, and the approved words stand there once,
whatever dies in between."""

from __future__ import annotations

import re
from typing import Any

from bot.demo.players import Player

from .conftest import Staged
from .crisis import raise_alarm

TEXT = "Incident informatique. N’allumez pas votre poste. Prochain message à 18 h."


async def staff_room(owner: Player, alias: str, *people: str) -> str:
    """An encrypted room of the house's own; the bot is not asked in."""
    sealed: dict[str, Any] = {
        "type": "m.room.encryption",
        "state_key": "",
        "content": {"algorithm": "m.megolm.v1.aes-sha2"},
    }
    local = alias[1:].partition(":")[0]
    made = await owner._nio.room_create(name="Personnel", alias=local, invite=list(people), initial_state=[sealed])
    return str(owner._ok(made).room_id)


async def test_the_staff_room_gets_the_approved_words_once(staged: Staged, fresh: Any) -> None:
    local = fresh("personnel")
    stage = await staged(run=False)
    alias = f"#{local}:{stage.server.server_name}"
    config = stage.config.read_text(encoding="utf-8")
    stage.config.write_text(config.replace("[matrix]\n", f'[matrix]\nstaff_room = "{alias}"\n'), encoding="utf-8")
    claire, sophie, paul, nadia = [await stage.player(local) for local in ("claire", "sophie", "paul", "nadia")]
    room = await staff_room(paul, alias, sophie.user, claire.user, stage.bot_id)
    await sophie.joined("Personnel")
    await stage.bot.start()
    crisis = await raise_alarm(stage, claire)
    for player in (paul, nadia):
        await player.joined(crisis.name)
    await claire.until(lambda: stage.bot_id in claire.members(room), what="the bot in the staff room")

    await paul.say(crisis.room, "!rediger suivi")
    await paul.say(crisis.room, f"!modifier 1 {TEXT}")
    await nadia.hears(crisis.room, r"^C1 v2", sender=stage.bot_id)
    await nadia.reply(crisis.room, await nadia.say(crisis.room, "!approuver 1"), "approuvé par Nadia")
    await claire.reply(crisis.room, await claire.say(crisis.room, "!approuver 1"), "approuvé par tous")
    asked = await claire.say(crisis.room, "!diffuser 1 salon du personnel")
    question = (await claire.reply(crisis.room, asked, "!oui")).text
    assert "lu par 3 personnes" in question
    code = re.search(r"!oui (\d{4})", question)
    assert code is not None
    await claire.say(crisis.room, f"!oui {code[1]}")
    await sophie.hears(room, rf"^{re.escape(TEXT)}$", sender=stage.bot_id)
    await stage.bot.kill()
    await stage.bot.start()
    await claire.hears(crisis.room, "C1 est dans le salon du personnel", sender=stage.bot_id)
    heard = [each for each in sophie.log(room) if each.text == TEXT]
    assert len(heard) == 1
    await crisis.settled()
    assert [said["after"]["state"] for said in crisis.actions("sent", "C1")] == ["sent"]
    assert not [entry for entry in crisis.entries() if entry.room_id == room], "what is said there is in no log"
