"""What could be hidden from the verifier in the envelope: in a zip another program would read otherwise, under names that
lead elsewhere or that a system takes for one another, in JSON that readers understand differently."""

from __future__ import annotations

import io
import json
import shutil
import stat
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bot.domain import log
from bot.export.verify import UnreadableError, verify
from bot.export.verify.manifest import to_base64

from .test_forgery import anew, rewritten

Members = dict[str, bytes]


def members(exported: Path) -> Members:
    return {p.relative_to(exported).as_posix(): p.read_bytes() for p in sorted(exported.rglob("*")) if p.is_file()}


def zipped(files: Members, *, more: Callable[[zipfile.ZipFile], None] = lambda packed: None) -> bytes:
    place = io.BytesIO()
    with zipfile.ZipFile(place, "w", zipfile.ZIP_DEFLATED) as packed:
        more(packed)
        for name, data in files.items():
            packed.writestr(name, data)
    return place.getvalue()


def _unlisted(packed: zipfile.ZipFile) -> None:
    """A member that the list at the end does not name: what reads from the start finds it first."""
    packed.writestr("journal.jsonl", b'{"seq":1}\n')
    del packed.NameToInfo[packed.filelist.pop().filename]


def _folder_with_bytes(packed: zipfile.ZipFile) -> None:
    packed.writestr(zipfile.ZipInfo("virus.exe/"), b"MZ")


def _commented(packed: zipfile.ZipFile) -> None:
    packed.comment = b"read me first"


def _by_two_names(packed: zipfile.ZipFile) -> None:
    info, other = zipfile.ZipInfo("tasks.csv"), b"../../tasks.csv"
    info.extra = struct.pack("<HHBI", 0x7075, 5 + len(other), 1, zlib.crc32(b"tasks.csv")) + other
    packed.writestr(info, b"x")


def _pipe(packed: zipfile.ZipFile) -> None:
    info = zipfile.ZipInfo("tasks.csv")
    info.external_attr = (stat.S_IFIFO | 0o600) << 16
    packed.writestr(info, b"")


def cut(files: Members) -> bytes:
    """A name that ends, for some, at a zero byte."""
    rest = dict(files)
    tasks = rest.pop("tasks.csv")
    return zipped({**rest, "tasks.csv#.exe": tasks}).replace(b"tasks.csv#.exe", b"tasks.csv\0.exe")


FORGED: dict[str, Callable[[Members], bytes]] = {
    "a member beside the list": lambda files: zipped(files, more=_unlisted),
    "a folder that holds bytes": lambda files: zipped(files, more=_folder_with_bytes),
    "a comment": lambda files: zipped(files, more=_commented),
    "a program before it": lambda files: b"MZ" + zipped(files),
    "another log before it": lambda files: files["journal.jsonl"][:-200] + zipped(files),
    "bytes after it": lambda files: zipped(files) + b"more",
    "another zip before it": lambda files: zipped({"journal.jsonl": b"{}\n"}) + zipped(files),
    "two names": lambda files: zipped({n: d for n, d in files.items() if n != "tasks.csv"}, more=_by_two_names),
    "a pipe": lambda files: zipped({n: d for n, d in files.items() if n != "tasks.csv"}, more=_pipe),
    "a name cut at a zero": cut,
    "outside, above": lambda files: zipped({f"../{name}": data for name, data in files.items()}),
    "outside, from the top": lambda files: zipped({f"/{name}": data for name, data in files.items()}),
    "another case": lambda files: zipped({**files, "JOURNAL.JSONL": b"{}\n"}),
}


@pytest.mark.parametrize("how", FORGED)
def test_what_another_program_would_find_in_the_zip_is_refused(exported: Path, tmp_path: Path, how: str) -> None:
    path = tmp_path / "forged.zip"
    path.write_bytes(FORGED[how](members(exported)))
    try:
        verdict = verify(path)
    except UnreadableError:
        return
    assert not verdict.intact
    assert verdict.proved == ()


