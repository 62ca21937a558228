"""What `tocsin verify` accepts, what it refuses, and what it says of both."""

from __future__ import annotations

import base64
import json
import os
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from bot.domain import log
from bot.export import folder
from bot.export.verify import main
from bot.export.verify.package import unreadable

ID = "INC-2026-001"
Lines = list[bytes]
Rewrite = Callable[[Callable[[Lines], Lines]], Path]


@pytest.fixture
def told(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, dict[str, Any]]]:
    """Verify and give the exit code with the JSON that was printed."""

    def run(path: Path, *anchors: str, key: str | None = None) -> tuple[int, dict[str, Any]]:
        code = main(path, list(anchors), key, as_json=True)
        out = capsys.readouterr().out
        return code, json.loads(out) if out else {}

    return run


def swapped(lines: Lines, at: int) -> Lines:
    return [*lines[: at - 1], lines[at], lines[at - 1], *lines[at + 1 :]]


def test_the_export_is_intact_and_signed(memory: Any, exported: Path, told: Any) -> None:
    key = base64.b64encode(memory.public_key(ID)).decode().rstrip("=")
    for path in (exported, exported.with_suffix(".zip")):
        assert told(path) == (
            0,
            {
                "intact": True,
                "entries": 12,
                "head": {"seq": 12, "entry_hash": memory.log[-1].entry_hash},
                "key": key,
                "proved": ["consistent", "signed"],
                "first_bad": None,
                "anchors": [],
                "level": "signed",
                "timestamps": [],
                "warnings": [],
            },
        )


def test_the_key_and_an_anchor_that_others_hold_are_proof(memory: Any, exported: Path, told: Any) -> None:
    key = base64.b64encode(memory.public_key(ID)).decode()
    digits = memory.log[6].entry_hash.upper()
    grouped = " ".join(digits[i : i + 4] for i in range(0, 64, 4))
    code, verdict = told(exported, f"7: {grouped}", f"12:{memory.log[11].entry_hash[:32]}", key=key)
    assert code == 0
    assert verdict["proved"] == ["consistent", "signed", "anchored"]
    assert verdict["anchors"] == [{"seq": 7, "ok": True}, {"seq": 12, "ok": True}]


@pytest.mark.parametrize("path", ["folder", "zip", "journal"])
def test_an_anchor_of_another_log_is_refused(exported: Path, told: Any, path: str) -> None:
    where = {"folder": exported, "zip": exported.with_suffix(".zip"), "journal": exported / "journal.jsonl"}[path]
    code, verdict = told(where, "7:" + "ab" * 16)
    assert (code, verdict["intact"], verdict["anchors"]) == (1, False, [{"seq": 7, "ok": False}])
    assert (verdict["first_bad"]["seq"], verdict["first_bad"]["what"]) == (7, "anchor")
    assert "anchored" not in verdict["proved"]


def test_an_anchor_beyond_the_end_is_refused(memory: Any, exported: Path, told: Any) -> None:
    assert told(exported, f"13:{memory.log[11].entry_hash}")[0] == 1


def test_another_key_is_refused(exported: Path, told: Any) -> None:
    code, verdict = told(exported, key="A" * 43)
    assert (code, verdict["first_bad"]["what"], verdict["proved"]) == (1, "key", ["consistent"])


