"""What the log says of a posted file. Guarantee: a hash is called the file's own only where its bytes were read; what
is not kept is described, with the reason; nothing that an event claims of its file is taken for a fact.

The reasons: `pending` (it follows, in an entry of its own), `too_large`, `program` (or an archive), `not_found`,
`altered` (not the bytes that the event announced), `bad_key` (they cannot be decrypted), `unavailable` (asked for, for
a day, in vain), `no_address` (the event names no file), `purged`.
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import Any

from bot import inbound, quarantine
from bot.domain.log import ijson_fault
from bot.domain.registers import Attachment, Measured
from bot.inbound import Happening
from bot.store import outbox, posted
from bot.store.db import Session
from bot.store.journal import JournalRow
from bot.store.posted import Posted

LONGEST_NAME = 255
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
_BEGINNINGS: dict[str, tuple[bytes, ...]] = {
    "image/png": (b"\x89PNG\r\n\x1a\n",),
    "image/jpeg": (b"\xff\xd8\xff",),
    "image/gif": (b"GIF87a", b"GIF89a"),
    "image/webp": (b"RIFF",),
    "audio/ogg": (b"OggS",),
    "application/pdf": (b"%PDF-",),
}
Said = dict[str, Any]


def said_of(session: Session, row: JournalRow, happening: Happening, seq: int) -> tuple[Said, str | None]:
    """What entry `seq` says of the file that this event posts, and where its bytes are in the incident file."""
    own = _our_own(session, row, happening, seq)
    if own is not None:
        return {"file": own}, None
    file = inbound.attachment(happening, row.event_id)
    if file is None:
        return {"not_kept": "no_address"}, None
    return said(file, posted.get(session, file.event_id), seq)


def said(file: Attachment, found: Posted | None, seq: int) -> tuple[Said, str | None]:
    """The same, of a file of which we know so much."""
    told: Said = {}
    if found is None or found.state != posted.KEPT:
        why = found.why if found else None
        told = {"not_kept": why or "pending", "described": _described(file, found)}
        return told, None
    told["file"], path = place(
        f"{seq:04d}", file.name, file.mimetype, Measured(found.sha256 or "", found.size or 0), found.sealed
    )
    if file.size is not None and file.size != found.size:
        told["announced_size"] = file.size
    if found.why:
        told["doubt"] = found.why
    return told, path


def place(prefix: str, name: str, mimetype: str, own: Measured, sealed: Measured | None) -> tuple[Said, str]:
    """What the log says of a file that is kept, and its path: as it is, or `sealed` in the quarantine."""
    said_of_own = {"name": clean(name), "size": own.size, "sha256": own.sha256, "mimetype": clean(mimetype)}
    if sealed is None:
        path = f"files/{prefix}-{in_a_path(name)}"
        return {"path": path, **said_of_own}, path
    path = f"{quarantine.FOLDER}/{prefix}-{in_a_path(name)}.zip"
    zipped = {
        "name": path.rpartition("/")[2],
        "size": sealed.size,
        "sha256": sealed.sha256,
        "mimetype": "application/zip",
    }
    return {"path": path, **zipped, "quarantined": said_of_own}, path


def doubt(mimetype: str, data: bytes) -> str | None:
    """`not_its_type` if the bytes do not begin as files of the announced type do: damaged, or under a wrong key."""
    beginnings = _BEGINNINGS.get(mimetype.partition(";")[0].strip().lower())
    return "not_its_type" if beginnings and not data.startswith(beginnings) else None


def in_a_path(name: str) -> str:
    """The name as a part of a path that no system misreads."""
    return _UNSAFE.sub("_", name)[-60:].lstrip(".") or "file"


def clean(text: str) -> str:
    """A stranger's text as the log can hold it in a field of its own."""
    held = text[:LONGEST_NAME]
    return held if ijson_fault(held) is None else _UNSAFE.sub("_", held)


def _described(file: Attachment, found: Posted | None) -> Said:
    """What the event announces, and what we found out."""
    known: Said = {"name": clean(file.name), "mimetype": clean(file.mimetype), "announced_size": file.size}
    if found is not None and found.sha256 is not None:
        known |= {"size": found.size, "sha256": found.sha256}
    hashes = file.key.get("hashes") if file.key else None
    sealed = hashes.get("sha256") if isinstance(hashes, dict) else None
    digest = _hex(sealed) if isinstance(sealed, str) else None
    return known | ({"ciphertext_sha256": digest} if digest else {})


def _hex(text: str) -> str | None:
    """An unpadded base64 SHA-256 in hex, or None if it is none."""
    try:
        digest = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (ValueError, binascii.Error):
        return None
    return digest.hex() if len(digest) == 32 else None


def _our_own(session: Session, row: JournalRow, happening: Happening, seq: int) -> Said | None:
    """A file that we posted ourselves, of which the store has the bytes already."""
    out = outbox.get(session, happening.marker) if happening.marker else None
    # A marker can be copied; the event's id is the server's answer to us.
    if out is None or out.kind != "file" or out.event_id is None or out.event_id != row.event_id:
        return None
    name = str(out.payload["filename"])
    size = inbound.attachment(happening, row.event_id)
    return {
        "path": f"files/{seq:04d}-{in_a_path(name)}",
        "name": name,
        "size": size.size if size else None,
        "sha256": out.payload["blob"],
        "mimetype": out.payload["mimetype"],
    }
