"""Files by the hash of their bytes: what is to be posted, and what was."""

from __future__ import annotations

import hashlib

from sqlmodel import Session

from bot.store.tables import Blob


def put(session: Session, data: bytes) -> str:
    """Keep the bytes, once; returns their SHA-256 in hex."""
    digest = hashlib.sha256(data).hexdigest()
    if session.get(Blob, digest) is None:
        session.add(Blob(sha256=digest, data=data))
        session.flush()
    return digest


def get(session: Session, sha256: str) -> bytes | None:
    """The bytes with this SHA-256, or None."""
    row = session.get(Blob, sha256)
    return row.data if row else None