@pytest.mark.parametrize(
    ("change", "seq", "what"),
    [
        pytest.param(lambda ls: [ls[0], ls[1].replace(b"noirs", b"verts"), *ls[2:]], 2, "content_hash", id="byte"),
        pytest.param(lambda ls: [*ls[:4], *ls[5:]], 5, "missing", id="removed"),
        pytest.param(lambda ls: [*ls[:5], *ls[4:]], 5, "repeated", id="doubled"),
        pytest.param(lambda ls: swapped(ls, 4), 4, "missing", id="swapped"),
        pytest.param(lambda ls: ls[:-1], 12, "head", id="end cut off"),
        pytest.param(lambda ls: ls[:1], 2, "head", id="all but one cut off"),
        pytest.param(lambda ls: [], None, "empty", id="emptied"),
        pytest.param(lambda ls: ls[1:], 1, "missing", id="beginning cut off"),
        pytest.param(lambda ls: [*ls[:-1], ls[-1][:-40]], 12, "line", id="cut inside a line"),
        pytest.param(lambda ls: [ls[0], ls[1].replace(b"dir.martin", b"dir.martim"), *ls[2:]], 2, "entry_hash", id="sender"),
        pytest.param(lambda ls: [*ls[:2], b"\n", *ls[2:]], 3, "line", id="empty line"),
        pytest.param(lambda ls: [*ls[:2], b"[" * 5000 + b"\n", *ls[3:]], 3, "line", id="hostile line"),
        pytest.param(lambda ls: [ls[0].replace(b'"seq":1', b'"seq":true'), *ls[1:]], 1, "field", id="field"),
        pytest.param(lambda ls: [ls[0].replace(b',"nonce"', b',"content":{},"nonce"'), *ls[1:]], 1, "line", id="key twice"),
        pytest.param(lambda ls: [*ls[:8], ls[8].replace(b"[6]", b"[5]"), *ls[9:]], 6, "content", id="purge of another"),
    ],
)  # fmt: skip
def test_a_changed_journal_is_refused_with_its_place(
    rewrite: Rewrite, told: Any, change: Callable[[Lines], Lines], seq: int | None, what: str
) -> None:
    code, verdict = told(rewrite(change))
    assert (code, verdict["intact"], verdict["proved"]) == (1, False, [])
    bad = verdict["first_bad"]
    assert (bad["seq"], bad["file"], bad["what"]) == (seq, "journal.jsonl", what)
    assert bad["why"]


def test_white_space_in_a_line_is_a_change_of_the_file(rewrite: Rewrite, told: Any) -> None:
    code, verdict = told(rewrite(lambda ls: [ls[0].replace(b'"seq":1', b'"seq": 1'), *ls[1:]]))
    assert (code, verdict["first_bad"]["what"], verdict["first_bad"]["file"]) == (1, "size", "journal.jsonl")


@pytest.mark.parametrize("seq", [2, 6, 9])
def test_a_content_nulled_without_a_purge_is_refused(rewrite: Rewrite, told: Any, seq: int) -> None:
    def null(lines: Lines) -> Lines:
        entry = json.loads(lines[seq - 1])
        entry["content"] = entry["nonce"] = None
        kept = [line for number, line in enumerate(lines, 1) if number != 9 or seq == 9]
        kept[seq - 1] = json.dumps(entry).encode() + b"\n"
        return kept

    code, verdict = told(rewrite(null))
    assert (code, verdict["intact"]) == (1, False)
    assert verdict["first_bad"]["seq"] in (2, 6)
    assert verdict["first_bad"]["what"] == "content"


@pytest.mark.parametrize(
    "name",
    ["journal.jsonl", "incident.json", "tasks.csv", "files/8-ecran.png", "manifest.json", "manifest.sig"],
)
def test_every_file_is_needed_as_it_is(memory: Any, exported: Path, told: Any, name: str, tmp_path: Path) -> None:
    gone, changed = (
        shutil.copytree(exported, tmp_path / "gone"),
        shutil.copytree(exported, tmp_path / "changed"),
    )
    (gone / name).unlink()
    code, verdict = told(gone)
    assert (code, verdict["first_bad"]["file"], verdict["proved"]) == (1, name, []) or name.startswith("files/")
    assert code == 1
    raw = (changed / name).read_bytes()
    (changed / name).write_bytes(raw[:-1] + bytes([raw[-1] ^ 1]))
    code, verdict = told(changed)
    assert (code, verdict["intact"], verdict["proved"]) == (1, False, [])


@pytest.mark.parametrize("name", ["extra.txt", "files/extra", ".hidden", "__MACOSX/._journal.jsonl"])
def test_a_file_too_many_is_refused(exported: Path, told: Any, name: str) -> None:
    (exported / name).parent.mkdir(exist_ok=True)
    (exported / name).write_text("x")
    code, verdict = told(exported)
    assert (code, verdict["first_bad"]["file"], verdict["first_bad"]["what"]) == (1, name, "extra")


