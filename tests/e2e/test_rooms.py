"""Rooms and invitations: whom the bot follows where, and what it says when it does not."""

from __future__ import annotations

import json
import os
import secrets
import signal
from pathlib import Path
from urllib.parse import quote

from bot.demo.players import Player
from bot.demo.stage import PEOPLE, Character, Stage

from .conftest import Staged
from .crisis import api, boards, create_room, events_of, eventually, left_with, members_of, raise_alarm, state_of

STRANGER = Character("inconnu", "Un inconnu")


async def spoken(stage: Stage, room: str) -> list[str]:
    """What kinds of messages the bot has sent to a room."""
    kinds = ("m.room.message", "m.room.encrypted", "m.reaction")
    return [e["type"] for e in await events_of(stage, room) if e["sender"] == stage.bot_id and e["type"] in kinds]


async def test_invitations(staged: Staged) -> None:
    stage = await staged(people=(*PEOPLE, STRANGER))
    sophie, karim, stranger = [await stage.player(local) for local in ("sophie", "karim", "inconnu")]
    opened = await sophie.dm(stage.bot_id)

    # An encrypted direct room of one's own is one more way to talk to the bot.
    own = await sophie.open_dm(stage.bot_id)
    await sophie.hears(own, "Je suis Tocsin")
    assert "!incident" in (await sophie.ask(own, "!fait 3")).text, "it answers there, and says what to type instead"

    # An unencrypted one: the bot says why in its leaving, invites into an encrypted room, and writes nothing in clear.
    clear = await karim.open_dm(stage.bot_id, encrypted=False)
    reason = await left_with(stage, clear, stage.bot_id)
    assert reason is not None
    assert "chiffré" in reason
    assert await spoken(stage, clear) == []
    await karim.hears(await karim.dm(stage.bot_id), "Je suis Tocsin")

    # A room with more people than two is none of the bot's.
    group = await create_room(stage, sophie, stage.bot_id, karim.user)
    reason = await left_with(stage, group, stage.bot_id)
    assert reason is not None
    assert "deux" in reason

    # A stranger: not a word.
    strange = await stranger.open_dm(stage.bot_id)
    assert await left_with(stage, strange, stage.bot_id) is None
    assert await spoken(stage, strange) == []
    joined = [e for e in await events_of(stage, strange) if e.get("state_key") == stage.bot_id]
    assert [e["content"]["membership"] for e in joined] == ["invite", "leave"], "the bot was never in there"
    assert opened in sophie.rooms


async def test_who_had_no_account_at_the_start_is_asked_in_when_the_files_are_read_anew(staged: Staged) -> None:
    stage = await staged(run=False)
    late = Character("tard", "Zoé Blanc", ("scribe",))
    path = stage.folder / "roster.yaml"
    held = json.loads(path.read_text(encoding="utf-8"))
    held["people"].insert(0, {"name": late.name, "matrix_id": stage.user_id(late.local), "roles": list(late.roles)})
    path.write_text(json.dumps(held, ensure_ascii=False), encoding="utf-8")
    await stage.bot.start()
    claire = await stage.player("claire")
    alert = await claire.joined(stage.alert_name)
    log = stage.bot.log
    await eventually(lambda: "no_such_user" in log.read_text(encoding="utf-8"), what="the first invitation's end")

    stage.people[late.local] = late
    stage.passwords[late.local] = secrets.token_urlsafe(9)
    await stage.server.register(stage.user_id(late.local)[1:].partition(":")[0], stage.passwords[late.local])
    assert stage.bot.pid is not None
    os.kill(stage.bot.pid, signal.SIGHUP)
    zoe = await stage.player(late.local)
    assert await zoe.joined(stage.alert_name) == alert
    await zoe.hears(await zoe.dm(stage.bot_id), "Je suis Tocsin")


