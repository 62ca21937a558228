"""Files that people posted. Guarantee: what is handed on is exactly what its event announced, or nothing is.

A file's hash in its event is that of the ciphertext (Matrix specification, 10.6.2, "Extensions to m.room.message
msgtypes"): it is checked here, before decryption, and never shown as the file's own.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
from collections.abc import Mapping
from urllib.parse import quote, urlsplit

from nio.crypto.attachments import decrypt_attachment
from nio.exceptions import EncryptionError

from bot.domain.registers import Attachment, FileGone
from bot.matrix.client import Client
from bot.matrix.errors import Limited, MatrixRefused, Unreachable

DOWNLOAD_SECONDS = 300.0
MOST = 100 * 1024 * 1024
"""Bytes that are read at most: the whole file is held in memory once."""


async def read_file(client: Client, file: Attachment, most: int | None = None) -> bytes | None:
    """The file's own bytes, `most` at most; None while the homeserver cannot be had. Raises FileGone for good."""
    most = MOST if most is None else most
    address = urlsplit(file.mxc)
    media = address.path.strip("/")
    if address.scheme != "mxc" or not address.netloc or not media or "/" in media:
        raise FileGone("not_found")
    if file.size is not None and file.size > most:
        raise FileGone("too_large")
    where = f"/_matrix/client/v1/media/download/{quote(address.netloc, safe='')}/{quote(media, safe='')}"
    try:
        _, data, _ = await client.fetch("GET", where, timeout=DOWNLOAD_SECONDS, most=most)
    except (Unreachable, Limited):
        return None
    except MatrixRefused as refusal:
        raise FileGone("too_large" if refusal.errcode == "M_TOO_LARGE" else "not_found") from refusal
    return await asyncio.to_thread(_opened, data, file.key) if file.key is not None else data


def _opened(data: bytes, key: Mapping[str, object]) -> bytes:
    """Decrypt. Raises FileGone where the bytes are not those that the event announced, or its key is none."""
    secret, digest, start = _text(key.get("key"), "k"), _text(key.get("hashes"), "sha256"), _text(key, "iv")
    found = base64.b64encode(hashlib.sha256(data).digest()).rstrip(b"=")
    if not hmac.compare_digest(found, digest.rstrip("=").encode("utf-8", "surrogatepass")):
        raise FileGone("altered")
    try:
        clear: bytes = decrypt_attachment(data, secret, digest, start)
    except (EncryptionError, ValueError, TypeError) as fault:
        raise FileGone("bad_key") from fault
    return clear


def _text(value: object, name: str) -> str:
    """A field of what an event gives, which may be anything; empty where it is no text."""
    held = value.get(name) if isinstance(value, Mapping) else None
    return held if isinstance(held, str) else ""
