"""The page for strangers is true: its example is recomputed from its own bytes, and both verifiers accept it."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from types import ModuleType

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bot.domain import log
from bot.export.verify import verify
from bot.export.verify.manifest import to_base64

PAGE = (Path(__file__).parents[2] / "docs" / "format.md").read_text(encoding="utf-8")
JOURNAL, CONTENT, HEADER, MANIFEST, SIGNATURE = re.findall(
    r"```[a-z]*\n(.*?)\n```", PAGE.partition("## An example")[2], re.S
)


@pytest.fixture
def example(tmp_path: Path) -> Path:
    (tmp_path / "journal.jsonl").write_text(f"{JOURNAL}\n", encoding="utf-8")
    (tmp_path / "manifest.json").write_text(MANIFEST, encoding="utf-8")
    (tmp_path / "manifest.sig").write_text(SIGNATURE, encoding="utf-8")
    return tmp_path


def test_both_verifiers_accept_the_example(example: Path, independent: ModuleType) -> None:
    verdict = verify(example)
    assert (verdict.faults, verdict.proved, verdict.posted) == ((), ("consistent", "signed"), (1,))
    assert independent.main(example) == 0


def test_the_worked_bytes_are_those_of_the_first_entry() -> None:
    first = log.load(JOURNAL.splitlines()[0].encode())
    content, header = CONTENT.encode(), HEADER.encode()
    assert (log.canonical(first["content"]), log.hashed(first)) == (content, header)
    nonce = bytes.fromhex(first["nonce"])
    assert hashlib.sha256(nonce + content).hexdigest() == first["content_hash"]
    assert hashlib.sha256(header).hexdigest() == first["entry_hash"]
    for said in (f"{len(content)} bytes", f"{len(header)} bytes", first["content_hash"][:8], first["entry_hash"][:8]):
        assert said in PAGE


def test_the_key_is_the_one_that_the_page_names() -> None:
    key = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
    assert log.load(MANIFEST.encode())["key"] == to_base64(key.public_key().public_bytes_raw())
    assert to_base64(key.sign(MANIFEST.encode())) == SIGNATURE


def test_the_page_names_every_field_and_every_check_of_a_log_entry() -> None:
    for name in (*log.FIELDS, *log.load(MANIFEST.encode())):
        assert f"`{name}`" in PAGE, name