def test_zips_as_people_s_programs_make_them_are_accepted(exported: Path, tmp_path: Path) -> None:
    files = members(exported)
    assert verify(exported.with_suffix(".zip")).intact

    class Pipe(io.RawIOBase):
        """Where nobody can go back to write a length: it follows the member."""

        def __init__(self) -> None:
            self.data = bytearray()

        def writable(self) -> bool:
            return True

        def write(self, data: Any) -> int:
            self.data += bytes(data)
            return len(data)

    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as packed:  # type: ignore[arg-type]
        packed.mkdir("INC")
        for name, data in files.items():
            packed.writestr(f"INC/{name}", data)
    (tmp_path / "streamed.zip").write_bytes(bytes(pipe.data))
    assert verify(tmp_path / "streamed.zip").intact


@pytest.mark.parametrize(
    "path",
    ["../tasks.csv", "/tasks.csv", "C:\\tasks.csv", "files\\x", "files//x", "files/./x", "", "files/a\nb", "JOURNAL.jsonl",
     "Manifest.json", unicodedata.normalize("NFD", "files/é.png"), "d:x"],
)  # fmt: skip
def test_a_name_that_leads_elsewhere_is_refused_whoever_signed_it(
    memory: Any, exported: Path, tmp_path: Path, path: str
) -> None:
    root = shutil.copytree(exported, tmp_path / "forged")
    manifest = json.loads((root / "manifest.json").read_bytes())
    manifest["files"] += [
        {"path": path, "size": 0, "sha256": "0" * 64},
        {"path": "files/é.png", "size": 0, "sha256": "0"},
    ]
    raw = log.canonical(manifest)
    (root / "manifest.json").write_bytes(raw)
    key = Ed25519PrivateKey.from_private_bytes(memory.seed)
    (root / "manifest.sig").write_text(to_base64(key.sign(raw)))
    verdict = verify(root)
    assert [(f.what, f.facts.get("name")) for f in verdict.faults if f.file == "manifest.json"] == [("field", "files")]


def test_true_is_not_the_first_entry(memory: Any, exported: Path, tmp_path: Path, independent: ModuleType) -> None:
    """A purge that names `true` names nothing."""
    root = shutil.copytree(exported, tmp_path / "forged")
    gone = rewritten(memory.log, 1, None)
    last = gone[-1]
    said = {"target": [True], "mode": "erase", "reason": "patient", "by": "@a:x", "confirmed_by": "@b:x"}
    at = log.from_rfc3339(last.logged_at)
    purge = log.chain(last.head, log.Draft(last.incident, "purge", at, said), bytes(16))
    forged = anew(memory, root, [*gone, purge])
    manifest = json.loads((root / "manifest.json").read_bytes())
    manifest["purged"] = sorted({*manifest["purged"], 1})
    raw = log.canonical(manifest)
    (root / "manifest.json").write_bytes(raw)
    key = Ed25519PrivateKey.from_private_bytes(memory.seed)
    (root / "manifest.sig").write_text(to_base64(key.sign(raw)))
    assert not verify(forged).intact
    assert independent.main(forged) == 1


@pytest.mark.parametrize(
    ("before", "after"),
    [(b'"kind":', b'"kind":"purge","kind":'), (b'"seq":1,', b'"seq":1.0,'), (b'"seq":1,', b'"seq":true,'),
     (b'"origin_ts":', b'"x":NaN,"origin_ts":'), (b'"origin_ts":', b'"x":1e999,"origin_ts":'),
     (b'"origin_ts":', b'"x":9007199254740993,"origin_ts":'), (b'"origin_ts":', b'"x":"\\ud800","origin_ts":'),
     (b'"incident":', b'"\\u0069ncident":"INC-1","incident":'), (b"{", b"\xef\xbb\xbf{")],
)  # fmt: skip
def test_json_that_readers_understand_differently_is_refused_in_a_bare_log_too(
    exported: Path, tmp_path: Path, before: bytes, after: bytes
) -> None:
    raw = (exported / "journal.jsonl").read_bytes()
    assert before in raw
    path = tmp_path / "journal.jsonl"
    path.write_bytes(raw.replace(before, after, 1))
    assert not verify(path).intact
