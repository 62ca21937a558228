"""Files that people post: the log tells of each with its bytes' own hash, or says why not; a room does not wait for long."""

from __future__ import annotations

import asyncio
import hashlib
import json
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pyzipper.zipfile_aes import AESZipFile
from sqlmodel import select

from bot import drift
from bot.domain.log import Entry
from bot.domain.profiles import find
from bot.domain.registers import Attachment, FileGone, Keeping, Measured
from bot.engine import Engine, Outside
from bot.exhibits import Exhibits
from bot.export.folder import make, write
from bot.export.verify import verify
from bot.keeping import GIVE_UP_AFTER, Keeper
from bot.matrix.rooms import follow
from bot.matrix.verification import decline_in_room
from bot.quarantine import PASSWORD
from bot.store import blobs, posted
from bot.store.source import StoreSource
from bot.store.tables import Blob, Journal
from bot.waiting import PATIENCE, FileWait
from tests.commands.cast import BOT
from tests.commands.harness import Talk, talk_in_crisis

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256))
MOST = 4096
KEY = {"url": "mxc://secours.example/abc", "key": {"k": "x"}, "iv": "x", "hashes": {"sha256": "A" * 43}}


class Media:
    """What the homeserver's content repository gives, by the file's name."""

    def __init__(self) -> None:
        self.files: dict[str, bytes | str | None] = {}
        self.asked: list[str] = []
        self.passed: dict[str, bytes | str | None] = {}
        """What is too large to be read, and passes by."""

    async def measure(self, file: Attachment) -> Measured | None:
        found = self.passed.get(file.name, "too_large")
        if isinstance(found, str):
            raise FileGone(found)
        return found if found is None else Measured(hashlib.sha256(found).hexdigest(), len(found))

    async def read(self, file: Attachment) -> bytes | None:
        self.asked.append(file.name)
        found = self.files.get(file.name, "not_found")
        if isinstance(found, str):
            raise FileGone(found)
        return found


def keeping(talk: Talk, media: Media, *, quarantined: bool = False) -> Keeper:
    """Let this conversation's bot wait for files, and read them."""
    outside = Outside(follow, decline_in_room)
    files = FileWait(lambda: None, BOT)
    talk.engine = Engine(talk.db, talk.clock, talk.tools, outside, lambda: None, files=files)
    return Keeper(talk.db, talk.clock, media.read, media.measure, MOST, quarantined=quarantined)


@pytest.fixture
def media() -> Media:
    return Media()


@pytest.fixture
def talk() -> Talk:
    return talk_in_crisis()


@pytest.fixture
def keeper(talk: Talk, media: Media) -> Keeper:
    return keeping(talk, media)


def post(talk: Talk, name: str, size: int | None = None, **info: Any) -> str:
    content = {"filename": name, "file": KEY, "info": {"mimetype": "image/png", "size": size or len(PNG)} | info}
    return talk.post("karim", name, msgtype="m.image", extra=content)


def told(talk: Talk, event_id: str) -> list[Entry]:
    """The entries that tell of a file: its event's own, and those that came after."""
    entries = talk.entries()
    (own,) = [entry for entry in entries if entry.event_id == event_id]
    return [own] + [e for e in entries if e.kind == "file" and (e.content or {}).get("target") == own.seq]


async def test_the_entry_of_a_file_has_its_bytes_own_hash(talk: Talk, media: Media, keeper: Keeper) -> None:
    media.files["écran 12.png"] = PNG
    event_id = post(talk, "écran 12.png")
    after = talk.post("karim", "vous voyez ?")
    talk.settle()
    assert {event_id, after}.isdisjoint({e.event_id for e in talk.entries()}), "the room waits, in order"
    assert await keeper.collect() == 1
    talk.settle()
    (entry,) = told(talk, event_id)
    digest = hashlib.sha256(PNG).hexdigest()
    assert (entry.content or {})["file"] == {
        "path": f"files/{entry.seq:04d}-_cran_12.png",
        "name": "écran 12.png",
        "size": len(PNG),
        "sha256": digest,
        "mimetype": "image/png",
    }
    assert [e.event_id for e in talk.entries() if e.event_id in (event_id, after)] == [event_id, after]
    with talk.db.reading() as session:
        assert blobs.get(session, digest) == PNG


