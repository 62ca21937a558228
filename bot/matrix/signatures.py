"""Signed JSON (Matrix specification, "Signing JSON") and the chain of cross-signing, purely computed.

Guarantee: nothing that a server or a stranger made up raises here; what is malformed is simply not signed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from unpaddedbase64 import decode_base64, encode_base64

Json = dict[str, Any]


def canonical(value: Mapping[str, Any]) -> bytes:
    """Return Matrix canonical JSON of `value` without `signatures` and `unsigned`, or raise ValueError."""
    bare = {key: part for key, part in value.items() if key not in ("signatures", "unsigned")}
    try:
        return json.dumps(bare, ensure_ascii=False, separators=(",", ":"), sort_keys=True, allow_nan=False).encode()
    except (TypeError, RecursionError) as error:
        raise ValueError(str(error)) from error


def public_key(seed: bytes) -> str:
    """Return the unpadded base64 public half of the Ed25519 key whose seed (32 bytes) is given."""
    return str(encode_base64(Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()))


def sign(value: Mapping[str, Any], seed: bytes) -> str:
    """Return the unpadded base64 signature of `value` by that seed."""
    return str(encode_base64(Ed25519PrivateKey.from_private_bytes(seed).sign(canonical(value))))


def is_signed_by(value: object, user: str, key: str) -> bool:
    """Tell whether `value` bears a valid signature of `user` by the cross-signing key `key`."""
    return has_signature(value, user, key, key)


def has_signature(value: object, user: str, key_id: str, key: str) -> bool:
    """Tell whether `value` bears, under `ed25519:key_id`, a valid signature by the public key `key`."""
    if not isinstance(value, dict):
        return False
    signature = dig(value, "signatures", user, f"ed25519:{key_id}")
    if not isinstance(signature, str):
        return False
    try:
        Ed25519PublicKey.from_public_bytes(decode_base64(key)).verify(decode_base64(signature), canonical(value))
    except (InvalidSignature, ValueError):
        return False
    return True


def dig(value: object, *path: str) -> object:
    """Return what stands at `path` in nested objects, or None where anything on the way is missing."""
    for step in path:
        if not isinstance(value, dict):
            return None
        value = value.get(step)
    return value


def the_key(value: object, user: str, usage: str) -> str | None:
    """Return the one public key of a cross-signing key object made for `user` and `usage`, or None."""
    if not isinstance(value, dict) or value.get("user_id") != user:
        return None
    usages, keys = value.get("usage"), value.get("keys")
    if not isinstance(usages, list) or usage not in usages or not isinstance(keys, dict) or len(keys) != 1:
        return None
    name, key = next(iter(keys.items()))
    sound = isinstance(key, str) and name == f"ed25519:{key}" and len(_bytes(key)) == 32
    return key if sound else None


@dataclass(frozen=True)
class Device:
    """One device as its homeserver describes it; `consistent` if it signs its own keys, as it must."""

    user: str
    device: str
    ed25519: str
    curve25519: str
    consistent: bool
    signed: bool


@dataclass(frozen=True)
class Chain:
    """A user's cross-signing as /keys/query gives it: keys that do not hang together are None."""

    user: str
    master: str | None
    self_signing: str | None
    devices: Mapping[str, Device] = field(default_factory=dict)


def read_chain(answer: object, user: str) -> Chain:
    """Read from a /keys/query answer who `user` is: master signs self-signing key, which signs devices."""
    master = the_key(dig(answer, "master_keys", user), user, "master")
    own = dig(answer, "self_signing_keys", user)
    self_signing = the_key(own, user, "self_signing")
    if master is None or self_signing is None or not is_signed_by(own, user, master):
        self_signing = None
    listed = dig(answer, "device_keys", user)
    devices = {}
    for name, value in cast(Json, listed).items() if isinstance(listed, dict) else ():
        device = _read_device(value, user, name, self_signing)
        if device is not None:
            devices[name] = device
    return Chain(user, master, self_signing, devices)


def _read_device(value: object, user: str, name: str, self_signing: str | None) -> Device | None:
    ed25519, curve25519 = (dig(value, "keys", f"{kind}:{name}") for kind in ("ed25519", "curve25519"))
    if not isinstance(ed25519, str) or not isinstance(curve25519, str) or not name.isprintable():
        return None
    if dig(value, "user_id") != user or dig(value, "device_id") != name:
        return None
    consistent = has_signature(value, user, name, ed25519) and len(_bytes(curve25519)) == 32
    signed = consistent and self_signing is not None and is_signed_by(value, user, self_signing)
    return Device(user, name, ed25519, curve25519, consistent, signed)


def _bytes(text: str) -> bytes:
    try:
        return bytes(decode_base64(text))
    except ValueError:
        return b""
