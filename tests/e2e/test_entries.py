"""Whatever happens in an incident's room has its entry, of the right kind, in the file that leaves: on a real homeserver."""

from __future__ import annotations

import asyncio
import hashlib
import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

from nio.crypto.attachments import encrypt_attachment
from nio.crypto.sessions import OutboundGroupSession

from bot.demo.players import Player
from bot.demo.stage import Stage
from bot.export.folder import export
from bot.export.verify import verify
from bot.store import meta
from bot.store.db import Database

from .conftest import Staged
from .crisis import Crisis, api, database, eventually, passphrase, raise_alarm

PHOTO = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40
PROGRAM = b"MZ\x90\x00" + bytes(2000)
KEEP = '[journal]\nkeep_files_up_to = "64kB"'
Line = dict[str, Any]


async def state(stage: Stage, who: Player, room: str, type_: str, content: dict[str, Any]) -> str:
    """Set a state of the room; return its event's id."""
    status, answer = await api(stage, who, "PUT", f"rooms/{quote(room, safe='')}/state/{type_}/", content)
    assert status == 200, answer
    return str(answer["event_id"])


async def post(who: Player, room: str, name: str, data: bytes, *, wrong: str = "", **info: Any) -> str:
    """Post an encrypted file of which the event says the truth, but for what is `wrong`."""
    sealed, key = encrypt_attachment(data)
    answer, _ = await who._nio.upload(lambda *_: sealed, "application/octet-stream", filesize=len(sealed))
    address = who._ok(answer).content_uri
    file = {**key, "url": address}
    if wrong == "hash":
        file["hashes"] = {"sha256": "A" * 43}
    if wrong == "key":
        file["key"] = {**key["key"], "k": "AAAA"}
    if wrong == "address":
        file["url"] = f"{address}gone"
    content = {"msgtype": "m.file", "body": "du poste 12", "filename": name, "file": file, "m.mentions": {}}
    return await who.send(room, content | {"info": {"size": len(data), "mimetype": "image/png"} | info})


def lines_of(folder: Path) -> dict[str, Line]:
    """The log's lines, by their event."""
    lines = [json.loads(line) for line in (folder / "journal.jsonl").read_text("utf-8").splitlines()]
    return {line["event_id"] or str(line["seq"]): line for line in lines}


async def exported(crisis: Crisis, out: Path) -> tuple[Path, dict[str, Line]]:
    await crisis.settled(seconds=60)
    folder = export(database(crisis.stage), crisis.incident, out, passphrase(crisis.stage))
    assert verify(folder).intact
    return folder, lines_of(folder)