async def test_a_room_does_not_wait_for_long_and_what_comes_late_is_told_in_an_entry_of_its_own(
    talk: Talk, media: Media, keeper: Keeper
) -> None:
    media.files = {"a.png": None, "b.png": None}
    slow = post(talk, "a.png")
    command = talk.post("karim", "!note la lumière revient")
    talk.settle()
    assert await keeper.collect() == 0
    talk.clock.pass_(PATIENCE)
    talk.settle()
    (entry,) = told(talk, slow)
    assert (entry.content or {})["not_kept"] == "pending"
    assert command in {e.event_id for e in talk.entries()}
    next_one = post(talk, "b.png")
    talk.settle()
    assert (told(talk, next_one)[0].content or {})["not_kept"] == "pending", "nobody waits again just now"

    media.files = {"a.png": PNG, "b.png": PNG}
    talk.clock.pass_(timedelta(minutes=10))
    assert await keeper.collect() == 2
    _own, late = told(talk, slow)
    assert late.event_id is None
    assert (late.content or {})["file"]["path"] == f"files/{late.seq:04d}-a.png"
    assert (late.content or {})["file"]["sha256"] == hashlib.sha256(PNG).hexdigest()
    assert await keeper.collect() == 0


async def test_one_slow_file_among_many_costs_its_room_one_wait(talk: Talk, media: Media, keeper: Keeper) -> None:
    media.files = {f"{n}.png": None for n in range(5)}
    events = [post(talk, f"{n}.png") for n in range(5)]
    talk.settle()
    talk.clock.pass_(PATIENCE)
    talk.settle()
    assert set(events) <= {e.event_id for e in talk.entries()}


