"""`!exporter`: the log is anchored, then the file goes to who asked, in their direct room, and it verifies."""

from __future__ import annotations

import asyncio
from pathlib import Path

from bot.deliveries import Deliveries
from bot.export.verify import Anchor, verify
from bot.store import blobs
from tests.commands.cast import matrix_id
from tests.commands.harness import Talk


def test_the_file_is_anchored_sent_to_who_asked_and_verifies(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'tocsin.db'}"
    talk = Talk(url=url)
    talk.say("claire", "!incident rancongiciel Urgences bloquées --gravite 4", "alert")
    talk.join("claire", "karim", "pmartin")
    talk.say("karim", "!fait 1")
    said = talk.say("pmartin", "!exporter")
    anchor = next(each for each in said if each.key.startswith("anchor:"))
    deliveries = Deliveries(talk.db, url, talk.clock, talk.tools)
    assert asyncio.run(deliveries.deliver()) == 1
    (sent,) = [each for each in talk.settle() if each.kind == "file"]
    assert sent.room == "dm:pmartin"
    assert sent.payload["filename"] == "INC-2026-001.zip"
    with talk.db.reading() as session:
        data = blobs.get(session, sent.payload["blob"])
    assert data is not None
    package = tmp_path / "INC-2026-001.zip"
    package.write_bytes(data)
    seq, digest = anchor.key.split(":")[2:]
    verdict = verify(package, [Anchor(int(seq), digest)])
    assert verdict.intact
    assert verdict.proved == ("consistent", "signed", "anchored")
    entry = talk.entries()[-1]
    assert (entry.kind, entry.sender) == ("export", matrix_id("pmartin"))
    assert asyncio.run(deliveries.deliver()) == 0
    talk.db.close()
