"""Few people: an alarm that may be nothing, which wakes three, and a practice in which there is one person alone."""

from __future__ import annotations

import json
import zipfile
from datetime import timedelta
from pathlib import Path

from bot.demo.stage import PEOPLE, Character

from .conftest import Staged
from .crisis import members_of, raise_alarm
from .day import Day

NIGHT = Character("marc", "Marc Duval", ("duty_manager",))
ALONE = Character("helene", "Dr Hélène Petit", ("director", "data_lead"))


async def test_a_false_alarm_wakes_three_people_only(staged: Staged, tmp_path: Path) -> None:
    stage = await staged(people=(*PEOPLE, NIGHT))
    marc, karim, claire, sophie = [await stage.player(local) for local in ("marc", "karim", "claire", "sophie")]
    quiet = await sophie.dm(stage.bot_id)
    crisis = await raise_alarm(stage, marc, "!alerte rançon un écran noir aux admissions")
    answer = await marc.reply(crisis.alert, crisis.alarm)
    assert "Appelés (3), doute" in answer.text.replace("\N{NO-BREAK SPACE}", " ")
    for each in (karim, claire):
        await each.joined(crisis.name)
        assert (await each.hears(await each.dm(stage.bot_id), rf"Alerte {crisis.incident}")).rings == (each.user,)
    called = await members_of(stage, crisis.room, "join") | await members_of(stage, crisis.room, "invite")
    assert called == {stage.bot_id, marc.user, karim.user, claire.user}

    await claire.say(crisis.room, "!cloture fausse alerte, une prise débranchée")
    asked = await karim.hears(crisis.room, r"!oui \d{4}", sender=stage.bot_id)
    await karim.say(crisis.room, asked.text[asked.text.index("!oui ") :][:9])
    await marc.hears(crisis.room, rf"Crise {crisis.incident} levée", sender=stage.bot_id)
    await crisis.settled()
    assert not [m for m in sophie.log(quiet) if crisis.incident in m.text or (m.rings and "Alerte" in m.text)]
    assert crisis.verified(tmp_path).intact


async def test_a_practice_of_one_decides_twice_and_its_file_says_so(staged: Staged, tmp_path: Path) -> None:
    stage = await staged(people=(ALONE,), kind="medical_practice", run=False)
    day = Day(stage)
    await day.begin()
    helene = await stage.player("helene")
    crisis = await raise_alarm(stage, helene, "!alerte cabinet plus d’agenda ni de dossiers depuis 7h50")
    await helene.ask(crisis.room, "!moi", r"\bT1\b")
    await helene.say(crisis.room, "!cloture tout remarche")
    asked = await helene.hears(crisis.room, r"il faut le dire deux fois.*!oui \d{4}", sender=stage.bot_id)
    await helene.say(crisis.room, asked.text[asked.text.index("!oui ") :][:9])
    await helene.hears(crisis.room, r"rien n’est encore fait.*second code", sender=stage.bot_id)
    assert not crisis.actions("close")
    await day.goes_on(timedelta(minutes=11))
    again = await helene.hears(crisis.room, r"Seconde confirmation", sender=stage.bot_id)
    await helene.say(crisis.room, again.text[again.text.index("!oui ") :][:9])
    await helene.hears(crisis.room, rf"Crise {crisis.incident} levée", sender=stage.bot_id)
    await crisis.settled()
    assert crisis.verified(tmp_path).intact
    with zipfile.ZipFile(tmp_path / f"{crisis.incident}.zip") as packed:
        lines = packed.read(f"{crisis.incident}/journal.jsonl").decode().splitlines()
    closed = [entry["content"] for entry in map(json.loads, lines) if (entry["content"] or {}).get("action") == "close"]
    assert len(closed) == 1
    assert "alone" in json.dumps(closed)