def test_a_link_is_not_followed(exported: Path, told: Any, tmp_path: Path) -> None:
    kept = tmp_path / "tasks.csv"
    (exported / "tasks.csv").rename(kept)
    (exported / "tasks.csv").symlink_to(kept)
    code, verdict = told(exported)
    assert (code, verdict["first_bad"]["file"], verdict["first_bad"]["what"]) == (1, "tasks.csv", "irregular")


def test_a_name_that_is_no_unicode_is_shown_safely(exported: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (exported / os.fsdecode(b"\xff\x1b[31m")).write_text("x")
    for as_json in (True, False):
        assert main(exported, [], None, as_json) == 1
    assert "\x1b" not in capsys.readouterr().out


def resign(memory: Any, root: Path, **changes: Any) -> Path:
    """What somebody who holds the log's key can do to the manifest."""
    manifest = {**json.loads((root / "manifest.json").read_bytes()), **changes}
    raw = log.canonical(manifest)
    (root / "manifest.json").write_bytes(raw)
    (root / "manifest.sig").write_text(base64.b64encode(memory.sign(ID, raw)).decode().rstrip("="))
    return root


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"entries": 11}, "head"),
        ({"head": {"seq": 12, "entry_hash": "0" * 64, "logged_at": "x"}}, "head"),
        ({"incident": "INC-2026-002"}, "incident"),
        ({"drill": True}, "field"),
        ({"purged": [5]}, "purge"),
        ({"withheld": [5]}, "purge"),
        ({"anchors": [{"seq": 7, "entry_hash": "0" * 64}]}, "anchor_entry"),
        ({"files": []}, "field"),
        ({"files": [{"path": "journal.jsonl", "size": 1, "sha256": "0" * 64}] * 2}, "field"),
        ({"files": None}, "field"),
        ({"format": "tocsin/2"}, "format"),
        ({"key": 5}, "field"),
    ],
)
def test_a_manifest_that_lies_about_the_log_is_refused_though_signed(
    memory: Any, exported: Path, told: Any, changes: dict[str, Any], what: str
) -> None:
    code, verdict = told(resign(memory, exported, **changes))
    assert (code, verdict["proved"]) == (1, [])
    assert main(exported, [], None, as_json=False) == 1
    assert verdict["first_bad"]["what"] == what


def test_a_manifest_in_another_spelling_is_refused(exported: Path, raw_manifest: Any, told: Any) -> None:
    (exported / "manifest.json").write_text(json.dumps(raw_manifest, sort_keys=True))
    assert told(exported)[1]["first_bad"]["what"] == "manifest"


def test_what_a_later_version_adds_is_accepted(memory: Any, exported: Path, told: Any) -> None:
    (exported / "anchors").mkdir()
    (exported / "anchors" / "7.tsr").write_bytes(b"")
    files = json.loads((exported / "manifest.json").read_bytes())["files"]
    files.append(
        {
            "path": "anchors/7.tsr",
            "size": 0,
            "sha256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            "note": "x",
        }
    )
    assert told(resign(memory, exported, files=files, profile="cnil"))[0] == 0


def test_what_a_profile_withholds_still_verifies(
    memory: Any, tmp_path: Path, told: Any, independent: ModuleType
) -> None:
    memory.log[1] = log.without_content(memory.log[1])
    exported = folder.write(memory, ID, tmp_path / "out")
    assert told(exported)[1]["first_bad"]["what"] == "content"
    assert told(resign(memory, exported, withheld=[2], purged=[6]))[0] == 0
    assert independent.main(exported) == 0


def test_an_anchor_that_the_log_posted_must_be_its_own(memory: Any, tmp_path: Path, told: Any) -> None:
    """A chain rewritten from its fifth entry on, hashes and signature made anew, by somebody with the key."""
    rewritten = list(memory.log[:4])
    for entry in memory.log[4:]:
        content = {**entry.content, "edited": True} if entry.seq == 5 else entry.content
        held = {**entry.as_dict(), "content": content, "prev_hash": rewritten[-1].entry_hash}
        if content is not None:
            held["content_hash"] = log.content_hash(content, entry.nonce)
        rewritten.append(log.Entry(**{**held, "entry_hash": log.entry_hash(held)}))
    genuine = memory.log[6].entry_hash
    memory.log = rewritten
    exported = folder.write(memory, ID, tmp_path / "out")
    code, verdict = told(exported)
    assert (code, verdict["first_bad"]["seq"], verdict["first_bad"]["what"]) == (1, 10, "anchor_entry")
    assert told(exported, f"7:{genuine}")[1]["anchors"] == [{"seq": 7, "ok": False}]


