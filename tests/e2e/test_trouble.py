"""What goes wrong: signals, a second instance, a homeserver that is away, a token that is gone, other people's malice."""

from __future__ import annotations

import asyncio
import base64
import json
import socket
import time
from pathlib import Path
from urllib.parse import quote

import aiohttp
import pytest

from bot.demo.players import Player
from bot.demo.process import BotProcess
from bot.demo.stage import Stage
from bot.store.source import reading

from .conftest import PROGRAM, Staged
from .crisis import (
    api,
    database,
    eventually,
    marks,
    passphrase,
    raise_alarm,
)
from .jspeer import JsPeer


def free_port() -> int:
    """A port of loopback that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def health(port: int, page: str) -> tuple[int, str]:
    """What a supervisor is told."""
    async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{port}/{page}") as answer:
        return answer.status, await answer.text()


async def test_it_ends_at_once_and_takes_up_where_it_was(staged: Staged, tmp_path: Path) -> None:
    stage = await staged()
    claire, karim = await stage.player("claire"), await stage.player("karim")
    first_device = stage.bot.ready["device_id"]
    crisis = await raise_alarm(stage, claire)
    await karim.joined(crisis.name)

    other = await stage.tocsin("run")
    assert (other.code, other.out) == (3, "")
    assert len(other.err.strip().splitlines()) == 1, "a second instance is refused in one sentence"

    began = time.monotonic()
    assert await stage.bot.stop() == 0
    assert time.monotonic() - began < 10
    meanwhile = [await karim.say(crisis.room, text) for text in ("Le bot dort", "!note Le téléphone marche")]
    await stage.bot.start()
    assert stage.bot.ready["device_id"] == first_device
    await karim.ticked(crisis.room, meanwhile[1])
    events = await crisis.settled()
    assert all(count == 1 for count in marks(events).values())
    assert [entry.kind for event in meanwhile for entry in crisis.logged(event)] == ["message", "message"]
    assert [len(crisis.actions(name)) for name in ("stopped", "started")] == [1, 1]
    assert crisis.verified(tmp_path / "out").intact


async def test_a_homeserver_that_is_away_for_a_while_loses_nothing(tmp_path: Path) -> None:
    port = free_port()
    listen = f'[health]\nlisten = "127.0.0.1:{port}"'
    async with Stage(tmp_path / "stage", more=listen, run=False) as stage:
        stage.bot = BotProcess(stage.config, stage.bot.log, PROGRAM)
        await stage.bot.start(LOST_AFTER="2")
        claire, karim = await stage.player("claire"), await stage.player("karim")
        crisis = await raise_alarm(stage, claire)
        await karim.joined(crisis.name)
        await crisis.settled()
        assert (await health(port, "live"))[0] == (await health(port, "ready"))[0] == 200
        before = await karim.say(crisis.room, "!prendre 1")
        await karim.ticked(crisis.room, before)

        stage.server.kill()

        async def unwell() -> bool:
            status, why = await health(port, "ready")
            return status == 503 and "sync" in why

        await eventually(unwell, what="the bot's word that it is not ready, and why")
        assert (await health(port, "live"))[0] == 200, "it lives"
        await eventually(lambda: _noticed(stage, "lost"), seconds=60, what="the note of the interruption")
        await asyncio.to_thread(stage.server.start)

        after = await _says_when_it_can(karim, crisis.room, "!fait 1")
        await karim.ticked(crisis.room, after, seconds=90)
        await eventually(lambda: crisis.actions("found"), seconds=30)
        await crisis.settled()
        (lost,), (found,) = crisis.actions("lost"), crisis.actions("found")
        assert lost["since"] == found["since"]
        assert (await health(port, "ready"))[0] == 200
        assert crisis.verified(tmp_path / "out").intact


async def _says_when_it_can(who: Player, room: str, text: str) -> str:
    while True:
        try:
            return await who.say(room, text)
        except (aiohttp.ClientError, OSError, TimeoutError):
            await asyncio.sleep(0.5)


def _noticed(stage: Stage, action: str) -> bool:
    with reading(database(stage), passphrase(stage)) as source:
        return any((e.content or {}).get("action") == action for e in source.entries("INC-2026-001"))


async def test_a_revoked_token_is_replaced_on_the_same_device(staged: Staged) -> None:
    stage = await staged()
    claire = await stage.player("claire")
    async with JsPeer(stage.server, stage.user_id("karim"), stage.passwords["karim"], join=True) as karim:
        crisis = await raise_alarm(stage, claire)
        await karim.message(crisis.room, sender=stage.bot_id, contains="Soins")
        await crisis.settled()
        device = stage.bot.ready["device_id"]
        session = json.loads((stage.folder / "data" / "crypto" / "session.json").read_text())
        status, _ = await stage.server.request("POST", "/_matrix/client/v3/logout/all", {}, session["access_token"])
        assert status == 200

        async def signed_again() -> bool:
            _, keys = await api(stage, claire, "POST", "keys/query", {"device_keys": {stage.bot_id: []}})
            known = keys["device_keys"].get(stage.bot_id, {}).get(device)
            return known is not None and len(known["signatures"][stage.bot_id]) == 2  # its own, and its owner's

        await eventually(signed_again, seconds=60, what="the device, signed")
        devices = await stage.server.admin("GET", f"/_synapse/admin/v2/users/{quote(stage.bot_id)}/devices")
        assert [d["device_id"] for d in devices["devices"]] == [device]
        note = await karim.send(crisis.room, "!note Après la coupure")
        await karim.wait(lambda e: e["event"] == "reaction" and e["relates"]["event_id"] == note)
        assert await karim.trust(stage.bot_id) == {device: True}


async def test_an_account_with_somebody_elses_identity_is_not_touched(staged: Staged) -> None:
    stage = await staged(run=False)
    other = Player(stage.server.url, stage.bot_id, stage.passwords["tocsin"], "Tocsin")
    async with other:
        refused = await stage.tocsin("run")
    assert (refused.code, refused.out) == (4, "")
    assert "Traceback" not in refused.err
    assert refused.err.strip().splitlines()[-1][0] != "{"


async def test_a_wrong_password_is_one_sentence_that_does_not_repeat_it(staged: Staged) -> None:
    stage = await staged(run=False)
    (stage.folder / "secrets" / "password").write_text("pas-le-bon-42")
    refused = await stage.tocsin("run")
    assert (refused.code, refused.out) == (2, "")
    said = refused.err.strip().splitlines()
    assert len(said) == 1
    assert "Traceback" not in refused.err
    assert "pas-le-bon-42" not in refused.err


HOSTILE = (
    {"msgtype": "m.text", "body": "<img src=x onerror=alert(1)> @room **x** <b>"},
    {"msgtype": "m.text", "body": "@room", "m.mentions": {"room": True}},
    {"msgtype": "m.text", "body": "x" * 40_000},
    {"msgtype": "m.text", "body": "nul \x00 ici"},
    {"msgtype": "m.text", "body": "grand", "n": 2**53, "m": -(2**63), "f": 1e400},
    {"msgtype": "m.text", "body": "seul \ud800 demi"},
    {"msgtype": "m.text", "body": "profond", "d": None},
    {"msgtype": "m.text", "body": ["pas", "un", "texte"]},
    {"msgtype": 7, "body": {"a": 1}},
    {},
    {"msgtype": "m.text", "body": "!note " + "é" * 5_000},
    {"msgtype": "m.text", "body": "!prendre " + "9" * 4_000},
    {"msgtype": "m.text", "body": "!fait 1", "m.relates_to": {"rel_type": 3, "event_id": [1], "m.in_reply_to": 4}},
    {"msgtype": "m.notice", "body": "!cloture"},
)

NO_I_JSON = ("nul \x00 ici", "grand", "seul \ud800 demi")

GARBAGE = (
    {"algorithm": "m.olm.v1.curve25519-aes-sha2", "ciphertext": {}, "sender_key": "A" * 43},
    {"algorithm": "m.olm.v1.curve25519-aes-sha2", "ciphertext": {"x": {"type": 0, "body": "AAAA"}}, "sender_key": ""},
    {"algorithm": "m.megolm.v1.aes-sha2"},
    {"algorithm": 7},
)


async def test_hostile_content_stops_nothing_and_is_all_in_the_log(staged: Staged, tmp_path: Path) -> None:
    stage = await staged()
    claire, karim = await stage.player("claire"), await stage.player("karim")
    crisis = await raise_alarm(stage, claire)
    await karim.joined(crisis.name)

    deep: object = 1
    for _ in range(90):
        deep = [deep]
    sent = [await karim.send(crisis.room, content | ({"d": deep} if "d" in content else {})) for content in HOSTILE]
    own = {}
    for number, content in enumerate(GARBAGE):
        for kind in ("m.room.encrypted", "m.room_key", "m.room_key.withheld", "m.key.verification.request"):
            path = f"sendToDevice/{kind}/{number}-{kind}"
            messages = {"messages": {stage.bot_id: {"*": content}}}
            own[path] = (await api(stage, karim, "PUT", path, messages))[0]
    assert set(own.values()) == {200}

    status = await karim.ask(crisis.room, "!statut")
    assert crisis.incident in status.text
    assert stage.bot.pid is not None
    await crisis.settled()
    entries = [crisis.logged(event) for event in sent]
    assert [len(found) for found in entries] == [1] * len(sent)
    kept = [(found[0].content or {})["content"] for found in entries]
    odd = {number: base64.b64decode(content["raw_b64"]) for number, content in enumerate(kept) if "raw_b64" in content}
    assert set(odd) == {number for number, content in enumerate(HOSTILE) if content.get("body") in NO_I_JSON}
    assert b"\\u0000" in odd[3], "what is no I-JSON is kept as its exact bytes"
    assert kept[0]["body"] == HOSTILE[0]["body"]
    assert len(kept[2]["body"]) == 40_000
    assert crisis.actions("close") == []
    assert crisis.verified(tmp_path / "out").intact

    loud = await claire.say(crisis.alert, "!incident rancongiciel <b>@room</b> <script>alert(1)</script> --exercice")
    answer = await claire.reply(crisis.alert, loud)
    assert "<script>" not in answer.html
    assert "@room" not in answer.text + answer.html
    assert answer.rings == ()


@pytest.mark.parametrize(
    ("said", "next_"),
    [("!incident inconnu Truc", "!scenarios"), ("!incident rancongiciel Panne --constat 31/02 8h00", "!incident")],
)
async def test_what_cannot_be_understood_opens_nothing_and_says_what_to_type(
    said: str, next_: str, staged: Staged
) -> None:
    stage = await staged()
    claire = await stage.player("claire")
    answer = await claire.ask(await claire.joined(stage.alert_name), said)
    assert next_ in answer.text
    assert "INC-" not in answer.text