async def test_a_download_that_stalls_holds_up_no_other(
    talk: Talk, media: Media, keeper: Keeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    stalled, read = asyncio.Event(), media.read

    async def stalling(file: Attachment) -> bytes | None:
        if file.name == "0.png":
            await stalled.wait()
        return await read(file)

    monkeypatch.setattr(keeper, "_read", stalling)
    media.files = {f"{n}.png": PNG for n in range(9)}
    slow = post(talk, "0.png")
    events = [post(talk, f"{n}.png") for n in range(1, 8)]
    talk.settle()

    def kept(event_id: str) -> bool:
        with talk.db.reading() as session:
            found = posted.get(session, event_id)
            return found is not None and found.state == posted.KEPT

    async def until_kept(wanted: list[str]) -> None:
        async with asyncio.timeout(30):
            while not all(map(kept, wanted)):  # noqa: ASYNC110 - bounded, for what the store says
                await asyncio.sleep(0.01)

    running = asyncio.create_task(keeper.run())
    try:
        await until_kept(events)
        talk.clock.pass_(PATIENCE)
        later = post(talk, "8.png")
        talk.settle()
        keeper.wake()
        await until_kept([later])
        assert not kept(slow)
        stalled.set()
        await until_kept([slow])
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


@pytest.mark.parametrize("watched", [True, False])
async def test_a_room_does_not_wait_for_longer_where_the_clock_is_set_back(
    talk: Talk, media: Media, keeper: Keeper, *, watched: bool
) -> None:
    media.files = {"a.png": None, "b.png": PNG}
    event_id = post(talk, "a.png")
    talk.settle()
    assert await keeper.collect() == 0
    hour = timedelta(hours=1)
    talk.clock.pass_(-hour)
    if watched:
        with talk.db.transaction() as session:
            drift.stepped(session, talk.tools, -hour, talk.clock.now())
    else:
        with talk.db.transaction() as session:
            for row in session.exec(select(Journal)):
                row.not_before = None
    talk.settle()
    talk.clock.pass_(PATIENCE)
    media.files["a.png"] = PNG
    assert await keeper.collect() == 1, "asked for again, as long after as ever"
    talk.settle()
    assert told(talk, event_id)
    talk.clock.pass_(PATIENCE)
    last = post(talk, "c.png")
    talk.settle()
    assert last not in {e.event_id for e in talk.entries()}, "one may wait again"


@pytest.mark.parametrize(
    ("name", "held", "size", "why"),
    [
        ("lourd.png", PNG, MOST + 1, "too_large"),
        ("menteur.png", "too_large", 3, "too_large"),
        ("facture.exe", PNG, None, "program"),
        ("rapport.pdf", b"MZ" + bytes(40), None, "program"),
        ("sauvegarde.zip", b"PK\x03\x04" + bytes(40), None, "program"),
        ("perdu.png", "not_found", None, "not_found"),
        ("faux.png", "altered", None, "altered"),
        ("clef.png", "bad_key", None, "bad_key"),
    ],
)
async def test_what_is_not_kept_is_described_with_the_reason(
    talk: Talk, media: Media, keeper: Keeper, name: str, held: bytes | str, size: int | None, why: str
) -> None:
    media.files[name] = held
    event_id = post(talk, name, size)
    talk.settle()
    assert await keeper.collect() == 1
    talk.settle()
    (entry,) = told(talk, event_id)
    content = entry.content or {}
    assert content["not_kept"] == why
    described = content["described"]
    assert (described["name"], described["announced_size"]) == (name, size or len(PNG))
    assert described["ciphertext_sha256"] == "00" * 32
    assert ("sha256" in described) == (why == "program"), "a hash is said of what was read, and of nothing else"
    if why == "program":
        assert described["sha256"] == hashlib.sha256(held if isinstance(held, bytes) else b"").hexdigest()
    if size == MOST + 1:
        assert media.asked == [], "too large by its own word: not even fetched"
    with talk.db.reading() as session:
        assert not session.exec(select(Blob)).all()


async def test_a_file_too_large_to_be_kept_is_hashed_all_the_same(talk: Talk, media: Media, keeper: Keeper) -> None:
    media.files["menteur.png"] = "too_large"
    media.passed = {"lourd.img": PNG * 20, "menteur.png": PNG * 30, "absent.img": None, "altéré.img": "altered"}
    events = {name: post(talk, name, MOST + 1 if name != "menteur.png" else 3) for name in media.passed}
    talk.settle()
    assert await keeper.collect() == 3
    assert "lourd.img" not in media.asked, "never held whole"
    talk.clock.pass_(GIVE_UP_AFTER + PATIENCE)
    assert await keeper.collect() == 1
    talk.settle()
    said = {name: told(talk, event)[-1].content or {} for name, event in events.items()}
    for name, times in (("lourd.img", 20), ("menteur.png", 30)):
        assert said[name]["not_kept"] == "too_large"
        assert said[name]["described"]["sha256"] == hashlib.sha256(PNG * times).hexdigest()
        assert said[name]["described"]["size"] == len(PNG) * times
    assert said["altéré.img"]["not_kept"] == "altered"
    assert said["absent.img"]["not_kept"] == "too_large", "a day in vain: what is known stays"
    assert "sha256" not in said["absent.img"]["described"]
    with talk.db.reading() as session:
        assert not session.exec(select(Blob)).all()


async def test_a_program_in_quarantine_lies_in_a_zip_under_a_password(talk: Talk, media: Media, tmp_path: Path) -> None:
    program = b"MZ" + bytes(range(256))
    keeper, media.files["facture.exe"] = keeping(talk, media, quarantined=True), program
    event_id = post(talk, "facture.exe")
    talk.settle()
    assert await keeper.collect() == 1
    talk.settle()
    talk.say("karim", "!preuve le programme reçu", reply_to=event_id)
    await Exhibits(talk.db, talk.clock, talk.tools, media.read, quarantined=True).collect()
    card = talk.say("karim", "!preuve P1")[-1]
    (entry,) = told(talk, event_id)
    said = (entry.content or {})["file"]
    assert said["path"] == f"files/quarantine/{entry.seq:04d}-facture.exe.zip"
    digest = hashlib.sha256(program).hexdigest()
    assert (said["quarantined"]["sha256"], said["quarantined"]["size"]) == (digest, len(program))
    cell = talk.cell
    assert (cell.evidence[1].sha256, cell.evidence[1].location) == (digest, said["path"])
    assert "en quarantaine" in card.body
    assert "infected" in card.body
    with talk.db.reading() as session:
        assert all(program not in blob.data for blob in session.exec(select(Blob)).all())

    folder = exported(talk, tmp_path / "whole")
    with talk.db.reading() as session:
        source = StoreSource(session, talk.tools.passphrase)
        partial = [
            make(source, cell.incident.id, tmp_path / name, profile=find(name)).folder
            for name in ("cnil", "ars", "retex")
        ]
    assert verify(folder).intact
    zipped = (folder / said["path"]).read_bytes()
    assert hashlib.sha256(zipped).hexdigest() == said["sha256"]
    assert "DANGER" in (folder / "files/quarantine/README.txt").read_text()
    assert {(folder / each).stat().st_mode & 0o777 for each in ("files", "files/quarantine")} == {0o700}
    with zipfile.ZipFile(folder / said["path"]) as plain, pytest.raises((RuntimeError, NotImplementedError)):
        plain.read("facture.exe")
    with AESZipFile(folder / said["path"]) as archive:
        assert archive.read("facture.exe", pwd=PASSWORD.encode()) == program
    assert not [each for made in partial for each in (made / "files").rglob("*")]


async def test_a_program_in_quarantine_is_purged_as_any_file(talk: Talk, media: Media) -> None:
    keeper, media.files["facture.exe"] = keeping(talk, media, quarantined=True), b"MZ" + bytes(64)
    event_id = post(talk, "facture.exe")
    talk.settle()
    await keeper.collect()
    talk.settle()
    (entry,) = told(talk, event_id)
    incident = talk.incident
    with talk.db.transaction() as session:
        assert posted.forget(session, incident, [entry.seq]) == [(entry.content or {})["file"]["sha256"]]
    with talk.db.reading() as session:
        assert not session.exec(select(Blob)).all()


async def test_a_size_or_a_type_that_is_not_the_announced_one_is_said(talk: Talk, media: Media, keeper: Keeper) -> None:
    media.files["a.png"] = b"pas une image"
    event_id = post(talk, "a.png", 7)
    talk.settle()
    await keeper.collect()
    talk.settle()
    content = told(talk, event_id)[0].content or {}
    assert (content["announced_size"], content["file"]["size"], content["doubt"]) == (7, 13, "not_its_type")


@pytest.mark.parametrize(
    "name", ["\x00.png", "\ud800", "../../etc/passwd", "x" * 5000, ".htaccess", "", "\u202egnp.exe"]
)
async def test_no_name_leads_anywhere(talk: Talk, media: Media, keeper: Keeper, name: str, tmp_path: Path) -> None:
    media.files[name] = PNG
    event_id = post(talk, name)
    talk.settle()
    await keeper.collect()
    talk.settle()
    (entry,) = told(talk, event_id)
    content = entry.content or {}
    if "file" in content:
        path = content["file"]["path"]
        assert path.startswith(f"files/{entry.seq:04d}-")
        assert "/" not in path.removeprefix("files/")
    folder = exported(talk, tmp_path)
    assert verify(folder).intact
    if "file" in content:
        assert (folder / content["file"]["path"]).read_bytes() == PNG


async def test_a_file_that_cannot_be_had_for_a_day_is_given_up(talk: Talk, media: Media, keeper: Keeper) -> None:
    media.files["a.png"] = None
    event_id = post(talk, "a.png")
    talk.settle()
    assert await keeper.collect() == 0
    talk.clock.pass_(PATIENCE)
    talk.settle()
    talk.clock.pass_(GIVE_UP_AFTER + timedelta(minutes=6))
    assert await keeper.collect() == 1
    assert [(e.content or {})["not_kept"] for e in told(talk, event_id)] == ["pending", "unavailable"]


async def test_the_same_picture_twice_is_two_files_and_one_content(
    talk: Talk, media: Media, keeper: Keeper, tmp_path: Path
) -> None:
    media.files["a.png"] = PNG
    events = [post(talk, "a.png") for _ in range(2)]
    talk.settle()
    assert await keeper.collect() == 2
    talk.settle()
    seqs = [told(talk, event)[0].seq for event in events]
    folder = exported(talk, tmp_path)
    assert sorted(p.name for p in (folder / "files").iterdir()) == [f"{seq:04d}-a.png" for seq in seqs]
    assert verify(folder).intact
    digest = hashlib.sha256(PNG).hexdigest()
    incident = talk.incident
    with talk.db.transaction() as session:
        assert posted.forget(session, incident, [seqs[0]]) == [], "another entry has the same bytes"
        assert blobs.get(session, digest) == PNG
        assert posted.forget(session, incident, [seqs[1]]) == [digest]
        assert blobs.get(session, digest) is None


async def test_evidence_is_the_file_that_the_log_holds_and_not_a_second_copy(
    talk: Talk, media: Media, keeper: Keeper, tmp_path: Path
) -> None:
    media.files = {"a.png": PNG, "b.exe": b"MZ", "c.png": "altered"}
    exhibits = Exhibits(talk.db, talk.clock, talk.tools, media.read)
    events = [post(talk, name) for name in media.files]
    talk.settle()
    await keeper.collect()
    talk.settle()
    for number, event_id in enumerate(events, 1):
        talk.say("karim", f"!preuve pièce {number}", reply_to=event_id)
    asked = len(media.asked)
    assert await exhibits.collect() == 3
    assert len(media.asked) == asked, "nothing is fetched twice"
    kept, program, lost = talk.cell.evidence.values()
    assert (kept.keeping, kept.location) == (Keeping.KEPT, f"files/{told(talk, events[0])[0].seq:04d}-a.png")
    assert (program.keeping, program.why) == (Keeping.DESCRIBED, "program")
    assert program.sha256 == hashlib.sha256(b"MZ").hexdigest()
    assert (lost.keeping, lost.why, lost.sha256) == (Keeping.LOST, "altered", None)
    folder = exported(talk, tmp_path)
    assert len(list((folder / "files").iterdir())) == 1
    assert verify(folder).intact


async def test_a_caption_that_registers_waits_for_its_file_and_the_exhibit_has_its_hash(
    talk: Talk, media: Media, keeper: Keeper
) -> None:
    media.files["a.png"] = PNG
    content = {"filename": "a.png", "file": KEY, "info": {"mimetype": "image/png"}}
    talk.post("karim", "!preuve écran de rançon", msgtype="m.image", extra=content)
    talk.settle()
    assert not talk.cell.evidence
    await keeper.collect()
    talk.settle()
    await Exhibits(talk.db, talk.clock, talk.tools, media.read).collect()
    assert talk.cell.evidence[1].sha256 == hashlib.sha256(PNG).hexdigest()


async def test_what_we_post_ourselves_is_kept_without_being_fetched(talk: Talk, media: Media, keeper: Keeper) -> None:
    content = {"msgtype": "m.file", "body": "x", "filename": "x.zip", "file": KEY, "fr.tocsin.id": "made-up"}
    talk.post("karim", "x", msgtype="m.file", extra=content)
    talk.settle()
    await keeper.collect()
    talk.settle()
    (entry,) = [e for e in talk.entries() if e.kind == "file"]
    assert "file" not in json.loads(json.dumps(entry.content)), "a marker that somebody copied proves nothing"


def exported(talk: Talk, out: Path) -> Path:
    incident = talk.incident
    with talk.db.reading() as session:
        return write(StoreSource(session, talk.tools.passphrase), incident, out)
