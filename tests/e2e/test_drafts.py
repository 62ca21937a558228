"""A communication on a real homeserver: the vote is about the text that each phone shows, whatever dies in between."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from .conftest import Staged
from .crisis import raise_alarm

FIRST = "Le CH fait face à un incident. Les vérifications continuent."
SECOND = "Le CH fait face à un incident. Les soins continuent."


def heading(number: int, text: str) -> str:
    return f"C1 v{number} · {hashlib.sha256(text.encode()).hexdigest()[:8]}"


async def test_a_text_is_written_voted_on_and_released(staged: Staged, tmp_path: Path) -> None:
    stage = await staged()
    claire, sophie, paul, nadia = [await stage.player(local) for local in ("claire", "sophie", "paul", "nadia")]
    crisis = await raise_alarm(stage, claire)
    room, bot = crisis.room, stage.bot_id
    for player in (sophie, paul, nadia):
        await player.joined(crisis.name)

    drafted = await paul.say(room, "!rediger attente")
    assert "À compléter" in (await paul.reply(room, drafted)).text
    shown = await paul.hears(room, r"^C1 v1 · ", sender=bot)
    await paul.hears(room, r"C1, 1 sur 4", sender=bot)
    thread = {"rel_type": "m.thread", "event_id": shown.event_id, "is_falling_back": True}
    relation = {"m.relates_to": {**thread, "m.in_reply_to": {"event_id": shown.event_id}}}
    await paul.send(room, {"msgtype": "m.text", "body": "tout est maintenu", "m.mentions": {}, **relation})
    await paul.hears(room, r"tout est maintenu[\s\S]*C1, 2 sur 4", sender=bot)
    await paul.say(room, f"!modifier 1 {FIRST}")
    first = await sophie.hears(room, f"^{heading(2, FIRST)}", sender=bot)
    assert first.text.splitlines()[2] == FIRST
    await sophie.react(room, first.event_id, "✅")
    await claire.hears(room, r"approuvé par", sender=bot)

    await stage.bot.kill()
    await paul.say(room, f"!modifier 1 {SECOND}")
    late = await sophie.say(room, "!approuver 1")
    await stage.bot.start()
    refused = await sophie.reply(room, late)
    assert "version 2" in refused.text, "it was typed before the new version was there to be read"

    second = await sophie.hears(room, f"^{heading(3, SECOND)}", sender=bot)
    await nadia.react(room, first.event_id, "✅")
    await sophie.hears(room, "elle est remplacée", sender=bot)
    await sophie.reply(room, await sophie.say(room, "!approuver 1"), "approuvé par Sophie")
    early = await claire.say(room, "!diffuser 1 site de secours")
    assert "n’est pas encore approuvé" in (await claire.reply(room, early)).text
    await nadia.react(room, second.event_id, "✅")
    await claire.hears(room, "approuvé par Nadia", sender=bot)
    await claire.react(room, second.event_id, "✅")
    await claire.hears(room, "tapez `!approuver 1`", sender=bot)
    await claire.reply(room, await claire.say(room, "!approuver 1"), "approuvé par tous")

    passed = await nadia.say(room, "!diffuser 1 site de secours")
    assert "à qui rien n’a encore été dit" in (await nadia.reply(room, passed)).text
    await nadia.reply(room, await nadia.say(room, "!ecarter C1 la presse publie à 15 h"), "laisse passer")
    asked = await nadia.say(room, "!diffuser 1 site de secours")
    code = re.search(r"!oui (\d{4})", (await nadia.reply(room, asked, "!oui")).text)
    assert code is not None
    await nadia.say(room, f"!oui {code[1]}")
    await claire.hears(room, rf"^{re.escape(SECOND)}$", sender=bot)
    await crisis.settled()
    assert [said["after"]["version"] for said in crisis.actions("publish", "C1")] == [3]
    folder = tmp_path / "out"
    assert crisis.verified(folder).intact
    exported = folder / crisis.incident / "drafts" / "C1-v3.md"
    assert exported.read_text(encoding="utf-8") == SECOND
