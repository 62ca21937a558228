"""Deadlines on a real homeserver: a reminder rings on a phone in time, once, whatever dies in between."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from pathlib import Path

from .conftest import Staged
from .crisis import eventually, raise_alarm


async def test_a_reminder_rings_is_taken_and_outlives_a_kill(staged: Staged, tmp_path: Path) -> None:
    stage = await staged()
    claire, karim, sophie, paul = [await stage.player(local) for local in ("claire", "karim", "sophie", "paul")]
    crisis = await raise_alarm(stage, claire)
    room, bot = crisis.room, stage.bot_id
    for player in (karim, sophie, paul):
        await player.joined(crisis.name)

    board = await sophie.hears(room, r"^Échéances", sender=bot)
    for rule in ("cnil (loi)", "plainte (loi)", "certsante (loi)", "assureur (loi)", "hypothèse prudente"):
        assert rule in board.text
    direct = await sophie.dm(bot)
    called = await sophie.hears(direct, crisis.incident, sender=bot)
    assert "plainte (loi)" in called.text
    assert "cnil" not in called.text

    # The time of the breach, said aloud by the data-protection officer and typed by another.
    await karim.say(room, f"!connu @{stage.user_id('paul')[1:].partition(':')[0]} violation 00h01")
    asked = await paul.hears(room, r"note pour vous", sender=bot)
    assert asked.rings == (paul.user,)
    code = re.search(r"!oui (\d{4})", asked.text)
    assert code is not None, asked.text
    await paul.say(room, f"!oui {code[1]}")
    await karim.hears(room, r"Repère violation.*dit par Paul Girard", sender=bot)

    # A clock of twenty seconds: the bot is killed while it runs, and rings all the same.
    await karim.reply(room, await karim.say(room, "!echeance Rappeler l’hébergeur --dans 20s"), r"E1.{0,3}Rappeler")
    await stage.bot.kill()
    await stage.bot.start()
    heard = await karim.hears(room, r"⏰ .*E1", sender=bot, seconds=40)
    assert heard.rings == (karim.user,)
    assert heard.kind == "m.text"
    await claire.hears(room, r"⏰ .*E1", sender=bot)
    await sophie.react(room, heard.event_id, "🙋")
    await karim.hears(room, r"🙋 Sophie Laurent se charge d’E1", sender=bot)

    filed = await sophie.say(room, "!depose plainte --tel commissariat de Val-Fleuri")
    await sophie.reply(room, filed, r"accusé est attendu")
    await sophie.reply(room, await sophie.say(room, "!accuse plainte PV 2026/118"), r"échéance est close")
    await eventually(lambda: crisis.actions("receipt"), what="the receipt")

    await crisis.settled()
    assert crisis.verified(tmp_path).intact
    rung = [(c["after"]["step"], c["after"]["person"]) for c in crisis.actions("ring", "E1")]
    assert len(rung) == len(set(rung)), "each step rang once"
    with zipfile.ZipFile(tmp_path / f"{crisis.incident}.zip") as packed:
        text = packed.read(f"{crisis.incident}/deadlines.csv").decode("utf-8-sig")
        moments = packed.read(f"{crisis.incident}/moments.csv").decode("utf-8-sig")
    rows = {row["alias"]: row for row in csv.DictReader(io.StringIO(text), delimiter=";")}
    assert rows["plainte"]["status"] == "closed"
    assert rows["plainte"]["reference"] == "PV 2026/118"
    assert rows["cnil"]["official_due"]
    assert rows["E1"]["owner"].lstrip("'") == sophie.user
    assert "breach" in moments
