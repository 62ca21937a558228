"""A time-stamp is no ornament: what somebody with the log's key changes before it, or in it, is refused."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from bot.domain import log
from bot.export import folder
from bot.export.tokens import CERTIFICATES, path_of
from bot.export.verify import Anchor, verify
from bot.export.verify.report import in_words
from bot.stamping import sorted_certificates
from tests.authority import Authority
from tests.export.conftest import ID
from tests.export.test_forgery import anew, copied, forging, rewritten, signed

TOKEN = path_of(7)


@pytest.fixture(scope="module")
def ours() -> Authority:
    return Authority()


@pytest.fixture
def stamped(memory: Any, ours: Authority, tmp_path: Path) -> Path:
    """The small incident, its seventh entry time-stamped."""
    anchor = memory.log[9].content
    said = {**anchor, "token": TOKEN}
    at = log.from_rfc3339(memory.log[-1].logged_at) + timedelta(minutes=1)
    memory.log.append(log.chain(memory.log[-1], log.Draft(ID, "anchor", at, said), bytes([13]) * 16))
    token = sorted_certificates(ours.stamp(bytes.fromhex(anchor["entry_hash"])))
    memory.stamps = [(7, token, ours.pem)]
    return folder.write(memory, ID, tmp_path / "stamped")


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    (tmp_path / "scratch").mkdir()
    return tmp_path / "scratch"


@pytest.fixture
def put(memory: Any) -> Callable[[Path, str, bytes | None], Path]:
    """Replace or remove a file, and sign the manifest anew with the log's own key."""

    def change(root: Path, name: str, data: bytes | None) -> Path:
        manifest = json.loads((root / "manifest.json").read_bytes())
        files = [each for each in manifest["files"] if each["path"] != name]
        if data is None:
            (root / name).unlink()
        else:
            (root / name).write_bytes(data)
            files.append({"path": name, "size": len(data), "sha256": hashlib.sha256(data).hexdigest()})
        return signed(root, {**manifest, "files": files}, Ed25519PrivateKey.from_private_bytes(memory.seed))

    return change


def test_both_accept_the_genuine_one(stamped: Path, ours: Authority, independent: ModuleType) -> None:
    verdict = verify(stamped)
    assert (verdict.faults, verdict.level) == ((), "timestamp")
    assert [(each.seq, each.fingerprint) for each in verdict.stamps] == [(7, ours.fingerprint)]
    assert verify(stamped, authorities=[ours.fingerprint]).proved == ("consistent", "signed", "anchored")
    assert independent.main(stamped) == 0


@forging
@given(seq=st.integers(1, 5))
def test_a_chain_rewritten_by_who_holds_the_key_does_not_pass_through_the_stamp(
    *, memory: Any, stamped: Path, scratch: Path, independent: ModuleType, seq: int
) -> None:
    """The careful forger makes the posted anchors anew as well: only what others hold can tell."""
    chain = rewritten(memory.log, seq, {"body": "forged"})
    root = anew(memory, copied(stamped, scratch), chain)
    assert independent.main(root) == 1
    verdict = verify(root)
    assert (verdict.intact, verdict.proved, verdict.stamps) == (False, (), ())
    assert verdict.first_bad is not None
    assert (verdict.first_bad.what, verdict.first_bad.file) == ("stamp_other", TOKEN)


@forging
@given(at=st.integers(0, 2**16), by=st.integers(1, 255), name=st.sampled_from([TOKEN, CERTIFICATES]))
def test_a_byte_of_a_token_or_a_certificate_changes_nothing_that_it_proves(
    *, stamped: Path, scratch: Path, put: Any, at: int, by: int, name: str
) -> None:
    """Part of a token is signed by nobody: what may change there says nothing."""
    root = copied(stamped, scratch)
    raw = bytearray((root / name).read_bytes())
    raw[at % len(raw)] ^= by
    verdict = verify(put(root, name, bytes(raw)))
    assert not verdict.intact or verdict.stamps == verify(stamped).stamps
    assert in_words(verdict, "fr")


