"""A leak, on a real homeserver: questions answered by button and by word, the severity assessed, the next task taken."""

from __future__ import annotations

from pathlib import Path

from .conftest import Staged
from .crisis import eventually, raise_alarm


async def test_questions_severity_and_the_next_task_go_by_buttons_and_words(staged: Staged, tmp_path: Path) -> None:
    stage = await staged()
    claire, karim = await stage.player("claire"), await stage.player("karim")
    crisis = await raise_alarm(stage, claire, "!incident fuite Dossiers en vente --gravite 4 --constat 8h10")
    await karim.joined(crisis.name)
    await karim.hears(crisis.room, r"^Informatique — .*T\d", sender=stage.bot_id)

    await claire.say(crisis.room, "!gravite")
    first = await claire.hears(crisis.room, "question 1", sender=stage.bot_id)
    await claire.react(crisis.room, first.event_id, "❌")
    await claire.hears(crisis.room, "question 2", sender=stage.bot_id)
    await claire.say(crisis.room, "!oui")
    proposal = await claire.hears(crisis.room, "proposée", sender=stage.bot_id)
    await claire.react(crisis.room, proposal.event_id, "✅")
    assert await claire.hears(crisis.room, "3 sur 4", sender=stage.bot_id)
    await eventually(lambda: crisis.actions("severity") or None, what="the severity in the log")

    await claire.say(crisis.room, "!qualifier 1")
    question = await karim.hears(crisis.room, "acte malveillant", sender=stage.bot_id)
    await karim.react(crisis.room, question.event_id, "🤷")
    answer = (await eventually(lambda: crisis.actions("answer") or None, what="the answer in the log"))[0]
    assert (answer["id"], answer["after"]["answer"], answer["after"]["by"]) == ("malicious", "unknown", karim.user)

    asked = await karim.say(crisis.room, "!suite")
    following = await karim.reply(crisis.room, asked, "Pourquoi")
    await karim.react(crisis.room, following.event_id, "✋")
    taken = (await eventually(lambda: crisis.actions("take") or None, what="the task taken"))[0]
    assert taken["after"]["owner"] == karim.user

    await crisis.settled()
    assert crisis.verified(tmp_path).intact
