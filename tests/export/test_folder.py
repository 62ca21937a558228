"""The incident file as it is written: to the byte, to the format, and nowhere else."""

from __future__ import annotations

import base64
import csv
import hashlib
import json
import os
import stat
import zipfile
from pathlib import Path
from typing import Any

import pytest
import rfc8785

from bot.domain import log
from bot.export import folder
from bot.export.folder import ExportRefused

GOLDEN = Path(__file__).with_name("golden")
ID = "INC-2026-001"


def everything(root: Path) -> dict[str, bytes]:
    return {p.relative_to(root).as_posix(): p.read_bytes() for p in sorted(root.rglob("*")) if p.is_file()}


def test_the_files_are_those_of_the_golden_export(exported: Path) -> None:
    """But for the PDF, whose bytes are the typesetter's, and so for the manifest, which names its hash."""
    differing = {"journal.pdf", "manifest.json", "manifest.sig"}
    golden, made = everything(GOLDEN / ID), everything(exported)
    assert made.keys() - golden.keys() == {
        *("care.csv", "deadlines.ics", "enquiries.csv", "exports.csv", "guests.csv", "journal.pdf", "releases.csv"),
    }
    assert made["exports.csv"] == b"\xef\xbb\xbfto;at;profile;upto;sha256;size;for\r\n"
    assert {name: made[name] for name in golden.keys() - differing} == {
        name: data for name, data in golden.items() if name not in differing
    }


def test_a_second_export_has_the_same_bytes_zip_and_dates_included(memory: Any, exported: Path, tmp_path: Path) -> None:
    again = folder.write(memory, ID, tmp_path / "elsewhere" / "deep")
    assert everything(again.parent) == everything(exported.parent)
    head = log.from_rfc3339(memory.log[-1].logged_at)
    for path in (again, again / "files", again / "journal.jsonl", again.with_suffix(".zip")):
        assert int(path.stat().st_mtime) == int(head.timestamp())


def test_the_zip_holds_the_folder(exported: Path) -> None:
    with zipfile.ZipFile(exported.with_suffix(".zip")) as packed:
        held = {info.filename: packed.read(info) for info in packed.infolist()}
        assert list(held) == sorted(held)
    assert held == {f"{ID}/{name}": data for name, data in everything(exported).items()}


def test_only_the_owner_can_read_it(exported: Path) -> None:
    for path in (exported, *exported.rglob("*"), exported.with_suffix(".zip")):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600)


def test_nothing_is_left_beside_it(exported: Path) -> None:
    assert sorted(os.listdir(exported.parent)) == [ID, f"{ID}.zip"]


def test_the_manifest_is_canonical_and_lists_every_file(memory: Any, exported: Path, raw_manifest: Any) -> None:
    raw = (exported / "manifest.json").read_bytes()
    assert rfc8785.dumps(raw_manifest) == raw
    files = everything(exported)
    listed = {f["path"]: (f["size"], f["sha256"]) for f in raw_manifest["files"]}
    present = files.keys() - {"manifest.json", "manifest.sig"}
    assert listed == {n: (len(files[n]), hashlib.sha256(files[n]).hexdigest()) for n in present}
    last = memory.log[-1]
    assert raw_manifest["head"] == {"seq": 12, "entry_hash": last.entry_hash, "logged_at": last.logged_at}
    assert (raw_manifest["entries"], raw_manifest["purged"], raw_manifest["withheld"]) == (12, [6], [])
    assert [a["seq"] for a in raw_manifest["anchors"]] == [7]
    assert base64.b64decode(raw_manifest["key"] + "=") == memory.public_key(ID)