def test_a_certificate_of_no_known_version_is_refused_in_a_sentence(stamped: Path, scratch: Path, put: Any) -> None:
    raw = (copied(stamped, scratch) / TOKEN).read_bytes()
    third = bytes.fromhex("a003020102")  # version [0] EXPLICIT, v3 (RFC 5280, 4.1)
    assert third in raw
    verdict = verify(put(copied(stamped, scratch), TOKEN, raw.replace(third, third[:-1] + b"\x03")))
    assert not verdict.intact
    assert in_words(verdict, "fr")


@forging
@given(data=st.binary(max_size=60), name=st.sampled_from([TOKEN, CERTIFICATES]))
def test_anything_in_its_place_is_refused(
    *, stamped: Path, scratch: Path, put: Any, independent: ModuleType, data: bytes, name: str
) -> None:
    root = put(copied(stamped, scratch), name, data)
    assert independent.main(root) == 1
    assert not verify(root).intact


@pytest.mark.parametrize("name", [TOKEN, CERTIFICATES])
def test_without_it_the_log_that_names_it_is_refused(
    stamped: Path, scratch: Path, put: Any, independent: ModuleType, name: str
) -> None:
    root = put(copied(stamped, scratch), name, None)
    assert independent.main(root) == 1
    assert not verify(root).intact


@pytest.mark.parametrize("fault", ["signature", "digest", "status"])
def test_a_token_that_does_not_hold_is_refused(
    *, memory: Any, ours: Authority, stamped: Path, scratch: Path, put: Any, independent: ModuleType, fault: str
) -> None:
    bad = Authority(fault=fault)
    bad.own, bad.key, bad.inside = ours.own, ours.key, ours.inside
    token = sorted_certificates(bad.stamp(bytes.fromhex(memory.log[6].entry_hash)))
    root = put(copied(stamped, scratch), TOKEN, token)
    assert independent.main(root) == 1
    assert not verify(root).intact


def test_an_authority_of_the_forger_s_own_is_told_by_its_certificate(
    memory: Any, ours: Authority, stamped: Path, scratch: Path, put: Any
) -> None:
    """Same name, other keys: who holds the log's key can make it, and the verdict says whose certificate it was."""
    other = Authority(ours.name)
    token = sorted_certificates(other.stamp(bytes.fromhex(memory.log[6].entry_hash)))
    root = put(put(copied(stamped, scratch), TOKEN, token), CERTIFICATES, other.pem)
    assert verify(root).level == "timestamp"
    assert [each.fingerprint for each in verify(root).stamps] == [other.fingerprint]
    pinned = verify(root, authorities=[ours.fingerprint])
    assert (pinned.intact, pinned.level, pinned.proved) == (False, "none", ("consistent", "signed"))
    # Mixed with the genuine certificates it is no better.
    both = put(copied(root, scratch / "both"), CERTIFICATES, other.pem + ours.pem)
    assert not verify(both, authorities=[ours.fingerprint]).intact


def test_a_certificate_that_is_not_made_for_time_stamping_is_refused(
    memory: Any, stamped: Path, scratch: Path, put: Any
) -> None:
    other = Authority()
    other.own, other.key = other.root, other.root_key
    other.inside = [other.root]
    token = sorted_certificates(other.stamp(bytes.fromhex(memory.log[6].entry_hash)))
    root = put(put(copied(stamped, scratch), TOKEN, token), CERTIFICATES, other.pem)
    verdict = verify(root)
    assert verdict.first_bad is not None
    assert verdict.first_bad.what == "stamp_unproved"


def test_a_manifest_that_names_another_token_than_the_log_is_refused(memory: Any, stamped: Path, scratch: Path) -> None:
    root = copied(stamped, scratch)
    shutil.copy(root / TOKEN, root / "anchors" / "5.tsr")
    manifest = json.loads((root / "manifest.json").read_bytes())
    raw = (root / TOKEN).read_bytes()
    more = {"path": "anchors/5.tsr", "size": len(raw), "sha256": hashlib.sha256(raw).hexdigest()}
    anchors = [{**manifest["anchors"][0], "token": "anchors/5.tsr"}]
    key = Ed25519PrivateKey.from_private_bytes(memory.seed)
    signed(root, {**manifest, "files": [*manifest["files"], more], "anchors": anchors}, key)
    assert not verify(root).intact
    assert verify(stamped, [Anchor(7, memory.log[6].entry_hash)]).level == "timestamp"