async def test_an_alert_room_that_is_there_is_used(staged: Staged) -> None:
    stage = await staged(run=False)
    claire = await stage.player("claire")
    name = stage.alert_alias[1:].partition(":")[0]
    made = await create_room(stage, claire, stage.bot_id, room_alias_name=name, name="Urgence")
    await stage.bot.start()
    answer = await claire.ask(made, "!incident rancongiciel Panne --gravite 4")
    assert "INC-" in answer.text
    assert await members_of(stage, made, "join") == {claire.user, stage.bot_id}


async def test_an_alert_room_that_cannot_be_used_stops_the_start_with_a_sentence(staged: Staged) -> None:
    stage = await staged(run=False)
    claire = await stage.player("claire")
    name = stage.alert_alias[1:].partition(":")[0]
    await create_room(stage, claire, room_alias_name=name)
    refused = await stage.tocsin("run")
    assert refused.code == 2
    assert stage.alert_alias in refused.err.strip().splitlines()[-1]
    assert "Traceback" not in refused.err


async def test_an_alert_room_in_clear_stops_the_start_with_a_sentence(staged: Staged) -> None:
    stage = await staged(run=False)
    claire = await stage.player("claire")
    name = stage.alert_alias[1:].partition(":")[0]
    room = await create_room(stage, claire, stage.bot_id, encrypted=False, room_alias_name=name)
    refused = await stage.tocsin("run")
    assert (refused.code, refused.out) == (2, "")
    said = refused.err.strip().splitlines()[-1]
    assert stage.alert_alias in said
    assert "chiffr" in said or "encrypt" in said
    assert await spoken(stage, room) == []


async def test_an_upgrade_by_a_director_is_followed_and_any_other_refused(staged: Staged, tmp_path: Path) -> None:
    stage = await staged()
    claire, karim = await stage.player("claire"), await stage.player("karim")
    crisis = await raise_alarm(stage, claire)
    await karim.joined(crisis.name)
    await boards(crisis, karim)

    # A successor in clear, named by someone with the right to: the bot stays, and says so.
    trap = await create_room(stage, claire, karim.user, encrypted=False, preset="public_chat")
    assert await tombstone(stage, claire, crisis.room, trap) == 200
    await karim.hears(crisis.room, "remplacer ce salon", sender=stage.bot_id)
    assert stage.bot_id not in await members_of(stage, trap, "join")
    assert await spoken(stage, trap) == []
    await karim.ticked(crisis.room, await karim.say(crisis.room, "!note toujours ici"))

    # Someone without the right cannot even name one.
    assert await tombstone(stage, karim, crisis.room, trap) == 403

    # The real one.
    status, answer = await api(stage, claire, "POST", f"rooms/{quote(crisis.room)}/upgrade", {"new_version": "11"})
    assert status == 200, answer
    successor = answer["replacement_room"]
    for invited in (stage.bot_id, karim.user):
        await api(stage, claire, "POST", f"rooms/{quote(successor)}/invite", {"user_id": invited})
    await eventually(lambda: _joined(stage, successor), what="the bot in the successor")
    await karim.until(lambda: successor in karim.rooms, what="the successor")
    assert ("m.room.encryption", "") in await state_of(stage, successor)
    await karim.hears(successor, "remplace le précédent", sender=stage.bot_id)
    await karim.hears(successor, "En cours — ", sender=stage.bot_id)
    await karim.ticked(successor, await karim.say(successor, "!note nous voici"))
    notes = [entry for entry in crisis.entries() if entry.kind == "note"]
    assert len(notes) == 2, "the log goes on in the new room"
    assert {e.room_id for e in crisis.entries() if e.kind == "message" and e.sender == karim.user} == {
        crisis.room,
        successor,
    }
    assert crisis.verified(tmp_path / "out").intact


async def _joined(stage: Stage, room: str) -> bool:
    return stage.bot_id in await members_of(stage, room, "join")


async def tombstone(stage: Stage, who: Player, room: str, successor: str) -> int:
    """Say that a room is replaced; return the homeserver's status."""
    body = {"body": "déménagement", "replacement_room": successor}
    return (await api(stage, who, "PUT", f"rooms/{quote(room)}/state/m.room.tombstone/", body))[0]