def test_tasks_open_in_a_spreadsheet_and_execute_nothing(exported: Path) -> None:
    raw = (exported / "tasks.csv").read_bytes()
    assert raw.startswith(b"\xef\xbb\xbfid;track;phase;title;role;owner;status;critical;due;opened_at;done_at;")
    rows = list(csv.DictReader(raw.decode("utf-8-sig").splitlines(keepends=True), delimiter=";"))
    first, second = rows
    assert first["title"] == "Isoler ; sans éteindre"
    assert b'"Isoler ; sans \xc3\xa9teindre"' in raw
    assert first["owner"] == "'@rssi:chu.example"
    assert first["evidence"] == '\'=HYPERLINK("x")'
    assert (first["opened_at"], first["done_at"]) == (
        "2026-03-28T23:58:07+01:00",
        "2026-03-29T03:00:07+02:00",
    )
    assert (first["status"], first["critical"], second["critical"]) == ("done", "true", "false")
    assert second["title"] == "'-10 °C\nau laboratoire"
    assert second["reason"] == "'+33 6 00 00 00 00"
    assert raw.endswith(b"\r\n")


def test_the_incident_says_what_it_was(memory: Any, exported: Path) -> None:
    told = json.loads((exported / "incident.json").read_bytes())
    assert list(told) == [
        "id",
        "title",
        "scenario",
        "playbook_sha256",
        "drill",
        "severity",
        "phase",
        "status",
        "organisation",
        "kind",
        "timezone",
        "language",
        "opened_at",
        "opened_by",
        "closed_at",
        "moments",
        "people",
        "rooms",
        "head",
    ]
    assert [p["matrix_id"] for p in told["people"]] == ["@dir.martin:chu.example", "@rssi:chu.example"]
    assert told["people"][0]["roles"] == ["director", "coordinator"]
    assert told["opened_at"] == "2026-03-28T22:58:07.250000Z"
    assert told["head"]["entry_hash"] == memory.log[-1].entry_hash


def test_an_export_up_to_an_entry_ends_there(memory: Any, tmp_path: Path) -> None:
    short = folder.write(memory, ID, tmp_path, upto=5)
    assert (short / "journal.jsonl").read_bytes().count(b"\n") == 5
    assert json.loads((short / "manifest.json").read_bytes())["head"]["seq"] == 5


def test_a_file_of_a_later_entry_stays_out_of_a_shorter_export(memory: Any, tmp_path: Path) -> None:
    assert not (folder.write(memory, ID, tmp_path, upto=7) / "files").exists()


@pytest.mark.parametrize("existing", [ID, f"{ID}.zip"])
def test_an_existing_target_is_refused_and_left_as_it_was(memory: Any, tmp_path: Path, existing: str) -> None:
    (tmp_path / existing).write_text("mine")
    with pytest.raises(ExportRefused, match="existe déjà"):
        folder.write(memory, ID, tmp_path)
    assert everything(tmp_path) == {existing: b"mine"}


@pytest.mark.parametrize("incident", ["INC-2026-002", "../INC-2026-001", "", "INC-2026-001/.."])
def test_an_unknown_incident_is_refused(memory: Any, tmp_path: Path, incident: str) -> None:
    with pytest.raises(ExportRefused, match="n’existe pas"):
        folder.write(memory, incident, tmp_path)


def test_a_place_that_is_a_file_is_refused(memory: Any, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("x")
    with pytest.raises(ExportRefused, match="impossible"):
        folder.write(memory, ID, tmp_path / "out")


@pytest.mark.parametrize("path", ["../../x", "/etc/x", "", "a/../b", "a//b", ".."])
def test_a_kept_file_cannot_be_written_elsewhere(memory: Any, tmp_path: Path, path: str) -> None:
    memory.posted = {path: b"x"}
    with pytest.raises(ExportRefused, match="hors de"):
        folder.write(memory, ID, tmp_path / "out")
    assert everything(tmp_path) == {}


def test_refusals_follow_the_reader_s_language(memory: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "en_GB.UTF-8")
    with pytest.raises(ExportRefused, match="does not exist"):
        folder.write(memory, "INC-2026-002", tmp_path)
