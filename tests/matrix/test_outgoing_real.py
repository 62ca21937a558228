"""What goes out, on a real Synapse: as an account with its default limits, and as one without."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.demo.synapse import Synapse
from bot.matrix.client import path
from bot.matrix.rooms import creation_content, read_state, state_of
from bot.store import rooms
from tests.matrix.peers import Peer
from tests.matrix.rig import Rig, eventually, heard

CELL = "cell:INC-2026-001"
PASSWORD = "secret"


@pytest.fixture
async def limited() -> AsyncIterator[Synapse]:
    """A Synapse with its own rate limits; their buckets are full."""
    folder = Path(tempfile.mkdtemp(prefix="tocsin-limited-"))
    async with Synapse(folder, limits="default") as server:
        yield server
    shutil.rmtree(folder, ignore_errors=True)


async def open_cell(rig: Rig, invited: list[str]) -> None:
    """What an alarm puts into the outbox: the room, the card, five checklists, the pin, the invitations."""
    await rig.know(CELL, None)
    payload = {"name": "Cellule 2026-001", "alias_local": "c-7f3a", "purpose": "cell", "admins": invited[:1]}
    await rig.put(CELL, "create", payload, "create", priority=0)
    await rig.say(CELL, "Carte", "card", priority=0)
    await rig.put(CELL, "pin", {"events": [{"outbox": "card"}]}, "pin", priority=1)
    for number in range(1, 6):
        await rig.say(CELL, f"Liste {number}", f"list:{number}", priority=0)
    for place, user in enumerate(invited):
        await rig.put(CELL, "invite", {"user": user, "reason": ""}, f"invite:{place}", priority=int(place > 2))


async def room_of(rig: Rig) -> str:
    found = await eventually(
        lambda: rig.db.call(rooms.by_key, CELL), lambda room: room is not None and room.room_id is not None
    )
    return str(found.room_id)


@pytest.mark.slow
async def test_at_default_limits_an_alarm_is_readable_in_thirty_seconds(limited: Synapse, tmp_path: Path) -> None:
    people = [await limited.register(f"person{number}", PASSWORD) for number in range(8)]
    rig = await Rig(limited.url, await limited.register("bot", PASSWORD), tmp_path).start()
    member = await Peer(limited.url, people[0], PASSWORD).start()
    rig.send()
    alarm = time.monotonic()
    await open_cell(rig, people)
    cell = await room_of(rig)

    async def joined() -> bool:
        answer = await member.nio.sync(timeout=200)
        if cell in answer.rooms.invite:
            await member.nio.join(cell)
        return cell in member.nio.rooms

    await eventually(joined, bool)
    wanted, seen = {"Carte", *(f"Liste {number}" for number in range(1, 6))}, set()
    while not wanted <= seen:
        assert time.monotonic() - alarm < 30, seen
        await member.sync(timeout=500)
        # Asked anew each time: a message may be there before its key.
        said = await member.nio.room_messages(cell, "", limit=100)
        seen |= {event.source["content"].get("body") for event in said.chunk}
    assert time.monotonic() - alarm < 30
    # Who is invited when all has been said reads it all the same: the key goes to them with no new message.
    late = await Peer(limited.url, people[-1], PASSWORD).start()

    # The invitations go on at the homeserver's pace, one by one, none lost.
    async def invited() -> set[str]:
        state = await read_state(rig.client, cell)
        return {str(event["state_key"]) for event in state if event["type"] == "m.room.member"}

    await eventually(invited, lambda members: set(people) <= members, 60)
    assert await rig.notices("undeliverable") == []
    await late.nio.join(cell)

    async def read() -> set[str]:
        await late.sync()
        history = await late.nio.room_messages(cell, "", limit=100)
        return {str(event.source["content"].get("body")) for event in history.chunk}

    await eventually(read, lambda words: wanted <= words)
    await late.stop()
    await member.stop()
    await rig.close()


async def test_a_room_as_synapse_makes_it(synapse: Synapse, tmp_path: Path) -> None:
    name = f"bot-{time.monotonic_ns()}"
    rig = await Rig(synapse.url, await synapse.register(name, PASSWORD), tmp_path).start()
    director = await synapse.register(f"dir-{name}", PASSWORD)
    rig.send()
    await rig.know(CELL, None)
    payload = {
        "name": "Cellule 2026-001",
        "alias_local": f"c-{name}",
        "admins": [director],
        "purpose": "cell",
        # Who is on another server cannot be in a room that does not leave ours: it is made all the same.
        "first": ["@someone:elsewhere.test", "@nobody:tocsin.test"],
    }
    await rig.until(await rig.put(CELL, "create", payload), "sent")
    cell = await room_of(rig)
    state = await read_state(rig.client, cell)

    def content(kind: str) -> dict[str, object]:
        found = state_of(state, kind)
        assert found is not None, kind
        return dict(found["content"])

    assert content("m.room.create")["room_version"] == "11"
    assert content("m.room.create")["m.federate"] is False
    assert content("m.room.encryption") == {"algorithm": "m.megolm.v1.aes-sha2"}
    assert content("m.room.history_visibility") == {"history_visibility": "shared"}
    assert content("m.room.guest_access") == {"guest_access": "forbidden"}
    assert content("m.room.join_rules") == {"join_rule": "invite"}
    assert content("m.room.power_levels")["users"] == {rig.user: 101, director: 100}
    wanted = creation_content(payload, rig.user)["power_level_content_override"]
    assert content("m.room.power_levels")["events"] == wanted["events"]
    # Invitations: twice is once; who left may be asked again; who does not exist is told.
    first = await rig.put(CELL, "invite", {"user": director, "reason": "Crise"})
    again = await rig.put(CELL, "invite", {"user": director, "reason": "Crise"})
    await rig.until(first, "sent")
    await rig.until(again, "sent")
    stranger = await rig.put(CELL, "invite", {"user": "@someone:elsewhere.test", "reason": ""})
    assert "unfederatable" in str((await rig.until(stranger, "dead")).error)
    nobody = await rig.put(CELL, "invite", {"user": "@nobody:tocsin.test", "reason": ""})
    assert (await rig.until(nobody, "dead")).error == "no_such_user"
    told = [notice["user"] for notice in await rig.notices("undeliverable")]
    assert told == ["@someone:elsewhere.test", "@nobody:tocsin.test"]
    # A director's account may be in other hands: their power keeps nobody in.
    await rig.until(await rig.put(CELL, "kick", {"user": director, "reason": ""}, "kick"), "sent")
    out = state_of(await read_state(rig.client, cell), "m.room.member", director)
    assert out is not None
    assert out["content"]["membership"] == "leave"
    await rig.until(await rig.put(CELL, "kick", {"user": "@nobody:tocsin.test", "reason": ""}), "sent")
    await rig.close()


async def test_a_server_that_was_down_gets_everything_once(synapse: Synapse, tmp_path: Path) -> None:
    name = f"bot-{time.monotonic_ns()}"
    rig = await Rig(synapse.url, await synapse.register(name, PASSWORD), tmp_path).start()
    alice = await Peer(synapse.url, await synapse.register(f"alice-{name}", PASSWORD), PASSWORD).start()
    rig.send()
    await rig.know(CELL, None)
    payload = {"name": "Cellule 2026-001", "alias_local": f"c-{name}", "admins": [], "purpose": "cell"}
    await rig.until(await rig.put(CELL, "create", payload), "sent")
    cell = await room_of(rig)
    await rig.until(await rig.put(CELL, "invite", {"user": alice.user_id, "reason": ""}), "sent")
    await alice.sync()
    await alice.nio.join(cell)
    await alice.sync()
    await rig.until(await rig.say(CELL, "0"), "sent")
    await asyncio.to_thread(synapse.kill)
    rows = [await rig.say(CELL, str(number)) for number in range(1, 6)]
    await asyncio.sleep(1.5)
    assert [(await rig.row(row)).state for row in rows[1:]] == ["waiting"] * 4
    await asyncio.to_thread(synapse.start)
    for row in rows:
        await rig.until(row, "sent", 60)
    read = await heard(alice, cell, 6)
    assert [content["body"] for content in read] == ["0", "1", "2", "3", "4", "5"]
    await alice.stop()
    await rig.close()


async def test_the_media_of_a_real_server_holds_only_ciphertext(synapse: Synapse, tmp_path: Path) -> None:
    from bot.store import blobs

    name = f"bot-{time.monotonic_ns()}"
    rig = await Rig(synapse.url, await synapse.register(name, PASSWORD), tmp_path).start()
    rig.send()
    await rig.know(CELL, None)
    await rig.put(CELL, "create", {"name": "x", "alias_local": f"c-{name}", "admins": [], "purpose": "cell"})
    sha256 = await rig.db.call(blobs.put, b"the incident file" * 1000)
    payload = {"blob": sha256, "filename": "a.zip", "mimetype": "application/zip", "body": "Dossier"}
    row = await rig.until(await rig.put(CELL, "file", payload), "sent")
    assert row.mxc is not None
    server, media = row.mxc.removeprefix("mxc://").split("/")
    where = f"/_matrix/client/v1/media/download/{server}/{media}"
    status, data, headers = await rig.client.fetch("GET", where)
    assert (status, len(data)) == (200, 17_000)
    assert b"incident" not in data
    assert "a.zip" not in str(headers)
    assert path("rooms").startswith("/_matrix/client/")
    await rig.close()
