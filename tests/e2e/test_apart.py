"""Rooms apart on a real homeserver: the tracks', in a space with the cell's, and a guest's, who leaves it at its end."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.demo.screen import Unseen
from bot.demo.stage import PEOPLE, Character

from .conftest import Staged
from .crisis import eventually, members_of, raise_alarm, state_of

SECRET = "le contrôleur de domaine parle à Minsk"
# On the homeserver, and not in the roster.
EXPERT = Character("expert", "Société Réponse")


async def test_tracks_have_rooms_of_their_own_and_words_cross_by_two_commands(staged: Staged, tmp_path: Path) -> None:
    stage = await staged(run=False)
    written = stage.config.read_text(encoding="utf-8")
    stage.config.write_text(written.replace("[matrix]\n", '[matrix]\nrooms = "tracks"\n'), encoding="utf-8")
    await stage.bot.start()
    karim, claire, nadia = [await stage.player(local) for local in ("karim", "claire", "nadia")]
    crisis = await raise_alarm(stage, karim)
    await nadia.joined(crisis.name)
    it = await karim.joined(f"{crisis.name} · Informatique")
    await karim.hears(it, r"^Salon de la filière informatique", sender=stage.bot_id)
    await karim.hears(it, r"^Informatique — .*T\d", sender=stage.bot_id)
    assert claire.user not in await members_of(stage, it, "join") | await members_of(stage, it, "invite")
    assert (await state_of(stage, it))["m.room.encryption", ""]

    await karim.say(it, SECRET)
    asked = await nadia.say(crisis.room, "!journal contrôleur")
    await nadia.reply(crisis.room, asked, r"Rien dans la main courante")
    await karim.say(it, "!remonter un serveur est touché")
    await nadia.hears(crisis.room, r"Filière informatique, Karim Benali.*un serveur est touché", sender=stage.bot_id)
    asked = await nadia.say(crisis.room, "!descendre it ne redémarrez rien")
    await karim.hears(it, r"De la cellule, Nadia Roche.*ne redémarrez rien", sender=stage.bot_id)

    space = await karim.joined(f"{crisis.name} · filières")
    made = (await state_of(stage, space))["m.room.create", ""]["content"]
    assert made["type"] == "m.space"

    async def children() -> bool:
        found = {key for kind, key in await state_of(stage, space) if kind == "m.space.child"}
        return {crisis.room, it} <= found and len(found) == 6

    await eventually(children, what="the rooms in the space")
    assert crisis.verified(tmp_path).intact


async def test_a_guest_reads_only_their_own_room_from_their_coming_to_their_end(staged: Staged, tmp_path: Path) -> None:
    stage = await staged(people=(*PEOPLE, EXPERT))
    _karim, claire, nadia, expert = [await stage.player(local) for local in ("karim", "claire", "nadia", "expert")]
    crisis = await raise_alarm(stage, claire)
    await nadia.joined(crisis.name)
    await claire.say(crisis.room, f"!inviter {expert.user} Société Réponse --jusqua demain 18h")
    code = (await nadia.hears(crisis.room, r"de l’extérieur.*!oui (\d{4})")).text.partition("!oui ")[2][:4]
    await nadia.say(crisis.room, f"!oui {code}")
    name = crisis.name.replace("Cellule", "Invités") + " A"
    room = await expert.joined(name)
    await claire.joined(name)
    await expert.hears(room, r"^Bienvenue, Société Réponse", sender=stage.bot_id)
    assert (await state_of(stage, room))["m.room.history_visibility", ""]["content"]["history_visibility"] == "joined"
    assert expert.user not in await members_of(stage, crisis.room, "join") | await members_of(
        stage, crisis.room, "invite"
    )
    asked = await expert.say(room, "!note entrés par le VPN")
    noted = await eventually(lambda: crisis.actions("note") or None, what="the guest's note")
    assert noted[0]["text"] == "entrés par le VPN"
    asked = await expert.say(room, "!statut")
    await expert.reply(room, asked, r"!note TEXTE")
    asked = await claire.say(crisis.room, "!congedier Société Réponse")
    await claire.reply(crisis.room, asked, r"l’accès est retiré")

    async def out() -> bool:
        return expert.user not in await members_of(stage, room, "join")

    await eventually(out, what="the guest's leaving")
    await claire.say(room, SECRET)
    with pytest.raises(Unseen):
        await expert.hears(room, SECRET, seconds=2)
    assert crisis.verified(tmp_path).intact
