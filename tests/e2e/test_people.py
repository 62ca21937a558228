"""Who is who, on a real homeserver: a stranger with the director's slip, an account in other hands, who does not answer."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
from pathlib import Path

from bot.demo.players import Player
from bot.demo.screen import Unseen

from .conftest import Staged
from .crisis import Crisis, eventually, members_of, raise_alarm

ALARM = "!incident rancongiciel Urgences bloquées --gravite 4"
SOON = '[mobilisation]\nanswer_within = "6s"\nvital_within = "3s"\n'


async def code_of(player: Player, room: str, words: str) -> str:
    asked = await player.hears(room, words)
    found = re.search(r"!oui (\d{4})", asked.text)
    assert found is not None
    return found[1]


async def test_whoever_found_the_director_s_slip_may_only_read_until_somebody_has_seen_them(staged: Staged) -> None:
    stage = await staged(vouching=True)
    karim, claire = [await stage.player(local) for local in ("karim", "claire")]
    crisis = await raise_alarm(stage, karim, ALARM)
    await claire.joined(crisis.name)
    await claire.hears(crisis.room, r"Pas encore reconnus.*!reconnu @claire")
    for text in ("!cloture tout va bien", "!role @nadia directeur", f"!compromis {karim.user}", "!exporter"):
        asked = await claire.say(crisis.room, text)
        await claire.reply(crisis.room, asked, r"pas encore reconnu")
    asked = await claire.say(crisis.room, "!note je suis en route")
    await eventually(lambda: crisis.actions("note") or None, what="the note of who is not vouched for")
    asked = await karim.say(crisis.room, f"!reconnu {claire.user}")
    await karim.reply(crisis.room, asked, r"Karim Benali reconnaît Claire Morel")
    asked = await claire.say(crisis.room, "!exporter")
    await claire.reply(crisis.room, asked, r"Je prépare le dossier")
    assert crisis.actions("vouch")[0]["after"]["by"] == karim.user


async def test_an_account_in_other_hands_is_out_of_the_rooms_and_reads_nothing_more(staged: Staged) -> None:
    stage = await staged()
    karim, claire, sophie = [await stage.player(local) for local in ("karim", "claire", "sophie")]
    crisis = await raise_alarm(stage, karim, ALARM)
    for each in (claire, sophie):
        await each.joined(crisis.name)
    await karim.say(crisis.room, f"!compromis {sophie.user}")
    code = await code_of(claire, crisis.room, r"n’est plus entre ses mains")
    await claire.say(crisis.room, f"!oui {code}")
    await karim.hears(crisis.room, r"Sophie Laurent est suspendu par Karim Benali, confirmé par Claire Morel")

    async def out() -> bool:
        return sophie.user not in await members_of(stage, crisis.room, "join")

    for _ in range(100):
        if await out():
            break
        await asyncio.sleep(0.2)
    assert await out()
    secret = "le nouveau mot de passe est dans le coffre"
    await karim.say(crisis.room, secret)
    await claire.hears(crisis.room, secret)
    direct = await sophie.dm(stage.bot_id)
    await sophie.say(direct, "!statut")
    asked = await karim.say(crisis.room, "!equipe")
    await karim.reply(crisis.room, asked, r"Présents")
    try:
        await sophie.hears(direct, r"Gravité|En cours", sender=stage.bot_id, seconds=3)
    except Unseen:
        pass
    else:
        raise AssertionError("a suspended account was answered")
    assert crisis.actions("suspend")[0]["id"] == sophie.user


async def test_of_a_suspicion_within_the_one_who_is_suspected_hears_nothing_whatever_their_role(
    staged: Staged, tmp_path: Path
) -> None:
    """The head of security is the suspect: they hold a role that every alarm calls, and read the alert room."""
    stage = await staged()
    karim, claire, sophie = [await stage.player(local) for local in ("karim", "claire", "sophie")]
    alert = await claire.joined(stage.alert_name)
    direct = {player: await player.dm(stage.bot_id) for player in (karim, claire)}
    asked = await claire.say(direct[claire], f"!alerte interne Dossiers consultés --sans {karim.user}")
    opened = await claire.reply(direct[claire], asked, r"n’appelle personne de moi-même")
    found = re.search(r"INC-(\d{4}-\d{3})", opened.text)
    assert found is not None
    name = f"Cellule {found[1]}"
    crisis = Crisis(stage, found[0], name, direct[claire], asked, await claire.joined(name))
    await claire.ask(crisis.room, f"!role {sophie.user} coordinateur", r"Sophie Laurent est maintenant coord")
    await sophie.joined(name)

    # What they can type shows no more of it than of a crisis that never was.
    real = await karim.ask(direct[karim], f"!statut {crisis.incident}", "pas été appelé")
    none = await karim.ask(direct[karim], "!statut INC-2026-999", "pas été appelé")
    assert real.text.replace(crisis.incident, "INC-2026-999") == none.text
    await karim.ask(direct[karim], f"!rejoindre {crisis.incident}", "pas été appelé")
    await claire.say(crisis.room, f"!role {karim.user} biomed")
    await claire.hears(crisis.room, r"que l’ouverture a laissé de côté", sender=stage.bot_id)
    await crisis.settled()
    assert await members_of(stage, crisis.room, "join") == {stage.bot_id, claire.user, sophie.user}
    assert not await members_of(stage, crisis.room, "invite")
    said = [m.text for room in (alert, direct[karim]) for m in karim.log(room) if m.sender == stage.bot_id]
    told = [text for text in said if "Dossiers" in text or name in text]
    assert not told
    assert crisis.verified(tmp_path).intact


async def test_who_does_not_answer_is_followed_and_the_files_are_read_anew_on_sighup(staged: Staged) -> None:
    stage = await staged(more=SOON, run=False)
    path = stage.folder / "roster.yaml"
    held = json.loads(path.read_text(encoding="utf-8"))
    people = {person["name"]: person for person in held["people"]}
    people["Sophie Laurent"]["deputy"] = people["Paul Girard"]["matrix_id"]
    people["Sophie Laurent"]["phone"] = "+33 6 00 00 00 09"
    without = [person for person in held["people"] if person["name"] != "Paul Girard"]
    path.write_text(json.dumps({"people": held["people"]}, ensure_ascii=False), encoding="utf-8")
    await stage.bot.start()
    karim, claire, nadia = [await stage.player(local) for local in ("karim", "claire", "nadia")]
    crisis: Crisis = await raise_alarm(stage, karim, ALARM)
    for each in (claire, nadia):
        await each.joined(crisis.name)
    await karim.hears(
        crisis.room, r"Sophie Laurent \(juriste\) ne répond pas|Ne répondent pas .*Sophie Laurent \(juriste\)"
    )
    assert "+33" not in str([entry.content for entry in crisis.entries()])
    del people["Sophie Laurent"]["deputy"]
    path.write_text(json.dumps({"people": without}, ensure_ascii=False), encoding="utf-8")
    assert stage.bot.pid is not None
    os.kill(stage.bot.pid, signal.SIGHUP)
    gone = await eventually(lambda: crisis.actions("reloaded") or None, what="the entry of the files read anew")
    assert gone[0]["removed"] == [people["Paul Girard"]["matrix_id"]]
