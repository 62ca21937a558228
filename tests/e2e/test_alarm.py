"""The alarm, as those who are called see it: a neutral encrypted room, the card, five checklists, within half a minute."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from urllib.parse import quote

from bot.demo.stage import Stage

from .conftest import Staged
from .crisis import CHECKLISTS, boards, eventually, members_of, raise_alarm


async def test_one_line_opens_a_room_calls_the_cell_and_hands_out_the_checklists(
    staged: Staged, tmp_path: Path
) -> None:
    stage = await staged()
    claire, karim, sophie = [await stage.player(local) for local in ("claire", "karim", "sophie")]
    crisis = await raise_alarm(stage, claire)

    answer = await claire.reply(crisis.alert, crisis.alarm)
    assert crisis.incident in answer.text.splitlines()[0]
    assert f"https://matrix.to/#/{crisis.room}" in answer.html
    assert f"{crisis.name} (https://matrix.to/#/{crisis.room}?via=" in answer.text, "where nothing but text is shown"
    for understood in ("Rançongiciel", "Urgences bloquées", "Premier signe", "4 sur 4", "Nadia Roche"):
        assert understood in answer.text, "the answer says what was understood, and who is called"

    seen = await boards(crisis, karim)
    assert len({message.event_id for message in seen.values()}) == 1 + len(CHECKLISTS)
    everything = [message for message in karim.log(crisis.room) if message.sender == stage.bot_id]
    assert everything[0].event_id == seen["card"].event_id, "the first message of the room is the card"
    pinned = await karim.until(lambda: karim.pins(crisis.room), what="the pin")
    assert pinned[0].event_id == seen["card"].event_id
    assert all(other.text.startswith("Échéances") for other in pinned[1:]), "beside the card, the deadlines"
    numbers = [word for name in CHECKLISTS for word in seen[name].text.split() if word[0] == "T" and word[1:].isdigit()]
    total = sum(int(found[1]) for name in CHECKLISTS if (found := re.search(r"sur (\d+)", seen[name].text)))
    assert len(numbers) == len(set(numbers)), "no task stands on two checklists"
    assert "T1" in numbers, "ids start at 1"
    assert set(numbers) <= {f"T{n}" for n in range(1, total + 1)}, "without a hole"
    assert not karim.unreadable(crisis.room)

    for player in (karim, sophie):
        direct = await player.dm(stage.bot_id)
        called = await player.hears(direct, crisis.incident, sender=stage.bot_id)
        assert called.rings == (player.user,), "an alarm rings"
        assert called.kind == "m.text"
        leads = re.search(rf"{crisis.name} \(https://matrix\.to/#/%23([^):]+):", called.text)
        assert leads is not None, "one goes there by touching the room's name"
        address = quote(f"#{leads[1]}:{stage.server.server_name}", safe="")
        _, found = await stage.server.request("GET", f"/_matrix/client/v3/directory/room/{address}")
        assert found["room_id"] == crisis.room
    assert await members_of(stage, crisis.room, "invite") == {stage.user_id("paul"), stage.user_id("nadia")}
    await crisis.settled()
    assert crisis.verified(tmp_path).intact


async def test_the_cells_room_is_private_neutral_and_in_the_hands_of_bot_and_directors(staged: Staged) -> None:
    stage = await staged()
    claire = await stage.player("claire")
    crisis = await raise_alarm(stage, claire, "!incident rancongiciel Panne chez le Dr Roche --gravite 4")
    await crisis.settled()
    state = {key: event["content"] for key, event in (await crisis.state()).items()}

    create = state["m.room.create", ""]
    assert (create["room_version"], create["m.federate"]) == ("11", False)
    assert state["m.room.encryption", ""]["algorithm"] == "m.megolm.v1.aes-sha2"
    assert state["m.room.history_visibility", ""]["history_visibility"] == "shared"
    assert state["m.room.guest_access", ""]["guest_access"] == "forbidden"
    assert state["m.room.join_rules", ""]["join_rule"] == "invite"
    assert state["m.room.name", ""]["name"] == crisis.name
    power = state["m.room.power_levels", ""]
    assert power["users"] == {stage.bot_id: 101, stage.user_id("claire"): 100}
    for locked in ("m.room.tombstone", "m.room.encryption", "m.room.power_levels"):
        assert power["events"][locked] == 100
    in_clear = str([event for key, event in state.items()])
    assert "Panne" not in in_clear, "what travels in clear says nothing of the crisis"
    assert "rancongiciel" not in in_clear.lower()
    clear = [e for e in await crisis.server_events() if e["type"] == "m.room.message"]
    assert clear == [], "no message is ever sent in clear"


async def test_at_the_servers_default_limits_the_cell_reads_its_boards_within_thirty_seconds(tmp_path: Path) -> None:
    async with Stage(tmp_path, limits="default", run=False) as stage:
        # In peacetime, which takes minutes at these limits, the bot has made its rooms and rests.
        await stage.server.override_ratelimit(stage.bot_id)
        await stage.bot.start()
        claire, karim = await stage.player("claire"), await stage.player("karim")
        alert = await claire.joined(stage.alert_name)
        for player in (claire, karim):
            await player.hears(await player.dm(stage.bot_id), "Je suis Tocsin")
        rooms = f"/_synapse/admin/v1/users/{quote(stage.bot_id)}/joined_rooms"
        async with asyncio.timeout(60):
            while (await stage.server.admin("GET", rooms))["total"] < 1 + len(stage.people):  # noqa: ASYNC110
                await asyncio.sleep(0.2)
        await stage.server.admin("DELETE", f"/_synapse/admin/v1/users/{quote(stage.bot_id)}/override_ratelimit")
        crisis = await raise_alarm(stage, claire)
        seen = await boards(crisis, karim, seconds=60)
        raised = claire.message(alert, crisis.alarm)
        assert raised is not None
        late = {name: (message.at - raised.at).total_seconds() for name, message in seen.items()}
        # By the homeserver's own clock, from the alarm to the last checklist.
        assert max(late.values()) < 30, late
        assert stage.user_id("karim") in await members_of(stage, crisis.room, "join")
        places = (await karim.dm(stage.bot_id), crisis.room)

        def called() -> list[str]:
            heard = [message for room in places for message in karim.log(room) if karim.user in message.rings]
            # That a first device has come into his account rings him too, before or after.
            said = [message.text for message in heard if message.sender == stage.bot_id]
            return [text for text in said if not text.startswith("📱")]

        # By a message of his own, or in the room where he is already, whichever leaves first.
        (told,) = await karim.until(called, seconds=90, what="what he is called for")
        assert "RSSI" in told
        assert re.search(r"T\d+ — ", told)


async def test_direct_rooms_are_there_before_the_alarm_and_are_reused(staged: Staged) -> None:
    stage = await staged()
    claire, karim = await stage.player("claire"), await stage.player("karim")
    direct = await karim.dm(stage.bot_id)
    await karim.hears(direct, "Je suis Tocsin", sender=stage.bot_id)
    crisis = await raise_alarm(stage, claire)
    called = await karim.hears(direct, crisis.incident, sender=stage.bot_id)
    assert called.room == direct
    rooms = [room for room, name in karim.rooms.items() if karim.members(room) == {karim.user, stage.bot_id}]
    assert rooms == [direct]


async def test_two_incidents_have_rooms_and_numbers_of_their_own(staged: Staged) -> None:
    stage = await staged()
    claire, karim = await stage.player("claire"), await stage.player("karim")
    first = await raise_alarm(stage, claire)
    second = await raise_alarm(stage, claire, "!incident rancongiciel Pharmacie --exercice --gravite 4")
    assert (first.incident[:3], second.incident[:3]) == ("INC", "EXE")
    assert first.room != second.room
    await asyncio.gather(karim.joined(first.name), karim.joined(second.name))
    await karim.ticked(first.room, await karim.say(first.room, "!prendre 1"))
    await eventually(lambda: first.actions("take", "T1") or None)
    assert second.actions("take") == []
