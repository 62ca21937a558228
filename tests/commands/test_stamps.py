"""Time-stamps of the log's heads: asked for once an anchor is seen, kept once verified, exported, verified offline."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.domain.log import Entry
from bot.export import folder
from bot.export.verify import main, verify
from bot.stamping import Authority, Stamping, authority
from bot.store import stamps
from bot.store.source import reading
from tests import authority as tsa
from tests.commands.harness import Talk

ID = "INC-2026-001"


def opened(tmp_path: Path) -> Talk:
    """An incident whose opening was anchored, where an authority is configured."""
    talk = Talk(url=f"sqlite:///{tmp_path / 'tocsin.db'}")
    talk.engine.renew(replace(talk.tools, timestamp_authority="configured"))
    talk.say("claire", "!incident rancongiciel Urgences bloquées --gravite 4", "alert")
    talk.join("claire", "karim")
    return talk


def tokens(talk: Talk) -> list[Entry]:
    return [e for e in talk.entries() if e.kind == "anchor" and (e.content or {})["token"] is not None]


@pytest.fixture
async def there() -> AsyncIterator[tuple[tsa.Authority, str]]:
    made = tsa.Authority()
    async with made.serving() as url:
        yield made, url


@pytest.fixture
def talk(tmp_path: Path) -> Talk:
    return opened(tmp_path)


def stamping(talk: Talk, url: str, **more: object) -> Stamping:
    return Stamping(talk.db, talk.clock, talk.tools, Authority(url, timeout=5, **more))  # type: ignore[arg-type]


def written(talk: Talk, out: Path) -> Path:
    with reading(f"sqlite:///{talk.db.path}", talk.tools.passphrase) as source:
        return folder.write(source, ID, out)


async def test_an_anchor_gets_its_token_logged_exported_and_verified(
    talk: Talk, there: tuple[tsa.Authority, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ours, url = there
    asking = stamping(talk, url)
    assert await asking.collect() == 1
    assert await asking.collect() == 0
    assert ours.asked == 1
    (entry,) = tokens(talk)
    assert entry.content is not None
    first = next(e for e in talk.entries() if e.kind == "anchor")
    assert entry.content == {**(first.content or {}), "token": f"anchors/{entry.content['seq']}.tsr"}
    root = await asyncio.to_thread(written, talk, tmp_path / "out")
    manifest = json.loads((root / "manifest.json").read_bytes())
    assert manifest["anchors"] == [{**entry.content, "posted_at": first.logged_at}]
    assert (root / "anchors" / "authority.pem").read_bytes().count(b"BEGIN CERTIFICATE") == 3
    verdict = verify(root)
    assert verdict.faults == ()
    assert (verdict.level, verdict.proved) == ("timestamp", ("consistent", "signed", "anchored"))
    (stamp,) = verdict.stamps
    assert (stamp.seq, stamp.at, stamp.fingerprint) == (entry.content["seq"], ours.at, ours.fingerprint)
    assert main(root, [], None, False, [ours.fingerprint.upper()]) == 0
    assert "Horodaté : « Horodatage d’essai »" in capsys.readouterr().out.replace("\xa0", " ")
    assert main(root, [], None, True, ["ab" * 32]) == 1
    told = json.loads(capsys.readouterr().out)
    assert (told["first_bad"]["what"], told["level"], told["timestamps"]) == ("authority", "none", [])


async def test_the_level_says_qualified_only_where_the_token_does(talk: Talk, tmp_path: Path) -> None:
    async with tsa.Authority(qualified=True).serving() as url:
        assert await stamping(talk, url).collect() == 1
    assert verify(await asyncio.to_thread(written, talk, tmp_path / "out")).level == "qualified_timestamp"


@pytest.mark.parametrize("fault", ["http", "garbage", "status", "digest", "nonce", "signature", "away"])
async def test_what_proves_nothing_is_not_kept_is_said_once_and_asked_for_again(
    talk: Talk, there: tuple[tsa.Authority, str], fault: str
) -> None:
    ours, url = there
    ours.fault = fault
    asking = stamping(talk, url if fault != "away" else "http://127.0.0.1:9/tsa")
    said = []
    for _ in range(8):
        assert await asking.collect() == 0
        assert await asking.collect() == 0  # not before its time
        said += [each.body for each in talk.settle() if each.room == "cell"]
        talk.clock.pass_(timedelta(minutes=31))
    assert ours.asked == (8 if fault != "away" else 0)
    (warned,) = said
    assert warned.startswith("⚠️ Pas d’horodatage pour l’empreinte n°")
    assert not tokens(talk)
    assert [e for e in talk.entries() if e.kind == "system" and (e.content or {})["action"] == "not_stamped"]
    ours.fault = ""
    assert await stamping(talk, url).collect() == 1
    assert len(tokens(talk)) == 1
    assert "L’horodatage est rétabli" in "".join(each.body for each in talk.settle())


async def test_after_an_outage_the_newest_head_is_stamped_and_the_older_are_let_go(
    talk: Talk, there: tuple[tsa.Authority, str]
) -> None:
    ours, url = there
    for _ in range(3):
        talk.say("karim", "toujours rien")
        talk.wait(minutes=61)
    assert await stamping(talk, url).collect() == 1
    talk.clock.pass_(timedelta(hours=1))
    assert await stamping(talk, url).collect() == 0
    posted = [(e.content or {})["seq"] for e in talk.entries() if e.kind == "anchor"]
    assert [(e.content or {})["seq"] for e in tokens(talk)] == [max(posted)]
    assert ours.asked == 1


async def test_a_certificate_that_was_configured_must_be_on_the_way(talk: Talk, tmp_path: Path) -> None:
    right, wrong = tsa.Authority(), tsa.Authority("Une autre")
    (tmp_path / "right.pem").write_bytes(right.pem)
    (tmp_path / "wrong.pem").write_bytes(wrong.pem)
    async with right.serving() as url:
        for name, had in (("wrong.pem", 0), ("right.pem", 1)):
            asking = Stamping(talk.db, talk.clock, talk.tools, authority(url, tmp_path / name))
            assert await asking.collect() == had
            talk.clock.pass_(timedelta(hours=1))


async def test_a_root_that_does_not_come_with_the_token_is_found_among_those_of_the_machine(
    talk: Talk, there: tuple[tsa.Authority, str], tmp_path: Path
) -> None:
    ours, url = there
    ours.inside = [ours.own, ours.inside[1]]
    assert await stamping(talk, url).collect() == 0
    talk.clock.pass_(timedelta(hours=1))
    assert await stamping(talk, url, trusted=(ours.root,)).collect() == 1
    assert verify(await asyncio.to_thread(written, talk, tmp_path / "out")).level == "timestamp"


async def test_what_was_wanted_when_the_process_died_is_asked_for_by_the_next(tmp_path: Path) -> None:
    talk = opened(tmp_path)
    talk.db.close()
    again = Talk(url=f"sqlite:///{tmp_path / 'tocsin.db'}")
    with again.db.reading() as session:
        (wanted,) = stamps.due(session, again.clock.now() + timedelta(hours=1))
    async with tsa.Authority().serving() as url:
        again.clock.pass_(timedelta(hours=1))
        assert await stamping(again, url).collect() == 1
    assert (tokens(again)[0].content or {})["seq"] == wanted.seq
