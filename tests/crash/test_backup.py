"""A copy is made while the bot works; the machine is lost; the copy comes back: nothing that the homeserver still has is
lost or doubled, and the restored device's keys encrypt nothing any more."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

from bot.demo.players import Player
from bot.demo.stage import Stage

from ..e2e.conftest import Staged
from ..e2e.crisis import Crisis, events_of, marks, raise_alarm


def session_of(stage: Stage) -> dict[str, Any]:
    return dict(json.loads((stage.folder / "data" / "crypto" / "session.json").read_text()))


async def devices_of(stage: Stage) -> set[str]:
    answer = await stage.server.admin("GET", f"/_synapse/admin/v2/users/{stage.bot_id}/devices")
    return {device["device_id"] for device in answer["devices"]}


async def chatter(who: Player, crisis: Crisis, until: asyncio.Task[Any]) -> None:
    # Fewer than a hundred: then a new Megolm session would begin, and its key would go to the machine that is lost.
    for n in range(20):
        await who.say(crisis.room, f"pendant la copie {n}")
        if until.done():
            break
        await asyncio.sleep(0.2)


async def note(who: Player, crisis: Crisis, text: str) -> str:
    event = await who.say(crisis.room, f"!note {text}")
    await who.ticked(crisis.room, event)
    return event


async def same_session(stage: Stage, who: Player, room: str) -> None:
    """Say something until two messages in a row, seconds apart, are of one Megolm session: whose devices are new is
    known by then."""
    before = None
    while True:
        said = await who.say(room, "un instant")
        found = {event["event_id"]: event["content"].get("session_id") for event in await events_of(stage, room)}
        if found[said] == before:
            return
        before = found[said]
        await asyncio.sleep(3)


def answers(who: Player, crisis: Crisis, event: str) -> int:
    message = who.message(crisis.room, event)
    assert message is not None
    ticks = sum(sender == crisis.stage.bot_id for sender, _ in message.reactions)
    return ticks + sum(m.reply_to == event and m.sender == crisis.stage.bot_id for m in who.log(crisis.room))


async def test_a_lost_machine_comes_back_from_its_copy(staged: Staged, tmp_path: Path) -> None:
    stage: Stage = await staged()
    claire, karim = await stage.player("claire"), await stage.player("karim")
    crisis = await raise_alarm(stage, claire)
    await karim.joined(crisis.name)
    await crisis.settled()
    commands = [await note(claire, crisis, "avant la copie")]

    copy = tmp_path / "copy"
    async with asyncio.TaskGroup() as both:  # while people talk
        making = both.create_task(stage.tocsin("backup", str(copy)))
        both.create_task(chatter(claire, crisis, making))
    made = making.result()
    assert made.code == 0, made.err
    assert {path.stat().st_mode & 0o777 for path in copy.rglob("*") if path.is_file()} == {0o600}
    again = await stage.tocsin("backup", str(copy))
    assert (again.code, "existe déjà" in again.err) == (2, True)
    live = await stage.tocsin("restore", str(copy))
    assert (live.code, "tient" in live.err) == (3, True), live.err

    commands.append(await note(claire, crisis, "après la copie"))
    fact = await claire.say(crisis.room, "!info un fait après la copie")
    await claire.reply(crisis.room, fact)
    commands.append(fact)
    await crisis.settled()
    before = session_of(stage)["device_id"]
    await stage.bot.kill()
    # While nobody reads: the first words of somebody whose key the bot has not had yet wait for the old device.
    words = [await karim.say(crisis.room, f"personne ne lit {n}") for n in range(3)]
    commands.append(await karim.say(crisis.room, "!note pendant l’absence"))

    newer = await stage.tocsin("restore", str(copy))
    assert (newer.code, "plus récente" in newer.err) == (2, True), newer.err
    shutil.rmtree(stage.folder / "data")  # the machine is lost
    back = await stage.tocsin("restore", str(copy))
    assert back.code == 0, back.err
    assert "nouvel appareil" in back.out

    await stage.bot.start()
    for event in commands:
        await claire.until(lambda event=event: answers(claire, crisis, event), what="an answer")  # type: ignore[misc]
    last = await note(claire, crisis, "après le retour")
    events = await crisis.settled(seconds=60)

    logged = Counter(entry.event_id for entry in crisis.entries() if entry.event_id is not None)
    assert logged == Counter(event["event_id"] for event in events), "each once"
    assert [mark for mark, count in marks(events).items() if count > 1] == [], "nothing was said twice"
    assert {event: answers(claire, crisis, event) for event in [*commands, last]} == dict.fromkeys([*commands, last], 1)
    notes = [entry for entry in crisis.entries() if entry.kind == "note"]
    assert len(notes) == 4
    assert len([entry for entry in crisis.entries() if entry.kind == "fact"]) == 1
    read = {entry.event_id: entry.kind for entry in crisis.entries()}
    assert [read[event] for event in (*words, *commands)] == ["message"] * (len(words) + len(commands))
    actions = [(entry.content or {}).get("action") for entry in crisis.entries() if entry.kind == "system"]
    assert "restored" in actions
    await claire.hears(crisis.room, "rétabli d’une copie", sender=stage.bot_id)
    await karim.until(lambda: not karim.unreadable(crisis.room), what="all that the new device said")
    assert crisis.verified(tmp_path / "out").intact

    now = session_of(stage)
    assert now["device_id"] != before
    assert "retired" not in now
    devices = await devices_of(stage)
    assert now["device_id"] in devices
    assert before not in devices, "the old device is logged out"
    assert not list((stage.folder / "data" / "crypto").glob(f"*{before}*"))


async def test_a_crisis_opened_after_the_copy_goes_on_in_the_room_that_it_has(staged: Staged, tmp_path: Path) -> None:
    stage: Stage = await staged()
    claire, karim = await stage.player("claire"), await stage.player("karim")
    copy = tmp_path / "copy"
    # In the same Megolm session as the alarm: a key that only the lost machine was given would be lost with it. Who enters
    # in between begins a new one.
    await karim.joined(stage.alert_name)
    alert = await claire.joined(stage.alert_name)
    await claire.until(lambda: karim.user in claire.members(alert), what="Karim in the alert room")
    await same_session(stage, claire, alert)
    await claire.reply(alert, await claire.say(alert, "!scenarios"))
    made = await stage.tocsin("backup", str(copy))
    assert made.code == 0, made.err
    crisis = await raise_alarm(stage, claire)
    await karim.joined(crisis.name)
    before = await note(claire, crisis, "dans le salon que la copie ne connaît pas")
    await crisis.settled()
    await stage.bot.kill()
    shutil.rmtree(stage.folder / "data")  # the machine is lost
    back = await stage.tocsin("restore", str(copy))
    assert back.code == 0, back.err

    await stage.bot.start()
    # The alarm is read again, and its room is found by the name that was made for it: nobody is called elsewhere.
    after = await note(claire, crisis, "après le retour")
    events = await crisis.settled(seconds=60)
    logged = Counter(entry.event_id for entry in crisis.entries() if entry.event_id is not None)
    # The boards are posted anew meanwhile: what the server held then is in the log, and nothing is there twice.
    assert {event["event_id"] for event in events} <= set(logged)
    assert set(logged.values()) == {1}
    assert {before, after} <= set(logged)
    assert crisis.verified(tmp_path / "out").intact