def test_a_kept_file_is_bound_to_the_chain(memory: Any, tmp_path: Path, told: Any) -> None:
    """Replaced in the folder and signed anew with the log's own key: the log still knows its hash."""
    memory.posted = {"files/8-ecran.png": b"another"}
    code, verdict = told(folder.write(memory, ID, tmp_path / "a"))
    assert (code, verdict["first_bad"]["file"], verdict["first_bad"]["what"]) == (
        1,
        "files/8-ecran.png",
        "recorded",
    )
    memory.posted = {}
    code, verdict = told(folder.write(memory, ID, tmp_path / "b"))
    assert (code, verdict["first_bad"]["seq"], verdict["first_bad"]["what"]) == (1, 8, "unkept")


def test_an_event_stands_once(memory: Any, tmp_path: Path, told: Any) -> None:
    twice = log.Draft(ID, "message", log.from_rfc3339(memory.log[-1].logged_at), {}, event_id="$evenement2")
    memory.log.append(log.chain(memory.log[-1], twice, bytes(16)))
    verdict = told(folder.write(memory, ID, tmp_path / "out"))[1]
    assert (verdict["first_bad"]["seq"], verdict["first_bad"]["what"]) == (13, "event_id")


def test_a_bare_journal_proves_its_chain_and_no_more(memory: Any, exported: Path, told: Any) -> None:
    journal = exported / "journal.jsonl"
    code, verdict = told(journal)
    assert (code, verdict["proved"], verdict["key"]) == (0, ["consistent"], None)
    whole = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(b"".join(whole[:9]))
    assert told(journal)[0] == 0
    code, verdict = told(journal, f"12:{memory.log[11].entry_hash}")
    assert (code, verdict["first_bad"]["what"]) == (1, "anchor")
    journal.write_bytes(b"".join(whole)[:-1])
    code, verdict = told(journal)
    assert (code, len(verdict["warnings"])) == (0, 1)
    assert told(journal, key="A" * 43)[1]["first_bad"]["what"] == "unsigned"


def zipped(path: Path, members: list[tuple[str, bytes]]) -> Path:
    with zipfile.ZipFile(path, "w") as packed:
        for name, data in members:
            packed.writestr(name, data)
    return path


def members(exported: Path) -> list[tuple[str, bytes]]:
    return [(p.relative_to(exported).as_posix(), p.read_bytes()) for p in sorted(exported.rglob("*")) if p.is_file()]


def test_a_zip_made_again_by_hand_is_accepted(exported: Path, told: Any, tmp_path: Path) -> None:
    assert told(zipped(tmp_path / "flat.zip", members(exported)))[0] == 0
    assert told(zipped(tmp_path / "named.zip", [(f"dossier/{n}", d) for n, d in members(exported)]))[0] == 0


@pytest.mark.parametrize("name", ["../journal.jsonl", "/etc/passwd", "autre/x", "files/../../y"])
def test_a_zip_with_something_beside_is_refused_and_nothing_is_written(
    exported: Path, told: Any, tmp_path: Path, name: str
) -> None:
    inside = [(f"{ID}/{n}", d) for n, d in members(exported)]
    code, verdict = told(zipped(tmp_path / "x.zip", [*inside, (name, b"x")]))
    assert (code, verdict["first_bad"]["what"]) == (1, "extra")
    assert sorted(os.listdir(tmp_path)) == ["out", "x.zip"]


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_name_twice_in_a_zip_is_refused(exported: Path, told: Any, tmp_path: Path) -> None:
    code, verdict = told(zipped(tmp_path / "x.zip", [*members(exported), ("tasks.csv", b"x")]))
    assert (code, verdict["first_bad"]["what"]) == (1, "irregular")


def test_a_zip_with_a_byte_changed_is_refused(exported: Path, told: Any) -> None:
    archive = exported.with_suffix(".zip")
    raw = archive.read_bytes()
    archive.write_bytes(raw.replace(b"aux urgences", b"aux urgencez"))
    code, verdict = told(archive)
    assert (code, verdict["intact"]) == (1, False)


