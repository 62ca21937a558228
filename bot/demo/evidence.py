"""After the story: the log is exported, verified, and compared with what was written in the room.

Guarantee: verification is done by the command line that a stranger would use, against the key and a witness
that were read in the room by a player.
"""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from pathlib import Path
from typing import Any

from bot.demo.play import Play, Written
from bot.demo.process import tocsin
from bot.demo.screen import Unseen


class NotProved(Exception):  # noqa: N818 (it is what was not shown)
    """The export or its verification is not as it must be."""

    def __init__(self, expected: str, got: str) -> None:
        super().__init__(f"{expected}: {got}")
        self.expected = expected
        self.got = got


async def export(scene: Play, out: Path) -> Path:
    """Export by the command line; return the folder. Raises NotProved."""
    ran = await scene.stage.tocsin("export", scene.incident, "--out", str(out))
    folder = out / scene.incident
    if ran.code != 0 or not (folder / "journal.jsonl").exists():
        raise NotProved(f"tocsin export {scene.incident}", ran.err or ran.out)
    return folder


async def verify(scene: Play, folder: Path) -> dict[str, Any]:
    """Verify by the command line against what the room holds; return the verdict. Raises NotProved."""
    anchor, key = witness(scene)
    ran = await tocsin("verify", str(folder), "--anchor", anchor, "--key", key, "--json")
    if ran.code != 0:
        raise NotProved(f"tocsin verify {folder}", ran.out or ran.err)
    verdict: dict[str, Any] = json.loads(ran.out)
    if not verdict["intact"] or set(verdict["proved"]) != {"consistent", "signed", "anchored"}:
        raise NotProved("consistent, signed, anchored", ran.out)
    return verdict


async def altered(scene: Play, folder: Path) -> str:
    """One byte of a copy is changed; return what verifying says of it. Raises NotProved if it is not refused."""
    with tempfile.TemporaryDirectory(prefix="tocsin-altered-") as place:
        copy = Path(place) / folder.name
        shutil.copytree(folder, copy)
        journal = copy / "journal.jsonl"
        data = bytearray(journal.read_bytes())
        middle = data.index(b'"body":"', len(data) // 2) + len(b'"body":"')
        data[middle] ^= 0x01
        journal.write_bytes(data)
        ran = await tocsin("verify", str(copy), language=scene.lang)
    if ran.code != 1:
        raise NotProved("tocsin verify → 1", f"{ran.code}\n{ran.out}")
    return ran.out.strip()


def witness(scene: Play) -> tuple[str, str]:
    """The last fingerprint posted in the room, as SEQ:HASH, and the log's key, as a player reads them."""
    for message in reversed(scene.person("sophie").log(scene.cell)):
        found = re.search(
            r"n[°o]\.?\s*(\d+)\s*:\s*`?((?:[0-9a-f]{4} ?){16})`?.*:\s*`?([A-Za-z0-9+/]{43})`?",
            message.text,
            re.S,
        )
        if found and message.sender == scene.stage.bot_id:
            return f"{found[1]}:{found[2].replace(' ', '')}", found[3]
    raise Unseen(scene.person("sophie").name, "a fingerprint of the log in the room", [])


def compare(scene: Play, folder: Path) -> int:
    """Look for everything that was written in the room: once each, as it was typed. Raises NotProved."""
    lines = (folder / "journal.jsonl").read_text(encoding="utf-8").splitlines()
    entries: list[dict[str, Any]] = [json.loads(line) for line in lines]
    by_event: dict[str, list[dict[str, Any]]] = {}
    for entry in entries:
        if entry["event_id"] is not None:
            by_event.setdefault(entry["event_id"], []).append(entry)
    for written in scene.written:
        _check(scene, written, by_event)
    return len(scene.written)


def _check(scene: Play, written: Written, by_event: dict[str, list[dict[str, Any]]]) -> None:
    found = by_event.get(written.event_id, [])
    what = f"{scene.stage.people[written.who].name} : « {written.text or written.kind} »"
    if len(found) != 1:
        raise NotProved(what, f"× {len(found)}")
    entry = found[0]
    if entry["kind"] != written.kind or entry["sender"] != scene.stage.user_id(written.who):
        raise NotProved(f"{what} ({written.kind})", f"{entry['kind']}, {entry['sender']}")
    content = entry["content"]
    clear = content.get("content") or {}
    body = (clear.get("m.new_content") or clear).get("body")
    if written.kind in ("message", "edit") and body != written.text:
        raise NotProved(what, str(body))
    if written.target is not None and written.target in by_event:
        target = by_event[written.target][0]["seq"]
        if content.get("target") != target:
            raise NotProved(f"{what} → {target}", str(content.get("target")))
