"""A lawyer's room on a real homeserver: made, handed over, left; and nothing of what is said there comes to the bot."""

from __future__ import annotations

from pathlib import Path

from .conftest import Staged
from .crisis import events_of, eventually, left_with, members_of, raise_alarm, state_of

SECRET = "Maître, la sauvegarde était désactivée depuis mars"


async def test_the_room_is_handed_over_and_left_and_nothing_of_it_is_kept(staged: Staged, tmp_path: Path) -> None:
    stage = await staged()
    claire, sophie, karim = [await stage.player(local) for local in ("claire", "sophie", "karim")]
    crisis = await raise_alarm(stage, claire)
    await sophie.joined(crisis.name)
    notice = await sophie.hears(crisis.room, r"^Tout est conservé", sender=stage.bot_id)
    await claire.react(crisis.room, notice.event_id, "✅")

    asked = await sophie.say(crisis.room, f"!avocat @{karim.user[1:].partition(':')[0]}")
    await sophie.reply(crisis.room, asked, r"Salon avocat")
    name = crisis.name.replace("Cellule", "Salon") + " A"
    room = await sophie.joined(name)
    await left_with(stage, room, stage.bot_id)
    levels = (await state_of(stage, room))["m.room.power_levels", ""]["content"]["users"]
    assert stage.bot_id not in levels
    assert levels[sophie.user] == levels[claire.user] == 100
    assert karim.user not in levels
    await karim.joined(name)
    assert await members_of(stage, room, "join") >= {sophie.user, karim.user}
    await sophie.say(room, SECRET)
    await karim.hears(room, SECRET, sender=sophie.user)

    left = await eventually(lambda: crisis.actions("lawyer_room_left") or None, what="the entry of the leaving")
    assert set(left[0]["after"]["present"]) & {sophie.user, claire.user}
    assert set(left[0]["after"]["invited"]) == {sophie.user, claire.user, karim.user}
    assert crisis.actions("notice_read")[0]["after"]["person"] == claire.user
    await crisis.settled()
    assert crisis.verified(tmp_path).intact
    there = {event["event_id"] for event in await events_of(stage, room)}
    kinds = {entry.event_id for entry in crisis.entries()} & there
    assert not kinds, "no event of that room is in the log"
    for path in (stage.folder / "data").rglob("*"):
        if path.is_file():
            assert SECRET.encode() not in path.read_bytes(), path