async def test_whatever_happens_in_the_room_has_its_entry(staged: Staged, tmp_path: Path) -> None:
    stage = await staged(more=KEEP)
    claire, karim = await stage.player("claire"), await stage.player("karim")
    crisis = await raise_alarm(stage, claire)
    room = crisis.room
    await karim.joined(crisis.name)
    kinds: dict[str, str] = {}
    happened: dict[str, str] = {}

    def note(name: str, kind: str, event_id: str) -> str:
        kinds[name], happened[name] = kind, event_id
        return event_id

    # What people say
    text = note("text", "message", await karim.say(room, "Le PACS ne répond plus"))
    for msgtype in ("m.notice", "m.emote"):
        note(msgtype, "message", await karim.send(room, {"msgtype": msgtype, "body": "est sur place"}))
    note("reply", "message", await claire.say(room, "Depuis quand ?", reply_to=text))
    thread = {"rel_type": "m.thread", "event_id": text, "is_falling_back": True, "m.in_reply_to": {"event_id": text}}
    note("thread", "message", await claire.send(room, {"msgtype": "m.text", "body": "fil", "m.relates_to": thread}))
    note("edit", "edit", await karim.edit(room, text, "Le PACS ne répond plus depuis 14 h"))
    reaction = note("reaction", "reaction", await claire.react(room, text, "👀"))
    gone = note("withdrawn", "message", await karim.say(room, "Le bloc reprend à 15 h"))
    await crisis.settled()
    note("reaction withdrawn", "redaction", await claire.withdraw(room, reaction))
    note("withdrawal", "redaction", await karim.withdraw(room, gone, "mauvais salon"))
    place = {"msgtype": "m.location", "body": "Le poste de crise", "geo_uri": "geo:48.85,2.35"}
    note("location", "message", await karim.send(room, place))
    for prefix in ("m.", "org.matrix.msc3381."):
        answers = [{"id": "1", "org.matrix.msc1767.text": "Nadia"}, {"id": "2", "org.matrix.msc1767.text": "Karim"}]
        asked = {"question": {"org.matrix.msc1767.text": "Qui appelle ?"}, "answers": answers, "max_selections": 1}
        poll = note(
            f"{prefix} poll", "message", await karim.send(room, {f"{prefix}poll.start": asked}, f"{prefix}poll.start")
        )
        chosen = {
            f"{prefix}poll.response": {"answers": ["2"]},
            "m.relates_to": {"rel_type": "m.reference", "event_id": poll},
        }
        note(f"{prefix} vote", "message", await claire.send(room, chosen, f"{prefix}poll.response"))
    sticker = {"body": "pouce", "url": "mxc://x/y", "info": {}}
    note("sticker", "message", await karim.send(room, sticker, "m.sticker"))
    call = {"call_id": "c1", "version": "1", "lifetime": 60000, "offer": {"type": "offer", "sdp": "v=0"}}
    note("call", "call", await karim.send(room, call, "m.call.invite"))
    note("hangup", "call", await karim.send(room, {"call_id": "c1", "version": "1"}, "m.call.hangup"))
    note("unknown", "message", await karim.send(room, {"x": [1, {"y": None}]}, "org.example.inconnu"))

    # Files
    files = {
        "photo": (PHOTO, {}),
        "program": (PROGRAM, {}),
        "heavy": (bytes(80_000), {}),
        "liar": (bytes(80_000), {"size": 3}),
    }
    for name, (data, info) in files.items():
        note(name, "file", await post(karim, room, f"{name}.png", data, **info))
    for wrong in ("hash", "key", "address"):
        note(wrong, "file", await post(karim, room, "faux.png", PHOTO, wrong=wrong))

    # Who comes and goes, and what the room is
    guest = await stage.server.register(f"{stage.user_id('invite')[1:].partition(':')[0]}", "mot-de-passe")
    where = f"rooms/{quote(room, safe='')}"
    async with Player(stage.server.url, guest, "mot-de-passe", "Invité", accepts=False) as visitor:
        changes = []
        for who, act in ((claire, "invite"), (visitor, "join"), (claire, "kick"), (claire, "ban"), (claire, "unban")):
            body = {} if act == "join" else {"user_id": guest}
            status, answer = await api(stage, who, "POST", f"{where}/{act}", body)
            assert status == 200, (act, answer)
            changes.append(act)
    note("name", "state", await state(stage, claire, room, "m.room.name", {"name": crisis.name}))
    note("topic", "state", await state(stage, claire, room, "m.room.topic", {"topic": "Point à 15 h"}))
    note("avatar", "state", await state(stage, claire, room, "m.room.avatar", {"url": "mxc://x/z"}))
    levels = (await crisis.state())["m.room.power_levels", ""]["content"]
    note(
        "power",
        "state",
        await state(stage, claire, room, "m.room.power_levels", levels | {"notifications": {"room": 100}}),
    )

    # What cannot be read, and then can
    olm = karim._nio.olm
    olm.create_outbound_group_session(room)
    sealed = olm.outbound_group_sessions[room].pickle()
    olm.outbound_group_sessions[room].mark_as_shared()
    late = note("late", "undecryptable", await karim.say(room, "Ce que personne ne peut lire"))
    await eventually(lambda: crisis.logged(late), what="the entry of what cannot be read")
    olm.outbound_group_sessions[room] = OutboundGroupSession.from_pickle(sealed)
    await karim._nio.share_group_session(room, ignore_unverified_devices=True)
    del olm.outbound_group_sessions[room]
    await eventually(lambda: any(e.kind == "decrypted" for e in crisis.entries()), what="what could be read later")
    await eventually(lambda: not any(_pending(e.content) for e in crisis.entries()), what="the files")

    folder, lines = await exported(crisis, tmp_path / "out")
    assert {name: lines[event]["kind"] for name, event in happened.items()} == kinds
    said = {name: lines[event]["content"] for name, event in happened.items()}
    seq = {name: lines[event]["seq"] for name, event in happened.items()}
    by_bot = {line["kind"] for line in lines.values() if line["sender"] == stage.bot_id}
    assert {"message", "state", "membership"} <= by_bot, "the bot's own too"

    assert said["m.emote"]["content"]["msgtype"] == "m.emote"
    assert (said["reply"]["reply_to"], said["thread"]["thread"]) == (text, text)
    assert (said["edit"]["target"], said["reaction"]["target"]) == (seq["text"], seq["text"])
    assert said["reaction withdrawn"]["target"] == seq["reaction"]
    assert said["withdrawn"]["content"]["body"] == "Le bloc reprend à 15 h", "the original stays"
    assert (said["withdrawal"]["target"], said["withdrawal"]["content"]["reason"]) == (
        seq["withdrawn"],
        "mauvais salon",
    )
    assert "geo:48.85,2.35" in said["location"]["text"]
    for prefix in ("m.", "org.matrix.msc3381."):
        assert said[f"{prefix} poll"]["text"] == "Qui appelle ? (1) Nadia (2) Karim"
        vote = said[f"{prefix} vote"]
        assert (vote["text"], vote["target"]) == ("Karim", seq[f"{prefix} poll"])
    assert said["unknown"]["content"] == {"x": [1, {"y": None}]}
    assert (said["unknown"]["type"], said["call"]["type"]) == ("org.example.inconnu", "m.call.invite")
    assert all(said[name]["encrypted"] for name in ("text", "call", "unknown", "sticker", "location"))

    photo = said["photo"]["file"]
    assert photo["sha256"] == hashlib.sha256(PHOTO).hexdigest()
    assert (folder / photo["path"]).read_bytes() == PHOTO
    assert len(list((folder / "files").iterdir())) == 1, "only what may be kept is there"
    reasons = {"program": "program", "heavy": "too_large", "liar": "too_large", "hash": "altered", "key": "bad_key"}
    for name, why in {**reasons, "address": "not_found"}.items():
        assert said[name]["not_kept"] == why, name
        assert len(said[name]["described"]["ciphertext_sha256"]) == 64
    assert said["program"]["described"]["sha256"] == hashlib.sha256(PROGRAM).hexdigest()
    for name in ("heavy", "liar"):
        assert said[name]["described"]["sha256"] == hashlib.sha256(bytes(80_000)).hexdigest(), "hashed as it passed"

    members = [line["content"] for line in lines.values() if (line["content"] or {}).get("state_key") == guest]
    assert [each["change"] for each in members] == changes
    assert said["topic"]["content"] == {"topic": "Point à 15 h"}

    assert (said["late"]["why"], said["late"]["type"]) == ("no_key", "m.room.encrypted")
    (found,) = [line for line in lines.values() if line["kind"] == "decrypted"]
    assert (found["event_id"], found["content"]["target"]) == (None, seq["late"])
    assert found["content"]["content"]["body"] == "Ce que personne ne peut lire"


