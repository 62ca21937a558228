"""Whatever is changed at random in an export, two verifiers that share no code refuse it."""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from bot.domain import log
from bot.export.jsonl import Passage, lines
from bot.export.verify import Anchor, verify
from bot.export.verify.manifest import to_base64
from bot.export.verify.report import in_words

ID = "INC-2026-001"
NAMES = ("journal.jsonl", "incident.json", "tasks.csv", "files/8-ecran.png", "manifest.json", "manifest.sig")

# The folder is forged anew from the pristine one in each example.
forging = settings(
    max_examples=50,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.filter_too_much],
)


@pytest.fixture
def scratch(exported: Path) -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as place:
        yield Path(place)


def copied(exported: Path, scratch: Path) -> Path:
    shutil.rmtree(scratch / "forged", ignore_errors=True)
    return shutil.copytree(exported, scratch / "forged")


def refused(root: Path, independent: ModuleType) -> bool:
    assert independent.main(root) == 1
    verdict = verify(root)
    assert verdict.proved == ()
    return not verdict.intact


def anew(memory: Any, root: Path, entries: list[log.Entry], seed: bytes | None = None) -> Path:
    """What whoever holds the key (`seed`: a key of their own) can make of a folder: another log, all else to match."""
    passage = Passage()
    raw = b"".join(lines(entries, passage))
    (root / "journal.jsonl").write_bytes(raw)
    manifest = json.loads((root / "manifest.json").read_bytes())
    key = Ed25519PrivateKey.from_private_bytes(seed or memory.seed)
    files = [each for each in manifest["files"] if each["path"] != "journal.jsonl"]
    files.append({"path": "journal.jsonl", "size": len(raw), "sha256": hashlib.sha256(raw).hexdigest()})
    last = entries[-1]
    manifest |= {
        "entries": passage.entries, "anchors": passage.anchors, "purged": passage.purged, "files": files,
        "head": {"seq": last.seq, "entry_hash": last.entry_hash, "logged_at": last.logged_at},
        "key": to_base64(key.public_key().public_bytes_raw()),
    }  # fmt: skip
    return signed(root, manifest, key)


def signed(root: Path, manifest: dict[str, Any], key: Ed25519PrivateKey) -> Path:
    raw = log.canonical(manifest)
    (root / "manifest.json").write_bytes(raw)
    (root / "manifest.sig").write_text(to_base64(key.sign(raw)))
    return root


def test_both_accept_the_genuine_one(exported: Path, independent: ModuleType) -> None:
    assert independent.main(exported) == 0
    assert verify(exported).intact


@forging
@given(
    name=st.sampled_from(NAMES),
    at=st.integers(0, 2**16),
    how=st.sampled_from(["xor", "insert", "delete", "cut"]),
    by=st.integers(1, 255),
)
def test_a_byte_of_any_file(
    *, exported: Path, scratch: Path, independent: ModuleType, name: str, at: int, how: str, by: int
) -> None:
    root = copied(exported, scratch)
    raw = (root / name).read_bytes()
    at %= len(raw)
    forged = {
        "xor": raw[:at] + bytes([raw[at] ^ by]) + raw[at + 1 :],
        "insert": raw[:at] + bytes([by]) + raw[at:],
        "delete": raw[:at] + raw[at + 1 :],
        "cut": raw[:at],
    }[how]
    (root / name).write_bytes(forged)
    assert refused(root, independent)


@forging
@given(data=st.data())
def test_the_order_and_number_of_lines(
    exported: Path, scratch: Path, independent: ModuleType, data: st.DataObject
) -> None:
    root = copied(exported, scratch)
    lines = (root / "journal.jsonl").read_bytes().splitlines(keepends=True)
    picked = data.draw(st.lists(st.sampled_from(range(len(lines))), max_size=15) | st.permutations(range(len(lines))))
    assume(list(picked) != list(range(len(lines))))
    (root / "journal.jsonl").write_bytes(b"".join(lines[n] for n in picked))
    assert refused(root, independent)


values = st.none() | st.booleans() | st.integers(-3, 20) | st.text(max_size=5) | st.just({}) | st.just("0" * 64)