@pytest.mark.parametrize("kind", ["nothing", "empty folder", "text", "bytes", "half a zip", "another zip"])
def test_what_is_no_export_is_unreadable(
    exported: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], kind: str
) -> None:
    path = tmp_path / "thing"
    match kind:
        case "empty folder":
            path.mkdir()
        case "text":
            path.write_text("bonjour\nà tous\n")
        case "bytes":
            path.write_bytes(bytes(range(256)))
        case "half a zip":
            path.write_bytes(exported.with_suffix(".zip").read_bytes()[:900])
        case "another zip":
            zipped(path, [("a.txt", b"a")])
        case _:
            assert not path.exists()
    assert main(path, [], None, as_json=False) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith(f"{path}\N{NO-BREAK SPACE}: ")
    assert said.err.count("\n") == 1


@pytest.mark.parametrize(
    "anchor",
    ["7", "7:", "7:" + "a" * 31, "7:" + "a" * 65, "x:" + "a" * 32, "7:" + "g" * 32, "-1:" + "a" * 32],
)
def test_an_anchor_in_another_form_is_a_usage_error(
    exported: Path, capsys: pytest.CaptureFixture[str], anchor: str
) -> None:
    assert main(exported, [anchor], None, as_json=True) == 2
    assert "hexadécimaux" in capsys.readouterr().err


@pytest.mark.parametrize("key", ["x", "é" * 43, "A" * 42, "A" * 86])
def test_a_key_in_another_form_is_a_usage_error(exported: Path, capsys: pytest.CaptureFixture[str], key: str) -> None:
    assert main(exported, [], key, as_json=True) == 2
    assert "Ed25519" in capsys.readouterr().err


def test_the_words_claim_what_was_proved_and_no_more(
    memory: Any, exported: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    key = base64.b64encode(memory.public_key(ID)).decode().rstrip("=")
    assert main(exported, [], None, as_json=False) == 0
    french = capsys.readouterr().out
    assert f"Signé par la clé {key}" in french
    assert "Non ancré" in french
    monkeypatch.setenv("LC_ALL", "en_US.UTF-8")
    assert main(exported, [f"7:{memory.log[6].entry_hash}"], key, as_json=False) == 0
    english = capsys.readouterr().out
    assert "✓ Anchored" in english
    assert "the one you gave" in english
    assert "Not anchored" not in english


def test_many_faults_are_counted_not_listed(exported: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (exported / "journal.jsonl").write_bytes(b"x\n" * 5000)
    assert main(exported, [], None, as_json=False) == 1
    assert len(capsys.readouterr().out.splitlines()) < 20


def test_a_single_entry_with_a_field_out_of_form_is_a_fault_not_a_mystery(exported: Path, told: Any) -> None:
    journal = exported / "journal.jsonl"
    first = journal.read_bytes().splitlines(keepends=True)[0]
    journal.write_bytes(first.replace(b'"logged_at":"2026', b'"logged_at":"x026'))
    code, verdict = told(journal)
    assert (code, verdict["first_bad"]["seq"], verdict["first_bad"]["what"]) == (1, 1, "field")


def test_the_level_of_proof_is_named(memory: Any, exported: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(exported / "journal.jsonl", [], None, as_json=False)
    assert "la chaîne seule" in capsys.readouterr().out
    main(exported, [], None, as_json=False)
    assert "signée, sans témoin" in capsys.readouterr().out
    main(exported, [f"7:{memory.log[6].entry_hash}"], None, as_json=False)
    assert "confirmée par des témoins" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("error", "fr"),
    [
        (PermissionError(13, "Permission denied"), "la lecture en est interdite"),
        (OSError(5, "Input/output error"), "la lecture échoue"),
        (zipfile.BadZipFile("File is not a zip file"), "l’archive zip est abîmée"),
    ],
)
def test_why_nothing_can_be_read_is_said_in_words_of_ours(error: Exception, fr: str) -> None:
    said = unreadable(error)
    assert said.reason("fr") == fr
    assert str(error) not in said.reason("fr") + said.reason("en")
