"""Whatever is changed at random in an export, two verifiers that share no code refuse it."""

from __future__ import annotations

import base64
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
from bot.export import folder
from bot.export.verify import verify
from bot.export.verify.manifest import to_base64

ID = "INC-2026-001"
NAMES = ("journal.jsonl", "incident.json", "tasks.csv", "files/8-ecran.png", "manifest.json", "manifest.sig")

# The folder is forged anew from the pristine one in each example.
forging = settings(
    max_examples=60,
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
    forged = rewritten(memory.log, seq, {"body": "forged"})
    shutil.rmtree(scratch / "anew", ignore_errors=True)
    held, memory.log = memory.log, forged
    anew = folder.write(memory, ID, scratch / "anew")
    memory.log = held
    shutil.copy(anew / "journal.jsonl", root / "journal.jsonl")
    if not keep_manifest:
        shutil.copy(anew / "manifest.json", root / "manifest.json")
        shutil.copy(anew / "incident.json", root / "incident.json")
    assert refused(root, independent)


@forging
@given(seq=changed.filter(lambda seq: seq != 8), seed=st.binary(min_size=32, max_size=32))
def test_signed_anew_it_is_found_by_the_key_or_an_anchor(
    memory: Any, exported: Path, scratch: Path, seq: int, seed: bytes
) -> None:
    genuine, key = memory.log, memory.public_key(ID)
    assume(seed != memory.seed)
    shutil.rmtree(scratch / "anew", ignore_errors=True)
    own, memory.seed = memory.seed, seed
    memory.log = rewritten(genuine, seq, {"body": "forged"})
    anew = folder.write(memory, ID, scratch / "anew")
    memory.seed, memory.log = own, genuine
    # Alone it is a log like any other: that is what the words say, and why the key is posted.
    assert verify(anew).proved == ("consistent", "signed")
    assert verify(anew, key=key).proved == ("consistent",)
    assert not verify(anew, key=key).intact


@forging
@given(seq=st.integers(1, 12).filter(lambda seq: seq != 6))
def test_a_content_gone_without_a_purge_though_signed_with_the_log_s_key(
    memory: Any, scratch: Path, independent: ModuleType, seq: int
) -> None:
    shutil.rmtree(scratch / "anew", ignore_errors=True)
    genuine, memory.log = memory.log, list(memory.log)
    memory.log[seq - 1] = log.without_content(genuine[seq - 1])
    anew = folder.write(memory, ID, scratch / "anew")
    memory.log = genuine
    assert refused(anew, independent)


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