@forging
@given(seq=st.integers(1, 12), name=st.sampled_from((*log.FIELDS, "unknown")), value=values)
def test_a_field_of_an_entry(
    *, exported: Path, scratch: Path, independent: ModuleType, seq: int, name: str, value: Any
) -> None:
    root = copied(exported, scratch)
    lines = (root / "journal.jsonl").read_bytes().splitlines()
    entry = json.loads(lines[seq - 1])
    assume(name not in entry or entry[name] != value or type(entry[name]) is not type(value))
    entry[name] = value
    lines[seq - 1] = json.dumps(entry, ensure_ascii=False, separators=(",", ":")).encode()
    (root / "journal.jsonl").write_bytes(b"\n".join(lines) + b"\n")
    assert refused(root, independent)


def rewritten(entries: list[log.Entry], seq: int, content: log.Content | None) -> list[log.Entry]:
    """The chain as a careful forger would make it: one content changed or gone, every hash after it made anew."""
    made: list[log.Entry] = []
    for entry in entries:
        said, nonce = (content, entry.nonce) if entry.seq == seq else (entry.content, entry.nonce)
        held = {**entry.as_dict(), "content": said, "nonce": nonce if said is not None else None}
        if said is not None and nonce is not None:
            held["content_hash"] = log.content_hash(said, nonce)
        if entry.kind == "anchor" and made and entry.seq != seq:
            held["content"] = {**(entry.content or {}), "entry_hash": made[6].entry_hash}
            held["content_hash"] = log.content_hash(held["content"], str(nonce))
        held["prev_hash"] = made[-1].entry_hash if made else log.GENESIS
        made.append(log.Entry(**{**held, "entry_hash": log.entry_hash(held)}))
    return made


changed = st.integers(1, 12).filter(lambda seq: seq not in (6, 9, 10))


@forging
@given(seq=changed, keep_manifest=st.booleans())
def test_a_chain_rewritten_under_the_old_signature(
    *, memory: Any, exported: Path, scratch: Path, independent: ModuleType, seq: int, keep_manifest: bool
) -> None:
    root = copied(exported, scratch)
    signature, manifest = ((root / name).read_bytes() for name in ("manifest.sig", "manifest.json"))
    anew(memory, root, rewritten(memory.log, seq, {"body": "forged"}))
    (root / "manifest.sig").write_bytes(signature)
    if keep_manifest:
        (root / "manifest.json").write_bytes(manifest)
    assert refused(root, independent)


@forging
@given(seq=changed.filter(lambda seq: seq != 8), seed=st.binary(min_size=32, max_size=32))
def test_signed_anew_it_is_found_by_the_key_or_an_anchor(
    memory: Any, exported: Path, scratch: Path, seq: int, seed: bytes
) -> None:
    assume(seed != memory.seed)
    root = anew(memory, copied(exported, scratch), rewritten(memory.log, seq, {"body": "forged"}), seed)
    # Alone it is a log like any other: that is what the words say, and why the key is posted.
    assert verify(root).proved == ("consistent", "signed")
    known = verify(root, key=memory.public_key(ID))
    assert (known.proved, known.intact) == (("consistent",), False)
    last = verify(root, [Anchor(12, memory.log[-1].entry_hash[:32])])
    assert (last.proved, last.intact) == (("consistent", "signed"), False)


@forging
@given(seq=st.integers(1, 12), at=st.integers(0, 63), digit=st.integers(1, 15), cut=st.integers(32, 64))
def test_an_anchor_that_differs_in_one_digit_is_refused(
    *, memory: Any, exported: Path, seq: int, at: int, digit: int, cut: int
) -> None:
    genuine = memory.log[seq - 1].entry_hash
    assert verify(exported, [Anchor(seq, genuine[:cut])]).proved == ("consistent", "signed", "anchored")
    at %= cut
    other = genuine[:at] + f"{int(genuine[at], 16) ^ digit:x}" + genuine[at + 1 :]
    assert not verify(exported, [Anchor(seq, other[:cut])]).intact
    assert not verify(exported, [Anchor(seq + 12, genuine[:cut])]).intact


