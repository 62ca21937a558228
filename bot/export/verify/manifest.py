"""The manifest of an export, read strictly: the one spelling of RFC 8785, every field in its form."""

from __future__ import annotations

import base64
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from bot.domain import log
from bot.export.verify.faults import Fault
from bot.export.verify.package import JOURNAL, MANIFEST, SIGNATURE

FORMAT = "tocsin/1"
_UNSAFE = frozenset({"\\", ":", *map(chr, range(32)), "\x7f"})


def read(raw: bytes) -> tuple[dict[str, Any], Fault | None]:
    """The manifest with every field in its form, or an empty one and what is wrong with it."""
    try:
        manifest = log.load(raw)
        canonical = log.canonical(manifest) if isinstance(manifest, dict) else b""
    except ValueError as error:
        return {}, Fault("manifest", None, MANIFEST, {"reason": error})
    if canonical != raw:
        return {}, Fault("manifest", None, MANIFEST, {"reason": "RFC 8785"})
    if manifest.get("format") != FORMAT:
        return {}, Fault("format", None, MANIFEST, {"found": manifest.get("format")})
    bad = _bad_field(manifest)
    return ({}, Fault("field", None, MANIFEST, {"name": bad})) if bad else (dict(manifest), None)


def _bad_field(manifest: Mapping[str, Any]) -> str | None:
    head = manifest.get("head")
    forms = {
        "incident": isinstance(manifest.get("incident"), str),
        "organisation": isinstance(manifest.get("organisation"), str),
        "drill": isinstance(manifest.get("drill"), bool),
        "entries": _is_number(manifest.get("entries")),
        "head": isinstance(head, dict) and {"seq", "entry_hash", "logged_at"} <= head.keys(),
        "key": isinstance(manifest.get("key"), str),
        "anchors": _all(manifest.get("anchors"), lambda a: isinstance(a, dict) and _is_number(a.get("seq"))),
        "purged": _all(manifest.get("purged"), _is_number),
        "withheld": _all(manifest.get("withheld"), _is_number),
        "files": _all(manifest.get("files"), _is_file) and _distinct(manifest["files"]),
    }
    return next((name for name, right in forms.items() if not right), None)


def _all(values: object, test: Callable[[Any], bool]) -> bool:
    return isinstance(values, list) and all(test(value) for value in values)


def _is_number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_file(value: object) -> bool:
    return (
        isinstance(value, dict)
        and isinstance(value.get("path"), str)
        and _is_inside(value["path"])
        and value["path"] not in (MANIFEST, SIGNATURE)
        and _is_number(value.get("size"))
        and isinstance(value.get("sha256"), str)
    )


def _is_inside(path: str) -> bool:
    """Whether a path names a place below the folder on any system: whoever unpacks an export writes nowhere else."""
    return not set(path) & _UNSAFE and all(part not in ("", ".", "..") for part in path.split("/"))


def _distinct(files: Sequence[Mapping[str, Any]]) -> bool:
    """Whether each file has a name of its own, also where a system takes two spellings for one, and one is the log."""
    names = {unicodedata.normalize("NFC", file["path"]).casefold() for file in files} - {MANIFEST, SIGNATURE}
    return len(names) == len(files) and any(f["path"] == JOURNAL for f in files)


def is_signed(raw: bytes, key: bytes, signature: bytes | None) -> bool:
    """Whether this is the Ed25519 signature of the manifest's bytes by this key."""
    if signature is None:
        return False
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, raw)
    except (InvalidSignature, ValueError):
        return False
    return True


def to_base64(raw: bytes) -> str:
    """Unpadded base64."""
    return base64.b64encode(raw).decode().rstrip("=")


def from_base64(text: str) -> bytes | None:
    """Unpadded base64, only in the one spelling that encoding gives: no bit of a signature goes unread."""
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except ValueError:
        return None
    return raw if to_base64(raw) == text else None
