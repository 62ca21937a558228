"""Files that people posted. Guarantee: what is handed on is exactly what its event announced, or nothing is.

A file's hash in its event is that of the ciphertext (Matrix specification, 10.6.2, "Extensions to m.room.message
msgtypes"): it is checked here, before decryption, and never shown as the file's own.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
from collections.abc import Callable, Mapping
from urllib.parse import quote, urlsplit

from cryptography.hazmat.primitives.ciphers import Cipher, CipherContext
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CTR
from nio.crypto.attachments import decrypt_attachment
from nio.exceptions import EncryptionError
from unpaddedbase64 import decode_base64

from bot.domain.registers import Attachment, FileGone, Measured
from bot.matrix.client import Client
from bot.matrix.errors import Limited, MatrixRefused, Unreachable

DOWNLOAD_SECONDS = 300.0
HASHED = 20
"""A file of so many times what may be kept is still read for its hash, a piece at a time."""
MOST = 100 * 1024 * 1024
"""Bytes that are read at most: the whole file is held in memory once."""


async def read_file(client: Client, file: Attachment, most: int | None = None) -> bytes | None:
    """The file's own bytes, `most` at most; None while the homeserver cannot be had. Raises FileGone for good."""
    most = MOST if most is None else most
    data = await _fetched(client, file, most, None)
    if data is None:
        return None
    return await asyncio.to_thread(_opened, data, file.key) if file.key is not None else data


async def measure(client: Client, file: Attachment, most: int) -> Measured | None:
    """The hash of a file too large to be kept, of `most` bytes at most: a piece at a time is in memory.

    None while the homeserver cannot be had. Raises FileGone for good.
    """
    gauge = _Gauge(file.key)
    if await _fetched(client, file, most, gauge.take) is None:
        return None
    return gauge.measured()


async def _fetched(client: Client, file: Attachment, most: int, into: Callable[[bytes], None] | None) -> bytes | None:
    """The bytes that the homeserver holds, or none if they went `into` something; None while it cannot be had."""
    address = urlsplit(file.mxc)
    media = address.path.strip("/")
    if address.scheme != "mxc" or not address.netloc or not media or "/" in media:
        raise FileGone("not_found")
    if file.size is not None and file.size > most:
        raise FileGone("too_large")
    where = f"/_matrix/client/v1/media/download/{quote(address.netloc, safe='')}/{quote(media, safe='')}"
    try:
        _, data, _ = await client.fetch("GET", where, timeout=DOWNLOAD_SECONDS, most=most, into=into)
    except (Unreachable, Limited):
        return None
    except MatrixRefused as refusal:
        raise FileGone("too_large" if refusal.errcode == "M_TOO_LARGE" else "not_found") from refusal
    return data


class _Gauge:
    """Measures bytes as they pass, decrypted on the way if there is a key (AES-CTR, as 10.6.2 has it)."""

    def __init__(self, key: Mapping[str, object] | None) -> None:
        self._key, self._size = key, 0
        self._sealed, self._clear = hashlib.sha256(), hashlib.sha256()
        self._cipher: CipherContext | None = None
        if key is not None:
            try:
                secret, start = decode_base64(_text(key.get("key"), "k")), decode_base64(_text(key, "iv"))
                self._cipher = Cipher(AES(secret), CTR(start)).decryptor()
            except (ValueError, TypeError) as fault:
                raise FileGone("bad_key") from fault

    def take(self, piece: bytes) -> None:
        self._size += len(piece)
        self._sealed.update(piece)
        self._clear.update(piece if self._cipher is None else self._cipher.update(piece))

    def measured(self) -> Measured:
        """What they came to. Raises FileGone where they are not those that the event announced."""
        if self._key is not None:
            _check(self._sealed.digest(), self._key)
        return Measured(self._clear.hexdigest(), self._size)


def _opened(data: bytes, key: Mapping[str, object]) -> bytes:
    """Decrypt. Raises FileGone where the bytes are not those that the event announced, or its key is none."""
    secret, digest, start = _text(key.get("key"), "k"), _text(key.get("hashes"), "sha256"), _text(key, "iv")
    _check(hashlib.sha256(data).digest(), key)
    try:
        clear: bytes = decrypt_attachment(data, secret, digest, start)
    except (EncryptionError, ValueError, TypeError) as fault:
        raise FileGone("bad_key") from fault
    return clear


def _check(sealed: bytes, key: Mapping[str, object]) -> None:
    """Raise FileGone if this is not the hash of the ciphertext that the event announced."""
    found, announced = base64.b64encode(sealed).rstrip(b"="), _text(key.get("hashes"), "sha256").rstrip("=")
    if not hmac.compare_digest(found, announced.encode("utf-8", "surrogatepass")):
        raise FileGone("altered")


def _text(value: object, name: str) -> str:
    """A field of what an event gives, which may be anything; empty where it is no text."""
    held = value.get(name) if isinstance(value, Mapping) else None
    return held if isinstance(held, str) else ""
