"""What the cell establishes, on a real homeserver: facts, decisions, the roll-call, evidence, and the file that proves it."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from bot.export.folder import export

from .conftest import Staged
from .crisis import database, passphrase, raise_alarm

PHOTO = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40
PROGRAM = b"MZ\x90\x00" + bytes(2000)


async def test_what_the_cell_establishes_leaves_with_the_incident_file(staged: Staged, tmp_path: Path) -> None:
    stage = await staged()
    claire, karim, nadia = [await stage.player(local) for local in ("claire", "karim", "nadia")]
    crisis = await raise_alarm(stage, claire)
    room = crisis.room
    for player in (karim, nadia):
        await player.joined(crisis.name)

    await karim.ask(room, "!info le PACS ne répond plus", "F1")
    await karim.ask(room, "!vrai 1", "pas à vous")
    await claire.ask(room, "!vrai 1 constaté en radiologie", "vérifié")

    await nadia.say(room, f"!decision {stage.user_id('claire')} couper internet, car le chiffrement avance")
    asked = await claire.hears(room, r"Décision D1", sender=stage.bot_id)
    assert asked.rings == (claire.user,)
    code = re.search(r"!oui (\d{4})", asked.text)
    assert code is not None
    await claire.ask(room, f"!oui {code[1]}", "D1 confirmée")

    await claire.say(room, "!presents")
    call = await karim.hears(room, "Appel n°", sender=stage.bot_id)
    assert karim.user in call.rings
    await karim.react(room, call.event_id, "✅")
    answered = r"(?s)Présents\W+2 sur"
    await claire.hears(room, answered, sender=stage.bot_id)

    photo = await karim.attach(room, "ecran.png", PHOTO, "image/png")
    await karim.ask(room, "!preuve écran de rançon, poste 12", "P1", reply_to=photo)
    told = await claire.hears(room, hashlib.sha256(PHOTO).hexdigest(), sender=stage.bot_id)
    kept = re.search(r"files/\d{4}-ecran\.png", told.text)
    assert kept is not None, told.text
    await karim.attach(room, "facture.exe", PROGRAM, "application/octet-stream", "!preuve pièce jointe du courriel")
    await claire.hears(room, hashlib.sha256(PROGRAM).hexdigest(), sender=stage.bot_id)

    await crisis.settled()
    assert crisis.verified(tmp_path / "verified").intact
    folder = export(database(stage), crisis.incident, tmp_path / "out", passphrase(stage))
    assert [f"files/{path.name}" for path in (folder / "files").iterdir()] == [kept[0]]
    assert (folder / kept[0]).read_bytes() == PHOTO
    assert "F1;le PACS ne répond plus;verified;constaté en radiologie;" in (folder / "facts.csv").read_text("utf-8-sig")
    decisions = (folder / "decisions.csv").read_text("utf-8-sig")
    assert f"D1;couper internet;le chiffrement avance;;'{claire.user};'{nadia.user};" in decisions
