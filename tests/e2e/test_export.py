"""The incident file out of a running bot: it verifies; touched, it does not; by direct message, encrypted, it is the same."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import aiohttp
from nio.crypto.attachments import decrypt_attachment

from bot.demo.process import tocsin
from bot.demo.stage import Stage

from ..authority import Authority
from .conftest import Staged
from .crisis import ALARM, CARD, Crisis, eventually, raise_alarm
from .jspeer import Event, JsPeer

Lines = list[bytes]


def byte(lines: Lines) -> Lines:
    return [lines[0], lines[1].replace(b"INC", b"INX", 1), *lines[2:]]


def removed(lines: Lines) -> Lines:
    return [*lines[:3], *lines[4:]]


def doubled(lines: Lines) -> Lines:
    return [*lines[:3], lines[2], *lines[3:]]


def swapped(lines: Lines) -> Lines:
    return [*lines[:2], lines[3], lines[2], *lines[4:]]


def cut(lines: Lines) -> Lines:
    return lines[:-1]


ALTERATIONS: tuple[Callable[[Lines], Lines], ...] = (byte, removed, doubled, swapped, cut)


async def test_an_export_of_the_running_bot_verifies_and_no_alteration_does(staged: Staged, tmp_path: Path) -> None:
    stage = await staged()
    claire = await stage.player("claire")
    crisis = await raise_alarm(stage, claire)
    await crisis.settled()
    for text in ("Le bloc est à l’arrêt", "!note Le SAMU est prévenu", "!prendre 60"):
        await claire.say(crisis.room, text)
    await crisis.settled()

    before = len(crisis.entries())
    made = await stage.tocsin("export", crisis.incident, "--out", str(tmp_path))
    assert (made.code, made.err) == (0, "")
    # The board of deadlines follows the answer, and the minutes: its edits are the room's, not the export's.
    added = [
        entry for entry in crisis.entries()[before:] if not (entry.kind == "edit" and entry.sender == stage.bot_id)
    ]
    assert added == [], "an export adds no entry"
    folder, archive = tmp_path / crisis.incident, tmp_path / f"{crisis.incident}.zip"
    for path in (folder, archive, folder / "journal.jsonl"):
        judged = await tocsin("verify", str(path))
        assert judged.code == 0, judged.err + judged.out
    again = await stage.tocsin("export", crisis.incident, "--out", str(tmp_path))
    assert again.code == 2, "an existing target is not touched"
    assert (await stage.tocsin("export", "INC-2026-999", "--out", str(tmp_path / "no"))).code == 2

    (entry,) = [e for e in crisis.entries() if e.kind == "note"]
    anchor = f"{entry.seq}:{entry.entry_hash}"
    assert (await tocsin("verify", str(folder), "--anchor", anchor)).code == 0
    wrong = await tocsin("verify", str(folder), "--anchor", f"{entry.seq}:{'0' * 64}")
    assert wrong.code == 1

    lines = (folder / "journal.jsonl").read_bytes().splitlines(keepends=True)
    for alter in ALTERATIONS:
        copy = tmp_path / alter.__name__
        shutil.copytree(folder, copy)
        (copy / "journal.jsonl").write_bytes(b"".join(alter(lines)))
        judged = await tocsin("verify", str(copy), "--json")
        verdict = json.loads(judged.out)
        assert (judged.code, verdict["intact"]) == (1, False), alter.__name__
        assert verdict["first_bad"]["why"], "it names what is wrong"
    (folder / "incident.json").write_bytes((folder / "incident.json").read_bytes() + b" ")
    assert (await tocsin("verify", str(folder))).code == 1


async def test_the_file_comes_by_direct_message_encrypted_and_its_anchor_stands_in_the_room(
    staged: Staged, tmp_path: Path
) -> None:
    async with Authority().serving() as authority:
        stage = await staged(more=f'[journal]\ntimestamp_authority = "{authority}"')
        await exported_and_stamped(stage, tmp_path)


async def exported_and_stamped(stage: Stage, tmp_path: Path) -> None:
    async with JsPeer(stage.server, stage.user_id("claire"), stage.passwords["claire"], join=True) as claire:
        crisis = await alarm_of(stage, claire)
        asked = await claire.send(crisis.room, "!exporter")
        await claire.wait(lambda e: (e.get("relates") or {}).get("m.in_reply_to") == {"event_id": asked})
        sent = await claire.wait(
            lambda e: e["event"] == "message" and (e["content"] or {}).get("msgtype") == "m.file", seconds=90
        )
        assert sent["room"] != crisis.room, "by direct message"
        assert (sent["encrypted"], sent["shield"]) == (True, None)
        archive = tmp_path / f"{crisis.incident}.zip"
        archive.write_bytes(await download(stage, sent))

        seq, digits = await anchors(claire, crisis.room)
        judged = await tocsin("verify", str(archive), "--anchor", f"{seq}:{digits}", "--json")
        verdict = json.loads(judged.out)
        assert (judged.code, verdict["proved"]) == (0, ["consistent", "signed", "anchored"])
        assert verdict["head"]["seq"] >= seq
        (told,) = [e for e in crisis.entries() if e.kind == "export"]
        assert (told.content or {})["after"]["to"] == claire.user, "the log says who received it"
        assert crisis.logged(asked)[0].kind == "message"

        def stamped() -> bool:
            said = [e.content or {} for e in crisis.entries() if e.kind == "anchor"]
            return any(each["seq"] >= seq and each["token"] for each in said)

        await eventually(stamped, seconds=60, what="the time-stamp of the anchor")
        assert (await stage.tocsin("export", crisis.incident, "--out", str(tmp_path / "later"))).code == 0
        judged = await tocsin("verify", str(tmp_path / "later" / crisis.incident), "--json")
        verdict = json.loads(judged.out)
        assert (judged.code, verdict["level"], verdict["proved"]) == (
            0,
            "timestamp",
            ["consistent", "signed", "anchored"],
        )


async def alarm_of(stage: Stage, who: JsPeer) -> Crisis:
    """Raise the alarm with a strict client; return when the card is there."""
    alert = await who.join(stage.alert_alias)
    alarm = await who.send(alert, ALARM)
    card = await who.wait(lambda e: e["event"] == "message" and re.search(CARD, e["body"] or "") is not None)
    incident = re.findall(r"INC-\d{4}-\d{3}", card["body"])[0]
    crisis = Crisis(stage, incident, f"Cellule {incident[4:]}", alert, alarm, card["room"])
    await crisis.settled()
    return crisis


async def anchors(who: JsPeer, room: str) -> tuple[int, str]:
    """The last head of the log that was posted in the room: its number and its digits, as a member reads them."""
    posted = [
        re.search(r"Empreinte n°\s(\d+)\s*: `([0-9a-f ]+)`", event["body"] or "")
        for event in who.events
        if event["event"] == "message" and event["room"] == room
    ]
    last = [found for found in posted if found is not None][-1]
    return int(last[1]), last[2].replace(" ", "")


async def download(stage: Stage, sent: Event) -> bytes:
    """The file of a message, decrypted as any client would."""
    file = sent["content"]["file"]
    server, _, name = file["url"].removeprefix("mxc://").partition("/")
    login = {
        "type": "m.login.password",
        "identifier": {"type": "m.id.user", "user": stage.user_id("karim")},
        "password": stage.passwords["karim"],
    }
    _, session = await stage.server.request("POST", "/_matrix/client/v3/login", login)
    headers = {"Authorization": f"Bearer {session['access_token']}"}
    where = f"{stage.server.url}/_matrix/client/v1/media/download/{server}/{name}"
    async with aiohttp.ClientSession() as http, http.get(where, headers=headers) as answer:
        assert answer.status == 200
        sealed = await answer.read()
    assert not sealed.startswith(b"PK"), "the server holds nothing that it can read"
    return bytes(decrypt_attachment(sealed, file["key"]["k"], file["hashes"]["sha256"], file["iv"]))