async def test_what_happened_while_the_bot_was_dead_is_all_there_even_what_no_sync_brought(
    staged: Staged, tmp_path: Path
) -> None:
    stage = await staged()
    claire, karim = await stage.player("claire"), await stage.player("karim")
    crisis = await raise_alarm(stage, claire)
    await karim.joined(crisis.name)
    await karim.ask(crisis.room, "!statut")
    await crisis.settled()
    await stage.bot.kill()
    photo = await karim.attach(crisis.room, "nuit.png", PHOTO, "image/png", "le couloir")
    for n in range(3):
        await karim.say(crisis.room, f"Le bot est mort, {n}")
    await stage.bot.start()
    await crisis.settled(seconds=60)
    await eventually(lambda: "file" in (crisis.logged(photo)[0].content or {}), what="the file")
    (back,) = await eventually(lambda: crisis.actions("caught_up") or None, what="the end of the interruption")
    assert (back["after"], back["messages"]) == ("started", 4)
    assert back["from"] < back["to"]

    assert await stage.bot.stop() == 0
    lost = [
        await karim.say(crisis.room, "Ceci, aucun /sync ne l’apportera"),
        await karim.react(crisis.room, photo, "👀"),
    ]
    await _skip(stage)
    await stage.bot.start()
    walked = await eventually(
        lambda: [w for w in crisis.actions("walked") if w["missing"]] or None, what="the comparison"
    )
    assert walked[0]["missing"] == lost
    assert walked[0]["server"] - walked[0]["ours"] == 2
    told = await karim.hears(crisis.room, "2 événements qui manquaient", sender=stage.bot_id)
    assert told.rings == ()
    _, lines = await exported(crisis, tmp_path / "out")
    assert [lines[event]["kind"] for event in lost] == ["message", "reaction"]
    assert lines[lost[0]]["content"]["content"]["body"].startswith("Ceci")
    assert [len(crisis.actions(name)) for name in ("started", "stopped")] == [2, 1]


async def _skip(stage: Stage) -> None:
    """Let the homeserver believe that the bot has read everything: what came meanwhile is in no later /sync."""
    session = json.loads((stage.folder / "data" / "crypto" / "session.json").read_text())
    db = Database(database(stage))
    try:
        with db.transaction() as store:
            since = meta.get(store, "sync_token")
        path = f"/_matrix/client/v3/sync?timeout=0&since={quote(since or '')}"
        status, answer = await stage.server.request("GET", path, None, session["access_token"])
        assert status == 200
        with db.transaction() as store:
            meta.put(store, "sync_token", answer["next_batch"])
    finally:
        await asyncio.to_thread(db.close)


def _pending(content: object) -> bool:
    return isinstance(content, dict) and content.get("not_kept") == "pending"