@forging
@given(data=st.data())
def test_a_purge_that_does_not_name_what_is_gone_though_signed_with_the_log_s_key(
    memory: Any, exported: Path, scratch: Path, independent: ModuleType, data: st.DataObject
) -> None:
    """Erased without a word, or by a purge of something else, or by one that came before."""
    named = data.draw(st.lists(st.integers(-1, 15).filter(lambda seq: seq != 6), max_size=3))
    chained = rewritten(memory.log, 9, {**memory.log[8].content, "target": named})
    root = anew(memory, copied(exported, scratch), chained)
    assert refused(root, independent)
    early = data.draw(st.integers(10, 12))
    after = [log.without_content(entry) if entry.seq == early else entry for entry in memory.log]
    assert refused(anew(memory, copied(exported, scratch), after), independent)


@forging
@given(seq=st.integers(1, 12).filter(lambda seq: seq != 6))
def test_a_content_gone_without_a_purge_though_signed_with_the_log_s_key(
    memory: Any, exported: Path, scratch: Path, independent: ModuleType, seq: int
) -> None:
    after = [log.without_content(entry) if entry.seq == seq else entry for entry in memory.log]
    assert refused(anew(memory, copied(exported, scratch), after), independent)


@forging
@given(name=st.sampled_from(("incident.json", "tasks.csv", "files/8-ecran.png", "extra")), how=st.integers(0, 2))
def test_files_gone_renamed_or_doubled(
    *, exported: Path, scratch: Path, independent: ModuleType, name: str, how: int
) -> None:
    root = copied(exported, scratch)
    if name == "extra":
        (root / f"extra{how}").write_bytes(b"x" * how)
    elif how == 0:
        (root / name).unlink()
    elif how == 1:
        (root / name).rename(root / "renamed")
    else:
        (root / name).rename(scratch / "elsewhere")
        (root / name).symlink_to(scratch / "elsewhere")
    assert refused(root, independent)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)


@forging
@given(
    said=st.lists(
        st.dictionaries(st.sampled_from((*log.FIELDS, "x")), json_values, max_size=15).map(json.dumps).map(str.encode)
        | st.binary(max_size=30),
        min_size=1,
        max_size=6,
    ),
    changes=st.dictionaries(
        st.sampled_from(("incident", "entries", "head", "key", "anchors", "purged", "withheld", "files", "drill", "y")),
        json_values,
        min_size=1,
    ),
)
def test_nothing_that_anybody_writes_stops_the_verifier(
    *, memory: Any, exported: Path, scratch: Path, said: list[bytes], changes: dict[str, Any]
) -> None:
    root = copied(exported, scratch)
    key = Ed25519PrivateKey.from_private_bytes(memory.seed)
    manifest = json.loads((root / "manifest.json").read_bytes())
    try:
        signed(root, {**manifest, **changes}, key)
    except ValueError:
        assume(False)
    same = {k: v for k, v in changes.items() if k != "y" and manifest[k] != v}
    assert verify(root).intact == (not same)
    shutil.copy(exported / "manifest.json", root)
    (root / "journal.jsonl").write_bytes(b"\n".join(said))
    for lang in ("fr", "en"):
        assert in_words(verify(root), lang)
    assert not verify(root).intact


@forging
@given(
    name=st.sampled_from(sorted(json.loads((Path(__file__).with_name("golden") / ID / "manifest.json").read_bytes()))),
    value=values,
)
def test_a_field_of_the_manifest_under_the_old_signature(
    exported: Path, scratch: Path, independent: ModuleType, name: str, value: Any
) -> None:
    root = copied(exported, scratch)
    held = json.loads((root / "manifest.json").read_bytes())
    assume(held[name] != value)
    (root / "manifest.json").write_bytes(log.canonical({**held, name: value}))
    assert refused(root, independent)


@forging
@given(st.binary(min_size=32, max_size=32))
def test_another_key_in_the_manifest_needs_its_own_signature(
    exported: Path, scratch: Path, independent: ModuleType, seed: bytes
) -> None:
    root = copied(exported, scratch)
    other = Ed25519PrivateKey.from_private_bytes(seed)
    held = json.loads((root / "manifest.json").read_bytes())
    raw = log.canonical({**held, "key": to_base64(other.public_key().public_bytes_raw())})
    assume(raw != (root / "manifest.json").read_bytes())
    (root / "manifest.json").write_bytes(raw)
    assert refused(root, independent)
    (root / "manifest.json").write_bytes(log.canonical(held))
    (root / "manifest.sig").write_text(base64.b64encode(other.sign(raw)).decode().rstrip("="))
    assert refused(root, independent)
