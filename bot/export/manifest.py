"""`manifest.json` and its signature: every file of the export by size and hash, and the log's head."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass

from bot.domain.incident import Incident
from bot.domain.log import Entry, canonical
from bot.export.jsonl import Passage
from bot.export.verify.manifest import FORMAT, to_base64


@dataclass(frozen=True)
class Listed:
    """A file as the manifest names it: its path with `/`, its size in bytes, its SHA-256 in hex."""

    path: str
    size: int
    sha256: str


def to_json(incident: Incident, passage: Passage, head: Entry, key: bytes, files: Iterable[Listed]) -> bytes:
    """The manifest's bytes, in the one form that RFC 8785 gives them."""
    return canonical(
        {
            "format": FORMAT,
            "incident": incident.id,
            "organisation": incident.organisation,
            "drill": incident.drill,
            "entries": passage.entries,
            "head": {"seq": head.seq, "entry_hash": head.entry_hash, "logged_at": head.logged_at},
            "key": to_base64(key),
            "anchors": passage.anchors,
            "purged": passage.purged,
            "withheld": passage.withheld,
            "files": [asdict(file) for file in sorted(files, key=lambda file: file.path)],
        }
    )
