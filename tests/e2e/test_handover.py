"""A hand-over at hour eleven, on a real homeserver: asked, refused, lapsed, and at last taken, with all that it moves."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

from bot.demo.players import Player
from bot.demo.seen import Message
from bot.demo.stage import Character

from .conftest import Staged
from .crisis import Crisis, raise_alarm
from .day import Day

PEOPLE = (
    Character("claire", "Claire Morel", ("director", "coordinator")),
    Character("lea", "Léa Fabre", ("care_director",)),
    Character("karim", "Karim Benali", ("ciso", "cio")),
    Character("nadia", "Nadia Roche", ("communication", "scribe")),
)


def code_of(asked: Message) -> str:
    found = re.search(r"!oui (\d{4})", asked.text)
    assert found is not None, asked.text
    return found[1]


def one_line(message: Message) -> str:
    return re.sub(r"\s+", " ", message.text)


async def pack(holder: Player, other: Player, crisis: Crisis) -> Message:
    """One hands over to the other, who is shown what there is to know."""
    before = {message.event_id for message in other.log(crisis.room)}
    await holder.say(crisis.room, f"!passation {other.user}")
    return await other.wait(
        lambda m: m.room == crisis.room and m.event_id not in before and "vous passe la main" in m.text,
        what="what is handed over",
    )


async def test_a_hand_over_at_hour_eleven_moves_everything_on_the_others_yes_and_nothing_before(
    staged: Staged, tmp_path: Path
) -> None:
    stage = await staged(people=PEOPLE, run=False)
    day = Day(stage)
    await day.begin()
    claire, lea, karim = [await stage.player(local) for local in ("claire", "lea", "karim")]
    crisis = await raise_alarm(stage, claire)
    room, bot = crisis.room, stage.bot_id
    for each in (lea, karim):
        await each.joined(crisis.name)
    tasks = await claire.hears(room, r"^Direction — .*T\d", sender=bot)
    first, second, third = re.findall(r"\bT(\d+)\b", tasks.text)[:3]
    await claire.ask(room, f"!prendre {first}, {second}, {third}", r"Claire Morel prend")
    await claire.say(room, f"!bloque {second} le notaire ne répond pas")
    await claire.hears(room, rf"T{second} bloquée", sender=bot)
    await claire.ask(room, "!prendre plainte", r"se charge de plainte")
    await karim.ask(room, "!info le PACS est arrêté", r"F1")
    await claire.ask(room, "!decision couper internet, car le chiffrement avance", r"D1")
    await karim.ask(room, "!rediger interne", r"C1 v1")

    # Eight hours are a shift: the coordinator hears of it before, and when they are over.
    direct = await claire.dm(bot)
    for hours in (6, 2, 3):
        await day.goes_on(timedelta(hours=hours))
    await claire.hears(direct, r"⏰.*quart", sender=bot)

    # No is no, and nothing moves.
    asked = await pack(claire, lea, crisis)
    assert asked.rings == (lea.user,)
    for said in (
        "Rien ne bouge avant votre oui",
        f"bloquées : T{second} (le notaire ne répond pas)",
        "⏱️ ",
        "Textes en attente : C1",
        "À vérifier : F1 le PACS est arrêté",
        "Décidé : D1 couper internet",
        "Là : Claire Morel, Léa Fabre et Karim Benali · attendus : Nadia Roche",
    ):
        assert said in one_line(asked)
    await karim.ask(room, f"!oui {code_of(asked)}", r"Ce n’est pas à vous.*Léa Fabre")
    await lea.say(room, f"!non {code_of(asked)}")
    await claire.hears(room, r"Léa Fabre refuse.*rien n’a changé", sender=bot)
    await claire.say(room, "!gravite 3")
    await karim.hears(room, r"3 sur 4.*fixée par Claire Morel", sender=bot)

    # Nobody answers: it lapses, and who asked is told.
    asked = await pack(claire, lea, crisis)
    await day.goes_on(timedelta(minutes=11))
    await claire.hears(room, r"personne n’a répondu à temps.*rien n’a changé", sender=bot)
    await lea.ask(room, f"!oui {code_of(asked)}", r"Rien n’attend ce code")

    # Yes: roles, tasks and deadlines move together, and what they could do moves with them.
    asked = await pack(claire, lea, crisis)
    await lea.say(room, f"!oui {code_of(asked)}")
    done = one_line(await karim.hears(room, r"Léa Fabre prend la suite de Claire Morel", sender=bot))
    for moved in (f"T{first}", f"T{second}", f"T{third}", "Échéances : plainte", "Prochaine relève"):
        assert moved in done
    await claire.ask(room, "!gravite 4", r"Seul|pas à vous|réservé")
    await lea.say(room, "!gravite 4")
    await karim.hears(room, r"4 sur 4.*fixée par Léa Fabre", sender=bot)
    await lea.ask(await lea.dm(bot), "!moi", rf"T{first}\b")

    await crisis.settled()
    given = [c["after"] for c in crisis.actions("done") if (c.get("after") or {}).get("to") == lea.user]
    assert len(given) == 1
    assert crisis.verified(tmp_path).intact
